//! `--login`: commands that ask a master do what the login may, and nothing else.

use std::io::Write as _;
use std::process::Stdio;

use serde_json::Value;
use testkit::permissions::{Gate, gates_of};
use testkit::wait_for;

use crate::harness::{Packhorse, Said, shell_package};

const PASSWORD: &str = "Correct horse 1";

/// Each role alone, and a login that has none.
const ROLES: &[&str] =
    &["", "ssis_admin", "ssis_cluster_executor", "ssis_logreader", "securityadmin", "sysadmin"];

/// A command, and the row of the table of permissions that has its rule. `N` is the number of
/// whoever asks.
const COMMANDS: &[(&str, &str)] = &[
    ("executions --json", "GET /api/executions"),
    ("executions {running}", "GET /api/executions/{id}"),
    ("messages {running}", "GET /api/executions/{id}/messages"),
    ("explain {running}", "GET /api/executions/{id}/explain"),
    ("execute Sales/Jobs/Job.dtsx", "POST /api/executions"),
    ("deploy Job.dtsx --folder Sales --project Jobs", "PUT /api/projects/{folder}/{project}"),
    ("stop {running}", "POST /api/operations/{id}/stop"),
    ("workers --json", "GET /api/workers"),
    ("workers disable {agent}", "POST /api/workers/{id}/disable"),
    ("workers enable {agent}", "POST /api/workers/{id}/enable"),
    ("workers tag {agent} fast", "POST /api/workers/{id}"),
    ("workers waiting", "GET /api/workers/waiting"),
    ("workers add", "POST /api/joins"),
    ("masters --json", "GET /api/masters"),
    ("login list --json", "GET /api/logins"),
    ("login create eveN --password-file password", "POST /api/logins"),
    ("login disable spare", "POST /api/logins/{name}"),
    ("login drop eveN", "DELETE /api/logins/{name}"),
];

