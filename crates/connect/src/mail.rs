//! Mail: one message to one SMTP server.
//!
//! The server is spoken to in clear, or after STARTTLS with a certificate that this machine's
//! authorities have signed (`SSL_CERT_FILE` names others). It is not signed in to: the SMTP
//! connection manager knows anonymous access and Windows authentication, and the latter needs
//! Windows.
//!
//! Source: "SMTP Connection Manager"; RFC 5321, RFC 3207.

use std::path::{Path, PathBuf};
use std::time::Duration;

use fs_err as fs;
use lettre::message::header::{ContentTransferEncoding, ContentType, HeaderName, HeaderValue};
use lettre::message::{
    Attachment, Body, Mailboxes, Message, MessageBuilder, MultiPart, SinglePart,
};
use lettre::transport::smtp::client::{Tls, TlsParameters};
use lettre::{SmtpTransport, Transport};
use thiserror::Error;

/// Where SMTP servers listen.
const PORT: u16 = 25;

/// An SMTP server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MailServer {
    /// Name or address, and `:port` where it is not 25.
    pub address: String,
    /// Whether the conversation goes on encrypted, or not at all.
    pub encrypted: bool,
    /// How long each answer of the server is waited for.
    pub time_max: Duration,
}

/// A message.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mail {
    /// Who sends it: `name@host` or `Name <name@host>`.
    pub from: String,
    /// Who gets it, separated by `;`.
    pub to: String,
    /// Who gets a copy, separated by `;`.
    pub cc: String,
    /// Who gets a copy without the others knowing, separated by `;`.
    pub bcc: String,
    /// The subject line.
    pub subject: String,
    /// The text.
    pub text: String,
    /// How urgent it is; `None` when it is neither.
    pub urgency: Option<Urgency>,
    /// Files that go with it: the name that the reader sees, and where it is.
    pub attachments: Vec<(String, PathBuf)>,
}

/// How urgent a message is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Urgency {
    /// Read it first.
    High,
    /// Read it last.
    Low,
}

/// Why a message was not sent.
#[derive(Debug, Error)]
pub enum MailError {
    /// An address that is none.
    #[error("`{address}` is not a mail address (in {line})")]
    Address {
        /// The property: From, To, Cc, Bcc.
        line: &'static str,
        /// What stands there.
        address: String,
    },
    /// A file that cannot be read.
    #[error("cannot read the attachment {path}")]
    Attachment {
        /// Where it is.
        path: PathBuf,
        #[source]
        /// Why.
        error: std::io::Error,
    },
    /// A message that cannot be written down.
    #[error("cannot make the message")]
    Message(#[source] lettre::error::Error),
    /// A server that cannot be reached, or that does not take the message.
    #[error("the SMTP server {address} did not take the message")]
    Server {
        /// Its address.
        address: String,
        #[source]
        /// What it said.
        error: lettre::transport::smtp::Error,
    },
}

/// Sends a message. Nothing is sent if one recipient is refused.
pub fn send(server: &MailServer, mail: &Mail) -> Result<(), MailError> {
    let message = message(mail)?;
    let refused = |error| MailError::Server { address: server.address.clone(), error };
    let transport = transport(server).map_err(refused)?;
    transport.send(&message).map(drop).map_err(refused)
}

fn transport(server: &MailServer) -> Result<SmtpTransport, lettre::transport::smtp::Error> {
    let (host, port) = host_and_port(&server.address);
    let tls = match server.encrypted {
        true => Tls::Required(TlsParameters::new(host.to_owned())?),
        false => Tls::None,
    };
    let builder = SmtpTransport::builder_dangerous(host).port(port).tls(tls);
    Ok(builder.timeout(Some(server.time_max)).build())
}

/// `mail.host:2525`, `[::1]:25`, or a host alone.
fn host_and_port(address: &str) -> (&str, u16) {
    let address = address.trim();
    let split = address.rsplit_once(':').and_then(|(host, port)| Some((host, port.parse().ok()?)));
    let (host, port) = match split {
        Some((host, port)) if !host.contains(':') || host.ends_with(']') => (host, port),
        Some(_) | None => (address, PORT),
    };
    (host.trim_start_matches('[').trim_end_matches(']'), port)
}

fn message(mail: &Mail) -> Result<Message, MailError> {
    let mut builder = Message::builder().date_now().message_id(None).subject(&mail.subject);
    for mailbox in mailboxes("From", &mail.from)? {
        builder = builder.from(mailbox);
    }
    for mailbox in mailboxes("To", &mail.to)? {
        builder = builder.to(mailbox);
    }
    for mailbox in mailboxes("Cc", &mail.cc)? {
        builder = builder.cc(mailbox);
    }
    for mailbox in mailboxes("Bcc", &mail.bcc)? {
        builder = builder.bcc(mailbox);
    }
    let builder = match mail.urgency {
        Some(urgency) => urgent(builder, urgency),
        None => builder,
    };
    let text = SinglePart::plain(mail.text.clone());
    if mail.attachments.is_empty() {
        return builder.singlepart(text).map_err(MailError::Message);
    }
    let mut parts = MultiPart::mixed().singlepart(text);
    for (name, path) in &mail.attachments {
        parts = parts.singlepart(attachment(name, path)?);
    }
    builder.multipart(parts).map_err(MailError::Message)
}

/// The headers that mail programs look at, old and new.
fn urgent(builder: MessageBuilder, urgency: Urgency) -> MessageBuilder {
    let (importance, number, word) = match urgency {
        Urgency::High => ("high", "1", "urgent"),
        Urgency::Low => ("low", "5", "non-urgent"),
    };
    let header = |name: &'static str, value: &str| {
        HeaderValue::new(HeaderName::new_from_ascii_str(name), value.to_owned())
    };
    builder
        .raw_header(header("Importance", importance))
        .raw_header(header("X-Priority", number))
        .raw_header(header("Priority", word))
}

