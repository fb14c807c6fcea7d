//! A program that uses the whole surface: a change that the report calls compatible must not break it.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by a panic")]

mod copy;
mod program;

use std::fs;
use std::path::Path;

use serde_json::{Value, json};
use xtask::report::changes::Effect::{Breaking, Compatible};
use xtask::report::changes::compare;
use xtask::{document, generator};

use self::copy::Copy;
use self::program::program;

/// The description that the crate is generated from.
fn courier() -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../openapi/courier.yaml");
    document::parse(&fs::read_to_string(path).unwrap()).unwrap()
}

fn refer(name: &str) -> Value {
    json!({"$ref": format!("#/components/schemas/{name}")})
}

/// Renames the members of an object without changing their order.
fn rename(object: &mut Value, name: impl Fn(&str, &Value) -> Option<String>) {
    let members = std::mem::take(object.as_object_mut().unwrap());
    let renamed = members.into_iter().map(|(old, value)| (name(&old, &value).unwrap_or(old), value));
    *object = Value::Object(renamed.collect());
}

fn camel_case(name: &str) -> String {
    heck::ToLowerCamelCase::to_lower_camel_case(name)
}

/// Every change to a description that does not break callers, applied as often as possible.
fn compatibly_changed(mut document: Value) -> Value {
    let mut added = document["paths"]["/brands"]["get"].clone();
    added["operationId"] = json!("brands_never_seen");
    added["x-method"] = json!("brands.never_seen");
    let paths = &mut document["paths"];
    paths["/brands/never/seen"] = json!({"get": added});
    rename(paths, |path, _| Some(format!("/v2{}", path.replace("{list_id}", "{listId}"))));
    for (path, method, operation) in operations(paths) {
        let parameters = operation.as_object_mut().unwrap().entry("parameters").or_insert_with(|| json!([]));
        let parameters = parameters.as_array_mut().unwrap();
        for parameter in parameters.iter_mut() {
            // Pages are recognized by this name.
            match parameter["name"].as_str().unwrap() {
                "list_id" if parameter["in"] == "path" => parameter["name"] = json!("listId"),
                name if parameter["in"] == "query" && name != "cursor" => parameter["name"] = json!(camel_case(name)),
                _ => {}
            }
        }
        parameters.push(json!({"name": "never_sent", "in": "query", "schema": {"type": "string"}}));
        parameters.push(json!({"name": "x-never-sent-before", "in": "header", "schema": {"type": "string"}}));
        if path.ends_with("/journeys/{template_id}/versions") {
            parameters.push(json!({"name": "cursor", "in": "query", "schema": {"type": "string"}}));
        }
        if method == "post" {
            operation["x-repeatable"] = json!(true);
        }
        if operation["x-method"] == "audiences.list" {
            operation["deprecated"] = json!(true);
            operation["x-replacement"] = json!("lists.list");
        }
    }
    let schemas = document["components"]["schemas"].as_object_mut().unwrap();
    for (name, schema) in schemas.iter_mut() {
        if let Some(values) = schema.get_mut("enum").and_then(Value::as_array_mut).filter(|values| values.len() > 1) {
            values.insert(1, json!("NEVER_SEEN"));
        }
        if name == "MessageStatus" {
            schema["enum"][0] = json!(schema["enum"][0].as_str().unwrap().to_lowercase());
        }
        if let Some(variants) = schema.get_mut("oneOf").and_then(Value::as_array_mut) {
            variants.reverse();
            if name == "Recipient" {
                variants.insert(1, refer("NeverSeenRecipient"));
            }
        }
        let required = schema.get("required").cloned().unwrap_or_default();
        if let Some(properties) =
            schema.get_mut("properties").filter(|properties| properties.as_object().is_some_and(|all| !all.is_empty()))
        {
            let is_paging = |name: &str| ["paging", "cursor", "next_cursor", "has_more"].contains(&name);
            let is_required = |name: &str| required.as_array().is_some_and(|all| all.iter().any(|other| other == name));
            rename(properties, |name, _| Some(camel_case(name)).filter(|_| !is_paging(name) && !is_required(name)));
            for property in properties.as_object_mut().unwrap().values_mut().filter(|property| property.is_object()) {
                property["deprecated"] = json!(true);
            }
            properties["never_seen"] = json!({"type": "array", "items": {"type": "string"}});
        }
    }
    schemas["CheckUpdate"]["properties"]["type"] = json!({"allOf": [refer("NeverSeenKind")], "x-constant": "custom"});
    schemas["MergeProfileResponse"]["properties"]["status"]["enum"] = json!(["NEVER_SEEN"]);
    schemas["JourneySendNode"]["properties"]["type"]["enum"] = json!(["never-seen"]);
    schemas.insert("NeverSeenKind".to_owned(), json!({"type": "string", "enum": ["custom", "another"]}));
    schemas.insert(
        "NeverSeenRecipient".to_owned(),
        json!({
            "type": "object", "required": ["never_seen_id"], "additionalProperties": {},
            "properties": {"never_seen_id": {"type": "string"}, "kind": refer("NeverSeenKind")}
        }),
    );
    add_unusual_shapes(&mut document);
    document
}

