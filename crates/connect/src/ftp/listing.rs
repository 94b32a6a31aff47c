//! What servers answer to LIST: which files are in a folder.
//!
//! RFC 959 leaves the form to the server. Servers write it as `ls -l` does or as `dir` does;
//! another form is an error, not a folder without files.

use super::FtpError;

/// More than any folder's listing has.
pub(super) const BYTES_MAX: u64 = 256 * 1024 * 1024;

const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// The names of the files in a listing, folders left out.
pub(super) fn files(listing: &[u8]) -> Result<Vec<String>, FtpError> {
    let text = std::str::from_utf8(listing).map_err(|_| FtpError::Answer {
        text: "a folder with names that are not UTF-8".to_owned(),
    })?;
    let mut found = Vec::new();
    for line in text.lines().filter(|line| !line.trim().is_empty()) {
        if line.split_once(' ').is_some_and(|(word, _)| word == "total") {
            continue;
        }
        let entry = of_unix(line).or_else(|| of_dos(line));
        let (name, is_folder) = entry.ok_or_else(|| FtpError::Answer { text: shown(line) })?;
        if is_folder || matches!(name, "." | "..") {
            continue;
        }
        // A name that is a path would lead out of the folder that files are received into.
        if name.contains(['/', '\\']) || name.chars().any(char::is_control) {
            return Err(FtpError::Answer { text: shown(line) });
        }
        found.push(name.to_owned());
    }
    Ok(found)
}

fn shown(line: &str) -> String {
    line.escape_debug().take(200).collect()
}

/// `-rw-r--r--    1 0        0               4 Nov 22 01:00 a.txt`. Owner and group may have
/// spaces or be left out, so the name is found behind the date.
fn of_unix(line: &str) -> Option<(&str, bool)> {
    let kind = line.chars().next().filter(|kind| "-dlbcps".contains(*kind))?;
    line.get(1..10)?.chars().all(|c| "-rwxsStTlL".contains(c)).then_some(())?;
    let words: Vec<(usize, &str)> = words(line).collect();
    let name = words.windows(3).find_map(|date| name_behind(line, date))?;
    // A link may lead to a file; what it leads to is not part of its name.
    let name = if kind == 'l' { name.split(" -> ").next()? } else { name };
    (!name.is_empty()).then_some((name, kind == 'd'))
}

