use std::sync::Arc;

use insta::assert_snapshot;
use package::{
    CacheColumn, CacheFormat, Component, ComponentClass, ComponentConnection, ConnectionKind,
    ConnectionManager, Disposition,
};

use crate::testing::{self, Outcome, Rig};

/// A Cache connection manager; columns as `name type index`.
fn manager(columns: &str, file: Option<&str>) -> Arc<ConnectionManager> {
    let column = |text: &str| {
        let parts: Vec<_> = text.trim().split(' ').collect();
        CacheColumn {
            name: parts[0].to_owned(),
            id: String::new(),
            data_type: testing::data_type(parts[1]),
            index_position: parts[2].parse().unwrap(),
            span: model::Span::default(),
        }
    };
    let columns = columns.split(',').map(column).collect();
    let kind = ConnectionKind::Cache(CacheFormat { use_file: file.is_some(), columns });
    Arc::new(testing::connection("Cache", kind, file.unwrap_or_default()))
}

const CACHE: &str = "code wstr:5 2, region i4 1, name wstr:9 0, rate numeric:5:2 0";

fn connect(component: &mut Component) {
    component.connections.push(ComponentConnection {
        ref_id: String::new(),
        name: "CacheConnection".to_owned(),
        connection_manager: "Cache".to_owned(),
        span: model::Span::default(),
    });
}

/// A data flow that fills the cache.
fn filling(rows: &str) -> Rig {
    let mut rig = Rig::new();
    rig.world.connections.push(manager(CACHE, None));
    rig.source("Ref", "code wstr:5, region i4, name wstr:9, rate numeric:5:2", rows);
    let mut cache = testing::component(ComponentClass::CacheTransform, "Fill");
    connect(&mut cache);
    let lineages = ["Ref.code", "Ref.region", "Ref.name", "Ref.rate"];
    let mut input = testing::input("Fill", "In", &lineages);
    input.has_side_effects = true;
    for (column, name) in input.columns.iter_mut().zip(["code", "region", "name", "rate"]) {
        column.properties.push(testing::property("CacheColumnName", name));
    }
    cache.inputs.push(input);
    let mut output = testing::output("Fill", "Cache Output", "");
    output.synchronous_input = Some("Fill.Inputs[In]".to_owned());
    cache.outputs.push(output);
    rig.add(cache).path("Ref.Out", "Fill.In");
    rig
}

const REFERENCE: &str = "a|1|first|1.5\nA|1|capital|2\na|1|again|9\na|2|second|3\nNULL|1|none|4\na |1|blank|5\nä|1|accent|6\nlong|1|long name|7";

const INPUT: &str = "1|1|a\n2|1|A\n3|2|a\n4|3|a\n5|1|NULL\n6|NULL|a\n7|1|a \n8|1|ä\n9|1|ａ";

/// A data flow that looks up `region` and `code`, and gets `name` and, in place of `old`, `rate`.
fn looking(rows: &str, no_match: &str, disposition: Disposition) -> Rig {
    let mut rig = Rig::new();
    rig.world.connections.push(manager(CACHE, None));
    let rows: Vec<_> = rows.lines().map(|row| format!("{row}|0")).collect();
    rig.source("Src", "id i4, region i4, code wstr:5, old numeric:5:2", &rows.join("\n"));
    let mut lookup = testing::component(ComponentClass::Lookup, "Find");
    connect(&mut lookup);
    lookup.properties.push(testing::property("ConnectionType", "1"));
    lookup.properties.push(testing::property("NoMatchBehavior", no_match));
    let mut input = testing::input("Find", "In", &["Src.region", "Src.code", "Src.old"]);
    let joins = [("JoinToReferenceColumn", "region"), ("JoinToReferenceColumn", "code")];
    for (column, join) in input.columns.iter_mut().zip(joins) {
        column.properties.push(testing::property(join.0, join.1));
    }
    input.columns[2].usage = package::ColumnUsage::ReadWrite;
    input.columns[2].properties.push(testing::property("CopyFromReferenceColumn", "rate"));
    lookup.inputs.push(input);
    for (name, columns) in [("Match", "name wstr:9"), ("Miss", "")] {
        let mut output = testing::output("Find", name, columns);
        output.synchronous_input = Some("Find.Inputs[In]".to_owned());
        output.exclusion_group = 1;
        output.dispositions = testing::dispose(disposition);
        for column in &mut output.columns {
            column.properties.push(testing::property("CopyFromReferenceColumn", "name"));
            column.dispositions = testing::dispose(disposition);
        }
        lookup.outputs.push(output);
    }
    lookup.outputs.push(testing::error_output("Find", "In"));
    rig.add(lookup).path("Src.Out", "Find.In");
    rig.sink("Found", &["Src.id", "Find.name", "Src.old"]).path("Find.Match", "Found.In");
    rig.sink("Missed", &["Src.id", "Src.old"]).path("Find.Miss", "Missed.In");
    rig.sink("Bad", &["Src.id", "Find.ErrorCode", "Find.ErrorColumn"]).path("Find.Error", "Bad.In");
    rig
}

