//! `packhorse help PH0123`: the page of an error or finding, which is part of the program.

use std::process::ExitCode;

use crate::output;

macro_rules! pages {
    ($($code:literal)*) => {
        &[$(($code, include_str!(concat!("../../../../docs/errors/", $code, ".md")))),*]
    };
}

/// Code and page.
pub(crate) const PAGES: &[(&str, &str)] = pages! {
    "PH0101" "PH0102" "PH0103" "PH0104" "PH0105" "PH0106" "PH0107" "PH0108"
    "PH0109" "PH0110" "PH0111" "PH0112" "PH0113" "PH0120" "PH0301" "PH0302"
    "PH0303" "PH0304" "PH0305" "PH0306" "PH0307" "PH0308" "PH0309" "PH0310"
    "PH0311" "PH0312" "PH0313" "PH0314" "PH0315" "PH0316" "PH0317" "PH0318"
    "PH0319" "PH0320" "PH0321" "PH0322" "PH0323" "PH0324" "PH0325" "PH0326"
    "PH0327" "PH0328" "PH0329" "PH0330" "PH0331" "PH0332" "PH0333" "PH0334"
    "PH0335" "PH0336" "PH0337" "PH0338" "PH0339" "PH0340" "PH0341" "PH0342"
};

/// Whether a word on the command line is a code.
pub(crate) fn is_code(word: &str) -> bool {
    let digits = word.get(2..).unwrap_or_default();
    word.get(..2).is_some_and(|start| start.eq_ignore_ascii_case("PH"))
        && !digits.is_empty()
        && digits.bytes().all(|byte| byte.is_ascii_digit())
}

/// Prints the page of a code.
pub(crate) fn run(code: &str) -> ExitCode {
    let page = PAGES.iter().find(|(known, _)| known.eq_ignore_ascii_case(code));
    match page {
        Some((_, page)) if output::line(page.trim_end()).is_ok() => ExitCode::SUCCESS,
        Some(_) => ExitCode::FAILURE,
        None => {
            output::note(&format!("error: there is no page for {code}"));
            ExitCode::FAILURE
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;
    use crate::doctor::fault;

    #[test]
    fn every_page_is_in_the_program_and_every_finding_has_one() {
        let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/errors");
        let files: BTreeSet<String> = std::fs::read_dir(folder)
            .unwrap()
            .map(|entry| entry.unwrap().file_name().to_string_lossy().replace(".md", ""))
            .collect();
        let known: BTreeSet<String> = PAGES.iter().map(|(code, _)| (*code).to_owned()).collect();
        assert_eq!(files, known);
        for fault in fault::ALL {
            let page = PAGES.iter().find(|(code, _)| *code == fault.code).unwrap().1;
            let heading = page.lines().next().unwrap().to_lowercase();
            let wanted = format!("# {}: {}", fault.code, fault.title).to_lowercase();
            assert_eq!(heading, wanted);
            let page = page.to_lowercase();
            assert!(page.contains(&fault.symptom.to_lowercase()), "{}", fault.code);
            assert!(page.contains(&fault.cause.to_lowercase()), "{}", fault.code);
        }
    }

    #[test]
    fn codes_are_told_from_commands() {
        assert!(is_code("PH0101") && is_code("ph0101"));
        assert!(!is_code("PH") && !is_code("phone") && !is_code("workers"));
    }
}
