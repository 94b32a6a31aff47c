//! File specifications with wildcards, as Windows matches them, and the files that match.
//!
//! Rules: `*` is any text, `?` one character or none before a dot or the end, `*.*` everything,
//! and a three-letter extension also stands for longer ones that begin with it (`*.xls` finds
//! `a.xlsx`), because Windows compares short names, too. Order: as NTFS lists a folder.

use std::path::{Path, PathBuf};

use super::PathError;

/// Whether a file name matches a specification such as `*.csv`.
pub fn matches_spec(spec: &str, name: &str) -> bool {
    if matches!(spec, "*" | "*.*" | "") {
        return true;
    }
    let upper = |text: &str| text.chars().flat_map(char::to_uppercase).collect::<Vec<char>>();
    let (spec_upper, name_upper) = (upper(spec), upper(name));
    if matches(&spec_upper, &name_upper) {
        return true;
    }
    if let Some(stem) = spec.strip_suffix('.') {
        // `*.` means names without an extension.
        return !name.contains('.') && matches(&upper(stem), &name_upper);
    }
    match (spec.rsplit_once('.'), name.rsplit_once('.')) {
        (Some((stem, extension)), Some((name_stem, name_extension))) => {
            let short: String = name_extension.chars().take(3).collect();
            stem.contains(['*', '?'])
                && extension.chars().count() == 3
                && !extension.contains(['*', '?'])
                && 3 < name_extension.chars().count()
                && matches(&spec_upper, &upper(&format!("{name_stem}.{short}")))
        }
        _ => false,
    }
}

/// Wildcard matching in time `spec * name` at worst: only the last `*` is ever gone back to.
fn matches(spec: &[char], name: &[char]) -> bool {
    let (mut s, mut n) = (0, 0);
    let mut star: Option<(usize, usize)> = None;
    loop {
        let at_edge = n == name.len() || name[n] == '.';
        match spec.get(s) {
            None if n == name.len() => return true,
            Some('*') => {
                star = Some((s + 1, n));
                s += 1;
                continue;
            }
            Some('?') if at_edge => {
                s += 1;
                continue;
            }
            Some(&c) if n < name.len() && (c == '?' || c == name[n]) => {
                (s, n) = (s + 1, n + 1);
                continue;
            }
            _ => {}
        }
        match star {
            Some((after, from)) if from < name.len() => {
                star = Some((after, from + 1));
                (s, n) = (after, from + 1);
            }
            _ => return false,
        }
    }
}

/// The files in `folder` whose names match, sorted as NTFS sorts them; with `recurse`, those of
/// each subfolder follow. Folders are never among them.
pub fn files(folder: &Path, spec: &str, recurse: bool) -> Result<Vec<PathBuf>, PathError> {
    let mut found = Vec::new();
    collect(folder, spec.trim(), recurse, &mut found)?;
    Ok(found)
}

fn collect(
    folder: &Path,
    spec: &str,
    recurse: bool,
    found: &mut Vec<PathBuf>,
) -> Result<(), PathError> {
    let fail = |source| PathError::List { folder: folder.to_owned(), source };
    let mut names: Vec<(Vec<u16>, PathBuf)> = Vec::new();
    for entry in fs_err::read_dir(folder).map_err(fail)? {
        let path = entry.map_err(fail)?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy().to_uppercase();
        names.push((name.encode_utf16().collect(), path));
    }
    names.sort();
    let mut folders = Vec::new();
    for (_, path) in names {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if path.is_file() && matches_spec(spec, &name) {
            found.push(path);
        } else if recurse && path.symlink_metadata().is_ok_and(|data| data.is_dir()) {
            folders.push(path);
        }
    }
    folders.iter().try_for_each(|folder| collect(folder, spec, recurse, found))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn specifications_match_as_on_windows() {
        let yes = [
            ("*.csv", "a.CSV"),
            ("*", "a"),
            ("*.*", "noextension"),
            ("*.xls", "a.xlsx"),
            ("s*_??.txt", "sales_01.txt"),
            ("a??.txt", "a.txt"),
            ("*.", "Makefile"),
            ("data.csv", "Data.csv"),
            ("a*b*c", "a1b2b3c"),
            ("*.tar.gz", "x.tar.gz"),
        ];
        for (spec, name) in yes {
            assert!(matches_spec(spec, name), "{spec} {name}");
        }
        let no = [
            ("*.csv", "a.txt"),
            ("*.xlsx", "a.xls"),
            ("data.xls", "data.xlsx"),
            ("*.cs", "a.csv"),
            ("?.txt", "ab.txt"),
            ("*.", "a.txt"),
            ("a*c", "abcd"),
        ];
        for (spec, name) in no {
            assert!(!matches_spec(spec, name), "{spec} {name}");
        }
    }

    #[test]
    fn files_come_in_the_order_of_ntfs() {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path();
        fs_err::create_dir_all(root.join("Sub/Deep.csv")).unwrap();
        for name in ["b.csv", "A.csv", "a_1.csv", "C.txt", "Sub/z.csv", "Sub/Deep.csv/q.csv"] {
            fs_err::write(root.join(name), "").unwrap();
        }
        let names = |recurse| {
            let found = files(root, "*.csv", recurse).unwrap();
            let name = |path: &PathBuf| path.strip_prefix(root).unwrap().display().to_string();
            found.iter().map(name).collect::<Vec<_>>()
        };
        assert_eq!(names(false), ["A.csv", "a_1.csv", "b.csv"]);
        let all = ["A.csv", "a_1.csv", "b.csv", "Sub/z.csv", "Sub/Deep.csv/q.csv"];
        assert_eq!(names(true), all);
        let error = files(&root.join("none"), "*", false).unwrap_err().to_string();
        assert!(error.starts_with("cannot list folder `"), "{error}");
    }

    proptest! {
        #[test]
        fn a_name_matches_itself_and_a_star(name in "[a-z.]{1,8}", spec in "[a-z.*?]{0,12}") {
            prop_assert!(matches_spec(&name, &name));
            let open = format!("{name}*");
            prop_assert!(matches_spec(&open, &name));
            matches_spec(&spec, &name);
        }
    }
}
