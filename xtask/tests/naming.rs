//! The names of operations and schemas: joined, kept, proposed and rejected.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by a panic")]

use std::collections::BTreeMap;

use serde_json::{Value, json};
use xtask::findings::Finding;
use xtask::naming::operations::{clashes, propose};
use xtask::naming::rules::misnamed;
use xtask::naming::schemas::{forget, join};

fn document(schemas: &Value) -> Value {
    json!({"paths": {}, "components": {"schemas": schemas}})
}

fn complaints(schemas: &Value) -> Vec<String> {
    misnamed(&document(schemas)).into_iter().map(|finding| finding.text).collect()
}

fn reference(name: &str) -> Value {
    json!({"$ref": format!("#/components/schemas/{name}")})
}

#[test]
fn schemas_with_one_name_are_joined() {
    let leaf = |order: [&str; 2]| json!({"x-name": "Leaf", "type": "string", "enum": order});
    let branch = |leaf: &str| json!({"x-name": "Branch", "type": "object", "properties": {"leaf": reference(leaf)}});
    let mut document = document(&json!({
        "Tree": {
            "oneOf": [reference("TreeBranchOne"), reference("TreeBranchTwo")],
            "discriminator": {"propertyName": "type", "mapping": {"one": "#/components/schemas/TreeBranchOne"}}
        },
        "PotOne": {"x-name": "Pot", "oneOf": [reference("TreeLeafOne"), {"type": "integer"}]},
        "PotTwo": {"x-name": "Pot", "oneOf": [{"type": "integer"}, reference("TreeLeafTwo")]},
        "TreeBranchOne": branch("TreeLeafOne"), "TreeLeafOne": leaf(["a", "b"]),
        "TreeBranchTwo": branch("TreeLeafTwo"), "TreeLeafTwo": leaf(["b", "a"])
    }));
    assert_eq!(join(&mut document), []);
    assert_eq!(
        document["components"]["schemas"],
        json!({
            "Tree": {
                "oneOf": [reference("Branch"), reference("Branch")],
                "discriminator": {"propertyName": "type", "mapping": {"one": "#/components/schemas/Branch"}}
            },
            "Pot": {"oneOf": [reference("Leaf"), {"type": "integer"}]},
            "Branch": {"type": "object", "properties": {"leaf": reference("Leaf")}},
            "Leaf": {"type": "string", "enum": ["a", "b"]}
        })
    );
}

#[test]
fn differing_schema_keeps_its_name() {
    let mut document = document(&json!({
        "BranchOne": {"x-name": "Branch", "properties": {"leaf": reference("LeafOne")}},
        "LeafOne": {"x-name": "Leaf", "type": "string"},
        "BranchTwo": {"x-name": "Branch", "properties": {"leaf": reference("LeafTwo")}},
        "LeafTwo": {"x-name": "Leaf", "type": "integer"}
    }));
    let mut odd: Vec<String> = join(&mut document).into_iter().map(|finding| finding.text).collect();
    odd.sort();
    assert_eq!(
        odd,
        [
            "BranchTwo: types.yaml calls it Branch, as BranchOne, from which it differs in `leaf`",
            "LeafTwo: types.yaml calls it Leaf, as LeafOne, from which it differs in `type`",
        ]
    );
    let names: Vec<&String> = document["components"]["schemas"].as_object().unwrap().keys().collect();
    assert_eq!(names, ["Branch", "Leaf", "BranchTwo", "LeafTwo"]);
}

#[test]
fn name_is_not_taken_from_an_unrelated_schema() {
    let mut document = document(&json!({
        "Leaf": {"type": "string"},
        "LeafOne": {"x-name": "Leaf", "type": "string"}
    }));
    let odd: Vec<String> = join(&mut document).into_iter().map(|finding| finding.text).collect();
    assert_eq!(odd, ["LeafOne: types.yaml calls it Leaf, which another schema is called that has no `x-name`"]);
}