/// Shapes that Courier's description does not have, which compile all the same.
fn add_unusual_shapes(document: &mut Value) {
    let map = |value: Value| json!({"type": "object", "additionalProperties": value});
    let list = |value: Value| json!({"type": "array", "items": value});
    let text = json!({"type": "string"});
    let object = |required: Value, properties: Value| json!({"type": "object", "required": required, "additionalProperties": {}, "properties": properties});
    let carry = |schema: Value| json!({"description": "", "content": {"application/json": {"schema": schema}}});
    let tree = refer("UnusualTree");
    let nullable = |schema: Value| json!({"allOf": [schema], "nullable": true});
    let operations = [
        ("map", map(tree.clone()), map(tree.clone())),
        ("lists", map(list(text.clone())), map(map(text.clone()))),
        ("list", list(tree.clone()), list(tree.clone())),
        ("maps", list(map(text.clone())), list(map(tree.clone()))),
        ("nullable", nullable(tree.clone()), nullable(tree.clone())),
        ("union", refer("UnusualChoice"), refer("UnusualChoice")),
        ("scalar", json!({"type": "integer", "format": "int32"}), json!({"type": "number", "format": "float"})),
        ("keyword", json!({}), refer("NeverSeenKind")),
    ];
    for (name, body, response) in operations {
        let operation = json!({
            "operationId": format!("brands_unusual_{name}"), "x-method": format!("brands.unusual_{name}"),
            "parameters": [
                {"name": "size", "in": "query", "schema": {"type": "number"}},
                {"name": "kinds", "in": "query", "schema": list(refer("NeverSeenKind"))},
                {"name": "x-shade", "in": "header", "schema": refer("NeverSeenKind")},
                {"name": "x-weight", "in": "header", "schema": {"type": "number"}},
                {"name": "x-type", "in": "header", "schema": {"type": "boolean"}}
            ],
            "requestBody": carry(body), "responses": {"2XX": carry(response)}
        });
        document["paths"][format!("/brands/unusual/{name}")] = json!({"post": operation});
    }
    let pages = [
        ("optional", "Paging", json!([])),
        ("more", "UnusualPaging", json!(["paging", "items"])),
        ("flat", "", json!(["cursor"])),
    ];
    let schemas = &mut document["components"]["schemas"];
    for (name, paging, required) in pages {
        let items = json!({"type": "array", "items": tree, "nullable": true});
        let mut properties = json!({"items": items, "others": list(tree.clone())});
        match paging {
            "" => properties["cursor"] = text.clone(),
            paging => properties["paging"] = refer(paging),
        }
        schemas[format!("Unusual{}Page", heck::ToUpperCamelCase::to_upper_camel_case(name))] =
            object(required, properties);
    }
    schemas["UnusualPaging"] = object(json!(["cursor"]), json!({"cursor": text, "more": {"type": "boolean"}}));
    schemas["UnusualTree"] = object(
        json!(["id", "id", "lists"]),
        json!({
            "id": {"type": "integer", "format": "uint64"}, "ratio": {"type": "number", "format": "double"},
            "parent": tree, "children": list(tree.clone()), "choice": refer("UnusualChoice"),
            "nothing": nullable(refer("UnusualChoice")), "lists": map(list(text.clone())),
            "maps": map(map(text.clone())), "choices": map(list(refer("UnusualChoice"))), "kinds": refer("UnusualKind"),
            "clone": text, "self": text, "": text, "inner": list(list(text.clone())), "value": map(list(text.clone()))
        }),
    );
    schemas["UnusualTree"]["deprecated"] = json!(true);
    schemas["UnusualChoice"] = json!({"oneOf": [
        tree, {"type": "string"}, {"type": "integer"}, {"type": "boolean"}, list(refer("UnusualChoice"))
    ]});
    schemas["UnusualKind"] = json!({
        "type": "string", "enum": ["SENT", "sent", "a`b\nc\rd\u{202e}", "*/ #![doc]", "Err", "Ok", "None", "self"],
        "x-values": {"sent": "SentLater"}, "deprecated": true
    });
    for (name, page) in [("optional", "UnusualOptionalPage"), ("more", "UnusualMorePage"), ("flat", "UnusualFlatPage")]
    {
        document["paths"][format!("/brands/unusual/{name}")] = json!({"get": {
            "operationId": format!("brands_unusual_{name}_pages"), "x-method": format!("brands.unusual_{name}_pages"),
            "parameters": [{"name": "cursor", "in": "query", "schema": text}], "responses": {"2XX": carry(refer(page))}
        }});
    }
}

