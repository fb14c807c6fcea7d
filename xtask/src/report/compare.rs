//! What differs between two descriptions, and what each difference means for a Rust caller.
//!
//! Structs and enums are `#[non_exhaustive]` and built with builders, so that more of anything optional is compatible.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use crate::document::{Operation, SCHEMA_PREFIX, object, operations, references, requires, schemas, text};
use crate::paths::shape;
use crate::report::rust::{field, method, type_name, type_of, variant};
use crate::report::{Change, Effect, Subject};

/// Every difference, in the order of the descriptions: operations, then schemas.
pub fn compare(old: &Value, new: &Value) -> Vec<Change> {
    let mut comparison = Comparison { old, new, sent: sent(new), changes: Vec::new() };
    comparison.operations();
    comparison.schemas();
    comparison.changes
}

/// The Rust names of the types that no operation leads to any more.
pub fn unreachable(old: &Value, new: &Value) -> Vec<String> {
    let left: BTreeSet<String> = schemas(new).map(|(name, _)| type_name(name)).collect();
    schemas(old).map(|(name, _)| type_name(name)).filter(|name| !left.contains(name)).collect()
}

struct Comparison<'a> {
    old: &'a Value,
    new: &'a Value,
    /// The schemas that a caller sends, directly or inside others.
    sent: BTreeSet<String>,
    changes: Vec<Change>,
}

