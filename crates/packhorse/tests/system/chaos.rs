//! A cluster of three masters, four workers and three PostgreSQL nodes, while its parts are killed,
//! frozen and cut off: nothing is lost, nothing runs twice. `cargo xtask chaos` does it for longer.

use std::os::unix::fs::PermissionsExt as _;

/// Set in the world of its own that the test starts itself again in.
const INSIDE: &str = "CHAOS_INSIDE";

/// This test, as the test program knows it.
const NAME: &str = "chaos::a_cluster_under_faults_loses_and_doubles_nothing";

#[test]
fn a_cluster_under_faults_loses_and_doubles_nothing() {
    if let Ok(folder) = std::env::var(INSIDE) {
        return inside(folder.into());
    }
    let missing = chaos::missing_programs();
    assert!(missing.is_empty(), "this test needs Debian's packages {}", missing.join(" "));
    let folder = tempfile::tempdir().unwrap();
    // PostgreSQL does not run as root, and its account must find the way.
    let open = std::fs::Permissions::from_mode(0o755);
    std::fs::set_permissions(folder.path(), open).unwrap();
    let words = [NAME, "--exact", "--nocapture"].map(str::to_owned);
    let mut world = chaos::enter(&std::env::current_exe().unwrap(), &words);
    let status = world.env(INSIDE, folder.path()).status().unwrap();
    assert!(status.success(), "{status}");
}

fn inside(folder: std::path::PathBuf) {
    let report = chaos::run(&chaos::Plan {
        packhorse: env!("CARGO_BIN_EXE_packhorse").into(),
        folder,
        faults: 24,
        executions: 200,
        seed: 1,
        every_ms: 1_200,
        time_max: std::time::Duration::from_secs(600),
        is_durable: false,
        // Shorter leases than usual, so that the end of one is seen more often.
        worker_settings: "TaskFolderRetention = \"00:00:00\"\nLeaseInterval = \"00:00:05\"\n\
                          TaskHeartbeatInterval = \"00:00:01\"\n"
            .to_owned(),
    });
    let report = report.unwrap();
    println!("{report}");
    assert!(report.holds(), "{report}");
}