/// The operations with their paths and methods.
fn operations(paths: &mut Value) -> Vec<(String, String, &mut Value)> {
    let items = paths.as_object_mut().unwrap().iter_mut();
    items
        .flat_map(|(path, item)| {
            let operations = item.as_object_mut().unwrap().iter_mut();
            operations.map(move |(method, operation)| (path.clone(), method.clone(), operation))
        })
        .collect()
}

/// The texts of the report about compatible changes, without names.
const KINDS: [&str; 18] = [
    "added: GET",
    "is sent to",
    "optional query parameter",
    "optional header parameter",
    "query parameter `tenant_id` is sent as `tenantId`",
    "`items()` and `pages()` added",
    "is deprecated: Courier has deprecated this operation",
    "is deprecated: Courier has deprecated this property",
    "may now be repeated",
    "added, an enum",
    "added, a struct",
    "optional property added",
    "property added, types::NeverSeenKind::Custom unless it is set",
    "`type` is no longer always sent as `custom`",
    "is sent with `type` `never-seen`, was `send`",
    "value `NEVER_SEEN` added",
    "variant of types::NeverSeenRecipient added",
    "is sent as `",
];

#[test]
fn compatible_change_compiles_with_an_older_caller() {
    let old = courier();
    let new = compatibly_changed(old.clone());
    let (old, model) = (generator::read(&old).unwrap(), generator::read(&new).unwrap());
    let changes = compare(&old, &model);
    for change in &changes {
        assert_eq!(change.effect, Compatible, "{} {}", change.rust, change.what);
    }
    for kind in KINDS {
        assert!(changes.iter().any(|change| change.what.contains(kind)), "no change of the kind {kind:?}");
    }
    // And with a caller of the shapes that are new.
    let caller = program(&model, Some("brands"));
    let program = format!("{}\nmod new {{\n{caller}\n}}\n", program(&old, None));
    let copy = Copy::new("compatible", &new, &program, "all-resources");
    assert_eq!(copy.check(), "");
}

#[test]
fn breaking_change_breaks_an_older_caller() {
    let old = courier();
    let mut new = old.clone();
    let schemas = &mut new["components"]["schemas"];
    schemas["Tenant"]["properties"].as_object_mut().unwrap().shift_remove("parent_tenant_id");
    schemas["TenantListResponse"]["properties"]["url"]["type"] = json!("integer");
    schemas["SubscriptionTopicStatus"]["enum"].as_array_mut().unwrap().retain(|value| value != "REQUIRED");
    let replace = &mut schemas["TenantsTemplatesReplaceRequest"];
    replace["properties"]["never_seen"] = json!({"type": "string"});
    replace["required"].as_array_mut().unwrap().push(json!("never_seen"));
    let paths = &mut new["paths"];
    paths["/tenants/{tenant_id}/templates/{template_id}"].as_object_mut().unwrap().shift_remove("delete");
    let parameters = &mut paths["/tenants/{tenant_id}/users"]["get"]["parameters"];
    parameters.as_array_mut().unwrap().retain(|parameter| parameter["name"] != "cursor");

    let (old, model) = (generator::read(&old).unwrap(), generator::read(&new).unwrap());
    let changes = compare(&old, &model).into_iter();
    let changes: Vec<_> = changes.map(|change| (change.effect, format!("{} {}", change.rust, change.what))).collect();
    // The texts of the report and of the compiler.
    let broken = [
        ("resources::Tenants::list_users query parameter `cursor` removed", "no method named `cursor`"),
        ("resources::Tenants::list_users `items()` and `pages()` removed", "bound `TenantsListUsers: Paged`"),
        ("resources::TenantsTemplates::delete removed", "no method named `delete`"),
        ("resources::TenantsTemplates::replace takes the arguments", "takes 4 arguments but 3"),
        ("types::SubscriptionTopicStatus::Required value `REQUIRED` removed", "named `Required`"),
        ("types::Tenant::parent_tenant_id removed", "field named `parent_tenant_id`"),
        ("types::TenantListResponse::url is i64, was String", "expected `&String`, found `&i64`"),
        ("types::TenantsTemplatesReplaceRequest::never_seen required property added", "takes 2 arguments but 1"),
    ];
    assert_eq!(changes.len(), broken.len(), "{changes:#?}");
    let errors = Copy::new("breaking", &new, &program(&old, Some("tenants")), "tenants").check();
    for ((effect, change), (reported, compiled)) in changes.iter().zip(broken) {
        assert_eq!(*effect, Breaking, "{change}");
        assert!(change.starts_with(reported) && errors.contains(compiled), "{change}: {compiled}\n{errors}");
    }
}
