//! Packages, connection managers, configurations and projects that strangers deploy: any bytes are
//! read or refused.

#![no_main]

use libfuzzer_sys::fuzz_target;
use package::{ConfiguredValue, ConnectionManager, Package, Project, ReadOptions};

fuzz_target!(|bytes: &[u8]| {
    let Some((kind, body)) = bytes.split_first() else { return };
    let options = ReadOptions::default();
    match kind % 4 {
        0 => drop(Package::from_bytes("Fuzz.dtsx", body, &options)),
        1 => drop(ConnectionManager::from_bytes("Fuzz.conmgr", body, &options)),
        2 => drop(ConfiguredValue::from_bytes("Fuzz.dtsConfig", body)),
        _ => drop(Project::from_ispac(body, &options)),
    }
});
