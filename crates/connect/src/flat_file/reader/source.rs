//! A window of decoded text that slides over a file.

use std::io::{self, Read};
use std::path::Path;

use fs_err::File;

use super::ReadError;
use crate::code_page::{CodePage, Decoder};

/// How many bytes are read at once: enough that the system call does not count, small enough to
/// stay in the processor's cache.
const READ_BYTES: usize = 256 << 10;

/// Byte order marks: UTF-8, UTF-16 little endian, UTF-16 big endian.
const UTF8_MARK: &[u8] = &[0xEF, 0xBB, 0xBF];
const LITTLE_MARK: &[u8] = &[0xFF, 0xFE];
const BIG_MARK: &[u8] = &[0xFE, 0xFF];

pub(super) struct Source {
    file: File,
    decoder: Decoder,
    bytes: Vec<u8>,
    window: String,
    /// Where the unread text begins in the window.
    pub(super) at: usize,
    end: bool,
}

impl Source {
    pub(super) fn open(path: &Path, code_page: CodePage) -> Result<Self, ReadError> {
        let open = |source| ReadError::Open { path: path.to_owned(), source };
        let mut file = File::open(path).map_err(open)?;
        if file.metadata().map_err(open)?.is_dir() {
            return Err(open(io::Error::from(io::ErrorKind::IsADirectory)));
        }
        let mut start = Vec::with_capacity(UTF8_MARK.len());
        let take = u64::try_from(UTF8_MARK.len()).unwrap_or(3);
        (&mut file).take(take).read_to_end(&mut start).map_err(open)?;
        let unicode = code_page == CodePage::UTF16;
        if unicode && start.starts_with(BIG_MARK) {
            return Err(ReadError::BigEndian { path: path.to_owned() });
        }
        if unicode && start.starts_with(UTF8_MARK) {
            return Err(ReadError::Utf8AsUnicode { path: path.to_owned() });
        }
        let mark = match unicode {
            true => LITTLE_MARK,
            false if code_page == CodePage::UTF8 => UTF8_MARK,
            false => &[],
        };
        let skip = if start.starts_with(mark) { mark.len() } else { 0 };
        let mut decoder = code_page.decoder();
        let mut window = String::new();
        decoder.decode(&start[skip..], false, &mut window);
        Ok(Self { file, decoder, bytes: vec![0; READ_BYTES], window, at: 0, end: false })
    }

    pub(super) fn window(&self) -> &str {
        &self.window
    }

    /// Whether the window has all that is left of the file.
    pub(super) fn is_at_end(&self) -> bool {
        self.end
    }

    /// Drops what was read and adds more, twice as much when the window was not enough.
    pub(super) fn refill(&mut self) -> io::Result<()> {
        self.window.drain(..self.at);
        self.at = 0;
        let mut missing = self.window.len().max(READ_BYTES);
        while 0 < missing && !self.end {
            let n = match self.file.read(&mut self.bytes) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => continue,
                other => other?,
            };
            self.end = n == 0;
            self.decoder.decode(&self.bytes[..n], self.end, &mut self.window);
            missing = missing.saturating_sub(n);
        }
        Ok(())
    }
}
