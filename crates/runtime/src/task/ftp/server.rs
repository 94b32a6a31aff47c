//! The server that an FTP connection manager leads to.
//!
//! `Timeout` is in seconds and `ChunkSize` in kilobytes; a time-out of 0 waits as long as it
//! takes, 0 retries try until the server answers. `ServerName` and `ServerPort` go before the
//! connection string, as in the original.

use std::str::FromStr;
use std::sync::Arc;
use std::time::Duration;

use connect::ftp::FtpServer;
use model::dts;
use package::{ConnectionKind, ConnectionManager, Ftp};

use crate::evaluate::Mistake;
use crate::frame::Frame;
use crate::property;

/// Who signs in unless the connection manager says so.
const USER: &str = "anonymous";
const TIMEOUT_S: u64 = 60;
const RETRIES: u32 = 5;
/// Kilobytes.
const CHUNK: usize = 1;
/// Larger chunks make nothing faster.
const CHUNK_MAX: usize = 16 * 1024;

/// The server, and the connection manager's name.
pub(super) fn of_task(frame: &Arc<Frame>, task: &Ftp) -> Result<(FtpServer, String), Mistake> {
    let key = &task.connection;
    if key.is_empty() {
        return Err(Mistake::new(
            dts::DTS_E_FTPTASK_CONNECTION_NAME_NULL,
            "The connection is empty. Verify that a valid FTP connection is provided.",
        ));
    }
    let manager = property::connection(frame, key)?.ok_or_else(|| {
        Mistake::new(
            dts::DTS_E_FTPTASK_CONNECTIONNOTFOUND,
            format!("The FTP connection manager \"{key}\" can not be found."),
        )
    })?;
    if !matches!(manager.kind, ConnectionKind::Ftp) {
        return Err(Mistake::new(
            dts::DTS_E_FTPTASK_CONNECTION_NOT_FTP,
            "The connection specified is not an FTP connection. Verify that a valid FTP \
             connection is provided.",
        ));
    }
    Ok((server(&manager)?, manager.name))
}

fn server(manager: &ConnectionManager) -> Result<FtpServer, Mistake> {
    let (host, port) = address(manager)?;
    let timeout_s = number(manager, "Timeout", TIMEOUT_S, dts::DTS_E_FTPERROR)?;
    let retries = number(manager, "Retries", RETRIES, dts::DTS_E_FTPINVALIDRETRIES)?;
    let chunk = number(manager, "ChunkSize", CHUNK, dts::DTS_E_FTPERROR)?.clamp(1, CHUNK_MAX);
    let user = setting(manager, "ServerUserName").unwrap_or(USER).to_owned();
    let password = manager.password.as_ref().map_or("", |password| password.expose());
    // Servers that let anybody in ask for a password all the same.
    let password = if password.is_empty() && user == USER { "anonymous@" } else { password };
    Ok(FtpServer {
        host,
        port,
        user,
        password: password.to_owned(),
        time_max: (0 < timeout_s).then(|| Duration::from_secs(timeout_s)),
        attempts_max: (0 < retries).then_some(retries),
        passive: setting(manager, "UsePassiveMode").is_some_and(is_true),
        chunk_bytes: chunk * 1024,
    })
}

fn address(manager: &ConnectionManager) -> Result<(String, u16), Mistake> {
    let address = manager.ftp_address();
    let (host, port) = address.rsplit_once(':').unwrap_or((&address, ""));
    let host = host.trim_start_matches('[').trim_end_matches(']');
    let port = port.trim().parse().ok().filter(|port: &u16| 0 < *port);
    match port {
        Some(port) if !host.is_empty() => Ok((host.to_owned(), port)),
        Some(_) => Err(Mistake::new(
            dts::DTS_E_FTPERROR,
            format!(
                "An error occurred in the requested FTP operation. Detailed error description: \
                 connection \"{}\" has no server name.",
                manager.name
            ),
        )),
        None => Err(Mistake::new(
            dts::DTS_E_FTPINVALIDPORT,
            "The FTP Port contains an invalid value. The FTP Port value should be an integer \
             between 1 and 65535.",
        )),
    }
}

fn setting<'m>(manager: &'m ConnectionManager, name: &str) -> Option<&'m str> {
    let mut settings = manager.properties.iter();
    let found = settings.find(|(known, _)| known.eq_ignore_ascii_case(name));
    found.map(|(_, value)| value.trim()).filter(|value| !value.is_empty())
}

fn number<T: FromStr>(
    manager: &ConnectionManager,
    name: &str,
    default: T,
    code: u32,
) -> Result<T, Mistake> {
    let Some(text) = setting(manager, name) else { return Ok(default) };
    text.parse().map_err(|_| {
        let place = format!("property {name} of connection \"{}\"", manager.name);
        Mistake::new(code, format!("\"{text}\" is not a number that is allowed for {place}."))
    })
}

fn is_true(text: &str) -> bool {
    // COM writes True as -1.
    text.eq_ignore_ascii_case("true") || matches!(text, "1" | "-1")
}
