//! What does not run is refused by name, before anything runs.

use crate::support::{
    executable, executables, handler, nothing, package, package_of, project, run, sequence, task,
};

fn refused(text: &str) -> (Vec<String>, Vec<String>) {
    let project = project(&[("P.dtsx", text)]);
    let found = runtime::check(&project, &project.packages[0].package);
    let ran = run(text).failed();
    assert!(ran.started().is_empty(), "{:?}", ran.started());
    (found.iter().map(ToString::to_string).collect(), ran.complaints())
}

#[test]
fn a_task_of_another_product_is_refused_before_the_first_task_runs() {
    let body = executables(&[nothing("A"), task("B", "Contoso.Magic", "", "<Magic />")]);
    let (found, complaints) = refused(&package("", &body));
    assert_eq!(
        found,
        ["Contoso.Magic: no task of the type `Contoso.Magic` is known (at \\Package\\B)"]
    );
    assert!(complaints[0].starts_with("OnError \\B 0xC0010020 Failed to load task \"B\""));
}

#[test]
fn tasks_that_need_windows_are_refused_by_their_names() {
    let script = r#"<ScriptProject Name="ST_1" Language="CSharp" EntryPoint="Main" />"#;
    for (creation, data, name) in [
        ("Microsoft.ScriptTask", script, "Script Task"),
        ("Microsoft.FtpTask", "<FtpData />", "FTP Task"),
        ("Microsoft.XMLTask", "<XMLTaskData />", "XML Task"),
        ("Microsoft.BulkInsertTask", "<BulkInsertTaskData />", "Bulk Insert Task"),
    ] {
        let delayed = r#"DTS:DelayValidation="True""#;
        let body = executables(&[nothing("A"), task("B", creation, delayed, data)]);
        let (found, complaints) = refused(&package("", &body));
        assert_eq!(found.len(), 1, "{found:?}");
        assert!(found[0].starts_with(name), "{found:?}");
        assert!(complaints[0].contains("0xC0010020"), "{complaints:?}");
    }
}

#[test]
fn an_enumerator_that_needs_xpath_is_refused_by_its_name() {
    let settings = r#"<FEENLEnumerator EnumerationType="Navigator" SourceType="DirectInput"
  SourceDocument="&lt;x/&gt;" OuterXPathString="//x" />"#;
    let enumerator = format!(
        r#"<DTS:ForEachEnumerator DTS:CreationName="Microsoft.ForEachNodeListEnumerator"
  DTS:DTSID="{{2D0C7A4C-3A3B-4C65-9E5C-0000000000E1}}" DTS:ObjectName="e"><DTS:ObjectData>
  {settings}</DTS:ObjectData></DTS:ForEachEnumerator>"#
    );
    let each = executable("L", "STOCK:FOREACHLOOP", "", &enumerator);
    let (found, _) = refused(&package("", &executables(&[nothing("A"), each])));
    assert_eq!(
        found,
        ["Foreach Nodelist enumerator: it selects nodes by XPath, which this version does not \
          evaluate (at \\Package\\L)"]
    );
}

#[test]
fn what_is_disabled_is_not_refused() {
    let off = r#"DTS:Disabled="True""#;
    let inside = executables(&[task("S\\B", "Contoso.Magic", "", "")]);
    let body = executables(&[nothing("A"), sequence("S", off, &inside)]);
    let text = package("", &body);
    let project = project(&[("P.dtsx", &text)]);
    assert!(runtime::check(&project, &project.packages[0].package).is_empty());
    run(&text).succeeded();
}

#[test]
fn tasks_in_event_handlers_are_looked_at_too() {
    let inside = executables(&[task("H", "Contoso.Magic", "", "")])
        .replace("Package\\H", "Package.EventHandlers[OnError]\\H");
    let body = executables(&[nothing("A")]) + &handler("", "OnError", &inside);
    let (found, _) = refused(&package("", &body));
    assert!(found[0].contains("\\Package.EventHandlers[OnError]\\H"), "{found:?}");
}

#[test]
fn distributed_transactions_are_refused() {
    let (found, _) =
        refused(&package_of(r#"DTS:TransactionOption="2""#, "", &executables(&[nothing("A")])));
    assert!(found[0].starts_with("TransactionOption=Required"), "{found:?}");
}

#[test]
fn a_package_that_is_not_in_the_project_is_named() {
    let text = package("", "");
    let ran = crate::support::run_with(&[("P.dtsx", &text)], |options| {
        options.package = "Q.dtsx".to_owned();
    });
    assert!(ran.failed().result.first_error.unwrap().1.contains("Q.dtsx"));
}
