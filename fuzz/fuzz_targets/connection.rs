//! A whole connection: packets, login, requests, cancels, in pieces of any size.

#![no_main]

use libfuzzer_sys::fuzz_target;
use tds::session::LoginAnswer;
use tds::{Event, Session, SessionOptions};

fuzz_target!(|input: (Vec<u8>, u8)| {
    let (bytes, piece) = input;
    let options = SessionOptions { message_max: 1 << 20, ..SessionOptions::default() };
    let mut session = Session::new(options);
    for part in bytes.chunks(usize::from(piece).max(1)) {
        session.receive(part);
        while let Some(event) = session.next_event() {
            match event {
                Event::StartTls => session.tls_started(),
                Event::CheckLogin(_) => session.accept_login(&LoginAnswer {
                    database: "master".to_owned(),
                    language: "us_english".to_owned(),
                }),
                Event::Run(_) => session.finish(),
                Event::Cancel => session.cancelled(),
                Event::Send(_) | Event::StopTls | Event::Reset(_) | Event::Close(_) => {}
            }
        }
    }
});
