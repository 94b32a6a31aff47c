use super::*;

const DOC: &str = "<e a=\"1\"><n>x</n><n k=\"v\">y</n><m><n>z</n></m>t<!--c--></e>";

fn found(text: &str, path: &str) -> String {
    query(text, path).unwrap()
}

#[test]
fn steps_lead_to_nodes() {
    assert_eq!(found(DOC, "/e/n"), "<n>x</n><n k=\"v\">y</n>");
    assert_eq!(found(DOC, "e/m/n"), "<n>z</n>");
    assert_eq!(found(DOC, "//n"), "<n>x</n><n k=\"v\">y</n><n>z</n>");
    assert_eq!(found(DOC, "/e/*[3]"), "<m><n>z</n></m>");
    assert_eq!(found(DOC, "/e/text()"), "t");
    assert_eq!(found(DOC, "/e/comment()"), "<!--c-->");
    assert_eq!(found(DOC, "/e/m/n/../../n[1]"), "<n>x</n>");
    assert_eq!(found(DOC, "(//n)[3]"), "<n>z</n>");
    assert_eq!(found(DOC, "//n[1]"), "<n>x</n><n>z</n>");
    assert_eq!(found(DOC, "/e/n[last()]"), "<n k=\"v\">y</n>");
    assert_eq!(found(DOC, "."), DOC);
}

#[test]
fn predicates_compare_and_combine() {
    assert_eq!(found(DOC, "/e/n[@k='v']"), "<n k=\"v\">y</n>");
    assert_eq!(found(DOC, "/e[n='x' and @a=1]/m"), "<m><n>z</n></m>");
    assert_eq!(found(DOC, "/e/n[.=\"q\" or position() = 1]"), "<n>x</n>");
    assert_eq!(found(DOC, "/e/*[local-name()=\"m\"]/n"), "<n>z</n>");
    assert_eq!(found(DOC, "/e/n[not(@k)]"), "<n>x</n>");
    assert_eq!(found(DOC, "/e/n[contains(., 'y')]"), "<n k=\"v\">y</n>");
    assert_eq!(found(DOC, "/e[@a > 1]"), "");
}

#[test]
fn functions_and_numbers_give_values() {
    let one = |path| value(DOC, path).unwrap().unwrap();
    assert_eq!(one("count(/e/n)"), "2");
    assert_eq!(one("string(/e/@a)"), "1");
    assert_eq!(one("local-name(/e/*[1])"), "n");
    assert_eq!(one("concat(\"a\", 'b')"), "ab");
    assert_eq!(one("/e/@a + 2"), "3");
    assert_eq!(one("substring('abc', 2, 1)"), "b");
    assert_eq!(one("sum(/e/@a)"), "1");
    assert!(exist(DOC, "/e/n[2]").unwrap());
    assert!(!exist(DOC, "/e/n[3]").unwrap());
}

#[test]
fn namespaces_count() {
    let dts = "<D:e xmlns:D=\"u\" xmlns=\"w\" D:n=\"1\"><i/></D:e>";
    assert_eq!(found(dts, "declare namespace q=\"u\"; count(/q:e)"), "1");
    assert_eq!(found(dts, "declare default element namespace \"w\"; count(//i)"), "1");
    assert_eq!(found(dts, "count(//i)"), "0");
    assert_eq!(found(dts, "count(//*:i)"), "1");
    assert_eq!(value(dts, "declare namespace q=\"u\"; (/q:e/@q:n)[1]").unwrap().unwrap(), "1");
    let nodes = nodes(dts, "declare default element namespace \"w\"; //i").unwrap();
    assert!(exist(&nodes[0], "declare default element namespace \"w\"; self::i").unwrap());
}

#[test]
fn attributes_and_texts_can_be_rows_too() {
    let attributes = nodes(DOC, "//@*").unwrap();
    let values: Vec<_> = attributes.iter().map(|node| value(node, ".").unwrap().unwrap()).collect();
    assert_eq!(values, ["1", "v"]);
    assert_eq!(value(&attributes[1], "local-name(.)").unwrap().unwrap(), "k");
    let texts = nodes(DOC, "/e/n/text()").unwrap();
    assert_eq!(value(&texts[1], ".").unwrap().unwrap(), "y");
}

#[test]
fn what_is_not_done_is_refused_by_name_and_what_is_wrong_as_wrong() {
    for (path, what) in [
        ("for $x in /a return $x", "XQuery for"),
        ("<a/>", "XQuery element constructor"),
        ("sql:variable(\"@x\")", "XQuery sql:variable"),
        ("/a/ancestor::b", "XQuery axis ancestor"),
        ("replace(., 'a', 'b')", "XQuery replace()"),
    ] {
        let error = query("<a/>", path).unwrap_err();
        assert!(error.message.contains(what), "{path}: {error}");
    }
    for path in ["", "/a[", "/a/", "(/a", "/a]", "'a", "1 +"] {
        assert_eq!(query("<a/>", path).unwrap_err().number, 2370, "{path}");
    }
    assert!(query("<a/>", &"(".repeat(10_000)).is_err());
    assert!(query("<a/>", &"not(".repeat(10_000)).is_err());
}

#[test]
fn texts_are_normalized_as_sql_server_keeps_them() {
    let kept = |text| normalized(text).unwrap();
    assert_eq!(kept(" <a b = '1' >\n <c></c> x &#65;&lt; </a> "), "<a b=\"1\"><c/> x A&lt; </a>");
    assert_eq!(kept("<a><![CDATA[<b>&]]></a>"), "<a>&lt;b&gt;&amp;</a>");
    assert_eq!(kept("a<b/>c<?p q?>"), "a<b/>c<?p q?>");
    assert_eq!(kept("<a xml:space=\"preserve\"> </a>"), "<a xml:space=\"preserve\"> </a>");
    assert_eq!(kept("<a b=\"&#x0A;\"/>"), "<a b=\"&#x0A;\"/>");
    assert_eq!(kept(""), "");
}

#[test]
fn depth_is_no_danger() {
    let text = format!("{}{}", "<a>".repeat(50_000), "</a>".repeat(50_000));
    assert_eq!(normalized(&text).unwrap().len(), 49_999 * 7 + 4);
}

#[test]
fn broken_xml_is_refused_with_its_place() {
    let number = |text| normalized(text).unwrap_err().number;
    assert_eq!(number("<a>"), 9400);
    assert_eq!(number("<a></b>"), 9436);
    assert_eq!(number("</a>"), 9436);
    assert_eq!(number("<a b=1/>"), 9413);
    assert_eq!(number("<a b='1' b='2'/>"), 9437);
    assert_eq!(number("<a>&x;</a>"), 9448);
    assert_eq!(number("<a>& </a>"), 9411);
    assert_eq!(number("<1/>"), 9455);
    assert_eq!(number("<p:a/>"), 9459);
    assert_eq!(number("<!DOCTYPE a><a/>"), 6359);
    assert_eq!(number("<a>\u{1}</a>"), 9420);
    let error = normalized("<a>\n<b></c></a>").unwrap_err();
    assert!(error.message.starts_with("XML parsing: line 2, character"), "{error}");
}
