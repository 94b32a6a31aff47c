use super::*;

const ORDERS: &str = "<?xml version='1.0'?>
<o:orders xmlns:o='urn:o' xmlns='urn:d' xmlns:x='urn:x'>
  <order id='1'><item price='1.5'>Pen &amp; ink</item><item price='2'>Cup</item></order>
  <order id='2'><note> </note><o:item xml:space='preserve'> <b/> </o:item></order>
</o:orders>";

fn asked(path: &str) -> Vec<String> {
    let namespaces = [("d".to_owned(), "urn:d".to_owned()), ("o".to_owned(), "urn:o".to_owned())];
    let tree = Tree::read(ORDERS, &namespaces).unwrap();
    match tree.evaluate(tree.root(), path) {
        Ok(Found::Value(text)) => vec![text],
        Ok(Found::Nodes(nodes)) => nodes.into_iter().map(|node| tree.outer_xml(node)).collect(),
        Err(wrong) => vec![format!("error: {wrong}")],
    }
}

#[test]
fn functions_give_values_as_dotnet_writes_them() {
    assert_eq!(asked("sum(//@price)"), ["3.5"]);
    assert_eq!(asked("count(//d:order) = 2"), ["True"]);
    assert_eq!(asked("string(//d:item[2])"), ["Cup"]);
    assert_eq!(asked("number('x')"), ["NaN"]);
    assert_eq!(
        asked("concat(name(/*), '|', local-name(/*), '|', namespace-uri(/*))"),
        ["o:orders|orders|urn:o"]
    );
}

#[test]
fn nodes_come_as_xml_with_the_namespaces_that_they_use() {
    assert_eq!(asked("//d:item[@price > 1.7]"), ["<item xmlns=\"urn:d\" price=\"2\">Cup</item>"]);
    assert_eq!(asked("//d:order[1]/@id"), ["id=\"1\""]);
    assert_eq!(asked("//d:item[1]/text()"), ["Pen &amp; ink"]);
    // White space between elements does not count, but for what says that it does.
    assert_eq!(asked("count(/o:orders/text())"), ["0"]);
    assert_eq!(asked("//d:note"), ["<note xmlns=\"urn:d\"/>"]);
    assert_eq!(asked("count(//o:item/text())"), ["2"]);
}

#[test]
fn prefixes_that_nobody_declared_and_bad_paths_are_errors() {
    for path in ["//z:item", "//d:item[", "foo()", "", "$x", "z:f(1)", "//o:item[z:a = \"q:\"]"] {
        let said = asked(path);
        assert!(said[0].starts_with("error: "), "{path}: {said:?}");
    }
    // A quote may hold a colon, and an axis has two.
    assert_eq!(asked("string(//d:item[. != 'z:y']/following-sibling::d:item)"), ["Cup"]);
    assert!(Tree::read("<a><b></a>", &[]).is_err());
    let bomb = "<!DOCTYPE a [<!ENTITY b 'xxxxxxxxxx'><!ENTITY c '&b;&b;&b;&b;&b;&b;&b;&b;'>\
        <!ENTITY d '&c;&c;&c;&c;&c;&c;&c;&c;'><!ENTITY e '&d;&d;&d;&d;&d;&d;&d;&d;'>\
        <!ENTITY f '&e;&e;&e;&e;&e;&e;&e;&e;'><!ENTITY g '&f;&f;&f;&f;&f;&f;&f;&f;'>\
        <!ENTITY h '&g;&g;&g;&g;&g;&g;&g;&g;'>]><a>&h;&h;</a>";
    assert!(Tree::read(bomb, &[]).is_err());
    let outside = "<!DOCTYPE a [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><a>&x;</a>";
    if let Ok(tree) = Tree::read(outside, &[]) {
        assert_eq!(tree.inner_text(tree.root()), "");
    }
}
