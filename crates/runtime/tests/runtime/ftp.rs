//! FTP Task, with an FTP server that is not ours.

use std::fs;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::Path;
use std::time::{Duration, Instant};

use runtime::Cancel;
use testkit::ftp::{PASSWORD, USER, Vsftpd};
use testkit::postgres::free_port;
use testkit::wait_for;

use crate::support::{
    Ran, escape, executables, package_of, project, run, run_until, run_with, task, variable,
};

const FTP: &str = "{3B5A2B3C-0000-4000-8000-0000000000F1}";
const FILE: &str = "{3B5A2B3C-0000-4000-8000-0000000000F2}";

/// An FTP connection manager, and a FILE one for `path`.
fn managers(port: u16, settings: &str, path: &Path) -> String {
    format!(
        r#"<DTS:ConnectionManagers>
  <DTS:ConnectionManager DTS:refId="Package.ConnectionManagers[Partner]" DTS:CreationName="FTP"
    DTS:DTSID="{FTP}" DTS:ObjectName="Partner">
    <DTS:ObjectData><DTS:ConnectionManager DTS:ConnectionString="127.0.0.1:{port}">
      <DTS:FtpConnection DTS:ServerName="127.0.0.1" DTS:ServerPort="{port}"
        DTS:ServerUserName="{USER}" DTS:Retries="1" {settings}>
        <DTS:Property DTS:Name="ServerPassword" DTS:Sensitive="1">{PASSWORD}</DTS:Property>
      </DTS:FtpConnection></DTS:ConnectionManager></DTS:ObjectData>
  </DTS:ConnectionManager>
  <DTS:ConnectionManager DTS:refId="Package.ConnectionManagers[Local]" DTS:CreationName="FILE"
    DTS:DTSID="{FILE}" DTS:ObjectName="Local">
    <DTS:ObjectData><DTS:ConnectionManager DTS:ConnectionString="{}" /></DTS:ObjectData>
  </DTS:ConnectionManager>
</DTS:ConnectionManagers>"#,
        escape(&path.display().to_string())
    )
}

const PASSIVE: &str = r#"DTS:UsePassiveMode="True""#;

