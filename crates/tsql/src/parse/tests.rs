//! What batches say, and what is wrong with those that say nothing. Trees are shown as the
//! printer writes them; what is shown is also read again and must be the same tree.

mod chains;
mod errors;
mod queries;
mod scripts;
mod statements;

use super::*;
use crate::print::print;

/// Reads a batch, and writes it as it was understood.
fn check(text: &str) -> String {
    let options = ParseOptions::default();
    let tree = match parse(text, &options) {
        Ok(tree) => tree,
        Err(errors) => return shown(&errors),
    };
    let printed = print(&tree);
    let again = parse(&printed, &options);
    assert_eq!(again.as_ref(), Ok(&tree), "{printed}");
    printed
}

/// Errors as a client shows them.
fn shown(errors: &[SyntaxError]) -> String {
    let lines: Vec<String> = errors
        .iter()
        .map(|error| {
            let SyntaxError { number, severity, state, line, span: _, message } = error;
            format!("Msg {number}, Level {severity}, State {state}, Line {line}: {message}")
        })
        .collect();
    lines.join("\n")
}
