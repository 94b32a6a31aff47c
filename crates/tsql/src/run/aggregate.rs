//! GROUP BY: groups in hash tables, one for each grouping set.
//!
//! Groups come sorted by their keys, a key that is not in the row's set last, as a total stands
//! behind what it adds up. Nothing promises that order; it is the one that people are used to.

use std::cmp::Ordering;
use std::collections::{HashMap, HashSet};

use super::budget::{Held, value_bytes};
use super::row::{hint_column, moved_hint, plain_column};
use super::scope::{Outer, Scope};
use super::sort::{keys_of, order, sort_by};
use super::state::Run;
use super::step::{Boxed, Step};
use crate::function::{Accumulator, Aggregate};
use crate::host::{Restriction, Row};
use crate::plan::{AggregateCall, AggregateKind, AggregateNode};
use crate::value::{GroupKey, SqlError, SqlValue, sort_compare};

/// The groups of an input.
pub(super) struct Groups<'a> {
    node: &'a AggregateNode,
    input: Option<Boxed<'a>>,
    groups: std::vec::IntoIter<Group>,
    held: Option<Held<'a>>,
}

struct Group {
    /// Which grouping set.
    set: usize,
    keys: Vec<SqlValue>,
    states: Vec<State>,
}

/// An aggregate of one group on its way.
struct State {
    kind: StateKind,
    /// With DISTINCT: what was there.
    seen: Option<HashSet<GroupKey>>,
}

enum StateKind {
    Sum(Accumulator),
    /// Values that are put in order first: sort values, value, separator.
    Ordered(Accumulator, Vec<(Vec<SqlValue>, SqlValue, SqlValue)>),
    Grouping(bool),
    Checksum(Option<i32>),
}

/// The arguments of a call, on one row.
struct Argument {
    value: SqlValue,
    separator: SqlValue,
    order: Vec<SqlValue>,
}

/// The room that an accumulator takes, in bytes.
const STATE_BYTES: usize = 256;

/// The hints that hold for the input too: those on keys of every grouping set.
pub(super) fn hints_below(node: &AggregateNode, hints: &[Restriction]) -> Vec<Restriction> {
    let below = |hint: &Restriction| {
        let key = hint_column(hint);
        let everywhere = node.sets.iter().all(|set| set.contains(&key));
        let column = plain_column(&node.keys.get(key)?.0)?;
        everywhere.then(|| moved_hint(hint, column))
    };
    hints.iter().filter_map(below).collect()
}

impl<'a> Groups<'a> {
    pub(super) fn new(node: &'a AggregateNode, input: Boxed<'a>) -> Self {
        Self { node, input: Some(input), groups: Vec::new().into_iter(), held: None }
    }

    fn fill(
        &mut self,
        run: &Run<'a>,
        mut input: Boxed<'a>,
        outer: Outer<'_>,
    ) -> Result<(), SqlError> {
        let node = self.node;
        let mut held = run.held();
        let mut groups: Vec<Group> = Vec::new();
        let mut found: Vec<HashMap<Vec<GroupKey>, usize>> = vec![HashMap::new(); node.sets.len()];
        for (set, keys) in node.sets.iter().enumerate().filter(|(_, keys)| keys.is_empty()) {
            found[set].insert(Vec::new(), groups.len());
            groups.push(Group { set, keys: Vec::new(), states: self.states(keys) });
        }
        while let Some(row) = input.next(run, outer)? {
            run.tick()?;
            let scope = Scope::new(&row, outer);
            let mut keys = Vec::with_capacity(node.keys.len());
            for (key, _) in &node.keys {
                keys.push(run.value(key, &scope)?);
            }
            let parts = keys.iter().zip(&node.keys);
            let parts: Vec<GroupKey> =
                parts.map(|(value, (_, collation))| GroupKey::of(value, *collation)).collect();
            let arguments = self.arguments(run, &scope)?;
            for (set, columns) in node.sets.iter().enumerate() {
                let key = columns.iter().map(|&column| parts[column].clone()).collect();
                let at = match found[set].get(&key) {
                    Some(&at) => at,
                    None => {
                        held.row(&keys)?;
                        held.bytes(node.calls.len() * STATE_BYTES)?;
                        found[set].insert(key, groups.len());
                        let (keys, states) = (keys.clone(), self.states(columns));
                        groups.push(Group { set, keys, states });
                        groups.len() - 1
                    }
                };
                let calls = node.calls.iter().zip(&arguments);
                for (state, (call, argument)) in groups[at].states.iter_mut().zip(calls) {
                    state.add(call, argument, &mut held)?;
                }
            }
        }
        self.groups = sort_by(run, groups, |a, b| self.order(a, b))?.into_iter();
        self.held = Some(held);
        Ok(())
    }

