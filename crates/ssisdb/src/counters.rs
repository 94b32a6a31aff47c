//! What the server has done since it began: `@@CPU_BUSY` and the like, from what the operating
//! system counts for this process.
//!
//! Source: T-SQL reference, "System statistical functions". Times are in ticks of
//! [`TICK_US`] microseconds, of all processors together.

use std::sync::atomic::Ordering;

use tsql::value::SqlValue;

use crate::connection::Inside;
use crate::server::now;

/// `@@TIMETICKS`: microseconds of a tick.
const TICK_US: i64 = 31_250;

/// Microseconds of a clock tick in `/proc`: Linux shows a hundred a second to programs.
const CLOCK_TICK_US: i64 = 10_000;

/// The value of a counter, which may be too large for its type; `None` if it is none.
pub(crate) fn value(connection: &Inside, name: &str) -> Option<SqlValue> {
    let counted = match name {
        "@@CONNECTIONS" => connection.server.connections.load(Ordering::Relaxed),
        "@@PACK_RECEIVED" => connection.server.packets[0].load(Ordering::Relaxed),
        "@@PACK_SENT" => connection.server.packets[1].load(Ordering::Relaxed),
        "@@PACKET_ERRORS" => connection.server.packets[2].load(Ordering::Relaxed),
        // An error of the disk ends what met it, and is told there: none is passed over.
        "@@TOTAL_ERRORS" => 0,
        "@@TIMETICKS" => TICK_US,
        "@@CPU_BUSY" => cpu_us() / TICK_US,
        "@@IO_BUSY" => stat(BLOCKED) * CLOCK_TICK_US / TICK_US,
        "@@IDLE" => idle_us(connection) / TICK_US,
        "@@TOTAL_READ" => io("syscr"),
        "@@TOTAL_WRITE" => io("syscw"),
        _ => return None,
    };
    Some(SqlValue::Int(i32::try_from(counted).unwrap_or(i32::MAX)))
}

/// Fields of `/proc/self/stat` behind the program's name: time in user mode, in the kernel, and
/// waiting for disks (proc(5): fields 14, 15 and 42, of which the name is the second).
const USER: usize = 11;
const KERNEL: usize = 12;
const BLOCKED: usize = 39;

fn stat(field: usize) -> i64 {
    let text = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let behind_name = text.rsplit_once(')').map_or("", |(_, rest)| rest);
    let found = behind_name.split_whitespace().nth(field);
    found.and_then(|number| number.parse().ok()).unwrap_or(0)
}

fn cpu_us() -> i64 {
    (stat(USER) + stat(KERNEL)) * CLOCK_TICK_US
}

fn idle_us(connection: &Inside) -> i64 {
    let processors = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let up = (now().0 - connection.server.started.0).max(0);
    (up * i64::try_from(processors).unwrap_or(1) - cpu_us()).max(0)
}

fn io(name: &str) -> i64 {
    let text = std::fs::read_to_string("/proc/self/io").unwrap_or_default();
    let found = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':'));
    found.and_then(|number| number.trim().parse().ok()).unwrap_or(0)
}
