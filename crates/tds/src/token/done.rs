//! DONE, DONEPROC and DONEINPROC: the end of a statement. [MS-TDS] 2.2.7.6, 2.2.7.8, 2.2.7.7.

use super::byte;
use crate::bytes::Reader;
use crate::error::DecodeError;
use crate::version::Version;

/// What ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum DoneKind {
    /// A statement of a batch.
    #[default]
    Done,
    /// A procedure.
    Proc,
    /// A statement in a procedure.
    InProc,
}

/// The end of a statement.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Done {
    /// What ended.
    pub kind: DoneKind,
    /// Another token follows in this response.
    pub more: bool,
    /// The statement failed.
    pub error: bool,
    /// A transaction is open.
    pub in_transaction: bool,
    /// It acknowledges a cancel.
    pub attention: bool,
    /// It failed so badly that its rows are not to be used.
    pub server_error: bool,
    /// How many rows it touched, unless it counts none.
    pub rows: Option<u64>,
    /// Which statement it was, such as 0xC1 for SELECT. Clients use it for little.
    pub command: u16,
}

/// Every status bit with its field.
fn bits(done: &mut Done) -> [(u16, &mut bool); 5] {
    [
        (0x0001, &mut done.more),
        (0x0002, &mut done.error),
        (0x0004, &mut done.in_transaction),
        (0x0020, &mut done.attention),
        (0x0100, &mut done.server_error),
    ]
}

const COUNT: u16 = 0x0010;

impl Done {
    /// The acknowledgement of a cancel.
    pub const ATTENTION: Done = Done {
        kind: DoneKind::Done,
        more: false,
        error: false,
        in_transaction: false,
        attention: true,
        server_error: false,
        rows: None,
        command: 0,
    };

    /// Appends the token. Versions before 7.2 count in four bytes: a larger count is told as the
    /// largest they can read.
    pub fn encode(&self, version: Version, out: &mut Vec<u8>) {
        out.push(match self.kind {
            DoneKind::Done => byte::DONE,
            DoneKind::Proc => byte::DONE_PROC,
            DoneKind::InProc => byte::DONE_IN_PROC,
        });
        let mut copy = *self;
        let set = bits(&mut copy).into_iter().filter(|(_, field)| **field);
        let status: u16 = set.map(|(bit, _)| bit).sum();
        let status = if self.rows.is_some() { status | COUNT } else { status };
        out.extend_from_slice(&status.to_le_bytes());
        out.extend_from_slice(&self.command.to_le_bytes());
        let rows = self.rows.unwrap_or(0);
        if version.is_at_least_7_2() {
            out.extend_from_slice(&rows.to_le_bytes());
        } else {
            out.extend_from_slice(&(rows.min(i32::MAX as u64) as u32).to_le_bytes());
        }
    }

    pub(super) fn decode(
        kind: DoneKind,
        reader: &mut Reader<'_>,
        version: Version,
    ) -> Result<Done, DecodeError> {
        let status = reader.u16("DONE status")?;
        let command = reader.u16("DONE command")?;
        let rows = match version.is_at_least_7_2() {
            true => reader.u64("DONE rows")?,
            false => reader.u32("DONE rows")?.into(),
        };
        let rows = (status & COUNT != 0).then_some(rows);
        let mut done = Done { kind, rows, command, ..Done::default() };
        for (bit, field) in bits(&mut done) {
            *field = status & bit != 0;
        }
        Ok(done)
    }
}

#[cfg(test)]
mod tests {
    use insta::assert_snapshot;
    use proptest::prelude::*;

    use super::*;
    use crate::token::Token;
    use crate::token::tests::{bytes, one};

    #[test]
    fn three_rows_affected_looks_like_this_on_the_wire() {
        let done = Done { rows: Some(3), command: 0xC1, ..Done::default() };
        let wire = bytes(|out| done.encode(Version::V7_4, out));
        assert_snapshot!(
            format!("{wire:02X?}"),
            @"[FD, 10, 00, C1, 00, 03, 00, 00, 00, 00, 00, 00, 00]"
        );
        let wire = bytes(|out| done.encode(Version::V7_1, out));
        assert_snapshot!(format!("{wire:02X?}"), @"[FD, 10, 00, C1, 00, 03, 00, 00, 00]");
    }

    #[test]
    fn a_cancel_is_acknowledged_with_bit_0x20() {
        let wire = bytes(|out| Done::ATTENTION.encode(Version::V7_4, out));
        assert_snapshot!(
            format!("{wire:02X?}"),
            @"[FD, 20, 00, 00, 00, 00, 00, 00, 00, 00, 00, 00, 00]"
        );
    }

    fn kinds() -> impl Strategy<Value = DoneKind> {
        prop_oneof![Just(DoneKind::Done), Just(DoneKind::Proc), Just(DoneKind::InProc)]
    }

    proptest! {
        #[test]
        fn what_is_written_is_what_is_read(
            kind in kinds(),
            flags in any::<[bool; 5]>(),
            rows: Option<u64>,
            command: u16,
        ) {
            let [more, error, in_transaction, attention, server_error] = flags;
            let done =
                Done { kind, more, error, in_transaction, attention, server_error, rows, command };
            let wire = bytes(|out| done.encode(Version::V7_4, out));
            prop_assert_eq!(one(&wire, Version::V7_4), Token::Done(done));
        }
    }
}
