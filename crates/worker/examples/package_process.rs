//! A package process without packages: what a package's file name says is what it does. It shows
//! how the child's end of the pipes is used, and the worker's tests run it.

use std::process::Command;
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use model::record::{EventMessage, Record};
use model::{MessageSourceType, MessageType, Timestamp};
use scaleout::child::{ChildJob, FromChild, Progress};
use scaleout::message::Outcome;
use worker::{ChildEnd, FrameWriter};

fn main() {
    if std::env::args().any(|word| word == "--template") {
        worker::serve_forks().expect("the worker listens");
    }
    let (child, frames) = ChildEnd::start();
    let (stop_tx, stopped) = channel();
    let Some(job) = child.wait_for_job() else { return };
    if job.assignment.package != "Deaf.dtsx" {
        child.on_stop(move || {
            stop_tx.send(()).ok();
        });
    }
    let outcome = run(&job, &frames, &stopped);
    let ended = FromChild::Ended { outcome, rows_written: 42 };
    frames.write(&ended).expect("the worker listens");
}

fn run(job: &ChildJob, frames: &FrameWriter, stopped: &Receiver<()>) -> Outcome {
    assert!(std::path::Path::new(&job.project_file).exists(), "the project is here");
    say(frames, 1..=2);
    match job.assignment.package.as_str() {
        "Succeed.dtsx" => {}
        "Fail.dtsx" => return Outcome::Failed,
        "Crash.dtsx" => {
            eprintln!("out of luck");
            std::process::abort();
        }
        "Talk.dtsx" => say(frames, 3..=2_000),
        "Slow.dtsx" | "Deaf.dtsx" => {
            let progress = Progress { rows_read: 7, ..Progress::default() };
            frames.write(&FromChild::Progress(progress)).expect("the worker listens");
            if stopped.recv_timeout(Duration::from_secs(600)).is_ok() {
                return Outcome::Canceled;
            }
            std::thread::sleep(Duration::from_secs(600));
        }
        "Spawn.dtsx" => {
            let mut child = Command::new("sleep").arg("600").spawn().expect("sleep starts");
            let file = std::path::Path::new(&job.task_folder).join("pid");
            std::fs::write(file, child.id().to_string()).expect("the task has a folder");
            child.wait().expect("it is this process's child");
        }
        other => eprintln!("`{other}` means nothing here"),
    }
    Outcome::Succeeded
}

fn say(frames: &FrameWriter, numbers: std::ops::RangeInclusive<u32>) {
    for number in numbers {
        let event = EventMessage {
            time: Timestamp(1_763_718_600_000_000),
            message_type: MessageType::Information,
            source_type: MessageSourceType::Package,
            message: format!("message {number}"),
            package_name: String::new(),
            event_name: "OnInformation".to_owned(),
            source_name: String::new(),
            source_id: String::new(),
            subcomponent_name: String::new(),
            package_path: r"\Package".to_owned(),
            execution_path: r"\Package".to_owned(),
            thread_id: 0,
            message_code: 0,
            context: Vec::new(),
        };
        let records = vec![Record::EventMessage(event)];
        frames.write(&FromChild::Records { records }).expect("the worker listens");
    }
}
