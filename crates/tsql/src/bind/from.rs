//! FROM: tables joined to one row.
//!
//! Source: T-SQL reference, "FROM clause plus JOIN, APPLY, PIVOT", "Hints (Transact-SQL)".

use super::Binder;
use super::error::{Bind, refuse};
use super::scope::{Clause, Scope, Table, check_names, column_at};
use super::walk::{self, Shift};
use crate::ast::{self, JoinKind, Place, TableHint, TableSource};
use crate::plan::{JoinNode, JoinType, Node, Predicate, Scalar};

/// Rows and what their columns are called.
pub(super) struct Source {
    pub(super) node: Node,
    pub(super) tables: Vec<Table>,
    pub(super) width: usize,
    /// Whether there is an outer join: a recursive member must have none.
    pub(super) outer: bool,
}

impl Source {
    /// The rows of one table.
    pub(super) fn one(node: Node, table: Table) -> Self {
        let width = table.columns.len();
        Self { node, tables: vec![table], width, outer: false }
    }
}

impl Binder<'_> {
    /// The tables of a FROM. Commas join them without a condition.
    pub(super) fn sources(&self, from: &[TableSource], parent: Option<&Scope<'_>>) -> Bind<Source> {
        let Some((first, rest)) = from.split_first() else {
            let node = Node::Values(vec![Vec::new()]);
            return Ok(Source { node, tables: Vec::new(), width: 0, outer: false });
        };
        let mut source = self.table_source(first, parent)?;
        for next in rest {
            source = self.comma(source, next, parent)?;
        }
        check_names(&source.tables, first.first.place)?;
        if source.outer {
            self.outer_joins.set(true);
        }
        Ok(source)
    }

    /// `left, next`: an APPLY of `next` also sees the tables before the comma.
    fn comma(&self, left: Source, next: &TableSource, parent: Option<&Scope<'_>>) -> Bind<Source> {
        let apply = next.joins.iter().position(|join| is_apply(join.kind));
        let onesided =
            next.joins.iter().all(|join| !matches!(join.kind, JoinKind::Right | JoinKind::Full));
        let Some(at) = apply.filter(|_| onesided) else {
            let right = self.table_source(next, parent)?;
            return self.joined(left, right, (JoinType::Inner, None), parent);
        };
        let before = TableSource { first: next.first.clone(), joins: next.joins[..at].to_vec() };
        let right = self.table_source(&before, parent)?;
        let mut source = self.joined(left, right, (JoinType::Inner, None), parent)?;
        for join in &next.joins[at..] {
            source = self.join(source, join, parent)?;
        }
        Ok(source)
    }

    /// A table and what is joined to it.
    fn table_source(&self, source: &TableSource, parent: Option<&Scope<'_>>) -> Bind<Source> {
        let mut bound = self.table(&source.first, parent)?;
        for join in &source.joins {
            bound = self.join(bound, join, parent)?;
        }
        Ok(bound)
    }

    fn join(&self, left: Source, join: &ast::Join, parent: Option<&Scope<'_>>) -> Bind<Source> {
        let on = join.on.as_ref();
        let kind = match join.kind {
            JoinKind::CrossApply => return self.apply(left, &join.right, false, parent),
            JoinKind::OuterApply => return self.apply(left, &join.right, true, parent),
            JoinKind::Inner | JoinKind::Cross => JoinType::Inner,
            JoinKind::Left => JoinType::Left,
            JoinKind::Right => JoinType::Right,
            JoinKind::Full => JoinType::Full,
        };
        let right = self.table_source(&join.right, parent)?;
        self.joined(left, right, (kind, on), parent)
    }

    /// Two sources side by side.
    fn joined(
        &self,
        left: Source,
        right: Source,
        (kind, on): (JoinType, Option<&ast::Expr>),
        parent: Option<&Scope<'_>>,
    ) -> Bind<Source> {
        let (left_width, right_width) = (left.width, right.width);
        let outer = left.outer || right.outer || kind != JoinType::Inner;
        let tables = side_by_side(left.tables, right.tables, left_width);
        let scope = Scope::new(tables, parent);
        let condition = match on {
            Some(on) => Some(self.filter(on, Clause::On, &scope)?),
            None => None,
        };
        let node = join_node(kind, (left.node, left_width), (right.node, right_width), condition);
        let mut tables = scope.tables;
        let nullable = |table: &Table| match kind {
            JoinType::Inner => false,
            JoinType::Left => left_width <= table.start,
            JoinType::Right => table.start < left_width,
            JoinType::Full => true,
        };
        for table in tables.iter_mut().filter(|table| nullable(table)) {
            all_nullable(table);
        }
        Ok(Source { node, tables, width: left_width + right_width, outer })
    }

    /// `left APPLY right`: the right side sees the left row.
    fn apply(
        &self,
        left: Source,
        right: &TableSource,
        outer: bool,
        parent: Option<&Scope<'_>>,
    ) -> Bind<Source> {
        let scope = Scope::new(left.tables, parent);
        let mut right = self.table_source(right, Some(&scope))?;
        if outer {
            right.tables.iter_mut().for_each(all_nullable);
        }
        let width = left.width + right.width;
        let node = match one_row(right.node) {
            Ok(values) => computed(left.node, &scope.tables, values)?,
            Err(node) => Node::Apply {
                left: Box::new(left.node),
                right: node,
                left_width: left.width,
                right_width: right.width,
                outer,
            },
        };
        let tables = side_by_side(scope.tables, right.tables, left.width);
        Ok(Source { node, tables, width, outer: left.outer || right.outer || outer })
    }
}

