//! Every procedure, view, function and statement of the table of permissions, as every kind of
//! caller: who may, may; who may not is told so, and learns nothing else.

#[path = "permissions/callers.rs"]
mod callers;
#[path = "permissions/scene.rs"]
mod scene;

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use catalog::logins::PasswordHash;
use testkit::permissions::{Gate, gates_of};

use crate::support::{Fixture, Seen, Talk, server, server_on_postgres};
use callers::{PASSWORD, Subject, make_logins, subjects};
use scene::{CLASSES, Scene};

const DOORS: &[&str] = &["procedure", "view", "function", "statement"];

#[test]
fn every_caller_may_do_what_the_table_says_and_nothing_else() {
    try_everything(&server());
}

#[test]
fn every_caller_may_do_the_same_on_postgresql() {
    try_everything(&server_on_postgres());
}

/// The scene, for other tests too.
pub(crate) fn a_scene(server: &Fixture) -> Scene {
    let mut owner = subjects();
    owner.retain(|subject| subject.way == callers::Way::Owner);
    let (all, password) = (owner.clone(), PasswordHash::of(PASSWORD).unwrap());
    server.write(move |tx| make_logins(tx, &all, &password));
    Scene::make(server, &owner)
}

/// All faults are gathered: a rule that is wrong shows in more than one place.
fn try_everything(server: &Fixture) {
    let subjects = subjects();
    let (all, password) = (subjects.clone(), PasswordHash::of(PASSWORD).unwrap());
    server.write(move |tx| make_logins(tx, &all, &password));
    let scene = Scene::make(server, &subjects);
    let mut admin = Visitor::new(server, &scene, 0);
    let gates = gates_of(DOORS);
    let wanted: Vec<String> = gates.iter().map(|gate| admin.value(gate)).collect();
    let tries: Vec<(&Gate, &str)> = gates.iter().zip(wanted.iter().map(String::as_str)).collect();
    let next = AtomicUsize::new(0);
    let faults = Mutex::new(Vec::new());
    let try_the_next = || {
        let number = next.fetch_add(1, Ordering::Relaxed);
        let subject = subjects.get(number)?;
        let mut visitor = Visitor::new(server, &scene, number + 1);
        faults.lock().unwrap().extend(visitor.try_all(server, subject, &tries));
        Some(())
    };
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| while try_the_next().is_some() {});
        }
    });
    let faults = faults.into_inner().unwrap();
    assert!(faults.is_empty(), "{} faults\n{}", faults.len(), faults.join("\n"));
}

/// How many callers try at the same time.
const AT_ONCE: usize = 6;

/// Somebody who tries what the table has.
struct Visitor<'a> {
    talk: Talk,
    scene: &'a Scene,
    number: usize,
}

impl<'a> Visitor<'a> {
    /// The administrator.
    fn new(server: &Fixture, scene: &'a Scene, number: usize) -> Self {
        Self { talk: server.admin(), scene, number }
    }

    /// Tries everything, and gives what was not as the table says.
    fn try_all(
        &mut self,
        server: &Fixture,
        subject: &Subject,
        tries: &[(&Gate, &str)],
    ) -> Vec<String> {
        let session = i16::try_from(self.number + 100).unwrap();
        self.talk = server.session(scene::caller(server, &subject.login), session);
        let one = |(gate, wanted): &(&Gate, &str)| {
            let fault = self.knock(subject, gate, wanted).err()?;
            Some(format!("{}: {}: {fault}", subject.name, gate.name))
        };
        tries.iter().filter_map(one).collect()
    }

    /// Runs the call as it stands.
    fn run(&mut self, gate: &Gate, absent: Option<&str>) -> Seen {
        let call = self.scene.fill(gate.call, absent).replace("{n}", &self.number.to_string());
        assert!(!call.contains('{') || call.contains("'{"), "not filled in: {call}");
        self.talk.run(&call)
    }

    /// Runs the call and takes back what it did.
    fn run_and_undo(&mut self, gate: &Gate) -> Seen {
        let alone = gate.answer.ends_with("alone") || matches!(gate.door, "view" | "function");
        if alone {
            return self.run(gate, None);
        }
        self.talk.shows("BEGIN TRAN");
        let seen = self.run(gate, None);
        self.talk.shows("IF @@TRANCOUNT > 0 ROLLBACK");
        seen
    }

    /// What a query gives.
    fn value(&mut self, gate: &Gate) -> String {
        if gate.answer != "rows" {
            return String::new();
        }
        let value = value_of(&self.run(gate, None)).unwrap_or_default();
        let may_be_empty = !gate.call.contains("WHERE") && gate.door == "view";
        assert!(may_be_empty || value != "0", "the scene has nothing of it: {gate:?}");
        value
    }

    fn knock(&mut self, subject: &Subject, gate: &Gate, wanted: &str) -> Result<(), String> {
        if gate.rule.lets_in(|need| subject.has(need)) {
            return expect_answer(gate, &self.run_and_undo(gate), wanted);
        }
        let seen = self.run(gate, None);
        expect_refusal(gate, &seen)?;
        for class in CLASSES {
            // Whoever may make projects in a folder learns which names are taken there.
            let takes_names =
                gate.name == "catalog.deploy_project" && subject.has("folder:CREATE_OBJECTS");
            let hidden = !subject.sees(class.name) && !takes_names;
            if hidden && class.names.iter().any(|name| gate.call.contains(name)) {
                self.expect_no_trace(gate, class.name, &seen)?;
            }
        }
        Ok(())
    }

    /// The same call about something that is not there gives the same error.
    fn expect_no_trace(&mut self, gate: &Gate, class: &str, there: &Seen) -> Result<(), String> {
        let absent = self.run(gate, Some(class));
        if shape(&absent) == shape(there) {
            return Ok(());
        }
        Err(format!(
            "tells whether the {class} exists: {:?}, else {:?}",
            there.errors, absent.errors
        ))
    }
}

/// What somebody was told, without the names and numbers that it gave itself.
fn shape(seen: &Seen) -> (String, Vec<(i32, String)>) {
    let without_names = |text: &String| {
        let outside: Vec<&str> = text.split('\'').step_by(2).collect();
        outside.join("?").replace(|character: char| character.is_ascii_digit(), "")
    };
    let errors = seen.errors.iter().map(|(number, text)| (*number, without_names(text)));
    (seen.text.clone(), errors.collect())
}

fn value_of(seen: &Seen) -> Option<String> {
    seen.text.lines().nth(1).map(str::to_owned)
}

fn expect_answer(gate: &Gate, seen: &Seen, wanted: &str) -> Result<(), String> {
    let answer = gate.answer.trim_end_matches(" alone");
    let first = seen.errors.first();
    let is_it = match answer {
        "done" => first.is_none(),
        "rows" => {
            let public = gate.rule.lets_in(|_| false) && !gate.call.contains("WHERE");
            first.is_none() && (public || value_of(seen).as_deref() == Some(wanted))
        }
        number => first.is_some_and(|(found, _)| found.to_string() == number),
    };
    if is_it { Ok(()) } else { Err(format!("may, and got {:?} {:?}", seen.errors, seen.text)) }
}

fn expect_refusal(gate: &Gate, seen: &Seen) -> Result<(), String> {
    let first = seen.errors.first();
    let is_it = match gate.refusal {
        "no rows" => first.is_none() && value_of(seen).is_some_and(|value| value == "0"),
        numbers => first
            .is_some_and(|(found, _)| numbers.split(' ').any(|number| number == found.to_string())),
    };
    if is_it { Ok(()) } else { Err(format!("may not, and got {:?} {:?}", seen.errors, seen.text)) }
}
