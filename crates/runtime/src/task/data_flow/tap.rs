//! Data taps: which of them belong to a Data Flow Task, and the files that they write.
//!
//! Rules: the `catalog.add_data_tap` page. A tap names its task by its place, case-sensitive, or
//! by its id, and means it in whatever package of the run it is. In a loop each iteration has a
//! file of its own, with the number of the iteration in front of the name.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use model::dts;
use model::record::DataTap;

use crate::frame::Frame;

/// The taps that have found their task.
#[derive(Debug, Default)]
pub(crate) struct UsedTaps(Mutex<HashSet<usize>>);

/// The taps of a Data Flow Task, as its engine takes them.
pub(crate) fn of_task(frame: &Arc<Frame>) -> Vec<dataflow::Tap> {
    let options = &frame.run.runner.options;
    let own = options.data_taps.iter().filter(|tap| belongs(tap, frame));
    let taps = own.filter_map(|tap| {
        let name = relative_path(&tap.file_name)?;
        Some(dataflow::Tap {
            path_id: tap.path_id.clone(),
            max_rows: tap.max_rows.map(|rows| u64::try_from(rows).unwrap_or(0)),
            file: options.data_dumps_folder.join(of_iteration(frame, &name)),
        })
    });
    taps.collect()
}

/// Notes that a task with these taps runs.
pub(crate) fn note_used(frame: &Arc<Frame>) {
    let runner = &frame.run.runner;
    let taps = runner.options.data_taps.iter().enumerate();
    let own = taps.filter(|(_, tap)| belongs(tap, frame)).map(|(number, _)| number);
    runner.used_taps.0.lock().unwrap_or_else(PoisonError::into_inner).extend(own);
}

/// Says of which taps no row was ever seen because their task did not run.
pub(crate) fn warn_of_unused(frame: &Arc<Frame>) {
    let runner = &frame.run.runner;
    let used = runner.used_taps.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
    for (number, tap) in runner.options.data_taps.iter().enumerate() {
        if used.contains(&number) {
            continue;
        }
        let task = tap.package_path.as_ref().or(tap.task_guid.as_ref());
        let task = task.map_or("", String::as_str);
        let text = format!(
            "The data tap \"{}\" has no file: no Data Flow Task \"{task}\" has run.",
            tap.path_id
        );
        frame.warning(dts::DTS_W_CANNOTFINDOBJECT, text);
    }
}

/// The first tap whose file would not be in the folder for it.
pub(crate) fn unusable_file(taps: &[DataTap]) -> Option<&str> {
    taps.iter().map(|tap| tap.file_name.as_str()).find(|name| relative_path(name).is_none())
}

fn belongs(tap: &DataTap, frame: &Frame) -> bool {
    let bare = |id: &str| id.trim().trim_matches(['{', '}']).to_ascii_lowercase();
    let by_path = tap.package_path.as_ref().is_some_and(|path| *path == frame.source.package_path);
    let by_id = tap.task_guid.as_ref().is_some_and(|id| bare(id) == bare(&frame.source.id));
    by_path || by_id
}

/// A name as it was given, Windows separators included, as a path that stays in its folder.
fn relative_path(name: &str) -> Option<PathBuf> {
    let parts: Vec<&str> = name.split(['/', '\\']).collect();
    let stays = |part: &&str| !matches!(*part, "" | "." | "..") && !part.contains([':', '\0']);
    parts.iter().all(stays).then(|| parts.iter().collect())
}

/// `2_orders.csv` in the second iteration of a loop, `1_2_orders.csv` in loops in each other.
fn of_iteration(frame: &Arc<Frame>, name: &Path) -> PathBuf {
    let mut file = name.file_name().unwrap_or_default().to_os_string();
    let mut at = Some(frame);
    while let Some(frame) = at {
        if 0 < frame.iteration {
            let mut prefixed = std::ffi::OsString::from(format!("{}_", frame.iteration));
            prefixed.push(&file);
            file = prefixed;
        }
        at = frame.parent.as_ref();
    }
    name.with_file_name(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_stays_in_its_folder() {
        assert_eq!(relative_path("output0.txt"), Some(PathBuf::from("output0.txt")));
        assert_eq!(relative_path(r"sub\out.csv"), Some(PathBuf::from("sub/out.csv")));
        for outside in ["", "/etc/x", r"C:\x", r"..\x", "a/../x", r"\\server\x", "a//b", "x:y"] {
            assert_eq!(relative_path(outside), None, "{outside}");
        }
    }
}
