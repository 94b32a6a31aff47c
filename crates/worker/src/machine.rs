//! What the worker sees of its machine: load, free memory, names. Read from `/proc`.

use std::path::Path;
use std::time::{Duration, Instant};

use scaleout::message::MachineFacts;

/// Load is measured over at least this long; shorter spans measure noise.
const SAMPLE: Duration = Duration::from_millis(500);

/// Measures how busy the processors are.
pub(crate) struct CpuMeter {
    last: Option<(Instant, Jiffies)>,
    percent: f64,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Jiffies {
    busy: u64,
    all: u64,
}

impl CpuMeter {
    pub(crate) const fn new() -> Self {
        Self { last: None, percent: 0.0 }
    }

    /// Percent of all processors' time that was used lately; 0 before there is a measurement.
    pub(crate) fn percent(&mut self, now: Instant) -> f64 {
        let due = self.last.is_none_or(|(at, _)| SAMPLE <= now.duration_since(at));
        if due && let Some(jiffies) = read("/proc/stat").as_deref().and_then(jiffies) {
            if let Some((_, last)) = self.last {
                self.percent = percent_between(last, jiffies);
            }
            self.last = Some((now, jiffies));
        }
        self.percent
    }
}

fn percent_between(earlier: Jiffies, later: Jiffies) -> f64 {
    let all = later.all.saturating_sub(earlier.all);
    let busy = later.busy.saturating_sub(earlier.busy);
    if all == 0 { 0.0 } else { 100.0 * busy as f64 / all as f64 }
}

/// The first line of `/proc/stat`: user, nice, system, idle, iowait, irq, softirq, steal.
fn jiffies(stat: &str) -> Option<Jiffies> {
    let line = stat.lines().next()?.strip_prefix("cpu ")?;
    let times: Vec<u64> = line.split_whitespace().take(8).flat_map(str::parse).collect();
    let idle = times.get(3)? + times.get(4)?;
    let all = times.iter().sum();
    Some(Jiffies { busy: all - idle, all })
}

/// Memory and processors now.
pub(crate) fn facts() -> MachineFacts {
    let meminfo = read("/proc/meminfo").unwrap_or_default();
    let cpus = std::thread::available_parallelism().map_or(1, usize::from);
    MachineFacts {
        total_physical_memory_kb: meminfo_kb(&meminfo, "MemTotal:").unwrap_or(0),
        available_physical_memory_kb: meminfo_kb(&meminfo, "MemAvailable:").unwrap_or(0),
        cpu_count: i32::try_from(cpus).unwrap_or(i32::MAX),
    }
}

/// Megabytes of memory that new programs can have; `None` when the system does not say.
pub(crate) fn free_memory_mb() -> Option<f64> {
    let kb = meminfo_kb(&read("/proc/meminfo")?, "MemAvailable:")?;
    Some(kb as f64 / 1024.0)
}

/// Megabytes that are free for this account on the disk of a folder; `None` when the system does
/// not say.
pub(crate) fn free_disk_mb(folder: &Path) -> Option<f64> {
    let disk = nix::sys::statvfs::statvfs(folder).ok()?;
    let free = disk.blocks_available().saturating_mul(disk.fragment_size());
    Some(free as f64 / 1_048_576.0)
}

fn meminfo_kb(meminfo: &str, name: &str) -> Option<i64> {
    let line = meminfo.lines().find_map(|line| line.strip_prefix(name))?;
    line.trim().strip_suffix("kB")?.trim().parse().ok()
}

/// The machine's name.
pub(crate) fn name() -> String {
    let name = read("/proc/sys/kernel/hostname").unwrap_or_default().trim().to_owned();
    if name.is_empty() { "localhost".to_owned() } else { name }
}

/// The account that packages run under.
pub(crate) fn user() -> String {
    let uid = nix::unistd::getuid();
    match nix::unistd::User::from_uid(uid) {
        Ok(Some(user)) => user.name,
        Ok(None) | Err(_) => uid.to_string(),
    }
}

fn read(path: &str) -> Option<String> {
    fs_err::read_to_string(path).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_load_is_what_was_used_between_two_looks() {
        let earlier = jiffies("cpu  100 0 100 800 0 0 0 0 0 0\ncpu0 1 2 3").unwrap();
        let later = jiffies("cpu  150 0 125 825 0 0 0 0 0 0\n").unwrap();
        assert!((percent_between(earlier, later) - 75.0).abs() < 1e-9);
        assert_eq!(jiffies("nonsense"), None);
    }

    #[test]
    fn this_machine_has_memory_and_a_name() {
        let facts = facts();
        assert!(0 < facts.available_physical_memory_kb);
        assert!(facts.available_physical_memory_kb <= facts.total_physical_memory_kb);
        assert!(0 < facts.cpu_count);
        assert!(0.0 <= free_disk_mb(Path::new("/")).unwrap());
        assert_eq!(free_disk_mb(Path::new("/no/such/folder")), None);
        assert!(!name().is_empty() && !user().is_empty());
    }
}
