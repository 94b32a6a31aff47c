//! What packages say while the catalog's server and a master die: every message is there once, in
//! its order, for those who read it afterwards and for those who follow it all the while.

use std::path::{Path, PathBuf};
use std::process::Child;
use std::time::Duration;

use serde_json::Value;
use testkit::postgres::{Durability, PostgresServer};
use testkit::wait_until;

use crate::harness::{Packhorse, package};
use crate::postgres::Cluster;

/// How long everything may take: half a minute is usual.
const ALL_DONE: Duration = Duration::from_secs(240);

/// How many executions run while things die.
const AT_ONCE: usize = 4;

/// Rounds with a pause behind each, and steps of a round. Each step says two messages at least.
const ROUNDS: usize = 12;
const STEPS: usize = 100;

/// A lease that outlasts a dead server on a loaded machine, so that each execution has one attempt
/// and its messages can be told in advance.
const SETTINGS: &str = "LeaseInterval = \"00:02:00\"";

/// A package that runs the same steps again and again, in one order.
fn chatter() -> String {
    let variable = |name: &str| {
        format!(
            r#"<DTS:Variable DTS:CreationName="" DTS:Namespace="User" DTS:ObjectName="{name}">
  <DTS:VariableValue DTS:DataType="3">0</DTS:VariableValue></DTS:Variable>"#
        )
    };
    let executable = |path: &str, kind: &str, attributes: &str, inside: &str| {
        let (name, id) = (path.rsplit('\\').next().unwrap(), path.len());
        format!(
            r#"<DTS:Executable DTS:refId="Package\{path}" DTS:CreationName="{kind}"
  DTS:DTSID="{{CCCCCCCC-0000-0000-0000-0000000000{id:02X}}}" DTS:ExecutableType="{kind}"
  DTS:ObjectName="{name}" {attributes}>{inside}</DTS:Executable>"#
        )
    };
    let counting = |name: &str, to: usize| {
        format!(
            r#"DTS:InitExpression="@{name} = 1" DTS:EvalExpression="@{name} &lt;= {to}"
  DTS:AssignExpression="@{name} = @{name} + 1""#
        )
    };
    let add = r#"<DTS:ObjectData><ExpressionTask Expression="@[User::sum] = @[User::sum] + @[User::j]" /></DTS:ObjectData>"#;
    let add = executable("Round\\Steps\\Add", "Microsoft.ExpressionTask", "", add);
    let steps = format!("<DTS:Executables>{add}</DTS:Executables>");
    let steps = executable("Round\\Steps", "STOCK:FORLOOP", &counting("j", STEPS), &steps);
    let pause = r#"<DTS:ObjectData><ExecuteProcessData Executable="/bin/sleep" Arguments="0.5" /></DTS:ObjectData>"#;
    let pause = executable("Round\\Pause", "Microsoft.ExecuteProcess", "", pause);
    let order = r#"<DTS:PrecedenceConstraints><DTS:PrecedenceConstraint DTS:refId="Package\Round.PrecedenceConstraints[C]"
  DTS:From="Package\Round\Steps" DTS:To="Package\Round\Pause" DTS:LogicalAnd="True" DTS:ObjectName="C" /></DTS:PrecedenceConstraints>"#;
    let inside = format!("<DTS:Executables>{steps}{pause}</DTS:Executables>{order}");
    let round = executable("Round", "STOCK:FORLOOP", &counting("i", ROUNDS), &inside);
    let variables: String = ["i", "j", "sum"].into_iter().map(variable).collect();
    package(
        "Chatter",
        &format!(
            "<DTS:Variables>{variables}</DTS:Variables><DTS:Executables>{round}</DTS:Executables>"
        ),
    )
}

/// A message without what differs from one execution to the next: numbers of processes, times.
fn told(message: &Value) -> String {
    let text = |name: &str| message[name].as_str().unwrap_or_default().to_owned();
    let digits = |character: char| character.is_ascii_digit();
    format!(
        "{} {} {} {} {}",
        message["attempt"],
        text("event_name"),
        text("source_name"),
        text("execution_path"),
        text("message").replace(digits, "")
    )
}

fn all_told(messages: &[Value]) -> Vec<String> {
    messages.iter().map(told).collect()
}

/// Somebody who reads along.
struct Follower {
    child: Child,
    file: PathBuf,
}

