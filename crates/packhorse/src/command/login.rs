//! `packhorse login`: makes logins, gives them roles, removes them.
//!
//! A password comes from the first line of a file or of standard input, never from the command
//! line, where the process list would show it.

use std::process::ExitCode;

use anyhow::Result;
use master::api::{ChangeLogin, Done, Logins, NewLogin};

use crate::cli::{LoginAction, LoginArgs, PasswordFrom};
use crate::output::table::{Align, Table};
use crate::session::{Session, encode};
use crate::{output, secret_input};

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

fn read_password(from: &PasswordFrom) -> Result<String> {
    secret_input::read(from.password_file.as_deref(), "password", "--password-file")
}
