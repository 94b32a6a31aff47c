//! Looks for what is wrong: in the data directory, in SSISDB, on the way to masters.
//!
//! Each check either adds findings or stays silent. None changes anything, and none shows a
//! secret: findings are made of paths, names, numbers and public thumbprints.

pub(crate) mod code;
pub(crate) mod fault;
mod fix;
pub(crate) mod local;
pub(crate) mod log_login;
pub(crate) mod packages;
pub(crate) mod reach;
pub(crate) mod ssisdb;
mod topology;
pub(crate) mod workers;

use serde::Serialize;

use self::fault::Fault;
pub(crate) use self::fix::{Fix, quoted};

/// Something that is wrong.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Finding {
    code: &'static str,
    title: &'static str,
    symptom: &'static str,
    cause: &'static str,
    /// What was seen here.
    evidence: String,
    #[serde(flatten)]
    fix: Fix,
}

/// What was looked at, and what was found.
#[derive(Debug, Default, Serialize)]
pub(crate) struct Report {
    /// Names of the checks made.
    pub(crate) checks: Vec<String>,
    /// What is wrong.
    pub(crate) findings: Vec<Finding>,
}

impl Report {
    /// Says that something was looked at.
    pub(crate) fn check(&mut self, name: impl Into<String>) {
        self.checks.push(name.into());
    }

    /// Adds a finding.
    pub(crate) fn find(&mut self, fault: Fault, evidence: impl Into<String>, fix: impl Into<Fix>) {
        let Fault { code, title, symptom, cause } = fault;
        let (evidence, fix) = (evidence.into(), fix.into());
        self.findings.push(Finding { code, title, symptom, cause, evidence, fix });
    }

    /// Whether this was found.
    pub(crate) fn has(&self, fault: Fault) -> bool {
        self.findings.iter().any(|one| one.code == fault.code)
    }

    /// As people read it.
    pub(crate) fn lines(&self) -> Vec<String> {
        let mut lines = Vec::new();
        for one in &self.findings {
            lines.push(format!("{}  {}", one.code, one.title));
            lines.push(format!("  symptom   {}", one.symptom));
            lines.push(format!("  cause     {}", one.cause));
            lines.push(format!("  evidence  {}", one.evidence));
            lines.extend(one.fix.lines());
        }
        let looked = self.checks.len();
        lines.push(match self.findings.len() {
            0 => format!("nothing is wrong ({looked} checks)"),
            1 => format!("1 finding ({looked} checks); `packhorse help CODE` says more"),
            n => format!("{n} findings ({looked} checks); `packhorse help CODE` says more"),
        });
        lines
    }
}

/// An error with its causes.
pub(crate) fn chain(error: &(dyn std::error::Error + 'static)) -> String {
    let causes = std::iter::successors(Some(error), |error| error.source());
    causes.map(ToString::to_string).collect::<Vec<_>>().join(": ")
}
