//! Servers that do not keep to what they have begun. What a server does that keeps to it is
//! tested with one that is not ours, where packages are run.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};
use std::thread::JoinHandle;

use super::*;

/// A server that gives each command the answer that its table has for it, and the data that goes
/// with a transfer.
struct Scripted {
    port: u16,
    thread: JoinHandle<Vec<String>>,
}

/// Command, answer at once, and what it sends over a data connection before the last answer.
type Script = &'static [(&'static str, &'static str, Option<(&'static [u8], &'static str)>)];

impl Scripted {
    fn start(script: Script) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let port = listener.local_addr().unwrap().port();
        let thread = std::thread::spawn(move || serve(&listener.accept().unwrap().0, script));
        Self { port, thread }
    }

    fn open(&self, passive: bool) -> FtpSession<'static> {
        let server = FtpServer {
            host: "127.0.0.1".to_owned(),
            port: self.port,
            user: "ann".to_owned(),
            password: "secret".to_owned(),
            time_max: Some(Duration::from_secs(if passive { 60 } else { 1 })),
            attempts_max: Some(1),
            passive,
            chunk_bytes: 4,
        };
        assert!(!format!("{server:?}").contains("secret"));
        FtpSession::open(&server, &|| false).unwrap()
    }

    /// The commands that it was given.
    fn heard(self) -> Vec<String> {
        self.thread.join().unwrap()
    }
}

fn serve(stream: &TcpStream, script: Script) -> Vec<String> {
    let mut data = TcpListener::bind("127.0.0.1:0").unwrap();
    let mut heard = Vec::new();
    let say = |text: &str| {
        let mut stream = stream;
        stream.write_all(format!("{text}\r\n").as_bytes()).unwrap();
    };
    say("220-Welcome.\r\n 220 not the end\r\n220 Ready.");
    for line in BufReader::new(stream).lines().map_while(Result::ok) {
        heard.push(line.clone());
        let verb = line.split(' ').next().unwrap();
        if let Some((_, answer, transfer)) = script.iter().find(|(known, ..)| *known == verb) {
            say(answer);
            if let Some((bytes, last)) = transfer {
                data.accept().unwrap().0.write_all(bytes).unwrap();
                say(last);
            }
            continue;
        }
        match verb {
            "USER" => say("331 Password?"),
            "PASS" => say("230 In."),
            "PASV" => {
                data = TcpListener::bind("127.0.0.1:0").unwrap();
                let [high, low] = data.local_addr().unwrap().port().to_be_bytes();
                // Another address than the server's own means nothing.
                say(&format!("227 Passive (10,9,8,7,{high},{low})"));
            }
            "QUIT" => return heard,
            _ => say("200 Done."),
        }
    }
    heard
}

#[test]
fn a_file_that_breaks_off_leaves_the_old_one_and_nothing_else() {
    let scripted = Scripted::start(&[(
        "RETR",
        "150 Begins.",
        Some((b"half of it", "426 Connection closed; transfer aborted.")),
    )]);
    let folder = tempfile::tempdir().unwrap();
    let to = folder.path().join("a.csv");
    fs::write(&to, "old").unwrap();
    let mut session = scripted.open(true);
    let error = session.receive("a.csv", &to, TransferType::Binary, true).unwrap_err();
    assert_eq!(error.to_string(), "426 Connection closed; transfer aborted.");
    assert_eq!(fs::read(&to).unwrap(), b"old");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
    assert!(session.is_open());
    drop(session);
    let wanted =
        ["USER ann", "PASS secret", "OPTS UTF8 ON", "TYPE I", "PASV", "RETR a.csv", "QUIT"];
    assert_eq!(scripted.heard(), wanted);
}

#[test]
fn a_file_that_is_refused_or_in_the_way_leaves_the_session_in_step() {
    let scripted = Scripted::start(&[
        ("RETR", "550 No such file.", None),
        ("LIST", "150 Begins.", Some((b"-rw-r--r-- 1 0 0 4 Nov 22 01:00 b\r\n", "226 Done."))),
    ]);
    let folder = tempfile::tempdir().unwrap();
    let to = folder.path().join("a.csv");
    let mut session = scripted.open(true);
    let receive = |session: &mut FtpSession<'_>| {
        session.receive("a.csv", &to, TransferType::Ascii, false).unwrap_err().to_string()
    };
    assert_eq!(receive(&mut session), "550 No such file.");
    assert!(!to.exists());
    fs::write(&to, "mine").unwrap();
    assert!(receive(&mut session).contains("already exists"));
    assert_eq!(session.files("*").unwrap(), ["b"]);
    session.enter("a\r\nDELE b").unwrap_err();
    assert!(session.is_open());
    drop(session);
    let heard = scripted.heard();
    assert!(!heard.iter().any(|line| line.starts_with("DELE")), "{heard:?}");
    assert_eq!(heard.last().map(String::as_str), Some("QUIT"));
}

#[test]
fn a_data_connection_that_does_not_come_ends_the_session() {
    let scripted = Scripted::start(&[("LIST", "150 Begins.", None)]);
    let mut session = scripted.open(false);
    let error = session.files("*").unwrap_err();
    let cause = std::error::Error::source(&error).unwrap().to_string();
    assert_eq!(cause, "no answer within 1 s");
    assert!(!session.is_open());
    drop(session);
    assert!(scripted.heard().iter().any(|line| line.starts_with("PORT 127,0,0,1,")));
}

#[test]
fn what_is_not_ftp_is_said() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let thread = std::thread::spawn(move || {
        listener.accept().unwrap().0.write_all(b"SSH-2.0-OpenSSH_9.2\r\n").unwrap();
    });
    let server = FtpServer {
        host: "127.0.0.1".to_owned(),
        port,
        user: "ann".to_owned(),
        password: String::new(),
        time_max: Some(Duration::from_secs(60)),
        attempts_max: Some(3),
        passive: true,
        chunk_bytes: 1024,
    };
    let error = FtpSession::open(&server, &|| false).unwrap_err().to_string();
    assert!(error.contains("`SSH-2.0-OpenSSH_9.2`, which is not understood"), "{error}");
    thread.join().unwrap();
}
