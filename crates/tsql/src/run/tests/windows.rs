//! Window functions.

use proptest::prelude::*;

use super::*;
use crate::ast::FrameUnit;
use crate::function::Aggregate;

const ALL: WindowFrame =
    WindowFrame { unit: FrameUnit::Range, start: FrameEdge::Unbounded, end: FrameEdge::Unbounded };
const SO_FAR: WindowFrame =
    WindowFrame { unit: FrameUnit::Range, start: FrameEdge::Unbounded, end: FrameEdge::Offset(0) };

fn window(function: WindowFunction, arguments: Vec<Scalar>) -> WindowCall {
    WindowCall {
        function,
        arguments,
        partition: vec![(text_col(0), Collation::CI_AS)],
        order: vec![key(col(1), false)],
        frame: SO_FAR,
        ignore_nulls: false,
        result: SqlType::Int,
        collation: Collation::CI_AS,
    }
}

/// The last column, in the order of the rows.
fn column(rows: &str, call: WindowCall) -> Vec<String> {
    let width = lines(rows)[0].len();
    let node = Node::Window { input: Box::new(data(rows)), calls: vec![call] };
    let rows = result(node, width + 1).unwrap();
    rows.iter().map(|row| show(&row[width..])).collect()
}

const ROWS: &str = "a 1\na 2\na 2\na 4\nb 7";

#[test]
fn ranks_count_places_and_ties() {
    let of = |function| column(ROWS, window(function, vec![]));
    assert_eq!(of(WindowFunction::RowNumber), ["1", "2", "3", "4", "1"]);
    assert_eq!(of(WindowFunction::Rank), ["1", "2", "2", "4", "1"]);
    assert_eq!(of(WindowFunction::DenseRank), ["1", "2", "2", "3", "1"]);
    assert_eq!(of(WindowFunction::PercentRank)[..2], ["0", "0.333333"]);
    assert_eq!(of(WindowFunction::CumeDist), ["0.25", "0.75", "0.75", "1", "1"]);
}

#[test]
fn ntile_makes_the_first_groups_longer() {
    let rows = "a 1\na 2\na 3\na 4\na 5\na 6\na 7";
    assert_eq!(
        column(rows, window(WindowFunction::Ntile, vec![big(3)])),
        ["1", "1", "1", "2", "2", "3", "3"]
    );
    assert_eq!(column("a 1\na 2", window(WindowFunction::Ntile, vec![big(5)])), ["1", "2"]);
    let node = Node::Window {
        input: Box::new(data("a 1")),
        calls: vec![window(WindowFunction::Ntile, vec![big(0)])],
    };
    assert_eq!(result(node, 3).unwrap_err().number, 4116);
}

#[test]
fn rows_come_sorted_by_partition_and_order() {
    let node = Node::Window {
        input: Box::new(data("b 2\na 3\nb 1\na 1")),
        calls: vec![window(WindowFunction::RowNumber, vec![])],
    };
    assert_eq!(shown(node, 3), ["a 1 1", "a 3 2", "b 1 1", "b 2 2"]);
}

#[test]
fn lag_and_lead_look_sideways_and_have_a_default() {
    let rows = "a 1\na 2\na -\na 4";
    let sorted = "a -\na 1\na 2\na 4";
    let lag = |arguments| column(sorted, window(WindowFunction::Lag, arguments));
    assert_eq!(lag(vec![col(1)]), ["-", "-", "1", "2"]);
    assert_eq!(lag(vec![col(1), big(2), int(99)]), ["99", "99", "-", "1"]);
    assert_eq!(lag(vec![col(1), big(0)]), ["-", "1", "2", "4"]);
    assert_eq!(column(rows, window(WindowFunction::Lead, vec![col(1)])), ["1", "2", "4", "-"]);
    let mut skip = window(WindowFunction::Lag, vec![col(1)]);
    skip.ignore_nulls = true;
    assert_eq!(column("a -\na 1\na 2", skip), ["-", "-", "1"]);
    let node = Node::Window {
        input: Box::new(data("a 1")),
        calls: vec![window(WindowFunction::Lag, vec![col(1), big(-1)])],
    };
    assert_eq!(result(node, 3).unwrap_err().number, 8730);
}

