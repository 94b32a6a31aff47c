//! Where a server is: `https://host:port`, as `MasterEndpoint` gives it.

use std::fmt;
use std::str::FromStr;

use rustls_pki_types::ServerName;

use super::ClientError;

/// The port of a master, unless its settings say otherwise.
pub const DEFAULT_PORT: u16 = 8391;

/// One server's address. The host may be a name with several addresses.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Endpoint {
    /// Name or IP address, without brackets.
    pub(crate) host: String,
    /// TCP port.
    pub(crate) port: u16,
    /// The host as TLS names it.
    pub(crate) server_name: ServerName<'static>,
}

impl Endpoint {
    /// The URI of a path at this server.
    pub(crate) fn uri(&self, path: &str) -> String {
        format!("{self}{path}")
    }
}

/// As `https://host:port`.
impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.host.contains(':') {
            write!(f, "https://[{}]:{}", self.host, self.port)
        } else {
            write!(f, "https://{}:{}", self.host, self.port)
        }
    }
}

impl FromStr for Endpoint {
    type Err = ClientError;

    /// Takes `https://host`, `https://host:port`, and either with a path behind it, which is
    /// ignored: the original's endpoints are sometimes written with `/ClusterManagement/`.
    fn from_str(text: &str) -> Result<Self, ClientError> {
        let bad = |reason| ClientError::BadEndpoint { endpoint: text.to_owned(), reason };
        let rest = text.trim();
        let rest =
            rest.strip_prefix("https://").ok_or_else(|| bad("it must start with https://"))?;
        let authority = rest.split('/').next().unwrap_or_default();
        let (host, port) = split_port(authority);
        let port = match port {
            None => DEFAULT_PORT,
            Some(digits) => match digits.parse() {
                Ok(port) if port != 0 => port,
                Ok(_) | Err(_) => return Err(bad("the port is not a number from 1 to 65535")),
            },
        };
        let host = host.trim_start_matches('[').trim_end_matches(']').to_owned();
        let server_name = ServerName::try_from(host.clone())
            .map_err(|_| bad("the host is neither a DNS name nor an IP address"))?;
        Ok(Self { host, port, server_name })
    }
}

/// `host:port`, where colons inside brackets belong to an IPv6 address.
fn split_port(authority: &str) -> (&str, Option<&str>) {
    let after_brackets = authority.rfind(']').map_or(0, |end| end + 1);
    match authority[after_brackets..].rfind(':') {
        Some(colon) => {
            let colon = after_brackets + colon;
            (&authority[..colon], Some(&authority[colon + 1..]))
        }
        None => (authority, None),
    }
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;

    use super::*;

    fn check(text: &str) -> String {
        match text.parse::<Endpoint>() {
            Ok(endpoint) => endpoint.to_string(),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn endpoints_are_read_as_people_write_them() {
        assert_snapshot!(check("https://db1:9000"), @"https://db1:9000");
        assert_snapshot!(check(" https://db1.example.com "), @"https://db1.example.com:8391");
        assert_snapshot!(check("https://db1:8391/ClusterManagement/"), @"https://db1:8391");
        assert_snapshot!(check("https://[::1]:9000"), @"https://[::1]:9000");
        assert_snapshot!(check("https://[::1]"), @"https://[::1]:8391");
        assert_snapshot!(check("https://10.0.0.7"), @"https://10.0.0.7:8391");
    }

    #[test]
    fn what_is_wrong_with_an_endpoint_is_said() {
        assert_snapshot!(check("db1:8391"), @"`db1:8391` is not a master's endpoint (https://host:port): it must start with https://");
        assert_snapshot!(check("https://db1:0"), @"`https://db1:0` is not a master's endpoint (https://host:port): the port is not a number from 1 to 65535");
        assert_snapshot!(check("https://db 1"), @"`https://db 1` is not a master's endpoint (https://host:port): the host is neither a DNS name nor an IP address");
        assert_snapshot!(check("https://"), @"`https://` is not a master's endpoint (https://host:port): the host is neither a DNS name nor an IP address");
    }
}
