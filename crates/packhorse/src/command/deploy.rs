//! `packhorse deploy`: puts a project into SSISDB.

use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use master::api::Deployed;

use package::{ProtectionLevel, ReadOptions};

use crate::cli::DeployArgs;
use crate::output;
use crate::session::{REQUEST_DEADLINE, Session, encode};
use crate::sources::{self, Source};

/// Deploys and says what was deployed.
pub(crate) async fn run(session: &Session, args: &DeployArgs, json: bool) -> Result<ExitCode> {
    let source = sources::load(&args.path, &ReadOptions::default())?;
    let name = args.project.clone().unwrap_or_else(|| source.project.name.clone());
    let deployed = deploy(session.client(), &args.folder, &name, &source).await?;
    if json {
        output::json(&deployed)?;
        return Ok(ExitCode::SUCCESS);
    }
    let project = &deployed.project;
    output::line(&format!("{}/{}", project.folder, project.name))?;
    for package in &project.packages {
        let kind = if package.entry_point { "" } else { "  (not an entry point)" };
        output::line(&format!("  {}{kind}", package.name))?;
    }
    Ok(ExitCode::SUCCESS)
}

/// Deploys a project. A project that cannot be read as a whole is refused before anything is
/// sent.
pub(crate) async fn deploy(
    client: &transport::Client,
    folder: &str,
    name: &str,
    source: &Source,
) -> Result<Deployed> {
    let level = source.project.protection_level;
    if matches!(
        level,
        ProtectionLevel::EncryptSensitiveWithPassword | ProtectionLevel::EncryptAllWithPassword
    ) {
        bail!(
            "cannot deploy `{}`: it is encrypted with a password, which this version does not \
             take to the catalog; save it with ProtectionLevel DontSaveSensitive and give the \
             sensitive values as parameters, or run its packages with `packhorse exec`",
            source.path.display()
        );
    }
    if let Some(diagnostic) = source.first_error() {
        bail!("cannot deploy `{}`: {diagnostic}", source.path.display());
    }
    let path = format!("/api/projects/{}/{}?create_folder=true", encode(folder), encode(name));
    let sent = client.put_bytes(&path, source.ispac_named(name)?, REQUEST_DEADLINE).await;
    sent.with_context(|| format!("cannot deploy `{}`", source.path.display()))
}
