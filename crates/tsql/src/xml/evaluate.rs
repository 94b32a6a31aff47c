//! Evaluates paths on a tree.
//!
//! Comparisons are those of XPath: true if any pair of items compares so, numbers as numbers.

use std::cmp::Ordering;

use super::tree::{Kind, NodeId, Tree};
use super::xpath::{Axis, Compare, Expression, Function, Step, Test, XPath};
use crate::value::SqlError;

/// What a path gives.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Item {
    Node(NodeId),
    Text(String),
    Number(f64),
    Bool(bool),
}

/// Where an expression is evaluated.
#[derive(Clone, Copy)]
struct Focus {
    node: NodeId,
    position: usize,
    last: usize,
}

/// The items that a path gives.
pub(super) fn evaluate(tree: &Tree, node: NodeId, path: &XPath) -> Result<Vec<Item>, SqlError> {
    let evaluator = Evaluator { tree, spaces: &path.spaces };
    evaluator.items(&path.expression, Focus { node, position: 1, last: 1 })
}

/// An item as text.
pub(super) fn text_of(tree: &Tree, item: &Item) -> String {
    match item {
        Item::Node(node) => tree.string_value(*node),
        Item::Text(text) => text.clone(),
        Item::Number(number) => number.to_string(),
        Item::Bool(bool) => bool.to_string(),
    }
}

struct Evaluator<'t> {
    tree: &'t Tree,
    spaces: &'t [(String, String)],
}

