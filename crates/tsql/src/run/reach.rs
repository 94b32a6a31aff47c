//! What a part of a plan depends on besides its own rows: decides what is run once and kept.

use std::rc::Rc;

use super::state::{Run, address};
use crate::plan::{
    AggregateCall, BuiltInTable, Node, Predicate, PushedRestriction, Scalar, ScalarKind, ScanNode,
    SortKey, WindowCall,
};

/// What a part depends on.
#[derive(Default)]
pub(crate) struct Reach {
    /// Whether it looks at rows around it.
    pub(crate) outer: bool,
    /// Whether it is another each time: it has NEWID.
    changes: bool,
    /// The variables that it looks at.
    pub(crate) variables: Vec<usize>,
    /// The recursive expressions whose rounds it reads.
    rounds: Vec<u32>,
    /// The recursive expressions inside it.
    recursive: Vec<u32>,
    level: u32,
}

impl Reach {
    /// Whether its result is the same wherever it is run in the query.
    pub(crate) fn is_constant(&self) -> bool {
        !self.outer && !self.changes && self.rounds.iter().all(|id| self.recursive.contains(id))
    }
}

impl<'a> Run<'a> {
    /// What a node depends on, found once.
    pub(crate) fn reach_of(&self, node: &'a Node) -> Rc<Reach> {
        if let Some(found) = self.reach.borrow().get(&address(node)) {
            return Rc::clone(found);
        }
        let mut reach = Reach::default();
        reach.node(node);
        reach.variables.sort_unstable();
        reach.variables.dedup();
        let reach = Rc::new(reach);
        self.reach.borrow_mut().insert(address(node), Rc::clone(&reach));
        reach
    }
}

/// Whether an expression looks at rows around its own.
pub(crate) fn sees_outer(scalar: &Scalar) -> bool {
    let mut reach = Reach::default();
    reach.scalar(scalar);
    reach.outer
}

impl Reach {
    fn inside(&mut self, walk: impl FnOnce(&mut Self)) {
        self.level += 1;
        walk(self);
        self.level -= 1;
    }

    fn node(&mut self, node: &Node) {
        match node {
            Node::Values(rows) => rows.iter().flatten().for_each(|scalar| self.scalar(scalar)),
            Node::Scan(scan) => self.scan(scan),
            Node::TableFunction { arguments, .. } => self.scalars(arguments),
            Node::BuiltIn(table) => self.built_in(table),
            Node::Filter { input, predicate } => {
                self.predicate(predicate);
                self.node(input);
            }
            Node::Project { input, columns } => {
                self.scalars(columns);
                self.node(input);
            }
            Node::Join(join) => {
                self.node(&join.left);
                self.node(&join.right);
                for (left, right, _) in &join.keys {
                    self.scalar(left);
                    self.scalar(right);
                }
                join.condition.iter().for_each(|condition| self.predicate(condition));
            }
            Node::Apply { left, right, .. } => {
                self.node(left);
                self.inside(|reach| reach.node(right));
            }
            Node::Aggregate(aggregate) => {
                self.node(&aggregate.input);
                aggregate.keys.iter().for_each(|(key, _)| self.scalar(key));
                aggregate.calls.iter().for_each(|call| self.aggregate_call(call));
            }
            Node::Window { input, calls } => {
                self.node(input);
                calls.iter().for_each(|call| self.window_call(call));
            }
            Node::Sort { input, keys, limit } => {
                self.node(input);
                self.keys(keys);
                limit.iter().for_each(|limit| self.scalar(limit));
            }
            Node::Top { input, count, ties, .. } => {
                self.node(input);
                self.scalar(count);
                self.keys(ties);
            }
            Node::Offset { input, skip, take } => {
                self.node(input);
                self.scalar(skip);
                take.iter().for_each(|take| self.scalar(take));
            }
            Node::Distinct { input, .. } => self.node(input),
            Node::SetOperation { left, right, .. } => {
                self.node(left);
                self.node(right);
            }
            Node::Recursive { id, anchor, recursive, .. } => {
                self.recursive.push(*id);
                self.node(anchor);
                recursive.iter().for_each(|part| self.node(part));
            }
            Node::RecursiveInput(id) => self.rounds.push(*id),
            Node::ForXml(node) => self.node(&node.input),
            Node::ForJson(node) => self.node(&node.input),
        }
    }

