//! Frames on the pipes between a worker and the process that runs a package: a length (4 bytes,
//! little-endian) and that many bytes of JSON.

use std::io::{self, Read, Write};

use scaleout::child::FRAME_MAX;
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};

/// A pipe that does not carry the frames it should.
#[derive(Debug, thiserror::Error)]
pub enum FrameError {
    /// The pipe cannot be read or written, or ended within a frame.
    #[error("the pipe broke")]
    Pipe {
        /// What the system says.
        #[source]
        source: io::Error,
    },
    /// A frame is longer than any correct one.
    #[error("a frame of {bytes} bytes is too long")]
    TooLong {
        /// Its length.
        bytes: u64,
    },
    /// A frame is not what is expected here.
    #[error("a frame is not understood")]
    Json {
        /// What is wrong with it.
        #[source]
        source: serde_json::Error,
    },
}

fn broke(source: io::Error) -> FrameError {
    FrameError::Pipe { source }
}

/// The bytes of a frame.
pub fn encode<T: Serialize>(message: &T) -> Result<Vec<u8>, FrameError> {
    let mut frame = vec![0; 4];
    serde_json::to_writer(&mut frame, message).map_err(|source| FrameError::Json { source })?;
    let bytes = (frame.len() - 4) as u64;
    let length = u32::try_from(bytes).ok().filter(|&length| length <= FRAME_MAX);
    let Some(length) = length else { return Err(FrameError::TooLong { bytes }) };
    frame[..4].copy_from_slice(&length.to_le_bytes());
    Ok(frame)
}

fn decode<T: DeserializeOwned>(body: &[u8]) -> Result<T, FrameError> {
    serde_json::from_slice(body).map_err(|source| FrameError::Json { source })
}

/// Writes a frame and flushes it.
pub fn write<T: Serialize>(pipe: &mut impl Write, message: &T) -> Result<(), FrameError> {
    pipe.write_all(&encode(message)?).and_then(|()| pipe.flush()).map_err(broke)
}

/// Reads a frame; `None` when the pipe ended before one.
pub fn read<T: DeserializeOwned>(pipe: &mut impl Read) -> Result<Option<T>, FrameError> {
    let mut length = [0; 4];
    match pipe.read_exact(&mut length) {
        Ok(()) => {}
        Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => return Ok(None),
        Err(source) => return Err(broke(source)),
    }
    let length = checked(u32::from_le_bytes(length))?;
    let mut body = Vec::new();
    let n = pipe.take(length).read_to_end(&mut body).map_err(broke)?;
    if (n as u64) < length {
        return Err(broke(io::ErrorKind::UnexpectedEof.into()));
    }
    decode(&body).map(Some)
}

/// Writes a frame.
pub(crate) async fn write_async<T: Serialize>(
    pipe: &mut (impl AsyncWrite + Unpin),
    message: &T,
) -> Result<(), FrameError> {
    pipe.write_all(&encode(message)?).await.map_err(broke)?;
    pipe.flush().await.map_err(broke)
}

/// Reads frames as they come. A read that is given up loses nothing, so that waiting for a frame
/// can be one of several things waited for.
pub(crate) struct FrameReader<R> {
    pipe: R,
    bytes: Vec<u8>,
}

/// How much is read at once. Most frames of a running package are shorter.
const CHUNK: usize = 16 << 10;

impl<R: AsyncRead + Unpin> FrameReader<R> {
    pub(crate) const fn new(pipe: R) -> Self {
        Self { pipe, bytes: Vec::new() }
    }

    /// The next frame; `None` when the pipe ended before one.
    pub(crate) async fn next<T: DeserializeOwned>(&mut self) -> Result<Option<T>, FrameError> {
        loop {
            if let Some((&length, rest)) = self.bytes.split_first_chunk::<4>() {
                let length = checked(u32::from_le_bytes(length))?;
                let length = usize::try_from(length).unwrap_or(usize::MAX);
                if let Some(body) = rest.get(..length) {
                    let message = decode(body)?;
                    self.bytes.drain(..4 + length);
                    return Ok(Some(message));
                }
            }
            self.bytes.reserve(CHUNK);
            let n = self.pipe.read_buf(&mut self.bytes).await.map_err(broke)?;
            if n == 0 && self.bytes.is_empty() {
                return Ok(None);
            }
            if n == 0 {
                return Err(broke(io::ErrorKind::UnexpectedEof.into()));
            }
        }
    }
}

fn checked(length: u32) -> Result<u64, FrameError> {
    let bytes = u64::from(length);
    if FRAME_MAX < length { Err(FrameError::TooLong { bytes }) } else { Ok(bytes) }
}

#[cfg(test)]
mod tests {
    use scaleout::child::{FromChild, Progress};

    use super::*;

    #[test]
    fn what_is_written_is_read() {
        let said = FromChild::Progress(Progress { rows_read: 7, ..Progress::default() });
        let mut pipe = Vec::new();
        write(&mut pipe, &said).unwrap();
        write(&mut pipe, &said).unwrap();
        let mut reader = pipe.as_slice();
        assert_eq!(read::<FromChild>(&mut reader).unwrap(), Some(said.clone()));
        assert_eq!(read::<FromChild>(&mut reader).unwrap(), Some(said));
        assert_eq!(read::<FromChild>(&mut reader).unwrap(), None);
    }

    #[test]
    fn a_torn_or_absurd_frame_is_an_error() {
        let mut torn: &[u8] = &[9, 0, 0, 0, b'{'];
        assert!(matches!(read::<FromChild>(&mut torn), Err(FrameError::Pipe { .. })));
        let mut absurd: &[u8] = &[255, 255, 255, 255];
        assert!(matches!(read::<FromChild>(&mut absurd), Err(FrameError::TooLong { .. })));
        let mut nonsense: &[u8] = &[2, 0, 0, 0, b'h', b'i'];
        assert!(matches!(read::<FromChild>(&mut nonsense), Err(FrameError::Json { .. })));
    }

    #[tokio::test]
    async fn frames_come_out_whole_however_they_arrive() {
        let said = FromChild::Progress(Progress { rows_read: 7, ..Progress::default() });
        let frame = encode(&said).unwrap();
        let (reader, mut writer) = tokio::io::duplex(3);
        let sender = tokio::spawn(async move {
            writer.write_all(&frame).await.unwrap();
            writer.write_all(&frame[..5]).await.unwrap();
        });
        let mut frames = FrameReader::new(reader);
        assert_eq!(frames.next::<FromChild>().await.unwrap(), Some(said));
        assert!(matches!(frames.next::<FromChild>().await, Err(FrameError::Pipe { .. })));
        sender.await.unwrap();
    }
}
