//! Writes DER bytes as PEM (RFC 7468). Reading is left to `rustls-pki-types`.

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// RFC 7468, section 2: lines of 64 characters.
const BYTES_PER_LINE: usize = 48;

/// `der` as a PEM block with this label.
pub(crate) fn encode(label: &str, der: &[u8]) -> String {
    let mut text = format!("-----BEGIN {label}-----\n");
    for line in der.chunks(BYTES_PER_LINE) {
        line.chunks(3).for_each(|group| push_group(&mut text, group));
        text.push('\n');
    }
    text.push_str(&format!("-----END {label}-----\n"));
    text
}

/// One to three bytes as four characters.
fn push_group(text: &mut String, group: &[u8]) {
    let byte = |index: usize| u32::from(group.get(index).copied().unwrap_or_default());
    let bits = byte(0) << 16 | byte(1) << 8 | byte(2);
    for position in 0..4 {
        if position <= group.len() {
            let index = (bits >> (18 - 6 * position)) & 0x3F;
            text.push(char::from(ALPHABET[index as usize]));
        } else {
            text.push('=');
        }
    }
}

#[cfg(test)]
mod tests {
    use rustls_pki_types::CertificateDer;
    use rustls_pki_types::pem::PemObject as _;

    use super::*;

    #[test]
    fn what_is_written_is_what_is_read() {
        for length in 1..200_u8 {
            let der: Vec<u8> = (0..length).collect();
            let text = encode("CERTIFICATE", &der);
            let read = CertificateDer::from_pem_slice(text.as_bytes()).unwrap();
            assert_eq!(read.as_ref(), der, "{text}");
            assert!(text.lines().all(|line| line.len() <= 64), "{text}");
        }
    }
}
