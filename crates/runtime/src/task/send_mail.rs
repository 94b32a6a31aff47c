//! Send Mail Task: one message, in plain text, through an SMTP connection manager.
//!
//! Rules: control-flow facts 9.6; `Timeout` of the connection manager is in milliseconds, as in
//! .NET's SmtpClient, and 100 s without one.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use connect::code_page::text_of_file;
use connect::mail::{self, Mail, MailError, MailServer, Urgency};
use fs_err as fs;
use model::{MessageType, Value, dts};
use package::{ConnectionKind, ConnectionManager, MailPriority, MailSource, SendMail};

use crate::evaluate::{self, Mistake};
use crate::execute::Outcome;
use crate::frame::Frame;
use crate::property;

/// What .NET waits for a server.
const TIME_MAX: Duration = Duration::from_secs(100);

/// Sends the message.
pub(crate) fn run(frame: &Arc<Frame>, task: &SendMail) -> Outcome {
    match carry_out(frame, task) {
        Ok(()) => Outcome::SUCCESS,
        Err(mistake) => {
            mistake.raise(frame);
            Outcome::FAILURE
        }
    }
}

/// Raises what is wrong with the task; no server is spoken to.
pub(crate) fn validate(frame: &Arc<Frame>, task: &SendMail) -> bool {
    let mut sound = super::raised(frame, server(frame, task));
    sound &= super::raised(frame, recipients(task));
    if task.subject.is_empty() {
        frame.warning(dts::DTS_W_SENDMAILTASK_SUBJECT_MISSING, "The subject is empty.");
    }
    sound
}

fn carry_out(frame: &Arc<Frame>, task: &SendMail) -> Result<(), Mistake> {
    let server = server(frame, task)?;
    recipients(task)?;
    let mail = Mail {
        from: task.from.clone(),
        to: task.to.clone(),
        cc: task.cc.clone(),
        bcc: task.bcc.clone(),
        subject: task.subject.clone(),
        text: text(frame, task)?,
        urgency: match task.priority {
            MailPriority::High => Some(Urgency::High),
            MailPriority::Normal => None,
            MailPriority::Low => Some(Urgency::Low),
        },
        attachments: attachments(frame, task)?,
    };
    log(frame, "SendMailTaskBegin", "The message is sent.");
    mail::send(&server, &mail).map_err(|error| not_sent(&error))?;
    log(frame, "SendMailTaskEnd", "The message was sent.");
    Ok(())
}

fn not_sent(error: &MailError) -> Mistake {
    Mistake::new(
        dts::DTS_E_ERROROCCURREDWITHFOLLOWINGMESSAGE,
        format!(
            "An error occurred with the following error message: \"{}\".",
            evaluate::chain(error)
        ),
    )
}

fn recipients(task: &SendMail) -> Result<(), Mistake> {
    let lines = [("To", &task.to), ("Cc", &task.cc), ("Bcc", &task.bcc)];
    if lines.iter().all(|(_, line)| line.trim_matches([';', ' ']).is_empty()) {
        let code = dts::DTS_E_SENDMAILTASK_RECIPIENT_EMPTY;
        return Err(Mistake::new(code, "No recipient is specified."));
    }
    for (name, line) in [("From", &task.from)].into_iter().chain(lines) {
        mail::check_addresses(name, line).map_err(|error| not_sent(&error))?;
    }
    if task.from.trim().is_empty() {
        let code = dts::DTS_E_ERROROCCURREDWITHFOLLOWINGMESSAGE;
        return Err(Mistake::new(code, "No sender is specified: the property From is empty."));
    }
    Ok(())
}

