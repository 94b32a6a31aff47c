//! The document tells the truth: every route is in it, and every field of every body.

use std::collections::BTreeSet;

use serde_json::Value;

use super::DOCUMENT;
use super::examples::examples;

fn document() -> Value {
    serde_json::from_str(DOCUMENT).unwrap()
}

fn schema<'a>(document: &'a Value, name: &str) -> &'a Value {
    let schema = &document["components"]["schemas"][name];
    assert!(schema.is_object(), "openapi.json has no schema {name}");
    schema
}

/// Compares an example in which every field has a value with its schema, both ways.
fn compare(document: &Value, schema: &Value, example: &Value, place: &str) -> Vec<String> {
    if let Some(target) = schema["$ref"].as_str() {
        let name = target.rsplit('/').next().unwrap();
        return compare(document, self::schema(document, name), example, place);
    }
    if let Some(choices) = schema["oneOf"].as_array().or(schema["anyOf"].as_array()) {
        let problems = choices.iter().map(|choice| compare(document, choice, example, place));
        return problems.min_by_key(Vec::len).unwrap();
    }
    match example {
        Value::Object(members) if schema["additionalProperties"].is_object() => members
            .iter()
            .flat_map(|(name, member)| {
                let place = format!("{place}.{name}");
                compare(document, &schema["additionalProperties"], member, &place)
            })
            .collect(),
        Value::Object(members) => compare_members(document, schema, members, place),
        Value::Array(items) => {
            assert!(!items.is_empty(), "the example {place} is empty and shows nothing");
            let item = |item| compare(document, &schema["items"], item, &format!("{place}[]"));
            items.iter().flat_map(item).collect()
        }
        Value::String(text) => match schema["enum"].as_array() {
            Some(allowed) if !allowed.contains(example) => {
                vec![format!("{place}: {text} is not allowed")]
            }
            _ => expect_type(schema, "string", place),
        },
        Value::Number(_) => expect_type(schema, "integer", place),
        Value::Bool(_) => expect_type(schema, "boolean", place),
        Value::Null => expect_type(schema, "null", place),
    }
}

fn compare_members(
    document: &Value,
    schema: &Value,
    members: &serde_json::Map<String, Value>,
    place: &str,
) -> Vec<String> {
    let Some(properties) = schema["properties"].as_object() else {
        return vec![format!("{place} is an object, and the schema has no properties")];
    };
    let mut problems = Vec::new();
    for (name, member) in members {
        let place = format!("{place}.{name}");
        match properties.get(name) {
            Some(property) => problems.extend(compare(document, property, member, &place)),
            None => problems.push(format!("{place} is not in openapi.json")),
        }
    }
    let missing = properties.keys().filter(|name| !members.contains_key(*name));
    problems.extend(missing.map(|name| format!("{place}.{name} is in openapi.json only")));
    problems
}

fn expect_type(schema: &Value, wanted: &str, place: &str) -> Vec<String> {
    let said = &schema["type"];
    let fits = match said.as_array() {
        Some(types) => types.iter().any(|said| said == wanted),
        None => said == wanted,
    };
    if fits { Vec::new() } else { vec![format!("{place} is {wanted}, not {said}")] }
}

#[test]
fn every_field_of_every_body_is_in_the_document_and_no_other() {
    let document = document();
    let mut shown = BTreeSet::new();
    for (name, example) in examples() {
        let problems = compare(&document, schema(&document, name), &example, name);
        assert!(problems.is_empty(), "{}\n{example:#}", problems.join("\n"));
        shown.insert(name.to_owned());
    }
    let schemas = document["components"]["schemas"].as_object().unwrap();
    let codes = |schema: &Value| schema["type"] == "integer";
    for (name, schema) in schemas {
        assert!(codes(schema) || shown.contains(name), "there is no example of {name}");
    }
}

#[test]
fn every_variant_of_an_answer_has_an_example() {
    let document = document();
    for (name, schema) in document["components"]["schemas"].as_object().unwrap() {
        let n_variants = schema["oneOf"].as_array().map_or(1, Vec::len);
        let n_examples = examples().iter().filter(|(shown, _)| shown == name).count();
        assert!(n_variants <= n_examples.max(1), "{name}: {n_examples} of {n_variants} shown");
    }
}

#[test]
fn every_reference_leads_somewhere() {
    let document = document();
    for part in DOCUMENT.split("\"#/components/schemas/").skip(1) {
        schema(&document, part.split('"').next().unwrap());
    }
}

#[test]
fn every_part_of_a_query_is_in_the_document_and_no_other() {
    let document = document();
    for (path, method, query) in super::examples::queries() {
        let parameters = document["paths"][path][method]["parameters"].as_array().unwrap();
        let told: BTreeSet<&str> = parameters
            .iter()
            .filter(|parameter| parameter["in"] == "query")
            .map(|parameter| parameter["name"].as_str().unwrap())
            .collect();
        let taken: BTreeSet<&str> = query.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(told, taken, "{method} {path}");
    }
}

/// `(path, method)` of every route, read from the routers' own source.
fn routes() -> BTreeSet<(String, String)> {
    let sources = [
        include_str!("../../server.rs"),
        include_str!("../../cluster.rs"),
        include_str!("../../admin.rs"),
    ];
    let mut routes = BTreeSet::new();
    for route in sources.iter().flat_map(|source| source.split(".route(\"").skip(1)) {
        let (path, handlers) = route.split_once('"').unwrap();
        let handlers = handlers.split(".route(").next().unwrap().split('\n').next().unwrap();
        let found = ["get", "post", "put", "delete"].into_iter().filter(|method| {
            handlers.contains(&format!("{method}("))
                || (*method == "put" && handlers.contains("deploy)"))
        });
        routes.extend(found.map(|method| (path.to_owned(), method.to_owned())));
    }
    routes
}

#[test]
fn every_route_is_in_the_document_and_no_other() {
    let document = document();
    let mut told = BTreeSet::new();
    for (path, methods) in document["paths"].as_object().unwrap() {
        let methods = methods.as_object().unwrap().keys();
        told.extend(methods.map(|method| (path.clone(), method.clone())));
    }
    assert_eq!(told, routes());
    assert!(20 < told.len(), "the routes were not found: {told:?}");
}

#[test]
fn every_route_is_in_the_table_of_permissions() {
    let table = testkit::permissions::gates_of(&["api"]);
    let told: BTreeSet<String> = table.iter().map(|gate| gate.name.to_owned()).collect();
    let there =
        routes().into_iter().map(|(path, method)| format!("{} {path}", method.to_uppercase()));
    assert_eq!(told, there.collect());
}
