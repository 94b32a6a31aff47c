//! Expressions and conditions.

use super::Printer;
use super::word::Word as _;
use crate::ast::{
    BinaryOp, CaseArm, CompareOp, Expr, ExprKind, Frame, FrameBound, FrameUnit, FunctionCall,
    Ident, InSource, Literal, NullTreatment, Over, Quantifier, Query, TypeName,
};

/// How tightly an operator binds; see the parser.
fn tightness(operator: BinaryOp) -> u8 {
    match operator {
        BinaryOp::Multiply | BinaryOp::Divide | BinaryOp::Modulo => 2,
        BinaryOp::Add
        | BinaryOp::Subtract
        | BinaryOp::BitAnd
        | BinaryOp::BitOr
        | BinaryOp::BitXor => 1,
    }
}

/// Whether something is an operand by itself, without parentheses.
fn is_operand(expr: &Expr) -> bool {
    !expr.is_condition() && !matches!(expr.kind, ExprKind::Unary(..) | ExprKind::Binary(..))
}

/// Whether `.method` can stand behind it: a name would become a part of the method's name.
fn takes_method(operand: &Expr, method: &Ident) -> bool {
    if matches!(operand.kind, ExprKind::Column(_)) {
        let methods = ["value", "query", "exist", "nodes", "modify"];
        return !method.quoted && methods.contains(&method.value.as_str());
    }
    matches!(
        operand.kind,
        ExprKind::Variable(_)
            | ExprKind::Subquery(_)
            | ExprKind::Cast { .. }
            | ExprKind::Convert { .. }
            | ExprKind::Method { .. }
    )
}

impl Printer {
    /// An expression, in parentheses unless it is an operand by itself.
    fn operand(&mut self, expr: &Expr) {
        self.guarded(expr, is_operand(expr));
    }

    fn guarded(&mut self, expr: &Expr, bare: bool) {
        self.put_if(!bare, "(");
        self.expr(expr);
        self.put_if(!bare, ")");
    }

    /// A value in a condition.
    fn value(&mut self, expr: &Expr) {
        self.guarded(expr, !expr.is_condition());
    }

    pub(super) fn expr(&mut self, expr: &Expr) {
        match &expr.kind {
            ExprKind::Null => self.put("NULL"),
            ExprKind::Default => self.put("DEFAULT"),
            ExprKind::Literal(literal) => self.literal(literal),
            ExprKind::Variable(name) | ExprKind::SystemVariable(name) => self.put(name),
            ExprKind::Column(name) => self.name(name),
            ExprKind::NextValueFor(name) => self.word_name("NEXT VALUE FOR ", name),
            ExprKind::Unary(operator, operand) => {
                self.put(operator.word());
                self.operand(operand);
            }
            ExprKind::Binary(left, operator, right) => self.binary_expr(left, *operator, right),
            ExprKind::Subquery(query) => self.subquery(query),
            ExprKind::Niladic(niladic) => self.put(niladic.word()),
            ExprKind::Collate(operand, collation) => {
                self.operand(operand);
                self.put(" COLLATE ");
                self.ident(collation);
            }
            ExprKind::AtTimeZone(operand, zone) => self.at_time_zone(operand, zone),
            ExprKind::Case { operand, arms, otherwise } => {
                self.case(operand.as_deref(), arms, otherwise.as_deref());
            }
            ExprKind::Compare(left, operator, right) => self.around(left, operator.word(), right),
            ExprKind::Quantified(left, operator, quantifier, query) => {
                self.quantified(left, *operator, *quantifier, query);
            }
            ExprKind::And(operands) => self.joined(operands, " AND "),
            ExprKind::Or(operands) => self.joined(operands, " OR "),
            ExprKind::Not(operand) => {
                self.put("NOT ");
                self.condition_operand(operand);
            }
            ExprKind::IsNull { operand, negated } => {
                self.value(operand);
                self.put(if *negated { " IS NOT NULL" } else { " IS NULL" });
            }
            ExprKind::IsDistinct { left, right, negated } => {
                let word = if *negated { " IS NOT DISTINCT FROM " } else { " IS DISTINCT FROM " };
                self.around(left, word, right);
            }
            ExprKind::In { operand, source, negated } => {
                self.value(operand);
                self.put(if *negated { " NOT IN " } else { " IN " });
                self.in_source(source);
            }
            ExprKind::Between { operand, low, high, negated } => {
                self.around(operand, if *negated { " NOT BETWEEN " } else { " BETWEEN " }, low);
                self.put(" AND ");
                self.value(high);
            }
            ExprKind::Like { operand, pattern, escape, negated } => {
                self.around(operand, if *negated { " NOT LIKE " } else { " LIKE " }, pattern);
                self.after(" ESCAPE ", escape.as_deref());
            }
            ExprKind::Exists(query) => {
                self.put("EXISTS ");
                self.subquery(query);
            }
            ExprKind::Function(call) => self.function(call),
            ExprKind::Cast { .. }
            | ExprKind::Convert { .. }
            | ExprKind::Parse { .. }
            | ExprKind::Trim { .. }
            | ExprKind::JsonConstructor { .. }
            | ExprKind::OdbcFunction(_)
            | ExprKind::OdbcLiteral(..)
            | ExprKind::Method { .. }
            | ExprKind::Identity { .. } => self.call(&expr.kind),
        }
    }

