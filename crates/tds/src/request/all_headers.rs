//! ALL_HEADERS: what stands before a request since 7.2. [MS-TDS] 2.2.5.3.

use crate::bytes::Reader;
use crate::error::DecodeError;
use crate::token::TransactionDescriptor;
use crate::version::Version;

/// What stands before a request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct AllHeaders {
    /// The transaction that the request is part of; 0 for none.
    pub transaction: TransactionDescriptor,
    /// How many requests of the session are running, this one included.
    pub outstanding: u32,
}

const QUERY_NOTIFICATION: u16 = 1;
const TRANSACTION: u16 = 2;
const TRACE: u16 = 3;

impl AllHeaders {
    /// Appends the headers, where `version` has them.
    pub fn encode(&self, version: Version, out: &mut Vec<u8>) {
        if version.is_at_least_7_2() {
            out.extend_from_slice(&22u32.to_le_bytes());
            out.extend_from_slice(&18u32.to_le_bytes());
            out.extend_from_slice(&TRANSACTION.to_le_bytes());
            out.extend_from_slice(&self.transaction.0.to_le_bytes());
            out.extend_from_slice(&self.outstanding.to_le_bytes());
        }
    }

    /// Reads the headers, where `version` has them. Query notifications are refused.
    pub(super) fn decode(
        reader: &mut Reader<'_>,
        version: Version,
    ) -> Result<AllHeaders, DecodeError> {
        let mut found = AllHeaders::default();
        if !version.is_at_least_7_2() {
            return Ok(found);
        }
        let invalid =
            |value: u32| DecodeError::Invalid { what: "ALL_HEADERS", value: value.into() };
        let total = reader.u32("ALL_HEADERS")?;
        let length = total.checked_sub(4).ok_or(invalid(total))?;
        let mut headers = Reader::new(reader.take(length as usize, "ALL_HEADERS")?);
        while !headers.is_empty() {
            let size = headers.u32("header length")?;
            let length = size.checked_sub(4).ok_or(invalid(size))?;
            let mut header = Reader::new(headers.take(length as usize, "header")?);
            match header.u16("header type")? {
                TRANSACTION => {
                    found.transaction = TransactionDescriptor(header.u64("transaction")?);
                    found.outstanding = header.u32("outstanding requests")?;
                }
                QUERY_NOTIFICATION => {
                    return Err(DecodeError::Unsupported { what: "a query notification" });
                }
                TRACE => {}
                kind => return Err(invalid(kind.into())),
            }
        }
        Ok(found)
    }
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;
    use proptest::prelude::*;

    use super::*;

    fn wire(headers: AllHeaders) -> Vec<u8> {
        let mut out = Vec::new();
        headers.encode(Version::V7_4, &mut out);
        out
    }

    #[test]
    fn a_transaction_header_looks_like_this_on_the_wire() {
        let headers = AllHeaders { transaction: TransactionDescriptor(5), outstanding: 1 };
        assert_snapshot!(
            format!("{:02X?}", wire(headers)),
            @"[16, 00, 00, 00, 12, 00, 00, 00, 02, 00, 05, 00, 00, 00, 00, 00, 00, 00, 01, 00, 00, 00]"
        );
    }

    #[test]
    fn a_client_of_7_1_has_no_headers() {
        let mut reader = Reader::new(b"S\0");
        assert_eq!(AllHeaders::decode(&mut reader, Version::V7_1), Ok(AllHeaders::default()));
        assert_eq!(reader.remaining(), 2);
    }

    proptest! {
        #[test]
        fn what_is_written_is_what_is_read(transaction: u64, outstanding: u32) {
            let transaction = TransactionDescriptor(transaction);
            let headers = AllHeaders { transaction, outstanding };
            let wire = wire(headers);
            let read = AllHeaders::decode(&mut Reader::new(&wire), Version::V7_4);
            prop_assert_eq!(read, Ok(headers));
        }

        #[test]
        fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..60)) {
            drop(AllHeaders::decode(&mut Reader::new(&bytes), Version::V7_4));
        }
    }
}
