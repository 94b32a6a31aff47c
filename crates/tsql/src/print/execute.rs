//! EXEC, cursors, EXECUTE AS.

use super::Printer;
use super::word::Word as _;
use crate::ast::{
    CursorDefinition, CursorOption, CursorRef, CursorUpdate, ExecArgument, ExecTarget, ExecValue,
    Execute, ExecuteAs, ExecuteString, Fetch, FetchDirection, ResultSets,
};

impl Printer {
    pub(super) fn execute(&mut self, call: &Execute) {
        self.put("EXEC ");
        if let Some(status) = &call.status {
            self.put(status);
            self.put(" = ");
        }
        match &call.target {
            ExecTarget::Procedure(name) => self.name(name),
            ExecTarget::Variable(variable) => self.put(variable),
        }
        self.put_if(!call.arguments.is_empty(), " ");
        self.list(&call.arguments, Self::argument);
        let sets = call.result_sets.map(|sets| match sets {
            ResultSets::Undefined => "RESULT SETS UNDEFINED",
            ResultSets::NoneAllowed => "RESULT SETS NONE",
        });
        let options: Vec<&str> =
            call.recompile.then_some("RECOMPILE").into_iter().chain(sets).collect();
        if !options.is_empty() {
            self.put(" WITH ");
            self.put(&options.join(", "));
        }
    }

    fn argument(&mut self, argument: &ExecArgument) {
        if let Some(name) = &argument.name {
            self.put(name);
            self.put(" = ");
        }
        match &argument.value {
            ExecValue::Value(value) => self.expr(value),
            ExecValue::Word(word) => self.ident(word),
            ExecValue::Default => self.put("DEFAULT"),
        }
        self.put_if(argument.output, " OUTPUT");
    }

    pub(super) fn execute_string(&mut self, call: &ExecuteString) {
        self.put("EXEC (");
        for (index, part) in call.text.iter().enumerate() {
            self.put_if(0 < index, " + ");
            self.expr(part);
        }
        for argument in &call.arguments {
            self.put(", ");
            self.argument(argument);
        }
        self.put(")");
        if let Some(run_as) = &call.run_as {
            self.put(" ");
            self.execute_as(run_as);
        }
        if let Some(server) = &call.at {
            self.put(" AT ");
            self.ident(server);
        }
    }

    pub(super) fn execute_as(&mut self, run_as: &ExecuteAs) {
        match run_as {
            ExecuteAs::Caller => self.put("AS CALLER"),
            ExecuteAs::Creator => self.put("AS SELF"),
            ExecuteAs::Owner => self.put("AS OWNER"),
            ExecuteAs::Login(name) => self.after("AS LOGIN = ", Some(name)),
            ExecuteAs::User(name) => self.after("AS USER = ", Some(name)),
        }
    }

    pub(super) fn execute_as_statement(&mut self, run_as: &ExecuteAs) {
        self.put("EXECUTE ");
        self.execute_as(run_as);
    }

    pub(super) fn word_cursor(&mut self, word: &str, cursor: &CursorRef) {
        self.put(word);
        self.cursor_ref(cursor);
    }

    pub(super) fn cursor_ref(&mut self, cursor: &CursorRef) {
        match cursor {
            CursorRef::Name { name, global } => {
                self.put_if(*global, "GLOBAL ");
                self.ident(name);
            }
            CursorRef::Variable(variable) => self.put(variable),
        }
    }

    /// `[INSENSITIVE] [SCROLL] CURSOR options FOR query`.
    pub(super) fn cursor_definition(&mut self, definition: &CursorDefinition) {
        let older = match definition.options.as_slice() {
            [CursorOption::Insensitive, CursorOption::Scroll, ..] => 2,
            [CursorOption::Insensitive, ..] => 1,
            _ => 0,
        };
        let (before, behind) = definition.options.split_at(older);
        for option in before {
            self.put(option.word());
        }
        self.put(" CURSOR");
        for option in behind {
            self.put(option.word());
        }
        self.put(" FOR ");
        self.query(&definition.query);
        match &definition.update {
            None => (),
            Some(CursorUpdate::ReadOnly) => self.put(" FOR READ ONLY"),
            Some(CursorUpdate::Columns(columns)) => {
                self.put(" FOR UPDATE");
                self.put_if(!columns.is_empty(), " OF ");
                self.list(columns, Self::ident);
            }
        }
    }

    pub(super) fn fetch(&mut self, fetch: &Fetch) {
        self.put("FETCH ");
        match &fetch.direction {
            FetchDirection::Next => self.put("NEXT"),
            FetchDirection::Prior => self.put("PRIOR"),
            FetchDirection::First => self.put("FIRST"),
            FetchDirection::Last => self.put("LAST"),
            FetchDirection::Absolute(row) => self.after("ABSOLUTE ", Some(row)),
            FetchDirection::Relative(row) => self.after("RELATIVE ", Some(row)),
        }
        self.put(" FROM ");
        self.cursor_ref(&fetch.cursor);
        self.put_if(!fetch.into.is_empty(), " INTO ");
        self.list(&fetch.into, |printer, variable| printer.put(variable));
    }
}
