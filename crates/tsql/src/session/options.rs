//! What SET has set. A procedure's changes end with the procedure.
//!
//! Source: T-SQL reference, "SET Statements" and the page of each option.

use crate::ast::{IsolationLevel, ObjectName};
use crate::value::{DateOrder, DateSettings, Language, SqlError};

/// The options of a session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Options {
    pub(super) no_count: bool,
    /// `ROWCOUNT`: how many rows a statement gives at most; 0 for all.
    pub(super) row_count: u64,
    pub(super) xact_abort: bool,
    pub(super) implicit_transactions: bool,
    pub(super) quoted_identifiers: bool,
    pub(super) ansi_warnings: bool,
    pub(super) ansi_nulls: bool,
    pub(super) ansi_padding: bool,
    pub(super) arith_abort: bool,
    pub(super) arith_ignore: bool,
    pub(super) concat_null_yields_null: bool,
    /// Whether a new column that does not say takes NULL.
    pub(super) null_default_on: bool,
    pub(super) null_default_off: bool,
    pub(super) cursor_close_on_commit: bool,
    pub(super) numeric_roundabort: bool,
    /// `FMTONLY`: results without rows.
    pub(super) format_only: bool,
    /// `NOEXEC`: nothing runs.
    pub(super) no_exec: bool,
    /// `PARSEONLY`: nothing is even bound.
    pub(super) parse_only: bool,
    pub(super) lock_timeout: i32,
    pub(super) text_size: i32,
    pub(super) date_first: u8,
    pub(super) date_order: DateOrder,
    pub(super) language: &'static Language,
    pub(super) isolation: IsolationLevel,
    pub(super) deadlock_priority: i32,
    /// The table whose identity column can be given values.
    pub(super) identity_insert: Option<String>,
}

impl Options {
    /// What a connection of ODBC, OLE DB and their descendants begins with.
    pub(super) fn new(language: &str) -> Self {
        let mut options = Self {
            no_count: false,
            row_count: 0,
            xact_abort: false,
            implicit_transactions: false,
            quoted_identifiers: true,
            ansi_warnings: true,
            ansi_nulls: true,
            ansi_padding: true,
            arith_abort: true,
            arith_ignore: false,
            concat_null_yields_null: true,
            null_default_on: true,
            null_default_off: false,
            cursor_close_on_commit: false,
            numeric_roundabort: false,
            format_only: false,
            no_exec: false,
            parse_only: false,
            lock_timeout: -1,
            text_size: i32::MAX,
            date_first: 7,
            date_order: DateOrder::Mdy,
            language: <&Language>::default(),
            isolation: IsolationLevel::ReadCommitted,
            deadlock_priority: 0,
            identity_insert: None,
        };
        // A client that asks for a language that is not here gets the default one.
        options.set_language(language).unwrap_or_default();
        options
    }

    /// `SET option ON | OFF`.
    pub(super) fn switch(&mut self, name: &str, on: bool) -> Result<(), SqlError> {
        let place = match name {
            "NOCOUNT" => &mut self.no_count,
            "XACT_ABORT" => &mut self.xact_abort,
            "IMPLICIT_TRANSACTIONS" => &mut self.implicit_transactions,
            "QUOTED_IDENTIFIER" => &mut self.quoted_identifiers,
            "ANSI_WARNINGS" => &mut self.ansi_warnings,
            "ARITHABORT" => &mut self.arith_abort,
            "ARITHIGNORE" => &mut self.arith_ignore,
            "ANSI_NULL_DFLT_ON" => {
                self.null_default_off &= !on;
                &mut self.null_default_on
            }
            "ANSI_NULL_DFLT_OFF" => {
                self.null_default_on &= !on;
                &mut self.null_default_off
            }
            "CURSOR_CLOSE_ON_COMMIT" => &mut self.cursor_close_on_commit,
            "FMTONLY" => &mut self.format_only,
            "NOEXEC" => &mut self.no_exec,
            "PARSEONLY" => &mut self.parse_only,
            _ => return self.fixed_switch(name, on),
        };
        *place = on;
        Ok(())
    }

