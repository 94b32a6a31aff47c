//! Which file of this machine an Execute Process Task runs, found out before anything is started.
//!
//! A name without a folder is looked for in the path map, in the working folder and on the search
//! path; a path only where the path map says. What is found must be something that this machine
//! can start: the launcher in front of it could only say so by an exit code.

use std::env;
use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use connect::path::PathMap;
use fs_err as fs;
use model::dts;

use crate::evaluate::Mistake;

/// Endings of what only Windows runs.
const WINDOWS_ENDINGS: &[&str] = &["exe", "com", "bat", "cmd", "ps1", "vbs", "msi"];
/// Endings of scripts that the shell of this machine would misread.
const BATCH_ENDINGS: &[&str] = &["bat", "cmd"];
/// Where the system lists the foreign kinds of programs that it can start, such as by Wine.
const FOREIGN_KINDS: &str = "/proc/sys/fs/binfmt_misc";

/// Why there is nothing to start.
#[derive(Debug)]
pub(super) enum Unusable {
    /// There is no such file. A task without RequireFullFileName is only warned of this before
    /// it runs.
    Missing(Mistake),
    /// There is one, and it cannot be started here.
    NotAProgram(Mistake),
}

impl Unusable {
    /// What is wrong.
    pub(super) fn into_mistake(self) -> Mistake {
        match self {
            Self::Missing(mistake) | Self::NotAProgram(mistake) => mistake,
        }
    }
}

/// The file that `executable` means for a program that runs in `folder`.
pub(super) fn find(map: &PathMap, executable: &str, folder: &Path) -> Result<PathBuf, Unusable> {
    let written = executable.trim().trim_matches('"');
    let found = if written.contains(['/', '\\']) {
        at_path(map, written)?
    } else {
        by_name(map, written, folder).ok_or_else(|| not_in_path(written))?
    };
    match why_not(&found) {
        None => Ok(found),
        Some(reason) => Err(Unusable::NotAProgram(Mistake::new(
            dts::DTS_E_ERROROCCURREDWITHFOLLOWINGMESSAGE,
            format!(
                "An error occurred with the following error message: \"{} cannot be started: \
                 {reason}.\".{}",
                found.display(),
                hint(written)
            ),
        ))),
    }
}

fn by_name(map: &PathMap, name: &str, folder: &Path) -> Option<PathBuf> {
    // Windows adds the ending where there is none.
    let with_ending = (ending_of(name).is_none()).then(|| format!("{name}.exe"));
    let mapped = [Some(name), with_ending.as_deref()].into_iter().flatten();
    let mut mapped = mapped.filter_map(|name| map.resolve(name).ok());
    let on_path = || {
        let folders = env::var_os("PATH").unwrap_or_default();
        let mut files = env::split_paths(&folders).map(|folder| folder.join(name));
        files.find(|file| is_executable(file))
    };
    mapped
        .find(|file| file.is_file())
        .or_else(|| Some(folder.join(name)).filter(|file| file.is_file()))
        .or_else(on_path)
}

fn not_in_path(name: &str) -> Unusable {
    Unusable::Missing(Mistake::new(
        dts::DTS_E_EXECPROCTASK_FILENOTINPATH,
        format!("File/Process \"{name}\" is not in path.{}", hint(name)),
    ))
}

fn at_path(map: &PathMap, written: &str) -> Result<PathBuf, Unusable> {
    let resolved = map.resolve(written);
    if let Ok(path) = &resolved
        && path.is_file()
    {
        return Ok(path.clone());
    }
    let cut = written.rfind(['/', '\\']).unwrap_or_default();
    let (folder, name) = (&written[..cut], written[cut..].trim_start_matches(['/', '\\']));
    let more = match (hint(written), resolved.err()) {
        (hint, Some(error)) if hint.is_empty() => format!(" {error}."),
        (hint, _) => hint,
    };
    Err(Unusable::Missing(Mistake::new(
        dts::DTS_E_EXECPROCTASK_FILEDOESNOTEXIST,
        format!("File/Process \"{name}\" does not exist in directory \"{folder}\".{more}"),
    )))
}

/// What to do about a program that only Windows has.
fn hint(written: &str) -> String {
    if !is_of_windows(written) {
        return String::new();
    }
    format!(
        " It is a program of Windows; --map-path '{written}=/path/to/program' names what to run \
         instead."
    )
}

fn is_of_windows(written: &str) -> bool {
    let ending = ending_of(written).map(str::to_ascii_lowercase);
    ending.is_some_and(|ending| WINDOWS_ENDINGS.contains(&ending.as_str()))
        || written.contains('\\')
        || ["cmd", "powershell", "pwsh"].iter().any(|shell| shell.eq_ignore_ascii_case(written))
}

