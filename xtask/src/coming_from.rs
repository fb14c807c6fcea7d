//! `docs/coming-from.md`: the calls of the official SDKs next to the calls of this crate.

use std::collections::BTreeMap;

use heck::{ToLowerCamelCase, ToSnakeCase};
use serde_json::Value;

use crate::generator::model::rust_type::RustType;
use crate::generator::model::{Model, Operation, TypeItem, TypeShape};
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
        omitted.iter().for_each(|operation| text += &format!("| `{}` | {} |\n", operation.heading, operation.reason));
    }
    text
}

fn row(model: &Model, call: &Operation) -> String {
    let body = Body::new(model, call);
    let node: Vec<String> = call.path.iter().map(|part| part.to_lower_camel_case()).collect();
    let resource: String = call.resource().iter().map(|name| format!(".{name}()")).collect();
    let response = match (&call.paging, &call.response) {
        (Some(paging), _) => format!("pages of `{}`", brief(&paging.item)),
        (None, RustType::Unit) => String::new(),
        (None, response) => format!("`{}`", brief(response)),
    };
    let [node, python, rust, http] = [
        format!("client.{}({})", node.join("."), in_node(call, &body)),
        format!("client.{}({})", call.path.join("."), in_python(call, &body)),
        format!("client{resource}.{}({})", call.method(), in_rust(call, &body)),
        format!("{} {}", call.http_method, call.template),
    ];
    format!("| `{node}` | `{python}` | `{rust}` | {response} | `{http}` |\n")
}

/// The required part of the body of a call.
enum Body<'a> {
    None,
    /// The properties by wire name, identifier and type, and the properties with only one possible value.
    Properties(Vec<(&'a str, &'a str, &'a RustType)>, &'a [(String, String)]),
    /// A union of structures.
    Union(&'a RustType),
    /// A string.
    Plain(&'a RustType),
}

impl<'a> Body<'a> {
    fn new(model: &'a Model, call: &'a Operation) -> Self {
        let Some(body) = &call.body else { return Self::None };
        match body.own_name().and_then(|name| model.item(name)) {
            Some(TypeItem { shape: TypeShape::Structure { fields, arguments, constants }, .. }) => {
                let required = arguments.iter().filter_map(|index| fields.get(*index));
                let required = required.map(|field| (field.name.as_str(), field.ident.as_str(), &field.kind));
                Self::Properties(required.collect(), constants)
            }
            Some(_) => Self::Union(body),
            None => Self::Plain(body),
        }
    }
}

/// The last path parameter, and an object with the rest.
fn in_node(call: &Operation, body: &Body<'_>) -> String {
    let (last, mut named) = in_path(call);
    match body {
        Body::None => {}
        Body::Properties(properties, constants) => {
            named.extend(properties.iter().map(|(name, ..)| (*name).to_owned()));
            named.extend(constants.iter().map(|(name, value)| format!("{name}: '{value}'")));
        }
        Body::Union(_) => named.push("…".to_owned()),
        Body::Plain(_) => named.push("body".to_owned()),
    }
    let object = Some(named).filter(|named| !named.is_empty()).map(|named| format!("{{ {} }}", named.join(", ")));
    last.map(|name| name.to_lower_camel_case()).into_iter().chain(object).collect::<Vec<_>>().join(", ")
}

/// The last path parameter, and the rest by name.
fn in_python(call: &Operation, body: &Body<'_>) -> String {
    let (last, named) = in_path(call);
    let mut named: Vec<String> = named.into_iter().map(|name| format!("{name}=…")).collect();
    match body {
        Body::None => {}
        Body::Properties(properties, constants) => {
            named.extend(properties.iter().map(|(name, ..)| format!("{}=…", name.to_snake_case())));
            named.extend(constants.iter().map(|(name, value)| format!("{}={value:?}", name.to_snake_case())));
        }
        Body::Union(_) => named.push("…".to_owned()),
        Body::Plain(_) => named.push("body=…".to_owned()),
    }
    last.into_iter().chain(named).collect::<Vec<_>>().join(", ")
}

fn in_path(call: &Operation) -> (Option<String>, Vec<String>) {
    let mut names: Vec<String> = call.path_parameters.iter().map(|parameter| parameter.ident.clone()).collect();
    (names.pop(), names)
}

/// The arguments in the order of the path, then of the body, with the type of everything that is not a string.
fn in_rust(call: &Operation, body: &Body<'_>) -> String {
    let in_path = call.path_parameters.iter().map(|parameter| (parameter.ident.as_str(), &parameter.kind));
    let in_body = match body {
        Body::None => Vec::new(),
        Body::Properties(properties, _) => properties.iter().map(|(_, ident, kind)| (*ident, *kind)).collect(),
        Body::Union(kind) | Body::Plain(kind) => vec![("body", *kind)],
    };
    let argument = |(ident, kind): (&str, &RustType)| match kind {
        RustType::Text => ident.to_owned(),
        kind => format!("{ident}: {}", brief(kind)),
    };
    in_path.chain(in_body).map(argument).collect::<Vec<_>>().join(", ")
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