impl Evaluator<'_> {
    fn items(&self, expression: &Expression, focus: Focus) -> Result<Vec<Item>, SqlError> {
        match expression {
            Expression::Text(text) => Ok(vec![Item::Text(text.clone())]),
            Expression::Number(number) => Ok(vec![Item::Number(*number)]),
            Expression::Or(all) => {
                for one in all {
                    if self.is_true(one, focus)? {
                        return Ok(vec![Item::Bool(true)]);
                    }
                }
                Ok(vec![Item::Bool(false)])
            }
            Expression::And(all) => {
                for one in all {
                    if !self.is_true(one, focus)? {
                        return Ok(vec![Item::Bool(false)]);
                    }
                }
                Ok(vec![Item::Bool(true)])
            }
            Expression::Compare(left, operator, right) => {
                let (left, right) = (self.items(left, focus)?, self.items(right, focus)?);
                let holds = |a: &Item| right.iter().any(|b| self.compare(a, *operator, b));
                Ok(vec![Item::Bool(left.iter().any(holds))])
            }
            Expression::Arithmetic(left, sign, right) => {
                let (left, right) = (self.number(left, focus)?, self.number(right, focus)?);
                let (Some(left), Some(right)) = (left, right) else { return Ok(Vec::new()) };
                let result = match sign {
                    '+' => left + right,
                    '-' => left - right,
                    '*' => left * right,
                    '/' => left / right,
                    _ => left % right,
                };
                Ok(vec![Item::Number(result)])
            }
            Expression::Negative(operand) => {
                Ok(self.number(operand, focus)?.map(|n| Item::Number(-n)).into_iter().collect())
            }
            Expression::Call(function, arguments) => self.call(*function, arguments, focus),
            Expression::Path { absolute, steps } => {
                let start = if *absolute { Tree::ROOT } else { focus.node };
                self.steps(vec![start], steps)
            }
            Expression::Group { inside, predicates, steps } => {
                let mut items = self.items(inside, focus)?;
                for predicate in predicates {
                    items = self.kept(items, predicate)?;
                }
                if steps.is_empty() {
                    return Ok(items);
                }
                self.steps(nodes_of(items)?, steps)
            }
            Expression::Sequence(all) => {
                let mut items = Vec::new();
                for one in all {
                    items.append(&mut self.items(one, focus)?);
                }
                Ok(items)
            }
        }
    }

    fn steps(&self, mut nodes: Vec<NodeId>, steps: &[Step]) -> Result<Vec<Item>, SqlError> {
        for step in steps {
            let mut next = Vec::new();
            for node in nodes {
                let mut found: Vec<Item> = self
                    .along(node, step.axis)
                    .into_iter()
                    .filter(|&n| self.passes(n, step))
                    .map(Item::Node)
                    .collect();
                for predicate in &step.predicates {
                    found = self.kept(found, predicate)?;
                }
                next.append(&mut nodes_of(found)?);
            }
            next.sort_unstable();
            next.dedup();
            nodes = next;
        }
        Ok(nodes.into_iter().map(Item::Node).collect())
    }

    fn along(&self, node: NodeId, axis: Axis) -> Vec<NodeId> {
        match axis {
            Axis::Child => self.tree.children(node).to_vec(),
            Axis::Attribute => self.tree.attributes(node).to_vec(),
            Axis::Itself => vec![node],
            Axis::Parent => self.tree.parent(node).into_iter().collect(),
            Axis::Descendants => {
                let mut found = vec![node];
                self.tree.descendants(node, &mut found);
                found
            }
        }
    }

    fn passes(&self, node: NodeId, step: &Step) -> bool {
        let kind = self.tree.kind(node);
        match &step.test {
            Test::Node => true,
            Test::Text => kind == Kind::Text,
            Test::Comment => kind == Kind::Comment,
            Test::Instruction => kind == Kind::Instruction,
            Test::Any => matches!(kind, Kind::Element | Kind::Attribute),
            Test::Name(prefix, local) => {
                let name = self.tree.name(node);
                let named = matches!(kind, Kind::Element | Kind::Attribute);
                let space = match prefix.as_str() {
                    "*" => true,
                    "" if step.axis == Axis::Attribute => name.space.is_empty(),
                    prefix => match self.spaces.iter().rev().find(|(known, _)| known == prefix) {
                        Some((_, space)) => name.space == *space,
                        None if prefix.is_empty() => name.space.is_empty(),
                        None => name.prefix == *prefix,
                    },
                };
                named && space && (local == "*" || name.local == *local)
            }
        }
    }

    /// The items for which a predicate holds; a number holds at its place.
    fn kept(&self, items: Vec<Item>, predicate: &Expression) -> Result<Vec<Item>, SqlError> {
        let last = items.len();
        let mut kept = Vec::new();
        for (at, item) in items.into_iter().enumerate() {
            let node = if let Item::Node(node) = item { node } else { Tree::ROOT };
            let focus = Focus { node, position: at + 1, last };
            let holds = match self.items(predicate, focus)?.as_slice() {
                [Item::Number(number)] => *number == focus.position as f64,
                items => effective(items),
            };
            if holds {
                kept.push(item);
            }
        }
        Ok(kept)
    }

    fn is_true(&self, expression: &Expression, focus: Focus) -> Result<bool, SqlError> {
        Ok(effective(&self.items(expression, focus)?))
    }

    fn number(&self, expression: &Expression, focus: Focus) -> Result<Option<f64>, SqlError> {
        let items = self.items(expression, focus)?;
        Ok(items.first().map(|item| number_of(&text_of(self.tree, item)).unwrap_or(f64::NAN)))
    }

    fn text(&self, arguments: &[Expression], at: usize, focus: Focus) -> Result<String, SqlError> {
        let items = match arguments.get(at) {
            Some(argument) => self.items(argument, focus)?,
            None => vec![Item::Node(focus.node)],
        };
        Ok(items.first().map(|item| text_of(self.tree, item)).unwrap_or_default())
    }

    fn compare(&self, left: &Item, operator: Compare, right: &Item) -> bool {
        let numeric = matches!(left, Item::Number(_)) || matches!(right, Item::Number(_));
        let (left, right) = (text_of(self.tree, left), text_of(self.tree, right));
        let order = match numeric {
            true => number_of(&left).zip(number_of(&right)).and_then(|(a, b)| a.partial_cmp(&b)),
            false => Some(left.cmp(&right)),
        };
        order.is_some_and(|order| match operator {
            Compare::Equal => order == Ordering::Equal,
            Compare::NotEqual => order != Ordering::Equal,
            Compare::Less => order == Ordering::Less,
            Compare::LessOrEqual => order != Ordering::Greater,
            Compare::Greater => order == Ordering::Greater,
            Compare::GreaterOrEqual => order != Ordering::Less,
        })
    }

    fn call(
        &self,
        function: Function,
        arguments: &[Expression],
        focus: Focus,
    ) -> Result<Vec<Item>, SqlError> {
        let text = |at: usize| self.text(arguments, at, focus);
        let first = || match arguments.first() {
            Some(argument) => self.items(argument, focus),
            None => Ok(vec![Item::Node(focus.node)]),
        };
        let item = match function {
            Function::Count => Item::Number(first()?.len() as f64),
            Function::Sum | Function::Min | Function::Max | Function::Avg => {
                return Ok(self.fold(function, &first()?));
            }
            Function::LocalName | Function::Name | Function::NamespaceUri => {
                let items = first()?;
                let Some(Item::Node(node)) = items.first() else {
                    return Ok(vec![Item::Text(String::new())]);
                };
                let name = self.tree.name(*node);
                Item::Text(if function == Function::LocalName {
                    name.local.clone()
                } else if function == Function::Name {
                    name.shown()
                } else {
                    name.space.clone()
                })
            }
            Function::String => Item::Text(text(0)?),
            Function::Data => {
                let items = first()?;
                return Ok(items.iter().map(|item| Item::Text(text_of(self.tree, item))).collect());
            }
            Function::Number => Item::Number(number_of(&text(0)?).unwrap_or(f64::NAN)),
            Function::Contains => Item::Bool(text(0)?.contains(&text(1)?)),
            Function::Concat => {
                let parts = (0..arguments.len()).map(text);
                Item::Text(parts.collect::<Result<String, _>>()?)
            }
            Function::Substring => {
                let from = number_of(&text(1)?).unwrap_or(f64::NAN);
                let end = match arguments.len() {
                    2 => f64::INFINITY,
                    _ => from + number_of(&text(2)?).unwrap_or(f64::NAN),
                };
                let inside = |(at, _): &(usize, char)| {
                    let place = (*at + 1) as f64;
                    from.round() <= place && place < end.round()
                };
                Item::Text(text(0)?.chars().enumerate().filter(inside).map(|(_, c)| c).collect())
            }
            Function::StringLength => Item::Number(text(0)?.encode_utf16().count() as f64),
            Function::Not => Item::Bool(!effective(&first()?)),
            Function::Empty => Item::Bool(first()?.is_empty()),
            Function::True => Item::Bool(true),
            Function::False => Item::Bool(false),
            Function::Last => Item::Number(focus.last as f64),
            Function::Position => Item::Number(focus.position as f64),
            Function::UpperCase => Item::Text(text(0)?.to_uppercase()),
            Function::LowerCase => Item::Text(text(0)?.to_lowercase()),
        };
        Ok(vec![item])
    }

    fn fold(&self, function: Function, items: &[Item]) -> Vec<Item> {
        let numbers = items.iter().map(|item| number_of(&text_of(self.tree, item)));
        let numbers: Vec<f64> = numbers.map(|number| number.unwrap_or(f64::NAN)).collect();
        if numbers.is_empty() && function != Function::Sum {
            return Vec::new();
        }
        let sum = numbers.iter().sum::<f64>();
        vec![Item::Number(if function == Function::Min {
            numbers.iter().copied().fold(f64::INFINITY, f64::min)
        } else if function == Function::Max {
            numbers.iter().copied().fold(f64::NEG_INFINITY, f64::max)
        } else if function == Function::Avg {
            sum / numbers.len() as f64
        } else {
            sum
        })]
    }
}

fn nodes_of(items: Vec<Item>) -> Result<Vec<NodeId>, SqlError> {
    let node = |item| match item {
        Item::Node(node) => Ok(node),
        Item::Text(_) | Item::Number(_) | Item::Bool(_) => {
            Err(SqlError::new(2370, 16, 1, "XQuery: a step needs nodes to start from"))
        }
    };
    items.into_iter().map(node).collect()
}

/// The truth of items: there is a node, or one value that is true, not 0 and not empty.
fn effective(items: &[Item]) -> bool {
    match items {
        [] => false,
        [Item::Bool(bool)] => *bool,
        [Item::Number(number)] => *number != 0.0 && !number.is_nan(),
        [Item::Text(text)] => !text.is_empty(),
        _ => true,
    }
}

fn number_of(text: &str) -> Option<f64> {
    text.trim().parse().ok()
}
