//! XML Task and Foreach NodeList.

use std::fs;
use std::path::Path;

use crate::loops::for_each;
use crate::support::{
    Ran, escape, executables, expression, package, package_of, project, run, task, variable,
};

const ORDERS: &str = r#"<?xml version="1.0" encoding="utf-16"?>
<orders>
  <order id="1" date="2024-01-31"><name>Ann</name><total>12.5</total></order>
  <order id="2" date="2024-02-01"><name>Bob &amp; Co</name><total>7</total></order>
</orders>"#;

/// FILE connection managers with these names and paths.
fn managers(files: &[(&str, &Path)]) -> String {
    let one = |(name, path): &(&str, &Path)| {
        format!(
            r#"<DTS:ConnectionManager DTS:refId="Package.ConnectionManagers[{name}]" DTS:CreationName="FILE"
  DTS:DTSID="{{3B5A2B3C-0000-4000-8000-00000000{:04X}}}" DTS:ObjectName="{name}"><DTS:ObjectData>
  <DTS:ConnectionManager DTS:FileUsageType="0" DTS:ConnectionString="{}" /></DTS:ObjectData></DTS:ConnectionManager>"#,
            name.len(),
            path.display()
        )
    };
    let managers: String = files.iter().map(one).collect();
    format!("<DTS:ConnectionManagers>{managers}</DTS:ConnectionManagers>")
}

/// What an Expression Task in the loop adds up, told by an error so that a test can read it.
fn seen(ran: &Ran) -> String {
    let errors = ran.events().into_iter().filter(|event| event.kind == model::MessageType::Error);
    let said = errors.map(|event| event.description);
    said.filter_map(|text| Some(text.split_once("said:")?.1.split('"').next()?.to_owned()))
        .collect()
}

/// Goes through nodes, and gives what its items were, one behind the other.
fn nodes(attributes: &str, head: &str, variables: &str, values: usize) -> (Ran, String) {
    let mappings: Vec<(&str, i32)> = [("a", 0), ("b", 1)].into_iter().take(values).collect();
    let add =
        expression("L\\A", "@[User::all] = @[User::all] + @[User::a] + \",\" + @[User::b] + \";\"");
    let data = format!("<FEENODELIST {attributes} />");
    let each =
        for_each("Microsoft.ForEachNodeListEnumerator", &data, &mappings, &executables(&[add]));
    let variables = ["a", "b", "all"].map(|name| variable(name, 8, "")).concat() + variables;
    let tell = crate::support::process("Z", "/bin/false", "", "", "").replace(
        "<DTS:ObjectData>",
        r#"<DTS:PropertyExpression DTS:Name="Arguments">"said:" + @[User::all]</DTS:PropertyExpression><DTS:ObjectData>"#,
    );
    let body = executables(&[each, tell])
        + &crate::support::constraints(&[crate::support::constraint("", "L", "Z", "")]);
    let head = format!("{head}<DTS:Variables>{variables}</DTS:Variables>");
    let ran = run(&package_of("", &head, &body)).failed();
    let seen = seen(&ran);
    (ran, seen)
}

#[test]
fn a_loop_goes_through_the_texts_of_nodes_of_a_document_in_the_package() {
    let attributes = format!(
        r#"EnumerationType="NodeText" SourceType="DirectInput" SourceDocument="{}"
  OuterXPathSourceType="DirectInput" OuterXPathString="/orders/order/name""#,
        escape(ORDERS)
    );
    assert_eq!(nodes(&attributes, "", "", 1).1, "Ann,;Bob & Co,;");
}

#[test]
fn a_loop_takes_its_document_and_its_paths_from_files_and_variables() {
    let folder = tempfile::tempdir().unwrap();
    let (document, path) = (folder.path().join("d.xml"), folder.path().join("path.txt"));
    let text = format!("\u{FEFF}{ORDERS}");
    let wide = text.encode_utf16().flat_map(u16::to_le_bytes);
    fs::write(&document, wide.collect::<Vec<_>>()).unwrap();
    fs::write(&path, "//order[total > 10]\r\n").unwrap();
    let head = managers(&[("Doc", &document), ("Paths", &path)]);
    let attributes = r#"EnumerationType="ElementCollection" SourceType="FileConnection"
  SourceDocument="Doc" OuterXPathSourceType="FileConnection" OuterXPathString="Paths"
  InnerElementType="NodeText" InnerXPathSourceType="Variable" InnerXPathString="User::inner""#;
    let inner = variable("inner", 8, "@*");
    assert_eq!(nodes(attributes, &head, &inner, 2).1, "1,2024-01-31;");
    // A variable with the document, and one with its path.
    for content in [ORDERS.to_owned(), document.display().to_string()] {
        let attributes = r#"EnumerationType="Node" SourceType="Variable" SourceDocument="User::doc"
  OuterXPathSourceType="DirectInput" OuterXPathString="//total[. = 7]""#;
        let (_, seen) = nodes(attributes, "", &variable("doc", 8, &content), 1);
        assert_eq!(seen, "<total>7</total>,;");
    }
}

