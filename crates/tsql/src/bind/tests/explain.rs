//! A plan as text: one line for each node, what it takes below it.
//!
//! `#2` is a column of the row, `^1#2` one of the row around it.

use crate::ast::CompareOp;
use crate::plan::{
    AggregateKind, AggregateNode, BuiltInTable, FrameEdge, JoinNode, Node, Plan, Predicate,
    PushedRestriction, Scalar, ScalarKind, ScanNode, SortKey, WindowCall,
};
use crate::types::ArithmeticOp;
use crate::value::SqlValue;

pub(super) fn explain(plan: &Plan) -> String {
    let mut lines = Vec::new();
    node(&plan.root, 0, &mut lines);
    lines.join("\n")
}

fn node(value: &Node, depth: usize, lines: &mut Vec<String>) {
    lines.push(format!("{}{}", "  ".repeat(depth), line(value)).trim_end().to_owned());
    for input in inputs(value) {
        node(input, depth + 1, lines);
    }
}

/// What a node is, without what it takes.
fn line(value: &Node) -> String {
    match value {
        Node::Values(rows) => {
            let rows: Vec<_> = rows.iter().map(|row| format!("({})", list(row))).collect();
            format!("values {}", rows.join(" "))
        }
        Node::Scan(scan) => scanned(scan),
        Node::TableFunction { arguments, .. } => format!("function({})", list(arguments)),
        Node::BuiltIn(table) => built_in(table),
        Node::Filter { predicate, .. } => format!("filter {}", condition(predicate)),
        Node::Project { columns, .. } => format!("project {}", list(columns)),
        Node::Join(join) => joined(join),
        Node::Apply { outer: true, .. } => "outer apply".into(),
        Node::Apply { .. } => "apply".into(),
        Node::Aggregate(aggregate) => grouped(aggregate),
        Node::Window { calls, .. } => {
            format!("window {}", calls.iter().map(window).collect::<Vec<_>>().join(", "))
        }
        Node::Sort { keys: by, limit, .. } => {
            let limit =
                limit.as_ref().map_or_else(String::new, |n| format!(" limit {}", scalar(n)));
            format!("sort {}{limit}", keys(by))
        }
        Node::Top { count, percent, ties, .. } => {
            let percent = if *percent { " percent" } else { "" };
            let ties =
                if ties.is_empty() { String::new() } else { format!(" ties {}", keys(ties)) };
            format!("top {}{percent}{ties}", scalar(count))
        }
        Node::Offset { skip, take, .. } => {
            let take = take.as_ref().map_or_else(|| "all".to_owned(), scalar);
            format!("offset {} take {take}", scalar(skip))
        }
        Node::Distinct { .. } => "distinct".into(),
        Node::SetOperation { operator, .. } => format!("{operator:?}").to_lowercase(),
        Node::Recursive { id, max_recursion, .. } => {
            format!("recursive {id} at most {max_recursion}")
        }
        Node::RecursiveInput(id) => format!("rows of {id}"),
        Node::ForXml(_) => "for xml".into(),
        Node::ForJson(_) => "for json".into(),
    }
}

/// The nodes that a node takes its rows from.
fn inputs(value: &Node) -> Vec<&Node> {
    match value {
        Node::Values(_)
        | Node::Scan(_)
        | Node::TableFunction { .. }
        | Node::BuiltIn(_)
        | Node::RecursiveInput(_) => Vec::new(),
        Node::Filter { input, .. }
        | Node::Project { input, .. }
        | Node::Window { input, .. }
        | Node::Sort { input, .. }
        | Node::Top { input, .. }
        | Node::Offset { input, .. }
        | Node::Distinct { input, .. } => vec![input],
        Node::Join(join) => vec![&join.left, &join.right],
        Node::Apply { left, right, .. } | Node::SetOperation { left, right, .. } => {
            vec![left, right]
        }
        Node::Aggregate(aggregate) => vec![&aggregate.input],
        Node::Recursive { anchor, recursive, .. } => {
            std::iter::once(anchor.as_ref()).chain(recursive).collect()
        }
        Node::ForXml(xml) => vec![&xml.input],
        Node::ForJson(json) => vec![&json.input],
    }
}

fn joined(join: &JoinNode) -> String {
    let keys = join.keys.iter();
    let keys: Vec<_> =
        keys.map(|(left, right, _)| format!("{} = {}", scalar(left), scalar(right))).collect();
    let on = join.condition.as_ref();
    let on = on.map_or_else(String::new, |on| format!(" on {}", condition(on)));
    format!("{:?} join [{}]{on}", join.kind, keys.join(", ")).to_lowercase()
}

