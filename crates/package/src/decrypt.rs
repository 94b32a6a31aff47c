//! Opens documents whose protection level encrypts them, or parts of them, with a password.
//!
//! An encrypted element stands in one of two forms: in project files it keeps its name and has
//! attributes `Salt` and `IV`; in packages a W3C `EncryptedData` element stands in its place. Both
//! hold the source of the original element, triple DES encrypted; the salt plays no part. What only
//! its Windows user can decrypt has neither form and stays as it is.

mod des;

use std::borrow::Cow;
use std::ops::Range;

use aws_lc_rs::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use model::Code;
use roxmltree::{Document, Node};

use crate::Secret;
use crate::document::{ReadError, ReadOptions, parse};
use crate::read::attribute;

/// The document in the clear, as far as the password opens it. Parts that it does not open stay
/// encrypted, and readers leave their values empty; a whole document that it does not open is an
/// error.
pub(crate) fn open<'a>(
    part: &str,
    text: Cow<'a, str>,
    options: &ReadOptions,
) -> Result<Cow<'a, str>, ReadError> {
    if !text.contains("EncryptedData") && !text.contains("IV=\"") {
        return Ok(text);
    }
    let document = parse(part, &text)?;
    let root = document.root_element();
    if root.tag_name().name() == "EncryptedData" {
        let plain = open_whole(part, root, options)?;
        drop(document);
        // The package inside may hold encrypted parts of its own.
        return open_parts(part, Cow::Owned(plain), options);
    }
    drop(document);
    open_parts(part, text, options)
}

fn open_whole(part: &str, root: Node<'_, '_>, options: &ReadOptions) -> Result<String, ReadError> {
    let closed =
        |message: &str, hint: &str| Err(ReadError::new(part, Code::Encrypted, message).hint(hint));
    let by_password = attribute(root, "Salt").is_some() || attribute(root, "IV").is_some();
    if !by_password {
        return closed(
            "the document is encrypted for the Windows user who saved it",
            "save it with protection level DontSaveSensitive or EncryptAllWithPassword",
        );
    }
    let Some(password) = &options.password else {
        return closed("the document is encrypted with a password", "give the password");
    };
    match decrypt_node(root, &key_of(password)) {
        Some(plain) => Ok(plain),
        None => closed("the password does not open the document", "give the right password"),
    }
}

fn open_parts<'a>(
    part: &str,
    text: Cow<'a, str>,
    options: &ReadOptions,
) -> Result<Cow<'a, str>, ReadError> {
    let Some(password) = &options.password else { return Ok(text) };
    let document = parse(part, &text)?;
    let replacements = replacements(&document, &key_of(password));
    drop(document);
    if replacements.is_empty() {
        return Ok(text);
    }
    let mut out = String::with_capacity(text.len());
    let mut from = 0;
    for (range, plain) in replacements {
        out.push_str(&text[from..range.start]);
        out.push_str(&plain);
        from = range.end;
    }
    out.push_str(&text[from..]);
    Ok(Cow::Owned(out))
}

/// What stands where, and what it means, in document order and without overlap.
fn replacements(document: &Document<'_>, key: &[u8; 24]) -> Vec<(Range<usize>, String)> {
    let mut found: Vec<(Range<usize>, String)> = Vec::new();
    for node in document.descendants().filter(is_encrypted) {
        let place = replaced_node(node).range();
        let is_inside = found.last().is_some_and(|(last, _)| place.start < last.end);
        if let Some(plain) = decrypt_node(node, key).filter(|_| !is_inside) {
            found.push((place, plain));
        }
    }
    found
}

fn is_encrypted(node: &Node<'_, '_>) -> bool {
    node.is_element()
        && (node.tag_name().name() == "EncryptedData" || attribute(*node, "IV").is_some())
}

/// The value of a package parameter is encrypted with the element around it.
fn replaced_node<'a, 'input>(node: Node<'a, 'input>) -> Node<'a, 'input> {
    let around = node.parent_element().filter(|parent| {
        parent.tag_name().name() == "Property"
            && attribute(*parent, "Name") == Some("ParameterValue")
            && node.tag_name().name() == "EncryptedData"
    });
    around.unwrap_or(node)
}

