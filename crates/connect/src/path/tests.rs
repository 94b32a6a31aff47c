//! Where Windows paths lead.

use super::*;

fn map() -> PathMap {
    PathMap::new(
        [
            (r"C:\Data\", "/srv/data"),
            (r"C:\Data\Big", "/big"),
            (r"\\server\share", "/mnt/share"),
            ("D:/", "/mnt/d"),
        ],
        "/srv/here",
    )
}

fn resolve(path: &str) -> String {
    match map().resolve(path) {
        Ok(path) => path.display().to_string(),
        Err(error) => format!("error: {error}"),
    }
}

#[test]
fn the_longest_prefix_counts_at_whole_names() {
    assert_eq!(resolve(r"C:\Data\x.csv"), "/srv/data/x.csv");
    assert_eq!(resolve(r"c:/data/sub\x.csv"), "/srv/data/sub/x.csv");
    assert_eq!(resolve(r"C:\DATA\BIG\x.csv"), "/big/x.csv");
    assert_eq!(resolve(r"C:\Data"), "/srv/data");
    assert_eq!(resolve(r"\\SERVER\Share\x"), "/mnt/share/x");
    assert_eq!(resolve(r"D:\any\thing"), "/mnt/d/any/thing");
    assert_eq!(resolve(r"\\?\D:\x"), "/mnt/d/x");
}

#[test]
fn a_path_that_is_not_mapped_says_how_to_map_it() {
    insta::assert_snapshot!(
        resolve(r"C:\Database\x.csv"),
        @r"error: Windows path `C:\Database\x.csv` is not mapped to a folder on this machine; give one with --map-path 'C:\Database\=/srv/data/'"
    );
    assert!(resolve(r"\\other\share\x").contains(r"--map-path '\\other\share\="));
    assert!(resolve(r"\x.csv").starts_with("error: Windows path"));
    assert_eq!(resolve("  "), "error: the path is empty");
}

#[test]
fn dots_never_leave_a_mapped_folder() {
    assert_eq!(resolve(r"C:\Data\a\..\x.csv"), "/srv/data/x.csv");
    assert!(resolve(r"C:\Data\..\x.csv").starts_with("error: Windows path"));
    assert!(resolve(r"C:\Data\..\..\..\etc\passwd").starts_with("error: Windows path"));
    assert_eq!(resolve(r"D:\..\..\etc\passwd"), "/mnt/d/etc/passwd");
    assert_eq!(
        resolve(r"\\server\share\..\..\x"),
        r"error: Windows path `\\server\share\..\..\x` is not mapped to a folder on this machine; give one with --map-path '\\server\share\..\..\=/srv/data/'"
    );
}

#[test]
fn a_relative_path_above_a_mapped_folder_is_not_in_it() {
    let map = PathMap::new([(".", "/srv/mapped")], "/srv/here");
    let resolve = |path| map.resolve(path).unwrap();
    assert_eq!(resolve(r"sub\x.csv"), Path::new("/srv/mapped/sub/x.csv"));
    assert_eq!(resolve(r"..\x.csv"), Path::new("/srv/x.csv"));
}

#[test]
fn linux_and_relative_paths_need_no_mapping() {
    assert_eq!(resolve("/srv/x/../y.csv"), "/srv/x/../y.csv");
    assert_eq!(resolve(r"/srv/nowhere\x.csv"), "/srv/nowhere/x.csv");
    assert_eq!(resolve(r"sub\x.csv"), "/srv/here/sub/x.csv");
    assert_eq!(resolve(r"..\x.csv"), "/srv/x.csv");
    assert_eq!(resolve(r".\x.csv"), "/srv/here/x.csv");
}

#[test]
fn letter_case_is_as_windows_has_it() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    fs_err::create_dir_all(root.join("Sales")).unwrap();
    for name in ["Sales/March.CSV", "Sales/twin.csv", "Sales/TWIN.csv"] {
        fs_err::write(root.join(name), "").unwrap();
    }
    let map = PathMap::new([(r"C:\", root)], "/");
    let resolve = |path| map.resolve(path).map(|path| path.strip_prefix(root).unwrap().to_owned());
    assert_eq!(resolve(r"c:\SALES\march.csv").unwrap(), Path::new("Sales/March.CSV"));
    assert_eq!(resolve(r"C:\sales\new.csv").unwrap(), Path::new("Sales/new.csv"));
    assert_eq!(resolve(r"C:\sales\twin.csv").unwrap(), Path::new("Sales/twin.csv"));
    let error = resolve(r"C:\sales\Twin.csv").unwrap_err().to_string();
    assert!(error.contains("TWIN.csv` or `") && error.ends_with("twin.csv`"), "{error}");
}

#[test]
fn mappings_are_read_as_the_command_line_gives_them() {
    let (from, to) = PathMap::parse_mapping(r"C:\Data\=/srv/data/").unwrap();
    assert_eq!((from.as_str(), to), (r"C:\Data\", PathBuf::from("/srv/data/")));
    for text in [r"C:\Data", r"=/srv", r"C:\Data=relative", ""] {
        assert!(PathMap::parse_mapping(text).unwrap_err().to_string().contains("FROM=TO"));
    }
}

#[test]
fn a_list_of_files_may_have_wildcards() {
    let folder = tempfile::tempdir().unwrap();
    for name in ["b.csv", "a.csv", "c.txt"] {
        fs_err::write(folder.path().join(name), "").unwrap();
    }
    let map = PathMap::new([(r"C:\In", folder.path())], "/");
    let found = map.resolve_list(r"C:\in\*.csv|C:\in\c.txt").unwrap();
    let names: Vec<_> = found.iter().map(|path| path.file_name().unwrap()).collect();
    assert_eq!(names, ["a.csv", "b.csv", "c.txt"]);
}

#[test]
fn a_found_file_is_written_as_its_folder_was() {
    let written = |folder| path_as_written(folder, Path::new("/srv"), Path::new("/srv/a/x.csv"));
    assert_eq!(written(r"C:\Data\"), r"C:\Data\a\x.csv");
    assert_eq!(written("/srv"), "/srv/a/x.csv");
}
