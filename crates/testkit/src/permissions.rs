//! The table of who may do what: every procedure, view and function of SSISDB, every statement
//! about logins, and every path of a master's interface, with the rule that lets a caller in and
//! what everybody else is told.
//!
//! It is `tests/permissions.tsv`: a row for each way in. The tests of `ssisdb` and `master` try
//! every row as many different callers, and fail when there is a way in that has no row. The guide
//! `docs/guides/permissions.md` is made of it.
//!
//! A rule is a list of alternatives (`|`), each a list of things that a caller needs all of
//! (`&`): a role (`ssis_admin`), or a permission on an object of the test's scene (`project:READ`).
//! `admin` stands for `ssis_admin | sysadmin`; `public` lets everybody in.

use std::fmt::Write as _;

const TABLE: &str = include_str!("../../../tests/permissions.tsv");

/// A row of the table.
#[derive(Clone, Debug)]
pub struct Gate {
    /// `procedure`, `statement`, `view`, `function` or `api`.
    pub door: &'static str,
    /// What stands behind the door.
    pub name: &'static str,
    /// Who may go through.
    pub rule: Rule,
    /// What others are told: numbers of errors, or a word.
    pub refusal: &'static str,
    /// What those who may are told.
    pub answer: &'static str,
    /// How to knock, with the names of the scene in braces.
    pub call: &'static str,
    /// Where the rule is from.
    pub source: &'static str,
}

/// Alternatives; each a list of what a caller needs all of.
#[derive(Clone, Debug)]
pub struct Rule(Vec<Vec<&'static str>>);

impl Rule {
    fn parse(text: &'static str) -> Self {
        let mut alternatives = Vec::new();
        for alternative in text.split('|') {
            let needs: Vec<&str> = alternative.split('&').map(str::trim).collect();
            match needs.as_slice() {
                ["admin"] => alternatives.extend([vec!["ssis_admin"], vec!["sysadmin"]]),
                _ => alternatives.push(needs),
            }
        }
        Self(alternatives)
    }

    /// Whether somebody with all that `has` says yes to may go through.
    pub fn lets_in(&self, has: impl Fn(&str) -> bool) -> bool {
        let holds = |needs: &Vec<&str>| needs.iter().all(|need| *need == "public" || has(need));
        self.0.iter().any(holds)
    }

    /// For people.
    fn to_prose(&self) -> String {
        let mut alternatives: Vec<String> = Vec::new();
        for needs in &self.0 {
            let needs: Vec<String> = needs.iter().map(|need| shown(need)).collect();
            alternatives.push(needs.join(" and "));
        }
        alternatives.join(", or ")
    }
}

fn shown(need: &str) -> String {
    match need.split_once(':') {
        Some(("archive", permission)) => format!("`{permission}` on the destination folder"),
        Some((object, permission)) => format!("`{permission}` on the {object}"),
        None => shown_word(need),
    }
}

fn shown_word(need: &str) -> String {
    match need {
        "public" => "everybody".to_owned(),
        "person" => "every person".to_owned(),
        "worker" => "every worker".to_owned(),
        "own_worker" => "the worker that the request names".to_owned(),
        "manager" => "whoever may give permissions on something".to_owned(),
        "token" => "whoever holds a token that was not used".to_owned(),
        role => format!("`{role}`"),
    }
}

/// All rows.
///
/// # Panics
///
/// When the file is not such a table.
pub fn gates() -> Vec<Gate> {
    let gate = |line: &'static str| {
        let cells: Vec<&str> = line.split('\t').collect();
        let [door, name, rule, refusal, answer, call, source] = cells[..] else {
            panic!("not a row with seven cells: {line}")
        };
        Gate { door, name, rule: Rule::parse(rule), refusal, answer, call, source }
    };
    TABLE.lines().skip(1).map(gate).collect()
}

/// The rows of these doors.
pub fn gates_of(doors: &[&str]) -> Vec<Gate> {
    gates().into_iter().filter(|gate| doors.contains(&gate.door)).collect()
}

