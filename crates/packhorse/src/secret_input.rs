//! Secrets that people give to commands: the first line of a file or of standard input, never the
//! command line, where the process list would show them.

use std::io::{BufRead as _, IsTerminal as _};
use std::path::Path;

use anyhow::{Context, Result, bail};

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
