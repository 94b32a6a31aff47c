//! `examples/retail`, from nothing to checked results.

use std::path::Path;

use crate::harness::Packhorse;

/// Sales in the test; the README's command for a million uses the same code.
const ROWS: u64 = 20_000;

fn example() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/retail");
    path.canonicalize().unwrap().to_string_lossy().into_owned()
}

#[test]
fn the_retail_project_gives_the_expected_files() {
    let packhorse = Packhorse::new();
    let input = packhorse.folder().join("retail");
    let counts = testkit::retail::generate(ROWS, &input).unwrap();
    let map = format!(r"C:\Retail\={}/", input.display());
    let said = packhorse.run(&["run", &example(), "--map-path", &map, "--json"]);
    assert_eq!(said.code, 0, "{said:?}");
    testkit::retail::check(&input).unwrap();
    let summary = said.json();
    assert_eq!(summary["succeeded"], true);
    let executions = summary["executions"].as_array().unwrap();
    let names: Vec<_> = executions.iter().map(|one| one["package"].as_str().unwrap()).collect();
    assert_eq!(names, ["Master.dtsx", "PriceList.dtsx"]);
    let rows = counts.loaded + counts.rejected + 20;
    assert_eq!(executions[0]["rows"], rows, "sales, rejected rows and 20 stores");
    assert!(input.join("Output/has_rejected_rows").is_dir(), "the constraint on rejected rows");
    assert!(!input.join("Output/no_rows").exists(), "the constraint on an empty load");
    packhorse.assert_nothing_runs();
}

#[test]
fn parameters_change_what_the_project_does() {
    let packhorse = Packhorse::new();
    let input = packhorse.folder().join("retail");
    testkit::retail::generate(100, &input).unwrap();
    let map = format!(r"C:\Retail\={}/", input.display());
    packhorse.ok(&[
        "run",
        &example(),
        "--map-path",
        &map,
        "--package",
        "PriceList",
        "--param",
        "Currency=CHF",
    ]);
    let prices = std::fs::read_to_string(input.join("Prices/prices.txt")).unwrap();
    assert_eq!(prices.lines().count(), 200);
    assert!(prices.lines().all(|line| line.ends_with("CHF")), "{prices}");
}

#[test]
fn the_folder_and_the_deployment_file_are_the_same_project() {
    let packhorse = Packhorse::new();
    let input = packhorse.folder().join("retail");
    testkit::retail::generate(500, &input).unwrap();
    let file = Path::new(&example()).join("bin/Retail.ispac");
    let map = format!(r"C:\Retail\={}/", input.display());
    packhorse.ok(&["run", &file.to_string_lossy(), "--map-path", &map]);
    testkit::retail::check(&input).unwrap();
}

#[test]
fn a_missing_input_folder_is_named_with_the_next_step() {
    let packhorse = Packhorse::new();
    let said = packhorse.run(&["run", &example(), "--package", "PriceList"]);
    assert_eq!(said.code, 1);
    assert!(said.out.contains("--map-path"), "{said:?}");
    assert!(said.out.contains(r"C:\Retail\"), "{said:?}");
}