/// The server that the connection manager leads to.
fn server(frame: &Arc<Frame>, task: &SendMail) -> Result<MailServer, Mistake> {
    let key = &task.connection;
    let manager = property::connection(frame, key)?.ok_or_else(|| {
        Mistake::new(
            dts::DTS_E_SENDMAILTASK_NOCONNMNGR,
            format!("The specified connection \"{key}\" does not exist."),
        )
    })?;
    if !matches!(manager.kind, ConnectionKind::Smtp) {
        return Err(Mistake::new(
            dts::DTS_E_SENDMAILTASK_CONNECTIONTYPENOTSMTP,
            format!("Connection \"{}\" is not of type SMTP.", manager.name),
        ));
    }
    let address = setting(&manager, "SmtpServer").unwrap_or_default();
    if address.is_empty() {
        return Err(Mistake::new(
            dts::DTS_E_SENDMAILTASK_SMTP_SERVER_NOT_SPECIFIED,
            format!(
                "The Simple Mail Transfer Protocol (SMTP) server is not specified. Provide a valid \
                 name or IP address of the SMTP server (connection \"{}\").",
                manager.name
            ),
        ));
    }
    if uses_windows_authentication(&manager) {
        return Err(Mistake::new(
            dts::DTS_E_ERROROCCURREDWITHFOLLOWINGMESSAGE,
            format!(
                "Connection \"{}\" signs in to the SMTP server with Windows authentication, which \
                 is not supported. Set its property UseWindowsAuthentication to False.",
                manager.name
            ),
        ));
    }
    let time_max = setting(&manager, "Timeout").and_then(|text| text.trim().parse().ok());
    Ok(MailServer {
        address,
        encrypted: is_on(&manager, "EnableSsl"),
        time_max: time_max.filter(|ms| *ms > 0).map_or(TIME_MAX, Duration::from_millis),
    })
}

/// Whether a connection manager wants what needs Windows.
pub(crate) fn uses_windows_authentication(manager: &ConnectionManager) -> bool {
    is_on(manager, "UseWindowsAuthentication")
}

fn setting(manager: &ConnectionManager, key: &str) -> Option<String> {
    manager.connection_string.get(key)
}

fn is_on(manager: &ConnectionManager, key: &str) -> bool {
    setting(manager, key).is_some_and(|value| value.trim().eq_ignore_ascii_case("true"))
}

fn text(frame: &Arc<Frame>, task: &SendMail) -> Result<String, Mistake> {
    match task.source_type {
        MailSource::DirectInput => Ok(task.message.clone()),
        MailSource::Variable => {
            if let Value::Text(text) = evaluate::read_variable(frame, &task.message)? {
                return Ok(text.to_string());
            }
            Err(Mistake::new(
                dts::DTS_E_SENDMAILTASK_VARIABLETYPEISNOTSTRING,
                format!("Variable \"{}\" is not of type string.", task.message),
            ))
        }
        MailSource::FileConnection => text_of_connection(frame, &task.message),
    }
}

fn text_of_connection(frame: &Arc<Frame>, key: &str) -> Result<String, Mistake> {
    let manager = property::connection(frame, key)?.ok_or_else(|| {
        Mistake::new(
            dts::DTS_E_SENDMAILTASK_NOCONNMNGR,
            format!("The specified connection \"{key}\" does not exist."),
        )
    })?;
    if !matches!(manager.kind, ConnectionKind::File { .. }) {
        return Err(Mistake::new(
            dts::DTS_E_SENDMAILTASK_CONNECTIONTYPENOTFILE,
            format!("Connection \"{}\" is not of type File.", manager.name),
        ));
    }
    let written = manager.connection_string.as_str();
    let path = resolved(frame, written)?;
    let bytes = fs::read(path).map_err(|_| no_file(written))?;
    Ok(text_of_file(&bytes))
}

fn attachments(frame: &Arc<Frame>, task: &SendMail) -> Result<Vec<(String, PathBuf)>, Mistake> {
    let written = task.attachments.split('|').map(str::trim).filter(|one| !one.is_empty());
    let one = |written: &str| {
        let path = resolved(frame, written)?;
        if fs::File::open(&path).is_err() || path.is_dir() {
            return Err(no_file(written));
        }
        let name = written.rsplit(['\\', '/']).next().unwrap_or(written);
        Ok((name.to_owned(), path))
    };
    written.map(one).collect()
}

fn resolved(frame: &Arc<Frame>, written: &str) -> Result<PathBuf, Mistake> {
    let map = &frame.run.runner.options.path_map;
    map.resolve(written).map_err(|error| {
        let text = format!(
            "An error occurred with the following error message: \"{}\".",
            evaluate::chain(&error)
        );
        Mistake::new(dts::DTS_E_ERROROCCURREDWITHFOLLOWINGMESSAGE, text)
    })
}

fn no_file(written: &str) -> Mistake {
    Mistake::new(
        dts::DTS_E_SENDMAILTASK_INVALIDATTACHMENT,
        format!(
            "Either the file \"{written}\" does not exist or you do not have permissions to access \
             the file."
        ),
    )
}

/// The task's own log entries.
fn log(frame: &Arc<Frame>, name: &str, text: &str) {
    let mut event = frame.event(MessageType::Custom, 0, text.to_owned());
    name.clone_into(&mut event.name);
    frame.raise(event);
}
