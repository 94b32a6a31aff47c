//! Pivot, Unpivot and Lookup against a plain model that goes row by row.

use std::collections::BTreeMap;
use std::sync::Arc;

use package::{
    CacheColumn, CacheFormat, ComponentClass, ComponentConnection, ConnectionKind, Disposition,
};
use proptest::prelude::*;

use super::{BATCH_ROWS, Row, cell, rows, source};
use crate::testing::{self, Rig};

/// Sets by `b`, columns for `a` = 0 and 1 with the text; rows that do not fit are redirected.
fn pivot(rows: &[Row]) -> Rig {
    let mut rig = Rig::new();
    source(&mut rig, rows);
    let mut pivot = testing::component(ComponentClass::Pivot, "Piv");
    let mut input = testing::input("Piv", "In", &["Src.b", "Src.a", "Src.s"]);
    for (column, usage) in input.columns.iter_mut().zip(["1", "2", "3"]) {
        column.properties.push(testing::property("PivotUsage", usage));
    }
    input.columns[1].dispositions = testing::dispose(Disposition::RedirectRow);
    pivot.inputs.push(input);
    let mut output = testing::output("Piv", "Out", "b i4, zero wstr:10, one wstr:10");
    let sources = [("Src.b", ""), ("Src.s", "0"), ("Src.s", "1")];
    for (column, (source, value)) in output.columns.iter_mut().zip(sources) {
        column.properties.push(testing::property("SourceColumn", source));
        column.properties.push(testing::property("PivotKeyValue", value));
    }
    pivot.outputs.push(output);
    pivot.outputs.push(testing::error_output("Piv", "In"));
    rig.add(pivot).path("Src.Out", "Piv.In");
    rig.sink("Sink", &["Piv.b", "Piv.zero", "Piv.one"]).path("Piv.Out", "Sink.In");
    rig.sink("Bad", &["Src.a", "Src.b", "Src.s"]).path("Piv.Error", "Bad.In");
    rig
}

/// What the Pivot does: rows, and rows with errors.
fn pivoted(rows: &[Row]) -> [Vec<String>; 2] {
    type Set = (Option<i32>, [Option<Option<String>>; 2]);
    let (mut sets, mut bad): (Vec<Set>, Vec<String>) = Default::default();
    for (a, b, s) in rows {
        let column = a.and_then(|a| usize::try_from(a).ok()).filter(|a| *a < 2);
        let same = sets.last().is_some_and(|set| set.0 == *b);
        if let Some(column) = column {
            if !same {
                sets.push((*b, [None, None]));
            }
            let slot = &mut sets.last_mut().unwrap().1[column];
            if slot.is_none() {
                *slot = Some(s.clone());
                continue;
            }
        }
        bad.push(format!("{}|{}|{}", cell(a.as_ref()), cell(b.as_ref()), cell(s.as_ref())));
    }
    let text = |slot: &Option<Option<String>>| cell(slot.clone().flatten().as_ref());
    let row =
        |(b, found): &Set| format!("{}|{}|{}", cell(b.as_ref()), text(&found[0]), text(&found[1]));
    [sets.iter().map(row).collect(), bad]
}

/// `a` and `b` to one column.
fn unpivot(rows: &[Row]) -> Rig {
    let mut rig = Rig::new();
    source(&mut rig, rows);
    let mut unpivot = testing::component(ComponentClass::Unpivot, "Unp");
    let mut input = testing::input("Unp", "In", &["Src.a", "Src.b", "Src.s"]);
    for (column, (to, value)) in
        input.columns.iter_mut().zip([("Unp.n", "A"), ("Unp.n", "B"), ("Unp.s", "")])
    {
        column.properties.push(testing::property("DestinationColumn", to));
        column.properties.push(testing::property("PivotKeyValue", value));
    }
    unpivot.inputs.push(input);
    let mut output = testing::output("Unp", "Out", "s wstr:10, key wstr:2, n i4");
    output.columns[1].properties.push(testing::property("PivotKey", "true"));
    unpivot.outputs.push(output);
    rig.add(unpivot).path("Src.Out", "Unp.In");
    rig.sink("Sink", &["Unp.s", "Unp.key", "Unp.n"]).path("Unp.Out", "Sink.In");
    rig
}

fn unpivoted(rows: &[Row]) -> Vec<String> {
    let mut all = Vec::new();
    for (a, b, s) in rows {
        let both = [("A", a), ("B", b)];
        let mut kept: Vec<_> = both.into_iter().filter(|(_, n)| n.is_some()).collect();
        if kept.is_empty() {
            kept.push(("B", &None));
        }
        for (key, n) in kept {
            all.push(format!("{}|{key}|{}", cell(s.as_ref()), cell(n.as_ref())));
        }
    }
    all
}

