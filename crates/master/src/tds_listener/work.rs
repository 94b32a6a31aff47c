//! A request that runs: on a thread of its own, while the connection's loop goes on reading.
//!
//! # Invariants
//!
//! * At most as many requests run as the listener has threads for; the others wait, and can be
//!   cancelled while they do.
//! * However a request ends, the conversation comes back, or is gone because it panicked.

use std::sync::Arc;
use std::task::{Context, Poll, ready};

use tds::session::{Request, Reset};
use tokio::sync::{Semaphore, mpsc};
use tokio::task::{JoinHandle, spawn_blocking};
use tsql::host::{Cancel, Stopped};
use tsql::value::SqlError;

use super::calls::{bulk_rows, remote_call, transaction_commands};
use super::host::Conversation;
use super::response::{CHUNKS_MAX, Chunk, ChunkEnd, Ended, Manner, Response};

/// What a conversation is asked to do.
pub(super) struct Job {
    /// What it forgets first.
    pub(super) reset: Option<Reset>,
    /// What it does then.
    pub(super) request: Box<Request>,
    /// How it answers.
    pub(super) manner: Manner,
}

/// A request that runs, or waits for its turn.
pub(super) struct Work {
    chunks: mpsc::Receiver<Chunk>,
    task: JoinHandle<Finished>,
    cancel: Cancel,
    cancelled: bool,
    /// Where the last chunk ended that was handed out.
    end: ChunkEnd,
}

/// A request that has ended.
pub(super) struct Finished {
    /// Nothing, if it is broken.
    pub(super) conversation: Option<Box<dyn Conversation>>,
    /// The connection must end.
    pub(super) fatal: bool,
}

/// What comes from a running request.
pub(super) enum News {
    /// More of the response.
    Bytes {
        /// Whole tokens, or pieces of one.
        bytes: Vec<u8>,
        /// Whether the client shall have them now.
        flush: bool,
    },
    /// It has ended.
    Finished {
        /// What is left of it.
        finished: Finished,
        /// Whether the response was handed out as a whole.
        complete: bool,
    },
}

impl Work {
    /// Starts as soon as there is a place among the running requests.
    pub(super) fn start(
        conversation: Box<dyn Conversation>,
        job: Job,
        places: Arc<Semaphore>,
    ) -> Work {
        let (sender, chunks) = mpsc::channel(CHUNKS_MAX);
        let cancel = Cancel::default();
        let task = tokio::spawn(run_in_turn(conversation, job, (sender, cancel.clone()), places));
        Work { chunks, task, cancel, cancelled: false, end: ChunkEnd::Token }
    }

    /// Asks the request to stop. What was begun of a token is still handed out.
    pub(super) fn cancel(&mut self) {
        self.cancel.cancel();
        self.cancelled = true;
        if self.end != ChunkEnd::Inside {
            self.chunks.close();
        }
    }

    /// The next of what comes from it.
    pub(super) fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<News> {
        while let Some(chunk) = ready!(self.chunks.poll_recv(cx)) {
            if self.cancelled && self.end != ChunkEnd::Inside {
                continue;
            }
            self.end = chunk.end;
            if self.cancelled && self.end != ChunkEnd::Inside {
                self.chunks.close();
            }
            return Poll::Ready(News::Bytes { bytes: chunk.bytes, flush: chunk.flush });
        }
        let finished = ready!(std::pin::Pin::new(&mut self.task).poll(cx));
        let finished = finished.unwrap_or_else(|error| {
            tracing::error!(%error, "a T-SQL request broke off");
            Finished { conversation: None, fatal: true }
        });
        Poll::Ready(News::Finished { finished, complete: self.end == ChunkEnd::Response })
    }

    /// Stops the request, and waits until it has. Without effect on one that has ended.
    pub(super) async fn stop(mut self) -> Option<Box<dyn Conversation>> {
        self.cancel.cancel();
        self.chunks.close();
        let discard = std::future::poll_fn(|cx| {
            loop {
                if let News::Finished { finished, .. } = ready!(self.poll_next(cx)) {
                    return Poll::Ready(finished.conversation);
                }
            }
        });
        discard.await
    }
}

type Way = (mpsc::Sender<Chunk>, Cancel);

async fn run_in_turn(
    conversation: Box<dyn Conversation>,
    job: Job,
    (sender, cancel): Way,
    places: Arc<Semaphore>,
) -> Finished {
    let place = tokio::select! {
        place = places.acquire_owned() => place,
        () = sender.closed() => {
            return Finished { conversation: Some(conversation), fatal: false };
        }
    };
    let ran = spawn_blocking(move || {
        let finished = run(conversation, job, (sender, cancel));
        drop(place);
        finished
    });
    ran.await.unwrap_or_else(|error| {
        tracing::error!(%error, "a T-SQL request broke off");
        Finished { conversation: None, fatal: true }
    })
}

fn run(mut conversation: Box<dyn Conversation>, mut job: Job, (sender, cancel): Way) -> Finished {
    if let Some(reset) = job.reset {
        conversation.reset(reset == Reset::AllButTransaction);
    }
    job.manner.in_transaction = conversation.transaction_id() != 0;
    let mut response = Response::new(job.manner, sender);
    let answered = answer(&mut *conversation, *job.request, &mut response, &cancel);
    // The engine also stops when a row cannot be sent. Then the client still hears the end.
    let stopped = response.is_cut_off() || (answered.is_err() && cancel.is_cancelled());
    let ended = if stopped { Err(Stopped) } else { response.finish() };
    let fatal = ended.is_ok_and(|Ended { fatal }| fatal);
    Finished { conversation: Some(conversation), fatal }
}

fn answer(
    conversation: &mut dyn Conversation,
    request: Request,
    response: &mut Response,
    cancel: &Cancel,
) -> Result<(), Stopped> {
    match request {
        Request::Batch(batch) => conversation.batch(&batch.text, response, cancel),
        Request::Rpc(request) => {
            for call in request.calls.into_iter().filter(|call| !call.no_execute) {
                response.begin_call();
                match remote_call(call) {
                    Ok(call) => conversation.call(&call, response, cancel)?,
                    Err(error) => response.error(error)?,
                }
                response.end_call()?;
            }
            Ok(())
        }
        Request::BulkLoad(load) => conversation.bulk_load(bulk_rows(load), response, cancel),
        Request::Transaction(request) => {
            for command in transaction_commands(request.command) {
                conversation.transaction(&command, response)?;
                if response.has_failed() {
                    break;
                }
            }
            Ok(())
        }
    }
}

/// What a client is told whose request broke off.
pub(super) fn broken_off() -> SqlError {
    let text = "A severe error occurred on the current command. The results, if any, should be \
                discarded.";
    SqlError::new(0, 20, 0, text)
}
