//! The steps of an import: OpenAPI 3.1, compositions, parameter names and constants.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by a panic")]

use serde_json::{Value, json};
use xtask::import::composition::compose;
use xtask::import::constants::keep_constants;
use xtask::import::downgrade::downgrade;
use xtask::import::parameter_names::keep_parameter_names;

fn refer(name: &str) -> Value {
    json!({"$ref": format!("#/components/schemas/{name}")})
}

fn composed(described: Value) -> Value {
    let mut document = json!({"openapi": "3.0.3", "paths": {}, "components": {"schemas": described}});
    compose(&mut document);
    document["components"]["schemas"].take()
}

#[test]
fn only_choice_takes_the_name_of_the_choice() {
    let content = json!({"type": "object", "properties": {"title": {"type": "string"}}});
    let schemas = composed(json!({
        "Message": {"oneOf": [refer("ContentMessage")]},
        "Letter": refer("Message"),
        "ContentMessage": content,
        "Holder": {"type": "object", "properties": {
            "message": {"oneOf": [refer("Message")], "nullable": true},
            "name": {"oneOf": [{"type": "string"}]}
        }}
    }));
    assert_eq!(schemas["Message"], content);
    assert_eq!(schemas["Letter"], content);
    assert_eq!(
        schemas["Holder"]["properties"],
        json!({"message": {"nullable": true, "allOf": [refer("Message")]}, "name": {"type": "string"}})
    );
}

#[test]
fn parts_of_parts_become_one_object() {
    let schemas = composed(json!({
        "Base": {"type": "object", "properties": {"id": {"type": "string"}}, "required": ["id"]},
        "Named": {"allOf": [refer("Base"), {"type": "object", "properties": {"name": {"type": "string"}}}, {"type": "object"}]},
        "Owned": {
            "allOf": [refer("Named")],
            "type": "object", "properties": {"owner": {"type": "string"}}, "required": ["owner", "id"]
        }
    }));
    assert_eq!(
        schemas["Owned"],
        json!({
            "type": "object",
            "properties": {"id": {"type": "string"}, "name": {"type": "string"}, "owner": {"type": "string"}},
            "required": ["id", "owner"]
        })
    );
}

#[test]
fn inner_choices_replace_the_inner_choice() {
    let (user, list) = (json!({"type": "object", "properties": {}}), json!({"type": "object", "properties": {}}));
    let schemas = composed(json!({
        "To": {"oneOf": [refer("Recipient"), {"type": "array", "items": refer("Recipient")}]},
        "Recipient": {"oneOf": [refer("User"), refer("List")]}, "User": user, "List": list
    }));
    let expected = json!([refer("User"), refer("List"), {"type": "array", "items": refer("Recipient")}]);
    assert_eq!(schemas["To"]["oneOf"], expected);
}

#[test]
fn component_that_is_not_a_type_is_inlined() {
    let schemas = composed(json!({
        "Thing": {"type": "object", "properties": {"locales": {"allOf": [refer("Locales")], "nullable": true}}},
        "Locales": {"type": "object", "additionalProperties": refer("Name")},
        "Name": {"type": "string"}
    }));
    let locales = &schemas["Thing"]["properties"]["locales"];
    let expected = json!({"nullable": true, "type": "object", "additionalProperties": {"type": "string"}});
    assert_eq!(*locales, expected);
}

#[test]
fn wrapped_reference_and_circles_are_left_alone() {
    let described = json!({
        "Wrapped": {"allOf": [refer("Circle")], "type": "object"},
        "Circle": {"allOf": [refer("Circle"), refer("Circle")]},
        "Alias": refer("Alias")
    });
    assert_eq!(composed(described.clone()), described);
}

fn downgraded(schema: Value) -> Value {
    let mut document = json!({"openapi": "3.1.0", "components": {"schemas": {"Thing": schema}}});
    downgrade(&mut document);
    assert_eq!(document["openapi"], "3.0.3");
    let once = document.clone();
    downgrade(&mut document);
    assert_eq!(document, once, "twice is once");
    document["components"]["schemas"]["Thing"].clone()
}

#[test]
fn keywords_of_31_become_keywords_of_30() {
    for (described, expected) in [
        (json!({"type": ["string", "null"]}), json!({"type": "string", "nullable": true})),
        (json!({"type": "null"}), json!({"nullable": true})),
        (
            json!({"type": ["string", "array"], "items": {"type": "string"}, "description": "D"}),
            json!({"description": "D", "oneOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}),
        ),
        (json!({"const": "text"}), json!({"enum": ["text"], "type": "string"})),
        (json!({"type": "string", "enum": ["a", null]}), json!({"type": "string", "enum": ["a"], "nullable": true})),
        (
            json!({"anyOf": [{"$ref": "#/components/schemas/Thing"}, {"type": "null"}]}),
            json!({"nullable": true, "oneOf": [{"$ref": "#/components/schemas/Thing"}]}),
        ),
        (
            json!({"oneOf": [{"type": "string"}, {"type": "integer"}, {"type": "null"}]}),
            json!({"oneOf": [{"type": "string"}, {"type": "integer"}], "nullable": true}),
        ),
        (json!({"type": "array"}), json!({"type": "array", "items": {}})),
    ] {
        assert_eq!(downgraded(described.clone()), expected, "{described}");
    }
}

#[test]
fn known_path_keeps_our_parameter_names() {
    let parameter = |name: &str| json!({"name": name, "in": "path", "required": true});
    let mut document = json!({"paths": {
        "/lists/{listId}/users/{user}": {
            "parameters": [parameter("listId")],
            "get": {"parameters": [parameter("user"), {"name": "listId", "in": "query"}]}
        },
        "/new/{thingId}": {"get": {"parameters": [parameter("thingId")]}}
    }});
    keep_parameter_names(&mut document, &json!({"paths": {"/lists/{list_id}/users/{user_id}": {}}}));
    assert_eq!(
        document["paths"],
        json!({
            "/lists/{list_id}/users/{user_id}": {
                "parameters": [parameter("list_id")],
                "get": {"parameters": [parameter("user_id"), {"name": "listId", "in": "query"}]}
            },
            "/new/{thingId}": {"get": {"parameters": [parameter("thingId")]}}
        })
    );
}

#[test]
fn constant_that_gains_a_value_keeps_its_first() {
    let document = |kind: Value, mode: Value| {
        json!({"components": {"schemas": {
            "Node": {"required": ["kind", "mode"], "properties": {
                "kind": {"enum": kind}, "mode": {"$ref": "#/components/schemas/Mode"}, "free": {"enum": ["a"]}
            }},
            "Mode": {"enum": mode}
        }}})
    };
    let committed = document(json!(["text"]), json!(["until"]));
    let mut changed = document(json!(["rich", "text"]), json!(["until", "for"]));
    keep_constants(&mut changed, &committed);
    let properties = |document: &Value| document["components"]["schemas"]["Node"]["properties"].clone();
    assert_eq!(properties(&changed)["kind"], json!({"enum": ["rich", "text"], "x-constant": "text"}));
    assert_eq!(properties(&changed)["mode"]["x-constant"], "until");
    assert!(properties(&changed)["free"].get("x-constant").is_none());

    let mut later = document(json!(["rich", "text", "plain"]), json!(["for", "from"]));
    keep_constants(&mut later, &changed);
    assert_eq!(properties(&later)["kind"]["x-constant"], "text");
    assert!(properties(&later)["mode"].get("x-constant").is_none(), "it is another property now");
}
