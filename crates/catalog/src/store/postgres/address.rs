//! Where a PostgreSQL catalog is: `postgres://user@host1,host2:5433/ssisdb?sslmode=verify-full`.
//!
//! The URL is libpq's. `sslmode`, `sslrootcert`, `sslcert`, `sslkey` and `passfile` are read here,
//! the rest by tokio-postgres. Each host gets a configuration of its own, so that one that does
//! not answer keeps nobody from the next. Only a server that takes writes is ever used.
//!
//! # Invariants
//!
//! * The password is in no error, in no `Debug`, and not in [`Address::place`].
//! * Without a password in the URL, `PGPASSWORD` counts, then the password file.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use tokio_postgres::Config;
use tokio_postgres::config::{Host, LoadBalanceHosts, TargetSessionAttrs};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::passfile::{self, PassfileError};
use super::tls::{self, TlsError, TlsOptions};

/// How long one host may take to connect, when the URL does not say.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// After how long without an answer a connection is tested, how often, and when it is given up:
/// a machine that has lost its power says nothing.
const KEEPALIVE: Duration = Duration::from_secs(5);
const KEEPALIVE_INTERVAL: Duration = Duration::from_secs(1);
const KEEPALIVE_RETRIES: u32 = 4;
const UNANSWERED_MAX: Duration = Duration::from_secs(10);

/// What starts an address, as against the name of a file.
const SCHEMES: [&str; 2] = ["postgres://", "postgresql://"];

/// An address that cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum AddressError {
    /// Not a URL that PostgreSQL clients understand.
    #[error("cannot understand the address of the PostgreSQL catalog: {reason}")]
    Malformed {
        /// Why, without values.
        reason: String,
    },
    /// An option is understood, but its value cannot be used here.
    #[error("the option `{option}` of the PostgreSQL catalog's address {problem}")]
    Option {
        /// The option.
        option: String,
        /// What is wrong, and what is possible.
        problem: String,
    },
    /// No password can be read from the password file.
    #[error("cannot use the password file")]
    Passfile(#[source] PassfileError),
    /// Certificates cannot be used.
    #[error("cannot set up TLS for the PostgreSQL catalog")]
    Tls(#[source] TlsError),
}

/// Whether a setting names a PostgreSQL server rather than a file.
pub fn is_address(text: &str) -> bool {
    SCHEMES.iter().any(|scheme| text.starts_with(scheme))
}

/// Where a catalog is, as people may see it: an address without user, password and options. Other
/// text stays as it is.
pub fn shown_address(text: &str) -> String {
    let Some(scheme) = SCHEMES.iter().find(|scheme| text.starts_with(**scheme)) else {
        return text.to_owned();
    };
    let rest = &text[scheme.len()..];
    let rest = rest.rsplit_once('@').map_or(rest, |(_secret, rest)| rest);
    let rest = rest.split_once('?').map_or(rest, |(rest, _options)| rest);
    format!("{scheme}{rest}")
}

/// Whether an address has a password in it.
pub fn has_password(text: &str) -> bool {
    let user = text.split_once("://").and_then(|(_scheme, rest)| rest.rsplit_once('@'));
    user.is_some_and(|(user, _rest)| user.contains(':')) || text.contains("password=")
}

/// A server, or several of which one takes writes.
#[derive(Clone)]
pub(super) struct Address {
    pub(super) hosts: Vec<Config>,
    pub(super) tls: MakeRustlsConnect,
    /// Hosts and database, for people.
    pub(super) place: String,
    pub(super) connect_timeout: Duration,
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Address").field(&self.place).finish()
    }
}

impl Address {
    /// Reads a URL, and the files that it names.
    pub(super) fn parse(url: &str) -> Result<Self, AddressError> {
        let (mut options, rest) = split(url)?;
        let tls_options = take_tls(&mut options)?;
        let passfile = options.remove("passfile").map(PathBuf::from);
        take_session_attributes(&mut options)?;
        let given = |name: &str| options.contains_key(name);
        let defaults = Defaults {
            keepalive: !given("keepalives_idle"),
            unanswered: !given("tcp_user_timeout"),
            name: !given("application_name"),
        };
        let mut config = parse_rest(&rest, &options)?;
        config.ssl_mode(tls_options.mode.negotiation());
        defaults.apply(&mut config);
        if config.get_dbname().is_none() {
            return Err(malformed("it names no database: postgres://host/ssisdb"));
        }
        if config.get_password().is_none()
            && let Some(password) =
                passfile::password(&config, passfile).map_err(AddressError::Passfile)?
        {
            config.password(password);
        }
        let connect_timeout = config.get_connect_timeout().copied().unwrap_or(CONNECT_TIMEOUT);
        Ok(Self {
            place: place_of(&config),
            hosts: one_for_each_host(&config),
            tls: tls::connector(&tls_options).map_err(AddressError::Tls)?,
            connect_timeout,
        })
    }
}