/// The source of the element that an encrypted one stands for; `None` when the key is not the
/// right one, or the content no ciphertext.
fn decrypt_node(node: Node<'_, '_>, key: &[u8; 24]) -> Option<String> {
    if node.tag_name().name() == "EncryptedData" {
        let value = node.descendants().find(|child| child.tag_name().name() == "CipherValue")?;
        let bytes = from_base64(value.text()?)?;
        let (iv, ciphertext) = bytes.split_first_chunk::<8>()?;
        return decrypt(key, *iv, ciphertext);
    }
    let iv = from_base64(attribute(node, "IV")?)?;
    decrypt(key, iv.try_into().ok()?, &from_base64(node.text()?)?)
}

fn from_base64(text: &str) -> Option<Vec<u8>> {
    let text: String = text.split_whitespace().collect();
    BASE64_STANDARD.decode(text).ok()
}

fn decrypt(key: &[u8; 24], iv: [u8; 8], ciphertext: &[u8]) -> Option<String> {
    let mut plain = des::decrypt_cbc(key, iv, ciphertext);
    // Both paddings, PKCS#7 and ISO 10126, say in their last byte how long they are.
    let padding = usize::from(*plain.last()?);
    if !(1..=8).contains(&padding) {
        return None;
    }
    plain.truncate(plain.len().checked_sub(padding)?);
    let text = String::from_utf8(plain).ok()?;
    let text = text.strip_prefix('\u{feff}').unwrap_or(&text);
    text.trim_start().starts_with('<').then(|| text.to_owned())
}

/// The key that a password means: CryptoAPI's `CryptDeriveKey` over SHA-1.
fn key_of(password: &Secret) -> [u8; 24] {
    let hash = digest(&SHA1_FOR_LEGACY_USE_ONLY, password.expose().as_bytes());
    let padded_hash = |pad: u8| {
        let mut block = [pad; 64];
        for (byte, hashed) in block.iter_mut().zip(hash.as_ref()) {
            *byte ^= hashed;
        }
        digest(&SHA1_FOR_LEGACY_USE_ONLY, &block)
    };
    let (inner, outer) = (padded_hash(0x36), padded_hash(0x5C));
    let mut key = [0; 24];
    for (byte, derived) in key.iter_mut().zip(inner.as_ref().iter().chain(outer.as_ref())) {
        *byte = *derived;
    }
    key
}

#[cfg(test)]
mod tests {
    use super::*;

    const IV: &str = "AAECAwQFBgc=";
    const CIPHERTEXT: &str = "C50PWluatixXjdGCNl9UwqTBiYt0BOzqKgj6w+gMDxDEdUDBGh+OPTJEe2THbsxX3Gb\
        U94Jhby/SvZSp0rURX86zPWqdOwMvbP6Y1TmZPppPD2Xzqk3/cfxJ/myMNfm5tWWUhPxnSgyIVXswsM+xFAup6lj91\
        WYDPsLsPtg4Lzk=";

    fn options(password: &str) -> ReadOptions {
        ReadOptions { password: Some(Secret::new(password)) }
    }

    fn project_file() -> String {
        format!(
            "<SSIS:P xmlns:SSIS=\"www.microsoft.com/SqlServer/SSIS\"><SSIS:Property \
             SSIS:Sensitive=\"1\" SSIS:Salt=\"AAAA\" SSIS:IV=\"{IV}\">{CIPHERTEXT}</SSIS:Property>\
             </SSIS:P>"
        )
    }

    /// A whole document as packages hold it: the IV before the ciphertext.
    fn encrypted_data() -> String {
        let mut bytes = from_base64(IV).unwrap();
        bytes.extend(from_base64(CIPHERTEXT).unwrap());
        format!(
            "<EncryptedData Salt=\"AAAA\" IV=\"{IV}\" xmlns=\"http://www.w3.org/2001/04/xmlenc#\">\
             <CipherData><CipherValue>{}</CipherValue></CipherData></EncryptedData>",
            BASE64_STANDARD.encode(bytes)
        )
    }

    #[test]
    fn a_password_means_the_key_that_windows_derives_from_it() {
        let key = key_of(&Secret::new("rust-Vector-1"));
        let hex: String = key.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(hex, "1ed03ba23c91636b25331d79f180b4c58b26b10641820347");
    }

