//! The time and the thread, as events and system variables show them.

use chrono::{Local, Utc};
use model::{Ticks, Timestamp, Value};

/// The time now, UTC.
pub(crate) fn now() -> Timestamp {
    Timestamp::from(Utc::now())
}

/// The time now on the clock on the wall, as `System::StartTime` has it.
pub(crate) fn local_now() -> Value {
    Value::DateTime(local_ticks())
}

/// The time now on the clock on the wall.
pub(crate) fn local_ticks() -> Ticks {
    Ticks::from_calendar(Local::now().naive_local()).unwrap_or_default()
}

/// The time now, UTC, as expressions have it.
pub(crate) fn utc_ticks() -> Ticks {
    Ticks::from_calendar(Utc::now().naive_utc()).unwrap_or_default()
}

/// The time now on the clock on the wall, as `2015-05-28T10:27:22.087`.
pub(crate) fn local_text() -> String {
    Local::now().format("%Y-%m-%dT%H:%M:%S%.3f").to_string()
}

/// `h:mm:ss AM`, on the clock on the wall.
pub(crate) fn wall_clock(time: Timestamp) -> String {
    let time = time.to_chrono().map(|time| time.with_timezone(&Local));
    time.map_or_else(String::new, |time| time.format("%-I:%M:%S %p").to_string())
}

/// `hh:mm:ss.fff`.
pub(crate) fn duration(ms: i64) -> String {
    let ms = ms.max(0);
    let (seconds, ms) = (ms / 1000, ms % 1000);
    format!("{:02}:{:02}:{:02}.{ms:03}", seconds / 3600, seconds / 60 % 60, seconds % 60)
}

/// Operating system thread.
pub(crate) fn thread_id() -> i64 {
    nix::unistd::gettid().as_raw().into()
}

#[cfg(test)]
mod tests {
    #[test]
    fn durations_have_hours_and_milliseconds() {
        assert_eq!(super::duration(0), "00:00:00.000");
        assert_eq!(super::duration(3_723_045), "01:02:03.045");
    }
}
