//! TDS: bytes to messages and back, on the server's side. No sockets, no clock, no TLS.
//!
//! ```text
//!  bytes ──▶ packets ──▶ messages ──▶ Session ──▶ Event (send, start TLS, check login, run, …)
//!  bytes ◀── packets ◀── tokens   ◀──────────────── what the caller answers
//! ```
//!
//! Versions 7.1 to 7.4, and 8.0 inside TLS. What the messages mean is somebody else's business:
//! this crate knows neither T-SQL nor SSIS.
//!
//! # Invariants
//!
//! * No bytes make it panic, and none make it hold more than a fixed multiple of them.
//! * Passwords and values never appear in errors or in `Debug`.
//!
//! Section numbers are those of \[MS-TDS\], the published protocol. Read `session.rs` first, then
//! `packet.rs`, `token.rs`, `request.rs` and `types.rs`.

pub mod browser;
mod bytes;
mod error;
pub mod login7;
pub mod packet;
pub mod prelogin;
pub mod request;
pub mod session;
pub mod token;
pub mod types;
mod version;

pub use error::{DecodeError, EncodeError};
pub use login7::Login7;
pub use session::{Event, PacketCounts, Session, SessionOptions};
pub use types::{TypeInfo, Value};
pub use version::Version;
