//! `packhorse cert`: certificates are exchanged while the old one is still trusted.

use crate::harness::{Packhorse, shell_package};

fn thumbprint(packhorse: &Packhorse, file: &str) -> Option<String> {
    let shown = packhorse.ok(&["cert", "show", "--json"]).json();
    let all = shown["certificates"].as_array().unwrap().clone();
    let found = all.into_iter().find(|one| one["path"].as_str().unwrap().ends_with(file));
    found.map(|one| one["thumbprint"].as_str().unwrap().to_owned())
}

#[test]
fn both_certificates_are_exchanged_and_the_old_ones_are_refused() {
    let packhorse = Packhorse::new();
    packhorse.ok(&["init", "--workers", "1"]);
    let up = packhorse.up(1, &[]);
    let old_master = thumbprint(&packhorse, "master.crt").unwrap();
    let old_worker = thumbprint(&packhorse, "worker.crt").unwrap();
    assert_eq!(packhorse.run(&["cert", "rotate"]).code, 1, "nothing was prepared");
    packhorse.ok(&["cert", "renew", "--host", "ssis.test"]);
    packhorse.ok(&["cert", "renew", "--worker", "1"]);
    assert_eq!(packhorse.run(&["cert", "renew"]).code, 1, "one is prepared");
    let next = thumbprint(&packhorse, "master-next.crt").unwrap();
    // What runs goes on as before.
    packhorse.ok(&["workers"]);
    up.stop();
    packhorse.ok(&["cert", "rotate"]);
    packhorse.ok(&["cert", "rotate", "--worker", "1"]);
    assert_eq!(thumbprint(&packhorse, "master.crt").unwrap(), next);
    let shown = packhorse.ok(&["cert", "show"]);
    assert!(shown.out.contains("ssis.test") && shown.out.contains("localhost"), "{shown:?}");
    let up = packhorse.up(1, &[]);
    let path = packhorse.write("Job.dtsx", shell_package("Job", &["true"]));
    packhorse.ok(&["deploy", &path.to_string_lossy(), "--project", "Jobs"]);
    packhorse.ok(&["execute", "Packhorse/Jobs/Job.dtsx", "--wait"]);
    packhorse.ok(&["cert", "retire"]);
    packhorse.ok(&["cert", "retire", "--worker", "1"]);
    assert!(thumbprint(&packhorse, "master-old.crt").is_none());
    let runtime = tokio::runtime::Runtime::new().unwrap();
    runtime.block_on(async {
        let catalog = packhorse.catalog();
        let all = catalog.read(|tx| catalog::scale_out::certificates(tx)).await.unwrap();
        let revoked: Vec<String> = all
            .into_iter()
            .filter(|one| one.revoked.is_some())
            .map(|one| one.thumbprint.to_uppercase())
            .collect();
        assert!(revoked.contains(&old_master.to_uppercase()), "{revoked:?}");
        assert!(revoked.contains(&old_worker.to_uppercase()), "{revoked:?}");
        catalog.close().await;
    });
    packhorse.ok(&["execute", "Packhorse/Jobs/Job.dtsx", "--wait"]);
    up.stop();
}

#[test]
fn a_pfx_file_is_refused_with_the_command_that_converts_it() {
    let packhorse = Packhorse::new();
    packhorse.ok(&["init", "--workers", "1"]);
    let pfx = packhorse.write("new.pfx", "x").to_string_lossy().into_owned();
    let said = packhorse.run(&["cert", "import", &pfx, "--key", &pfx]);
    assert_eq!(said.code, 1);
    assert!(said.err.contains("openssl pkcs12"), "{said:?}");
}

#[test]
fn a_certificate_made_elsewhere_is_taken() {
    let (packhorse, elsewhere) = (Packhorse::new(), Packhorse::new());
    packhorse.ok(&["init", "--workers", "1"]);
    elsewhere.ok(&["init", "--workers", "1"]);
    let file =
        |name: &str| elsewhere.data().join("certs").join(name).to_string_lossy().into_owned();
    packhorse.ok(&["cert", "import", &file("master.crt"), "--key", &file("master.key")]);
    packhorse.ok(&["cert", "rotate"]);
    assert_eq!(thumbprint(&packhorse, "master.crt"), thumbprint(&elsewhere, "master.crt"));
    let up = packhorse.up(1, &[]);
    up.stop();
}
