//! Collations: how text is compared, and which code page its bytes are in.
//!
//! Source: [MS-TDS] 2.2.5.1.2. Five bytes: 20 bits of locale, flags, a version, and the sort
//! order of a SQL collation. Which sort order has which code page: SQL Server documentation,
//! "Windows collations" and "SQL collations".

use crate::bytes::Reader;
use crate::error::DecodeError;

/// A collation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Collation {
    /// Locale in the low 20 bits, then the flags, then four bits of version.
    pub info: u32,
    /// The sort order of a SQL collation, or 0 for a Windows collation.
    pub sort_id: u8,
}

/// Text of this collation is UTF-8.
const UTF8: u32 = 1 << 26;

impl Collation {
    /// `SQL_Latin1_General_CP1_CI_AS`, the default of SQL Server and ours.
    pub const DEFAULT: Collation = Collation { info: 0x00D0_0409, sort_id: 0x34 };

    /// The collation's five bytes.
    pub fn to_bytes(self) -> [u8; 5] {
        let [a, b, c, d] = self.info.to_le_bytes();
        [a, b, c, d, self.sort_id]
    }

    /// The collation of five bytes.
    pub fn from_bytes([a, b, c, d, sort_id]: [u8; 5]) -> Collation {
        Collation { info: u32::from_le_bytes([a, b, c, d]), sort_id }
    }

    pub(crate) fn decode(reader: &mut Reader<'_>) -> Result<Collation, DecodeError> {
        Ok(Collation::from_bytes(reader.array("collation")?))
    }

    /// The code page of `varchar` text in this collation.
    pub fn code_page(self) -> CodePage {
        if self.info & UTF8 != 0 {
            return CodePage::UTF8;
        }
        let number = match self.sort_id {
            0 => code_page_of_locale(self.info & 0xF_FFFF),
            30..=35 => 437,
            40..=49 | 55..=61 => 850,
            80..=98 => 1250,
            104..=108 => 1251,
            112..=124 => 1253,
            128..=130 => 1254,
            136..=138 => 1255,
            144..=146 => 1256,
            152..=160 => 1257,
            192..=194 => 932,
            195 | 196 => 949,
            197 | 198 => 950,
            199 | 200 => 936,
            201..=203 => 874,
            _ => 1252,
        };
        CodePage(number)
    }
}

fn code_page_of_locale(locale: u32) -> u16 {
    match (locale & 0x3FF, locale & 0xFFFF) {
        (0x01 | 0x20 | 0x29, _) => 1256,
        (0x1A, 0x0C1A | 0x1C1A | 0x201A) => 1251,
        (0x2C, 0x082C) | (0x43, 0x0843) => 1251,
        (0x02 | 0x19 | 0x22 | 0x23 | 0x2F | 0x3F | 0x40 | 0x44 | 0x50, _) => 1251,
        (0x04, 0x0804 | 0x1004) => 936,
        (0x04, _) => 950,
        (0x05 | 0x0E | 0x15 | 0x18 | 0x1A | 0x1B | 0x1C | 0x24, _) => 1250,
        (0x08, _) => 1253,
        (0x0D, _) => 1255,
        (0x11, _) => 932,
        (0x12, _) => 949,
        (0x1E, _) => 874,
        (0x1F | 0x2C | 0x43, _) => 1254,
        (0x25..=0x27, _) => 1257,
        (0x2A, _) => 1258,
        _ => 1252,
    }
}

/// A code page by its Windows number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct CodePage(pub u16);

impl CodePage {
    /// UTF-8 has a number too.
    pub const UTF8: CodePage = CodePage(65001);

