//! `docs/guides/set-up.md`: its commands, run as they are printed, each on its machine.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Stdio;

use testkit::lab::{Lab, Machine, postgres};
use testkit::wait_for;

use crate::harness::{Said, shell_package};

const GUIDE: &str = include_str!("../../../../docs/guides/set-up.md");

/// What the machines' `scp` does: all homes lie beside each other.
const SCP: &str = "#!/bin/sh\n\
    for word; do case $word in -p) ;; *:) to=../${word%:} ;; *) files=\"$files $word\" ;; esac; done\n\
    cp -p $files \"$to\"\n";

/// A part of the guide that is carried out.
enum Step {
    /// Commands, and where.
    Run { machines: Vec<String>, commands: String },
    /// Machines that are switched off.
    SwitchOff(Vec<String>),
}

/// The guide's blocks of commands, and its plugs that are pulled.
fn steps() -> Vec<Step> {
    let mut steps = Vec::new();
    let mut lines = GUIDE.lines();
    while let Some(line) = lines.next() {
        if let Some(rest) = line.strip_prefix("Switch off ") {
            let names = rest.split('`').skip(1).step_by(2).map(str::to_owned);
            steps.push(Step::SwitchOff(names.collect()));
        } else if line == "```sh" {
            let head = lines.next().unwrap();
            let on = head.strip_prefix("# on ").expect("a block says where it is run");
            let on = on.split(':').next().unwrap().replace(" and ", ", ");
            let commands: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
            let machines = on.split(", ").map(str::to_owned).collect();
            steps.push(Step::Run { machines, commands: commands.join("\n") });
        }
    }
    steps
}

struct Cluster {
    machines: BTreeMap<String, Machine>,
    /// What `workers add` printed last: the command for the other machine, and the last one.
    join: String,
    enable: String,
}

impl Cluster {
    fn run(&mut self, name: &str, commands: &str) {
        for command in commands.lines() {
            let command = if command.starts_with("packhorse join ") {
                assert!(self.join.starts_with("packhorse join https://"), "{}", self.join);
                self.join.clone()
            } else if command.contains(" ID") {
                assert_eq!(command, "packhorse workers enable ID");
                self.enable.clone()
            } else {
                command.to_owned()
            };
            let said = self.patiently(name, &command);
            if command.starts_with("packhorse join ") {
                self.ignore_load(name);
            }
            if command == "packhorse workers add" {
                self.join = said.out.lines().next().unwrap().to_owned();
                let last = said.err.lines().last().unwrap();
                self.enable = last.strip_prefix("then: ").unwrap().to_owned();
            }
        }
    }

    /// The processors here run other tests too, which says nothing of a machine of the guide.
    fn ignore_load(&self, name: &str) {
        let settings = ".packhorse/workers/1/WorkerSettings.toml";
        let path = self.machines[name].home().join(settings);
        let text = std::fs::read_to_string(&path).unwrap();
        std::fs::write(&path, format!("{text}TaskRequestMaxCPU = 100.0\n")).unwrap();
    }

    /// Runs a command as a person does, who waits a moment and tries again when something that
    /// was just started is not there yet.
    fn patiently(&self, name: &str, command: &str) -> Said {
        let machine = &self.machines[name];
        let starts = command.ends_with('&');
        wait_for(&format!("`{command}` on {name} to succeed"), || {
            let mut shell = machine.command("timeout");
            shell.args(["90", "sh", "-c", command]).env("PGHOST", "/mnt").env("PGUSER", "postgres");
            if !name.starts_with("db") {
                shell.env_remove("PGHOST").env_remove("PGUSER");
            }
            if starts {
                assert!(
                    shell.stdout(Stdio::null()).stderr(Stdio::null()).status().unwrap().success()
                );
                return Ok(Said { code: 0, out: String::new(), err: String::new() });
            }
            let said: Said = shell.output().unwrap().into();
            if said.code == 0 { Ok(said) } else { Err(said) }
        })
    }
}

/// The folder with what a reader has in the search path.
fn programs(folder: &Path) -> std::path::PathBuf {
    use std::os::unix::fs::{PermissionsExt as _, symlink};
    let programs = folder.join("bin");
    std::fs::create_dir(&programs).unwrap();
    symlink(env!("CARGO_BIN_EXE_packhorse"), programs.join("packhorse")).unwrap();
    std::fs::write(programs.join("scp"), SCP).unwrap();
    let mode = std::fs::Permissions::from_mode(0o755);
    std::fs::set_permissions(programs.join("scp"), mode).unwrap();
    programs
}

#[test]
fn the_guide_leads_to_a_cluster_that_goes_on_without_a_master_and_a_worker() {
    let folder = tempfile::tempdir().unwrap();
    let programs = programs(folder.path());
    let names = ["one", "two", "three", "w1", "w2", "db1", "db2"];
    let lab = Lab::new(folder.path(), &names);
    let machines = names.map(|name| (name.to_owned(), lab.machine(name, &programs)));
    let machines = BTreeMap::from(machines);
    postgres::primary(&machines["db1"]);
    postgres::standby(&machines["db2"], &machines["db1"]);
    let hello = shell_package("Hello", &["echo hello"]);
    std::fs::write(machines["three"].home().join("Hello.dtsx"), hello).unwrap();
    let mut cluster = Cluster { machines, join: String::new(), enable: String::new() };
    let steps = steps();
    assert!(10 < steps.len(), "the guide's blocks are not found");
    for step in steps {
        match step {
            Step::Run { machines, commands } => {
                machines.iter().for_each(|name| cluster.run(name, &commands));
            }
            Step::SwitchOff(names) => {
                assert_eq!(names, ["one", "w1"]);
                names.iter().for_each(|name| drop(cluster.machines.remove(name)));
            }
        }
    }
    let said = cluster.patiently("two", "packhorse executions --json");
    let all = said.json()["executions"].as_array().unwrap().clone();
    let ended: Vec<_> = all.iter().map(|one| one["status"].as_i64().unwrap()).collect();
    assert_eq!(ended, [7, 7], "{all:#?}");
}
