//! Windows code pages: bytes to text and back.
//!
//! Text inside the product is UTF-8; files and DT_STR columns are in a code page. Decoding never
//! fails: bytes that mean nothing become U+FFFD. Encoding fails at the first character without a
//! match, because SSIS reports that (status 4) instead of writing a question mark.

use encoding_rs::Encoding;

mod table;

/// A code page that can be read and written.
#[derive(Clone, Copy, Debug)]
pub struct CodePage {
    number: u32,
    codec: Codec,
}

#[derive(Clone, Copy, Debug)]
enum Codec {
    Utf8,
    Utf16Le,
    /// Bytes 0x80 to 0xFF are U+0080 to U+00FF.
    Latin1,
    /// Bytes from 0x80 on mean nothing.
    Ascii,
    /// The upper 128 characters, in order.
    Table(&'static [char; 128]),
    /// One byte a character, tables by `encoding_rs`.
    SingleByte(&'static Encoding),
    /// One or two bytes a character (four for some of GB18030).
    MultiByte(&'static Encoding),
}

/// A code page that does not exist, or that nothing here can read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("code page {number} is not supported")]
pub struct UnsupportedCodePage {
    /// Its Windows number.
    pub number: u32,
}

/// A character that the code page does not have.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("character `{character}` has no match in code page {code_page}")]
pub struct NoMatch {
    /// The character.
    pub character: char,
    /// The code page's Windows number.
    pub code_page: u32,
}

impl PartialEq for CodePage {
    fn eq(&self, other: &Self) -> bool {
        self.number == other.number
    }
}

impl Eq for CodePage {}

impl CodePage {
    /// 65001.
    pub const UTF8: Self = Self { number: 65001, codec: Codec::Utf8 };
    /// 1200: UTF-16, little endian; what a flat file with Unicode = True is in.
    pub const UTF16: Self = Self { number: 1200, codec: Codec::Utf16Le };
    /// 1252: what SSIS assumes when nothing else is said.
    pub const WINDOWS_1252: Self =
        Self { number: 1252, codec: Codec::SingleByte(encoding_rs::WINDOWS_1252) };

    /// The code page with this Windows number; 0 is the default, 1252.
    pub fn new(number: u32) -> Result<Self, UnsupportedCodePage> {
        use encoding_rs as e;
        let codec = match number {
            0 => return Ok(Self::WINDOWS_1252),
            65001 => Codec::Utf8,
            1200 => Codec::Utf16Le,
            28591 => Codec::Latin1,
            20127 => Codec::Ascii,
            437 => Codec::Table(&table::CP437),
            850 => Codec::Table(&table::CP850),
            852 => Codec::Table(&table::CP852),
            858 => Codec::Table(&table::CP858),
            866 => Codec::SingleByte(e::IBM866),
            874 => Codec::SingleByte(e::WINDOWS_874),
            1250 => Codec::SingleByte(e::WINDOWS_1250),
            1251 => Codec::SingleByte(e::WINDOWS_1251),
            1252 => Codec::SingleByte(e::WINDOWS_1252),
            1253 => Codec::SingleByte(e::WINDOWS_1253),
            1254 => Codec::SingleByte(e::WINDOWS_1254),
            1255 => Codec::SingleByte(e::WINDOWS_1255),
            1256 => Codec::SingleByte(e::WINDOWS_1256),
            1257 => Codec::SingleByte(e::WINDOWS_1257),
            1258 => Codec::SingleByte(e::WINDOWS_1258),
            10000 => Codec::SingleByte(e::MACINTOSH),
            20866 => Codec::SingleByte(e::KOI8_R),
            21866 => Codec::SingleByte(e::KOI8_U),
            28592 => Codec::SingleByte(e::ISO_8859_2),
            28594 => Codec::SingleByte(e::ISO_8859_4),
            28595 => Codec::SingleByte(e::ISO_8859_5),
            28597 => Codec::SingleByte(e::ISO_8859_7),
            28603 => Codec::SingleByte(e::ISO_8859_13),
            28605 => Codec::SingleByte(e::ISO_8859_15),
            932 => Codec::MultiByte(e::SHIFT_JIS),
            936 => Codec::MultiByte(e::GBK),
            949 => Codec::MultiByte(e::EUC_KR),
            950 => Codec::MultiByte(e::BIG5),
            54936 => Codec::MultiByte(e::GB18030),
            _ => return Err(UnsupportedCodePage { number }),
        };
        Ok(Self { number, codec })
    }

    /// The Windows number.
    pub const fn number(self) -> u32 {
        self.number
    }

    /// A decoder for a stream of bytes in this code page.
    pub fn decoder(self) -> Decoder {
        let state = match self.codec {
            Codec::Utf8 => State::Stream(encoding_rs::UTF_8.new_decoder_without_bom_handling()),
            Codec::Utf16Le => {
                State::Stream(encoding_rs::UTF_16LE.new_decoder_without_bom_handling())
            }
            Codec::SingleByte(encoding) | Codec::MultiByte(encoding) => {
                State::Stream(encoding.new_decoder_without_bom_handling())
            }
            Codec::Latin1 => State::Bytes(char::from),
            Codec::Ascii => State::Bytes(|_| char::REPLACEMENT_CHARACTER),
            Codec::Table(table) => State::Table(table),
        };
        Decoder { state }
    }

    /// The text of these bytes.
    pub fn decode(self, bytes: &[u8]) -> String {
        let mut text = String::new();
        self.decoder().decode(bytes, true, &mut text);
        text
    }

    /// Appends the bytes of `text` to `out`. What was appended before the character without a
    /// match stays there.
    pub fn encode(self, text: &str, out: &mut Vec<u8>) -> Result<(), NoMatch> {
        match self.codec {
            Codec::Utf16Le => {
                out.extend(text.encode_utf16().flat_map(u16::to_le_bytes));
                Ok(())
            }
            Codec::Utf8 => {
                out.extend_from_slice(text.as_bytes());
                Ok(())
            }
            _ if text.is_ascii() => {
                out.extend_from_slice(text.as_bytes());
                Ok(())
            }
            Codec::SingleByte(encoding) | Codec::MultiByte(encoding) => {
                self.encode_by(encoding, text, out)
            }
            Codec::Latin1 => self.encode_each(text, out, |c| u8::try_from(c).ok()),
            Codec::Ascii => self.encode_each(text, out, |_| None),
            Codec::Table(table) => self.encode_each(text, out, |c| table::byte_of(table, c)),
        }
    }

    fn encode_by(
        self,
        encoding: &'static Encoding,
        text: &str,
        out: &mut Vec<u8>,
    ) -> Result<(), NoMatch> {
        let mut encoder = encoding.new_encoder();
        let most = encoder.max_buffer_length_from_utf8_without_replacement(text.len());
        out.reserve(most.unwrap_or(text.len() * 2));
        let (result, _) = encoder.encode_from_utf8_to_vec_without_replacement(text, out, true);
        match result {
            encoding_rs::EncoderResult::Unmappable(character) => {
                Err(NoMatch { character, code_page: self.number })
            }
            encoding_rs::EncoderResult::InputEmpty | encoding_rs::EncoderResult::OutputFull => {
                Ok(())
            }
        }
    }

    fn encode_each(
        self,
        text: &str,
        out: &mut Vec<u8>,
        byte_of: impl Fn(char) -> Option<u8>,
    ) -> Result<(), NoMatch> {
        for character in text.chars() {
            let byte = u8::try_from(character).ok().filter(u8::is_ascii);
            let byte = byte.or_else(|| byte_of(character));
            out.push(byte.ok_or(NoMatch { character, code_page: self.number })?);
        }
        Ok(())
    }

    /// How many storage units `text` takes: UTF-16 units in UTF-16, else bytes. Widths of fixed
    /// width columns and lengths of DT_STR columns count these.
    pub fn width(self, text: &str) -> usize {
        if matches!(self.codec, Codec::Utf8) || text.is_ascii() {
            return text.len();
        }
        text.chars().map(|character| self.char_width(character)).sum()
    }

    /// Bytes (of UTF-8) of the longest start of `text` that takes at most `width` units.
    pub fn prefix(self, text: &str, width: usize) -> usize {
        if text.len() <= width {
            // No character takes more units here than bytes in UTF-8, bar none of the tables'.
            return if matches!(self.codec, Codec::MultiByte(_)) {
                self.walk(text, width).0
            } else {
                text.len()
            };
        }
        if text.as_bytes()[..width].is_ascii() {
            return width;
        }
        self.walk(text, width).0
    }

    /// Takes characters from `text` until exactly `width` units are taken; `None` when `text`
    /// ends before. A character that would go over the width ends it, too.
    pub(crate) fn take(self, text: &str, width: usize) -> Option<usize> {
        if text.as_bytes().get(..width).is_some_and(<[u8]>::is_ascii) {
            return Some(width);
        }
        let (end, complete) = self.walk(text, width);
        complete.then_some(end)
    }

    /// The end of the longest start of `text` of at most `width` units, and whether it was the
    /// width that ended it.
    fn walk(self, text: &str, width: usize) -> (usize, bool) {
        let mut taken = 0;
        for (at, character) in text.char_indices() {
            if taken == width {
                return (at, true);
            }
            taken += self.char_width(character);
            if width < taken {
                return (at, true);
            }
        }
        (text.len(), taken == width)
    }

    fn char_width(self, character: char) -> usize {
        match self.codec {
            Codec::Utf8 => character.len_utf8(),
            Codec::Utf16Le => character.len_utf16(),
            Codec::Latin1 | Codec::Ascii | Codec::Table(_) | Codec::SingleByte(_) => 1,
            Codec::MultiByte(encoding) => match character {
                '\0'..='\x7F' => 1,
                // Half-width katakana are one byte in Shift-JIS.
                '\u{FF61}'..='\u{FF9F}' if encoding == encoding_rs::SHIFT_JIS => 1,
                char::REPLACEMENT_CHARACTER => 1,
                _ => 2,
            },
        }
    }
}

/// Decodes a stream of bytes; a character may be split between two calls.
pub struct Decoder {
    state: State,
}

enum State {
    Stream(encoding_rs::Decoder),
    Bytes(fn(u8) -> char),
    Table(&'static [char; 128]),
}

impl Decoder {
    /// Appends the text of `bytes` to `out`; `last` says that nothing follows.
    pub fn decode(&mut self, bytes: &[u8], last: bool, out: &mut String) {
        match &mut self.state {
            State::Stream(decoder) => stream(decoder, bytes, last, out),
            State::Bytes(char_of) => upper_half(bytes, out, *char_of),
            State::Table(table) => {
                upper_half(bytes, out, |byte| table[usize::from(byte & 0x7F)]);
            }
        }
    }
}

fn stream(decoder: &mut encoding_rs::Decoder, mut bytes: &[u8], last: bool, out: &mut String) {
    loop {
        // Text is mostly ASCII: reserving the worst case (three times) would waste memory.
        out.reserve(bytes.len() + 32);
        let (result, read, _) = decoder.decode_to_string(bytes, out, last);
        bytes = &bytes[read..];
        if matches!(result, encoding_rs::CoderResult::InputEmpty) {
            return;
        }
    }
}

/// Bytes below 0x80 are ASCII; the others are asked for.
fn upper_half(mut bytes: &[u8], out: &mut String, char_of: impl Fn(u8) -> char) {
    out.reserve(bytes.len());
    while !bytes.is_empty() {
        let n_ascii = Encoding::ascii_valid_up_to(bytes);
        let (ascii, rest) = bytes.split_at(n_ascii);
        out.push_str(std::str::from_utf8(ascii).unwrap_or_default());
        bytes = rest;
        if let Some((&byte, rest)) = bytes.split_first() {
            out.push(char_of(byte));
            bytes = rest;
        }
    }
}

/// The text of a file that says nothing of its encoding: as its byte order mark says, else UTF-8,
/// and Windows-1252 where it is not that.
pub fn text_of_file(bytes: &[u8]) -> String {
    if let Some((encoding, mark)) = encoding_rs::Encoding::for_bom(bytes) {
        let text = bytes.get(mark..).unwrap_or_default();
        return encoding.decode_without_bom_handling(text).0.into_owned();
    }
    match std::str::from_utf8(bytes) {
        Ok(text) => text.to_owned(),
        Err(_) => encoding_rs::WINDOWS_1252.decode_without_bom_handling(bytes).0.into_owned(),
    }
}

#[cfg(test)]
mod tests;