    /// Two values of a condition with a word between them.
    fn around(&mut self, left: &Expr, word: &str, right: &Expr) {
        self.value(left);
        self.put(word);
        self.value(right);
    }

    fn in_source(&mut self, source: &InSource) {
        match source {
            InSource::List(values) => self.exprs(values),
            InSource::Query(query) => self.subquery(query),
        }
    }

    fn quantified(&mut self, left: &Expr, operator: CompareOp, which: Quantifier, query: &Query) {
        self.value(left);
        self.put(operator.word());
        self.put(if which == Quantifier::All { "ALL " } else { "ANY " });
        self.subquery(query);
    }

    fn binary_expr(&mut self, left: &Expr, operator: BinaryOp, right: &Expr) {
        let chained = matches!(&left.kind, ExprKind::Binary(_, inner, _)
            if tightness(operator) <= tightness(*inner));
        self.guarded(left, chained || is_operand(left));
        self.put(operator.word());
        self.operand(right);
    }

    fn at_time_zone(&mut self, operand: &Expr, zone: &Expr) {
        self.operand(operand);
        self.put(" AT TIME ZONE ");
        let behind = matches!(
            zone.kind,
            ExprKind::AtTimeZone(..) | ExprKind::Collate(..) | ExprKind::Method { .. }
        );
        self.guarded(zone, is_operand(zone) && !behind);
    }

    fn case(&mut self, operand: Option<&Expr>, arms: &[CaseArm], otherwise: Option<&Expr>) {
        self.put("CASE");
        if let Some(operand) = operand {
            self.put(" ");
            self.expr(operand);
        }
        for arm in arms {
            self.put(" WHEN ");
            self.expr(&arm.when);
            self.put(" THEN ");
            self.expr(&arm.then);
        }
        if let Some(otherwise) = otherwise {
            self.put(" ELSE ");
            self.expr(otherwise);
        }
        self.put(" END");
    }

    /// A part of AND, OR or NOT. Only what binds more stands without parentheses.
    fn condition_operand(&mut self, expr: &Expr) {
        let bare = !matches!(expr.kind, ExprKind::And(_) | ExprKind::Or(_));
        self.guarded(expr, bare);
    }

    fn joined(&mut self, operands: &[Expr], word: &str) {
        for (index, operand) in operands.iter().enumerate() {
            self.put_if(0 < index, word);
            self.condition_operand(operand);
        }
    }

    /// What has parentheses of its own.
    fn call(&mut self, kind: &ExprKind) {
        if let ExprKind::Cast { operand, to, lenient } = kind {
            self.put(if *lenient { "TRY_CAST(" } else { "CAST(" });
            self.expr(operand);
            self.put(" AS ");
            self.type_name(to);
            self.put(")");
        }
        if let ExprKind::Convert { operand, to, style, lenient } = kind {
            self.put(if *lenient { "TRY_CONVERT(" } else { "CONVERT(" });
            self.type_name(to);
            self.after(", ", Some(operand));
            self.after(", ", style.as_deref());
            self.put(")");
        }
        if let ExprKind::Parse { operand, to, culture, lenient } = kind {
            self.put(if *lenient { "TRY_PARSE(" } else { "PARSE(" });
            self.expr(operand);
            self.put(" AS ");
            self.type_name(to);
            self.after(" USING ", culture.as_deref());
            self.put(")");
        }
        if let ExprKind::Trim { side, characters, operand } = kind {
            self.put("TRIM(");
            self.put(side.map_or("", |side| side.word()));
            if let Some(characters) = characters {
                self.expr(characters);
                self.put(" ");
            }
            self.after("FROM ", Some(operand));
            self.put(")");
        }
        if let ExprKind::JsonConstructor { keys, values, absent } = kind {
            self.json_constructor(keys.as_deref(), values, *absent);
        }
        if let ExprKind::OdbcFunction(call) = kind {
            self.put("{fn ");
            self.function(call);
            self.put("}");
        }
        if let ExprKind::OdbcLiteral(kind, text) = kind {
            self.put("{");
            self.put(kind.word());
            self.put(" ");
            self.string(text);
            self.put("}");
        }
        if let ExprKind::Method { operand, method, arguments } = kind {
            self.guarded(operand, takes_method(operand, method));
            self.put(".");
            self.ident(method);
            self.exprs(arguments);
        }
        if let ExprKind::Identity { to, seed } = kind {
            self.identity(to, seed.as_ref());
        }
    }

