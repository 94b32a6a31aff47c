//! Queries.

use super::Printer;
use super::word::Word as _;
use crate::ast::{
    Cte, Elements, ForClause, ForJson, ForXml, GroupBy, GroupItem, GroupWith, JsonMode, OrderItem,
    Query, QueryBody, QueryHint, Select, SelectItem, Top, XmlMode,
};

impl Printer {
    pub(super) fn query(&mut self, query: &Query) {
        self.ctes(&query.with);
        self.query_body(&query.body);
        self.order_by(&query.order_by);
        if let Some(offset) = &query.offset {
            self.after(" OFFSET ", Some(&offset.skip));
            self.put(" ROWS");
            if let Some(take) = &offset.take {
                self.after(" FETCH NEXT ", Some(take));
                self.put(" ROWS ONLY");
            }
        }
        match &query.for_clause {
            Some(ForClause::Xml(clause)) => self.for_xml(clause),
            Some(ForClause::Json(clause)) => self.for_json(clause),
            None => (),
        }
        self.query_hints(&query.hints);
    }

    pub(super) fn ctes(&mut self, ctes: &[Cte]) {
        if ctes.is_empty() {
            return;
        }
        self.put("WITH ");
        self.list(ctes, |printer, cte| {
            printer.ident(&cte.name);
            printer.idents(&cte.columns);
            printer.put(" AS ");
            printer.subquery(&cte.query);
        });
        self.put(" ");
    }

    fn query_body(&mut self, body: &QueryBody) {
        match body {
            QueryBody::Select(select) => self.select(select),
            QueryBody::Set { first, rest } => {
                self.query_operand(first);
                for operand in rest {
                    self.put(operand.operator.word());
                    self.query_operand(&operand.body);
                }
            }
        }
    }

    fn query_operand(&mut self, body: &QueryBody) {
        let nested = matches!(body, QueryBody::Set { .. });
        self.put_if(nested, "(");
        self.query_body(body);
        self.put_if(nested, ")");
    }

    fn select(&mut self, select: &Select) {
        self.put("SELECT ");
        self.put_if(select.distinct, "DISTINCT ");
        self.top(select.top.as_ref());
        self.list(&select.items, Self::select_item);
        if let Some(into) = &select.into {
            self.put(" INTO ");
            self.name(into);
        }
        self.from(&select.from);
        self.after(" WHERE ", select.filter.as_ref());
        if let Some(group_by) = &select.group_by {
            self.group_by(group_by);
        }
        self.after(" HAVING ", select.having.as_ref());
        if !select.windows.is_empty() {
            self.put(" WINDOW ");
            self.list(&select.windows, |printer, window| {
                printer.ident(&window.name);
                printer.put(" AS ");
                printer.window(&window.over);
            });
        }
    }

    pub(super) fn top(&mut self, top: Option<&Top>) {
        let Some(top) = top else { return };
        self.put("TOP (");
        self.expr(&top.count);
        self.put(") ");
        self.put_if(top.percent, "PERCENT ");
        self.put_if(top.with_ties, "WITH TIES ");
    }

    pub(super) fn select_item(&mut self, item: &SelectItem) {
        match item {
            SelectItem::Star { qualifier, place: _ } => {
                if let Some(qualifier) = qualifier {
                    self.name(qualifier);
                    self.put(".");
                }
                self.put("*");
            }
            SelectItem::Expr { value, alias } => {
                self.expr(value);
                self.alias(alias.as_ref());
            }
            SelectItem::Assign { variable, operator, value, place: _ } => {
                self.put(variable);
                self.put(operator.word());
                self.expr(value);
            }
        }
    }

    fn group_by(&mut self, group_by: &GroupBy) {
        self.put(" GROUP BY ");
        self.list(&group_by.items, Self::group_item);
        match group_by.with {
            Some(GroupWith::Rollup) => self.put(" WITH ROLLUP"),
            Some(GroupWith::Cube) => self.put(" WITH CUBE"),
            None => (),
        }
    }

    fn group_item(&mut self, item: &GroupItem) {
        let (word, items) = match item {
            GroupItem::Expr(value) => return self.expr(value),
            GroupItem::Composite(values) => return self.exprs(values),
            GroupItem::Rollup(items) => ("ROLLUP ", items),
            GroupItem::Cube(items) => ("CUBE ", items),
            GroupItem::Sets(items) => ("GROUPING SETS ", items),
        };
        self.put(word);
        self.listed(items, Self::group_item);
    }

    pub(super) fn order_by(&mut self, items: &[OrderItem]) {
        if !items.is_empty() {
            self.put(" ORDER BY ");
            self.list(items, Self::order_item);
        }
    }

    pub(super) fn order_item(&mut self, item: &OrderItem) {
        self.expr(&item.value);
        self.put_if(item.descending, " DESC");
    }

    fn for_xml(&mut self, clause: &ForXml) {
        self.put(" FOR XML ");
        self.list(&clause.modes, |printer, mode| match mode {
            XmlMode::Raw(name) => printer.named("RAW", name.as_deref()),
            XmlMode::Auto => printer.put("AUTO"),
            XmlMode::Explicit => printer.put("EXPLICIT"),
            XmlMode::Path(name) => printer.named("PATH", name.as_deref()),
        });
        match clause.elements {
            Some(Elements::Absent) => self.put(", ELEMENTS"),
            Some(Elements::Xsinil) => self.put(", ELEMENTS XSINIL"),
            None => (),
        }
        if let Some(root) = &clause.root {
            self.named(", ROOT", Some(root));
        }
        self.put_if(clause.typed, ", TYPE");
        self.put_if(clause.binary_base64, ", BINARY BASE64");
    }

    fn named(&mut self, word: &str, name: Option<&str>) {
        self.put(word);
        if let Some(name) = name {
            self.put("(");
            self.string(name);
            self.put(")");
        }
    }

    fn for_json(&mut self, clause: &ForJson) {
        self.put(if clause.mode == JsonMode::Auto { " FOR JSON AUTO" } else { " FOR JSON PATH" });
        if let Some(root) = &clause.root {
            self.named(", ROOT", Some(root));
        }
        self.put_if(clause.include_null_values, ", INCLUDE_NULL_VALUES");
        self.put_if(clause.without_array_wrapper, ", WITHOUT_ARRAY_WRAPPER");
    }

    pub(super) fn query_hints(&mut self, hints: &[QueryHint]) {
        if !hints.is_empty() {
            self.put(" OPTION ");
            self.listed(hints, Self::query_hint);
        }
    }

    fn query_hint(&mut self, hint: &QueryHint) {
        self.put(&hint.name);
        match hint.name.as_str() {
            "OPTIMIZE FOR" => self.listed(&hint.values, |printer, value| {
                let unknown = matches!(value.kind, crate::ast::ExprKind::Variable(_));
                printer.expr(value);
                printer.put_if(unknown, " UNKNOWN");
            }),
            "USE HINT" => self.exprs(&hint.values),
            "LABEL" | "MAX_GRANT_PERCENT" | "MIN_GRANT_PERCENT" => {
                self.after(" = ", hint.values.first());
            }
            _ => self.after(" ", hint.values.first()),
        }
    }
}
