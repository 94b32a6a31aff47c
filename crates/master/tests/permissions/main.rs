//! Every path of a master, as every kind of caller: with no certificate, with those of strangers,
//! workers, masters and administrators, and with the logins that T-SQL is tried with too.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on should panic")]

#[path = "../../../ssisdb/tests/ssisdb/permissions/callers.rs"]
mod callers;
mod client;
mod scene;
#[expect(dead_code, reason = "shared with other tests")]
#[path = "../support/mod.rs"]
mod support;

use callers::{PASSWORD, Subject, Way};
use client::{Answer, Connection};
use scene::Scene;
use testkit::permissions::{Gate, gates_of};
use transport::Identity;

/// Somebody who knocks.
struct Visitor {
    name: String,
    /// The certificate that is shown.
    identity: Option<Identity>,
    /// Name and password.
    login: Option<(String, String)>,
    /// The login, when it comes in; administrators count as one in `sysadmin`.
    person: Option<Subject>,
    /// `worker`, `own_worker`, `token`.
    is: Vec<&'static str>,
    /// What it gets from each path of persons, when it is none.
    stranger: &'static str,
}

impl Visitor {
    fn has(&self, need: &str) -> bool {
        match need {
            "person" => self.person.is_some(),
            "worker" | "own_worker" | "token" => self.is.contains(&need),
            need => self.person.as_ref().is_some_and(|person| person.has(need)),
        }
    }

    fn sees(&self, class: &str) -> bool {
        self.person.as_ref().is_some_and(|person| person.sees(class))
    }
}

#[tokio::test]
async fn every_caller_gets_from_every_path_what_the_table_says() {
    let scene = Scene::make().await;
    let mut faults = Vec::new();
    let gates = gates_of(&["api"]);
    for (number, visitor) in visitors(&scene).into_iter().enumerate() {
        let mut connection = Connection::open(&scene.at, visitor.identity.as_ref()).await;
        // The token makes a worker of its holder, which is tried as one already.
        let is_new = visitor.is.contains(&"token");
        for gate in gates.iter().filter(|gate| !is_new || gate.name == "POST /api/join") {
            let fault = knock(&scene, (&visitor, number), &mut connection, gate).await;
            if gate.call.contains("{archive}") {
                scene.empty_archive().await;
            }
            faults.extend(fault.err().map(|it| format!("{}: {}: {it}", visitor.name, gate.name)));
        }
    }
    assert!(faults.is_empty(), "{} faults\n{}", faults.len(), faults.join("\n"));
}

/// Those with certificates, and all logins but those whose permissions T-SQL tries one by one.
fn visitors(scene: &Scene) -> Vec<Visitor> {
    let with = |name: &str, identity: &Identity, stranger| Visitor {
        name: name.to_owned(),
        identity: Some(identity.clone()),
        login: None,
        person: None,
        is: Vec::new(),
        stranger,
    };
    let nobody = Visitor { identity: None, ..with("nobody", &scene.stranger, "no_certificate") };
    let wrong = Visitor {
        identity: None,
        login: Some(("spare".to_owned(), "wrong".to_owned())),
        ..with("a wrong password", &scene.stranger, "login_failed")
    };
    let worker = with("the worker", &scene.worker, "not_an_administrator");
    let other = with("another worker", &scene.other_worker, "not_an_administrator");
    let admin = with("an administrator", &scene.admin, "");
    let mut all = vec![
        nobody,
        wrong,
        with("a stranger", &scene.stranger, "unknown_certificate"),
        with("a revoked administrator", &scene.revoked, "unknown_certificate"),
        with("a master", scene.master(), "not_an_administrator"),
        Visitor { is: vec!["worker", "own_worker"], ..worker },
        Visitor { is: vec!["worker"], ..other },
        Visitor {
            is: vec!["token"],
            ..with("a worker to be", &scene.newcomer, "unknown_certificate")
        },
        Visitor { person: Some(scene.subjects.iter().find(is_sysadmin).unwrap().clone()), ..admin },
    ];
    for subject in &scene.subjects {
        all.push(Visitor {
            name: subject.name.clone(),
            identity: None,
            login: Some((subject.login.clone(), PASSWORD.to_owned())),
            person: Some(subject.clone()),
            is: Vec::new(),
            stranger: "",
        });
    }
    all
}

