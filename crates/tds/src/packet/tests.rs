//! Packets as a person can check them, round trips, and hostile streams.

use insta::assert_snapshot;
use proptest::prelude::*;

use super::*;

const LIMITS: Limits = Limits { packet: 32767, message: 1 << 20 };

fn split(kind: PacketType, size: u16, payload: &[u8]) -> Vec<u8> {
    let mut out = Vec::new();
    let mut writer = PacketWriter::new(kind, size, 0x0034);
    writer.write(payload, &mut out);
    writer.finish(&mut out);
    out
}

#[test]
fn a_message_of_two_packets_looks_like_this_on_the_wire() {
    let out = split(PacketType::TabularResult, 12, &[1, 2, 3, 4, 5]);
    assert_snapshot!(
        format!("{out:02X?}"),
        @"[04, 00, 00, 0C, 00, 34, 01, 00, 01, 02, 03, 04, 04, 01, 00, 09, 00, 34, 02, 00, 05]"
    );
}

#[test]
fn a_full_last_packet_is_still_the_last() {
    let out = split(PacketType::TabularResult, 12, &[1, 2, 3, 4]);
    assert_snapshot!(
        format!("{out:02X?}"),
        @"[04, 01, 00, 0C, 00, 34, 01, 00, 01, 02, 03, 04]"
    );
}

#[test]
fn an_attention_is_a_header_and_nothing_else() {
    let out = split(PacketType::Attention, 4096, &[]);
    assert_snapshot!(format!("{out:02X?}"), @"[06, 01, 00, 08, 00, 34, 01, 00]");
}

#[test]
fn reset_bits_are_those_of_the_first_packet_and_ignore_of_the_last() {
    let mut out = Vec::new();
    let mut writer = PacketWriter::new(PacketType::SqlBatch, 512, 0);
    writer.set_first_status(Status::RESET);
    writer.write(&[7; 1200], &mut out);
    writer.finish(&mut out);
    let last = out.len() - (1200 - 2 * 504) - 8;
    out[last + 1] |= Status::IGNORE.0;
    let mut reader = PacketReader::new(LIMITS);
    reader.feed(&out);
    let message = reader.next_message().unwrap().unwrap();
    assert!(message.status.has(Status::RESET));
    assert!(message.status.has(Status::IGNORE));
    assert_eq!(message.payload, vec![7; 1200]);
    assert!(!reader.has_leftover());
}

#[test]
fn a_packet_of_another_type_inside_a_message_ends_the_stream() {
    let mut reader = PacketReader::new(LIMITS);
    reader.feed(&[1, 0, 0, 9, 0, 0, 1, 0, 0x41, 3, 1, 0, 8, 0, 0, 2, 0]);
    let error = reader.next_message().unwrap_err();
    assert_snapshot!(error, @"a packet of type Rpc inside a message of type SqlBatch");
    assert_eq!(reader.next_message(), Err(error));
}

#[test]
fn a_message_over_the_limit_is_refused_before_it_is_stored() {
    let mut reader = PacketReader::new(Limits { packet: 512, message: 600 });
    reader.feed(&split(PacketType::SqlBatch, 512, &[0; 601]));
    assert_snapshot!(reader.next_message().unwrap_err(), @"a message of more than 600 bytes");
}

#[test]
fn a_packet_over_the_agreed_size_is_refused() {
    let mut reader = PacketReader::new(Limits { packet: 512, message: 600 });
    reader.feed(&[1, 1, 2, 1, 0, 0, 1, 0]);
    let error = reader.next_message().unwrap_err();
    assert_snapshot!(error, @"a packet of 513 bytes, where 512 is the limit");
}

#[test]
fn asked_packet_sizes_are_clamped_and_zero_is_the_default() {
    assert_eq!(negotiate_packet_size(0), 4096);
    assert_eq!(negotiate_packet_size(1), 512);
    assert_eq!(negotiate_packet_size(8000), 8000);
    assert_eq!(negotiate_packet_size(u32::MAX), 32767);
}

proptest! {
    #[test]
    fn a_message_survives_any_packet_size_and_any_cutting_of_the_stream(
        payload in prop::collection::vec(any::<u8>(), 0..5000),
        size in 512u16..4096,
        pieces in prop::collection::vec(1usize..700, 1..40),
    ) {
        let wire = split(PacketType::Rpc, size, &payload);
        let mut reader = PacketReader::new(LIMITS);
        let (mut rest, mut found) = (&wire[..], Vec::new());
        for piece in pieces.iter().cycle() {
            let (now, later) = rest.split_at((*piece).min(rest.len()));
            reader.feed(now);
            rest = later;
            found.extend(reader.next_message().unwrap());
            if rest.is_empty() {
                break;
            }
        }
        prop_assert_eq!(found.len(), 1);
        prop_assert_eq!(&found[0].payload, &payload);
    }

    #[test]
    fn a_writer_fed_in_pieces_writes_what_one_fed_at_once_writes(
        payload in prop::collection::vec(any::<u8>(), 0..3000),
        at in 0usize..3000,
    ) {
        let (first, second) = payload.split_at(at.min(payload.len()));
        let mut out = Vec::new();
        let mut writer = PacketWriter::new(PacketType::Rpc, 512, 0x0034);
        writer.write(first, &mut out);
        writer.write(second, &mut out);
        writer.finish(&mut out);
        prop_assert_eq!(out, split(PacketType::Rpc, 512, &payload));
    }

    #[test]
    fn no_bytes_make_the_reader_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let mut reader = PacketReader::new(LIMITS);
        reader.feed(&bytes);
        while let Ok(Some(_)) = reader.next_message() {}
    }
}