#[test]
fn bad_names_are_reported_with_a_better_one() {
    let schemas = json!({
        "TreeUnionMember3": {"properties": {"type": {"type": "string", "enum": ["oak-tree"]}}},
        "HTMLNode": {"type": "boolean"},
        "SendMessageRequest": {"properties": {"message": reference("SendMessageRequestMessage")}},
        "SendMessageRequestMessage": {"properties": {"to": {"type": "array", "items": reference("SendMessageRequestMessageTo")}}},
        "SendMessageRequestMessageTo": {"type": "integer"},
        "DigestInstance": {"properties": {"status": reference("DigestInstanceStatus")}},
        "DigestInstanceStatus": {"type": "string"}
    });
    assert_eq!(
        complaints(&schemas),
        [
            "TreeUnionMember3: its name depends on the number 3; it could be called TreeOakTree",
            "HTMLNode: not the name that the type has in Rust; it could be called HtmlNode",
            "SendMessageRequestMessage: it repeats the whole name of SendMessageRequest; it could be called Message",
            "SendMessageRequestMessageTo: it repeats the whole name of SendMessageRequestMessage; it could be called MessageTo",
        ]
    );
}

#[test]
fn equal_shapes_need_a_reason_to_stay_apart() {
    let twins = |one: Value, other: Value| {
        let mut schemas = json!({"Run": {"properties": {"id": {"type": "string"}}}, "Walk": {"properties": {"id": {"type": "string", "description": "Its id."}}}});
        schemas["Run"]["x-apart"] = one;
        schemas["Walk"]["x-apart"] = other;
        for schema in schemas.as_object_mut().unwrap().values_mut().filter_map(Value::as_object_mut) {
            schema.retain(|_, value| !value.is_null());
        }
        schemas
    };
    let joined =
        "it has the shape of Run: `x-name` joins them, `x-apart` gives the reason not to; it could be called Run";
    assert_eq!(complaints(&twins(json!("Fast."), Value::Null)), [format!("Walk: {joined}")]);
    let apart = twins(json!("Fast."), json!("Slow."));
    assert_eq!(complaints(&apart), [""; 0]);
    let mut document = document(&apart);
    forget(&mut document);
    assert!(!document.to_string().contains("x-apart"));
    let alone = json!({"Run": {"type": "boolean", "x-apart": "Fast."}});
    assert_eq!(complaints(&alone), ["Run: it has an `x-apart`, and no other schema has its shape"]);
}

#[test]
fn bodies_of_operations_may_have_equal_shapes() {
    let body = |name: &str| json!({"content": {"application/json": {"schema": reference(name)}}});
    let mut document =
        document(&json!({"Made": {"properties": {}}, "Changed": {"properties": {}}, "Thing": {"properties": {}}}));
    document["paths"]["/things"] =
        json!({"post": {"requestBody": body("Made"), "responses": {"2XX": body("Changed")}}});
    assert_eq!(misnamed(&document), []);
}

fn texts(findings: Vec<Finding>) -> Vec<String> {
    findings.into_iter().map(|finding| finding.text).collect()
}

#[test]
fn unnamed_operation_is_named_after_its_path() {
    let mut document = json!({"paths": {
        "/lists/{list_id}/user-tokens": {"get": {"x-method": "lists.user_tokens.list", "operationId": "lists_user_tokens_list"}, "post": {"operationId": "addToken"}},
        "/lists/{id}": {"get": {}}
    }});
    let unnamed = propose(&mut document, &BTreeMap::new());
    assert_eq!(texts(unnamed), ["POST /lists/{list_id}/user-tokens", "GET /lists/{id}"]);
    let post = &document["paths"]["/lists/{list_id}/user-tokens"]["post"];
    assert_eq!(
        post,
        &json!({"operationId": "lists_user_tokens_create", "x-method": "lists.user_tokens.create", "tags": ["Lists"]})
    );
    assert_eq!(document["paths"]["/lists/{id}"]["get"]["x-method"], "lists.retrieve");
    assert_eq!(clashes(&document), []);
}

#[test]
fn clashing_and_disagreeing_names_are_reported() {
    let operation = |id: &str, name: &str| -> Value { json!({"operationId": id, "x-method": name}) };
    for (get, post, expected) in [
        (
            operation("things_list", "things.list_all"),
            operation("things_create", "things.create"),
            "GET /things is called things_list by its `operationId` and things.list_all by its `x-method`: see \
             openapi/overlay/names.yaml",
        ),
        (
            operation("a_b_c", "a.b.c"),
            operation("a_b_c", "a.b_c"),
            "POST /things and GET /things are both called a_b_c: give one another name in openapi/overlay/names.yaml",
        ),
        (
            operation("things", "things"),
            operation("things_create", "things.create"),
            "GET /things has the `x-method` things, which has no dot between the resource and the method: see \
             openapi/overlay/names.yaml",
        ),
    ] {
        let document = json!({"paths": {"/things": {"get": get, "post": post}}});
        assert_eq!(texts(clashes(&document)), [expected]);
    }
}
