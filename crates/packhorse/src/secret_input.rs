//! Secrets that people give to commands: the first line of a file or of standard input, never the
//! command line, where the process list would show them.

use std::io::{BufRead as _, IsTerminal as _, Write as _};
use std::path::Path;

use anyhow::{Context, Result, bail};
use nix::sys::termios::{LocalFlags, SetArg, SpecialCharacterIndices, tcgetattr, tcsetattr};

/// Environment variable with the password of `--login`.
const LOGIN_PASSWORD: &str = "PACKHORSE_LOGIN_PASSWORD";

/// The password of `--login`: from the file, the environment, the terminal or standard input.
pub(crate) fn password_of_login(name: &str, file: Option<&Path>) -> Result<String> {
    if file.is_none() {
        if let Some(password) = std::env::var_os(LOGIN_PASSWORD) {
            let password = password.into_string().ok().filter(|password| !password.is_empty());
            return password.with_context(|| format!("{LOGIN_PASSWORD} is empty or not UTF-8"));
        }
        if std::io::stdin().is_terminal() {
            return typed(&format!("password of {name}: "));
        }
    }
    read(file, "password of --login", "--login-password-file")
}

/// What a terminal sends for Ctrl-C.
const CTRL_C: u8 = 3;

/// What is typed at the terminal, which does not show it.
fn typed(prompt: &str) -> Result<String> {
    let terminal = fs_err::OpenOptions::new().read(true).write(true).open("/dev/tty")?;
    let shown = tcgetattr(&terminal).context("cannot ask the terminal how it is set")?;
    let mut hidden = shown.clone();
    hidden.local_flags.remove(LocalFlags::ECHO);
    hidden.local_flags.insert(LocalFlags::ECHONL);
    // Ctrl-C ends the line, so that the terminal is set back before the program ends.
    hidden.local_flags.remove(LocalFlags::ISIG);
    hidden.control_chars[SpecialCharacterIndices::VEOL as usize] = CTRL_C;
    // What was typed before the question is no answer to it.
    tcsetattr(&terminal, SetArg::TCSAFLUSH, &hidden).context("cannot hide what is typed")?;
    let mut writer = &terminal;
    let asked = writer.write_all(prompt.as_bytes());
    let mut line = String::new();
    let read = asked.and_then(|()| std::io::BufReader::new(&terminal).read_line(&mut line));
    tcsetattr(&terminal, SetArg::TCSAFLUSH, &shown).context("cannot set the terminal back")?;
    read.context("cannot read the terminal")?;
    if line.ends_with(char::from(CTRL_C)) {
        bail!("no password was typed");
    }
    let secret = line.trim_end_matches(['\r', '\n']);
    if secret.is_empty() {
        bail!("no password was typed");
    }
    Ok(secret.to_owned())
}

/// The first line of the file, or of standard input. `what` and `option` are for people.
pub(crate) fn read(file: Option<&Path>, what: &str, option: &str) -> Result<String> {
    let line = match file {
        Some(path) => first_line(path)?,
        None => {
            let input = std::io::stdin();
            if input.is_terminal() {
                bail!(
                    "the {what} is not typed here, where the screen would show it: give {option} \
                     FILE, or send it to standard input"
                );
            }
            let mut line = String::new();
            input.lock().read_line(&mut line).context("cannot read standard input")?;
            line
        }
    };
    let secret = line.trim_end_matches(['\r', '\n']);
    if secret.is_empty() {
        bail!("the {what} is empty: its first line is taken");
    }
    Ok(secret.to_owned())
}

fn first_line(path: &Path) -> Result<String> {
    let text = fs_err::read_to_string(path)?;
    Ok(text.lines().next().unwrap_or_default().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_the_first_line_of_its_file() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("password");
        fs_err::write(&file, "two words \r\nmore").unwrap();
        assert_eq!(read(Some(&file), "password", "--password-file").unwrap(), "two words ");
        fs_err::write(&file, "\n").unwrap();
        assert!(read(Some(&file), "password", "--password-file").is_err());
    }
}