fn malformed(reason: &str) -> AddressError {
    AddressError::Malformed { reason: reason.to_owned() }
}

type Options = BTreeMap<String, String>;

/// The options, and the URL without them.
fn split(url: &str) -> Result<(Options, String), AddressError> {
    if !is_address(url) {
        return Err(malformed("it does not start with `postgres://`"));
    }
    let (rest, query) = url.split_once('?').unwrap_or((url, ""));
    // What follows a stray slash or question mark would be taken for a database or an option, and
    // shown as such.
    let after_hosts = rest.splitn(4, '/').nth(3).unwrap_or_default();
    if after_hosts.contains(['@', '/']) || query.contains('@') {
        return Err(malformed(
            "in a password, `/` is written %2F, `?` is written %3F and `@` is written %40",
        ));
    }
    let mut options = Options::new();
    for pair in query.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        let value =
            decode(value).ok_or_else(|| malformed("a `%` is not followed by two digits"))?;
        options.insert(name.to_owned(), value);
    }
    Ok((options, rest.to_owned()))
}

fn decode(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let high = char::from(rest.next()?).to_digit(16)?;
        let low = char::from(rest.next()?).to_digit(16)?;
        bytes.push(u8::try_from(high * 16 + low).ok()?);
    }
    String::from_utf8(bytes).ok()
}

fn encode(text: &str) -> String {
    let byte = |byte: u8| match byte {
        b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' => {
            char::from(byte).to_string()
        }
        _ => format!("%{byte:02X}"),
    };
    text.bytes().map(byte).collect()
}

fn take_tls(options: &mut Options) -> Result<TlsOptions, AddressError> {
    let mode = options.remove("sslmode");
    let mut path = |name: &str| options.remove(name).filter(|path| !path.is_empty());
    let (root, certificate, key) = (path("sslrootcert"), path("sslcert"), path("sslkey"));
    TlsOptions::new(mode.as_deref(), root, (certificate, key)).ok_or_else(|| {
        let problem = "is one of disable, prefer, require, verify-ca and verify-full".to_owned();
        AddressError::Option { option: "sslmode".to_owned(), problem }
    })
}

/// A catalog is written, so there is one kind of server to look for.
fn take_session_attributes(options: &mut Options) -> Result<(), AddressError> {
    match options.remove("target_session_attrs").as_deref() {
        None | Some("read-write" | "primary" | "any") => Ok(()),
        Some(_) => Err(AddressError::Option {
            option: "target_session_attrs".to_owned(),
            problem: "is `read-write`: a catalog is written".to_owned(),
        }),
    }
}

fn parse_rest(rest: &str, options: &Options) -> Result<Config, AddressError> {
    let pairs = options.iter().map(|(name, value)| format!("{name}={}", encode(value)));
    let query = pairs.collect::<Vec<_>>().join("&");
    let url = if query.is_empty() { rest.to_owned() } else { format!("{rest}?{query}") };
    url.parse().map_err(|error: tokio_postgres::Error| {
        let reason = error.into_source().map_or_else(String::new, |cause| cause.to_string());
        AddressError::Malformed { reason }
    })
}

/// Which settings the URL leaves to us.
struct Defaults {
    keepalive: bool,
    unanswered: bool,
    name: bool,
}

impl Defaults {
    fn apply(&self, config: &mut Config) {
        if self.keepalive {
            config.keepalives_idle(KEEPALIVE);
            config.keepalives_interval(KEEPALIVE_INTERVAL);
            config.keepalives_retries(KEEPALIVE_RETRIES);
        }
        if self.unanswered {
            config.tcp_user_timeout(UNANSWERED_MAX);
        }
        if self.name {
            config.application_name("packhorse");
        }
        config.target_session_attrs(TargetSessionAttrs::ReadWrite);
    }
}

/// `host1,host2:5433/ssisdb`
fn place_of(config: &Config) -> String {
    let hosts = config.get_hosts().iter().enumerate();
    let hosts = hosts.map(|(index, host)| match (host, port_of(config, index)) {
        (Host::Tcp(host), 5432) => host.clone(),
        (Host::Tcp(host), port) => format!("{host}:{port}"),
        (Host::Unix(path), _) => path.display().to_string(),
    });
    let hosts = hosts.collect::<Vec<_>>().join(",");
    format!("postgres://{hosts}/{}", config.get_dbname().unwrap_or_default())
}

pub(super) fn port_of(config: &Config, index: usize) -> u16 {
    let ports = config.get_ports();
    ports.get(index).or(ports.first()).copied().unwrap_or(5432)
}

fn one_for_each_host(config: &Config) -> Vec<Config> {
    let one = |(index, host): (usize, &Host)| {
        let mut one = Config::new();
        match host {
            Host::Tcp(host) => one.host(host),
            Host::Unix(path) => one.host_path(path),
        };
        if let Some(address) = config.get_hostaddrs().get(index) {
            one.hostaddr(*address);
        }
        one.port(port_of(config, index));
        copy_settings(config, &mut one);
        one
    };
    config.get_hosts().iter().enumerate().map(one).collect()
}

