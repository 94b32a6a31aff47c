//! Has SSISDB trust a certificate, or trust it no longer: directly where SSISDB is at hand, else
//! by a master, which lets a worker exchange its own certificate.

use anyhow::{Context, Result};
use catalog::Catalog;
use catalog::scale_out::{revoke_certificate, trust_certificate};
use scaleout::message::{
    CertificatesChanged, ChangeCertificates, PROTOCOL_HEADER, PROTOCOL_VERSION,
};
use transport::{Client, Identity, Thumbprint};

use super::place::Place;
use crate::data_dir::DataDir;
use crate::one_box::{certificate, open_catalog};
use crate::session::REQUEST_DEADLINE;

/// SSISDB, where this data directory knows it.
pub(super) fn catalog_at_hand(dir: &DataDir) -> Result<Option<Catalog>> {
    if dir.key().exists() { open_catalog(dir, false).map(Some) } else { Ok(None) }
}

/// Trusts `next` as what the present certificate is trusted as.
pub(super) async fn trust(dir: &DataDir, place: &Place, next: &Identity) -> Result<()> {
    let row = certificate(next, place.role, place.agent);
    let Some(catalog) = catalog_at_hand(dir)? else {
        let pem = next.certificate_pem();
        return ask(dir, place, |change| change.trust = Some(pem)).await.with_context(|| {
            let agent = place.agent.map(|agent| agent.to_string()).unwrap_or_default();
            format!(
                "no master trusts the next certificate; at a master: packhorse workers approve \
                 {agent} --thumbprint {}",
                next.thumbprint()
            )
        });
    };
    let written = catalog.write(move |tx| trust_certificate(tx, &row)).await;
    catalog.close().await;
    written.context("SSISDB does not trust the new certificate")
}

/// Trusts the certificate that was replaced no longer.
pub(super) async fn revoke(dir: &DataDir, place: &Place, old: Thumbprint) -> Result<()> {
    let Some(catalog) = catalog_at_hand(dir)? else {
        let old = old.to_string();
        return ask(dir, place, |change| change.retire = Some(old))
            .await
            .context("the masters still trust the old certificate");
    };
    let revoked = catalog.write(move |tx| revoke_certificate(tx, &old.to_string())).await;
    catalog.close().await;
    revoked.context("SSISDB still trusts the old certificate")?;
    Ok(())
}

/// Asks a master as the worker, which shows its present certificate.
async fn ask(
    dir: &DataDir,
    place: &Place,
    fill: impl FnOnce(&mut ChangeCertificates),
) -> Result<()> {
    let (Some(number), Some(agent)) = (place.worker, place.agent) else {
        anyhow::bail!("`{}` has no SSISDB", dir.root().display());
    };
    let settings = worker::Settings::read(&dir.worker_settings(number))?;
    let pins = worker::trusted_masters(&settings, &dir.worker(number))?;
    let client = Client::new(settings.master_endpoints, place.load("")?, pins)?
        .with_header(PROTOCOL_HEADER, &PROTOCOL_VERSION.to_string());
    let mut request = ChangeCertificates { agent, trust: None, retire: None };
    fill(&mut request);
    let path = "/ClusterManagement/certificates";
    let _: CertificatesChanged = client.post_json(path, &request, REQUEST_DEADLINE).await?;
    Ok(())
}
