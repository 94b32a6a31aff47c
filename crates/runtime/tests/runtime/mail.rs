//! Send Mail Task, to an SMTP server that is not ours.

use testkit::postgres::free_port;
use testkit::smtp::{Smtpd, certificate};

use crate::support::{Ran, executables, package_of, run, task, variable};

fn managers(port: u16, more: &str) -> String {
    format!(
        r#"<DTS:ConnectionManagers>
  <DTS:ConnectionManager DTS:refId="Package.ConnectionManagers[Mail]" DTS:CreationName="SMTP"
    DTS:DTSID="{{3B5A2B3C-0000-4000-8000-0000000000A1}}" DTS:ObjectName="Mail">
    <DTS:ObjectData><SmtpConnectionManager
      ConnectionString="SmtpServer=127.0.0.1:{port};UseWindowsAuthentication=False;{more}" /></DTS:ObjectData>
  </DTS:ConnectionManager>
</DTS:ConnectionManagers>"#
    )
}

fn send(managers: &str, variables: &str, attributes: &str) -> Ran {
    let data = format!(
        r#"<SendMailTask:SendMailTaskData
  xmlns:SendMailTask="www.microsoft.com/sqlserver/dts/tasks/sendmailtask"
  SendMailTask:SMTPServer="{{3B5A2B3C-0000-4000-8000-0000000000A1}}" {attributes} />"#
    );
    let body = executables(&[task("Tell them", "Microsoft.SendMailTask", "", &data)]);
    let head = format!("{managers}<DTS:Variables>{variables}</DTS:Variables>");
    run(&package_of("", &head, &body))
}

/// What its events say, whole.
fn said(ran: &Ran) -> String {
    ran.events().into_iter().map(|event| event.description + "\n").collect()
}

const TO_ANN: &str = r#"SendMailTask:From="etl@example.com" SendMailTask:To="ann@example.com""#;

#[test]
fn a_message_arrives_with_its_lines_priority_and_attachments() {
    let server = Smtpd::start(&[]);
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("rejected.csv");
    std::fs::write(&file, "a;b\n").unwrap();
    let attributes = format!(
        r#"{TO_ANN} SendMailTask:CC="bob@example.com; Carl &lt;carl@example.com&gt;"
  SendMailTask:BCC="eve@example.com" SendMailTask:Subject="Load done" SendMailTask:Priority="High"
  SendMailTask:MessageSourceType="Variable" SendMailTask:MessageSource="User::text"
  SendMailTask:FileAttachments="{}""#,
        file.display()
    );
    let variables = variable("text", 8, "1,020 rows");
    send(&managers(server.port, ""), &variables, &attributes).succeeded();
    let message = server.message();
    for line in [
        "From: etl@example.com",
        "To: ann@example.com",
        "Cc: bob@example.com, Carl <carl@example.com>",
        "Subject: Load done",
        "X-Priority: 1",
        "1,020 rows",
        "Content-Disposition: attachment; filename=\"rejected.csv\"",
        "YTtiCg==",
    ] {
        assert!(message.iter().any(|found| found == line), "{line} is not in {message:#?}");
    }
    assert!(!message.iter().any(|line| line.contains("eve@")), "{message:#?}");
}

#[test]
fn what_cannot_be_sent_says_why_and_sends_nothing() {
    let nobody = managers(free_port(), "");
    let text = |ran: Ran| said(&ran.failed());
    let missing =
        format!(r#"{TO_ANN} SendMailTask:Subject="x" SendMailTask:FileAttachments="/no/such.csv""#);
    assert_eq!(send(&nobody, "", &missing).failed().codes(), [0xC002_91CB]);
    let unreachable = text(send(&nobody, "", &format!(r#"{TO_ANN} SendMailTask:Subject="x""#)));
    assert!(unreachable.contains("did not take the message"), "{unreachable}");
    assert!(unreachable.contains("refused"), "{unreachable}");
    let empty =
        send(&nobody, "", r#"SendMailTask:From="etl@example.com" SendMailTask:Subject="x""#);
    assert_eq!(empty.failed().codes().first(), Some(&0xC002_91C3));
    let no_address = r#"SendMailTask:From="etl@example.com" SendMailTask:To="somebody" SendMailTask:Subject="x""#;
    let no_address = text(send(&nobody, "", no_address));
    assert!(no_address.contains("`somebody` is not a mail address (in To)"), "{no_address}");
}

#[test]
fn windows_authentication_is_refused_by_name() {
    let windows = managers(free_port(), "UseWindowsAuthentication=True;");
    let windows = windows.replacen("UseWindowsAuthentication=False;", "", 1);
    let ran = send(&windows, "", &format!(r#"{TO_ANN} SendMailTask:Subject="x""#)).failed();
    assert!(said(&ran).contains("UseWindowsAuthentication"), "{}", said(&ran));
    assert!(!said(&ran).contains("did not take the message"), "{}", said(&ran));
}

#[test]
fn an_empty_subject_is_a_warning() {
    let server = Smtpd::start(&[]);
    let ran = send(&managers(server.port, ""), "", TO_ANN).succeeded();
    assert!(
        ran.complaints().join("\n").contains("The subject is empty."),
        "{:?}",
        ran.complaints()
    );
    server.message();
}

#[test]
fn a_message_is_encrypted_only_for_a_server_that_proves_its_name() {
    let folder = tempfile::tempdir().unwrap();
    let (certificate, key) = certificate(folder.path());
    let server = Smtpd::start(&["--tlscert", &certificate, "--tlskey", &key, "--no-requiretls"]);
    let managers = managers(server.port, "EnableSsl=True;");
    let ran = send(&managers, "", &format!(r#"{TO_ANN} SendMailTask:Subject="x""#)).failed();
    let said = said(&ran);
    assert!(said.contains("certificate"), "{said}");
}