/// Runs the second data flow after the first, as tasks of one package.
fn after(filling: &Rig, looking: &mut Rig) -> Outcome {
    let outcome = filling.run();
    assert!(outcome.result.is_ok(), "{}", outcome.messages());
    looking.world.caches = Arc::clone(&filling.world.caches);
    looking.run()
}

#[test]
fn rows_match_by_exact_values_and_null_by_null_at_every_batch_size() {
    for batch_rows in [1, 2, 7, 1024, 65_536] {
        let mut fill = filling(REFERENCE);
        fill.batch_rows(batch_rows);
        let mut look = looking(INPUT, "1", Disposition::FailComponent);
        look.batch_rows(batch_rows);
        let outcome = after(&fill, &mut look);
        assert_eq!(
            outcome.rows("Found"),
            "1|first|1.50\n2|capital|2.00\n3|second|3.00\n5|none|4.00\n7|blank|5.00\n8|accent|6.00",
            "{}",
            outcome.messages()
        );
        assert_eq!(outcome.rows("Missed"), "4|0.00\n6|0.00\n9|0.00");
    }
}

#[test]
fn a_miss_fails_is_ignored_or_redirected() {
    let fill = filling(REFERENCE);
    let mut failing = looking(INPUT, "0", Disposition::FailComponent);
    assert_snapshot!(after(&fill, &mut failing).errors().lines().take(2).collect::<Vec<_>>().join("\n"), @r#"
    E C020901E Find [8]: Row yielded no match during lookup.
    E C0209029 Find [8]: SSIS Error Code DTS_E_INDUCEDTRANSFORMFAILUREONERROR. The "Find" failed because error code 0xC020901E occurred, and the error row disposition on "Find.Outputs[Match]" specifies failure on error.
    "#);
    for batch_rows in [1, 5, 1024] {
        let fill = filling(REFERENCE);
        let mut ignoring = looking("1|1|a\n4|3|a", "0", Disposition::IgnoreFailure);
        ignoring.batch_rows(batch_rows);
        assert_eq!(after(&fill, &mut ignoring).rows("Found"), "1|first|1.50\n4|NULL|NULL");
        let fill = filling(REFERENCE);
        let mut redirecting = looking("1|1|a\n4|3|a\n6|NULL|a", "0", Disposition::RedirectRow);
        redirecting.batch_rows(batch_rows);
        let outcome = after(&fill, &mut redirecting);
        assert_eq!(outcome.rows("Found"), "1|first|1.50");
        assert_eq!(outcome.rows("Bad"), "4|-1071607778|0\n6|-1071607778|0");
    }
}

#[test]
fn text_that_does_not_fit_the_copy_is_a_truncation() {
    let shorten = |disposition| {
        let fill = filling(REFERENCE);
        let mut look = looking("1|1|a\n2|1|long", "1", disposition);
        look.pipeline.components[1].outputs[0].columns[0].data_type = testing::data_type("wstr:5");
        after(&fill, &mut look)
    };
    assert_eq!(shorten(Disposition::IgnoreFailure).rows("Found"), "1|first|1.50\n2|long |7.00");
    let redirected = shorten(Disposition::RedirectRow);
    assert_eq!(redirected.rows("Found"), "1|first|1.50");
    assert!(redirected.rows("Bad").starts_with("2|"));
    assert!(shorten(Disposition::FailComponent).errors().starts_with("E C020902A"));
}

#[test]
fn duplicates_warn_once_or_fail() {
    let outcome = filling(REFERENCE).run();
    let warnings = outcome.messages();
    assert_eq!(warnings.lines().filter(|line| line.starts_with("W 802090E4 Fill")).count(), 1);
    let mut strict = filling(REFERENCE);
    let flag = testing::property("TreatDuplicateKeysAsError", "true");
    strict.pipeline.components[1].properties.push(flag);
    assert!(strict.run().messages().contains("E 802090E4 Fill"));
}

#[test]
fn a_cache_is_written_once_and_read_only_when_it_is_full() {
    let fill = filling(REFERENCE);
    let mut look = looking("1|1|a", "1", Disposition::FailComponent);
    let early = look.run().errors();
    assert!(early.starts_with("E C0010203 Find"), "{early}");
    assert_eq!(after(&fill, &mut look).rows("Found"), "1|first|1.50");
    let again = fill.run().errors();
    assert!(again.starts_with("E C0010200 Fill"), "{again}");
    // A failed data flow leaves no cache behind, and the next may write it.
    let mut small = filling(REFERENCE);
    small.world.settings.memory_budget = 10;
    assert!(small.run().messages().contains("E C0047012"));
    small.world.settings.memory_budget = 1 << 20;
    assert!(small.run().result.is_ok());
}

#[test]
fn a_cache_in_a_file_is_there_for_a_later_package() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("names.caw");
    let with_file = |mut rig: Rig| {
        rig.world.connections = vec![manager(CACHE, path.to_str())];
        rig
    };
    let missing = with_file(looking("1|1|a", "1", Disposition::FailComponent)).run().errors();
    assert!(missing.starts_with("E C020930C Find"), "{missing}");
    assert!(with_file(filling(REFERENCE)).run().result.is_ok());
    let later = with_file(looking(INPUT, "1", Disposition::FailComponent)).run();
    assert_eq!(later.rows("Found").lines().count(), 6, "{}", later.messages());
    let mut other = with_file(looking(INPUT, "1", Disposition::FailComponent));
    other.world.connections = vec![manager(&CACHE.replace("wstr:9", "wstr:10"), path.to_str())];
    assert!(other.run().errors().starts_with("E C020930C Find"));
    std::fs::write(&path, b"a cache of another program, as it were").unwrap();
    let foreign = with_file(looking(INPUT, "1", Disposition::FailComponent)).run().errors();
    assert!(foreign.starts_with("E C00F9310 Find"), "{foreign}");
}

