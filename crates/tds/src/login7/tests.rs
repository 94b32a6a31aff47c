//! Logins as clients send them, and as nobody does.

use insta::assert_snapshot;
use proptest::prelude::*;

use super::*;

fn login() -> Login7 {
    Login7 {
        version: 0x7400_0004,
        packet_size: 4096,
        user_name: "sa".into(),
        password: Password::new("pw"),
        database: "SSISDB".into(),
        ..Login7::default()
    }
}

fn wire(login: &Login7) -> Vec<u8> {
    let mut out = Vec::new();
    login.encode(&mut out);
    out
}

#[test]
fn a_login_looks_like_this_on_the_wire() {
    let login = Login7 { user_name: "u".into(), password: Password::new("a"), ..Login7::default() };
    let login = Login7 { version: 0x7400_0004, packet_size: 4096, ..login };
    let wire = wire(&login);
    assert_snapshot!(
        format!("{:02X?}", &wire[..36]),
        @"[62, 00, 00, 00, 04, 00, 00, 74, 00, 10, 00, 00, 00, 00, 00, 00, 00, 00, 00, 00, 00, 00, 00, 00, 00, 00, 00, 00, 00, 00, 00, 00, 00, 00, 00, 00]"
    );
    assert_snapshot!(
        format!("{:02X?}", &wire[36..52]),
        @"[5E, 00, 00, 00, 5E, 00, 01, 00, 60, 00, 01, 00, 62, 00, 00, 00]"
    );
    assert_snapshot!(format!("{:02X?}", &wire[94..]), @"[75, 00, B3, A5]");
}

#[test]
fn a_login_of_7_1_ends_its_table_before_the_new_password() {
    // What jTDS writes: 86 bytes, then the text.
    let mut wire = wire(&Login7 { version: 0x7100_0001, ..login() });
    wire.drain(86..94);
    for at in [36, 40, 44, 48, 52, 56, 60, 64, 68, 78, 82] {
        let offset = u16::from_le_bytes([wire[at], wire[at + 1]]) - 8;
        wire[at..at + 2].copy_from_slice(&offset.to_le_bytes());
    }
    let length = wire.len() as u32;
    wire[..4].copy_from_slice(&length.to_le_bytes());
    let read = Login7::decode(&wire).unwrap();
    assert_eq!(read, Login7 { version: 0x7100_0001, ..login() });
}

#[test]
fn features_are_found_behind_the_text() {
    let utf8 = Feature { id: feature::UTF8_SUPPORT, data: vec![] };
    let other = Feature { id: 0x10, data: vec![1, 2, 3] };
    let sent = Login7 { features: vec![utf8, other], ..login() };
    let read = Login7::decode(&wire(&sent)).unwrap();
    assert!(read.flags.extension());
    assert_eq!(read.features, sent.features);
}

#[test]
fn an_offset_outside_the_message_is_refused() {
    let mut wire = wire(&login());
    wire[40] = 0xFF;
    wire[41] = 0xFF;
    let error = Login7::decode(&wire).unwrap_err();
    assert!(matches!(error, DecodeError::Truncated { what: "LOGIN7 user name", .. }), "{error}");
}

#[test]
fn a_machine_with_ebcdic_is_refused_by_name() {
    let flags = LoginFlags { first: 0x02, ..LoginFlags::default() };
    let error = Login7::decode(&wire(&Login7 { flags, ..login() })).unwrap_err();
    assert_snapshot!(
        error,
        @"big endian numbers, EBCDIC text or floats that are not IEEE is not supported"
    );
}

#[test]
fn debug_shows_no_password() {
    let shown = format!("{:?}", Login7 { password: Password::new("hunter2"), ..login() });
    assert!(!shown.contains("hunter2"), "{shown}");
}

proptest! {
    #[test]
    fn what_is_written_is_what_is_read(
        names in prop::collection::vec("\\PC{0,40}", 8),
        password in "\\PC{0,30}",
        new_password in "\\PC{0,30}",
        sspi in prop::collection::vec(any::<u8>(), 0..60),
        client_id: [u8; 6],
    ) {
        let name = |at: usize| names[at].clone();
        let sent = Login7 {
            host_name: name(0),
            user_name: name(1),
            password: Password::new(password),
            application: name(2),
            server_name: name(3),
            library: name(4),
            language: name(5),
            database: name(6),
            client_id,
            sspi,
            attach_file: name(7),
            new_password: Password::new(new_password),
            ..login()
        };
        prop_assert_eq!(Login7::decode(&wire(&sent)), Ok(sent));
    }

    #[test]
    fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        drop(Login7::decode(&bytes));
    }

    #[test]
    fn no_damage_makes_it_panic(at in 4usize..94, with: [u8; 2]) {
        let utf8 = Feature { id: feature::UTF8_SUPPORT, data: vec![] };
        let mut wire = wire(&Login7 { features: vec![utf8], ..login() });
        wire[at] = with[0];
        wire[(at + 1).min(93)] = with[1];
        drop(Login7::decode(&wire));
    }
}
