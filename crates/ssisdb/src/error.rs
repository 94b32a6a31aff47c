//! What the catalog refuses, as clients of SSISDB see it.

use catalog::CatalogError;
use tsql::value::SqlError;

/// The severity of everything that a procedure of SSISDB refuses.
const SEVERITY: u8 = 16;

/// The number of errors that are not the user's: the store failed. Users search for it with the
/// text behind it.
const STORE_FAILED: i32 = 50_000;

/// An error of the catalog with SSISDB's number; its text begins with a capital letter and ends
/// with a full stop, as messages of SQL Server do.
pub(crate) fn sql_error(error: &CatalogError) -> SqlError {
    if let CatalogError::Procedure { number, message } = error {
        return SqlError::new(*number, SEVERITY, 1, sentence(message));
    }
    let mut text = error.to_string();
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        text = format!("{text}: {cause}");
        source = cause.source();
    }
    SqlError::new(error.number().unwrap_or(STORE_FAILED), SEVERITY, 1, sentence(&text))
}

fn sentence(text: &str) -> String {
    let mut characters = text.chars();
    let first = characters.next().map(|first| first.to_uppercase().to_string());
    let end = if text.ends_with('.') { "" } else { "." };
    format!("{}{}{end}", first.unwrap_or_default(), characters.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_keeps_its_number_and_reads_as_a_sentence() {
        let message = "cannot find the folder 'x'".to_owned();
        let error = sql_error(&CatalogError::Procedure { number: 27104, message });
        assert_eq!((error.number, error.severity), (27104, 16));
        assert_eq!(error.message, "Cannot find the folder 'x'.");
    }
}
