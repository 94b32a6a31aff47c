//! TLS inside TDS: while hands are shaken, TLS records travel in packets of type PRELOGIN; after
//! that they travel alone. [MS-TDS] 2.2.6.5 and 3.3.5.3.
//!
//! # Invariants
//!
//! * Never hands out bytes behind the end of a packet: they may be a record without a packet,
//!   if the handshake has ended with this one.

use crate::error::DecodeError;
use crate::packet::{DEFAULT_PACKET_SIZE, HEADER_SIZE, Header, PacketType, PacketWriter};

/// Takes packets off the client's records, and puts ours into packets.
#[derive(Debug, Default)]
pub struct TlsTunnel {
    header: Vec<u8>,
    /// Bytes of the current packet that have not come yet.
    remaining: usize,
}

impl TlsTunnel {
    /// A tunnel before the first packet.
    pub fn new() -> TlsTunnel {
        TlsTunnel::default()
    }

    /// Appends the records in `bytes` to `records`, up to the end of a packet, and says how many
    /// bytes it has used. Call again with the rest only while hands are still being shaken.
    pub fn unwrap(&mut self, bytes: &[u8], records: &mut Vec<u8>) -> Result<usize, DecodeError> {
        let mut rest = bytes;
        while self.remaining == 0 && !rest.is_empty() {
            let (now, later) = rest.split_at(rest.len().min(HEADER_SIZE - self.header.len()));
            self.header.extend_from_slice(now);
            rest = later;
            if self.header.len() < HEADER_SIZE {
                return Ok(bytes.len());
            }
            let header = Header::decode(&self.header)?;
            if header.kind != PacketType::PreLogin {
                let value = header.kind as u64;
                return Err(DecodeError::Invalid { what: "packet type during TLS start", value });
            }
            self.header.clear();
            self.remaining = usize::from(header.length) - HEADER_SIZE;
        }
        let (now, later) = rest.split_at(rest.len().min(self.remaining));
        records.extend_from_slice(now);
        self.remaining -= now.len();
        Ok(bytes.len() - later.len())
    }

    /// Our records as packets: one message for one flush.
    pub fn wrap(records: &[u8]) -> Vec<u8> {
        let mut packets = Vec::new();
        if !records.is_empty() {
            let mut writer = PacketWriter::new(PacketType::PreLogin, DEFAULT_PACKET_SIZE, 0);
            writer.write(records, &mut packets);
            writer.finish(&mut packets);
        }
        packets
    }
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_record_in_its_packet_looks_like_this_on_the_wire() {
        let wire = TlsTunnel::wrap(&[0x16, 3, 3]);
        assert_snapshot!(format!("{wire:02X?}"), @"[12, 01, 00, 0B, 00, 00, 01, 00, 16, 03, 03]");
        assert!(TlsTunnel::wrap(&[]).is_empty());
    }

    #[test]
    fn a_long_chain_of_certificates_takes_several_packets() {
        let wire = TlsTunnel::wrap(&[7; 9000]);
        assert_eq!(wire.len(), 9000 + 3 * HEADER_SIZE);
    }

    #[test]
    fn what_follows_the_packet_stays_where_it_is() {
        let mut wire = TlsTunnel::wrap(&[1, 2, 3]);
        wire.extend_from_slice(&[0x17, 3, 3]);
        let mut records = Vec::new();
        assert_eq!(TlsTunnel::new().unwrap(&wire, &mut records), Ok(11));
        assert_eq!(records, [1, 2, 3]);
    }

    #[test]
    fn a_record_without_a_packet_is_refused() {
        let error = TlsTunnel::new().unwrap(&[0x16, 3, 1, 0, 9, 0, 0, 0], &mut vec![]);
        assert_snapshot!(error.unwrap_err(), @"packet type has an unknown value: 0x16");
    }

    proptest! {
        #[test]
        fn records_survive_any_cutting_of_the_stream(
            records in prop::collection::vec(any::<u8>(), 1..10_000),
            pieces in prop::collection::vec(1usize..3000, 1..20),
        ) {
            let wire = TlsTunnel::wrap(&records);
            let (mut tunnel, mut found, mut at) = (TlsTunnel::new(), Vec::new(), 0);
            for piece in pieces.iter().cycle() {
                let end = (at + piece).min(wire.len());
                at += tunnel.unwrap(&wire[at..end], &mut found).unwrap();
                if at == wire.len() {
                    break;
                }
            }
            prop_assert_eq!(found, records);
        }

        #[test]
        fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..60)) {
            drop(TlsTunnel::new().unwrap(&bytes, &mut vec![]));
        }
    }
}