impl Follower {
    fn start(packhorse: &Packhorse, id: i64) -> Self {
        let file = packhorse.folder().join(format!("followed-{id}"));
        let words = ["messages", &id.to_string(), "--follow", "--json"];
        let mut command = packhorse.command(&words);
        let errors = std::fs::File::create(file.with_extension("log")).unwrap();
        command.stdout(std::fs::File::create(&file).unwrap()).stderr(errors);
        Self { child: command.spawn().unwrap(), file }
    }

    /// Everything that it saw, once the execution has ended.
    fn end(mut self) -> Vec<Value> {
        let ended = wait_until("a follower to end", ALL_DONE, || match self.child.try_wait() {
            Ok(Some(status)) => Ok(status),
            other => Err(format!("{other:?}")),
        });
        let log = std::fs::read_to_string(self.file.with_extension("log")).unwrap();
        assert!(ended.success(), "{ended}: {log}");
        lines(&self.file)
    }
}

impl Drop for Follower {
    fn drop(&mut self) {
        self.child.kill().ok();
        self.child.wait().ok();
    }
}

fn lines(file: &Path) -> Vec<Value> {
    let text = std::fs::read_to_string(file).unwrap();
    text.lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

/// Waits until so many messages of an execution were followed.
fn wait_for_lines(file: &Path, count: usize) {
    wait_until("messages to be followed", ALL_DONE, || {
        let there = std::fs::read_to_string(file).unwrap().lines().count();
        if count <= there { Ok(()) } else { Err(there) }
    });
}

/// Fails where two lists differ, and shows the place instead of thousands of lines.
fn assert_same(what: &str, found: &[String], expected: &[String]) {
    let differs = found.iter().zip(expected).position(|(found, expected)| found != expected);
    let at = differs.unwrap_or_else(|| found.len().min(expected.len()));
    assert!(
        found == expected,
        "{what}: {} messages, and {} expected; from {at} on {:?}, expected {:?}",
        found.len(),
        expected.len(),
        found.get(at..(at + 3).min(found.len())),
        expected.get(at..(at + 3).min(expected.len())),
    );
}

#[test]
fn every_message_is_there_once_and_in_order_when_the_server_and_a_master_die() {
    let server = PostgresServer::start(Durability::Full);
    let mut cluster = Cluster::start_with(&server.database(), 2, SETTINGS);
    let path = cluster.one.write("Chatter.dtsx", chatter());
    cluster.one.ok(&["deploy", &path.to_string_lossy(), "--project", "Jobs"]);
    let execute = |times: &str| {
        cluster.one.ok(&["execute", "Packhorse/Jobs/Chatter.dtsx", "--times", times]);
    };
    // What an execution says when nothing happens is what every other must say.
    execute("1");
    cluster.wait_until_succeeded(1);
    let calm = cluster.two.executions()[0]["execution_id"].as_i64().unwrap();
    let expected = all_told(&cluster.two.messages(calm));
    assert!(ROUNDS * STEPS * 2 <= expected.len(), "only {} messages", expected.len());
    execute(&AT_ONCE.to_string());
    let ids: Vec<i64> = cluster
        .two
        .executions()
        .iter()
        .filter_map(|row| row["execution_id"].as_i64())
        .filter(|id| *id != calm)
        .collect();
    let followers: Vec<Follower> =
        ids.iter().map(|id| Follower::start(&cluster.two, *id)).collect();
    assert_eq!(followers.len(), AT_ONCE);
    wait_for_lines(&followers[0].file, expected.len() / 6);
    cluster.running[0].kill();
    wait_for_lines(&followers[0].file, expected.len() / 3);
    server.kill();
    server.start_again();
    wait_for_lines(&followers[0].file, expected.len() / 2);
    server.kill();
    server.start_again();
    cluster.wait_until_succeeded(1 + AT_ONCE);
    for (id, follower) in ids.into_iter().zip(followers) {
        let messages = cluster.two.messages(id);
        assert_same(&format!("execution {id}"), &all_told(&messages), &expected);
        let ascending = |pair: &[Value]| pair[0]["id"].as_i64() < pair[1]["id"].as_i64();
        assert!(messages.windows(2).all(ascending), "execution {id}");
        let followed = all_told(&follower.end());
        assert_same(&format!("followed {id}"), &followed, &expected);
    }
}
