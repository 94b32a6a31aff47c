//! `packhorse cert show`.

use std::path::Path;
use std::time::SystemTime;

use anyhow::{Context, Result};
use fs_err as fs;
use serde_json::json;
use transport::{Thumbprint, certificate_facts, read_certificate};

use super::place::local_workers;
use crate::data_dir::DataDir;
use crate::output;

/// Shows every certificate of the data directory.
pub(super) fn show(dir: &DataDir, json: bool) -> Result<()> {
    let mut folders = vec![dir.certificates()];
    let workers = local_workers(dir)?.into_iter();
    folders.extend(workers.map(|number| dir.worker_certificates(number)));
    let mut all = Vec::new();
    for folder in folders.iter().filter(|folder| folder.exists()) {
        let mut files = Vec::new();
        for entry in fs::read_dir(folder)? {
            files.push(entry?.path());
        }
        files.sort();
        for path in
            files.into_iter().filter(|path| path.extension().is_some_and(|end| end == "crt"))
        {
            all.push(describe(&path)?);
        }
    }
    if json {
        return output::json(&json!({ "certificates": all }));
    }
    for one in &all {
        for (name, value) in one.as_object().into_iter().flatten() {
            let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            output::line(&format!("{name:<18}{value}"))?;
        }
        output::line("")?;
    }
    Ok(())
}

fn describe(path: &Path) -> Result<serde_json::Value> {
    let der = read_certificate(path)?;
    let facts =
        certificate_facts(&der).with_context(|| format!("`{}` cannot be read", path.display()))?;
    Ok(json!({
        "path": path,
        "common_name": facts.common_name,
        "names": facts.names.join(", "),
        "thumbprint": Thumbprint::of(&der).to_string(),
        "thumbprint_sha1": transport::sha1(&der),
        "days_left": facts.days_left(SystemTime::now()),
    }))
}