    fn encoding(self) -> Option<&'static encoding_rs::Encoding> {
        Some(match self.0 {
            874 => encoding_rs::WINDOWS_874,
            932 => encoding_rs::SHIFT_JIS,
            936 => encoding_rs::GBK,
            949 => encoding_rs::EUC_KR,
            950 => encoding_rs::BIG5,
            1250 => encoding_rs::WINDOWS_1250,
            1251 => encoding_rs::WINDOWS_1251,
            1252 => encoding_rs::WINDOWS_1252,
            1253 => encoding_rs::WINDOWS_1253,
            1254 => encoding_rs::WINDOWS_1254,
            1255 => encoding_rs::WINDOWS_1255,
            1256 => encoding_rs::WINDOWS_1256,
            1257 => encoding_rs::WINDOWS_1257,
            1258 => encoding_rs::WINDOWS_1258,
            65001 => encoding_rs::UTF_8,
            _ => return None,
        })
    }

    /// Text from bytes of this code page, or `None` if they are not. The DOS code pages (437,
    /// 850) are read as far as they are ASCII.
    pub fn decode(self, bytes: &[u8]) -> Option<String> {
        match self.encoding() {
            Some(encoding) => encoding
                .decode_without_bom_handling_and_without_replacement(bytes)
                .map(|text| text.into_owned()),
            None if bytes.is_ascii() => String::from_utf8(bytes.to_vec()).ok(),
            None => None,
        }
    }

    /// Appends text in this code page. A character that it does not have becomes a question
    /// mark, as SQL Server does it.
    pub fn encode(self, text: &str, out: &mut Vec<u8>) {
        let encoding = match self.encoding() {
            Some(encoding) if !text.is_ascii() && self != CodePage::UTF8 => encoding,
            None => {
                return out.extend(text.chars().map(|c| if c.is_ascii() { c as u8 } else { b'?' }));
            }
            Some(_) => return out.extend_from_slice(text.as_bytes()),
        };
        let (mut encoder, mut rest) = (encoding.new_encoder(), text);
        loop {
            let room = encoder.max_buffer_length_from_utf8_without_replacement(rest.len());
            out.reserve(room.unwrap_or(rest.len() * 4));
            let (result, read) =
                encoder.encode_from_utf8_to_vec_without_replacement(rest, out, true);
            rest = &rest[read..];
            match result {
                encoding_rs::EncoderResult::Unmappable(_) => out.push(b'?'),
                encoding_rs::EncoderResult::InputEmpty => return,
                encoding_rs::EncoderResult::OutputFull => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bytes_of(text: &str, page: u16) -> Vec<u8> {
        let mut out = Vec::new();
        CodePage(page).encode(text, &mut out);
        out
    }

    #[test]
    fn the_default_collation_has_the_bytes_that_clients_know() {
        assert_eq!(Collation::DEFAULT.to_bytes(), [0x09, 0x04, 0xD0, 0x00, 0x34]);
        assert_eq!(Collation::DEFAULT.code_page(), CodePage(1252));
        assert_eq!(Collation::from_bytes([9, 4, 0xD0, 0, 0x34]), Collation::DEFAULT);
    }

    #[test]
    fn windows_collations_take_their_code_page_from_the_locale() {
        let page = |info| Collation { info, sort_id: 0 }.code_page().0;
        assert_eq!(page(0x00D0_0419), 1251);
        assert_eq!(page(0x00D0_0411), 932);
        assert_eq!(page(0x00D0_0404), 950);
        assert_eq!(page(0x00D0_0804), 936);
        assert_eq!(page(0x04D0_0409), 65001);
    }

    #[test]
    fn a_character_outside_the_code_page_becomes_a_question_mark() {
        assert_eq!(bytes_of("5 € für Ж", 1252), b"5 \x80 f\xFCr ?");
        assert_eq!(bytes_of("Ж", 1251), [0xC6]);
        assert_eq!(bytes_of("é", 437), b"?");
        assert_eq!(bytes_of("é", 65001), "é".as_bytes());
    }

    #[test]
    fn bytes_outside_the_code_page_are_refused() {
        assert_eq!(CodePage(65001).decode(b"\xFF"), None);
        assert_eq!(CodePage(437).decode(b"\x80"), None);
        assert_eq!(CodePage(1252).decode(b"\x80"), Some("€".to_owned()));
    }
}
