//! Tells other masters which topics a commit concerned, and hears it from them: NOTIFY and LISTEN
//! on a connection of its own.
//!
//! A NOTIFY inside of the transactions would make the server commit them one after the other, so
//! it is sent right after them. What gets lost on the way (a master dies in between, a connection
//! breaks) is made up for by waking everybody every few seconds, and after each reconnect.

use std::io;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

use tokio::runtime::{Builder, Runtime};
use tokio::sync::mpsc::{self, UnboundedReceiver};
use tokio::sync::{Notify, watch};
use tokio::time::{Interval, MissedTickBehavior, interval, sleep};
use tokio_postgres::{Client, Notification};
use uuid::Uuid;

use super::address::Address;
use super::session::connect_to_any;
use crate::store::Topic;
use crate::store::changes::Changes;

/// How often everybody is woken although nothing was heard.
pub(super) const WAKE_EVERY: Duration = Duration::from_secs(5);

/// The pause before the next try to connect.
const RECONNECT_AFTER: Duration = Duration::from_millis(250);

/// How often the server is asked whether it lives.
const ASK_EVERY: Duration = Duration::from_secs(1);

/// How long it may take to answer. A server that does not is taken for frozen, and everybody who
/// waits for it here looks for another.
const ANSWER_MAX: Duration = Duration::from_secs(5);

/// Marks of commits are kept this long: longer than any request is tried again.
const FORGET: &str = "DELETE FROM committed_requests
    WHERE committed_time < (extract(epoch FROM clock_timestamp()) * 1000000)::bigint - 900000000";

/// How often old marks are deleted.
const FORGET_EVERY: Duration = Duration::from_secs(120);

/// What this store's commits concerned, and others do not know yet.
pub(super) struct Notices {
    changes: Changes,
    /// One bit for each topic.
    untold: AtomicU8,
    wake: Notify,
    /// Rises when the server stops answering, and when there is a new connection to one that does.
    silences: watch::Sender<u64>,
}

impl Notices {
    pub(super) fn new(changes: Changes) -> Self {
        let silences = watch::Sender::new(0);
        Self { changes, untold: AtomicU8::new(0), wake: Notify::new(), silences }
    }

    /// A counter that rises when the server stops answering, or may have.
    pub(super) fn silences(&self) -> watch::Receiver<u64> {
        self.silences.subscribe()
    }

    /// Wakes those who wait here at once, and those elsewhere soon.
    pub(super) fn tell(&self, topics: [bool; Topic::ALL.len()]) {
        let mut bits = 0;
        for topic in Topic::ALL {
            if topics[topic as usize] {
                self.changes.bump(topic);
                bits |= bit(topic);
            }
        }
        if bits != 0 {
            self.untold.fetch_or(bits, Ordering::AcqRel);
            self.wake.notify_one();
        }
    }
}

fn bit(topic: Topic) -> u8 {
    1 << (topic as u8)
}

/// The store's ear and mouth.
pub(super) struct Listener {
    address: Arc<Address>,
    notices: Arc<Notices>,
    /// Tells this store's notices from those of others.
    name: String,
    stop: watch::Receiver<bool>,
    was_connected: bool,
}

/// Why the connection is not used any more.
enum Left {
    /// The store is closed.
    Stopped,
    /// It ended.
    Lost,
    /// The server does not answer.
    Silent,
}

impl Listener {
    pub(super) fn new(
        address: Arc<Address>,
        notices: Arc<Notices>,
        stop: watch::Receiver<bool>,
    ) -> Self {
        let name = Uuid::new_v4().as_simple().to_string();
        Self { address, notices, name, stop, was_connected: false }
    }

    /// A runtime for [`Listener::run`].
    pub(super) fn runtime() -> io::Result<Runtime> {
        Builder::new_current_thread().enable_all().build()
    }

    /// Until the store is closed.
    pub(super) async fn run(mut self) {
        let mut stop = self.stop.clone();
        loop {
            let left = tokio::select! {
                left = self.listen() => left,
                _ = stop.wait_for(|stop| *stop) => Left::Stopped,
            };
            match left {
                Left::Stopped => return,
                Left::Silent => self.notices.silences.send_modify(|count| *count += 1),
                Left::Lost => {}
            }
            // Nothing is heard until the connection is back, so nobody may rely on it.
            self.notices.changes.bump_all();
            tokio::select! {
                () = sleep(RECONNECT_AFTER) => {}
                _ = stop.wait_for(|stop| *stop) => return,
            }
        }
    }

    async fn listen(&mut self) -> Left {
        let (heard, mut hearing) = mpsc::unbounded_channel();
        let Ok((_, client)) = connect_to_any(&self.address, 0, Some(heard)).await else {
            return Left::Lost;
        };
        if let Err(left) = answered(client.batch_execute("LISTEN packhorse_changes")).await {
            return left;
        }
        // Whoever waits for a server that froze while there was nobody to notice lets go of it:
        // this one answers.
        if std::mem::replace(&mut self.was_connected, true) {
            self.notices.silences.send_modify(|count| *count += 1);
        }
        self.notices.changes.bump_all();
        match self.serve(&client, &mut hearing).await {
            Ok(()) => Left::Lost,
            Err(left) => left,
        }
    }

    /// Until the connection ends.
    async fn serve(
        &self,
        client: &Client,
        hearing: &mut UnboundedReceiver<Notification>,
    ) -> Result<(), Left> {
        let (mut ask, mut wake) = (every(ASK_EVERY), every(WAKE_EVERY));
        let mut forget = every(FORGET_EVERY);
        loop {
            tokio::select! {
                notification = hearing.recv() => match notification {
                    Some(notification) => self.hear(notification.payload()),
                    None => return Ok(()),
                },
                () = self.notices.wake.notified() => self.pass_on(client).await?,
                _ = ask.tick() => answered(client.batch_execute("SELECT 1")).await?,
                _ = wake.tick() => self.notices.changes.bump_all(),
                _ = forget.tick() => answered(client.batch_execute(FORGET)).await?,
            }
        }
    }

    /// `TOPICS NAME`: a number with one bit for each topic, and who says so.
    fn hear(&self, payload: &str) {
        let Some((bits, name)) = payload.split_once(' ') else { return };
        let bits: u8 = bits.parse().unwrap_or(u8::MAX);
        if name != self.name {
            let concerned = Topic::ALL.into_iter().filter(|topic| bits & bit(*topic) != 0);
            concerned.for_each(|topic| self.notices.changes.bump(topic));
        }
    }

    /// All that has happened since the last time, in one notice.
    async fn pass_on(&self, client: &Client) -> Result<(), Left> {
        let bits = self.notices.untold.swap(0, Ordering::AcqRel);
        if bits == 0 {
            return Ok(());
        }
        let sql = format!("NOTIFY packhorse_changes, '{bits} {}'", self.name);
        let told = answered(client.batch_execute(&sql)).await;
        if told.is_err() {
            self.notices.untold.fetch_or(bits, Ordering::AcqRel);
            self.notices.wake.notify_one();
        }
        told
    }
}

fn every(period: Duration) -> Interval {
    let mut every = interval(period);
    every.set_missed_tick_behavior(MissedTickBehavior::Delay);
    every
}

async fn answered(
    request: impl Future<Output = Result<(), tokio_postgres::Error>>,
) -> Result<(), Left> {
    match tokio::time::timeout(ANSWER_MAX, request).await {
        Ok(Ok(())) => Ok(()),
        Ok(Err(_)) => Err(Left::Lost),
        Err(_elapsed) => Err(Left::Silent),
    }
}
