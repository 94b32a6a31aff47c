use std::sync::Arc;
use std::thread;
use std::time::{Duration, Instant};

use arrow_array::{Int32Array, RecordBatch};
use arrow_schema::{DataType, Field, Schema};

use super::*;
use crate::engine::Counters;
use crate::testing::World;
use crate::{Cancel, Settings};

fn batch(number: i32) -> RecordBatch {
    let schema = Arc::new(Schema::new(vec![Field::new("n", DataType::Int32, true)]));
    RecordBatch::try_new(schema, vec![Arc::new(Int32Array::from(vec![number]))]).unwrap()
}

fn waiting(inbox: &Inbox, input: usize) -> usize {
    inbox.lock().inputs[input].batches.len()
}

fn until(what: &str, condition: impl Fn() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(30);
    while !condition() {
        assert!(Instant::now() < deadline, "{what}");
        thread::yield_now();
    }
}

#[test]
fn a_writer_waits_while_its_queue_is_full() {
    let (world, cancel, counters) = (World::default(), Cancel::new(), Counters::default());
    let (shared, inbox) = (Shared::new(&world, &cancel, &counters), Inbox::new(1, ""));
    thread::scope(|scope| {
        let writer = scope.spawn(|| (0..100).try_for_each(|n| inbox.push(&shared, 0, batch(n))));
        until("the queue fills", || waiting(&inbox, 0) == QUEUE_BATCHES);
        let mut taken = 0;
        while taken < 100 {
            assert!(waiting(&inbox, 0) <= QUEUE_BATCHES);
            assert!(inbox.pop(&shared, Wanted::Any).unwrap().is_some());
            taken += 1;
        }
        writer.join().unwrap().unwrap();
        inbox.finish(0);
        assert!(inbox.pop(&shared, Wanted::Any).unwrap().is_none());
    });
}

#[test]
fn a_full_queue_grows_while_its_reader_waits_for_another_input_and_goes_on_in_a_file() {
    let settings =
        Settings { memory_budget: 10 * batch(0).get_array_memory_size(), ..Settings::default() };
    let world = World { settings, ..World::default() };
    let (cancel, counters) = (Cancel::new(), Counters::default());
    let (shared, inbox) = (Shared::new(&world, &cancel, &counters), Inbox::new(2, ""));
    let all = i32::try_from(QUEUE_BATCHES).unwrap() + 30;
    thread::scope(|scope| {
        let reader = scope.spawn(|| inbox.pop(&shared, Wanted::Input(1)));
        for n in 0..all {
            inbox.push(&shared, 0, batch(n)).unwrap();
        }
        assert_eq!(inbox.lock().inputs[0].overflow.len(), 20, "beyond the bound and the budget");
        inbox.push(&shared, 1, batch(7)).unwrap();
        assert!(reader.join().unwrap().unwrap().is_some());
    });
    for n in 0..all {
        let taken = inbox.pop(&shared, Wanted::Input(0)).unwrap();
        assert_eq!(taken, Some((0, batch(n))), "the order of the rows stays");
    }
    // Taking the rows gives the budget back, and the queue is in memory again.
    assert!(shared.reserve(9 * batch(0).get_array_memory_size()).is_ok());
    inbox.push(&shared, 0, batch(1)).unwrap();
    assert_eq!(waiting(&inbox, 0), 1);
}

#[test]
fn a_blocked_writer_stops_when_the_flow_is_cancelled() {
    let (world, cancel, counters) = (World::default(), Cancel::new(), Counters::default());
    let (shared, inbox) = (Shared::new(&world, &cancel, &counters), Inbox::new(1, ""));
    thread::scope(|scope| {
        let writer = scope.spawn(|| (0..100).try_for_each(|n| inbox.push(&shared, 0, batch(n))));
        until("the queue fills", || waiting(&inbox, 0) == QUEUE_BATCHES);
        cancel.cancel();
        let asked = Instant::now();
        assert!(matches!(writer.join().unwrap(), Err(Stop::Stopped)));
        assert!(asked.elapsed() < Duration::from_secs(5));
    });
}
