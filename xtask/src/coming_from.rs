//! `docs/coming-from.md`: the calls of the official SDKs next to the calls of this crate.

use std::collections::BTreeMap;

use heck::{ToLowerCamelCase, ToSnakeCase};
use serde_json::Value;

use crate::generator::model::rust_type::RustType;
use crate::generator::model::{Model, Operation, TypeShape};
use crate::omitted::omitted;

/// The path of the document in the repository.
pub const FILE: &str = "docs/coming-from.md";

/// The text above the tables: how to read them, and how values are written.
const HEADING: &str = include_str!("coming_from.md");

/// The whole document, with a table for each resource.
pub fn table(document: &Value, model: &Model) -> String {
    let mut by_resource: BTreeMap<&str, Vec<&Operation>> = BTreeMap::new();
    for call in &model.operations {
        by_resource.entry(call.path.first().map_or("", String::as_str)).or_default().push(call);
    }
    let mut text = HEADING.to_owned();
    for (resource, calls) in by_resource {
        text += &format!("\n## `{resource}`\n\n| Node | Python | Rust | response | HTTP |\n|---|---|---|---|---|\n");
        calls.into_iter().for_each(|call| text += &row(model, call));
    }
    let omitted = omitted(document);
    if !omitted.is_empty() {
        text += "\n## Operations without a method\n\nCall these with \
                 [`Client::request`](crate::Client::request).\n\n| HTTP | reason |\n|---|---|\n";
        omitted.iter().for_each(|(heading, reason)| text += &format!("| `{heading}` | {reason} |\n"));
    }
    text
}

fn row(model: &Model, call: &Operation) -> String {
    let [in_node, in_python, in_rust] = arguments(model, call);
    let node: Vec<String> = call.path.iter().map(|part| part.to_lower_camel_case()).collect();
    let resource: String = call.resource().iter().map(|name| format!(".{name}()")).collect();
    let response = match (&call.paging, &call.response) {
        (Some(paging), _) => format!("pages of `{}`", brief(&paging.item)),
        (None, RustType::Unit) => String::new(),
        (None, response) => format!("`{}`", brief(response)),
    };
    let node = format!("client.{}({in_node})", node.join("."));
    let python = format!("client.{}({in_python})", call.path.join("."));
    let rust = format!("client{resource}.{}({in_rust})", call.method());
    format!("| `{node}` | `{python}` | `{rust}` | {response} | `{} {}` |\n", call.http_method, call.template)
}

/// The arguments in Node, Python and Rust: those of the path, then the required part of the body. In Node and Python, only
/// the last part of the path has no name.
fn arguments(model: &Model, call: &Operation) -> [String; 3] {
    let mut in_path: Vec<String> = call.path_parameters.iter().map(|parameter| parameter.ident.clone()).collect();
    let last = in_path.pop();
    let mut python: Vec<String> = last.iter().cloned().chain(in_path.iter().map(|name| format!("{name}=…"))).collect();
    let mut node = in_path;
    let argument = |ident: &str, kind: &RustType| match kind {
        RustType::Text => ident.to_owned(),
        kind => format!("{ident}: {}", brief(kind)),
    };
    let in_path = call.path_parameters.iter();
    let mut rust: Vec<String> = in_path.map(|parameter| argument(&parameter.ident, &parameter.kind)).collect();
    let item = call.body.as_ref().and_then(|body| model.item(body.own_name()?));
    match (item.map(|item| &item.shape), &call.body) {
        (Some(TypeShape::Structure { fields, arguments, constants }), _) => {
            for field in arguments.iter().filter_map(|index| fields.get(*index)) {
                node.push(field.name.clone());
                python.push(format!("{}=…", field.name.to_snake_case()));
                rust.push(argument(&field.ident, &field.kind));
            }
            node.extend(constants.iter().map(|(name, value)| format!("{name}: '{value}'")));
            python.extend(constants.iter().map(|(name, value)| format!("{}={value:?}", name.to_snake_case())));
        }
        (union, Some(body)) => {
            let [in_node, in_python] = if union.is_some() { ["…", "…"] } else { ["body", "body=…"] };
            node.push(in_node.to_owned());
            python.push(in_python.to_owned());
            rust.push(argument("body", body));
        }
        (_, None) => {}
    }
    let object = (!node.is_empty()).then(|| format!("{{ {} }}", node.join(", ")));
    let node = last.map(|name| name.to_lower_camel_case()).into_iter().chain(object).collect();
    [node, python, rust].map(|arguments: Vec<String>| arguments.join(", "))
}

/// A short form of a type, without its wrappers.
fn brief(kind: &RustType) -> String {
    match kind {
        RustType::Unit => String::new(),
        RustType::Named(name) => name.clone(),
        RustType::Sensitive(inner) | RustType::Nullable(inner) | RustType::Optional(inner) => brief(inner),
        RustType::List(inner) => format!("[{}]", brief(inner)),
        RustType::Map(inner) => format!("{{name: {}}}", brief(inner)),
        plain => plain.to_string().rsplit("::").next().unwrap_or_default().to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::table;
    use crate::generator;
    use crate::report::tests::document;

    fn lists(body: &Value) -> String {
        let mut document = document(json!({"Thing": {
            "type": "object", "required": ["ownerName", "id", "kind"], "additionalProperties": {}, "properties": {
                "id": {"type": "string"}, "ownerName": {"$ref": "#/components/schemas/Owner"}, "size": {"type": "integer"},
                "kind": {"type": "string", "enum": ["thing"]}
            }
        }, "Owner": {"type": "object", "additionalProperties": {}, "properties": {"name": {"type": "string"}}}}));
        let parameter =
            |name: &str| json!({"name": name, "in": "path", "required": true, "schema": {"type": "string"}});
        let content = |schema: &Value| json!({"application/json": {"schema": schema}});
        document["paths"]["/lists/{list_id}/things/{thing_id}"]["put"] = json!({
            "operationId": "lists_things_add_multiple", "x-method": "lists.things.add_multiple",
            "parameters": [parameter("list_id"), parameter("thing_id")],
            "requestBody": {"required": true, "content": content(body)},
            "responses": {"2XX": {"description": "", "content": content(&json!({"$ref": "#/components/schemas/Thing"}))}}
        });
        table(&document, &generator::read(&document).unwrap())
    }

    #[test]
    fn row_has_the_call_in_each_language() {
        let table = lists(&json!({"$ref": "#/components/schemas/Thing"}));
        let row = "| `client.lists.things.addMultiple(thingId, { list_id, ownerName, id, kind: 'thing' })` | \
                   `client.lists.things.add_multiple(thing_id, list_id=…, owner_name=…, id=…, kind=\"thing\")` | \
                   `client.lists().things().add_multiple(list_id, thing_id, owner_name: Owner, id)` | `Thing` | \
                   `PUT /lists/{list_id}/things/{thing_id}` |";
        assert!(table.contains(row), "{table}");
        assert!(table.contains("\n## `all`\n") && table.contains("\n## `lists`\n"), "{table}");
    }

    #[test]
    fn body_that_is_not_an_object_has_a_name() {
        let table = lists(&json!({"type": "string"}));
        assert!(table.contains("addMultiple(thingId, { list_id, body })"), "{table}");
        assert!(table.contains("add_multiple(thing_id, list_id=…, body=…)"), "{table}");
        assert!(table.contains(".add_multiple(list_id, thing_id, body)"), "{table}");
    }
}