/// What stands behind `Nov 22 01:00`, `Nov 22  2026`, `22 Nov 2026` or `2026-11-22 01:00`.
fn name_behind<'l>(line: &'l str, date: &[(usize, &'l str)]) -> Option<&'l str> {
    let [(_, first), (second_at, second), (third_at, third)] = date else { return None };
    let is_day = |word: &str| word.len() <= 2 && word.bytes().all(|byte| byte.is_ascii_digit());
    let is_month = |word: &str| MONTHS.iter().any(|month| month.eq_ignore_ascii_case(word));
    let by_month = (is_month(first) && is_day(second)) || (is_day(first) && is_month(second));
    let end = if by_month && is_time_or_year(third) {
        third_at + third.len()
    } else if is_iso_date(first) && is_time_or_year(second) && second.contains(':') {
        second_at + second.len()
    } else {
        return None;
    };
    line.get(end..)?.strip_prefix(' ')
}

fn is_time_or_year(word: &str) -> bool {
    let is_year = word.len() == 4 && word.bytes().all(|byte| byte.is_ascii_digit());
    let has_colon = word.contains(':');
    is_year || (has_colon && word.bytes().all(|byte| byte.is_ascii_digit() || byte == b':'))
}

fn is_iso_date(word: &str) -> bool {
    let shape: String = word.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
    shape == "0000-00-00"
}

/// `01-15-24  09:12AM       <DIR>          Reports` or a size in the place of `<DIR>`.
fn of_dos(line: &str) -> Option<(&str, bool)> {
    let words: Vec<(usize, &str)> = words(line).take(3).collect();
    let [(_, date), (_, time), (size_at, size)] = words.as_slice() else { return None };
    let digits = |text: &str| text.bytes().filter(u8::is_ascii_digit).count();
    let is_date = matches!(digits(date), 6 | 8) && date.matches(['-', '/']).count() == 2;
    let is_time = time.contains(':') && matches!(digits(time), 3 | 4);
    let is_folder = *size == "<DIR>";
    let is_size = size.bytes().all(|byte| byte.is_ascii_digit() || byte == b',');
    if !is_date || !is_time || !(is_folder || is_size) {
        return None;
    }
    let name = line.get(size_at + size.len()..)?.trim_start();
    (!name.is_empty()).then_some((name, is_folder))
}

/// Whether a name is one that a mask means: `*` is any text, `?` one character, a closing `*.*`
/// the same as `*`. Letter case counts, because it does for most servers.
pub(super) fn matches(mask: &str, name: &str) -> bool {
    let mask = mask.strip_suffix(".*").filter(|stem| stem.ends_with('*')).unwrap_or(mask);
    let name: Vec<char> = name.chars().collect();
    // Whether the mask so far means the first n characters of the name.
    let mut so_far: Vec<bool> = (0..=name.len()).map(|n| n == 0).collect();
    for wanted in mask.chars() {
        let step = |n: usize| match wanted {
            '*' => so_far[..=n].contains(&true),
            wanted => 0 < n && so_far[n - 1] && (wanted == '?' || wanted == name[n - 1]),
        };
        so_far = (0..=name.len()).map(step).collect();
    }
    so_far.last() == Some(&true)
}

/// The words of a line, and where each begins.
fn words(line: &str) -> impl Iterator<Item = (usize, &str)> {
    line.split(' ')
        .scan(0, |at, word| {
            let start = *at;
            *at += word.len() + 1;
            Some((start, word))
        })
        .filter(|(_, word)| !word.is_empty())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn files_of_either_form_are_found_and_folders_are_not() {
        let unix = "total 12\r\n\
            drwxr-xr-x    2 0        0            4096 Nov 22 01:00 old\r\n\
            -rw-r--r--    1 0        0               4 Nov 22 01:00 a.txt\r\n\
            -rw-r--r--    1 ann      etl group    4096 Nov  2  2025  two  spaces.csv\r\n\
            -rw-r--r--    1 ann      4096 Nov 22 2025 no group.csv\r\n\
            -rwxr-xr-x    1 0        0    4096 2026-11-22 01:00 iso.csv\r\n\
            lrwxrwxrwx    1 0        0               4 Nov 22 01:00 link -> /etc/passwd\r\n";
        let found = files(unix.as_bytes()).unwrap();
        assert_eq!(found, ["a.txt", " two  spaces.csv", "no group.csv", "iso.csv", "link"]);
        let dos = "01-15-24  09:12AM       <DIR>          Reports\r\n\
            11-22-2026  11:59PM            1,234 Sales 01.csv\r\n\
            11-22-26  01:00                 0 empty\r\n";
        assert_eq!(files(dos.as_bytes()).unwrap(), ["Sales 01.csv", "empty"]);
    }

    #[test]
    fn another_form_and_names_that_are_paths_are_errors() {
        for line in ["+i8388621.48594,m825718503,r,s280,\tdjb.html", "a.txt"] {
            files(line.as_bytes()).unwrap_err();
        }
        let out = "-rw-r--r-- 1 0 0 4 Nov 22 01:00 ../../etc/cron.d/x";
        files(b"-rw-r--r-- 1 0 0 4 Nov 22 01:00 caf\xe9.csv\r\n").unwrap_err();
        let error = files(out.as_bytes()).unwrap_err().to_string();
        assert!(error.contains("which is not understood"), "{error}");
    }

    #[test]
    fn masks_mean_names_in_their_letter_case() {
        for (mask, name) in [
            ("*.csv", "a.csv"),
            ("*", "a"),
            ("*.*", "noextension"),
            ("MyFiles*.*", "MyFiles1"),
            ("s*_??.txt", "sales_01.txt"),
            ("a.csv", "a.csv"),
        ] {
            assert!(matches(mask, name), "{mask} {name}");
        }
        for (mask, name) in
            [("*.csv", "a.CSV"), ("?.csv", "ab.csv"), ("a?.csv", "a.csv"), ("*.c", "a.csv")]
        {
            assert!(!matches(mask, name), "{mask} {name}");
        }
    }

    proptest! {
        #[test]
        fn no_listing_is_too_strange(text in "[-dl rwx0-9:A-Za-z<>/\\.\r\n]{0,200}") {
            for name in files(text.as_bytes()).unwrap_or_default() {
                prop_assert!(!name.contains(['/', '\\', '\r', '\n']));
            }
        }

        #[test]
        fn any_name_comes_back(name in "[a-zA-Z0-9_. äö-]{0,20}[a-zA-Z0-9]") {
            prop_assume!(!name.starts_with(' '));
            let unix = format!("-rw-r--r-- 1 0 0 4 Nov 22 01:00 {name}\r\n");
            prop_assert_eq!(files(unix.as_bytes()).unwrap(), [name.clone()]);
            let dos = format!("01-15-24  09:12AM  17 {name}\r\n");
            prop_assert_eq!(files(dos.as_bytes()).unwrap(), [name]);
        }
    }
}