/// Somebody who asks: the number of its login, and its role.
#[derive(Clone, Copy)]
struct Person(usize, &'static str);

/// What the calls of the table name.
struct Scene {
    running: String,
    agent: String,
}

impl Scene {
    fn fill(&self, text: &str) -> String {
        text.replace("{running}", &self.running).replace("{agent}", &self.agent)
    }

    fn knock(&self, packhorse: &Packhorse, person: Person, (line, name): (&str, &str)) {
        let gates = gates_of(&["api"]);
        let gate = gates.iter().find(|gate| gate.name == name).unwrap();
        let line = self.fill(line).replace('N', &person.0.to_string());
        let login = format!("person{}", person.0);
        let mut words: Vec<&str> = line.split(' ').collect();
        words.extend(["--login", &login, "--login-password-file", "password"]);
        let said = packhorse.run(&words);
        assert!(!said.err.contains(PASSWORD), "{said:?}");
        let may = gate.rule.lets_in(|need| need == person.1);
        let fits = if may { self.is_answer(gate, &said) } else { self.is_refusal(gate, &said) };
        assert!(fits, "`{line}` as `{}`, which may: {may}: {said:?}", person.1);
    }

    fn is_answer(&self, gate: &Gate, said: &Said) -> bool {
        match gate.answer.split_once(' ') {
            Some(("rows", marker)) => said.code == 0 && said.out.contains(&self.fill(marker)),
            Some((_, code)) => said.code == 0 || said.err.contains(code),
            None => said.code == 0,
        }
    }

    fn is_refusal(&self, gate: &Gate, said: &Said) -> bool {
        match gate.answer.strip_prefix("rows ") {
            Some(marker) if gate.refusal == "no rows" => {
                said.code == 0 && !said.out.contains(&self.fill(marker))
            }
            // What is refused is tried path by path elsewhere; here, that the command says so.
            _ => said.code == 1 && said.err.starts_with("error: ") && said.out.is_empty(),
        }
    }
}

#[test]
fn every_command_does_for_every_role_what_the_table_of_permissions_says() {
    let packhorse = Packhorse::new();
    let up = packhorse.up(1, &[]);
    packhorse.write("password", PASSWORD);
    let path = packhorse.write("Job.dtsx", shell_package("Job", &["true"]));
    packhorse.ok(&["deploy", &path.to_string_lossy(), "--folder", "Sales", "--project", "Jobs"]);
    packhorse.ok(&["execute", "Sales/Jobs/Job.dtsx", "--wait"]);
    let create = |name: &str, role: &str| {
        let mut words = vec!["login", "create", name, "--password-file", "password"];
        words.extend([role].iter().filter(|role| !role.is_empty()).flat_map(|r| ["--role", *r]));
        packhorse.ok(&words);
    };
    create("spare", "");
    let workers = packhorse.ok(&["workers", "--json"]).json();
    let scene = Scene {
        running: packhorse.executions()[0]["execution_id"].to_string(),
        agent: workers["workers"][0]["worker_agent_id"].as_str().unwrap().to_owned(),
    };
    for (number, role) in ROLES.iter().enumerate() {
        create(&format!("person{number}"), role);
        for command in COMMANDS {
            scene.knock(&packhorse, Person(number, role), *command);
        }
    }
    up.stop();
}

/// Runs a command with these lines on its standard input.
fn with_input(packhorse: &Packhorse, words: &[&str], input: &str) -> Said {
    let mut command = packhorse.command(words);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(input.as_bytes()).unwrap();
    child.wait_with_output().unwrap().into()
}

fn names(said: &Said) -> Vec<String> {
    let list = said.json();
    let logins = list["logins"].as_array().unwrap().iter();
    logins.map(|login| login["name"].as_str().unwrap().to_owned()).collect()
}

#[test]
fn a_login_asks_a_master_from_a_machine_that_has_nothing_of_it() {
    let (packhorse, elsewhere) = (Packhorse::new(), Packhorse::new());
    let up = packhorse.up(0, &[]);
    packhorse.write("password", PASSWORD);
    packhorse.ok(&["login", "create", "ann", "--password-file", "password"]);
    let shown = packhorse.ok(&["cert", "show", "--json"]).json();
    let mut certificates = shown["certificates"].as_array().unwrap().iter();
    let is_masters = |one: &&Value| one["path"].as_str().unwrap().ends_with("master.crt");
    let master = certificates.find(is_masters).unwrap();
    let pin = master["thumbprint"].as_str().unwrap().to_owned();
    let endpoint = packhorse.endpoint().unwrap();
    let words = ["login", "list", "--json", "--login", "ann", "--server", &endpoint];
    let said = with_input(&elsewhere, &words, PASSWORD);
    assert!(said.code == 1 && said.err.contains("--server-thumbprint"), "{said:?}");
    let other = pin.chars().rev().collect::<String>();
    let wrong = [&words[..], &["--server-thumbprint", &other]].concat();
    let said = with_input(&elsewhere, &wrong, PASSWORD);
    assert!(said.code == 1 && said.err.contains("is not trusted here"), "{said:?}");
    let words = [&words[..], &["--server-thumbprint", &pin]].concat();
    let said = with_input(&elsewhere, &words, &format!("{PASSWORD}\n"));
    assert_eq!(names(&said), ["ann"], "from standard input, and it sees itself only");
    let mut command = elsewhere.command(&words);
    let said: Said = command.env("PACKHORSE_LOGIN_PASSWORD", PASSWORD).output().unwrap().into();
    assert_eq!(names(&said), ["ann"], "from the environment");
    let said = with_input(&elsewhere, &words, "Another horse 2");
    assert!(said.code == 1 && said.err.contains("login failed for user 'ann'"), "{said:?}");
    assert!(!said.err.contains("Another horse"), "{said:?}");
    assert!(!elsewhere.data().exists(), "nothing is set up by asking");
    up.stop();
}

#[test]
fn a_command_that_asks_no_master_says_that_it_takes_no_login() {
    let packhorse = Packhorse::new();
    let said = packhorse.run(&["cert", "show", "--login", "ann"]);
    assert!(said.code == 1 && said.err.contains("--login is for"), "{said:?}");
    let said = packhorse.run(&["executions", "--login-password-file", "x"]);
    assert!(said.code == 1 && said.err.contains("there is none"), "{said:?}");
    let said = packhorse.run(&["executions", "--login", "a:b"]);
    assert!(said.code == 1 && said.err.contains("has a colon"), "{said:?}");
}

#[test]
fn a_password_is_typed_where_nobody_sees_it() {
    let packhorse = Packhorse::new();
    let up = packhorse.up(0, &[]);
    packhorse.write("password", PASSWORD);
    packhorse.ok(&["login", "create", "ann", "--password-file", "password"]);
    // `script` gives the command a terminal, and writes what the terminal shows.
    let line = format!(
        "{} --data-dir {} login list --json --login ann",
        env!("CARGO_BIN_EXE_packhorse"),
        packhorse.data().display()
    );
    let shown = packhorse.folder().join("shown");
    let mut command = std::process::Command::new("script");
    command.args(["--quiet", "--return", "--flush", "--command", &line]).arg(&shown);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
    let mut keys = child.stdin.take().unwrap();
    let text = || std::fs::read_to_string(&shown).unwrap_or_default();
    wait_for(
        "the prompt",
        || {
            if text().contains("password of ann:") { Ok(()) } else { Err(text()) }
        },
    );
    keys.write_all(format!("{PASSWORD}\n").as_bytes()).unwrap();
    keys.flush().unwrap();
    wait_for("the command to end", || match child.try_wait().unwrap() {
        Some(status) if status.success() => Ok(()),
        _ => Err(text()),
    });
    assert!(text().contains("\"name\":\"ann\"") && !text().contains(PASSWORD), "{}", text());
    up.stop();
}