fn grouped(aggregate: &AggregateNode) -> String {
    let keys: Vec<_> = aggregate.keys.iter().map(|(key, _)| scalar(key)).collect();
    let calls: Vec<_> = aggregate.calls.iter().map(call).collect();
    let sets = match aggregate.sets.len() {
        1 => String::new(),
        _ => format!(" sets {:?}", aggregate.sets),
    };
    format!("group [{}] {}{sets}", keys.join(", "), calls.join(", "))
}

fn scanned(scan: &ScanNode) -> String {
    let columns = scan.relation.columns();
    let name = |at: usize| columns[at].name.as_str();
    let wanted = (0..columns.len()).filter(|at| scan.columns[*at]).map(name);
    let mut text = format!("scan {}", wanted.collect::<Vec<_>>().join(" "));
    for restriction in &scan.restrictions {
        let shown = match restriction {
            PushedRestriction::Compare(at, op, value) => {
                format!("{} {} {}", name(*at), operator(*op), scalar(value))
            }
            PushedRestriction::In(at, values) => format!("{} in ({})", name(*at), list(values)),
            PushedRestriction::IsNull(at, negated) => {
                format!("{} is {}null", name(*at), if *negated { "not " } else { "" })
            }
        };
        text += &format!(" [{shown}]");
    }
    if !scan.order.is_empty() {
        let order = scan.order.iter().map(|key| {
            format!("{}{}", name(key.column), if key.descending { " desc" } else { "" })
        });
        text += &format!(" order {}", order.collect::<Vec<_>>().join(", "));
    }
    match &scan.limit {
        Some(limit) => format!("{text} limit {}", scalar(limit)),
        None => text,
    }
}

fn built_in(table: &BuiltInTable) -> String {
    match table {
        BuiltInTable::StringSplit { text, separator, .. } => {
            format!("string_split({}, {})", scalar(text), scalar(separator))
        }
        BuiltInTable::GenerateSeries { start, stop, step } => {
            format!("series({}, {}, {})", scalar(start), scalar(stop), scalar(step))
        }
        BuiltInTable::OpenJson { text, .. } => format!("openjson({})", scalar(text)),
        BuiltInTable::OpenJsonWith { text, columns, .. } => {
            format!("openjson({}) with {columns:?}", scalar(text))
        }
        BuiltInTable::XmlNodes { xml, path } => format!("nodes({}, '{path}')", scalar(xml)),
        BuiltInTable::BulkFile { path, data_type } => format!("file '{path}' as {data_type}"),
        BuiltInTable::UserFunction { module, arguments } => {
            format!("{}({})", module.name.name, list(arguments))
        }
    }
}

fn call(call: &crate::plan::AggregateCall) -> String {
    let name = match call.kind {
        AggregateKind::Plain(aggregate) => aggregate.name().to_owned(),
        AggregateKind::Grouping(key) => return format!("grouping({key})"),
        AggregateKind::ChecksumAgg => "checksum_agg".to_owned(),
    };
    let distinct = if call.distinct { "distinct " } else { "" };
    let argument = call.argument.as_ref().map_or_else(|| "*".to_owned(), scalar);
    let order =
        if call.order.is_empty() { String::new() } else { format!(" {}", keys(&call.order)) };
    format!("{name}({distinct}{argument}{order}):{}", call.result)
}

fn window(call: &WindowCall) -> String {
    let edge = |edge: FrameEdge| match edge {
        FrameEdge::Unbounded => "..".to_owned(),
        FrameEdge::Offset(rows) => rows.to_string(),
    };
    let partition: Vec<_> = call.partition.iter().map(|(key, _)| scalar(key)).collect();
    format!(
        "{:?}({}) by [{}] order [{}] {:?} {} to {}",
        call.function,
        list(&call.arguments),
        partition.join(", "),
        keys(&call.order),
        call.frame.unit,
        edge(call.frame.start),
        edge(call.frame.end),
    )
}

fn keys(keys: &[SortKey]) -> String {
    let key = |key: &SortKey| {
        format!("{}{}", scalar(&key.value), if key.descending { " desc" } else { "" })
    };
    keys.iter().map(key).collect::<Vec<_>>().join(", ")
}

fn list(values: &[Scalar]) -> String {
    values.iter().map(scalar).collect::<Vec<_>>().join(", ")
}

