//! LOGIN7 and PRELOGIN messages: any bytes are read or refused.

#![no_main]

use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let _read = tds::Login7::decode(bytes);
    let _read = tds::prelogin::PreLogin::decode(bytes);
});