#[test]
fn joins_and_copies_that_make_no_sense_are_refused_with_their_codes() {
    let refused = |change: &dyn Fn(&mut Component)| {
        let mut rig = looking(INPUT, "1", Disposition::FailComponent);
        change(&mut rig.pipeline.components[1]);
        rig.run().errors().lines().next().unwrap_or_default().to_owned()
    };
    let set = |component: &mut Component, column: usize, name: &str, text: &str| {
        component.inputs[0].columns[column].properties = vec![testing::property(name, text)];
    };
    let join = "JoinToReferenceColumn";
    let all = [
        refused(&|c| set(c, 0, join, "nothing")),
        refused(&|c| set(c, 0, join, "rate")),
        refused(&|c| set(c, 0, join, "code")),
        refused(&|c| set(c, 2, join, "region")),
        refused(&|c| drop(c.inputs[0].columns.remove(0))),
        refused(&|c| c.inputs[0].columns.drain(..2).for_each(drop)),
        refused(&|c| set(c, 0, "x", "")),
        refused(&|c| c.outputs[0].columns[0].data_type = model::DataType::I4),
        refused(&|c| c.properties.push(testing::property("CacheType", "1"))),
        refused(&|c| c.connections.clear()),
    ];
    assert_snapshot!(all.join("\n"), @r#"
    E C0208235 Find [8]: The reference column "nothing" that "Find.Inputs[In].Columns[region]" names was not found.
    E C020930D Find [8]: "Find.Inputs[In].Columns[region]" is joined to the cache column "rate", which is not an index column.
    E C0208236 Find [8]: "Find.Inputs[In].Columns[region]" (DT_I4) and the reference column "code" (DT_WSTR,5) have incompatible data types.
    E C0208236 Find [8]: "Find.Inputs[In].Columns[old]" (DT_NUMERIC,5,2) and the reference column "region" (DT_I4) have incompatible data types.
    E C020903F Find [8]: The number of joined columns (1) of "Find" is not the number of index columns (2) of its cache.
    E C02090F1 Find [8]: "Find" joins no input column.
    E C0209319 Find [8]: "Find.Inputs[In].Columns[region]" is neither joined nor copied to.
    E C0208236 Find [8]: The reference column "name" (DT_WSTR,9) cannot be copied to a column of type DT_I4. Column: "Find.Outputs[Match].Columns[name]".
    E C0202021 Find [8]: "Find" has an incorrect value for the custom property "CacheType": "1".
    E C020801B Find [8]: The Cache connection manager "" of "Find" cannot be found.
    "#);
}

#[test]
fn cache_columns_that_make_no_sense_are_refused_with_their_codes() {
    let refused = |columns: &str| {
        let mut rig = filling(REFERENCE);
        rig.world.connections = vec![manager(columns, None)];
        rig.run().errors().lines().next().unwrap_or_default().to_owned()
    };
    let all = [
        refused("code wstr:5 0, region i4 0"),
        refused("code wstr:5 -1, region i4 1"),
        refused("code wstr:5 1, region i4 1"),
        refused("code wstr:5 1, region i4 3"),
        refused("code wstr:5 1, region i4 2, name wstr:9 0"),
        refused(&CACHE.replace("wstr:9", "wstr:8")),
        refused(&CACHE.replace("name wstr:9", "name i4")),
        refused(&format!("{CACHE}, more i4 0")),
    ];
    assert_snapshot!(all.join("\n"), @r#"
    E C0203112 Fill [8]: The cache "Cache" needs at least one index column.
    E C0203110 Fill [8]: The index position of the column "code" of the cache "Cache" is -1; it must not be negative.
    E C0203111 Fill [8]: The cache "Cache" has several columns with the index position 1.
    E C0203113 Fill [8]: The index positions of the cache "Cache" must be 1, 2 and so on without gaps.
    E C0209311 Fill [8]: The cache column "rate" of "Fill.Inputs[In].Columns[rate]" was not found.
    E C020930F Fill [8]: The length, precision, scale or code page of "Fill.Inputs[In].Columns[name]" (DT_WSTR,9) is not that of the cache column "name" (DT_WSTR,8).
    E C0209308 Fill [8]: The data type DT_WSTR,9 of "Fill.Inputs[In].Columns[name]" is not compatible with the data type DT_I4 of the cache column "name".
    E C0209309 Fill [8]: The number of input columns of "Fill" is not the number of columns of its cache.
    "#);
}