fn is_apply(kind: JoinKind) -> bool {
    matches!(kind, JoinKind::CrossApply | JoinKind::OuterApply)
}

/// The values of a node that always gives one row, computed from the rows around it alone; else
/// the node.
pub(super) fn one_row(node: Node) -> Result<Vec<Scalar>, Box<Node>> {
    if let Node::Project { input, columns } = node {
        if is_empty_row(&input) {
            return Ok(columns);
        }
        return Err(Box::new(Node::Project { input, columns }));
    }
    Err(Box::new(node))
}

fn is_empty_row(node: &Node) -> bool {
    if let Node::Values(rows) = node { rows.len() == 1 && rows[0].is_empty() } else { false }
}

/// `left APPLY (SELECT values)`: each row with the values computed on it.
fn computed(left: Node, tables: &[Table], mut values: Vec<Scalar>) -> Bind<Node> {
    walk::scalars(&mut Shift { from: 1, by: -1 }, &mut values, 0)?;
    let own = tables.iter().flat_map(|table| {
        table
            .columns
            .iter()
            .enumerate()
            .map(|(at, column)| column_at(0, table.start + at, column, Place::default()))
    });
    let columns = own.chain(values).collect();
    Ok(Node::Project { input: Box::new(left), columns })
}

/// A join of two nodes.
pub(super) fn join_node(
    kind: JoinType,
    (left, left_width): (Node, usize),
    (right, right_width): (Node, usize),
    condition: Option<Predicate>,
) -> Node {
    let keys = Vec::new();
    Node::Join(Box::new(JoinNode { kind, left, right, left_width, right_width, keys, condition }))
}

fn side_by_side(mut left: Vec<Table>, right: Vec<Table>, left_width: usize) -> Vec<Table> {
    left.extend(right.into_iter().map(|table| Table { start: table.start + left_width, ..table }));
    left
}

fn all_nullable(table: &mut Table) {
    for column in &mut table.columns {
        column.nullable = true;
    }
}

/// Refuses hints that would change an answer. Rows are never locked here, so all that is about
/// locks changes none, nor do those that choose a way to the same rows.
pub(super) fn check_hints(hints: &[TableHint], place: Place) -> Bind<()> {
    for hint in hints {
        let name = hint.name.as_str();
        if matches!(
            name,
            "IGNORE_CONSTRAINTS" | "IGNORE_TRIGGERS" | "KEEPDEFAULTS" | "KEEPIDENTITY"
        ) {
            return refuse(place, &format!("The table hint {name}"));
        }
    }
    Ok(())
}