fn mailboxes(line: &'static str, written: &str) -> Result<Mailboxes, MailError> {
    let mut all = Mailboxes::new();
    for one in written.split(';').map(str::trim).filter(|one| !one.is_empty()) {
        let wrong = |_| MailError::Address { line, address: one.to_owned() };
        let some: Mailboxes = one.parse().map_err(wrong)?;
        all.extend(some);
    }
    Ok(all)
}

fn attachment(name: &str, path: &Path) -> Result<SinglePart, MailError> {
    let read = fs::read(path);
    let bytes = read.map_err(|error| MailError::Attachment { path: path.to_owned(), error })?;
    let base64 = ContentTransferEncoding::Base64;
    let body = Body::new_with_encoding(bytes, base64)
        .unwrap_or_else(|bytes| Body::dangerous_pre_encoded(bytes, base64));
    let binary = ContentType::parse("application/octet-stream").unwrap_or(ContentType::TEXT_PLAIN);
    Ok(Attachment::new(name.to_owned()).body(body, binary))
}

/// Whether each of the `;` separated addresses is one.
pub fn check_addresses(line: &'static str, written: &str) -> Result<(), MailError> {
    mailboxes(line, written).map(drop)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_may_have_a_port() {
        assert_eq!(host_and_port("mail.example.com"), ("mail.example.com", 25));
        assert_eq!(host_and_port("mail.example.com:2525"), ("mail.example.com", 2525));
        assert_eq!(host_and_port("[::1]:2525"), ("::1", 2525));
        assert_eq!(host_and_port("::1"), ("::1", 25));
    }

    #[test]
    fn recipients_are_separated_by_semicolons_and_bcc_is_not_shown() {
        let mail = Mail {
            from: "Loads <etl@example.com>".to_owned(),
            to: "ann@example.com; Bob <bob@example.com>;".to_owned(),
            bcc: "eve@example.com".to_owned(),
            subject: "Fertig: \u{e4}\u{f6}".to_owned(),
            text: "Zeile 1\nZeile 2".to_owned(),
            urgency: Some(Urgency::High),
            ..Mail::default()
        };
        let message = message(&mail).unwrap();
        let recipients: Vec<String> =
            message.envelope().to().iter().map(|to| to.to_string()).collect();
        assert_eq!(recipients, ["ann@example.com", "bob@example.com", "eve@example.com"]);
        let text = String::from_utf8(message.formatted()).unwrap();
        assert!(text.contains("To: ann@example.com, Bob <bob@example.com>\r\n"), "{text}");
        assert!(text.contains("X-Priority: 1\r\n") && !text.contains("eve@"), "{text}");
        assert!(text.contains("Subject: Fertig: =?utf-8?"), "{text}");
    }

    #[test]
    fn an_address_that_is_none_is_named() {
        let error = check_addresses("To", "ann@example.com; not an address").unwrap_err();
        assert_eq!(error.to_string(), "`not an address` is not a mail address (in To)");
    }
}
