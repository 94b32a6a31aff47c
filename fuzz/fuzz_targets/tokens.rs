//! Requests and token streams of every version: any bytes are read or refused.

#![no_main]

use libfuzzer_sys::fuzz_target;
use tds::Version;
use tds::request::{BulkLoad, RpcRequest, SqlBatch, TransactionRequest};
use tds::token::TokenReader;

fuzz_target!(|bytes: &[u8]| {
    for version in [Version::V7_1, Version::V7_2, Version::V7_4, Version::V8_0] {
        let _read = RpcRequest::decode(bytes, version);
        let _read = SqlBatch::decode(bytes, version);
        let _read = TransactionRequest::decode(bytes, version);
        if let Ok(mut load) = BulkLoad::decode(bytes, version) {
            while let Ok(Some(_row)) = load.next_row() {}
        }
        let _read = TokenReader::new(bytes, version).read_all();
    }
});
