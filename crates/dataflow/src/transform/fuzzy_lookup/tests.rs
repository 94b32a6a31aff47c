use insta::assert_snapshot;
use package::{Component, ComponentClass};

use crate::source::database::tests::{File, on_db};
use crate::testing::{self, Rig, property};

const CUSTOMERS: &str = "CREATE TABLE [Customers Clean] (id INTEGER, name TEXT, city TEXT);
    INSERT INTO [Customers Clean] VALUES
        (1, 'Maria Anders', 'Berlin'), (2, 'Ana Trujillo', 'México D.F.'),
        (3, 'Antonio Moreno', 'México D.F.'), (4, 'Thomas Hardy', 'London'),
        (5, 'Hanna Moos', 'Mannheim'), (6, 'Christina Berglund', 'Luleå'),
        (7, NULL, 'London'), (8, 'Maria Larsson', 'Bräcke');";

const ROWS: &str = "1|Maria Anders|Berlin\n2|Mria Andres|Berlin\n3|ANTONIO MORENO|mexico d.f.\n4|Moos, Hanna|Manheim\n5|Zzyzx Qqq|Nowhere\n6|NULL|London\n7|NULL|NULL\n8|Tomas Hardi|London";

/// Joins the reference columns `name` and `city`, which are compared with `flags`.
fn find(properties: &[(&str, &str)]) -> Component {
    let table = [("ReferenceTableName", "[Customers Clean]")];
    let properties: Vec<_> = table.iter().chain(properties).copied().collect();
    let mut find = on_db(ComponentClass::FuzzyLookup, "Find", &properties);
    let mut input = testing::input("Find", "In", &["Src.id", "Src.name", "Src.city"]);
    for column in &mut input.columns[1..] {
        column.properties.push(property("JoinToReferenceColumn", &column.name));
        column.properties.push(property("JoinType", "2"));
        column.properties.push(property("FuzzyComparisonFlags", "3"));
        column.properties.push(property("FuzzyComparisonFlagsEx", "0"));
    }
    find.inputs.push(input);
    let columns = "id i4, key i4, clean wstr:30, _Similarity r4, _Confidence r4, _Similarity_name r4, _Similarity_city r4";
    let mut output = testing::output("Find", "Out", columns);
    let settings: [&[(&str, &str)]; 7] = [
        &[("SourceInputColumnLineageID", "#{Src.id}"), ("ColumnType", "0")],
        &[("CopyFromReferenceColumn", "id"), ("SourceInputColumnLineageID", "")],
        &[("CopyFromReferenceColumn", "Name")],
        &[("ColumnType", "1")],
        &[("ColumnType", "2")],
        &[("ColumnType", "3"), ("SourceInputColumnLineageID", "#{Src.name}")],
        &[("ColumnType", "3"), ("SourceInputColumnLineageID", "#{Src.city}")],
    ];
    for (column, settings) in output.columns.iter_mut().zip(settings) {
        column.properties.extend(settings.iter().map(|(name, text)| property(name, text)));
    }
    find.outputs.push(output);
    find
}

fn rig(file: &File, find: Component) -> Rig {
    let mut rig = Rig::new();
    file.connect(&mut rig);
    rig.source("Src", "id i4, name wstr:30, city wstr:20", ROWS).add(find);
    let columns = [
        "id",
        "key",
        "clean",
        "_Similarity",
        "_Confidence",
        "_Similarity_name",
        "_Similarity_city",
    ];
    let columns = columns.map(|column| format!("Find.{column}"));
    rig.sink("Sink", &columns.each_ref().map(String::as_str));
    rig.path("Src.Out", "Find.In").path("Find.Out", "Sink.In");
    rig
}

/// The rows that leave.
fn rows(properties: &[(&str, &str)]) -> String {
    let outcome = rig(&File::new(CUSTOMERS), find(properties)).run();
    assert!(outcome.result.is_ok(), "{}", outcome.messages());
    outcome.rows("Sink")
}

