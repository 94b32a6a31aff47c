//! Windows code pages: which characters they have and how many bytes each takes.

use encoding_rs::Encoding;

/// A code page that can be encoded and decoded.
#[derive(Clone, Copy, Debug)]
pub struct CodePage {
    number: u32,
    encoding: &'static Encoding,
}

impl CodePage {
    /// The code page with this Windows number; `None` for one that is not supported.
    pub fn new(number: u32) -> Option<Self> {
        let encoding = match number {
            // 0 is "the system's": a package that says so was made for Western Windows.
            0 | 1252 | 28591 | 20127 => encoding_rs::WINDOWS_1252,
            65001 => encoding_rs::UTF_8,
            874 => encoding_rs::WINDOWS_874,
            866 => encoding_rs::IBM866,
            932 => encoding_rs::SHIFT_JIS,
            936 => encoding_rs::GBK,
            949 => encoding_rs::EUC_KR,
            950 => encoding_rs::BIG5,
            1250 => encoding_rs::WINDOWS_1250,
            1251 => encoding_rs::WINDOWS_1251,
            1253 => encoding_rs::WINDOWS_1253,
            1254 => encoding_rs::WINDOWS_1254,
            1255 => encoding_rs::WINDOWS_1255,
            1256 => encoding_rs::WINDOWS_1256,
            1257 => encoding_rs::WINDOWS_1257,
            1258 => encoding_rs::WINDOWS_1258,
            10000 => encoding_rs::MACINTOSH,
            20866 => encoding_rs::KOI8_R,
            21866 => encoding_rs::KOI8_U,
            28592 => encoding_rs::ISO_8859_2,
            28595 => encoding_rs::ISO_8859_5,
            28597 => encoding_rs::ISO_8859_7,
            28605 => encoding_rs::ISO_8859_15,
            51949 => encoding_rs::EUC_KR,
            51932 => encoding_rs::EUC_JP,
            54936 => encoding_rs::GB18030,
            _ => return None,
        };
        Some(Self { number, encoding })
    }

    /// The Windows number.
    pub fn number(self) -> u32 {
        self.number
    }

    /// The encoding behind the number.
    pub fn encoding(self) -> &'static Encoding {
        self.encoding
    }

    /// The bytes of a text; `None` when the code page lacks a character.
    pub fn encode(self, text: &str) -> Option<Vec<u8>> {
        if self.number == 20127 && !text.is_ascii() {
            return None;
        }
        let (bytes, _, unmappable) = self.encoding.encode(text);
        (!unmappable).then(|| bytes.into_owned())
    }

    /// The text in bytes; `None` when they are not text of this code page.
    pub fn decode(self, bytes: &[u8]) -> Option<String> {
        if self.number == 20127 && !bytes.is_ascii() {
            return None;
        }
        self.encoding
            .decode_without_bom_handling_and_without_replacement(bytes)
            .map(std::borrow::Cow::into_owned)
    }

    /// The longest beginning that takes at most `bytes` bytes, never half a character; `None`
    /// when the code page lacks a character of the text.
    pub fn fit(self, text: &str, bytes: usize) -> Option<&str> {
        let encoded = self.encode(text)?;
        if encoded.len() <= bytes {
            return Some(text);
        }
        let mut left = bytes;
        let mut buffer = [0; 4];
        for (at, character) in text.char_indices() {
            let width = self.encode(character.encode_utf8(&mut buffer))?.len();
            if left < width {
                return Some(&text[..at]);
            }
            left -= width;
        }
        Some(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_is_cut_between_characters() {
        let utf8 = CodePage::new(65001).unwrap();
        assert_eq!(utf8.fit("aé", 2), Some("a"));
        assert_eq!(utf8.fit("aé", 3), Some("aé"));
        let western = CodePage::new(1252).unwrap();
        assert_eq!(western.fit("aé", 2), Some("aé"));
        assert_eq!(western.encode("€"), Some(vec![0x80]));
    }

    #[test]
    fn a_character_that_is_missing_is_said_to_be() {
        assert_eq!(CodePage::new(1252).unwrap().encode("日"), None);
        assert_eq!(CodePage::new(20127).unwrap().decode(&[0xE9]), None);
        assert!(CodePage::new(12).is_none());
    }
}