impl Comparison<'_> {
    fn note(&mut self, subject: Subject, effect: Effect, rust: String, what: impl Into<String>) {
        self.changes.push(Change { subject, effect, rust, what: what.into() });
    }

    fn operations(&mut self) {
        let key = |operation: &Operation<'_>| (operation.method, shape(operation.path));
        let (olds, news) = (operations(self.old), operations(self.new));
        for old in &olds {
            match news.iter().find(|new| key(new) == key(old)) {
                Some(new) => self.operation(old, new),
                None => {
                    let what = format!("removed: {}", old.place());
                    self.note(Subject::Operation, Effect::Breaking, method(old.id()), what);
                }
            }
        }
        for new in news.iter().filter(|new| !olds.iter().any(|old| key(old) == key(new))) {
            let what = format!("added: {}", new.place());
            self.note(Subject::Operation, Effect::Compatible, method(new.id()), what);
        }
    }

    fn operation(&mut self, old: &Operation<'_>, new: &Operation<'_>) {
        if old.id() != new.id() {
            let what = format!("is now {}: {}", method(new.id()), new.place());
            self.note(Subject::Operation, Effect::Breaking, method(old.id()), what);
        }
        self.parameters(old, new);
        let call = method(new.id());
        match (body(old.value), body(new.value)) {
            (None, Some(body)) => {
                let is_required = new.value.pointer("/requestBody/required") == Some(&Value::Bool(true));
                self.note(
                    Subject::Operation,
                    Effect::breaking_if(is_required),
                    call.clone(),
                    format!("takes a body now, {body}"),
                );
            }
            (Some(body), None) => {
                self.note(
                    Subject::Operation,
                    Effect::Breaking,
                    call.clone(),
                    format!("takes no body any more, was {body}"),
                );
            }
            (Some(was), Some(is)) if was != is => {
                self.note(Subject::Operation, Effect::Breaking, call.clone(), format!("takes {is}, was {was}"));
            }
            _ => {}
        }
        let (was, is) = (answer(old.value), answer(new.value));
        if was != is {
            self.note(Subject::Operation, Effect::Breaking, call, format!("answers with {is}, was {was}"));
        }
    }

    fn parameters(&mut self, old: &Operation<'_>, new: &Operation<'_>) {
        let (olds, news) = (parameters(old), parameters(new));
        let call = method(new.id());
        for (key, was) in &olds {
            let name = format!("{} parameter `{}`", key.0, key.1);
            let Some(is) = news.get(key) else {
                self.note(Subject::Parameter, Effect::Breaking, call.clone(), format!("{name} removed"));
                continue;
            };
            let types = (parameter_type(was), parameter_type(is));
            if types.0 != types.1 {
                let what = format!("{name} is {}, was {}", types.1, types.0);
                self.note(Subject::Parameter, Effect::Breaking, call.clone(), what);
            }
            match (is_required(was), is_required(is)) {
                (false, true) => {
                    self.note(Subject::Parameter, Effect::Breaking, call.clone(), format!("{name} made required"))
                }
                // The setter is the same; it need not be called.
                (true, false) => {
                    self.note(Subject::Parameter, Effect::Compatible, call.clone(), format!("{name} made optional"))
                }
                _ => {}
            }
        }
        for (key, is) in news.iter().filter(|(key, _)| !olds.contains_key(*key)) {
            let kind = if is_required(is) { "required" } else { "optional" };
            let what = format!("{kind} {} parameter `{}` added", key.0, key.1);
            self.note(Subject::Parameter, Effect::breaking_if(is_required(is)), call.clone(), what);
        }
    }

    fn schemas(&mut self) {
        let news: BTreeMap<String, (&String, &Value)> =
            schemas(self.new).map(|(name, schema)| (type_name(name), (name, schema))).collect();
        let (old_tags, new_tags) = (tags(self.old), tags(self.new));
        for (name, old) in schemas(self.old) {
            let Some((new_name, new)) = news.get(&type_name(name)) else {
                continue;
            };
            let (was, is) = (kind(old), kind(new));
            if was != is {
                self.note(Subject::Schema, Effect::Breaking, type_name(name), format!("is {is}, was {was}"));
                continue;
            }
            self.properties(new_name, &fields(name, old, &old_tags), &fields(new_name, new, &new_tags), (old, new));
            self.values(new_name, old, new);
            self.variants(new_name, old, new);
        }
    }

    fn properties(
        &mut self,
        name: &str,
        olds: &Map<String, Value>,
        news: &Map<String, Value>,
        schemas: (&Value, &Value),
    ) {
        let is_sent = self.sent.contains(name);
        for (property, was) in olds {
            let rust = field(name, property);
            let same = news.get_key_value(property).or_else(|| {
                let mut others = news.iter().filter(|(other, _)| !olds.contains_key(*other));
                others.find(|(other, _)| field(name, other) == rust)
            });
            let Some((new_property, is)) = same else {
                self.note(Subject::Property, Effect::Breaking, rust, "removed");
                continue;
            };
            if new_property != property {
                let what = format!("is sent as `{new_property}`, was as `{property}`");
                self.note(Subject::Property, Effect::Compatible, rust.clone(), what);
            }
            let types = (type_of(was), type_of(is));
            if types.0 != types.1 {
                self.note(
                    Subject::Property,
                    Effect::Breaking,
                    rust.clone(),
                    format!("is {}, was {}", types.1, types.0),
                );
            }
            let required = (requires(schemas.0, property), requires(schemas.1, new_property));
            let option = (!required.0 || is_nullable(was), !required.1 || is_nullable(is));
            let changes_type = option.0 != option.1;
            match required {
                // A builder without it fails.
                (false, true) => {
                    self.note(Subject::Property, Effect::breaking_if(changes_type || is_sent), rust, "made required");
                }
                (true, false) => self.note(Subject::Property, Effect::breaking_if(changes_type), rust, "made optional"),
                _ if changes_type => {
                    let what = if option.1 { "may be null now" } else { "is never null any more" };
                    self.note(Subject::Property, Effect::Breaking, rust, what);
                }
                _ => {}
            }
        }
        let known: BTreeSet<String> = olds.keys().map(|property| field(name, property)).collect();
        for (property, _) in news.iter().filter(|(property, _)| !known.contains(&field(name, property))) {
            let is_required = requires(schemas.1, property);
            let what = if is_required { "required property added" } else { "optional property added" };
            self.note(Subject::Property, Effect::breaking_if(is_required && is_sent), field(name, property), what);
        }
        let rest = (rest(schemas.0), rest(schemas.1));
        if rest.0 != rest.1 && !olds.is_empty() {
            let what = format!("is of {}, was of {}", rest.1, rest.0);
            self.note(Subject::Property, Effect::Breaking, field(name, "extra"), what);
        }
    }

    fn values(&mut self, name: &str, old: &Value, new: &Value) {
        let (olds, news) = (values(old), values(new));
        for value in olds.iter().filter(|value| !news.contains(value)) {
            self.note(Subject::Value, Effect::Breaking, variant(name, value), format!("value `{value}` removed"));
        }
        for value in news.iter().filter(|value| !olds.contains(value)) {
            self.note(Subject::Value, Effect::Compatible, variant(name, value), format!("value `{value}` added"));
        }
    }

    fn variants(&mut self, name: &str, old: &Value, new: &Value) {
        let (olds, news) = (variants(old), variants(new));
        for choice in olds.iter().filter(|choice| !news.contains(choice)) {
            self.note(Subject::Schema, Effect::Breaking, type_name(name), format!("choice {choice} removed"));
        }
        for choice in news.iter().filter(|choice| !olds.contains(choice)) {
            self.note(Subject::Schema, Effect::Compatible, type_name(name), format!("choice {choice} added"));
        }
        let (was, is) = (tag(old), tag(new));
        if was != is {
            let name_of = |tag: Option<&str>| tag.map_or("no tag".to_owned(), |tag| format!("the tag `{tag}`"));
            let what = format!("is told apart by {}, was by {}", name_of(is), name_of(was));
            self.note(Subject::Schema, Effect::Breaking, type_name(name), what);
        }
    }
}