fn ending_of(written: &str) -> Option<&str> {
    let name = written.rsplit(['/', '\\']).next().unwrap_or(written);
    name.rsplit_once('.').map(|(_, ending)| ending)
}

fn is_executable(file: &Path) -> bool {
    let mode = fs::metadata(file).map(|found| (found.is_file(), found.permissions().mode()));
    matches!(mode, Ok((true, mode)) if mode & 0o111 != 0)
}

/// Why this machine cannot start a file that is there; `None` when it can, as far as can be said
/// without trying.
fn why_not(file: &Path) -> Option<String> {
    if !is_executable(file) {
        return Some("the file is not executable (chmod +x makes it so)".to_owned());
    }
    let head = head_of(file)?;
    if let Some(line) = head.strip_prefix(b"#!") {
        let line = String::from_utf8_lossy(line);
        let line = line.split('\n').next().unwrap_or_default();
        let interpreter = line.split([' ', '\t']).find(|word| !word.is_empty())?;
        let is_there = Path::new(interpreter).exists();
        return (!is_there).then(|| {
            format!("its first line names the interpreter {interpreter:?}, which does not exist")
        });
    }
    if head.starts_with(b"MZ") {
        return (!starts_foreign_programs()).then(|| "it is a program of Windows".to_owned());
    }
    let ending = file.extension()?.to_str()?.to_ascii_lowercase();
    let is_batch = BATCH_ENDINGS.contains(&ending.as_str()) && !head.starts_with(b"\x7fELF");
    is_batch.then(|| "it is a batch file of Windows".to_owned())
}

/// The first bytes of a file; `None` for a program that may be started but not read.
fn head_of(file: &Path) -> Option<Vec<u8>> {
    let mut head = Vec::new();
    fs::File::open(file).ok()?.take(256).read_to_end(&mut head).ok()?;
    Some(head)
}

fn starts_foreign_programs() -> bool {
    let Ok(kinds) = fs::read_dir(FOREIGN_KINDS) else { return false };
    let mut names = kinds.filter_map(Result::ok).map(|kind| kind.file_name());
    names.any(|name| name != "register" && name != "status")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(result: Result<PathBuf, Unusable>) -> String {
        result.unwrap_err().into_mistake().text().to_owned()
    }

    #[test]
    fn programs_of_windows_come_with_a_hint_and_others_do_not() {
        let find = |name: &str| text(find(&PathMap::default(), name, Path::new("/")));
        insta::assert_snapshot!(find("cmd.exe"), @"File/Process \"cmd.exe\" is not in path. It is a program of Windows; --map-path 'cmd.exe=/path/to/program' names what to run instead.");
        insta::assert_snapshot!(find(r"C:\Tools\load.bat"), @r#"File/Process "load.bat" does not exist in directory "C:\Tools". It is a program of Windows; --map-path 'C:\Tools\load.bat=/path/to/program' names what to run instead."#);
        insta::assert_snapshot!(find("no-such"), @r#"File/Process "no-such" is not in path."#);
        insta::assert_snapshot!(find("/no/such"), @r#"File/Process "such" does not exist in directory "/no"."#);
        assert!(find("PowerShell").contains("--map-path 'PowerShell="));
    }

    #[test]
    fn what_this_machine_cannot_start_is_found_out_beforehand() {
        let folder = tempfile::tempdir().unwrap();
        let of = |name: &str, content: &str, mode: u32| {
            let file = folder.path().join(name);
            fs::write(&file, content).unwrap();
            fs::set_permissions(&file, PermissionsExt::from_mode(mode)).unwrap();
            find(&PathMap::default(), file.to_str().unwrap(), folder.path())
        };
        assert!(of("a", "#!/bin/sh\n", 0o755).is_ok());
        assert!(of("b.bat", "#!/bin/sh\n", 0o755).is_ok());
        assert!(text(of("c", "#!/bin/sh\n", 0o644)).contains("chmod"));
        assert!(text(of("d", "#!/bin/sh\r\n", 0o755)).contains(r"/bin/sh\r"));
        assert!(text(of("e.bat", "@echo off\n", 0o755)).contains("batch file"));
    }

    #[test]
    fn a_name_without_ending_is_also_looked_for_with_the_one_of_windows() {
        let map = PathMap::new([("cmd.exe", "/bin/sh")], "");
        let found = |name| find(&map, name, Path::new("/")).unwrap();
        assert_eq!(found("CMD"), Path::new("/bin/sh"));
        assert_eq!(found("cmd.exe"), Path::new("/bin/sh"));
    }
}
