//! A server that speaks just enough TDS [MS-TDS] to log clients in and to give prepared answers.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;

use rustls::pki_types::PrivateKeyDer;
use rustls::{ServerConfig, ServerConnection, StreamOwned};

/// Types of packets [2.2.3.1.1].
const TABULAR: u8 = 4;
const PRELOGIN: u8 = 0x12;

/// What clients asked.
pub(crate) struct Server {
    pub(crate) port: u16,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Server {
    /// A server that answers each request by what `answer` makes of its text.
    pub(crate) fn start(answer: impl Fn(&str) -> Vec<u8> + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let asked = Arc::new(Mutex::new(Vec::new()));
        let heard = Arc::clone(&asked);
        let (answer, tls) = (Arc::new(answer), tls());
        thread::spawn(move || {
            for stream in listener.incoming() {
                let (heard, answer) = (Arc::clone(&heard), Arc::clone(&answer));
                let tls = Arc::clone(&tls);
                thread::spawn(move || serve(stream.unwrap(), tls, &heard, &*answer));
            }
        });
        Self { port, asked }
    }

    /// The texts of the requests so far.
    pub(crate) fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }

    /// A connection string of an OLE DB provider.
    pub(crate) fn connection_string(&self) -> String {
        format!(
            "Data Source=127.0.0.1,{};Initial Catalog=Log;User ID=sa;Password=hunter2;\
             Provider=SQLNCLI11.1;",
            self.port
        )
    }
}

fn serve(
    mut socket: TcpStream,
    tls: Arc<ServerConfig>,
    heard: &Mutex<Vec<String>>,
    answer: &dyn Fn(&str) -> Vec<u8>,
) -> Option<()> {
    // PRELOGIN [2.2.6.5]: version, and everything is encrypted.
    packet(&mut socket)?;
    let options = [0, 0, 11, 0, 6, 1, 0, 17, 0, 1, 0xFF, 16, 0, 0, 0, 0, 0, 1];
    send(&mut socket, TABULAR, &options);
    let mut tls = ServerConnection::new(tls).unwrap();
    // Packets of this type hold the handshake [3.2.5.1].
    while tls.is_handshaking() {
        let (_, payload) = packet(&mut socket)?;
        tls.read_tls(&mut payload.as_slice()).ok()?;
        tls.process_new_packets().ok()?;
        let mut flight = Vec::new();
        while tls.wants_write() {
            tls.write_tls(&mut flight).ok()?;
        }
        send(&mut socket, PRELOGIN, &flight);
    }
    let mut stream = StreamOwned::new(tls, socket);
    request(&mut stream)?;
    send(&mut stream, TABULAR, &welcome());
    loop {
        let text = request(&mut stream)?;
        let tokens = answer(&text);
        heard.lock().unwrap().push(text);
        send(&mut stream, TABULAR, &tokens);
    }
}

/// A certificate that nobody knows: clients that do not ask for encryption do not look at it.
fn tls() -> Arc<ServerConfig> {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let key = PrivateKeyDer::Pkcs8(made.signing_key.serialize_der().into());
    let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_protocol_versions(&[&rustls::version::TLS12])
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![made.cert.der().clone()], key);
    Arc::new(config.unwrap())
}

/// Whether it is the last of its message, and what is in it.
fn packet(stream: &mut impl Read) -> Option<(bool, Vec<u8>)> {
    let mut header = [0; 8];
    stream.read_exact(&mut header).ok()?;
    let length = usize::from(u16::from_be_bytes([header[2], header[3]]));
    let mut body = vec![0; length - header.len()];
    stream.read_exact(&mut body).ok()?;
    Some((header[1] & 1 == 1, body))
}

/// A request as text. Texts in it may start at even and at odd places.
fn request(stream: &mut impl Read) -> Option<String> {
    let mut all = Vec::new();
    loop {
        let (is_last, body) = packet(stream)?;
        all.extend(body);
        if is_last {
            break;
        }
    }
    let text = |bytes: &[u8]| {
        let units = bytes.chunks_exact(2).map(|pair| u16::from_le_bytes([pair[0], pair[1]]));
        String::from_utf16_lossy(&units.collect::<Vec<_>>())
    };
    Some(text(&all) + &text(&all[1..]))
}

fn send(stream: &mut impl Write, kind: u8, payload: &[u8]) {
    let length = u16::try_from(payload.len() + 8).unwrap().to_be_bytes();
    let header = [kind, 1, length[0], length[1], 0, 0, 1, 0];
    // A client may have hung up.
    drop(stream.write_all(&[&header, payload].concat()));
    drop(stream.flush());
}

fn utf16(text: &str) -> Vec<u8> {
    text.encode_utf16().flat_map(u16::to_le_bytes).collect()
}

fn short_text(text: &str) -> Vec<u8> {
    [vec![u8::try_from(text.encode_utf16().count()).unwrap()], utf16(text)].concat()
}

fn long_text(text: &str) -> Vec<u8> {
    let text = utf16(text);
    [u16::try_from(text.len()).unwrap().to_le_bytes().to_vec(), text].concat()
}

fn with_length(token: u8, body: Vec<u8>) -> Vec<u8> {
    let length = u16::try_from(body.len()).unwrap().to_le_bytes();
    [vec![token], length.to_vec(), body].concat()
}

/// LOGINACK [2.2.7.14] and DONE.
fn welcome() -> Vec<u8> {
    let version = [1, 0x73, 0x0B, 0, 3];
    let body = [version.to_vec(), short_text("SQL"), vec![15, 0, 0, 0]].concat();
    [with_length(0xAD, body), done()].concat()
}

/// DONE [2.2.7.6].
pub(crate) fn done() -> Vec<u8> {
    done_of(0)
}

fn done_of(status: u8) -> Vec<u8> {
    [vec![0xFD, status, 0], vec![0; 10]].concat()
}

/// ERROR [2.2.7.10] and DONE.
pub(crate) fn error(number: u32, text: &str) -> Vec<u8> {
    let mut body = number.to_le_bytes().to_vec();
    body.extend([1, 16]);
    body.extend(u16::try_from(text.encode_utf16().count()).unwrap().to_le_bytes());
    body.extend(utf16(text));
    body.extend(short_text("SRV"));
    body.extend(short_text(""));
    body.extend(1_u32.to_le_bytes());
    [with_length(0xAA, body), done_of(2)].concat()
}

/// The answer to a statement with parameters: its rows, and the row count that is asked behind it.
pub(crate) fn rows(columns: &[&str], rows: &[&[&str]]) -> Vec<u8> {
    [result(columns, rows), done_of(1), result(&[""], &[&["0"]]), done()].concat()
}

/// COLMETADATA [2.2.7.4] of nvarchar(255) columns, and a ROW [2.2.7.19] for each row.
fn result(columns: &[&str], rows: &[&[&str]]) -> Vec<u8> {
    let mut out = vec![0x81];
    out.extend(u16::try_from(columns.len()).unwrap().to_le_bytes());
    for name in columns {
        out.extend([0, 0, 0, 0, 1, 0, 0xE7, 0xFE, 1, 9, 4, 0xD0, 0, 52]);
        out.extend(short_text(name));
    }
    for row in rows {
        out.push(0xD1);
        out.extend(row.iter().flat_map(|cell| long_text(cell)));
    }
    out
}