    fn scan(&mut self, scan: &ScanNode) {
        for restriction in &scan.restrictions {
            match restriction {
                PushedRestriction::Compare(_, _, value) => self.scalar(value),
                PushedRestriction::In(_, values) => self.scalars(values),
                PushedRestriction::IsNull(..) => {}
            }
        }
        scan.limit.iter().for_each(|limit| self.scalar(limit));
    }

    fn built_in(&mut self, table: &BuiltInTable) {
        match table {
            BuiltInTable::StringSplit { text, separator, .. } => {
                self.scalar(text);
                self.scalar(separator);
            }
            BuiltInTable::GenerateSeries { start, stop, step } => {
                self.scalar(start);
                self.scalar(stop);
                self.scalar(step);
            }
            BuiltInTable::OpenJson { text, path }
            | BuiltInTable::OpenJsonWith { text, path, .. } => {
                self.scalar(text);
                path.iter().for_each(|path| self.scalar(path));
            }
            BuiltInTable::XmlNodes { xml, .. } => self.scalar(xml),
            BuiltInTable::BulkFile { .. } => {}
            BuiltInTable::UserFunction { arguments, .. } => self.scalars(arguments),
        }
    }

    fn aggregate_call(&mut self, call: &AggregateCall) {
        call.argument.iter().for_each(|argument| self.scalar(argument));
        call.separator.iter().for_each(|separator| self.scalar(separator));
        self.keys(&call.order);
    }

    fn window_call(&mut self, call: &WindowCall) {
        self.scalars(&call.arguments);
        call.partition.iter().for_each(|(key, _)| self.scalar(key));
        self.keys(&call.order);
    }

    fn keys(&mut self, keys: &[SortKey]) {
        keys.iter().for_each(|key| self.scalar(&key.value));
    }

    fn scalars(&mut self, scalars: &[Scalar]) {
        scalars.iter().for_each(|scalar| self.scalar(scalar));
    }

    fn scalar(&mut self, scalar: &Scalar) {
        match &scalar.kind {
            ScalarKind::Constant(_) => {}
            ScalarKind::Column { depth, .. } => self.outer |= self.level < *depth,
            ScalarKind::Variable(slot) => self.variables.push(*slot),
            ScalarKind::Arithmetic(_, left, right) | ScalarKind::AtTimeZone(left, right) => {
                self.scalar(left);
                self.scalar(right);
            }
            ScalarKind::Unary(_, operand) | ScalarKind::XmlMethod { operand, .. } => {
                self.scalar(operand);
            }
            ScalarKind::Convert { operand, style: other, .. }
            | ScalarKind::Parse { operand, culture: other, .. } => {
                self.scalar(operand);
                other.iter().for_each(|other| self.scalar(other));
            }
            ScalarKind::Function(function, arguments) => {
                self.changes |= function.name == "NEWID";
                self.scalars(arguments);
            }
            ScalarKind::Session(_, arguments)
            | ScalarKind::Native(_, arguments)
            | ScalarKind::User(_, arguments)
            | ScalarKind::Coalesce(arguments) => self.scalars(arguments),
            ScalarKind::Case(arms, otherwise) => {
                for (when, then) in arms {
                    self.predicate(when);
                    self.scalar(then);
                }
                otherwise.iter().for_each(|otherwise| self.scalar(otherwise));
            }
            ScalarKind::Subquery(plan) => self.inside(|reach| reach.node(&plan.root)),
        }
    }

    fn predicate(&mut self, predicate: &Predicate) {
        match predicate {
            Predicate::Constant(_) => {}
            Predicate::Compare { left, right, .. } | Predicate::IsSame { left, right, .. } => {
                self.scalar(left);
                self.scalar(right);
            }
            Predicate::And(all) | Predicate::Or(all) => {
                all.iter().for_each(|one| self.predicate(one));
            }
            Predicate::Not(one) => self.predicate(one),
            Predicate::IsNull(operand) => self.scalar(operand),
            Predicate::InList { operand, values, .. } => {
                self.scalar(operand);
                self.scalars(values);
            }
            Predicate::Quantified { operand, plan, .. } => {
                self.scalar(operand);
                self.inside(|reach| reach.node(&plan.root));
            }
            Predicate::Exists(plan) => self.inside(|reach| reach.node(&plan.root)),
            Predicate::Like { operand, pattern, escape, .. } => {
                self.scalar(operand);
                self.scalar(pattern);
                escape.iter().for_each(|escape| self.scalar(escape));
            }
        }
    }
}
