//! SSISDB as a client sees it: batches go in, results come out, over a catalog on disk.

#![expect(clippy::unwrap_used, reason = "a test that finds nothing must fail")]

#[path = "ssisdb/clients.rs"]
mod clients;
#[path = "ssisdb/errors.rs"]
mod errors;
#[path = "ssisdb/grant.rs"]
mod grant;
#[path = "ssisdb/internal.rs"]
mod internal;
#[path = "ssisdb/permissions.rs"]
mod permissions;
#[path = "ssisdb/project.rs"]
mod project;
#[path = "ssisdb/scripts.rs"]
mod scripts;
#[path = "ssisdb/security.rs"]
mod security;
#[path = "ssisdb/slt.rs"]
mod slt;
#[path = "ssisdb/support.rs"]
mod support;
#[path = "ssisdb/system.rs"]
mod system;
#[path = "../../tsql/tests/slt/transcript.rs"]
mod transcript;
#[path = "ssisdb/waiting.rs"]
mod waiting;
