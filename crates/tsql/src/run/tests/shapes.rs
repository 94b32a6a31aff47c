//! FOR XML, FOR JSON, OPENJSON, xml methods.

use super::*;
use crate::ast::{Elements, ForJson, ForXml, JsonMode, XmlMode};

const PATH: fn(&str) -> XmlMode = |name| XmlMode::Path(Some(name.to_owned()));

fn options(mode: XmlMode) -> ForXml {
    ForXml { modes: vec![mode], elements: None, root: None, typed: false, binary_base64: false }
}

fn columns(names: &[&str]) -> Vec<Column> {
    names.iter().map(|name| Column::new(*name, SqlType::NVARCHAR_MAX)).collect()
}

/// `FOR XML` over rows of words, with these column names.
fn xml_of(rows: &str, names: &[&str], options: ForXml) -> Result<String, SqlError> {
    let tables = names.iter().map(|name| name.get(..1).map(str::to_owned)).collect();
    let node = ForXmlNode { input: data(rows), columns: columns(names), tables, options };
    let rows = result(Node::ForXml(Box::new(node)), 1)?;
    Ok(rows.first().map(|row| show(row)).unwrap_or_default())
}

#[test]
fn path_makes_elements_attributes_and_text() {
    let names = ["@id", "name", "a/b", "a/@late"];
    let error = xml_of("1 x y z", &names, options(PATH("row"))).unwrap_err();
    assert_eq!(error.number, 6852);
    let names = ["@id", "a/@x", "a/b", "a/c", "text()"];
    let xml = xml_of("1 2 3 4 <&>", &names, options(PATH("row"))).unwrap();
    assert_eq!(xml, "<row id=\"1\"><a x=\"2\"><b>3</b><c>4</c></a>&lt;&amp;&gt;</row>");
    let xml = xml_of("1 - 3 - -\n- - - - -", &names, options(PATH("r"))).unwrap();
    assert_eq!(xml, "<r id=\"1\"><a><b>3</b></a></r><r/>");
}

#[test]
fn path_joins_neighbours_of_one_name_and_parts_others() {
    let xml = |names: &[&str]| xml_of("a b c", names, options(PATH("tr"))).unwrap();
    assert_eq!(xml(&["td", "td", "td"]), "<tr><td>abc</td></tr>");
    assert_eq!(xml(&["td", "", "td"]), "<tr><td>a</td>b<td>c</td></tr>");
    assert_eq!(xml(&["x/a", "y", "x/b"]), "<tr><x><a>a</a></x><y>b</y><x><b>c</b></x></tr>");
}

#[test]
fn the_empty_path_strings_values_together() {
    assert_eq!(xml_of("a\nb", &[""], options(PATH(""))).unwrap(), "ab");
    assert_eq!(xml_of("a\nb", &["data()"], options(PATH(""))).unwrap(), "a b");
    assert_eq!(xml_of("a\nb", &["x"], options(PATH(""))).unwrap(), "<x>a</x><x>b</x>");
    assert_eq!(xml_of("a", &["@x"], options(PATH(""))).unwrap_err().number, 6864);
    assert_eq!(xml_of("a", &["a b"], options(PATH(""))).unwrap_err().number, 6850);
}

#[test]
fn root_and_xsinil_stand_around_and_for_null() {
    let both = ForXml {
        root: Some("rows".to_owned()),
        elements: Some(Elements::Xsinil),
        ..options(PATH("r"))
    };
    let xsi = "xmlns:xsi=\"http://www.w3.org/2001/XMLSchema-instance\"";
    assert_eq!(
        xml_of("1 -", &["a", "b"], both).unwrap(),
        format!("<rows {xsi}><r><a>1</a><b xsi:nil=\"true\"/></r></rows>")
    );
}

#[test]
fn no_rows_give_no_row_and_null_when_typed() {
    let of = |options| {
        let node =
            ForXmlNode { input: data(""), columns: columns(&["a"]), tables: vec![], options };
        result(Node::ForXml(Box::new(node)), 1).unwrap()
    };
    assert_eq!(of(options(PATH("r"))), Vec::<Row>::new());
    assert_eq!(of(ForXml { typed: true, ..options(PATH("r")) }), [[SqlValue::Null]]);
}

