use package::{ComponentClass, Disposition};

use crate::testing::{self, Outcome, Rig};

const ORDERS: &str = r#"<?xml version="1.0"?>
<s:orders xmlns:s="urn:shop" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
  <s:order id="1" paid="true"><day>2024-02-29</day><unknown><x>1</x></unknown>
    <item price="1.50"><sku>a</sku></item><item><sku>b</sku><count xsi:nil="true"/></item></s:order>
  <s:order id="2"><note>late &amp; <![CDATA[<big>]]></note><item price="many"><sku>c</sku><count>3</count></item></s:order>
  <item><sku>outside</sku></item>
</s:orders>"#;

fn rig(properties: &[(&str, &str)], disposition: Disposition) -> Rig {
    let mut source = testing::component(ComponentClass::XmlSource, "Xml");
    for (name, text) in properties {
        source.properties.push(testing::property(name, text));
    }
    let mut orders =
        testing::output("Xml", "order", "id i4, paid bool, day dbDate, note wstr:20, order_Id ui8");
    orders.properties.push(testing::property("RowsetID", "orders:order"));
    let mut items =
        testing::output("Xml2", "item", "sku wstr:9, price numeric:9:2, count i4, order_Id ui8");
    items.ref_id = "Xml.Outputs[item]".to_owned();
    items.properties.push(testing::property("RowsetID", "orders:order:item"));
    items.columns[1].dispositions = testing::dispose(disposition);
    let mut errors =
        testing::output("Bad", "Error", "sku wstr:9, price wstr:255, ErrorCode i4, ErrorColumn i4");
    errors.ref_id = "Xml.Outputs[Error]".to_owned();
    errors.is_error_output = true;
    errors.columns[2].special_flags = 1;
    errors.columns[3].special_flags = 2;
    source.outputs.extend([orders, items, errors]);
    let mut rig = Rig::new();
    rig.add(source);
    rig.sink("Orders", &["Xml.id", "Xml.paid", "Xml.day", "Xml.note", "Xml.order_Id"]);
    rig.sink("Items", &["Xml2.order_Id", "Xml2.sku", "Xml2.price", "Xml2.count"]);
    rig.sink("Errors", &["Bad.sku", "Bad.price", "Bad.ErrorCode"]);
    rig.path("Xml.order", "Orders.In").path("Xml.item", "Items.In").path("Xml.Error", "Errors.In");
    rig
}

const FROM_VARIABLE: &[(&str, &str)] =
    &[("AccessMode", "2"), ("XMLDataVariable", "User::Xml"), ("UseInlineSchema", "true")];

fn run(text: &str, disposition: Disposition, batch_rows: usize) -> Outcome {
    let mut rig = rig(FROM_VARIABLE, disposition);
    rig.variable("User::Xml", "wstr:4000", text).batch_rows(batch_rows).run()
}

#[test]
fn elements_become_rows_of_their_outputs_and_know_the_element_around_them() {
    for batch_rows in [1, 2, 100] {
        let outcome = run(ORDERS, Disposition::IgnoreFailure, batch_rows);
        assert!(outcome.result.is_ok(), "{}", outcome.messages());
        insta::allow_duplicates! {
            insta::assert_snapshot!(outcome.rows("Orders"), @r"
            1|True|2024-02-29|NULL|1
            2|NULL|NULL|late & <big>|2
            ");
            insta::assert_snapshot!(outcome.rows("Items"), @r"
            1|a|1.50|NULL
            1|b|NULL|NULL
            2|c|NULL|3
            ");
        }
    }
}

#[test]
fn a_value_that_is_not_of_its_type_leaves_by_the_error_output_or_fails_the_source() {
    let outcome = run(ORDERS, Disposition::RedirectRow, 100);
    let code = 0xC020_92B0_u32.cast_signed();
    assert_eq!(outcome.rows("Errors"), format!("c|many|{code}"), "{}", outcome.messages());
    assert_eq!(outcome.rows("Items").lines().count(), 2);
    let outcome = run(ORDERS, Disposition::FailComponent, 100);
    assert!(outcome.result.is_err() && outcome.messages().contains("C0209029"));
    assert_eq!(outcome.rows("Items").lines().count(), 2, "rows before it have been sent");
}

#[test]
fn a_text_that_is_not_xml_fails_with_what_is_wrong() {
    let outcome = run("<orders><order></orders>", Disposition::IgnoreFailure, 100);
    assert!(outcome.messages().contains("C02090D0"), "{}", outcome.messages());
}

#[test]
fn files_and_their_schema_are_found_and_missing_ones_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    let (data, schema) = (path("orders.xml"), path("orders.xsd"));
    std::fs::write(&data, ORDERS).unwrap();
    let properties =
        [("AccessMode", "0"), ("XMLData", data.as_str()), ("XMLSchemaDefinition", schema.as_str())];
    let outcome = rig(&properties, Disposition::IgnoreFailure).run();
    assert!(outcome.messages().contains("C02090E7"), "{}", outcome.messages());
    std::fs::write(&schema, "<xs:schema xmlns:xs='http://www.w3.org/2001/XMLSchema'/>").unwrap();
    let outcome = rig(&properties, Disposition::IgnoreFailure).run();
    assert_eq!(outcome.rows("Orders").lines().count(), 2, "{}", outcome.messages());
    std::fs::remove_file(&data).unwrap();
    let outcome = rig(&properties, Disposition::IgnoreFailure).run();
    assert!(outcome.messages().contains("C02090D0"), "{}", outcome.messages());
    let nothing = rig(&[("AccessMode", "0")], Disposition::IgnoreFailure).run();
    assert!(nothing.messages().contains("C02090F6"), "{}", nothing.messages());
}
