//! Certificates that masters and workers trust, by thumbprint, for all masters at once.

use std::fmt;

use model::{AgentId, Timestamp};
use scaleout::message::Masters;

use crate::error::CatalogError;
use crate::store::{Row, Topic, Tx, params};

/// How many certificates of one worker are trusted at a time because it said so itself: the
/// present one, the next one, and room for one that was forgotten.
const OWN_MAX: usize = 3;

/// What the owner of a certificate may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum CertificateRole {
    /// Serve as a master.
    Master,
    /// Work, as the agent that the certificate names.
    Worker,
    /// Call the API as an administrator.
    Admin,
    /// Not a certificate: the hash of a token with which a worker may have one trusted, once.
    Join,
}

impl CertificateRole {
    const ALL: [Self; 4] = [Self::Master, Self::Worker, Self::Admin, Self::Join];

    const fn name(self) -> &'static str {
        match self {
            Self::Master => "master",
            Self::Worker => "worker",
            Self::Admin => "admin",
            Self::Join => "join",
        }
    }
}

impl fmt::Display for CertificateRole {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A certificate that is trusted, or was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrustedCertificate {
    /// SHA-256 of the certificate, lower-case hex.
    pub thumbprint: String,
    /// SHA-1 of it, which Windows shows; only for looking it up.
    pub sha1_thumbprint: Option<String>,
    /// What its owner may do.
    pub role: CertificateRole,
    /// Which worker it names; `None` for other roles.
    pub agent: Option<AgentId>,
    /// Who trusted it.
    pub added_by: String,
    /// When.
    pub added: Timestamp,
    /// When the trust was taken back.
    pub revoked: Option<Timestamp>,
}

/// Trusts a certificate, also one that was revoked before. `added` is set to now.
pub fn trust_certificate(
    tx: &mut dyn Tx,
    certificate: &TrustedCertificate,
) -> Result<(), CatalogError> {
    tx.execute(
        "INSERT INTO trusted_certificates (thumbprint, sha1_thumbprint, role, WorkerAgentId,
                                           added_by_name, added_time)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)
         ON CONFLICT (thumbprint) DO UPDATE SET
             sha1_thumbprint = excluded.sha1_thumbprint, role = excluded.role,
             WorkerAgentId = excluded.WorkerAgentId, added_by_name = excluded.added_by_name,
             added_time = excluded.added_time, revoked_time = NULL",
        &params![
            fold(&certificate.thumbprint),
            certificate.sha1_thumbprint.as_deref().map(fold),
            certificate.role.name(),
            certificate.agent,
            &certificate.added_by,
            tx.now(),
        ],
    )?;
    tx.notify(Topic::Certificates);
    Ok(())
}

/// The certificate with this thumbprint, when it is trusted now.
pub fn certificate_of(
    tx: &mut dyn Tx,
    thumbprint: &str,
) -> Result<Option<TrustedCertificate>, CatalogError> {
    let sql = "SELECT thumbprint, sha1_thumbprint, role, WorkerAgentId, added_by_name, added_time,
                      revoked_time
               FROM trusted_certificates WHERE thumbprint = ?1 AND revoked_time IS NULL";
    tx.query_opt(sql, &params![fold(thumbprint)])?.as_ref().map(from_row).transpose()
}

/// All certificates, revoked ones too, newest first.
pub fn certificates(tx: &mut dyn Tx) -> Result<Vec<TrustedCertificate>, CatalogError> {
    let sql = "SELECT thumbprint, sha1_thumbprint, role, WorkerAgentId, added_by_name, added_time,
                      revoked_time
               FROM trusted_certificates ORDER BY added_time DESC, thumbprint";
    tx.query(sql, &[])?.iter().map(from_row).collect()
}

/// Takes the trust back. False when there was none.
pub fn revoke_certificate(tx: &mut dyn Tx, thumbprint: &str) -> Result<bool, CatalogError> {
    let sql = "UPDATE trusted_certificates SET revoked_time = ?2
               WHERE thumbprint = ?1 AND revoked_time IS NULL";
    let revoked = 0 < tx.execute(sql, &params![fold(thumbprint), tx.now()])?;
    if revoked {
        tx.notify(Topic::Certificates);
    }
    Ok(revoked)
}

/// The certificates of masters, for those who connect to them.
pub fn master_certificates(tx: &mut dyn Tx) -> Result<Masters, CatalogError> {
    let sql = "SELECT thumbprint, revoked_time IS NULL FROM trusted_certificates WHERE role = ?1
               ORDER BY added_time DESC, thumbprint";
    let mut masters = Masters::default();
    for row in tx.query(sql, &params![CertificateRole::Master.name()])? {
        let thumbprint = row.get::<String>(0)?.to_uppercase();
        let list = if row.get(1)? { &mut masters.trusted } else { &mut masters.retired };
        list.push(thumbprint);
    }
    Ok(masters)
}

