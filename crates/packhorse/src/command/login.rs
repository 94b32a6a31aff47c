//! `packhorse login`: makes logins, gives them roles, removes them.
//!
//! A password comes from the first line of a file or of standard input, never from the command
//! line, where the process list would show it.

use std::io::{BufRead as _, IsTerminal as _};
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use master::api::{ChangeLogin, Done, Logins, NewLogin};

use crate::cli::{LoginAction, LoginArgs, PasswordFrom};
use crate::output;
use crate::output::table::{Align, Table};
use crate::session::{Session, encode};

/// Lists or changes.
pub(crate) async fn run(session: &Session, args: &LoginArgs, json: bool) -> Result<ExitCode> {
    match &args.action {
        LoginAction::List => list(session, json).await,
        LoginAction::Create { name, roles, password } => {
            let password = read_password(password)?;
            let request = NewLogin { name: name.clone(), password, roles: roles.clone() };
            let done: Done = session.post("/api/logins", &request).await?;
            say(&done, json, &format!("login `{name}` is made"))
        }
        LoginAction::Password { name, password } => {
            let password = Some(read_password(password)?);
            let request = ChangeLogin { password, ..ChangeLogin::default() };
            change(session, name, &request, (json, "has a new password")).await
        }
        LoginAction::GrantRole { name, role } => {
            let grant_roles = vec![role.clone()];
            let request = ChangeLogin { grant_roles, ..ChangeLogin::default() };
            change(session, name, &request, (json, &format!("is in the role `{role}`"))).await
        }
        LoginAction::RevokeRole { name, role } => {
            let revoke_roles = vec![role.clone()];
            let request = ChangeLogin { revoke_roles, ..ChangeLogin::default() };
            change(session, name, &request, (json, &format!("is not in the role `{role}`"))).await
        }
        LoginAction::Enable { name } => {
            let request = ChangeLogin { is_disabled: Some(false), ..ChangeLogin::default() };
            change(session, name, &request, (json, "is enabled")).await
        }
        LoginAction::Disable { name } => {
            let request = ChangeLogin { is_disabled: Some(true), ..ChangeLogin::default() };
            change(session, name, &request, (json, "is disabled")).await
        }
        LoginAction::Drop { name } => {
            let path = format!("/api/logins/{}", encode(name));
            let done: Done = session.delete(&path).await?;
            say(&done, json, &format!("login `{name}` is removed"))
        }
    }
}

async fn change(
    session: &Session,
    name: &str,
    request: &ChangeLogin,
    (json, what): (bool, &str),
) -> Result<ExitCode> {
    let path = format!("/api/logins/{}", encode(name));
    let done: Done = session.post(&path, request).await?;
    say(&done, json, &format!("login `{name}` {what}"))
}

fn say(done: &Done, json: bool, text: &str) -> Result<ExitCode> {
    if json {
        output::json(done)?;
    } else {
        output::note(text);
    }
    Ok(ExitCode::SUCCESS)
}

async fn list(session: &Session, json: bool) -> Result<ExitCode> {
    let list: Logins = session.get("/api/logins").await?;
    if json {
        output::json(&list)?;
        return Ok(ExitCode::SUCCESS);
    }
    let mut table = Table::new(&[
        ("NAME", Align::Left),
        ("ENABLED", Align::Left),
        ("ROLES", Align::Left),
        ("CREATED (UTC)", Align::Left),
    ]);
    for login in &list.logins {
        let created = login.created_time.to_chrono();
        table.row([
            login.name.clone(),
            if login.is_disabled { "no" } else { "yes" }.to_owned(),
            login.roles.join(", "),
            created.map_or_else(String::new, |time| time.format("%Y-%m-%d %H:%M:%S").to_string()),
        ]);
    }
    output::line(&table.render())?;
    Ok(ExitCode::SUCCESS)
}

/// The first line of the file, or of standard input.
fn read_password(from: &PasswordFrom) -> Result<String> {
    let line = match &from.password_file {
        Some(path) => first_line(path)?,
        None => {
            let input = std::io::stdin();
            if input.is_terminal() {
                bail!(
                    "the password is not typed here, where the screen would show it: give \
                     --password-file FILE, or send it to standard input"
                );
            }
            let mut line = String::new();
            input.lock().read_line(&mut line).context("cannot read standard input")?;
            line
        }
    };
    let password = line.trim_end_matches(['\r', '\n']);
    if password.is_empty() {
        bail!("the password is empty: its first line is taken");
    }
    Ok(password.to_owned())
}

fn first_line(path: &Path) -> Result<String> {
    let text = fs_err::read_to_string(path)?;
    Ok(text.lines().next().unwrap_or_default().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_password_is_the_first_line_of_its_file() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("password");
        let from = PasswordFrom { password_file: Some(file.clone()) };
        fs_err::write(&file, "two words \r\nmore").unwrap();
        assert_eq!(read_password(&from).unwrap(), "two words ");
        fs_err::write(&file, "\n").unwrap();
        assert!(read_password(&from).is_err());
    }
}
