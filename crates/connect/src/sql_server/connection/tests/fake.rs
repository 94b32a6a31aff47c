//! A server that speaks just enough TDS [MS-TDS] to log a client in and to give prepared answers.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::thread::JoinHandle;

/// What a client asked, and what it gets; a client that gets nothing waits.
pub(super) struct Server {
    pub(super) port: u16,
    thread: JoinHandle<Vec<String>>,
}

impl Server {
    pub(super) fn start(login: Vec<u8>, answers: Vec<Option<Vec<u8>>>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let thread = std::thread::spawn(move || {
            let (stream, _) = listener.accept().unwrap();
            serve(stream, &login, answers)
        });
        Self { port, thread }
    }

    /// The texts of the requests.
    pub(super) fn asked(self) -> Vec<String> {
        self.thread.join().unwrap()
    }
}

fn serve(mut stream: TcpStream, login: &[u8], answers: Vec<Option<Vec<u8>>>) -> Vec<String> {
    // PRELOGIN [2.2.6.5]: version, and no encryption.
    request(&mut stream).unwrap();
    let options = [0, 0, 11, 0, 6, 1, 0, 17, 0, 1, 0xFF, 16, 0, 0, 0, 0, 0, 2];
    answer(&mut stream, &options);
    request(&mut stream).unwrap();
    answer(&mut stream, login);
    let mut asked = Vec::new();
    for tokens in answers {
        let Some(text) = request(&mut stream) else { break };
        asked.push(text);
        match tokens {
            Some(tokens) => answer(&mut stream, &tokens),
            // Until the client hangs up.
            None => while request(&mut stream).is_some() {},
        }
    }
    asked
}

fn request(stream: &mut TcpStream) -> Option<String> {
    let mut all = Vec::new();
    loop {
        let mut header = [0; 8];
        stream.read_exact(&mut header).ok()?;
        let length = usize::from(u16::from_be_bytes([header[2], header[3]]));
        let mut body = vec![0; length - header.len()];
        stream.read_exact(&mut body).ok()?;
        all.extend(body);
        if header[1] & 1 == 1 {
            break;
        }
    }
    let units = all.chunks_exact(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]]));
    Some(String::from_utf16_lossy(&units.collect::<Vec<_>>()))
}

fn answer(stream: &mut TcpStream, tokens: &[u8]) {
    let length = u16::try_from(tokens.len() + 8).unwrap().to_be_bytes();
    let header = [4, 1, length[0], length[1], 0, 0, 1, 0];
    // A client may have hung up: that is what some tests are about.
    drop(stream.write_all(&[&header, tokens].concat()));
}

fn utf16(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

fn short_text(text: &str) -> Vec<u8> {
    [vec![u8::try_from(text.encode_utf16().count()).unwrap()], utf16(text)].concat()
}

fn with_length(token: u8, body: Vec<u8>) -> Vec<u8> {
    let length = u16::try_from(body.len()).unwrap().to_le_bytes();
    [vec![token], length.to_vec(), body].concat()
}

/// LOGINACK [2.2.7.14] and DONE.
pub(super) fn welcome() -> Vec<u8> {
    let version = [1, 0x73, 0x0B, 0, 3];
    let body = [version.to_vec(), short_text("SQL"), vec![15, 0, 0, 0]].concat();
    [with_length(0xAD, body), done(0, false)].concat()
}

/// ERROR [2.2.7.10] and DONE.
pub(super) fn error(number: u32, severity: u8, text: &str) -> Vec<u8> {
    let mut body = number.to_le_bytes().to_vec();
    body.extend([1, severity]);
    body.extend(u16::try_from(text.encode_utf16().count()).unwrap().to_le_bytes());
    body.extend(utf16(text));
    body.extend(short_text("SRV"));
    body.extend(short_text("dbo.p"));
    body.extend(7_u32.to_le_bytes());
    [with_length(0xAA, body), done(2, false)].concat()
}

/// DONE [2.2.7.6].
pub(super) fn done(status: u16, more: bool) -> Vec<u8> {
    let status = status | u16::from(more);
    [vec![0xFD], status.to_le_bytes().to_vec(), vec![0; 10]].concat()
}

/// COLMETADATA [2.2.7.4] of int8 and nvarchar(20) columns.
pub(super) fn columns(columns: &[(&str, bool)]) -> Vec<u8> {
    let mut out = vec![0x81];
    out.extend(u16::try_from(columns.len()).unwrap().to_le_bytes());
    for (name, is_text) in columns {
        out.extend([0, 0, 0, 0, 1, 0]);
        match is_text {
            true => out.extend([0xE7, 40, 0, 9, 4, 0xD0, 0, 52]),
            false => out.extend([0x26, 8]),
        }
        out.extend(short_text(name));
    }
    out
}

/// ROW [2.2.7.19] of a number and maybe a text.
pub(super) fn row(number: i64, text: Option<&str>) -> Vec<u8> {
    let mut out = vec![0xD1, 8];
    out.extend(number.to_le_bytes());
    if let Some(text) = text {
        let text = utf16(text);
        out.extend(u16::try_from(text.len()).unwrap().to_le_bytes());
        out.extend(text);
    }
    out
}