#[test]
fn a_loop_over_nodes_refuses_settings_that_it_does_not_know() {
    let data = r#"<FEENODELIST EnumerationType="Node" Magic="1" SourceType="DirectInput"
  SourceDocument="&lt;a/&gt;" OuterXPathSourceType="DirectInput" OuterXPathString="/a" />"#;
    let each = for_each("Microsoft.ForEachNodeListEnumerator", data, &[], "");
    let text = package("", &executables(&[each]));
    let project = project(&[("P.dtsx", &text)]);
    let found = runtime::check(&project, &project.packages[0].package);
    assert!(found[0].to_string().contains("`Magic` is not known"), "{found:?}");
    run(&text).failed();
}

#[test]
fn a_loop_over_nodes_says_what_it_cannot_do() {
    let of = |document: &str, path: &str, count| {
        let attributes = format!(
            r#"EnumerationType="NodeText" SourceType="DirectInput" SourceDocument="{}"
  OuterXPathSourceType="DirectInput" OuterXPathString="{}""#,
            escape(document),
            escape(path)
        );
        let (ran, _) = nodes(&attributes, "", "", count);
        ran.complaints().join("\n")
    };
    assert!(of("<a>", "/a", 1).contains("0xC002F304"), "{}", of("<a>", "/a", 1));
    assert!(of("<a/>", "/a[", 1).contains("XPath"), "{}", of("<a/>", "/a[", 1));
    assert!(of("<a/>", "count(/a)", 1).contains("count(/a)"));
    assert!(of("<a/>", "/a", 2).contains("0xC001C012"));
}

/// Runs one XML Task, and gives what is in User::out afterwards.
fn xml(attributes: &str, head: &str, variables: &str) -> (Ran, String) {
    let data = format!("<XMLTaskData {attributes} />");
    let tell = crate::support::process("Z", "/bin/false", "", "", "").replace(
        "<DTS:ObjectData>",
        r#"<DTS:PropertyExpression DTS:Name="Arguments">"said:" + REPLACE(@[User::out], "\"", "'")</DTS:PropertyExpression><DTS:ObjectData>"#,
    );
    let body = executables(&[task("X", "Microsoft.XMLTask", "", &data), tell])
        + &crate::support::constraints(&[crate::support::constraint("", "X", "Z", "")]);
    let variables = variable("out", 8, "") + variables;
    let head = format!("{head}<DTS:Variables>{variables}</DTS:Variables>");
    let ran = run(&package_of("", &head, &body)).failed();
    let seen = seen(&ran);
    (ran, seen)
}

const TO_VARIABLE: &str =
    r#"SaveOperationResult="True" DestinationType="Variable" Destination="User::out""#;