fn is_sysadmin(subject: &&Subject) -> bool {
    subject.way == Way::User && subject.roles == ["sysadmin"]
}

async fn knock(
    scene: &Scene,
    (visitor, number): (&Visitor, usize),
    connection: &mut Connection,
    gate: &Gate,
) -> Result<(), String> {
    let call = scene.fill(gate.call, None).replace("{n}", &number.to_string());
    let token = if visitor.is.contains(&"token") { scene.token.as_str() } else { "wrong" };
    let call = call.replace("{token}", token);
    let answer = connection.ask(&call, visitor.login.as_ref()).await;
    if gate.rule.lets_in(|need| visitor.has(need)) {
        return expect_answer(scene, gate, &answer);
    }
    if gate.name.contains(" /api/") && visitor.person.is_none() && !gate.name.ends_with("/join") {
        let is_it = answer.code == visitor.stranger && matches!(answer.status, 401 | 403);
        return if is_it { Ok(()) } else { Err(format!("is nobody, and got {answer:?}")) };
    }
    expect_refusal(scene, gate, &answer)?;
    for class in scene::CLASSES.iter().filter(|class| !visitor.sees(class.0)) {
        if class.1.iter().any(|name| gate.call.contains(name)) && !may_take_names(gate, visitor) {
            let absent = scene.fill(gate.call, Some(class.0)).replace("{n}", &number.to_string());
            let absent = connection.ask(&absent, visitor.login.as_ref()).await;
            if absent.shape() != answer.shape() {
                return Err(format!("tells of the {}: {answer:?}, else {absent:?}", class.0));
            }
        }
    }
    Ok(())
}

/// Whoever may make projects in a folder learns which names are taken there.
fn may_take_names(gate: &Gate, visitor: &Visitor) -> bool {
    gate.name.starts_with("PUT /api/projects") && visitor.has("folder:CREATE_OBJECTS")
}

fn expect_answer(scene: &Scene, gate: &Gate, answer: &Answer) -> Result<(), String> {
    let (word, rest) = gate.answer.split_once(' ').unwrap_or((gate.answer, ""));
    let is_it = match word {
        "rows" => answer.status == 200 && answer.body.contains(&scene.fill(rest, None)),
        _ => answer.status == 200 || rest == answer.code,
    };
    if is_it { Ok(()) } else { Err(format!("may, and got {answer:?}")) }
}

fn expect_refusal(scene: &Scene, gate: &Gate, answer: &Answer) -> Result<(), String> {
    let rows = gate.answer.strip_prefix("rows ").map(|marker| scene.fill(marker, None));
    let is_it = match (gate.refusal, rows) {
        ("no rows", Some(marker)) => answer.status == 200 && !answer.body.contains(&marker),
        (codes, _) => codes.split(' ').any(|code| code == answer.code),
    };
    if is_it { Ok(()) } else { Err(format!("may not, and got {answer:?}")) }
}

#[tokio::test]
async fn a_login_that_a_page_of_another_site_uses_is_refused() {
    let scene = Scene::make().await;
    let login = ("subject2".to_owned(), PASSWORD.to_owned());
    let mut connection = Connection::open(&scene.at, None).await;
    let good = connection.ask("GET /api/folders", Some(&login)).await;
    assert_eq!(good.status, 200);
    let headers = [("sec-fetch-site", "cross-site")];
    let bad = connection.ask_with("GET /api/folders", Some(&login), &headers).await;
    assert_eq!((bad.status, bad.code.as_str()), (403, "cross_site"));
}