/// A package of one FTP Task.
fn package(managers: &str, variables: &str, settings: &str) -> String {
    let data = format!(r#"<FtpData ConnectionName="{FTP}" {settings} />"#);
    let body = executables(&[task("Fetch", "Microsoft.FtpTask", "", &data)]);
    package_of("", &format!("{managers}<DTS:Variables>{variables}</DTS:Variables>"), &body)
}

/// Settings of an operation between the FILE connection manager and a path of the server.
fn between(operation: &str, remote: &Path, more: &str) -> String {
    format!(
        r#"TaskOperationType="{operation}" TaskLocalPath="{FILE}" TaskRemotePath="{}" {more}"#,
        remote.display()
    )
}

fn said(ran: &Ran) -> String {
    ran.events().into_iter().map(|event| event.description + "\n").collect()
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder).unwrap();
    let mut names: Vec<String> =
        entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[test]
fn files_that_a_mask_means_are_received_in_both_modes() {
    let folder = tempfile::tempdir().unwrap();
    let server = Vsftpd::start(folder.path(), "");
    let large: Vec<u8> = (0..300_000_u32).flat_map(u32::to_le_bytes).collect();
    for (name, bytes) in [("a.csv", b"1;2\n".as_slice()), ("large b.csv", &large), ("c.txt", b"")] {
        fs::write(server.root.join(name), bytes).unwrap();
    }
    fs::create_dir(server.root.join("folder.csv")).unwrap();
    for (mode, settings) in [("passive", PASSIVE), ("active", r#"DTS:UsePassiveMode="False""#)] {
        let here = folder.path().join(mode);
        fs::create_dir(&here).unwrap();
        let settings = format!(r#"{settings} DTS:ChunkSize="10""#);
        let remote = server.root.join("*.csv");
        let ran = run(&package(
            &managers(server.port, &settings, &here),
            "",
            &between("Receive", &remote, ""),
        ))
        .succeeded();
        assert_eq!(names(&here), ["a.csv", "large b.csv"], "{mode}");
        assert_eq!(fs::read(here.join("large b.csv")).unwrap(), large, "{mode}");
        let custom: Vec<String> = ran.events().into_iter().map(|event| event.name).collect();
        assert!(custom.contains(&"FTPConnectingToServer".to_owned()), "{custom:?}");
        assert!(custom.contains(&"FTPOperation".to_owned()), "{custom:?}");
    }
}

#[test]
fn files_are_sent_by_a_variable_with_wildcards_and_mapped_windows_paths() {
    let folder = tempfile::tempdir().unwrap();
    let server = Vsftpd::start(folder.path(), "");
    let out = folder.path().join("out");
    fs::create_dir(&out).unwrap();
    for name in ["x1.csv", "X2.CSV", "y.txt"] {
        fs::write(out.join(name), name).unwrap();
    }
    let inbox = server.root.join("in");
    fs::create_dir(&inbox).unwrap();
    let variables = variable("files", 8, "D:\\Out\\x*.csv")
        + &variable("inbox", 8, &inbox.display().to_string());
    let settings = r#"TaskOperationType="Send" TaskLocalPath="User::files"
        TaskIsLocalPathVar="True" TaskRemotePath="User::inbox" TaskIsRemotePathVar="True""#;
    let text = package(&managers(server.port, PASSIVE, &out), &variables, settings);
    let send = |text: &str| {
        run_with(&[("P.dtsx", text)], |options| {
            options.path_map = connect::path::PathMap::new([("D:\\Out", &out)], "/");
        })
    };
    send(&text).succeeded();
    assert_eq!(names(&inbox), ["X2.CSV", "x1.csv"]);
    assert_eq!(fs::read(inbox.join("x1.csv")).unwrap(), b"x1.csv");

    fs::write(out.join("x1.csv"), "new").unwrap();
    let refused = send(&text).failed();
    assert_eq!(refused.codes(), [0xC001_602A, 0xC002_918B]);
    assert!(
        said(&refused).contains("Unable to send files using \"Partner\"."),
        "{}",
        said(&refused)
    );
    assert_eq!(fs::read(inbox.join("x1.csv")).unwrap(), b"x1.csv");
    let overwrite =
        text.replace("TaskOperationType", r#"TaskOverwriteDest="True" TaskOperationType"#);
    send(&overwrite).succeeded();
    assert_eq!(fs::read(inbox.join("x1.csv")).unwrap(), b"new");
}

#[test]
fn folders_are_made_and_removed_and_files_deleted_on_both_sides() {
    let folder = tempfile::tempdir().unwrap();
    let server = Vsftpd::start(folder.path(), "");
    let here = folder.path().join("here");
    let there = server.root.join("there");
    let managers_for = |path: &Path| managers(server.port, PASSIVE, path);
    let once = |operation: &str, remote: &Path, local: &Path| {
        run(&package(&managers_for(local), "", &between(operation, remote, "")))
    };

    once("MakeDirRemote", &there, &here).succeeded();
    assert!(there.is_dir());
    assert_eq!(once("MakeDirRemote", &there, &here).failed().codes(), [0xC001_602E, 0xC002_918C]);
    once("MakeDirLocal", &there, &here).succeeded();
    assert!(here.is_dir());
    let again = once("MakeDirLocal", &there, &here).failed();
    assert_eq!(again.codes(), [0xC002_9180]);
    assert!(said(&again).contains("here\" already exists."), "{}", said(&again));

    for name in ["a.csv", "b.csv", "c.txt"] {
        fs::write(there.join(name), "").unwrap();
        fs::write(here.join(name), "").unwrap();
    }
    once("DeleteRemote", &there.join("*.csv"), &here).succeeded();
    assert_eq!(names(&there), ["c.txt"]);
    let none = once("DeleteRemote", &there.join("*.csv"), &here).failed();
    assert_eq!(none.codes(), [0xC002_9185, 0xC002_918E]);
    assert!(said(&none).contains("No files found in \""), "{}", said(&none));
    once("DeleteLocal", &there, &here.join("c.txt")).succeeded();
    assert_eq!(names(&here), ["a.csv", "b.csv"]);
    let gone = once("DeleteLocal", &there, &here.join("c.txt")).failed();
    assert_eq!(gone.codes(), [0xC002_9183]);

    assert_eq!(once("RemoveDirRemote", &there, &here).failed().codes(), [0xC001_602F, 0xC002_918D]);
    once("DeleteRemote", &there.join("c.txt"), &here).succeeded();
    once("RemoveDirRemote", &there, &here).succeeded();
    assert!(!there.exists());
    assert_eq!(once("RemoveDirLocal", &there, &here).failed().codes(), [0xC002_F304, 0xC002_9188]);
    let variables = variable("files", 8, &here.join("*.csv").display().to_string());
    let settings =
        r#"TaskOperationType="DeleteLocal" TaskLocalPath="User::files" TaskIsLocalPathVar="True""#;
    run(&package(&managers_for(&here), &variables, settings)).succeeded();
    assert_eq!(names(&here), Vec::<String>::new());
    once("RemoveDirLocal", &there, &here).succeeded();
    assert!(!here.exists());
}

#[test]
fn text_travels_with_the_lines_of_the_wire() {
    let folder = tempfile::tempdir().unwrap();
    let server = Vsftpd::start(folder.path(), "");
    fs::write(server.root.join("a.txt"), "1\n2\n").unwrap();
    let here = folder.path().join("here");
    fs::create_dir(&here).unwrap();
    let ascii = r#"TaskIsTransferTypeASCII="True""#;
    let settings = between("Receive", &server.root.join("a.txt"), ascii);
    run(&package(&managers(server.port, PASSIVE, &here), "", &settings)).succeeded();
    assert_eq!(fs::read(here.join("a.txt")).unwrap(), b"1\r\n2\r\n");
    let file = here.join("b.txt");
    fs::write(&file, "3\r\n4\r\n").unwrap();
    let settings = between("Send", &server.root, ascii);
    run(&package(&managers(server.port, PASSIVE, &file), "", &settings)).succeeded();
    assert_eq!(fs::read(server.root.join("b.txt")).unwrap(), b"3\n4\n");
}

#[test]
fn what_stands_in_the_way_of_one_file_ends_the_task_or_only_its_turn() {
    let folder = tempfile::tempdir().unwrap();
    let server = Vsftpd::start(folder.path(), "");
    for name in ["1.csv", "2.csv", "3.csv"] {
        fs::write(server.root.join(name), "new").unwrap();
    }
    let here = folder.path().join("here");
    fs::create_dir(&here).unwrap();
    fs::write(here.join("1.csv"), "old").unwrap();
    let managers = managers(server.port, PASSIVE, &here);
    let mask = server.root.join("*.csv");
    let stopped = run(&package(&managers, "", &between("Receive", &mask, ""))).failed();
    assert_eq!(stopped.codes(), [0xC001_602A, 0xC002_918A]);
    assert_eq!(names(&here), ["1.csv"]);
    assert_eq!(fs::read(here.join("1.csv")).unwrap(), b"old");

    let on = r#"TaskStopOnOperationFailure="False""#;
    let text = package(&managers, "", &between("Receive", &mask, on));
    let went_on = run(&text).failed();
    assert_eq!(went_on.codes(), [0xC001_602A, 0xC002_918A]);
    assert_eq!(names(&here), ["1.csv", "2.csv", "3.csv"]);
    let many = text
        .replace(r#"DTS:ObjectName="Fetch""#, r#"DTS:ObjectName="Fetch" DTS:MaxErrorCount="9""#)
        .replace(r#"DTS:ObjectName="P""#, r#"DTS:ObjectName="P" DTS:MaxErrorCount="9""#);
    for name in ["2.csv", "3.csv"] {
        fs::remove_file(here.join(name)).unwrap();
    }
    run(&many).succeeded();
    assert_eq!(names(&here), ["1.csv", "2.csv", "3.csv"]);
    let over = between("Receive", &mask, r#"TaskOverwriteDest="True""#);
    run(&package(&managers, "", &over)).succeeded();
    assert_eq!(fs::read(here.join("1.csv")).unwrap(), b"new");
}

#[test]
fn expressions_set_the_connection_and_the_task() {
    let folder = tempfile::tempdir().unwrap();
    let server = Vsftpd::start(folder.path(), "");
    fs::write(server.root.join("a.csv"), "x").unwrap();
    let here = folder.path().join("here");
    fs::create_dir(&here).unwrap();
    let variables = variable("server", 8, "127.0.0.1")
        + &variable("port", 3, &server.port.to_string())
        + &variable("path", 8, &server.root.join("a.csv").display().to_string());
    let expression = |name: &str, text: &str| {
        format!(
            r#"<DTS:PropertyExpression DTS:Name="{name}">{}</DTS:PropertyExpression>"#,
            escape(text)
        )
    };
    let managers = managers(1, "", &here);
    let settings = between("Send", Path::new("/x"), "");
    let text = package(&managers, &variables, &settings)
        .replace(
            r#"DTS:ObjectName="Partner">"#,
            &format!(
                r#"DTS:ObjectName="Partner">{}{}"#,
                expression(
                    "ConnectionString",
                    "@[User::server] + \":\" + (DT_WSTR, 9)@[User::port]"
                ),
                expression("UsePassiveMode", "TRUE"),
            ),
        )
        .replace(
            "<DTS:ObjectData><FtpData",
            &format!(
                "{}{}<DTS:ObjectData><FtpData",
                expression("RemotePath", "@[User::path]"),
                expression("Operation", "1")
            ),
        );
    run(&text).succeeded();
    assert_eq!(names(&here), ["a.csv"]);
    let by_name = text
        .replace(
            r#"<DTS:PropertyExpression DTS:Name="ConnectionString">@[User::server] + &quot;:&quot; + (DT_WSTR, 9)@[User::port]"#,
            r#"<DTS:PropertyExpression DTS:Name="ServerPort">@[User::port]"#,
        );
    assert_ne!(by_name, text);
    fs::remove_file(here.join("a.csv")).unwrap();
    run(&by_name).succeeded();
    assert_eq!(names(&here), ["a.csv"]);
}

#[test]
fn a_task_that_cannot_begin_says_why_and_hides_the_password() {
    let folder = tempfile::tempdir().unwrap();
    let server = Vsftpd::start(folder.path(), "");
    let here = folder.path().to_owned();
    let receive = |port: u16, remote: &str| {
        let settings = between("Receive", Path::new(remote), "");
        run(&package(&managers(port, PASSIVE, &here), "", &settings)).failed()
    };
    let nobody = receive(free_port(), "/x/*");
    assert_eq!(nobody.codes(), [0xC001_602A, 0xC002_918F]);
    assert!(said(&nobody).contains("Unable to connect to FTP server using \"Partner\"."));

    let settings = between("Receive", Path::new("/x/*"), "");
    let text = package(&managers(server.port, PASSIVE, &here), "", &settings);
    let wrong = run(&text.replace(PASSWORD, "sesame, close")).failed();
    assert_eq!(wrong.codes(), [0xC001_602A, 0xC002_918F]);
    assert!(said(&wrong).contains("530 Login incorrect"), "{}", said(&wrong));
    assert!(!said(&wrong).contains("sesame"), "{}", said(&wrong));

    assert_eq!(receive(server.port, "/no/such/*.csv").codes(), [0xC001_6030, 0xC002_918A]);
    let relative = receive(server.port, "in/*.csv");
    assert_eq!(relative.codes().first(), Some(&0xC002_9191));
    assert!(said(&relative).contains("Remote path \"in/*.csv\" doesn't start with \"/\"."));
    let masked = receive(server.port, "/i*/x.csv");
    assert_eq!(masked.codes(), [0xC002_917F]);
    let line_end = receive(server.port, "/x&#13;&#10;DELE /y");
    assert_eq!(line_end.codes().len(), 2, "{:?}", line_end.complaints());
    let no_folder = between("Receive", &server.root.join("*"), "");
    let no_folder =
        run(&package(&managers(server.port, PASSIVE, &here.join("none")), "", &no_folder)).failed();
    assert_eq!(no_folder.codes(), [0xC002_9186]);
}

#[test]
fn a_silent_server_ends_the_task_after_its_timeout_and_a_stop_at_once() {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = silent.local_addr().unwrap().port();
    let folder = tempfile::tempdir().unwrap();
    let settings = between("Receive", Path::new("/x/*"), "");
    let text = |timeout: &str| {
        let timeout = format!(r#"DTS:Timeout="{timeout}""#);
        package(&managers(port, &timeout, folder.path()), "", &settings)
    };
    let ran = run(&text("1")).failed();
    assert_eq!(ran.codes(), [0xC001_602A, 0xC002_918F]);
    assert!(said(&ran).contains("no answer within 1 s"), "{}", said(&ran));

    let cancel = Cancel::new();
    let ask = cancel.clone();
    let stranger = std::thread::spawn(move || {
        // The task's connection is here when it waits for the greeting.
        silent.accept().unwrap();
        let (mut stream, _) = silent.accept().unwrap();
        ask.cancel();
        drop(stream.read(&mut [0; 1]));
    });
    let start = Instant::now();
    let files = text("0");
    let ran = run_until(&[("P.dtsx", &files)], |_| {}, cancel);
    assert_eq!(ran.outcome(), model::ExecutionResult::Canceled, "{:?}", ran.complaints());
    assert!(start.elapsed() < Duration::from_secs(60));
    stranger.join().unwrap();
}

#[test]
fn a_server_that_has_no_room_is_tried_again() {
    let folder = tempfile::tempdir().unwrap();
    let full = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = full.local_addr().unwrap().port();
    let server = std::thread::spawn(move || {
        for _ in 0..2 {
            let (mut stream, _) = full.accept().unwrap();
            stream.write_all(b"421 Too many users.\r\n").unwrap();
        }
    });
    let settings = between("MakeDirRemote", Path::new("/x"), "");
    let text = package(&managers(port, "", folder.path()), "", &settings)
        .replace(r#"DTS:Retries="1""#, r#"DTS:Retries="2""#);
    let ran = run(&text).failed();
    assert!(said(&ran).contains("421 Too many users."), "{}", said(&ran));
    wait_for("the second attempt", || if server.is_finished() { Ok(()) } else { Err("one") });
}

#[test]
fn a_package_with_an_ftp_task_is_promised_to_run() {
    let settings = between("Receive", Path::new("/x/*"), "");
    let text = package(&managers(21, "", Path::new("/tmp")), "", &settings);
    let project = project(&[("P.dtsx", &text)]);
    assert_eq!(runtime::check(&project, &project.packages[0].package), []);
}

#[test]
fn a_setting_that_is_not_known_is_refused_by_its_name() {
    let settings = between("Receive", Path::new("/x/*"), r#"TaskWeather="Rain""#);
    let text = package(&managers(21, "", Path::new("/tmp")), "", &settings);
    let project = project(&[("P.dtsx", &text)]);
    let found = runtime::check(&project, &project.packages[0].package);
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(
        found[0].to_string(),
        "FTP Task: its setting `TaskWeather` is not known (at \\Package\\Fetch)"
    );
    assert_eq!(run(&text).failed().started(), Vec::<String>::new());
}