#[test]
fn the_default_frame_ends_with_the_rows_that_equal_the_current_one() {
    let sum = window(WindowFunction::Aggregate(Aggregate::Sum), vec![col(1)]);
    assert_eq!(column(ROWS, sum.clone()), ["1", "5", "5", "9", "7"]);
    let rows = WindowFrame { unit: FrameUnit::Rows, ..SO_FAR };
    assert_eq!(column(ROWS, WindowCall { frame: rows, ..sum.clone() }), ["1", "3", "5", "9", "7"]);
    let whole = WindowCall { frame: ALL, order: vec![], ..sum };
    assert_eq!(column(ROWS, whole), ["9", "9", "9", "9", "7"]);
    let count = window(WindowFunction::Aggregate(Aggregate::Count), vec![]);
    assert_eq!(column(ROWS, count), ["1", "3", "3", "4", "1"]);
}

#[test]
fn first_and_last_value_follow_the_frame() {
    let first = window(WindowFunction::FirstValue, vec![col(1)]);
    let last = window(WindowFunction::LastValue, vec![col(1)]);
    assert_eq!(column(ROWS, first), ["1", "1", "1", "1", "7"]);
    assert_eq!(column(ROWS, last.clone()), ["1", "2", "2", "4", "7"]);
    assert_eq!(column(ROWS, WindowCall { frame: ALL, ..last }), ["4", "4", "4", "4", "7"]);
}

#[test]
fn percentiles_leave_null_out() {
    let of = |function, part| {
        let call = WindowCall {
            result: SqlType::Float,
            ..window(function, vec![constant(SqlValue::Float(part))])
        };
        column("a -\na 1\na 2\na 4\na 10", call).swap_remove(0)
    };
    assert_eq!(of(WindowFunction::PercentileCont, 0.5), "3");
    assert_eq!(of(WindowFunction::PercentileDisc, 0.5), "2");
    assert_eq!(of(WindowFunction::PercentileCont, 1.0), "10");
    assert_eq!(of(WindowFunction::PercentileDisc, 0.0), "1");
}

#[test]
fn calls_over_different_windows_stand_side_by_side() {
    let by_partition = window(WindowFunction::RowNumber, vec![]);
    let mut over_all = window(WindowFunction::RowNumber, vec![]);
    over_all.partition = vec![];
    over_all.order = vec![key(col(1), true)];
    let same = window(WindowFunction::Rank, vec![]);
    let node = Node::Window {
        input: Box::new(data("a 1\nb 2\na 3")),
        calls: vec![by_partition, same, over_all],
    };
    assert_eq!(shown(node, 5), ["a 3 2 2 1", "b 2 1 1 2", "a 1 1 1 3"]);
}

proptest! {
    #[test]
    fn a_frame_of_rows_is_what_a_slice_would_be(
        rows in proptest::collection::vec(proptest::option::of(-9..9i32), 1..30),
        start in proptest::option::of(-4..4i64),
        end in proptest::option::of(-4..4i64),
    ) {
        let edge = |by: Option<i64>| by.map_or(FrameEdge::Unbounded, FrameEdge::Offset);
        let frame = WindowFrame { unit: FrameUnit::Rows, start: edge(start), end: edge(end) };
        let count = rows.len() as i64;
        let wanted: Vec<SqlValue> = (0..count)
            .map(|row| {
                let from = start.map_or(0, |by| (row + by).clamp(0, count));
                let to = end.map_or(count, |by| (row + by + 1).clamp(0, count)).max(from);
                let inside: Vec<i32> = rows[from as usize..to as usize].iter().flatten().copied().collect();
                if inside.is_empty() { SqlValue::Null } else { SqlValue::Int(inside.iter().sum()) }
            })
            .collect();
        let call = WindowCall {
            frame,
            partition: vec![],
            order: vec![key(col(1), false)],
            ..window(WindowFunction::Aggregate(Aggregate::Sum), vec![col(0)])
        };
        let value = |n: Option<i32>| n.map_or(SqlValue::Null, SqlValue::Int);
        let input = (0..).zip(&rows).map(|(at, n)| vec![value(*n), SqlValue::Int(at)]).collect();
        let input = scan(Arc::new(Table::new(&[SqlType::Int, SqlType::Int], input)));
        let node = Node::Window { input: Box::new(input), calls: vec![call] };
        let got: Vec<SqlValue> = result(node, 3).unwrap().into_iter().map(|row| row[2].clone()).collect();
        prop_assert_eq!(got, wanted);
    }
}
