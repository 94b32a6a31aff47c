//! Packages, parameters and projects that strangers deploy: any bytes are read or refused.

#![no_main]

use libfuzzer_sys::fuzz_target;
use package::{Package, Parameter, Project, ReadOptions};

fuzz_target!(|bytes: &[u8]| {
    let Some((kind, body)) = bytes.split_first() else { return };
    let options = ReadOptions::default();
    match kind % 3 {
        0 => drop(Package::from_bytes("Fuzz.dtsx", body, &options)),
        1 => drop(Parameter::from_bytes("Project.params", body)),
        _ => drop(Project::from_ispac(body, &options)),
    }
});