/// All but hosts and ports.
fn copy_settings(from: &Config, to: &mut Config) {
    if let Some(user) = from.get_user() {
        to.user(user);
    }
    if let Some(password) = from.get_password() {
        to.password(password);
    }
    if let Some(database) = from.get_dbname() {
        to.dbname(database);
    }
    if let Some(options) = from.get_options() {
        to.options(options);
    }
    if let Some(name) = from.get_application_name() {
        to.application_name(name);
    }
    if let Some(timeout) = from.get_tcp_user_timeout() {
        to.tcp_user_timeout(*timeout);
    }
    if let Some(interval) = from.get_keepalives_interval() {
        to.keepalives_interval(interval);
    }
    if let Some(retries) = from.get_keepalives_retries() {
        to.keepalives_retries(retries);
    }
    to.keepalives(from.get_keepalives()).keepalives_idle(from.get_keepalives_idle());
    to.ssl_mode(from.get_ssl_mode());
    to.ssl_negotiation(from.get_ssl_negotiation());
    to.channel_binding(from.get_channel_binding());
    to.target_session_attrs(from.get_target_session_attrs());
    to.load_balance_hosts(LoadBalanceHosts::Disable);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn place(url: &str) -> String {
        Address::parse(url).unwrap().place
    }

    fn refused(url: &str) -> String {
        Address::parse(url).unwrap_err().to_string()
    }

    #[test]
    fn hosts_and_database_are_shown_and_nothing_else() {
        let url = "postgres://sa:secret@one,two:5433,three/ssisdb?target_session_attrs=read-write";
        insta::assert_snapshot!(place(url), @"postgres://one,two:5433,three/ssisdb");
        let shown = format!("{:?}", Address::parse(url).unwrap());
        assert!(!shown.contains("secret"), "{shown}");
    }

    #[test]
    fn each_host_has_its_port_and_all_else() {
        let url = "postgresql://sa:p%40ss@one:1,two:2/db?application_name=me&connect_timeout=3";
        let address = Address::parse(url).unwrap();
        let ports: Vec<_> = address.hosts.iter().map(|host| host.get_ports().to_vec()).collect();
        assert_eq!(ports, [[1], [2]]);
        for host in &address.hosts {
            assert_eq!(host.get_password(), Some("p@ss".as_bytes()));
            assert_eq!(host.get_application_name(), Some("me"));
            assert_eq!(host.get_target_session_attrs(), TargetSessionAttrs::ReadWrite);
        }
        assert_eq!(address.connect_timeout, Duration::from_secs(3));
    }

    #[test]
    fn what_cannot_work_is_refused_by_name() {
        insta::assert_snapshot!(refused("postgres://one/db?sslmode=allow"), @"the option `sslmode` of the PostgreSQL catalog's address is one of disable, prefer, require, verify-ca and verify-full");
        insta::assert_snapshot!(refused("postgres://one/db?target_session_attrs=standby"), @"the option `target_session_attrs` of the PostgreSQL catalog's address is `read-write`: a catalog is written");
        insta::assert_snapshot!(refused("postgres://one/db?colour=red"), @"cannot understand the address of the PostgreSQL catalog: unknown option `colour`");
        insta::assert_snapshot!(refused("postgres://one"), @"cannot understand the address of the PostgreSQL catalog: it names no database: postgres://host/ssisdb");
        insta::assert_snapshot!(refused("mysql://one/db"), @"cannot understand the address of the PostgreSQL catalog: it does not start with `postgres://`");
    }

    #[test]
    fn a_password_that_breaks_the_url_is_not_shown() {
        for url in ["postgres://sa:sec/ret@one/db", "postgres://sa:12/sec@one/db"] {
            let text = refused(url);
            assert!(text.contains("%2F") && !text.contains("sec"), "{text}");
        }
        assert!(!refused("postgres://sa:sec?ret@one/db").contains("sec"));
    }

    #[test]
    fn an_address_is_shown_without_its_secrets() {
        let shown = |text: &str| shown_address(text);
        assert_eq!(shown("postgres://sa:p@ss/w@one,two:1/db?sslmode=x"), "postgres://one,two:1/db");
        assert_eq!(shown("postgres://one/db"), "postgres://one/db");
        assert_eq!(shown("ssisdb.sqlite"), "ssisdb.sqlite");
        assert!(
            has_password("postgres://sa:x@one/db") && has_password("postgres://a/b?password=x")
        );
        assert!(!has_password("postgres://sa@one:5432/db"));
    }

    #[test]
    fn a_file_name_is_no_address() {
        assert!(is_address("postgres://one/db") && is_address("postgresql://one/db"));
        assert!(!is_address("/var/lib/packhorse/ssisdb.sqlite") && !is_address("ssisdb.sqlite"));
    }
}