    #[test]
    fn an_encrypted_element_comes_back_as_it_was() {
        let text = project_file();
        let opened = open("P", Cow::Borrowed(&text), &options("rust-Vector-1")).unwrap();
        insta::assert_snapshot!(opened, @r#"<SSIS:P xmlns:SSIS="www.microsoft.com/SqlServer/SSIS"><SSIS:Property SSIS:Name="Value" SSIS:Sensitive="1" xmlns:SSIS="www.microsoft.com/SqlServer/SSIS">demo</SSIS:Property></SSIS:P>"#);
    }

    #[test]
    fn a_wrong_password_leaves_parts_closed_and_refuses_whole_documents() {
        let text = project_file();
        assert_eq!(open("P", Cow::Borrowed(&text), &options("wrong")).unwrap(), text);
        let whole = encrypted_data();
        let refusal = |options: &ReadOptions| {
            open("A.dtsx", Cow::Borrowed(whole.as_str()), options).unwrap_err().to_string()
        };
        insta::assert_snapshot!(refusal(&options("wrong")), @"cannot read `A.dtsx`: PH0111: the password does not open the document");
        insta::assert_snapshot!(refusal(&ReadOptions::default()), @"cannot read `A.dtsx`: PH0111: the document is encrypted with a password");
        let by_user = open("A.dtsx", Cow::Borrowed("<EncryptedData/>"), &options("x"));
        insta::assert_snapshot!(by_user.unwrap_err(), @"cannot read `A.dtsx`: PH0111: the document is encrypted for the Windows user who saved it");
        let opened =
            open("A.dtsx", Cow::Borrowed(whole.as_str()), &options("rust-Vector-1")).unwrap();
        assert!(opened.starts_with("<SSIS:Property"), "{opened}");
    }

    /// An element as a package with level EncryptSensitiveWithPassword holds it.
    fn encrypted(element: &str) -> String {
        let declared =
            element.replacen(" DTS:", " xmlns:DTS=\"www.microsoft.com/SqlServer/Dts\" DTS:", 1);
        let mut plain = declared.into_bytes();
        let padding = 8 - plain.len() % 8;
        plain.extend([9, 9, 9, 9, 9, 9, 9, 9].iter().take(padding - 1));
        plain.extend(u8::try_from(padding));
        let iv = [1, 2, 3, 4, 5, 6, 7, 8];
        let mut bytes = iv.to_vec();
        bytes.extend(des::encrypt_cbc(&key_of(&Secret::new("right")), iv, &plain));
        format!(
            "<EncryptedData Salt=\"AAAA\" IV=\"{IV}\" xmlns=\"http://www.w3.org/2001/04/xmlenc#\">\
             <CipherData><CipherValue>{}</CipherValue></CipherData></EncryptedData>",
            BASE64_STANDARD.encode(bytes)
        )
    }

    #[test]
    fn sensitive_values_of_a_package_open_with_its_password_and_stay_empty_without() {
        let value = "<DTS:Property DTS:DataType=\"8\" DTS:Name=\"ParameterValue\" \
                     Sensitive=\"1\">pass-word-2</DTS:Property>";
        let password =
            "<DTS:Password DTS:Name=\"Password\" Sensitive=\"1\">pass-word-1</DTS:Password>";
        let around = format!(
            "<DTS:Property DTS:Name=\"ParameterValue\">{}</DTS:Property>",
            encrypted(value)
        );
        let clear = include_str!("../tests/fixtures/Load.dtsx");
        assert!(clear.contains(value) && clear.contains(password));
        let text = clear.replace(value, &around).replace(password, &encrypted(password));

        let secrets = |options: &ReadOptions| {
            let (package, diagnostics) =
                crate::Package::from_bytes("Load.dtsx", text.as_bytes(), options).unwrap();
            let shown = |secret: &Option<Secret>| {
                secret.as_ref().map(|secret| secret.expose().to_owned()).unwrap_or_default()
            };
            let connection = package.connection("Warehouse").unwrap();
            let codes: Vec<Code> = diagnostics.iter().map(|problem| problem.code).collect();
            (shown(&connection.password), shown(&package.parameters[1].secret), codes)
        };
        let opened = ("pass-word-1".to_owned(), "pass-word-2".to_owned(), Vec::new());
        assert_eq!(secrets(&options("right")), opened);
        let closed = (String::new(), String::new(), vec![Code::Encrypted; 2]);
        assert_eq!(secrets(&options("wrong")), closed);
        assert_eq!(secrets(&ReadOptions::default()), closed);
    }
}