#[test]
fn each_row_gets_the_reference_row_that_is_most_like_it_at_every_batch_size() {
    let file = File::new(CUSTOMERS);
    let expected = rows(&[("MinSimilarity", "0.5")]);
    for batch_rows in [1, 7, 1024, 65_536] {
        let outcome = rig(&file, find(&[("MinSimilarity", "0.5")])).batch_rows(batch_rows).run();
        assert_eq!(outcome.rows("Sink"), expected, "{}", outcome.messages());
    }
    assert_snapshot!(expected, @r"
    1|1|Maria Anders|1|1|1|1
    2|1|Maria Anders|0.8818755|1|0.8178745|1
    3|3|Antonio Moreno|1|0.9999273|1|1
    4|5|Hanna Moos|0.9261401|1|0.95|0.875
    5|NULL|NULL|0|0|0|0
    6|7|NULL|1|1|1|1
    7|NULL|NULL|0|0|0|0
    8|4|Thomas Hardy|0.866185|1|0.8166667|1
    ");
}

#[test]
fn several_matches_come_the_best_first_and_share_the_confidence() {
    let file = File::new(
        "CREATE TABLE [Customers Clean] (id INTEGER, name TEXT, city TEXT);
         INSERT INTO [Customers Clean] VALUES (1, 'Chapter 1', 'x'), (2, 'Chapter 2', 'x'),
            (3, 'Chapter 3', 'x'), (4, 'Saint', 'y'), (5, 'St', 'y'), (6, 'St', 'y')",
    );
    let run = |rows: &str, most: &str| {
        let mut rig = rig(&file, find(&[("MaxOutputMatchesPerInput", most)]));
        let mut again = Rig::new();
        std::mem::swap(&mut rig.world, &mut again.world);
        again.source("Src", "id i4, name wstr:30, city wstr:20", rows);
        for component in rig.pipeline.components.drain(1..) {
            again.add(component);
        }
        again.path("Src.Out", "Find.In").path("Find.Out", "Sink.In");
        let outcome = again.run();
        let columns = |row: &str| row.split('|').take(5).collect::<Vec<_>>().join("|");
        outcome.rows("Sink").lines().map(columns).collect::<Vec<_>>().join("\n")
    };
    assert_snapshot!(run("1|Chapter 4|x\n2|Saint|y", "9"), @r"
    1|1|Chapter 1|0.5457734|0.3333333
    1|2|Chapter 2|0.5457734|0.3333333
    1|3|Chapter 3|0.5457734|0.3333333
    2|4|Saint|1|0.9999883
    2|5|St|0.3973691|5.829213E-06
    2|6|St|0.3973691|5.829213E-06
    ");
    assert_snapshot!(run("1|Chapter 4|x\n2|Saint|y", "1"), @r"
    1|1|Chapter 1|0.5457734|0.3333333
    2|4|Saint|1|0.9999883
    ");
    assert_snapshot!(run("1|Chapter 4|x\n2|St|y", "0"), @r"
    1|NULL|NULL|0|0
    2|NULL|NULL|0|0
    ");
}

#[test]
fn exact_joins_must_be_equal_and_null_is_equal_to_null() {
    let mut find = find(&[("MaxOutputMatchesPerInput", "3")]);
    find.inputs[0].columns[2].properties[1] = property("JoinType", "1");
    find.outputs[0].columns.truncate(6);
    let file = File::new(CUSTOMERS);
    let mut rig = rig(&file, find);
    rig.pipeline.components[2].inputs[0].columns.truncate(6);
    let outcome = rig.run();
    assert!(outcome.result.is_ok(), "{}", outcome.messages());
    assert_snapshot!(outcome.rows("Sink"), @r"
    1|1|Maria Anders|1|1|1
    2|1|Maria Anders|0.8178745|1|0.8178745
    3|3|Antonio Moreno|1|1|1
    4|NULL|NULL|0|0|0
    5|NULL|NULL|0|0|0
    6|NULL|NULL|0|0|0
    7|NULL|NULL|0|0|0
    8|4|Thomas Hardy|0.8166667|1|0.8166667
    ");
}

#[test]
fn thresholds_hold_for_rows_and_for_columns() {
    let keys = |properties: &[(&str, &str)], column: &str| {
        let mut find = find(properties);
        find.inputs[0].columns[2].properties.push(property("MinSimilarity", column));
        let outcome = rig(&File::new(CUSTOMERS), find).run();
        let rows = outcome.rows("Sink");
        let keys = rows.lines().map(|row| row.split('|').nth(1).unwrap().to_owned());
        keys.collect::<Vec<_>>().join(" ")
    };
    assert_eq!(keys(&[], "0"), "1 1 3 5 NULL 7 NULL 4");
    assert_eq!(keys(&[("MinSimilarity", "0.9")], "0"), "1 NULL 3 5 NULL 7 NULL NULL");
    assert_eq!(keys(&[("MinSimilarity", "1")], "0"), "1 NULL 3 NULL NULL 7 NULL NULL");
    assert_eq!(keys(&[], "0.95"), "1 1 3 NULL NULL 7 NULL 4");
}

#[test]
fn an_index_that_should_be_stored_is_made_anew_and_said_to_be() {
    let file = File::new(CUSTOMERS);
    for option in ["0", "2", "3"] {
        let options = [("MatchIndexOptions", option), ("MatchIndexName", "[dbo].[Index]")];
        let outcome = rig(&file, find(&options)).run();
        assert_eq!(outcome.rows("Sink").lines().count(), 8);
        let said = outcome.events().iter().any(|event| {
            matches!(event, crate::DataFlowEvent::Information { message, .. }
                if message.text.contains("kept for this run only"))
        });
        assert!(said, "{option}");
    }
}

#[test]
fn a_reference_beyond_the_budget_fails_by_name() {
    let file = File::new(
        "CREATE TABLE [Customers Clean] (id INTEGER, name TEXT, city TEXT);
         WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 4000)
         INSERT INTO [Customers Clean] SELECT i, 'customer number ' || i, 'city' || i FROM n",
    );
    let errors = rig(&file, find(&[("MaxMemoryUsage", "1")])).run().errors();
    assert!(errors.starts_with("E C020835C Find"), "{errors}");
    assert!(errors.contains("more than the 1 MB that its property MaxMemoryUsage"), "{errors}");
    let mut small = rig(&file, find(&[]));
    small.world.settings.memory_budget = 100_000;
    let errors = small.run().errors();
    assert!(errors.contains("budget of 100000 bytes"), "{errors}");
}

#[test]
fn settings_that_make_no_sense_are_refused_with_their_codes() {
    let file = File::new(CUSTOMERS);
    let refused = |change: &dyn Fn(&mut Component)| {
        let mut find = find(&[]);
        change(&mut find);
        rig(&file, find).run().errors().lines().next().unwrap_or_default().to_owned()
    };
    let set = |component: &mut Component, name: &str, text: &str| {
        component.properties.retain(|property| property.name != name);
        component.properties.push(property(name, text));
    };
    let all = [
        refused(&|c| set(c, "ReferenceTableName", "")),
        refused(&|c| set(c, "ReferenceTableName", "Nobody")),
        refused(&|c| set(c, "MinSimilarity", "1.5")),
        refused(&|c| set(c, "MaxMemoryUsage", "-1")),
        refused(&|c| set(c, "MatchIndexOptions", "4")),
        refused(&|c| {
            c.inputs[0].columns[1].properties[0] = property("JoinToReferenceColumn", "Nam")
        }),
        refused(&|c| c.inputs[0].columns[1].properties[1] = property("JoinType", "3")),
        refused(&|c| {
            c.inputs[0].columns[0].properties.push(property("JoinToReferenceColumn", "id"))
        }),
        refused(&|c| c.inputs[0].columns.iter_mut().for_each(|column| column.properties.clear())),
        refused(&|c| c.outputs[0].columns[0].properties.clear()),
        refused(&|c| c.outputs[0].columns[0].data_type = model::DataType::I8),
        refused(&|c| c.outputs[0].columns[3].data_type = model::DataType::I8),
        refused(&|c| c.outputs[0].columns[2].data_type = model::DataType::WStr { length: 5 }),
        refused(&|c| c.connections.clear()),
    ];
    assert_snapshot!(all.join("\n"), @r#"
    E C0202021 Find [7]: "Find" has an incorrect value for the custom property "ReferenceTableName": "".
    E C0202009 Find [7]: SSIS Error Code DTS_E_OLEDBERROR.  An OLE DB error has occurred. Error code: 0x80040E37.
    E C0208309 Find [7]: The MinSimilarity of "Find" is "1.5"; it must be a number from 0 to 1.
    E C0202021 Find [7]: "Find" has an incorrect value for the custom property "MaxMemoryUsage": "-1".
    E C0202021 Find [7]: "Find" has an incorrect value for the custom property "MatchIndexOptions": "4".
    E C020830F Find [7]: The reference column "Nam" was not found in [Customers Clean].
    E C0202021 Find [7]: "Find" has an incorrect value for the custom property "JoinType": "3".
    E C020832A Find [7]: "Find.Inputs[In].Columns[id]" has the type DT_I4, which cannot be compared fuzzily.
    E C0208305 Find [7]: "Find" joins no input column.
    E C0208311 Find [7]: "Find.Outputs[Out].Columns[id]" is neither passed through nor copied from the reference table.
    E C020830E Find [7]: "Find.Outputs[Out].Columns[id]" (DT_I8) does not have the type of its input column (DT_I4).
    E C020832A Find [7]: "Find.Outputs[Out].Columns[_Similarity]" has the type DT_I8; scores are DT_R4.
    E C020830D Find [7]: A value of the reference column "Name" does not fit into its output column of type DT_WSTR,5.
    E C020801B Find [7]: The runtime connection manager with the ID "" cannot be found. The connection "" of "Find" refers to it.
    "#);
}

/// A Fuzzy Lookup as designers save it: texts escaped, empty properties without a value.
const SAVED: &str = r##"<?xml version="1.0"?>
<DTS:Executable xmlns:DTS="www.microsoft.com/SqlServer/Dts" DTS:refId="Package" DTS:CreationName="Microsoft.Package" DTS:DTSID="{7A0E0B3C-5C0B-4E0B-9A51-3F5D8F0C2A11}" DTS:ExecutableType="Microsoft.Package" DTS:ObjectName="Package">
  <DTS:Property DTS:Name="PackageFormatVersion">8</DTS:Property>
  <DTS:Executables>
    <DTS:Executable DTS:refId="Package\Flow" DTS:CreationName="Microsoft.Pipeline" DTS:DTSID="{7A0E0B3C-5C0B-4E0B-9A51-3F5D8F0C2A12}" DTS:ExecutableType="Microsoft.Pipeline" DTS:ObjectName="Flow">
      <DTS:ObjectData>
        <pipeline version="1">
          <components>
            <component refId="Package\Flow\Find" componentClassID="Microsoft.FuzzyLookup" name="Find" version="5">
              <properties>
                <property dataType="System.Int32" name="MatchIndexOptions" typeConverter="tcMatchIndexOptions">1</property>
                <property dataType="System.Null" expressionType="Notify" name="MaxMemoryUsage" />
                <property dataType="System.Null" name="MatchIndexName" state="escaped" />
                <property dataType="System.String" name="ReferenceTableName" state="escaped">_x005B_Customers_x0020_Clean_x005D_</property>
                <property dataType="System.UInt32" name="MaxOutputMatchesPerInput">1</property>
                <property dataType="System.Single" name="MinSimilarity">0.5</property>
                <property dataType="System.String" name="Delimiters" state="escaped">_x0020__x002C_.-</property>
                <property dataType="System.Boolean" name="Exhaustive">false</property>
                <property dataType="System.Boolean" name="WarmCaches">true</property>
              </properties>
              <connections>
                <connection refId="Package\Flow\Find.Connections[OleDbConnection]" connectionManagerID="DB" connectionManagerRefId="DB" name="OleDbConnection" />
              </connections>
              <inputs>
                <input refId="Find.Inputs[In]" name="In">
                  <inputColumns>
                    <inputColumn refId="Find.Inputs[In].Columns[id]" cachedDataType="i4" cachedName="id" lineageId="Src.id">
                      <properties>
                        <property dataType="System.Null" name="JoinToReferenceColumn" state="escaped" />
                        <property dataType="System.Int32" name="JoinType" typeConverter="tcJoinType">2</property>
                        <property dataType="System.UInt32" name="FuzzyComparisonFlags">1</property>
                      </properties>
                    </inputColumn>
                    <inputColumn refId="Find.Inputs[In].Columns[name]" cachedDataType="wstr" cachedLength="30" cachedName="name" lineageId="Src.name">
                      <properties>
                        <property dataType="System.String" name="JoinToReferenceColumn" state="escaped">name</property>
                        <property dataType="System.Int32" name="JoinType" typeConverter="tcJoinType">2</property>
                        <property dataType="System.Single" name="MinSimilarity">0</property>
                        <property dataType="System.Int32" name="FuzzyComparisonFlags" typeConverter="tcComparisonFlags">1</property>
                        <property dataType="System.UInt32" name="FuzzyComparisonFlagsEx" typeConverter="tcComparisonFlagsEx">0</property>
                      </properties>
                    </inputColumn>
                  </inputColumns>
                  <externalMetadataColumns />
                </input>
              </inputs>
              <outputs>
                <output refId="Find.Outputs[Out]" name="Out">
                  <outputColumns>
                    <outputColumn refId="Find.Outputs[Out].Columns[id]" dataType="i4" lineageId="Find.id" name="id">
                      <properties>
                        <property dataType="System.Null" name="CopyFromReferenceColumn" state="escaped" />
                        <property containsID="true" dataType="System.Int32" name="SourceInputColumnLineageID">#{Src.id}</property>
                        <property dataType="System.Int32" name="ColumnType" typeConverter="tcColumnType">0</property>
                      </properties>
                    </outputColumn>
                    <outputColumn refId="Find.Outputs[Out].Columns[key]" dataType="i4" lineageId="Find.key" name="key">
                      <properties>
                        <property dataType="System.String" name="CopyFromReferenceColumn" state="escaped">id</property>
                        <property dataType="System.Null" name="SourceInputColumnLineageID" />
                        <property dataType="System.Int32" name="ColumnType" typeConverter="tcColumnType">0</property>
                      </properties>
                    </outputColumn>
                    <outputColumn refId="Find.Outputs[Out].Columns[_Similarity]" dataType="r4" lineageId="Find._Similarity" name="_Similarity">
                      <properties>
                        <property dataType="System.Int32" name="ColumnType" typeConverter="tcColumnType">1</property>
                      </properties>
                    </outputColumn>
                  </outputColumns>
                  <externalMetadataColumns />
                </output>
              </outputs>
            </component>
          </components>
        </pipeline>
      </DTS:ObjectData>
    </DTS:Executable>
  </DTS:Executables>
</DTS:Executable>
"##;

#[test]
fn a_component_as_designers_save_it_runs() {
    let options = package::ReadOptions::default();
    let (package, _) =
        package::Package::from_bytes("Saved.dtsx", SAVED.as_bytes(), &options).unwrap();
    let task = package.executables().into_iter().find_map(|task| match task.task() {
        Some(package::TaskKind::DataFlow(pipeline)) => Some(pipeline.clone()),
        Some(_) | None => None,
    });
    let pipeline = task.unwrap();
    assert_eq!(crate::check(&pipeline), []);
    let file = File::new(CUSTOMERS);
    let mut rig = Rig::new();
    file.connect(&mut rig);
    rig.source("Src", "id i4, name wstr:30", "1|anders-maria\n2|Tomas.Hardy\n3|Nobody");
    rig.add(pipeline.components[0].clone());
    rig.sink("Sink", &["Find.id", "Find.key", "Find._Similarity"]);
    rig.path("Src.Out", "Find.In").path("Find.Out", "Sink.In");
    let outcome = rig.run();
    assert_snapshot!(outcome.rows("Sink"), @r"
    1|1|0.95
    2|4|0.9170976
    3|NULL|0
    ");
}