/// The doors, each with a heading, and what a refusal looks like there.
const CHAPTERS: &[(&str, &str, &str)] = &[
    ("procedure", "Procedures", "Others are refused with one of these errors."),
    ("view", "Views", "Others see no rows of it; who may read some objects sees their rows."),
    ("function", "Functions", "Others are refused, or see nothing."),
    ("statement", "Logins, users, roles, server", "Others are refused with one of these errors."),
    (
        "api",
        "The masters' interface",
        "A person comes with a login's name and password (Basic authentication), or with an \
         administrator's certificate, which counts as `sysadmin`. A worker comes with its \
         certificate. Whoever comes with nothing that is known gets 401 or 403 from every path but \
         the first; other persons and workers are refused with one of these codes, or see no rows.",
    ),
];

/// The guide that is made of the table.
pub fn guide() -> String {
    let mut text = INTRODUCTION.to_owned();
    let all = gates();
    for (door, heading, refusals) in CHAPTERS {
        let rows: Vec<&Gate> = all.iter().filter(|gate| gate.door == *door).collect();
        if rows.is_empty() {
            continue;
        }
        let _written = write!(
            text,
            "\n## {heading}\n\n{refusals}\n\n| | Who may | Others | Source |\n|---|---|---|---|\n"
        );
        for gate in rows {
            let rule = gate.rule.to_prose();
            let _written =
                writeln!(text, "| `{}` | {rule} | {} | {} |", gate.name, gate.refusal, gate.source);
        }
    }
    text
}

const INTRODUCTION: &str = "\
<!-- Made from tests/permissions.tsv; `UPDATE_GUIDES=1 cargo test -p testkit` writes it again. -->
# Who may do what

Every way into SSISDB, and the rule that lets a caller in. The tests try every row of these tables as more than a hundred different callers, on SQLite and on PostgreSQL, and fail when something can be called that is not in them.

- A role counts whether the login is in it directly or through another role. `ssis_admin` and `sysadmin` may do everything in the catalog; only `sysadmin` has the server.
- A permission on an object counts when it is granted to the user, to one of its roles or to `public`, on the object itself or, as `READ_OBJECTS`, `MODIFY_OBJECTS`, `EXECUTE_OBJECTS` or `MANAGE_OBJECT_PERMISSIONS`, on its folder. One denial of it, to any of them, outweighs all grants.
- Whoever deploys a project, makes an environment or starts an operation is granted everything on it.
- An object that one may not read does not exist: the error is the same, to the letter, as for one that is not there. Only a name that is to be taken (a new folder, a new project) can tell that somebody else has it, as in the documentation.

How to make logins and grant permissions: [let people in](let-people-in.md).
";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rule_needs_all_of_one_alternative() {
        let rule = Rule::parse("admin | role & project:READ");
        let has = |own: &'static [&'static str]| rule.lets_in(|need| own.contains(&need));
        assert!(has(&["sysadmin"]) && has(&["ssis_admin"]) && has(&["role", "project:READ"]));
        assert!(!has(&["role"]) && !has(&["project:READ"]) && !has(&[]));
        assert!(Rule::parse("public").lets_in(|_| false));
        assert_eq!(
            rule.to_prose(),
            "`ssis_admin`, or `sysadmin`, or `role` and `READ` on the project"
        );
    }

    #[test]
    fn the_guide_says_what_the_table_says() {
        let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/guides/permissions.md");
        if std::env::var_os("UPDATE_GUIDES").is_some() {
            std::fs::write(path, guide()).unwrap();
        }
        let told = std::fs::read_to_string(path).unwrap();
        assert!(told == guide(), "write the guide again: UPDATE_GUIDES=1 cargo test -p testkit");
    }

    #[test]
    fn every_row_says_where_its_rule_is_from() {
        let all = gates();
        assert!(100 < all.len());
        for gate in all {
            assert!(CHAPTERS.iter().any(|(door, ..)| *door == gate.door), "{gate:?}");
            assert!(!gate.source.is_empty() && !gate.refusal.is_empty(), "{gate:?}");
        }
    }
}
