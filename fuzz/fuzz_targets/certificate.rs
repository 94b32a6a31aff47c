//! Certificates, PFX files and thumbprints that people bring: any bytes are read or refused.

#![no_main]

use std::path::Path;

use libfuzzer_sys::fuzz_target;
use transport::{GivenThumbprint, Identity, certificate_facts, certificate_from_pem};

fuzz_target!(|bytes: &[u8]| {
    let Some((kind, body)) = bytes.split_first() else { return };
    match kind % 4 {
        0 => drop(Identity::from_pfx(body, "", Path::new("fuzz.pfx"))),
        1 => drop(certificate_from_pem(body)),
        2 => drop(certificate_facts(body)),
        _ => {
            let text = String::from_utf8_lossy(body);
            if let Ok(given) = text.parse::<GivenThumbprint>() {
                assert_eq!(given.to_string().parse(), Ok(given));
            }
        }
    }
});
