//! A package that sends mail to a server whose certificate this machine trusts.

use testkit::smtp::{Smtpd, certificate};

use crate::harness::Packhorse;

fn package(port: u16) -> String {
    format!(
        r#"<?xml version="1.0"?>
<DTS:Executable xmlns:DTS="www.microsoft.com/SqlServer/Dts" DTS:refId="Package"
  DTS:CreationName="Microsoft.Package" DTS:DTSID="{{2D0C7A4C-3A3B-4C65-9E5C-6B7A1E1B00A1}}"
  DTS:ExecutableType="Microsoft.Package" DTS:ObjectName="Mail">
  <DTS:Property DTS:Name="PackageFormatVersion">8</DTS:Property>
  <DTS:ConnectionManagers>
    <DTS:ConnectionManager DTS:refId="Package.ConnectionManagers[Mail]" DTS:CreationName="SMTP"
      DTS:DTSID="{{2D0C7A4C-3A3B-4C65-9E5C-6B7A1E1B00A2}}" DTS:ObjectName="Mail">
      <DTS:ObjectData><SmtpConnectionManager ConnectionString="SmtpServer=127.0.0.1:{port};UseWindowsAuthentication=False;EnableSsl=True;" /></DTS:ObjectData>
    </DTS:ConnectionManager>
  </DTS:ConnectionManagers>
  <DTS:Executables>
    <DTS:Executable DTS:refId="Package\Tell" DTS:CreationName="Microsoft.SendMailTask"
      DTS:DTSID="{{2D0C7A4C-3A3B-4C65-9E5C-6B7A1E1B00A3}}" DTS:ExecutableType="Microsoft.SendMailTask" DTS:ObjectName="Tell">
      <DTS:ObjectData><SendMailTask:SendMailTaskData
        xmlns:SendMailTask="www.microsoft.com/sqlserver/dts/tasks/sendmailtask"
        SendMailTask:SMTPServer="{{2D0C7A4C-3A3B-4C65-9E5C-6B7A1E1B00A2}}" SendMailTask:From="etl@example.com"
        SendMailTask:To="ann@example.com" SendMailTask:Subject="Over TLS" SendMailTask:MessageSource="Done" /></DTS:ObjectData>
    </DTS:Executable>
  </DTS:Executables>
</DTS:Executable>"#
    )
}

#[test]
fn mail_goes_encrypted_to_a_server_that_proves_its_name() {
    let packhorse = Packhorse::new();
    let (certificate, key) = certificate(packhorse.folder());
    let server = Smtpd::start(&["--tlscert", &certificate, "--tlskey", &key]);
    packhorse.write("Mail.dtsx", package(server.port));
    let exec = &mut packhorse.command(&["exec", "Mail.dtsx"]);
    let said = exec.env("SSL_CERT_FILE", &certificate).output().unwrap();
    assert!(said.status.success(), "{said:?}");
    let message = server.message();
    assert!(message.iter().any(|line| line == "Subject: Over TLS"), "{message:?}");
}
