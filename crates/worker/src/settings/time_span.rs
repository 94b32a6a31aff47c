//! Durations as the original writes them: .NET's `TimeSpan`, `[d.]hh:mm:ss[.fffffff]`.

use std::time::Duration;

/// A text that is not a duration.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a duration is written `hh:mm:ss` or `d.hh:mm:ss`")]
pub(crate) struct BadTimeSpan;

/// Reads `hh:mm:ss`, with days before and a fraction of a second behind where there are any.
pub(crate) fn parse_time_span(text: &str) -> Result<Duration, BadTimeSpan> {
    let parts: Vec<&str> = text.trim().split(':').collect();
    let [first, minutes, last] = parts[..] else { return Err(BadTimeSpan) };
    let (days, hours) = first.split_once('.').unwrap_or(("0", first));
    let (seconds, fraction) = last.split_once('.').unwrap_or((last, "0"));
    let days = number(days, u64::from(u32::MAX))?;
    let whole =
        ((days * 24 + number(hours, 23)?) * 60 + number(minutes, 59)?) * 60 + number(seconds, 59)?;
    if 7 < fraction.len() {
        return Err(BadTimeSpan);
    }
    let ticks = number(&format!("{fraction:0<7}"), 9_999_999)?;
    let nanos = u32::try_from(ticks * 100).map_err(|_| BadTimeSpan)?;
    Ok(Duration::new(whole, nanos))
}

fn number(text: &str, max: u64) -> Result<u64, BadTimeSpan> {
    let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let number: u64 = text.parse().map_err(|_| BadTimeSpan)?;
    if digits && number <= max { Ok(number) } else { Err(BadTimeSpan) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_as_dot_net_writes_them() {
        assert_eq!(parse_time_span("00:01:00"), Ok(Duration::from_secs(60)));
        assert_eq!(parse_time_span("7.00:00:00"), Ok(Duration::from_secs(604_800)));
        assert_eq!(parse_time_span("00:00:00.5"), Ok(Duration::from_millis(500)));
        assert_eq!(parse_time_span("23:59:59.9999999").unwrap().subsec_nanos(), 999_999_900);
    }

    #[test]
    fn what_is_not_a_duration_is_refused() {
        for text in ["", "10", "00:60:00", "24:00:00", "-1:00:00", "+1:00:00", "00:00:00.12345678"]
        {
            assert_eq!(parse_time_span(text), Err(BadTimeSpan), "{text}");
        }
    }
}