#[test]
fn raw_makes_attributes_or_elements() {
    let raw = || options(XmlMode::Raw(None));
    assert_eq!(
        xml_of("1 a\n2 -", &["id", "my name"], raw()).unwrap(),
        "<row id=\"1\" my_x0020_name=\"a\"/><row id=\"2\"/>"
    );
    let elements = ForXml { elements: Some(Elements::Absent), ..raw() };
    assert_eq!(xml_of("1 -", &["id", "b"], elements).unwrap(), "<row><id>1</id></row>");
    assert_eq!(xml_of("1", &[""], raw()).unwrap_err().number, 6809);
}

#[test]
fn auto_nests_by_the_tables() {
    let rows = "1 x\n1 y\n2 x";
    let xml = xml_of(rows, &["f_id", "p_name"], options(XmlMode::Auto)).unwrap();
    assert_eq!(
        xml,
        "<f f_id=\"1\"><p p_name=\"x\"/><p p_name=\"y\"/></f><f f_id=\"2\"><p p_name=\"x\"/></f>"
    );
}

#[test]
fn explicit_and_several_modes_are_refused_by_name() {
    let error = xml_of("1", &["a"], options(XmlMode::Explicit)).unwrap_err();
    assert!(error.message.contains("FOR XML EXPLICIT"));
    let both = ForXml { modes: vec![XmlMode::Auto, XmlMode::Raw(None)], ..options(XmlMode::Auto) };
    assert_eq!(xml_of("1", &["a"], both).unwrap_err().number, 40514);
}

/// One value in a FOR XML PATH or FOR JSON PATH column `a`.
fn one_value(value: SqlValue) -> (String, String) {
    let columns = || vec![Column::new("a", value.sql_type())];
    let input = || one_row(vec![constant(value.clone())]);
    let (tables, options) = (vec![], options(PATH("")));
    let xml = ForXmlNode { input: input(), columns: columns(), tables, options };
    let json = ForJsonNode { input: input(), columns: columns(), tables: vec![], options: json() };
    let shown = |node| shown(node, 1).swap_remove(0);
    let xml = shown(Node::ForXml(Box::new(xml))).replace("<a>", "").replace("</a>", "");
    let json = shown(Node::ForJson(Box::new(json)));
    (xml, json.trim_start_matches("[{\"a\":").trim_end_matches("}]").to_owned())
}

#[test]
fn values_are_written_as_xml_and_json_have_them() {
    let written = |value, xml: &str, json: &str| {
        assert_eq!(one_value(value), (xml.to_owned(), json.to_owned()));
    };
    written(SqlValue::Bit(true), "1", "true");
    written(SqlValue::Float(100.0), "1.000000000000000e+002", "1.000000000000000e+002");
    written(SqlValue::Money(12_345), "1.2345", "1.2345");
    written(SqlValue::Decimal(model::Decimal::new(150, 2)), "1.50", "1.50");
    written(SqlValue::binary([1, 2, 3]), "AQID", "\"AQID\"");
    written(SqlValue::Date(0), "0001-01-01", "\"0001-01-01\"");
    let noon = model::Ticks(12 * 36_000_000_000);
    written(
        SqlValue::DateTime2 { ticks: noon, scale: 7 },
        "0001-01-01T12:00:00",
        "\"0001-01-01T12:00:00\"",
    );
    let offset = |offset| SqlValue::DateTimeOffset(OffsetValue { utc: noon, offset, scale: 0 });
    written(offset(0), "0001-01-01T12:00:00Z", "\"0001-01-01T12:00:00Z\"");
    written(offset(60), "0001-01-01T13:00:00+01:00", "\"0001-01-01T13:00:00+01:00\"");
    written(SqlValue::nvarchar("a\"/\r"), "a\"/&#x0D;", "\"a\\\"\\/\\r\"");
    written(SqlValue::nvarchar("\u{1}"), "&#x01;", "\"\\u0001\"");
}

fn json() -> ForJson {
    ForJson {
        mode: JsonMode::Path,
        root: None,
        include_null_values: false,
        without_array_wrapper: false,
    }
}

fn json_of(rows: &str, names: &[&str], options: ForJson) -> Result<String, SqlError> {
    let tables = names.iter().map(|name| name.get(..1).map(str::to_owned)).collect();
    let node = ForJsonNode { input: data(rows), columns: columns(names), tables, options };
    let rows = result(Node::ForJson(Box::new(node)), 1)?;
    Ok(rows.first().map(|row| show(row)).unwrap_or_default())
}

