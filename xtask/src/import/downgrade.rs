//! OpenAPI 3.1 in the words of 3.0, which is what progenitor reads.

use serde_json::{Map, Value, json};

use crate::document::{METHODS, schema_mut, schemas_mut};

/// Keywords of JSON Schema 2020-12 for which 3.0 has no word: what they say is lost, and the server still checks it.
const WITHOUT_A_WORD: [&str; 19] = [
    "$anchor",
    "$comment",
    "$dynamicAnchor",
    "$dynamicRef",
    "$id",
    "$schema",
    "contains",
    "dependentRequired",
    "dependentSchemas",
    "else",
    "if",
    "maxContains",
    "minContains",
    "prefixItems",
    "propertyNames",
    "then",
    "unevaluatedItems",
    "unevaluatedProperties",
    "contentSchema",
];

/// Brings a document down to 3.0. One that is 3.0 already, but has a word of 3.1 here and there, profits too.
pub fn downgrade(document: &mut Value) {
    shared_paths(document);
    schemas_mut(document, &mut schema);
    if let Some(document) = document.as_object_mut() {
        for key in ["webhooks", "jsonSchemaDialect"] {
            document.shift_remove(key);
        }
        if document.get("openapi").and_then(Value::as_str).is_some_and(|version| !version.starts_with("3.0")) {
            document.insert("openapi".to_owned(), json!("3.0.3"));
        }
    }
}

/// A path that refers to `components.pathItems` becomes what is there.
fn shared_paths(document: &mut Value) {
    let all = document.clone();
    let paths = document.get_mut("paths").and_then(Value::as_object_mut);
    for (_, item) in paths.into_iter().flatten() {
        let target = item.get("$ref").and_then(Value::as_str).and_then(|target| target.strip_prefix('#'));
        if let Some(shared) = target.and_then(|pointer| all.pointer(pointer)).and_then(Value::as_object)
            && let Some(item) = item.as_object_mut()
        {
            item.shift_remove("$ref");
            for (key, value) in shared.iter().filter(|(key, _)| METHODS.contains(&key.as_str()) || *key == "parameters")
            {
                item.entry(key.clone()).or_insert_with(|| value.clone());
            }
        }
    }
    if let Some(components) = document.get_mut("components").and_then(Value::as_object_mut) {
        components.shift_remove("pathItems");
    }
}

fn schema(schema: &mut Map<String, Value>) {
    let prefix_items = schema.contains_key("prefixItems");
    schema.retain(|key, _| !WITHOUT_A_WORD.contains(&key.as_str()));
    booleans(schema);
    patterns(schema);
    constant(schema);
    types(schema);
    null_variant(schema);
    for bound in ["Minimum", "Maximum"] {
        exclusive(schema, bound);
    }
    encoding(schema);
    if let Some(Value::Array(examples)) = schema.shift_remove("examples")
        && let Some(first) = examples.first()
    {
        schema.entry("example").or_insert_with(|| first.clone());
    }
    if (prefix_items || schema.get("type").is_some_and(|kind| kind == "array")) && !schema.contains_key("items") {
        schema.insert("items".to_owned(), json!({}));
    }
}

/// A schema can be `true` or `false`.
fn booleans(schema: &mut Map<String, Value>) {
    let properties = schema.get_mut("properties").and_then(Value::as_object_mut);
    properties.into_iter().flatten().for_each(|(_, property)| boolean(property));
    schema.get_mut("items").into_iter().for_each(boolean);
    for key in ["allOf", "anyOf", "oneOf"] {
        schema.get_mut(key).and_then(Value::as_array_mut).into_iter().flatten().for_each(boolean);
    }
}

fn boolean(schema: &mut Value) {
    match schema {
        Value::Bool(true) => *schema = json!({}),
        Value::Bool(false) => *schema = json!({"not": {}}),
        _ => {}
    }
}

/// A map whose keys match a pattern is a map.
fn patterns(map: &mut Map<String, Value>) {
    if let Some(Value::Object(patterns)) = map.shift_remove("patternProperties")
        && let Some((_, mut values)) = patterns.into_iter().next()
        && !map.contains_key("additionalProperties")
    {
        boolean(&mut values);
        schema_mut(&mut values, &mut schema);
        map.insert("additionalProperties".to_owned(), values);
    }
}

/// `const` is an enum of one, and `null` in an enum is `nullable`.
fn constant(schema: &mut Map<String, Value>) {
    if let Some(constant) = schema.shift_remove("const") {
        schema.insert("enum".to_owned(), json!([constant]));
    }
    let Some(values) = schema.get_mut("enum").and_then(Value::as_array_mut) else {
        return;
    };
    let all = values.len();
    values.retain(|value| !value.is_null());
    let (left, only_texts) = (values.len(), values.iter().all(Value::is_string));
    if left == 0 {
        schema.shift_remove("enum");
    } else if only_texts && !schema.contains_key("type") {
        schema.insert("type".to_owned(), json!("string"));
    }
    if left < all {
        schema.insert("nullable".to_owned(), json!(true));
    }
}

