//! Paths that packages and statements name, and the mappings for them: no path leaves the folder
//! that it is mapped to, whatever it is made of.

#![no_main]

// The module by itself: databases and their drivers take long to build for a fuzzer.
#[allow(dead_code, unused_imports, reason = "only paths are looked at")]
#[path = "../../crates/connect/src"]
mod connect {
    pub(crate) mod path;
}

use std::path::{Component, Path};

use libfuzzer_sys::fuzz_target;
use connect::path::{PathMap, matches_spec};

/// There is no such folder, so that what is on this machine has no say.
const TO: &str = "/nowhere/mapped";

fuzz_target!(|bytes: &[u8]| {
    let text = String::from_utf8_lossy(bytes);
    let mut lines = text.splitn(3, '\n');
    let (from, path) = (lines.next().unwrap_or_default(), lines.next().unwrap_or_default());
    if let Ok((folder, to)) = PathMap::parse_mapping(from) {
        assert!(!folder.is_empty() && to.is_absolute());
    }
    for path in [path.to_owned(), format!(r"C:\Data\{path}")] {
        let map =
            PathMap::new([(r"C:\Data", TO), (from, TO), (r"\\server\share", TO)], "/nowhere/here");
        let Ok(found) = map.resolve(&path) else { continue };
        if let Ok(below) = found.strip_prefix(TO) {
            let plain = below.components().all(|part| matches!(part, Component::Normal(_)));
            assert!(plain, "{path:?} leads to {found:?}");
        }
        if is_windows(&path) {
            assert!(found.starts_with(TO), "{path:?} leads to {found:?}");
        }
    }
    let map = PathMap::new([(from, TO)], "/nowhere/here");
    // What is listed with wildcards may be on this machine, and need not be there.
    let _listed = map.resolve_list(&path.replace(['*', '?'], "x"));
    let spec = lines.next().unwrap_or_default();
    let _matches = matches_spec(spec, path);
    assert!(matches_spec("*", path));
});

/// Whether only a mapping can lead anywhere: it has a drive or a share.
fn is_windows(path: &str) -> bool {
    let path = path.trim();
    let path = path.strip_prefix(r"\\?\").unwrap_or(path);
    let mut letters = path.chars();
    match (letters.next(), letters.next()) {
        (Some(drive), Some(':')) => drive.is_ascii_alphabetic() && !Path::new(path).is_absolute(),
        (Some('\\'), _) => true,
        _ => false,
    }
}