    /// `prefix value`, where there is one.
    pub(super) fn after(&mut self, prefix: &str, value: Option<&Expr>) {
        if let Some(value) = value {
            self.put(prefix);
            self.expr(value);
        }
    }

    fn json_constructor(&mut self, keys: Option<&[Expr]>, values: &[Expr], absent: bool) {
        self.put(if keys.is_some() { "JSON_OBJECT(" } else { "JSON_ARRAY(" });
        for (at, value) in values.iter().enumerate() {
            self.put_if(0 < at, ", ");
            if let Some(key) = keys.and_then(|keys| keys.get(at)) {
                self.expr(key);
                self.put(":");
            }
            self.expr(value);
        }
        self.put(if absent { " ABSENT ON NULL)" } else { " NULL ON NULL)" });
    }

    fn identity(&mut self, to: &TypeName, seed: Option<&(Box<Expr>, Box<Expr>)>) {
        self.put("IDENTITY(");
        self.type_name(to);
        if let Some((first, step)) = seed {
            self.after(", ", Some(first));
            self.after(", ", Some(step));
        }
        self.put(")");
    }

    fn literal(&mut self, literal: &Literal) {
        match literal {
            Literal::Integer(digits) | Literal::Decimal(digits) | Literal::Float(digits) => {
                self.put(digits);
            }
            Literal::Money(digits) => {
                self.put("$");
                self.put(digits);
            }
            Literal::Binary(bytes) => self.binary(bytes),
            Literal::String(text) => self.string(text),
            Literal::National(text) => {
                self.put("N");
                self.string(text);
            }
        }
    }

    pub(super) fn function(&mut self, call: &FunctionCall) {
        self.name(&call.name);
        self.put("(");
        self.put_if(call.distinct, "DISTINCT ");
        self.put_if(call.star, "*");
        self.list(&call.arguments, Self::expr);
        self.put(")");
        if !call.within_group.is_empty() {
            self.put(" WITHIN GROUP (ORDER BY ");
            self.list(&call.within_group, Self::order_item);
            self.put(")");
        }
        match call.nulls {
            Some(NullTreatment::Respect) => self.put(" RESPECT NULLS"),
            Some(NullTreatment::Ignore) => self.put(" IGNORE NULLS"),
            None => (),
        }
        if let Some(over) = &call.over {
            self.over(over);
        }
    }

    fn over(&mut self, over: &Over) {
        self.put(" OVER ");
        match &over.window {
            Some(name) if is_bare(over) => self.ident(name),
            Some(_) | None => self.window(over),
        }
    }

    /// `([name] [PARTITION BY ...] [ORDER BY ...] [frame])`.
    pub(super) fn window(&mut self, over: &Over) {
        self.put("(");
        if let Some(name) = &over.window {
            self.ident(name);
        }
        if !over.partition_by.is_empty() {
            self.put_if(over.window.is_some(), " ");
            self.put("PARTITION BY ");
            self.list(&over.partition_by, Self::expr);
        }
        if !over.order_by.is_empty() {
            self.put_if(over.window.is_some() || !over.partition_by.is_empty(), " ");
            self.put("ORDER BY ");
            self.list(&over.order_by, Self::order_item);
        }
        if let Some(frame) = &over.frame {
            self.frame(frame);
        }
        self.put(")");
    }

    fn frame(&mut self, frame: &Frame) {
        self.put(if frame.unit == FrameUnit::Rows { " ROWS " } else { " RANGE " });
        self.put_if(frame.end.is_some(), "BETWEEN ");
        self.frame_bound(&frame.start);
        if let Some(end) = &frame.end {
            self.put(" AND ");
            self.frame_bound(end);
        }
    }

    fn frame_bound(&mut self, bound: &FrameBound) {
        match bound {
            FrameBound::UnboundedPreceding => self.put("UNBOUNDED PRECEDING"),
            FrameBound::CurrentRow => self.put("CURRENT ROW"),
            FrameBound::UnboundedFollowing => self.put("UNBOUNDED FOLLOWING"),
            FrameBound::Preceding(rows) => {
                self.expr(rows);
                self.put(" PRECEDING");
            }
            FrameBound::Following(rows) => {
                self.expr(rows);
                self.put(" FOLLOWING");
            }
        }
    }

    pub(super) fn subquery(&mut self, query: &Query) {
        self.put("(");
        self.query(query);
        self.put(")");
    }
}

/// Whether a window is one of the `WINDOW` clause and nothing more.
fn is_bare(over: &Over) -> bool {
    over.partition_by.is_empty() && over.order_by.is_empty() && over.frame.is_none()
}