/// `type: [string, "null"]` is a nullable string, and more types are a choice.
fn types(schema: &mut Map<String, Value>) {
    let types: Vec<Value> = match schema.get("type") {
        Some(Value::Array(types)) => types.clone(),
        Some(only) if only == "null" => vec![only.clone()],
        _ => return,
    };
    let (null, others): (Vec<Value>, Vec<Value>) = types.into_iter().partition(|name| name == "null");
    if !null.is_empty() {
        schema.insert("nullable".to_owned(), json!(true));
    }
    match others.as_slice() {
        [] => {
            schema.shift_remove("type");
        }
        [only] => {
            schema.insert("type".to_owned(), only.clone());
        }
        several => {
            // Each keyword goes with the one type that it is about; most have none.
            let variants = several.iter().map(|name| {
                let mut variant = Map::new();
                variant.insert("type".to_owned(), name.clone());
                for key in keywords(name.as_str().unwrap_or_default()) {
                    variant.extend(schema.get(*key).map(|value| ((*key).to_owned(), value.clone())));
                }
                if name == "array" {
                    variant.entry("items").or_insert_with(|| json!({}));
                }
                Value::Object(variant)
            });
            let variants: Vec<Value> = variants.collect();
            for name in several {
                for key in keywords(name.as_str().unwrap_or_default()) {
                    schema.shift_remove(*key);
                }
            }
            schema.shift_remove("type");
            schema.insert("oneOf".to_owned(), json!(variants));
        }
    }
}

/// The keywords that mean something for one type alone.
fn keywords(name: &str) -> &'static [&'static str] {
    match name {
        "object" => &["properties", "required", "additionalProperties"],
        "array" => &["items", "minItems", "maxItems", "uniqueItems"],
        "string" => &["enum", "format", "minLength", "maxLength", "pattern"],
        "integer" | "number" => &["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"],
        _ => &[],
    }
}

/// A choice between something and null is that thing, nullable.
fn null_variant(schema: &mut Map<String, Value>) {
    for key in ["anyOf", "oneOf"] {
        let Some(variants) = schema.get_mut(key).and_then(Value::as_array_mut) else {
            continue;
        };
        let all = variants.len();
        // The variant has gone through `types` already.
        variants.retain(|variant| *variant != json!({"nullable": true}));
        let left = variants.len();
        if left < all {
            schema.insert("nullable".to_owned(), json!(true));
        }
        if left == 0 {
            schema.shift_remove(key);
        }
    }
}

/// `exclusiveMinimum: 0` is `minimum: 0` with `exclusiveMinimum: true`.
fn exclusive(schema: &mut Map<String, Value>, bound: &str) {
    let key = format!("exclusive{bound}");
    if let Some(number) = schema.get(&key).filter(|value| value.is_number()).cloned() {
        schema.insert(bound.to_lowercase(), number);
        schema.insert(key, json!(true));
    }
}

/// `contentEncoding` and `contentMediaType` were formats.
fn encoding(schema: &mut Map<String, Value>) {
    let encoding = schema.shift_remove("contentEncoding");
    let media_type = schema.shift_remove("contentMediaType");
    let format = match (encoding, media_type) {
        (Some(encoding), _) if encoding == "base64" => "byte",
        (None, Some(media_type)) if media_type == "application/octet-stream" => "binary",
        _ => return,
    };
    schema.entry("format").or_insert_with(|| json!(format));
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::downgrade;

    fn downgraded(schema: Value) -> Value {
        let mut document = json!({"openapi": "3.1.0", "components": {"schemas": {"Thing": schema}}});
        downgrade(&mut document);
        let once = document.clone();
        downgrade(&mut document);
        assert_eq!(document, once, "twice is once");
        document["components"]["schemas"]["Thing"].clone()
    }

    #[test]
    fn each_word_of_31_becomes_one_of_30() {
        for (described, expected) in [
            (json!({"type": ["string", "null"]}), json!({"type": "string", "nullable": true})),
            (json!({"type": "null"}), json!({"nullable": true})),
            (
                json!({"type": ["string", "array"], "items": {"type": "string"}, "description": "D"}),
                json!({"description": "D", "oneOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}]}),
            ),
            (json!({"const": "text"}), json!({"enum": ["text"], "type": "string"})),
            (
                json!({"type": "string", "enum": ["a", null]}),
                json!({"type": "string", "enum": ["a"], "nullable": true}),
            ),
            (
                json!({"anyOf": [{"$ref": "#/components/schemas/Thing"}, {"type": "null"}]}),
                json!({"anyOf": [{"$ref": "#/components/schemas/Thing"}], "nullable": true}),
            ),
            (
                json!({"type": "integer", "exclusiveMinimum": 0, "maximum": 9}),
                json!({"type": "integer", "exclusiveMinimum": true, "maximum": 9, "minimum": 0}),
            ),
            (json!({"type": "integer", "examples": [1, 2]}), json!({"type": "integer", "example": 1})),
            (json!({"type": "array"}), json!({"type": "array", "items": {}})),
            (json!({"type": "array", "prefixItems": [{}]}), json!({"type": "array", "items": {}})),
            (
                json!({"type": "object", "properties": {"any": true}, "unevaluatedProperties": false}),
                json!({"type": "object", "properties": {"any": {}}}),
            ),
            (
                json!({"type": "object", "patternProperties": {"^x": {"type": ["string", "null"]}}}),
                json!({"type": "object", "additionalProperties": {"type": "string", "nullable": true}}),
            ),
            (json!({"type": "string", "contentEncoding": "base64"}), json!({"type": "string", "format": "byte"})),
        ] {
            assert_eq!(downgraded(described.clone()), expected, "{described}");
        }
    }

    #[test]
    fn the_document_says_that_it_is_30_and_has_its_own_paths() {
        let mut document = json!({
            "openapi": "3.1.0", "webhooks": {},
            "paths": {"/things": {"$ref": "#/components/pathItems/Things"}},
            "components": {"pathItems": {"Things": {"get": {"responses": {}}}}}
        });
        downgrade(&mut document);
        assert_eq!(
            document,
            json!({"openapi": "3.0.3", "paths": {"/things": {"get": {"responses": {}}}}, "components": {}})
        );
    }
}
