//! Packages as designers save them, read and shown as text: what a user sees of a model.

mod dump;

use dump::dump;
use insta::assert_snapshot;
use package::{Package, ReadOptions};

const LOAD: &str = include_str!("../fixtures/Load.dtsx");
const LEGACY: &str = include_str!("../fixtures/Legacy.dtsx");

/// Reads a package and shows it with what is wrong with it.
fn check(text: &str) -> String {
    match Package::from_bytes("Load.dtsx", text.as_bytes(), &ReadOptions::default()) {
        Ok((package, diagnostics)) => {
            let mut out = dump(&package);
            for diagnostic in diagnostics {
                out.push_str(&format!("! {diagnostic}\n"));
            }
            out
        }
        Err(error) => format!("! {error}\n"),
    }
}

#[test]
fn a_package_of_today_is_read_whole() {
    assert_snapshot!(check(LOAD));
}

#[test]
fn a_package_of_2008_gets_the_paths_that_a_later_designer_would_write() {
    assert_snapshot!(check(LEGACY));
}

#[test]
fn no_secret_is_in_what_a_model_shows() {
    let (package, _) =
        Package::from_bytes("Load.dtsx", LOAD.as_bytes(), &ReadOptions::default()).unwrap();
    let shown = format!("{package:?}");
    assert!(!shown.contains("pass-word"), "a secret shows");
    let password = package.connection("warehouse").unwrap().password.as_ref().unwrap();
    assert_eq!(password.expose(), "pass-word-1");
    assert_eq!(package.parameters[1].secret.as_ref().unwrap().expose(), "pass-word-2");
}

#[test]
fn a_constraint_that_leads_nowhere_is_named() {
    let text = LOAD.replace("DTS:To=\"Package\\Each file\"", "DTS:To=\"Package\\Lost\"");
    let shown = check(&text);
    let problem = shown.lines().last().unwrap();
    assert_snapshot!(problem, @"! PH0106: a precedence constraint ends at `Package\\Lost`, which is not an executable here (at Package\\Lost)");
}

#[test]
fn values_that_properties_cannot_take_are_named_and_replaced_by_defaults() {
    let text = LOAD
        .replace("DTS:MaxErrorCount=\"3\"", "DTS:MaxErrorCount=\"many\"")
        .replace("DTS:Value=\"2\"", "DTS:Value=\"two\"")
        .replace("dataType=\"numeric\" precision", "dataType=\"number\" precision")
        .replace("DTS:DataType=\"3\">0<", "DTS:DataType=\"3\">zero<");
    let problems: Vec<String> =
        check(&text).lines().filter(|line| line.starts_with('!')).map(str::to_owned).collect();
    assert_snapshot!(problems.join("\n"));
}

#[test]
fn what_is_not_a_package_is_refused_by_name() {
    assert_snapshot!(check("<a/>"), @"! cannot read `Load.dtsx`: PH0103: the root element is `a`, not that of a package");
    assert_snapshot!(check("<DTS:Executable xmlns:DTS='x'/>"), @"! cannot read `Load.dtsx`: PH0103: the package has no format version");
    let newer = LOAD.replace("FormatVersion\">8<", "FormatVersion\">9<");
    assert_snapshot!(check(&newer), @"! cannot read `Load.dtsx`: PH0104: package format version 9 is not one of 2 to 8");
    assert_snapshot!(check(&LOAD[..LOAD.len() / 2]), @"! cannot read `Load.dtsx`: PH0101: the document ends before its XML does");
}

#[test]
fn every_cut_and_every_changed_byte_gives_a_model_or_an_error() {
    let options = ReadOptions::default();
    for text in [LOAD, LEGACY] {
        for at in (0..text.len()).step_by(97) {
            let mut bytes = text.as_bytes().to_vec();
            bytes[at] = b'"';
            let changed = Package::from_bytes("A", &bytes, &options);
            let cut = Package::from_bytes("A", &bytes[..at], &options);
            assert!(cut.is_err(), "cut at byte {at}");
            let n_executables = changed.map_or(1, |(package, _)| package.executables().len());
            assert!(0 < n_executables, "byte {at} changed");
        }
    }
}

proptest::proptest! {
    #[test]
    fn any_bytes_give_a_model_or_an_error(bytes: Vec<u8>, text in "<[a-z<>/=\"' ]{0,80}") {
        let options = ReadOptions::default();
        proptest::prop_assert!(Package::from_bytes("A", &bytes, &options).is_err());
        proptest::prop_assert!(Package::from_bytes("A", text.as_bytes(), &options).is_err());
        proptest::prop_assert!(package::Project::from_ispac(&bytes, &options).is_err());
    }
}

#[test]
fn the_deepest_nesting_that_is_allowed_is_read() {
    const LEVELS: usize = 126;
    let open = "<DTS:Executables><DTS:Executable DTS:CreationName=\"STOCK:SEQUENCE\" \
                DTS:ObjectName=\"S\">";
    let text = format!(
        "<DTS:Executable xmlns:DTS=\"www.microsoft.com/SqlServer/Dts\"><DTS:Property \
         DTS:Name=\"PackageFormatVersion\">8</DTS:Property>{}{}</DTS:Executable>",
        open.repeat(LEVELS),
        "</DTS:Executable></DTS:Executables>".repeat(LEVELS)
    );
    let (package, _) =
        Package::from_bytes("Deep.dtsx", text.as_bytes(), &ReadOptions::default()).unwrap();
    assert_eq!(package.executables().len(), LEVELS + 1);
    assert_eq!(package.clone().executables().len(), LEVELS + 1);
}
