//! Rules for the names of folders, projects and environments (the "identifier rules" of the
//! procedures' reference), and how names compare.

use crate::error::CatalogError;

/// The longest name, in UTF-16 units, as `nvarchar(128)` counts.
const NAME_MAX: usize = 128;

/// The form in which names are compared: SSISDB's default collation ignores case.
pub(crate) fn fold(name: &str) -> String {
    name.to_lowercase()
}

/// Refuses a name that breaks the rules, with the error that `refuse` makes of it.
pub(super) fn check(
    name: &str,
    refuse: impl FnOnce(&str) -> CatalogError,
) -> Result<(), CatalogError> {
    if is_valid(name) { Ok(()) } else { Err(refuse(name)) }
}

/// The same for the name of an environment variable, which follows the rules of parameters too: a
/// letter or `_` first, then letters, digits and `_`.
pub(super) fn check_variable(
    name: &str,
    refuse: impl FnOnce(&str) -> CatalogError,
) -> Result<(), CatalogError> {
    let first = |character: char| character.is_alphabetic() || character == '_';
    let follows = |character: char| character.is_alphanumeric() || character == '_';
    let is_identifier = name.starts_with(first) && name.chars().all(follows);
    if is_identifier && is_valid(name) { Ok(()) } else { Err(refuse(name)) }
}

fn is_valid(name: &str) -> bool {
    let length = name.encode_utf16().count();
    let forbidden = |character: char| character < ' ' || matches!(character, '"' | '<' | '>' | '|');
    (1..=NAME_MAX).contains(&length)
        && name.trim() == name
        && !name.starts_with('@')
        && !name.contains(forbidden)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_follow_the_documented_rules() {
        for good in ["Sales", "a@b", "Ж 1", &"x".repeat(128)] {
            assert!(is_valid(good), "{good}");
        }
        for bad in ["", " a", "a ", "@a", "a\"b", "a<b", "a|b", "a\tb", &"x".repeat(129)] {
            assert!(!is_valid(bad), "{bad:?}");
        }
    }
}