fn constant(value: &SqlValue) -> String {
    if let Some(text) = value.as_str() {
        return format!("'{text}'");
    }
    if let Some(number) = value.as_decimal() {
        return number.to_string();
    }
    if value.is_null() { "null".to_owned() } else { format!("{value:?}") }
}

pub(super) fn scalar(value: &Scalar) -> String {
    match &value.kind {
        ScalarKind::Constant(value) => constant(value),
        ScalarKind::Column { depth: 0, index } => format!("#{index}"),
        ScalarKind::Column { depth, index } => format!("^{depth}#{index}"),
        ScalarKind::Variable(slot) => format!("@{slot}"),
        ScalarKind::Arithmetic(op, left, right) => {
            format!("({} {} {})", scalar(left), arithmetic(*op), scalar(right))
        }
        ScalarKind::Unary(op, operand) => format!("{op:?} {}", scalar(operand)),
        ScalarKind::Convert { operand, .. } => format!("{}({})", value.data_type, scalar(operand)),
        ScalarKind::Parse { operand, .. } => format!("parse({})", scalar(operand)),
        ScalarKind::Function(function, arguments) => {
            format!("{}({})", function.name, list(arguments))
        }
        ScalarKind::Session(function, arguments) => format!("{function:?}({})", list(arguments)),
        ScalarKind::Native(_, arguments) => format!("native({})", list(arguments)),
        ScalarKind::User(module, arguments) => format!("{}({})", module.name.name, list(arguments)),
        ScalarKind::Case(arms, otherwise) => {
            let arms: Vec<_> = arms
                .iter()
                .map(|(when, then)| format!("when {} then {}", condition(when), scalar(then)))
                .collect();
            let other =
                otherwise.as_ref().map_or_else(String::new, |e| format!(" else {}", scalar(e)));
            format!("case {}{other} end", arms.join(" "))
        }
        ScalarKind::Coalesce(parts) => format!("coalesce({})", list(parts)),
        ScalarKind::Subquery(plan) => format!("{{{}}}", inline(plan)),
        ScalarKind::AtTimeZone(operand, zone) => {
            format!("{} at time zone {}", scalar(operand), scalar(zone))
        }
        ScalarKind::XmlMethod { operand, method, path } => {
            format!("{}.{method:?}('{path}')", scalar(operand))
        }
    }
}

fn inline(plan: &Plan) -> String {
    explain(plan).lines().map(str::trim).collect::<Vec<_>>().join(" | ")
}

const fn arithmetic(op: ArithmeticOp) -> &'static str {
    match op {
        ArithmeticOp::Add => "+",
        ArithmeticOp::Subtract => "-",
        ArithmeticOp::Multiply => "*",
        ArithmeticOp::Divide => "/",
        ArithmeticOp::Modulo => "%",
        ArithmeticOp::BitAnd => "&",
        ArithmeticOp::BitOr => "|",
        ArithmeticOp::BitXor => "^",
    }
}

const fn operator(op: CompareOp) -> &'static str {
    match op {
        CompareOp::Equal => "=",
        CompareOp::NotEqual => "<>",
        CompareOp::Less => "<",
        CompareOp::LessOrEqual => "<=",
        CompareOp::Greater => ">",
        CompareOp::GreaterOrEqual => ">=",
    }
}

pub(super) fn condition(value: &Predicate) -> String {
    let many = |parts: &[Predicate], word: &str| {
        format!("({})", parts.iter().map(condition).collect::<Vec<_>>().join(word))
    };
    match value {
        Predicate::Constant(value) => format!("{value:?}"),
        Predicate::Compare { left, operator: op, right, .. } => {
            format!("{} {} {}", scalar(left), operator(*op), scalar(right))
        }
        Predicate::And(parts) => many(parts, " and "),
        Predicate::Or(parts) => many(parts, " or "),
        Predicate::Not(part) => format!("not {}", condition(part)),
        Predicate::IsNull(operand) => format!("{} is null", scalar(operand)),
        Predicate::IsSame { left, right, .. } => {
            format!("{} is {}", scalar(left), scalar(right))
        }
        Predicate::InList { operand, values, .. } => {
            format!("{} in ({})", scalar(operand), list(values))
        }
        Predicate::Quantified { operand, operator: op, quantifier, plan, .. } => {
            format!("{} {} {quantifier:?} {{{}}}", scalar(operand), operator(*op), inline(plan))
        }
        Predicate::Exists(plan) => format!("exists {{{}}}", inline(plan)),
        Predicate::Like { operand, pattern, .. } => {
            format!("{} like {}", scalar(operand), scalar(pattern))
        }
    }
}