fn direct(name: &str, text: &str) -> String {
    format!(r#"{name}Type="DirectInput" {name}="{}""#, escape(text))
}

fn xpath(operation: &str, path: &str) -> (Ran, String) {
    let (source, second) = (direct("Source", ORDERS), direct("SecondOperand", path));
    let attributes = format!(
        r#"OperationType="XPATH" XPathOperation="{operation}" {source} {second} {TO_VARIABLE}"#
    );
    xml(&attributes, "", "")
}

#[test]
fn a_path_gives_a_functions_value_the_texts_of_nodes_or_the_nodes() {
    assert_eq!(xpath("Evaluation", "sum(//total)").1, "19.5");
    assert_eq!(xpath("Values", "//name").1, "AnnBob & Co");
    assert_eq!(
        xpath("NodeList", "//order[1]").1,
        "<order id='1' date='2024-01-31'><name>Ann</name><total>12.5</total></order>"
    );
    for (path, value) in [
        ("//name != 'Ann'", "True"),
        ("//total < 10", "True"),
        ("(//name)[2]", ""),
        ("string((//name)[2])", "Bob & Co"),
        ("count(//order[total > 10]/@*)", "2"),
        ("number('+7')", "NaN"),
        ("0.1 + 0.2", "0.3"),
        ("count(/orders/text())", "0"),
        ("z:f(1)", ""),
        ("//z:name", ""),
        ("document('/etc/passwd')", ""),
        ("$x", ""),
        ("//name[", ""),
        ("concat('document(', ')')", "document()"),
    ] {
        let (ran, seen) = xpath("Evaluation", path);
        assert_eq!(seen, value, "{path}: {:?}", ran.complaints());
        let fails = matches!(ran.codes()[0], 0xC002_F304 | 0xC002_926B);
        assert_eq!(fails, value.is_empty(), "{path}: {:?}", ran.complaints());
    }
    let (ran, _) = xpath("Evaluation", "//name");
    assert!(ran.complaints()[0].contains("0xC002926B"), "{:?}", ran.complaints());
}

#[test]
fn prefixes_of_a_path_are_those_that_the_task_declares() {
    let source = direct("Source", "<a xmlns='urn:one'><b>1</b></a>");
    let second = direct("SecondOperand", "/n:a/n:b");
    let data = format!(
        r#"<XMLTaskData OperationType="XPATH" XPathOperation="Values" {source} {second} {TO_VARIABLE}>
  <Namespaces><Namespace Prefix="n" Uri="urn:one" /></Namespaces></XMLTaskData>"#
    );
    let body = executables(&[task("X", "Microsoft.XMLTask", "", &data)]);
    run(&package(&variable("out", 8, ""), &body)).succeeded();
    let none = data.replace("Prefix=\"n\"", "Prefix=\"m\"");
    let body = executables(&[task("X", "Microsoft.XMLTask", "", &none)]);
    let ran = run(&package(&variable("out", 8, ""), &body)).failed();
    assert_eq!(ran.codes(), [0xC002_F304]);
}

const SCHEMA: &str = r#"<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">
  <xs:element name="orders"><xs:complexType><xs:sequence>
    <xs:element name="order" maxOccurs="unbounded"><xs:complexType><xs:sequence>
      <xs:element name="name" type="xs:string"/><xs:element name="total" type="xs:decimal"/>
    </xs:sequence><xs:attribute name="id" type="xs:int"/><xs:attribute name="date" type="xs:date"/>
    </xs:complexType></xs:element></xs:sequence></xs:complexType></xs:element></xs:schema>"#;

fn validated(document: &str, more: &str) -> (Ran, String) {
    let source = r#"SourceType="Variable" Source="User::doc""#;
    let second = direct("SecondOperand", SCHEMA);
    let attributes = format!(
        r#"OperationType="Validate" ValidationType="XSD" {source} {second} {TO_VARIABLE} {more}"#
    );
    xml(&attributes, "", &variable("doc", 8, document))
}

#[test]
fn a_document_is_validated_against_a_schema() {
    assert_eq!(validated(ORDERS, "").1, "true");
    let bad = ORDERS.replace("12.5", "a lot");
    let (ran, result) = validated(&bad, "");
    assert_eq!(result, "false");
    assert!(ran.complaints()[0].contains("0x8002928D"), "{:?}", ran.complaints());
    let (ran, _) = validated(&bad, r#"FailOnValidationFail="True""#);
    assert_eq!(ran.codes()[0], 0xC002_926D, "{:?}", ran.complaints());
    assert_eq!(validated("<other/>", "").1, "false");
    let (ran, _) = validated("<orders>", "");
    assert_eq!(ran.codes()[0], 0xC002_F304, "{:?}", ran.complaints());
    let details = r#"ValidationDetails="True""#;
    let (_, result) = validated(&bad, details);
    assert!(result.contains("<errors>1</errors>"), "{result}");
    assert!(result.contains("<error line='3' position='52'>"), "{result}");
    assert!(result.contains("'a lot' is not a valid value"), "{result}");
    assert!(validated(ORDERS, details).1.contains("<messages />"));
}

#[test]
fn a_document_is_validated_against_the_dtd_in_it() {
    let of = |body: &str| {
        let document = format!("<!DOCTYPE a [<!ELEMENT a (b)><!ELEMENT b EMPTY>]>{body}");
        let source = direct("Source", &document);
        let attributes =
            format!(r#"OperationType="Validate" ValidationType="DTD" {source} {TO_VARIABLE}"#);
        xml(&attributes, "", "").1
    };
    assert_eq!(of("<a><b/></a>"), "true");
    assert_eq!(of("<a><c/></a>"), "false");
}

#[test]
fn a_stylesheet_transforms_files_into_a_file_that_is_not_overwritten() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str| folder.path().join(name);
    fs::write(file("in.xml"), ORDERS.replace("utf-16", "utf-8")).unwrap();
    fs::write(
        file("part.xslt"),
        r#"<xsl:stylesheet version="1.0"
  xmlns:xsl="http://www.w3.org/1999/XSL/Transform"><xsl:template match="order">[<xsl:value-of
  select="name"/>]</xsl:template></xsl:stylesheet>"#,
    )
    .unwrap();
    fs::write(file("all.xslt"), r#"<xsl:stylesheet version="1.0"
  xmlns:xsl="http://www.w3.org/1999/XSL/Transform" xmlns:msxsl="urn:schemas-microsoft-com:xslt"
  exclude-result-prefixes="msxsl"><xsl:include href="part.xslt"/><xsl:output method="text"/>
  <xsl:variable name="v"><x/><x/></xsl:variable>
  <xsl:template match="/"><xsl:value-of select="count(msxsl:node-set($v)/x)"/><xsl:apply-templates
  select="//order"><xsl:sort select="total" data-type="number"/></xsl:apply-templates></xsl:template>
  </xsl:stylesheet>"#)
    .unwrap();
    let (input, style, out) = (file("in.xml"), file("all.xslt"), file("out.txt"));
    let head = managers(&[("In", &input), ("Style", &style), ("Out", &out)]);
    let attributes = r#"OperationType="XSLT" SourceType="FileConnection" Source="In"
  SecondOperandType="FileConnection" SecondOperand="Style" SaveOperationResult="True"
  DestinationType="FileConnection" Destination="Out""#;
    xml(attributes, &head, "");
    assert_eq!(fs::read_to_string(&out).unwrap(), "2[Bob & Co][Ann]");
    fs::write(&out, "mine").unwrap();
    let (ran, _) = xml(attributes, &head, "");
    assert_eq!(ran.codes(), [0xC002_9290], "{:?}", ran.complaints());
    assert_eq!(fs::read_to_string(&out).unwrap(), "mine");
    xml(&format!(r#"{attributes} OverwriteDestination="True""#), &head, "");
    assert_eq!(fs::read_to_string(&out).unwrap(), "2[Bob & Co][Ann]");
    let left = fs::read_dir(folder.path()).unwrap().count();
    assert_eq!(left, 4, "no copies stay behind");
}

#[test]
fn a_stylesheet_with_scripts_and_a_document_with_external_entities_are_refused() {
    let style = |body: &str| {
        format!(
            r#"<xsl:stylesheet version="1.0"
  xmlns:xsl="http://www.w3.org/1999/XSL/Transform" xmlns:msxsl="urn:schemas-microsoft-com:xslt">
  {body}<xsl:template match="/"><r><xsl:value-of select="."/></r></xsl:template></xsl:stylesheet>"#
        )
    };
    let of = |document: &str, style: &str| {
        let (source, second) = (direct("Source", document), direct("SecondOperand", style));
        xml(&format!(r#"OperationType="XSLT" {source} {second} {TO_VARIABLE}"#), "", "")
    };
    assert!(
        of("<a>x</a>", &style("")).1.contains("<r>x</r>")
            || of("<a>x</a>", &style("")).1.contains(">x</r>")
    );
    let script =
        r#"<msxsl:script language="C#" implements-prefix="msxsl">int f() {}</msxsl:script>"#;
    let said =
        |ran: Ran| ran.events().into_iter().map(|event| event.description).collect::<String>();
    assert!(said(of("<a/>", &style(script)).0).contains("msxsl:script"));
    let entity = "<!DOCTYPE a [<!ENTITY x SYSTEM 'file:///etc/hostname'>]><a>&x;</a>";
    assert!(said(of(entity, &style("")).0).contains("external entities"));
    assert!(said(of("<a/>", "<xsl:nothing/>").0).contains("(direct input)"));
}

#[test]
fn a_document_is_merged_into_another_from_variables() {
    let point = r#"XPathStringSourceType="DirectInput" XPathStringSource="/a/b""#;
    let attributes = format!(
        r#"OperationType="Merge" SourceType="Variable" Source="User::one"
  SecondOperandType="Variable" SecondOperand="User::two" {point} {TO_VARIABLE}"#
    );
    let variables = variable("one", 8, "<a><b/><b/></a>") + &variable("two", 8, "<c>1</c>");
    let (ran, result) = xml(&attributes, "", &variables);
    assert_eq!(result, "<a><b><c>1</c></b><b/></a>", "{:?}", ran.complaints());
}

#[test]
fn documents_that_differ_fail_the_task_where_that_is_asked_for() {
    let of = |more: &str| {
        let (source, second) =
            (direct("Source", "<a><b/><c/></a>"), direct("SecondOperand", "<a><c/><b/></a>"));
        let data = format!(r#"<XMLTaskData OperationType="Diff" {source} {second} {more} />"#);
        run(&package("", &executables(&[task("X", "Microsoft.XMLTask", "", &data)])))
    };
    let ran = of("").succeeded();
    assert!(ran.complaints()[0].contains("0x8002927A"), "{:?}", ran.complaints());
    assert_eq!(of(r#"FailOnDifference="True""#).failed().codes(), [0xC002_F304]);
    let ran = of(r#"FailOnDifference="True" DiffOptions="IgnoreChildOrder""#).succeeded();
    assert!(ran.complaints().is_empty(), "{:?}", ran.complaints());
}

#[test]
fn a_variable_with_a_value_is_overwritten_only_where_that_is_asked_for() {
    let (source, second) = (direct("Source", ORDERS), direct("SecondOperand", "count(//order)"));
    let attributes = format!(
        r#"OperationType="XPATH" XPathOperation="Evaluation" {source} {second}
  SaveOperationResult="True" DestinationType="Variable" Destination="User::used""#
    );
    let used = variable("used", 8, "old");
    assert_eq!(xml(&attributes, "", &used).0.codes(), [0xC002_F304]);
    let attributes = format!(r#"{attributes} OverwriteDestination="True""#);
    // The task itself succeeds; what fails is the one behind it.
    assert_eq!(xml(&attributes, "", &used).0.codes(), [0xC002_9151]);
}

#[test]
fn what_an_xml_task_cannot_do_is_found_by_check_and_at_validation() {
    let of = |attributes: &str| {
        let data = format!("<XMLTaskData {attributes} />");
        let body = executables(&[task("X", "Microsoft.XMLTask", "", &data)]);
        let text = package(&variable("out", 8, ""), &body);
        let project = project(&[("P.dtsx", &text)]);
        let found = runtime::check(&project, &project.packages[0].package);
        (found.iter().map(ToString::to_string).collect::<String>(), run(&text).failed().codes())
    };
    let source = direct("Source", "<a/>");
    let second = direct("SecondOperand", "/a");
    for (refused, named) in [
        (r#"OperationType="Diff" SaveDiffGram="True""#, "no diffgram"),
        (r#"OperationType="Diff" DiffOptions="IgnoreMe""#, "`IgnoreMe`"),
        (r#"OperationType="Patch""#, "Patch"),
        (r#"OperationType="XPATH" Magic="1""#, "`Magic` is not known"),
        (r#"OperationType="XPATH" Namespaces="n=urn:one""#, "`Namespaces` is not known"),
    ] {
        let (found, _) = of(&format!("{refused} {source} {second}"));
        assert!(found.contains(named), "{found}");
    }
    let one = format!(
        r#"OperationType="XPATH" XPathOperation="NodeList" PutResultInOneNode="True" {source} {second}"#
    );
    assert!(of(&one).0.contains("PutResultInOneNode"), "{}", of(&one).0);
    let (found, codes) = of(&format!(r#"OperationType="XSLT" {source}"#));
    assert_eq!((found.as_str(), codes[0]), ("", 0xC002_927E));
    let (_, codes) = of(&format!(r#"OperationType="XPATH" {second}"#));
    assert_eq!(codes[0], 0xC002_927D);
    let (_, codes) = of(&format!(
        r#"OperationType="XPATH" {source} SecondOperandType="Variable" SecondOperand="User::none""#
    ));
    assert_eq!(codes[0], 0xC001_4054);
}