/// The schemas that requests lead to.
fn sent(document: &Value) -> BTreeSet<String> {
    let mut open: Vec<&Value> = Vec::new();
    for operation in operations(document) {
        open.extend(operation.value.get("requestBody"));
        open.extend(operation.value.get("parameters"));
    }
    let mut sent = BTreeSet::new();
    while let Some(value) = open.pop() {
        for name in references(value).into_iter().filter_map(|target| target.strip_prefix(SCHEMA_PREFIX)) {
            if sent.insert(name.to_owned()) {
                open.extend(document.pointer("/components/schemas").and_then(|schemas| schemas.get(name)));
            }
        }
    }
    sent
}

/// The query and header parameters by place and name; path parameters are part of the path.
fn parameters<'a>(operation: &Operation<'a>) -> BTreeMap<(&'a str, &'a str), &'a Value> {
    operation
        .parameters()
        .filter_map(|parameter| Some(((text(parameter, "in")?, text(parameter, "name")?), parameter)))
        .filter(|((place, _), _)| *place != "path")
        .collect()
}

fn parameter_type(parameter: &Value) -> String {
    parameter.get("schema").map(type_of).unwrap_or_default()
}

fn is_required(parameter: &Value) -> bool {
    parameter.get("required") == Some(&Value::Bool(true))
}

fn is_nullable(schema: &Value) -> bool {
    schema.get("nullable") == Some(&Value::Bool(true))
}

fn body(operation: &Value) -> Option<String> {
    content_type(operation.get("requestBody")?)
}

fn answer(operation: &Value) -> String {
    operation.pointer("/responses/2XX").and_then(content_type).unwrap_or_else(|| "()".to_owned())
}

fn content_type(carrier: &Value) -> Option<String> {
    let content = object(carrier, "content")?;
    match content.get("application/json").and_then(|media| media.get("schema")) {
        Some(schema) => Some(type_of(schema)),
        None => content.keys().next().cloned(),
    }
}

/// What Rust makes of a schema.
fn kind(schema: &Value) -> String {
    if schema.get("oneOf").is_some() {
        "a choice".to_owned()
    } else if values(schema).len() > 1 {
        "an enum".to_owned()
    } else if schema.get("properties").is_some() {
        "a struct".to_owned()
    } else {
        type_of(schema)
    }
}

/// The tags that unions take out of the structs of their variants.
fn tags(document: &Value) -> BTreeSet<(String, String)> {
    schemas(document)
        .filter_map(|(_, schema)| schema.get("discriminator"))
        .flat_map(|discriminator| {
            let property = text(discriminator, "propertyName").unwrap_or_default();
            let mapping = object(discriminator, "mapping").into_iter().flatten();
            mapping.filter_map(move |(_, target)| {
                Some((target.as_str()?.strip_prefix(SCHEMA_PREFIX)?.to_owned(), property.to_owned()))
            })
        })
        .collect()
}

/// The properties that are fields in Rust.
fn fields(name: &str, schema: &Value, tags: &BTreeSet<(String, String)>) -> Map<String, Value> {
    let properties = object(schema, "properties").into_iter().flatten();
    properties
        .filter(|(property, _)| !tags.contains(&(name.to_owned(), (*property).clone())))
        .map(|(property, schema)| (property.clone(), schema.clone()))
        .collect()
}

/// The type of the properties that are not named.
fn rest(schema: &Value) -> String {
    schema.get("additionalProperties").map_or_else(|| "Value".to_owned(), type_of)
}

