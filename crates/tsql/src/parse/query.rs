//! Queries: common table expressions, UNION and the like, ORDER BY, OFFSET.

use super::{Parsed, Parser};
use crate::ast::{Cte, Offset, OrderItem, Query, QueryBody, SetOperand, SetOperator};
use crate::lexer::Symbol;

impl Parser<'_> {
    /// Whether a query begins so many places ahead.
    pub(super) fn is_query_at(&self, ahead: usize) -> bool {
        self.is_at(ahead, "SELECT")
    }

    /// A query in parentheses.
    pub(super) fn subquery(&mut self) -> Parsed<Query> {
        self.expect_symbol(Symbol::Open)?;
        let query = self.query()?;
        self.expect_symbol(Symbol::Close)?;
        Ok(query)
    }

    /// A query without `WITH` and `OPTION`.
    pub(super) fn query(&mut self) -> Parsed<Query> {
        self.deeper(|parser| {
            parser.measured(|parser| {
                let first = parser.query_operand()?;
                parser.query_behind(first)
            })
        })
    }

    /// A query as a statement: `WITH` has been read, `OPTION` may follow.
    pub(super) fn query_statement(&mut self, with: Vec<Cte>) -> Parsed<Query> {
        let mut query = self.query()?;
        query.with = with;
        query.hints = self.query_hints()?;
        Ok(query)
    }

    /// What may follow the first `SELECT`.
    pub(super) fn query_behind(&mut self, first: QueryBody) -> Parsed<Query> {
        let start = match &first {
            QueryBody::Select(select) => select.place,
            QueryBody::Set { .. } => self.here(),
        };
        let first = self.intersected(first)?;
        let body = self.united(first)?;
        let order_by = self.order_by()?;
        let offset = if order_by.is_empty() { None } else { self.offset()? };
        let for_clause = self.for_clause()?;
        let place = self.since(start);
        Ok(Query { with: Vec::new(), body, order_by, offset, for_clause, hints: Vec::new(), place })
    }

    fn united(&mut self, first: QueryBody) -> Parsed<QueryBody> {
        let mut rest = Vec::new();
        loop {
            let operator = if self.take("UNION") {
                if self.take("ALL") { SetOperator::UnionAll } else { SetOperator::Union }
            } else if self.take("EXCEPT") {
                SetOperator::Except
            } else {
                break;
            };
            let operand = self.query_operand()?;
            rest.push(SetOperand { operator, body: self.intersected(operand)? });
        }
        Ok(together(first, rest))
    }

    /// `INTERSECT` binds more than `UNION` and `EXCEPT`.
    fn intersected(&mut self, first: QueryBody) -> Parsed<QueryBody> {
        let mut rest = Vec::new();
        while self.take("INTERSECT") {
            rest.push(SetOperand { operator: SetOperator::Intersect, body: self.query_operand()? });
        }
        Ok(together(first, rest))
    }

    fn query_operand(&mut self) -> Parsed<QueryBody> {
        if !self.take_symbol(Symbol::Open) {
            return Ok(QueryBody::Select(Box::new(self.select()?)));
        }
        let body = self.deeper(|parser| {
            let first = parser.query_operand()?;
            let first = parser.intersected(first)?;
            parser.united(first)
        })?;
        self.expect_symbol(Symbol::Close)?;
        Ok(body)
    }

    /// `WITH name AS (query), ...`, behind `WITH`.
    pub(super) fn ctes(&mut self) -> Parsed<Vec<Cte>> {
        if self.is("XMLNAMESPACES") {
            return self.unsupported_here();
        }
        self.list(|parser| {
            let name = parser.ident()?;
            let columns = parser.optional_idents()?;
            parser.expect("AS")?;
            let query = parser.subquery()?;
            Ok(Cte { name, columns, query })
        })
    }

    pub(super) fn order_by(&mut self) -> Parsed<Vec<OrderItem>> {
        if !self.take_all(&["ORDER", "BY"]) {
            return Ok(Vec::new());
        }
        self.list(Self::order_item)
    }

    pub(super) fn order_item(&mut self) -> Parsed<OrderItem> {
        let value = self.expr()?;
        let descending = self.take("DESC");
        if !descending {
            self.take("ASC");
        }
        Ok(OrderItem { value, descending })
    }

    fn offset(&mut self) -> Parsed<Option<Offset>> {
        if !self.take("OFFSET") {
            return Ok(None);
        }
        let skip = self.expr()?;
        if !self.take_any(&["ROWS", "ROW"]) {
            return self.unexpected();
        }
        if !self.is("FETCH") || !(self.is_at(1, "NEXT") || self.is_at(1, "FIRST")) {
            return Ok(Some(Offset { skip, take: None }));
        }
        if self.is_at(2, "FROM") || self.is_at(2, "INTO") {
            // The next statement fetches from a cursor.
            return Ok(Some(Offset { skip, take: None }));
        }
        self.at += 2;
        let take = self.expr()?;
        if !self.take_any(&["ROWS", "ROW"]) {
            return self.unexpected();
        }
        self.expect("ONLY")?;
        Ok(Some(Offset { skip, take: Some(take) }))
    }
}

fn together(first: QueryBody, rest: Vec<SetOperand>) -> QueryBody {
    if rest.is_empty() { first } else { QueryBody::Set { first: Box::new(first), rest } }
}
