//! The messages that follow when a component fails: first its own, then the engine's about the
//! call that failed, then those about the threads.
//!
//! Order and codes: the data flow engine's error messages; one failing row of a component with
//! FailComponent gives its own errors, PROCESSINPUTFAILED or PRIMEOUTPUTFAILED, THREADFAILED for
//! its thread and THREADCANCELLED for the others.

use model::dts;

use super::{Shared, Who};
use crate::{Failure, Message, Subcomponent};

/// What the component says.
fn own(shared: &Shared<'_>, who: &Who, failure: &Failure) {
    for message in &failure.errors {
        shared.error(who.subcomponent(), message.clone());
    }
}

fn engine(shared: &Shared<'_>, code: u32, text: String) {
    shared.error(Subcomponent::Pipeline, Message::new(code, text));
}

/// ProcessInput failed.
pub(crate) fn process_input(shared: &Shared<'_>, who: &Who, failure: &Failure, input: (&str, i32)) {
    own(shared, who, failure);
    engine(
        shared,
        dts::DTS_E_PROCESSINPUTFAILED,
        format!(
            "SSIS Error Code DTS_E_PROCESSINPUTFAILED. The ProcessInput method on component \"{}\" ({}) failed with error code 0x{:08X} while processing input \"{}\" ({}).",
            who.name, who.id, failure.code, input.0, input.1
        ),
    );
}

/// PrimeOutput failed.
pub(crate) fn prime_output(shared: &Shared<'_>, who: &Who, failure: &Failure) {
    own(shared, who, failure);
    engine(
        shared,
        dts::DTS_E_PRIMEOUTPUTFAILED,
        format!(
            "SSIS Error Code DTS_E_PRIMEOUTPUTFAILED. The PrimeOutput method on {} returned error code 0x{:08X}.",
            who.name, failure.code
        ),
    );
}

/// A source found that what is behind it has failed.
pub(crate) fn add_row(shared: &Shared<'_>, who: &Who) {
    let text = format!(
        "The attempt to add a row to the Data Flow task buffer failed with error code 0x{:08X}.",
        dts::DTS_E_REFUSEDFORSHUTDOWN
    );
    let failure = Failure::new(dts::DTS_E_ADDROWTOBUFFERFAILED, text);
    prime_output(shared, who, &failure);
}

/// A thread ended because of a failure on it.
pub(crate) fn thread(shared: &Shared<'_>, name: &str, code: u32) {
    engine(
        shared,
        dts::DTS_E_THREADFAILED,
        format!(
            "SSIS Error Code DTS_E_THREADFAILED. Thread \"{name}\" has exited with error code 0x{code:08X}."
        ),
    );
}

/// A thread ended because of a failure on another.
pub(crate) fn thread_cancelled(shared: &Shared<'_>, name: &str) {
    engine(
        shared,
        dts::DTS_E_THREADCANCELLED,
        format!(
            "SSIS Error Code DTS_E_THREADCANCELLED. Thread \"{name}\" received a shutdown signal and is terminating."
        ),
    );
}

/// A call outside of the flow of rows failed: pre-execute or post-execute.
pub(crate) fn phase(shared: &Shared<'_>, who: &Who, failure: &Failure, code: u32, phase: &str) {
    own(shared, who, failure);
    let text = format!(
        "{} failed the {phase} phase and returned error code 0x{:08X}.",
        who.name, failure.code
    );
    engine(shared, code, text);
}