fn values(schema: &Value) -> Vec<&str> {
    schema.get("enum").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect()
}

fn variants(schema: &Value) -> Vec<String> {
    schema.get("oneOf").and_then(Value::as_array).into_iter().flatten().map(type_of).collect()
}

fn tag(schema: &Value) -> Option<&str> {
    schema.get("discriminator").and_then(|discriminator| text(discriminator, "propertyName"))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{compare, unreachable};
    use crate::report::Effect::{self, Breaking, Compatible};

    /// A normalised description: things are sent and answered with, a page is an answer only.
    fn description() -> Value {
        let body = |name: &str| json!({"content": {"application/json": {"schema": {"$ref": format!("#/components/schemas/{name}")}}}});
        json!({
            "paths": {
                "/things": {"get": {
                    "operationId": "things_list",
                    "parameters": [
                        {"name": "cursor", "in": "query", "schema": {"type": "string", "nullable": true}},
                        {"name": "kind", "in": "query", "required": true, "schema": {"type": "string"}}
                    ],
                    "responses": {"2XX": body("Page")}
                }},
                "/things/{thing_id}": {"put": {
                    "operationId": "things_update", "requestBody": body("Thing"), "responses": {"2XX": {"description": ""}}
                }}
            },
            "components": {"schemas": {
                "Page": {"type": "object", "required": ["more"], "additionalProperties": {}, "properties": {
                    "more": {"type": "boolean"}, "items": {"type": "array", "items": {"$ref": "#/components/schemas/Thing"}, "nullable": true}
                }},
                "Thing": {"type": "object", "required": ["id", "note"], "additionalProperties": {}, "properties": {
                    "id": {"type": "string"}, "note": {"type": "string", "nullable": true},
                    "size": {"type": "integer", "nullable": true},
                    "colour": {"allOf": [{"$ref": "#/components/schemas/Colour"}], "nullable": true},
                    "part": {"$ref": "#/components/schemas/Part"}
                }},
                "Colour": {"type": "string", "enum": ["RED", "BLUE"]},
                "Part": {"oneOf": [{"$ref": "#/components/schemas/Bolt"}, {"$ref": "#/components/schemas/Nut"}]},
                "Bolt": {"type": "object", "properties": {"kind": {"type": "string", "enum": ["bolt"]}}},
                "Nut": {"type": "object", "properties": {"kind": {"type": "string", "enum": ["nut"]}}}
            }}
        })
    }

    fn changes(old: &Value, new: &Value) -> Vec<(Effect, String)> {
        compare(old, new)
            .into_iter()
            .map(|change| (change.effect, format!("{} {}", change.rust, change.what)))
            .collect()
    }

    #[test]
    fn each_change_is_one_line_and_rightly_marked() {
        let list = "/paths/~1things/get";
        let schema = |rest: &str| format!("/components/schemas/{rest}");
        let parameter = |name: &str, required: bool| json!({"name": name, "in": "query", "required": required, "schema": {"type": "string", "nullable": true}});
        for (pointer, value, effect, line) in [
            ("/paths/~1things".to_owned(), json!({}), Breaking, "Client::things_list removed: GET /things"),
            (
                format!("{list}/operationId"),
                json!("things_all"),
                Breaking,
                "Client::things_list is now Client::things_all: GET /things",
            ),
            (
                format!("{list}/parameters/0"),
                parameter("cursor", true),
                Breaking,
                "Client::things_list query parameter `cursor` made required",
            ),
            (
                format!("{list}/parameters/1"),
                json!({"name": "kind", "in": "query", "schema": {"type": "string"}}),
                Compatible,
                "Client::things_list query parameter `kind` made optional",
            ),
            (
                format!("{list}/parameters/0/schema/type"),
                json!("integer"),
                Breaking,
                "Client::things_list query parameter `cursor` is i64, was String",
            ),
            (
                format!("{list}/parameters/-"),
                parameter("limit", false),
                Compatible,
                "Client::things_list optional query parameter `limit` added",
            ),
            (
                format!("{list}/parameters/-"),
                parameter("limit", true),
                Breaking,
                "Client::things_list required query parameter `limit` added",
            ),
            (
                format!("{list}/responses/2XX/content/application~1json/schema/$ref"),
                json!("#/components/schemas/Thing"),
                Breaking,
                "Client::things_list answers with types::Thing, was types::Page",
            ),
            (
                format!("{list}/requestBody"),
                json!({"required": true, "content": {"application/json": {"schema": {"type": "object"}}}}),
                Breaking,
                "Client::things_list takes a body now, Map<String, Value>",
            ),
            (
                "/paths/~1things~1{thing_id}/put/requestBody".to_owned(),
                Value::Null,
                Breaking,
                "Client::things_update takes no body any more, was types::Thing",
            ),
            (schema("Thing/properties/size/type"), json!("string"), Breaking, "types::Thing::size is String, was i64"),
            (
                schema("Thing/properties/name"),
                json!({"type": "string", "nullable": true}),
                Compatible,
                "types::Thing::name optional property added",
            ),
            (schema("Thing/required"), json!(["id", "note", "size"]), Breaking, "types::Thing::size made required"),
            (schema("Thing/required"), json!(["note"]), Breaking, "types::Thing::id made optional"),
            (schema("Thing/required"), json!(["id"]), Compatible, "types::Thing::note made optional"),
            (
                schema("Thing/properties/note/nullable"),
                json!(false),
                Breaking,
                "types::Thing::note is never null any more",
            ),
            (
                schema("Thing/additionalProperties"),
                json!({"type": "string"}),
                Breaking,
                "types::Thing::extra is of String, was of Value",
            ),
            (
                schema("Colour/enum"),
                json!(["RED", "BLUE", "DARK_GREEN"]),
                Compatible,
                "types::Colour::DarkGreen value `DARK_GREEN` added",
            ),
            (
                schema("Colour/enum"),
                json!(["RED", "GREY", "BLUE"]),
                Compatible,
                "types::Colour::Grey value `GREY` added",
            ),
            (
                schema("Colour"),
                json!({"type": "object", "properties": {}}),
                Breaking,
                "types::Colour is a struct, was an enum",
            ),
            (schema("Part/oneOf/-"), json!({"type": "string"}), Compatible, "types::Part choice String added"),
            (
                schema("Part/discriminator"),
                json!({"propertyName": "kind"}),
                Breaking,
                "types::Part is told apart by the tag `kind`, was by no tag",
            ),
        ] {
            let old = description();
            let mut new = description();
            put(&mut new, &pointer, value);
            assert_eq!(changes(&old, &new), [(effect, line.to_owned())], "{pointer}");
        }
    }

    #[test]
    fn what_is_only_answered_may_be_required_and_what_is_sent_may_not() {
        for (name, effect) in [("Page", Compatible), ("Thing", Breaking)] {
            let mut new = description();
            put(&mut new, &format!("/components/schemas/{name}/properties/total"), json!({"type": "integer"}));
            put(&mut new, &format!("/components/schemas/{name}/required/-"), json!("total"));
            let expected = (effect, format!("types::{name}::total required property added"));
            assert_eq!(changes(&description(), &new), [expected]);
        }
    }

    #[test]
    fn a_field_that_rust_calls_the_same_is_the_same_field() {
        let mut new = description();
        let properties = new["components"]["schemas"]["Thing"]["properties"].as_object_mut().unwrap();
        let size = properties.shift_remove("size").unwrap();
        properties.insert("Size".to_owned(), size);
        let expected = (Compatible, "types::Thing::size is sent as `Size`, was as `size`".to_owned());
        assert_eq!(changes(&description(), &new), [expected]);
    }

    #[test]
    fn the_types_that_went_with_what_led_to_them_are_named() {
        let mut new = description();
        let schemas = new["components"]["schemas"].as_object_mut().unwrap();
        schemas.shift_remove("Page");
        assert_eq!(unreachable(&description(), &new), ["types::Page"]);
    }

    /// Sets what is at a pointer; `-` is behind the last element, and null removes.
    fn put(document: &mut Value, pointer: &str, value: Value) {
        let (parent, key) = pointer.rsplit_once('/').unwrap();
        match document.pointer_mut(parent).unwrap() {
            Value::Array(array) if key == "-" => array.push(value),
            Value::Array(array) => array[key.parse::<usize>().unwrap()] = value,
            Value::Object(object) => {
                let key = key.replace("~1", "/");
                if value.is_null() {
                    object.shift_remove(&key);
                } else {
                    object.insert(key, value);
                }
            }
            _ => panic!("{pointer} is not there"),
        }
    }
}
