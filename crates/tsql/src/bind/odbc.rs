//! ODBC escapes: `{fn call}` and `{ts '...'}`.
//!
//! Source: T-SQL reference, "ODBC Scalar Functions"; ODBC programmer's reference, appendix E.

use super::Binder;
use super::error::{Bind, refuse};
use super::scope::Scope;
use super::typed::{Typed, converted, scalar};
use crate::ast::{Expr, ExprKind, FunctionCall, Ident, ObjectName, OdbcKind, Place};
use crate::plan::ScalarKind;
use crate::types::{ArithmeticOp, SqlType};
use crate::value::SqlValue;

/// Names that ODBC and T-SQL have for the same function.
const RENAMED: &[(&str, &str)] = &[
    ("NOW", "GETDATE"),
    ("UCASE", "UPPER"),
    ("LCASE", "LOWER"),
    ("LENGTH", "LEN"),
    ("CHAR_LENGTH", "LEN"),
    ("CHARACTER_LENGTH", "LEN"),
    ("LOCATE", "CHARINDEX"),
    ("REPEAT", "REPLICATE"),
    ("INSERT", "STUFF"),
    ("IFNULL", "ISNULL"),
    ("DATABASE", "DB_NAME"),
    ("USER", "USER_NAME"),
    ("DAYOFMONTH", "DAY"),
    ("CURRENT_TIMESTAMP", "GETDATE"),
    ("CEILING", "CEILING"),
    ("ATAN2", "ATN2"),
];

/// Functions that are a part of a date.
const PARTS: &[(&str, &str, &str)] = &[
    ("DAYNAME", "DATENAME", "weekday"),
    ("MONTHNAME", "DATENAME", "month"),
    ("DAYOFWEEK", "DATEPART", "weekday"),
    ("DAYOFYEAR", "DATEPART", "dayofyear"),
    ("HOUR", "DATEPART", "hour"),
    ("MINUTE", "DATEPART", "minute"),
    ("SECOND", "DATEPART", "second"),
    ("QUARTER", "DATEPART", "quarter"),
    ("WEEK", "DATEPART", "week"),
];

/// Functions that are the same in both languages.
const SAME: &[&str] = &[
    "ABS",
    "ACOS",
    "ASCII",
    "ASIN",
    "ATAN",
    "CHAR",
    "CONCAT",
    "COS",
    "COT",
    "DAY",
    "DEGREES",
    "EXP",
    "FLOOR",
    "LEFT",
    "LOG",
    "LOG10",
    "LTRIM",
    "MONTH",
    "PI",
    "POWER",
    "RADIANS",
    "RAND",
    "REPLACE",
    "RIGHT",
    "ROUND",
    "RTRIM",
    "SIGN",
    "SIN",
    "SOUNDEX",
    "DIFFERENCE",
    "SPACE",
    "SQRT",
    "SUBSTRING",
    "TAN",
    "YEAR",
];

impl Binder<'_> {
    /// `{fn call}`.
    pub(super) fn odbc_call(
        &self,
        call: &FunctionCall,
        place: Place,
        scope: &Scope<'_>,
    ) -> Bind<Typed> {
        let name = call.name.name().to_ascii_uppercase();
        let mut call = call.clone();
        if let Some((_, own)) = RENAMED.iter().find(|(odbc, _)| *odbc == name) {
            call.name = named(own, place);
            return self.call(&call, place, scope);
        }
        if SAME.contains(&name.as_str()) {
            return self.call(&call, place, scope);
        }
        if let Some((_, own, part)) = PARTS.iter().find(|(odbc, _, _)| *odbc == name) {
            call.name = named(own, place);
            call.arguments.insert(0, word(part, place));
            return self.call(&call, place, scope);
        }
        match (name.as_str(), call.arguments.as_slice()) {
            ("MOD", [left, right]) => {
                let (left, right) = (self.expr(left, scope)?, self.expr(right, scope)?);
                self.arithmetic(ArithmeticOp::Modulo, left, right, place)
            }
            ("TRUNCATE", [_, _]) => {
                let one = crate::ast::Literal::Integer("1".to_owned());
                call.arguments.push(Expr { kind: ExprKind::Literal(one), place });
                call.name = named("ROUND", place);
                self.call(&call, place, scope)
            }
            ("TIMESTAMPADD" | "TIMESTAMPDIFF", [unit, _, _]) => {
                let Some(part) = interval(unit) else {
                    return refuse(place, "The interval of an ODBC function");
                };
                call.arguments[0] = word(part, place);
                let own = if name == "TIMESTAMPADD" { "DATEADD" } else { "DATEDIFF" };
                call.name = named(own, place);
                self.call(&call, place, scope)
            }
            _ => refuse(place, &format!("The ODBC function {name}")),
        }
    }

    /// `{d '...'}` and the like: a `datetime`, or an id.
    pub(super) fn odbc_literal(
        &self,
        kind: OdbcKind,
        text: &str,
        place: Place,
        scope: &Scope<'_>,
    ) -> Bind<Typed> {
        let value = SqlValue::varchar(text);
        let literal = scalar(ScalarKind::Constant(value), SqlType::VARCHAR_MAX, place);
        let to = match kind {
            OdbcKind::Guid => SqlType::UniqueIdentifier,
            OdbcKind::Date | OdbcKind::Time | OdbcKind::Timestamp => SqlType::DateTime,
        };
        let moment = Typed::weak(converted(literal, to, self.names.dates()));
        if kind != OdbcKind::Time {
            return Ok(moment);
        }
        // A time is one of today.
        let now = self.call(&plain_call("GETDATE", place), place, scope)?;
        let today = converted(now.scalar, SqlType::Date, self.names.dates());
        let today = converted(today, SqlType::DateTime, self.names.dates());
        self.arithmetic(ArithmeticOp::Add, Typed::weak(today), moment, place)
    }
}

fn named(name: &str, place: Place) -> ObjectName {
    ObjectName { parts: vec![Ident { value: name.to_owned(), quoted: false, place }] }
}

fn word(name: &str, place: Place) -> Expr {
    Expr { kind: ExprKind::Column(named(name, place)), place }
}

fn plain_call(name: &str, place: Place) -> FunctionCall {
    FunctionCall {
        name: named(name, place),
        arguments: Vec::new(),
        star: false,
        distinct: false,
        nulls: None,
        within_group: Vec::new(),
        over: None,
    }
}

/// The date part of `SQL_TSI_...`.
fn interval(unit: &Expr) -> Option<&'static str> {
    let ExprKind::Column(name) = &unit.kind else { return None };
    let units = [
        ("SQL_TSI_FRAC_SECOND", "nanosecond"),
        ("SQL_TSI_SECOND", "second"),
        ("SQL_TSI_MINUTE", "minute"),
        ("SQL_TSI_HOUR", "hour"),
        ("SQL_TSI_DAY", "day"),
        ("SQL_TSI_WEEK", "week"),
        ("SQL_TSI_MONTH", "month"),
        ("SQL_TSI_QUARTER", "quarter"),
        ("SQL_TSI_YEAR", "year"),
    ];
    units.iter().find(|(odbc, _)| name.name().eq_ignore_ascii_case(odbc)).map(|(_, part)| *part)
}