/// A cache with the key (`a`, `s`) and `b`; and what uses it.
fn cached(rig: &mut Rig, name: &str, class: ComponentClass) {
    let column = |name: &str, data_type: &str, index_position| CacheColumn {
        name: name.to_owned(),
        id: String::new(),
        data_type: testing::data_type(data_type),
        index_position,
        span: model::Span::default(),
    };
    let columns = vec![column("a", "i4", 1), column("b", "i4", 0), column("s", "wstr:10", 2)];
    let kind = ConnectionKind::Cache(CacheFormat { use_file: false, columns });
    rig.world.connections.push(Arc::new(testing::connection("Cache", kind, "")));
    let mut component = testing::component(class, name);
    component.connections.push(ComponentConnection {
        ref_id: String::new(),
        name: "CacheConnection".to_owned(),
        connection_manager: "Cache".to_owned(),
        span: model::Span::default(),
    });
    rig.add(component).path("Src.Out", &format!("{name}.In"));
}

fn fill(rows: &[Row]) -> Rig {
    let mut rig = Rig::new();
    source(&mut rig, rows);
    cached(&mut rig, "Fill", ComponentClass::CacheTransform);
    let mut input = testing::input("Fill", "In", &["Src.a", "Src.b", "Src.s"]);
    input.has_side_effects = true;
    for (column, name) in input.columns.iter_mut().zip(["a", "b", "s"]) {
        column.properties.push(testing::property("CacheColumnName", name));
    }
    rig.pipeline.components[1].inputs.push(input);
    let mut output = testing::output("Fill", "Out", "");
    output.synchronous_input = Some("Fill.Inputs[In]".to_owned());
    rig.pipeline.components[1].outputs.push(output);
    rig
}

fn look(rows: &[Row]) -> Rig {
    let mut rig = Rig::new();
    source(&mut rig, rows);
    cached(&mut rig, "Find", ComponentClass::Lookup);
    let find = &mut rig.pipeline.components[1];
    find.properties.push(testing::property("ConnectionType", "1"));
    find.properties.push(testing::property("NoMatchBehavior", "1"));
    let mut input = testing::input("Find", "In", &["Src.a", "Src.s"]);
    for (column, name) in input.columns.iter_mut().zip(["a", "s"]) {
        column.properties.push(testing::property("JoinToReferenceColumn", name));
    }
    find.inputs.push(input);
    for (name, columns) in [("Match", "got i4"), ("Miss", "")] {
        let mut output = testing::output("Find", name, columns);
        output.synchronous_input = Some("Find.Inputs[In]".to_owned());
        for column in &mut output.columns {
            column.properties.push(testing::property("CopyFromReferenceColumn", "b"));
        }
        find.outputs.push(output);
    }
    rig.sink("Found", &["Src.a", "Src.s", "Find.got"]).path("Find.Match", "Found.In");
    rig.sink("Missed", &["Src.a", "Src.s"]).path("Find.Miss", "Missed.In");
    rig
}

fn looked_up(reference: &[Row], rows: &[Row]) -> [Vec<String>; 2] {
    let mut first = BTreeMap::new();
    for (a, b, s) in reference {
        first.entry((a, s)).or_insert(b);
    }
    let (mut found, mut missed) = (Vec::new(), Vec::new());
    for (a, _, s) in rows {
        let key = format!("{}|{}", cell(a.as_ref()), cell(s.as_ref()));
        match first.get(&(a, s)) {
            Some(b) => found.push(format!("{key}|{}", cell(b.as_ref()))),
            None => missed.push(key),
        }
    }
    [found, missed]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn pivots_do_what_a_row_at_a_time_would_do_at_every_batch_size(rows in rows()) {
        let [good, bad] = pivoted(&rows);
        let unpivoted = unpivoted(&rows);
        for batch_rows in BATCH_ROWS {
            let outcome = pivot(&rows).batch_rows(batch_rows).run();
            prop_assert_eq!(outcome.rows("Sink"), good.join("\n"), "{}", batch_rows);
            prop_assert_eq!(outcome.rows("Bad"), bad.join("\n"), "{}", batch_rows);
            let outcome = unpivot(&rows).batch_rows(batch_rows).run();
            prop_assert_eq!(outcome.rows("Sink"), unpivoted.join("\n"), "{}", batch_rows);
        }
    }

    #[test]
    fn lookups_find_what_a_map_would_find_at_every_batch_size(reference in rows(), rows in rows()) {
        let [found, missed] = looked_up(&reference, &rows);
        for batch_rows in BATCH_ROWS {
            let mut filling = fill(&reference);
            prop_assert!(filling.batch_rows(batch_rows).run().result.is_ok());
            let mut looking = look(&rows);
            looking.world.caches = Arc::clone(&filling.world.caches);
            let outcome = looking.batch_rows(batch_rows).run();
            prop_assert_eq!(outcome.rows("Found"), found.join("\n"), "{}", batch_rows);
            prop_assert_eq!(outcome.rows("Missed"), missed.join("\n"), "{}", batch_rows);
        }
    }
}
