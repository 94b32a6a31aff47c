//! Debug dumps: the state of a run in a text file, written when an event asks for it.
//!
//! What asks for it (DUMP_ON_ERROR, DUMP_ON_EVENT, DUMP_EVENT_CODE) and what the file has
//! (environment, recent messages): the dump files page. The binary `.mdmp` that the original
//! writes beside it is an image of a Windows process; there is none here. A run writes one dump,
//! at the first event that asks for it.
//!
//! # Invariants
//!
//! * Sensitive parameters, passwords, and variables that the author keeps out of dumps
//!   (`IncludeInDebugDump`) are not in the file; only its owner can read it.

use std::collections::VecDeque;
use std::fmt::Write as _;
use std::io::Write as _;
use std::os::unix::fs::OpenOptionsExt;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use fs_err::OpenOptions;
use model::MessageType;

use crate::Event;
use crate::frame::Frame;
use crate::log::context;
use crate::options::Dumps;

/// How many messages before the dump are in it.
const RECENT_MAX: usize = 100;

/// What is kept for a dump.
#[derive(Debug, Default)]
pub(crate) struct Dumping {
    recent: Mutex<VecDeque<Event>>,
    is_written: AtomicBool,
}

/// Notes an event, and writes the dump when the event asks for it.
pub(crate) fn consider(frame: &Arc<Frame>, event: &Event) {
    let runner = &frame.run.runner;
    let dumps = &runner.options.dumps;
    if !dumps.are_wanted() || runner.dumping.is_written.load(Ordering::Acquire) {
        return;
    }
    {
        let mut recent = runner.dumping.recent.lock().unwrap_or_else(PoisonError::into_inner);
        if recent.len() == RECENT_MAX {
            recent.pop_front();
        }
        recent.push_back(event.clone());
    }
    if !asks_for_dump(dumps, event) || runner.dumping.is_written.swap(true, Ordering::AcqRel) {
        return;
    }
    match write(frame, event) {
        Ok(file) => frame.say(
            MessageType::Information,
            0,
            format!("A dump of the state of the package was written to \"{}\".", file.display()),
        ),
        Err(error) => frame.warning(
            0,
            format!("The dump of the state of the package cannot be written: {error}."),
        ),
    }
}

fn asks_for_dump(dumps: &Dumps, event: &Event) -> bool {
    let by_event = match dumps.event_codes.as_slice() {
        [] => dumps.on_event,
        codes => codes.contains(&event.code),
    };
    by_event || (dumps.on_error && event.kind == MessageType::Error)
}

fn write(frame: &Arc<Frame>, event: &Event) -> std::io::Result<PathBuf> {
    let options = &frame.run.runner.options;
    let folder = &options.dumps.folder;
    fs_err::create_dir_all(folder)?;
    let time = event.time.to_chrono().map(|time| time.format("%Y%m%d_%H%M%S_%6f").to_string());
    let (time, process) = (time.unwrap_or_default(), std::process::id());
    let file = folder.join(format!("SSIS_{}_{time}_{process}.tmp", options.execution_id.0));
    let mut text = environment(event);
    add_recent(frame, &mut text);
    add_state(frame, event, &mut text);
    let mut open = OpenOptions::new();
    open.write(true).create_new(true);
    open.options_mut().mode(0o600);
    open.open(&file)?.write_all(text.as_bytes())?;
    Ok(file)
}

/// Appends a line. Writing to a String cannot fail.
macro_rules! line {
    ($text:expr, $($argument:tt)*) => {
        writeln!($text, $($argument)*).unwrap_or_default()
    };
}

fn environment(event: &Event) -> String {
    let mut text = String::new();
    let read = |path: &str| fs_err::read_to_string(path).unwrap_or_default();
    let image = std::env::current_exe().unwrap_or_default();
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    line!(text, "# SSIS Textual Dump taken at {}", event.time);
    line!(text, "#PID {}", std::process::id());
    line!(text, "#Image Name [{}]", image.display());
    line!(text, "# OS Linux {}", read("/proc/sys/kernel/osrelease").trim());
    line!(text, "# Running on {processors} {} processors", std::env::consts::ARCH);
    let memory = read("/proc/meminfo");
    let megabytes = |key: &str| {
        let line = memory.lines().find_map(|line| line.strip_prefix(key));
        let number = line.and_then(|line| line.split_whitespace().next());
        number.and_then(|number| number.parse::<u64>().ok()).unwrap_or(0) / 1024
    };
    let (total, free) = (megabytes("MemTotal:"), megabytes("MemAvailable:"));
    let used = (total - free.min(total)) * 100 / total.max(1);
    line!(text, "# Memory: {used}% in use. Physical: {free}M/{total}M (avail/total)");
    text
}

fn add_recent(frame: &Frame, text: &mut String) {
    let recent = &frame.run.runner.dumping.recent;
    for event in recent.lock().unwrap_or_else(PoisonError::into_inner).iter() {
        line!(text, "\n[M:1] Ring buffer entry:");
        line!(text, "[E:3]   Time Stamp: {}", event.time);
        line!(text, "[E:3]   Thread ID: {}", event.thread_id);
        line!(text, "[E:3]   Event Name: {}", event.name);
        line!(text, "[E:3]   Source Name: {}", event.console_source());
        line!(text, "[E:3]   Source ID: {}", event.source.id);
        line!(text, "[E:3]   Execution Path: {}", event.source.execution_path);
        line!(text, "[E:3]   Data Code: {}", event.code.cast_signed());
        line!(text, "[E:3]   Description: {}", event.description.replace('\n', " "));
    }
}

/// The object that raised the event and all around it.
fn add_state(frame: &Arc<Frame>, event: &Event, text: &mut String) {
    let hidden = hidden_variables(frame);
    line!(text, "\n[M:1] Package state:");
    for row in context::of_now(frame, event) {
        if !hidden.contains(&row.package_path) {
            let value = row.property_value.replace('\n', " ");
            line!(text, "[E:3]   {} {} = {value}", row.package_path, row.property_name);
        }
    }
}

/// Places of the variables that are kept out of dumps.
fn hidden_variables(frame: &Arc<Frame>) -> Vec<String> {
    let mut hidden = Vec::new();
    let mut at = Some(frame);
    while let Some(frame) = at {
        let variables = frame.instance.node.executable.variables.iter();
        let out = variables.filter(|variable| !variable.include_in_debug_dump);
        let path = &frame.source.package_path;
        hidden.extend(out.map(|v| context::variable_path(path, &v.qualified_name())));
        at = frame.parent.as_ref();
    }
    hidden
}
