//! How masters fail over, beside SSISDB or with it: `Availability` and `LocalSqlServer`.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::str::FromStr;

use serde::Deserialize;

/// How masters and SSISDB fail over.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Availability {
    /// Each by itself: all masters serve, wherever SSISDB is.
    #[default]
    Independent,
    /// Together: a master serves only while SSISDB's primary is on its machine.
    WithCatalog,
}

/// The server of SSISDB on this machine, `ADDRESS` or `ADDRESS:PORT`. Empty: any that listens at
/// an address of this machine.
#[derive(Clone, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct LocalSqlServer(Option<(IpAddr, Option<u16>)>);

impl LocalSqlServer {
    /// Whether a server is the one of this machine. It has no address where it was reached by a
    /// socket; `is_here` knows the addresses of this machine.
    pub(crate) fn is_at(
        &self,
        address: Option<IpAddr>,
        port: u16,
        is_here: &dyn Fn(IpAddr) -> bool,
    ) -> bool {
        match (self.0, address) {
            (_, None) => true,
            (None, Some(address)) => is_here(address),
            (Some((here, here_port)), Some(address)) => {
                here == address && here_port.is_none_or(|here_port| here_port == port)
            }
        }
    }
}

/// What is neither an address nor an address with a port.
#[derive(Debug)]
pub struct NotAnAddress(String);

impl fmt::Display for NotAnAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "`{}` is not an IP address, with or without a port", self.0)
    }
}

impl FromStr for LocalSqlServer {
    type Err = NotAnAddress;

    fn from_str(text: &str) -> Result<Self, NotAnAddress> {
        let text = text.trim();
        if text.is_empty() {
            return Ok(Self(None));
        }
        if let Ok(address) = text.parse::<SocketAddr>() {
            return Ok(Self(Some((address.ip(), Some(address.port())))));
        }
        let address = text.trim_start_matches('[').trim_end_matches(']').parse();
        let address = address.map_err(|_| NotAnAddress(text.to_owned()))?;
        Ok(Self(Some((address, None))))
    }
}

impl TryFrom<String> for LocalSqlServer {
    type Error = NotAnAddress;

    fn try_from(text: String) -> Result<Self, NotAnAddress> {
        text.parse()
    }
}
