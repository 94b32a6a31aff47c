//! The words and signs that stand for the members of small lists.

use crate::ast::{
    AssignOp, BinaryOp, CompareOp, CreateKind, CursorOption, DropKind, IsolationLevel, JoinHint,
    JoinKind, MergeMatch, Niladic, OdbcKind, PermissionVerb, SetOperator, TrimSide, UnaryOp,
};

/// Something that is written as one fixed text.
pub(super) trait Word {
    fn word(self) -> &'static str;
}

macro_rules! words {
    ($($kind:ident { $($member:ident => $text:literal,)* })*) => {$(
        impl Word for $kind {
            fn word(self) -> &'static str {
                match self { $(Self::$member => $text,)* }
            }
        }
    )*};
}

words! {
    UnaryOp { Plus => "+", Minus => "-", BitNot => "~", }
    BinaryOp {
        Add => " + ", Subtract => " - ", Multiply => " * ", Divide => " / ", Modulo => " % ",
        BitAnd => " & ", BitOr => " | ", BitXor => " ^ ",
    }
    CompareOp {
        Equal => " = ", NotEqual => " <> ", Less => " < ", LessOrEqual => " <= ",
        Greater => " > ", GreaterOrEqual => " >= ",
    }
    AssignOp {
        Set => " = ", Add => " += ", Subtract => " -= ", Multiply => " *= ", Divide => " /= ",
        Modulo => " %= ", BitAnd => " &= ", BitOr => " |= ", BitXor => " ^= ",
    }
    TrimSide { Leading => "LEADING ", Trailing => "TRAILING ", Both => "BOTH ", }
    OdbcKind { Date => "d", Time => "t", Timestamp => "ts", Guid => "guid", }
    Niladic {
        CurrentTimestamp => "CURRENT_TIMESTAMP", CurrentUser => "CURRENT_USER",
        SessionUser => "SESSION_USER", SystemUser => "SYSTEM_USER", User => "USER",
    }
    SetOperator {
        Union => " UNION ", UnionAll => " UNION ALL ", Except => " EXCEPT ",
        Intersect => " INTERSECT ",
    }
    JoinKind {
        Inner => " INNER", Left => " LEFT", Right => " RIGHT", Full => " FULL",
        Cross => " CROSS JOIN ", CrossApply => " CROSS APPLY ", OuterApply => " OUTER APPLY ",
    }
    JoinHint { Loop => " LOOP", Hash => " HASH", Merge => " MERGE", Remote => " REMOTE", }
    MergeMatch {
        Matched => "MATCHED", NotMatchedByTarget => "NOT MATCHED BY TARGET",
        NotMatchedBySource => "NOT MATCHED BY SOURCE",
    }
    CreateKind { Create => "CREATE ", Alter => "ALTER ", CreateOrAlter => "CREATE OR ALTER ", }
    DropKind {
        Table => "TABLE", Procedure => "PROCEDURE", Function => "FUNCTION", View => "VIEW",
        Index => "INDEX", Type => "TYPE", Schema => "SCHEMA", Login => "LOGIN", User => "USER",
        Role => "ROLE", ServerRole => "SERVER ROLE",
    }
    PermissionVerb { Grant => "GRANT ", Deny => "DENY ", Revoke => "REVOKE ", }
    IsolationLevel {
        ReadUncommitted => "READ UNCOMMITTED", ReadCommitted => "READ COMMITTED",
        RepeatableRead => "REPEATABLE READ", Snapshot => "SNAPSHOT",
        Serializable => "SERIALIZABLE",
    }
    CursorOption {
        Local => " LOCAL", Global => " GLOBAL", ForwardOnly => " FORWARD_ONLY",
        Scroll => " SCROLL", Static => " STATIC", Keyset => " KEYSET", Dynamic => " DYNAMIC",
        FastForward => " FAST_FORWARD", ReadOnly => " READ_ONLY", ScrollLocks => " SCROLL_LOCKS",
        Optimistic => " OPTIMISTIC", TypeWarning => " TYPE_WARNING",
        Insensitive => " INSENSITIVE",
    }
}