/// Certificates that are trusted now and have this SHA-1.
pub fn sha1_named(tx: &mut dyn Tx, sha1: &str) -> Result<Vec<TrustedCertificate>, CatalogError> {
    let sql = "SELECT thumbprint, sha1_thumbprint, role, WorkerAgentId, added_by_name, added_time,
                      revoked_time
               FROM trusted_certificates WHERE sha1_thumbprint = ?1 AND revoked_time IS NULL";
    tx.query(sql, &params![fold(sha1)])?.iter().map(from_row).collect()
}

/// Why a worker may not exchange its certificate in this way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CertificateRefusal {
    /// It belongs to somebody else, or trust in it was taken back.
    Taken,
    /// The worker has too many.
    TooMany,
    /// It is not one of the worker's, or the one that it shows.
    NotRetirable,
}

/// Lets a worker that is trusted as `agent` (it shows the certificate `shown`) have its next
/// certificate trusted as well, and one that it shows no longer be forgotten.
///
/// A worker speaks for its own certificates only: what is trusted as anything else, or was taken
/// back by an administrator, stays as it is.
pub fn change_worker_certificates(
    tx: &mut dyn Tx,
    (agent, shown): (AgentId, &str),
    trust: Option<&TrustedCertificate>,
    retire: Option<&str>,
) -> Result<Result<(), CertificateRefusal>, CatalogError> {
    let all = certificates(tx)?;
    let is_own = |one: &&TrustedCertificate| {
        one.role == CertificateRole::Worker && one.agent == Some(agent) && one.revoked.is_none()
    };
    if let Some(next) = trust {
        let name = fold(&next.thumbprint);
        match all.iter().find(|one| one.thumbprint == name) {
            Some(known) if is_own(&known) => {}
            Some(_) => return Ok(Err(CertificateRefusal::Taken)),
            None if OWN_MAX <= all.iter().filter(is_own).count() => {
                return Ok(Err(CertificateRefusal::TooMany));
            }
            None => trust_certificate(tx, next)?,
        }
    }
    if let Some(old) = retire.map(fold) {
        let own = all.iter().filter(is_own).any(|one| one.thumbprint == old);
        if !own || old == fold(shown) {
            return Ok(Err(CertificateRefusal::NotRetirable));
        }
        revoke_certificate(tx, &old)?;
    }
    Ok(Ok(()))
}

/// Spends a token: trusts `certificate` as that of the worker that the token was made for. `None`
/// when there is no such token, it was spent, or it was made before `since`.
pub fn spend_join_token(
    tx: &mut dyn Tx,
    token_hash: &str,
    since: Timestamp,
    certificate: &TrustedCertificate,
) -> Result<Option<AgentId>, CatalogError> {
    // Of two who show the token at once, the one whose row this is gets in.
    let sql = "UPDATE trusted_certificates SET revoked_time = ?2
               WHERE thumbprint = ?1 AND revoked_time IS NULL AND role = ?3 AND ?4 <= added_time
               RETURNING WorkerAgentId";
    let role = CertificateRole::Join.name();
    let agent: Option<AgentId> =
        tx.scalar(sql, &params![fold(token_hash), tx.now(), role, since])?;
    let Some(agent) = agent else { return Ok(None) };
    let certificate = TrustedCertificate {
        role: CertificateRole::Worker,
        agent: Some(agent),
        ..certificate.clone()
    };
    trust_certificate(tx, &certificate)?;
    Ok(Some(agent))
}

fn from_row(row: &Row) -> Result<TrustedCertificate, CatalogError> {
    let role: String = row.get(2)?;
    let role = CertificateRole::ALL.into_iter().find(|known| known.name() == role);
    let unknown = CatalogError::UnexpectedCell { column: 2, expected: "a role" };
    Ok(TrustedCertificate {
        thumbprint: row.get(0)?,
        sha1_thumbprint: row.get(1)?,
        role: role.ok_or(unknown)?,
        agent: row.get(3)?,
        added_by: row.get(4)?,
        added: row.get(5)?,
        revoked: row.get(6)?,
    })
}

/// Hex digits in lower case; people paste thumbprints with spaces and colons.
fn fold(thumbprint: &str) -> String {
    thumbprint.chars().filter(char::is_ascii_hexdigit).collect::<String>().to_ascii_lowercase()
}