    fn arguments(&self, run: &Run<'a>, scope: &Scope<'_>) -> Result<Vec<Argument>, SqlError> {
        let argument = |call: &'a AggregateCall| {
            let value = |scalar: &'a Option<crate::plan::Scalar>| match scalar {
                Some(scalar) => run.value(scalar, scope),
                None => Ok(SqlValue::Null),
            };
            let own = value(&call.argument)?;
            if call.warns && own.is_null() {
                run.context.frame.null_left_out();
            }
            Ok(Argument {
                value: own,
                separator: value(&call.separator)?,
                order: keys_of(run, &call.order, scope)?,
            })
        };
        self.node.calls.iter().map(argument).collect()
    }

    fn states(&self, columns: &[usize]) -> Vec<State> {
        self.node.calls.iter().map(|call| State::new(call, columns)).collect()
    }

    fn order(&self, left: &Group, right: &Group) -> Ordering {
        let (left_set, right_set) = (&self.node.sets[left.set], &self.node.sets[right.set]);
        for (column, (_, collation)) in self.node.keys.iter().enumerate() {
            let here = (left_set.contains(&column), right_set.contains(&column));
            let order = match here {
                (true, true) => sort_compare(&left.keys[column], &right.keys[column], *collation),
                (true, false) => Ordering::Less,
                (false, true) => Ordering::Greater,
                (false, false) => Ordering::Equal,
            };
            if order.is_ne() {
                return order;
            }
        }
        left.set.cmp(&right.set)
    }

    fn row(&self, run: &Run<'_>, group: Group) -> Result<Row, SqlError> {
        let columns = &self.node.sets[group.set];
        let mut row = vec![SqlValue::Null; self.node.keys.len()];
        for (column, value) in group.keys.into_iter().enumerate() {
            if columns.contains(&column) {
                row[column] = value;
            }
        }
        for (state, call) in group.states.into_iter().zip(&self.node.calls) {
            row.push(state.finish(run, call)?);
        }
        Ok(row)
    }
}

impl<'a> Step<'a> for Groups<'a> {
    fn next(&mut self, run: &Run<'a>, outer: Outer<'_>) -> Result<Option<Row>, SqlError> {
        if let Some(input) = self.input.take() {
            self.fill(run, input, outer)?;
        }
        run.tick()?;
        match self.groups.next() {
            Some(group) => self.row(run, group).map(Some),
            None => Ok(None),
        }
    }
}

impl State {
    fn new(call: &AggregateCall, columns: &[usize]) -> Self {
        let kind = match call.kind {
            AggregateKind::Grouping(key) => StateKind::Grouping(!columns.contains(&key)),
            AggregateKind::ChecksumAgg => StateKind::Checksum(None),
            AggregateKind::Plain(aggregate) => {
                let sum = Accumulator::new(aggregate, call.result, call.collation, false);
                match call.order.is_empty() {
                    true => StateKind::Sum(sum),
                    false => StateKind::Ordered(sum, Vec::new()),
                }
            }
        };
        Self { kind, seen: call.distinct.then(HashSet::new) }
    }

    fn add(
        &mut self,
        call: &AggregateCall,
        argument: &Argument,
        held: &mut Held<'_>,
    ) -> Result<(), SqlError> {
        let value = &argument.value;
        if call.argument.is_some() && value.is_null() {
            return Ok(());
        }
        if let Some(seen) = &mut self.seen {
            if !seen.insert(GroupKey::of(value, call.collation)) {
                return Ok(());
            }
            held.bytes(value_bytes(value) + size_of::<GroupKey>())?;
        }
        match &mut self.kind {
            StateKind::Grouping(_) => Ok(()),
            StateKind::Sum(sum) if call.argument.is_none() => {
                sum.add_row();
                Ok(())
            }
            StateKind::Sum(sum) => {
                if call.kind == AggregateKind::Plain(Aggregate::StringAgg) {
                    held.bytes(value_bytes(value))?;
                }
                sum.add(value, &argument.separator)
            }
            StateKind::Ordered(_, values) => {
                held.row(std::slice::from_ref(value))?;
                held.row(&argument.order)?;
                values.push((argument.order.clone(), value.clone(), argument.separator.clone()));
                Ok(())
            }
            StateKind::Checksum(sum) => {
                let bits = value.as_i64().and_then(|value| i32::try_from(value).ok());
                *sum = Some(sum.unwrap_or(0) ^ bits.unwrap_or(0));
                Ok(())
            }
        }
    }

    fn finish(self, run: &Run<'_>, call: &AggregateCall) -> Result<SqlValue, SqlError> {
        match self.kind {
            StateKind::Sum(sum) => sum.finish(),
            StateKind::Ordered(mut sum, values) => {
                let values = sort_by(run, values, |a, b| order(&call.order, &a.0, &b.0))?;
                for (_, value, separator) in &values {
                    run.tick()?;
                    sum.add(value, separator)?;
                }
                sum.finish()
            }
            StateKind::Grouping(summed) => Ok(SqlValue::TinyInt(u8::from(summed))),
            StateKind::Checksum(sum) => Ok(sum.map_or(SqlValue::Null, SqlValue::Int)),
        }
    }
}