#[test]
fn json_path_nests_by_dots() {
    let names = ["id", "a.b", "a.c", "x"];
    assert_eq!(
        json_of("1 u v w\n2 - - -", &names, json()).unwrap(),
        r#"[{"id":1,"a":{"b":"u","c":"v"},"x":"w"},{"id":2}]"#
    );
    let nulls = ForJson { include_null_values: true, ..json() };
    assert_eq!(
        json_of("2 - - -", &names, nulls).unwrap(),
        r#"[{"id":2,"a":{"b":null,"c":null},"x":null}]"#
    );
    assert_eq!(json_of("1 2 3", &["a.b", "c", "a.d"], json()).unwrap_err().number, 13601);
    assert_eq!(json_of("1 2", &["a", "a"], json()).unwrap_err().number, 13601);
    assert_eq!(json_of("1", &[""], json()).unwrap_err().number, 13605);
}

#[test]
fn json_has_a_root_or_no_wrapper_but_not_both() {
    let root = || Some("x".to_owned());
    assert_eq!(
        json_of("1\n2", &["a"], ForJson { root: root(), ..json() }).unwrap(),
        r#"{"x":[{"a":1},{"a":2}]}"#
    );
    let bare = || ForJson { without_array_wrapper: true, ..json() };
    assert_eq!(json_of("1", &["a"], bare()).unwrap(), r#"{"a":1}"#);
    assert_eq!(json_of("1", &["a"], ForJson { root: root(), ..bare() }).unwrap_err().number, 13620);
    assert_eq!(json_of("", &["a"], json()).unwrap(), "");
}

#[test]
fn json_auto_nests_by_the_tables() {
    let auto = ForJson { mode: JsonMode::Auto, ..json() };
    assert_eq!(
        json_of("1 x 7\n1 y 7\n2 x 7", &["f_id", "p_name", "v"], auto).unwrap(),
        r#"[{"f_id":1,"p":[{"p_name":"x","v":[{"v":7}]},{"p_name":"y","v":[{"v":7}]}]},{"f_id":2,"p":[{"p_name":"x","v":[{"v":7}]}]}]"#
    );
}

#[test]
fn json_inside_json_is_not_quoted_again() {
    let query = call("JSON_QUERY", vec![text("{\"k\": [1]}"), text("$.k")]);
    let inner = ForJsonNode {
        input: data("1\n2"),
        columns: columns(&["n"]),
        tables: vec![],
        options: json(),
    };
    let inner = plan(Node::ForJson(Box::new(inner)));
    let nested = scalar(ScalarKind::Subquery(inner), SqlType::NVARCHAR_MAX);
    let input = one_row(vec![text("[1]")]);
    let input = project(input, vec![query, nested, text_col(0)]);
    let node =
        ForJsonNode { input, columns: columns(&["q", "s", "t"]), tables: vec![], options: json() };
    assert_eq!(
        shown(Node::ForJson(Box::new(node)), 1),
        [r#"[{"q":[1],"s":[{"n":1},{"n":2}],"t":"[1]"}]"#]
    );
}

#[test]
fn openjson_lists_properties_with_their_types() {
    let open = |json: &str, path: Option<&str>| {
        let (text, path) = (text(json), path.map(text));
        Node::BuiltIn(Box::new(BuiltInTable::OpenJson { text, path }))
    };
    let json = r#"{"a":null,"b":"x","c":1.5,"d":true,"e":[1, 2],"f":{"g":1}}"#;
    assert_eq!(
        shown(open(json, None), 3),
        ["a - 0", "b x 1", "c 1.5 2", "d true 3", "e [1, 2] 4", "f {\"g\":1} 5"]
    );
    assert_eq!(shown(open(json, Some("$.e")), 3), ["0 1 2", "1 2 2"]);
    assert_eq!(shown(open(json, Some("$.zz")), 3), Vec::<String>::new());
    assert_eq!(result(open(json, Some("strict $.zz")), 3).unwrap_err().number, 13608);
    assert_eq!(result(open(json, Some("strict $.b")), 3).unwrap_err().number, 13611);
    assert_eq!(result(open("{", None), 3).unwrap_err().number, 13609);
}

#[test]
fn openjson_with_a_schema_gives_typed_columns() {
    let columns = vec![
        (SqlType::Int, "$.id".to_owned(), false),
        (SqlType::NVARCHAR_MAX, "$.name".to_owned(), false),
        (SqlType::NVARCHAR_MAX, "$.tags".to_owned(), true),
        (SqlType::Bit, "$.on".to_owned(), false),
        (SqlType::VARBINARY_MAX, "$.raw".to_owned(), false),
    ];
    let json = r#"[{"id":1,"name":"x","tags":["a"],"on":true,"raw":"AQI="},{"id":"2","name":{"n":1},"tags":5}]"#;
    let with = BuiltInTable::OpenJsonWith { text: text(json), path: None, columns };
    let rows = result(Node::BuiltIn(Box::new(with)), 5).unwrap();
    assert_eq!(
        rows[0],
        [
            SqlValue::Int(1),
            SqlValue::nvarchar("x"),
            SqlValue::nvarchar("[\"a\"]"),
            SqlValue::Bit(true),
            SqlValue::binary([1, 2]),
        ]
    );
    assert_eq!(show(&rows[1]), "2 - - - -");
}

#[test]
fn xml_methods_ask_a_value() {
    let xml = |text: &str| constant(SqlValue::Xml(text.into()));
    let ask = |operand: Scalar, method, path: &str, to| {
        let (operand, path) = (Box::new(operand), path.to_owned());
        evaluated(&scalar(ScalarKind::XmlMethod { operand, method, path }, to))
    };
    let doc = || xml("<a><b n=\"1\">x</b><b n=\"2\">y</b></a>");
    let value = |path, to| ask(doc(), XmlMethod::Value, path, to);
    assert_eq!(value("(/a/b)[2]", SqlType::NVARCHAR_MAX), Ok(SqlValue::nvarchar("y")));
    assert_eq!(value("(/a/b/@n)[2]", SqlType::Int), Ok(SqlValue::Int(2)));
    assert_eq!(value("(/a/z)[1]", SqlType::Int), Ok(SqlValue::Null));
    assert_eq!(value("/a/b", SqlType::NVARCHAR_MAX).unwrap_err().number, 2389);
    let query = ask(doc(), XmlMethod::Query, "/a/b[@n=2]", SqlType::Xml).unwrap();
    assert_eq!(query, SqlValue::Xml("<b n=\"2\">y</b>".into()));
    assert_eq!(
        ask(doc(), XmlMethod::Exist, "/a/b[.=\"x\"]", SqlType::Bit),
        Ok(SqlValue::Bit(true))
    );
    assert_eq!(ask(null(), XmlMethod::Value, ".", SqlType::Int), Ok(SqlValue::Null));
    // The idiom of a list: FOR XML PATH(''), TYPE and .value('.').
    assert_eq!(
        ask(xml(", a&amp;b, c"), XmlMethod::Value, ".[1]", SqlType::NVARCHAR_MAX),
        Ok(SqlValue::nvarchar(", a&b, c"))
    );
}

#[test]
fn nodes_give_rows_that_can_be_asked_further() {
    let doc =
        constant(SqlValue::Xml("<r><i id=\"1\"><v>a</v></i><i id=\"2\"><v>b</v></i></r>".into()));
    let nodes = BuiltInTable::XmlNodes { xml: doc, path: "/r/i".to_owned() };
    let ask = |path: &str| {
        let operand = Box::new(col(0));
        let kind =
            ScalarKind::XmlMethod { operand, method: XmlMethod::Value, path: path.to_owned() };
        scalar(kind, SqlType::NVARCHAR_MAX)
    };
    let node = project(Node::BuiltIn(Box::new(nodes)), vec![ask("@id"), ask("(v)[1]"), ask(".")]);
    assert_eq!(shown(node, 3), ["1 a a", "2 b b"]);
}

#[test]
fn text_becomes_xml_only_if_it_is_well_formed() {
    let convert = |word: &str, lenient| {
        let kind = ScalarKind::Convert { operand: Box::new(text(word)), style: None, lenient };
        evaluated(&scalar(kind, SqlType::Xml))
    };
    assert_eq!(
        convert("<?xml version=\"1.0\"?> <a  b='1'> <c></c> </a>", false),
        Ok(SqlValue::Xml("<a b=\"1\"><c/></a>".into()))
    );
    assert_eq!(convert("<a>", false).unwrap_err().number, 9400);
    assert_eq!(convert("<a>", true), Ok(SqlValue::Null));
}
