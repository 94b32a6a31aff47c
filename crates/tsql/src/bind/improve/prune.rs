//! Which columns anybody looks at: scans read only those, projections compute only those.

use super::super::error::Bind;
use super::super::walk::{self, Columns};
use crate::plan::{JoinNode, Node, ScalarKind};
use crate::value::SqlValue;

/// The columns of a row that are looked at.
#[derive(Clone, Default)]
pub(super) struct Wanted {
    /// Every one.
    all: bool,
    columns: Vec<bool>,
}

impl Wanted {
    /// The first so many.
    pub(super) fn first(count: usize) -> Self {
        Self { all: false, columns: vec![true; count] }
    }

    const fn all() -> Self {
        Self { all: true, columns: Vec::new() }
    }

    fn has(&self, at: usize) -> bool {
        self.all || self.columns.get(at).copied().unwrap_or(false)
    }

    fn add(&mut self, at: usize) {
        if self.columns.len() <= at {
            self.columns.resize(at + 1, false);
        }
        self.columns[at] = true;
    }

    /// The columns of one side of a joined row.
    fn part(&self, start: usize, width: usize) -> Self {
        let columns = (start..start + width).map(|at| self.has(at)).collect();
        Self { all: false, columns }
    }
}

/// Tells everything under a node that only these of its columns are looked at.
pub(super) fn prune(node: &mut Node, wanted: &Wanted) -> Bind<()> {
    if let Node::Project { columns, .. } = node {
        for (at, column) in columns.iter_mut().enumerate() {
            if !wanted.has(at) {
                column.kind = ScalarKind::Constant(SqlValue::Null);
            }
        }
    }
    let mut own = Wanted::default();
    if !matches!(node, Node::Join(_)) {
        let mut visit = Columns(|depth, at: &mut usize| {
            if depth == 0 {
                own.add(*at);
            }
        });
        walk::own(&mut visit, node, 0)?;
    }
    match node {
        Node::Scan(scan) => {
            for (at, column) in scan.columns.iter_mut().enumerate() {
                *column = wanted.has(at);
            }
            Ok(())
        }
        Node::Project { input, .. } => prune(input, &own),
        Node::Filter { input, .. }
        | Node::Window { input, .. }
        | Node::Sort { input, .. }
        | Node::Top { input, .. }
        | Node::Offset { input, .. } => prune(input, &both(own, wanted)),
        Node::Aggregate(aggregate) => prune(&mut aggregate.input, &own),
        Node::Join(join) => joined(join, wanted),
        Node::Apply { left, right, left_width, right_width, .. } => {
            let mut outer = wanted.part(0, *left_width);
            let mut visit = Columns(|depth, at: &mut usize| {
                if depth == 1 {
                    outer.add(*at);
                }
            });
            walk::node(&mut visit, right, 0)?;
            prune(right, &wanted.part(*left_width, *right_width))?;
            prune(left, &outer)
        }
        Node::Distinct { input, .. } => prune(input, &Wanted::all()),
        Node::SetOperation { left, right, operator, .. } => {
            let every = Wanted::all();
            let wanted = if *operator == crate::plan::SetKind::UnionAll { wanted } else { &every };
            prune(left, wanted)?;
            prune(right, wanted)
        }
        Node::Recursive { anchor, recursive, .. } => {
            prune(anchor, &Wanted::all())?;
            recursive.iter_mut().try_for_each(|part| prune(part, &Wanted::all()))
        }
        Node::ForXml(xml) => prune(&mut xml.input, &Wanted::first(xml.columns.len())),
        Node::ForJson(json) => prune(&mut json.input, &Wanted::first(json.columns.len())),
        Node::Values(_)
        | Node::TableFunction { .. }
        | Node::BuiltIn(_)
        | Node::RecursiveInput(_) => Ok(()),
    }
}

fn both(mut own: Wanted, wanted: &Wanted) -> Wanted {
    own.all |= wanted.all;
    for at in (0..wanted.columns.len()).filter(|at| wanted.columns[*at]) {
        own.add(at);
    }
    own
}

fn joined(join: &mut JoinNode, wanted: &Wanted) -> Bind<()> {
    let (left_width, right_width) = (join.left_width, join.right_width);
    let mut whole = Wanted::default();
    let mut left = Wanted::default();
    let mut right = Wanted::default();
    let mut visit = Columns(|depth, at: &mut usize| {
        if depth == 0 {
            whole.add(*at);
        }
    });
    join.condition.iter_mut().try_for_each(|one| walk::predicate(&mut visit, one, 0))?;
    for (one, other, _) in &mut join.keys {
        for (key, side) in [(one, &mut left), (other, &mut right)] {
            let mut visit = Columns(|depth, at: &mut usize| {
                if depth == 0 {
                    side.add(*at);
                }
            });
            walk::scalar(&mut visit, key, 0)?;
        }
    }
    let whole = both(whole, wanted);
    prune(&mut join.left, &both(left, &whole.part(0, left_width)))?;
    prune(&mut join.right, &both(right, &whole.part(left_width, right_width)))
}
