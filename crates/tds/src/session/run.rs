//! Requests, responses and cancels: [MS-TDS] 3.3.5.9 and 3.3.5.10.

use super::{Closing, Event, Session, State};
use crate::error::DecodeError;
use crate::packet::{Message, PacketType, Status};
use crate::request::{BulkLoad, RpcRequest, SqlBatch, TransactionRequest};
use crate::token::{Done, EnvChange};

/// What the session has to forget before a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reset {
    /// Everything: as after a new login. An open transaction is rolled back.
    All,
    /// Everything but the transaction.
    AllButTransaction,
}

/// What a client wants done.
#[derive(Debug, PartialEq)]
pub enum Request {
    /// Run T-SQL text.
    Batch(SqlBatch),
    /// Call procedures.
    Rpc(RpcRequest),
    /// Begin, commit or roll back.
    Transaction(TransactionRequest),
    /// Put rows into the table that the batch before has named with `INSERT BULK`.
    BulkLoad(BulkLoad),
}

impl Session {
    pub(super) fn on_message_while_running(&mut self, message: Message, cancelling: bool) {
        if message.kind == PacketType::Attention {
            if !cancelling {
                self.state = State::Running { cancelling: true };
                self.events.push_back(Event::Cancel);
            }
        } else if self.waiting.is_some() {
            self.close(Closing::TooManyRequests);
        } else {
            self.waiting = Some(message);
        }
    }

    pub(super) fn on_request(&mut self, message: Message) {
        if message.status.has(Status::IGNORE) && message.kind != PacketType::Attention {
            // [MS-TDS] 2.2.1.7: a request given up while it was sent is answered by one DONE
            // with the error bit, and is not acknowledged as a cancel.
            return self.answer_alone(Done { error: true, ..Done::default() });
        }
        let (version, payload) = (self.version, &message.payload);
        let body = match message.kind {
            PacketType::Attention => return self.answer_alone(Done::ATTENTION),
            PacketType::SqlBatch => SqlBatch::decode(payload, version).map(Request::Batch),
            PacketType::Rpc => RpcRequest::decode(payload, version).map(Request::Rpc),
            PacketType::TransactionManager => {
                TransactionRequest::decode(payload, version).map(Request::Transaction)
            }
            PacketType::BulkLoad => BulkLoad::decode(payload, version).map(Request::BulkLoad),
            PacketType::PreTds7Login
            | PacketType::TabularResult
            | PacketType::FederatedAuthenticationToken
            | PacketType::Login7
            | PacketType::Sspi
            | PacketType::PreLogin => {
                return self.close(Closing::Unexpected { kind: message.kind });
            }
        };
        self.start_response(message.status);
        match body {
            Ok(request) => self.events.push_back(Event::Run(Box::new(request))),
            Err(error) => self.answer_broken_request(message.kind, &error),
        }
    }

    /// A response starts with the news that the session was reset, if it was.
    fn start_response(&mut self, status: Status) {
        self.state = State::Running { cancelling: false };
        let reset = if status.has(Status::RESET_KEEP_TRANSACTION) {
            Reset::AllButTransaction
        } else if status.has(Status::RESET) {
            Reset::All
        } else {
            return;
        };
        self.events.push_back(Event::Reset(reset));
        let mut out = Vec::new();
        let told = EnvChange::ResetConnection.encode(self.version, &mut out);
        told.expect("three bytes fit");
        self.write(&out);
    }

    /// Tells the client what is wrong with its request, and goes on.
    fn answer_broken_request(&mut self, kind: PacketType, error: &DecodeError) {
        let stream = |name: &str| {
            let start = "The incoming tabular data stream (TDS)";
            format!("{start} {name} stream is incorrect. {error}.")
        };
        let (number, text) = match kind {
            PacketType::Rpc => (8009, stream("remote procedure call (RPC) protocol")),
            PacketType::SqlBatch
            | PacketType::BulkLoad
            | PacketType::PreTds7Login
            | PacketType::TabularResult
            | PacketType::Attention
            | PacketType::FederatedAuthenticationToken
            | PacketType::TransactionManager
            | PacketType::Login7
            | PacketType::Sspi
            | PacketType::PreLogin => (4002, stream("protocol")),
        };
        let mut out = Vec::new();
        self.message(number, 16, text).encode(self.version, &mut out);
        Done { error: true, ..Done::default() }.encode(self.version, &mut out);
        self.write(&out);
        self.finish();
    }

    fn answer_alone(&mut self, done: Done) {
        let mut out = Vec::new();
        done.encode(self.version, &mut out);
        self.write(&out);
        self.end_message();
    }

    /// Appends whole tokens to the response. Without effect when no request is running.
    pub fn respond(&mut self, tokens: &[u8]) {
        if self.is_running() {
            self.write(tokens);
        }
    }

    /// Sends what the response has so far, so that the client sees it before the rest is ready.
    pub fn flush(&mut self) {
        if self.is_running() {
            let mut packets = Vec::new();
            self.writer.flush(&mut packets);
            self.send(packets);
        }
    }

    /// Ends the response, whose last token was a DONE that says so. A cancel that came in the
    /// meantime is acknowledged.
    pub fn finish(&mut self) {
        let State::Running { cancelling } = self.state else { return };
        // A cancel that the caller has not seen yet is about this request, not about the next.
        self.events.retain(|event| !matches!(event, Event::Cancel));
        if self.writer.is_at_start() {
            // A message without a token would leave the client waiting.
            let mut out = Vec::new();
            Done::default().encode(self.version, &mut out);
            self.write(&out);
        }
        self.end_message();
        if cancelling {
            self.answer_alone(Done::ATTENTION);
        }
        self.state = State::Idle;
        if let Some(message) = self.waiting.take() {
            self.on_message(message);
        }
    }

    /// Ends a response that was stopped in the middle, behind its last whole token.
    pub fn cancelled(&mut self) {
        let mut out = Vec::new();
        Done { error: true, ..Done::default() }.encode(self.version, &mut out);
        self.respond(&out);
        self.finish();
    }
}
