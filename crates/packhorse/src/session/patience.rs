//! Asks again where that helps: while a master starts again, SSISDB moves to another server, or
//! certificates are exchanged. Every request of a command bears to be carried out twice, as the
//! client itself asks again over a new connection.

use std::time::Duration;

use tokio::time::{Instant, sleep};
use transport::ClientError;

/// How long a request is repeated that no master answers or lets in.
const RETRY_FOR: Duration = Duration::from_secs(60);

/// How long a refused certificate, of either side, may be one that is being exchanged. The files
/// are looked at every second.
const EXCHANGED_WITHIN: Duration = Duration::from_secs(5);

/// The pause between two tries.
const RETRY_EVERY: Duration = Duration::from_millis(200);

/// Asks until there is an answer, or an error that waiting does not mend.
pub(crate) async fn patiently<T>(
    mut ask: impl AsyncFnMut() -> Result<T, ClientError>,
) -> Result<T, ClientError> {
    let start = Instant::now();
    loop {
        match ask().await {
            Err(error) if start.elapsed() < patience(&error) => sleep(RETRY_EVERY).await,
            answer => return answer,
        }
    }
}

/// How long to go on after this error. A deadline has been waited for already, and a master that
/// fails does so again.
fn patience(error: &ClientError) -> Duration {
    match error {
        ClientError::Unreachable { .. }
        | ClientError::Handshake { .. }
        | ClientError::Lost { .. } => RETRY_FOR,
        // Another master serves, and may do so for long.
        ClientError::Refused { error, .. } if error == "standby" => Duration::ZERO,
        ClientError::Refused { status: 503, .. } => RETRY_FOR,
        ClientError::Untrusted { .. } => EXCHANGED_WITHIN,
        ClientError::Refused { error, .. } if error == "unknown_certificate" => EXCHANGED_WITHIN,
        ClientError::Refused { .. }
        | ClientError::NoEndpoint
        | ClientError::BadEndpoint { .. }
        | ClientError::Identity(_)
        | ClientError::Deadline { .. }
        | ClientError::Unfit { .. }
        | ClientError::TooLong { .. }
        | ClientError::Decode { .. }
        | ClientError::Encode { .. }
        | ClientError::BadPath { .. }
        | ClientError::Write { .. } => Duration::ZERO,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lost() -> ClientError {
        let source = std::io::Error::from(std::io::ErrorKind::ConnectionRefused);
        ClientError::Unreachable { endpoint: "https://one:8391".to_owned(), source }
    }

    fn refused(error: &str, status: u16) -> ClientError {
        let (endpoint, message) = ("https://one:8391".to_owned(), "no".to_owned());
        ClientError::Refused { endpoint, status, error: error.to_owned(), message, number: None }
    }

    /// How often a request is tried that fails three times before it is answered.
    async fn tries(error: impl Fn() -> ClientError) -> usize {
        let mut n = 0;
        let answer = patiently(async || {
            n += 1;
            if n <= 3 { Err(error()) } else { Ok(()) }
        });
        answer.await.ok();
        n
    }

    #[tokio::test]
    async fn what_may_pass_is_asked_again_and_what_does_not_is_not() {
        assert_eq!(tries(lost).await, 4);
        assert_eq!(tries(|| refused("catalog_busy", 503)).await, 4);
        assert_eq!(tries(|| refused("unknown_certificate", 403)).await, 4);
        assert_eq!(tries(|| refused("not_an_administrator", 403)).await, 1);
        assert_eq!(tries(|| refused("internal", 500)).await, 1);
        assert_eq!(tries(|| refused("standby", 503)).await, 1);
    }

    #[test]
    fn a_certificate_that_stays_unknown_is_refused_after_some_seconds() {
        assert_eq!(patience(&refused("unknown_certificate", 403)), EXCHANGED_WITHIN);
        assert_eq!(patience(&lost()), RETRY_FOR);
    }
}
