//! Whether two expressions are the same: for GROUP BY keys and repeated aggregates.
//!
//! Where something stands does not count. Subqueries are never the same, nor are calls whose
//! value changes.

use crate::plan::{AggregateCall, Predicate, Scalar, ScalarKind, SortKey, WindowCall};

/// Whether `left`, which stands `depth` rows further in than `right`, is the same.
pub(super) fn same(left: &Scalar, right: &Scalar, depth: u32) -> bool {
    left.data_type == right.data_type
        && left.collation == right.collation
        && kinds(&left.kind, &right.kind, depth)
}

fn kinds(left: &ScalarKind, right: &ScalarKind, depth: u32) -> bool {
    use ScalarKind as K;
    let one = |a: &Scalar, b: &Scalar| same(a, b, depth);
    match (left, right) {
        (K::Constant(a), K::Constant(b)) => a == b,
        (K::Column { depth: a, index: i }, K::Column { depth: b, index: j }) => {
            *a == *b + depth && i == j
        }
        (K::Variable(a), K::Variable(b)) => a == b,
        (K::Arithmetic(op, a, b), K::Arithmetic(other, c, d)) => {
            op == other && one(a, c) && one(b, d)
        }
        (K::Unary(op, a), K::Unary(other, b)) => op == other && one(a, b),
        (
            K::Convert { operand: a, style: s, lenient: l },
            K::Convert { operand: b, style: t, lenient: m },
        )
        | (
            K::Parse { operand: a, culture: s, lenient: l },
            K::Parse { operand: b, culture: t, lenient: m },
        ) => one(a, b) && option(s.as_deref(), t.as_deref(), depth) && l == m,
        (K::Function(f, a), K::Function(g, b)) => {
            f.name == g.name && !is_volatile(f.name) && all(a, b, depth)
        }
        (K::Session(f, a), K::Session(g, b)) => f == g && all(a, b, depth),
        (K::Coalesce(a), K::Coalesce(b)) => all(a, b, depth),
        (K::Case(a, x), K::Case(b, y)) => {
            let arms = a.len() == b.len()
                && a.iter().zip(b).all(|(a, b)| conditions(&a.0, &b.0, depth) && one(&a.1, &b.1));
            arms && option(x.as_deref(), y.as_deref(), depth)
        }
        (K::AtTimeZone(a, b), K::AtTimeZone(c, d)) => one(a, c) && one(b, d),
        (
            K::XmlMethod { operand: a, method: m, path: p },
            K::XmlMethod { operand: b, method: n, path: q },
        ) => one(a, b) && m == n && p == q,
        (K::Native(f, a), K::Native(g, b)) => std::sync::Arc::ptr_eq(f, g) && all(a, b, depth),
        (K::User(f, a), K::User(g, b)) => f.name == g.name && all(a, b, depth),
        _ => false,
    }
}

/// Whether a function of the table gives another value each time.
pub(super) fn is_volatile(name: &str) -> bool {
    matches!(name, "NEWID" | "RAND")
}

fn all(left: &[Scalar], right: &[Scalar], depth: u32) -> bool {
    left.len() == right.len() && left.iter().zip(right).all(|(a, b)| same(a, b, depth))
}

fn option(left: Option<&Scalar>, right: Option<&Scalar>, depth: u32) -> bool {
    match (left, right) {
        (Some(a), Some(b)) => same(a, b, depth),
        (None, None) => true,
        (Some(_), None) | (None, Some(_)) => false,
    }
}

/// Whether two conditions are the same.
pub(super) fn conditions(left: &Predicate, right: &Predicate, depth: u32) -> bool {
    use Predicate as P;
    let one = |a: &Scalar, b: &Scalar| same(a, b, depth);
    let many = |a: &[Predicate], b: &[Predicate]| {
        a.len() == b.len() && a.iter().zip(b).all(|(a, b)| conditions(a, b, depth))
    };
    match (left, right) {
        (P::Constant(a), P::Constant(b)) => a == b,
        (
            P::Compare { left: a, operator: o, right: b, collation: c },
            P::Compare { left: d, operator: p, right: e, collation: f },
        ) => o == p && c == f && one(a, d) && one(b, e),
        (P::And(a), P::And(b)) | (P::Or(a), P::Or(b)) => many(a, b),
        (P::Not(a), P::Not(b)) => conditions(a, b, depth),
        (P::IsNull(a), P::IsNull(b)) => one(a, b),
        (
            P::IsSame { left: a, right: b, collation: c },
            P::IsSame { left: d, right: e, collation: f },
        ) => c == f && one(a, d) && one(b, e),
        (
            P::InList { operand: a, values: v, collation: c },
            P::InList { operand: b, values: w, collation: d },
        ) => c == d && one(a, b) && all(v, w, depth),
        (
            P::Like { operand: a, pattern: p, escape: e, collation: c, unicode: u },
            P::Like { operand: b, pattern: q, escape: f, collation: d, unicode: v },
        ) => c == d && u == v && one(a, b) && one(p, q) && option(e.as_ref(), f.as_ref(), depth),
        _ => false,
    }
}

/// Whether two aggregates are the same.
pub(super) fn aggregates(left: &AggregateCall, right: &AggregateCall) -> bool {
    left.kind == right.kind
        && left.distinct == right.distinct
        && option(left.argument.as_ref(), right.argument.as_ref(), 0)
        && option(left.separator.as_ref(), right.separator.as_ref(), 0)
        && orders(&left.order, &right.order)
        && left.collation == right.collation
}

/// Whether two window functions are the same.
pub(super) fn windows(left: &WindowCall, right: &WindowCall) -> bool {
    let partitions = left.partition.len() == right.partition.len()
        && left.partition.iter().zip(&right.partition).all(|(a, b)| same(&a.0, &b.0, 0));
    left.function == right.function
        && left.frame == right.frame
        && left.ignore_nulls == right.ignore_nulls
        && all(&left.arguments, &right.arguments, 0)
        && partitions
        && orders(&left.order, &right.order)
        && left.collation == right.collation
}

fn orders(left: &[SortKey], right: &[SortKey]) -> bool {
    let one =
        |a: &SortKey, b: &SortKey| a.descending == b.descending && same(&a.value, &b.value, 0);
    left.len() == right.len() && left.iter().zip(right).all(|(a, b)| one(a, b))
}