    /// Options that have one setting here, and those that change no answer.
    fn fixed_switch(&mut self, name: &str, on: bool) -> Result<(), SqlError> {
        let kept = match name {
            "ANSI_NULLS" | "ANSI_PADDING" | "CONCAT_NULL_YIELDS_NULL" => on,
            "NUMERIC_ROUNDABORT" | "SHOWPLAN_ALL" | "SHOWPLAN_TEXT" | "SHOWPLAN_XML"
            | "STATISTICS XML" | "STATISTICS PROFILE" => !on,
            "ANSI_DEFAULTS" => {
                self.cursor_close_on_commit = on;
                self.implicit_transactions = on;
                on
            }
            "FORCEPLAN"
            | "REMOTE_PROC_TRANSACTIONS"
            | "RESULT_SET_CACHING"
            | "NO_BROWSETABLE"
            | "DISABLE_DEF_CNST_CHK"
            | "STATISTICS IO"
            | "STATISTICS TIME" => true,
            _ => false,
        };
        let setting = if on { "ON" } else { "OFF" };
        match kept {
            true => Ok(()),
            false => Err(SqlError::unsupported(&format!("SET {name} {setting}"))),
        }
    }

    /// `SET LANGUAGE`, which sets the order of dates and the first day of the week, too.
    ///
    /// Source: `sys.syslanguages`.
    pub(super) fn set_language(&mut self, name: &str) -> Result<(), SqlError> {
        let Some(language) = Language::named(name) else {
            return Err(SqlError::unsupported(&format!("SET LANGUAGE {name}")));
        };
        self.language = language;
        self.date_order = language.order;
        self.date_first = language.first;
        Ok(())
    }

    /// How dates are read and written.
    pub(super) const fn dates(&self) -> DateSettings {
        DateSettings { order: self.date_order, language: self.language }
    }

    /// Whether a new column that does not say takes NULL.
    pub(super) const fn column_null(&self) -> bool {
        self.null_default_on || !self.null_default_off
    }

    /// `@@OPTIONS`. Source: "Configure the user options".
    pub(super) fn bits(&self) -> i32 {
        let bits = [
            (2, self.implicit_transactions),
            (4, self.cursor_close_on_commit),
            (8, self.ansi_warnings),
            (16, self.ansi_padding),
            (32, self.ansi_nulls),
            (64, self.arith_abort),
            (128, self.arith_ignore),
            (256, self.quoted_identifiers),
            (512, self.no_count),
            (1024, self.null_default_on),
            (2048, self.null_default_off),
            (4096, self.concat_null_yields_null),
            (8192, self.numeric_roundabort),
            (16384, self.xact_abort),
        ];
        bits.iter().filter(|(_, on)| *on).map(|(bit, _)| bit).sum()
    }

    /// `SET IDENTITY_INSERT table ON | OFF`.
    pub(super) fn set_identity_insert(
        &mut self,
        table: &ObjectName,
        on: bool,
    ) -> Result<(), SqlError> {
        let name = super::scope::lower(table.name());
        match &self.identity_insert {
            Some(other) if on && *other != name => {
                let text = format!(
                    "IDENTITY_INSERT is already ON for table 'tempdb.dbo.{other}'. Cannot perform \
                     SET operation for table '{}'.",
                    table.name()
                );
                return Err(SqlError::new(8107, 16, 1, text));
            }
            Some(other) if !on && *other == name => self.identity_insert = None,
            Some(_) | None if on => self.identity_insert = Some(name),
            Some(_) | None => {}
        }
        Ok(())
    }
}

/// `SET DATEFORMAT`.
pub(super) fn date_order(name: &str) -> Option<DateOrder> {
    Some(match name.to_ascii_lowercase().as_str() {
        "mdy" => DateOrder::Mdy,
        "dmy" => DateOrder::Dmy,
        "ymd" => DateOrder::Ymd,
        "ydm" => DateOrder::Ydm,
        "myd" => DateOrder::Myd,
        "dym" => DateOrder::Dym,
        _ => return None,
    })
}
