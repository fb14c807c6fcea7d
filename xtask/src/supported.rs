//! The only check of the constructs that a description may contain.
//!
//! The rules handle the constructs of Courier's description and its official clients. Everything else is rejected here,
//! by name and position, so that a new construct is noticed the first time. To reject another one, add a keyword or a
//! line below; to support it, add a rule to `normalize/` and remove the keyword.

use anyhow::{Result, ensure};
use serde_json::{Map, Value, json};

use crate::document::{METHODS, SCHEMA_PREFIX, object, operations, text, visit_schemas};
use crate::generator::description::wire;
use crate::import::composition::inner_choices;
use crate::import::strip::LIMITS;
use crate::normalize::path_parameters::PATH_SEGMENT;
use crate::omitted;

/// The keywords of a schema that no rule handles.
const KEYWORDS: [&str; 19] = [
    "$defs",
    "$dynamicRef",
    "anyOf",
    "const",
    "contains",
    "contentEncoding",
    "contentMediaType",
    "dependentRequired",
    "dependentSchemas",
    "else",
    "if",
    "not",
    "patternProperties",
    "prefixItems",
    "propertyNames",
    "then",
    "unevaluatedItems",
    "unevaluatedProperties",
    "xml",
];

/// The formats with a type of the crate, and the type that they need. Other formats mean nothing in Rust.
const FORMATS: [(&str, &str); 7] = [
    ("date-time", "string"),
    ("delivery-time", "string"),
    ("duration-milliseconds", "integer"),
    ("local-date-time", "string"),
    ("milliseconds", "integer"),
    ("password", "string"),
    ("time-zone", "string"),
];

/// The types of OpenAPI 3.0.
const TYPES: [&str; 6] = ["array", "boolean", "integer", "number", "object", "string"];

/// Fails with every construct that is not supported.
pub fn require_supported(document: &Value) -> Result<()> {
    const MAX_NAMED: usize = 5;
    let unsupported = unsupported(document);
    let named: Vec<&str> = unsupported.iter().take(MAX_NAMED).map(String::as_str).collect();
    let more = match unsupported.len() - named.len() {
        0 => String::new(),
        more => format!(", and {more} more"),
    };
    let operations = operations(document).into_iter();
    let affected = operations.filter(|operation| named.iter().any(|what| what.ends_with(&operation.heading())));
    let omissions: String = affected.map(|operation| omitted::template(&operation)).collect();
    let omissions = match omissions.as_str() {
        "" => String::new(),
        actions => format!("; or leave the operation out, in corrections.yaml:{actions}"),
    };
    ensure!(
        unsupported.is_empty(),
        "not supported: {}{more}; correct it in openapi/overlay/corrections.yaml, or add a rule to xtask/src/normalize{omissions}",
        named.join(", ")
    );
    Ok(())
}

/// The schemas that `x-sensitive` can hide: a map of strings or of any JSON, or any JSON. A string has `format: password`.
fn can_be_sensitive(schema: &Map<String, Value>) -> bool {
    let values = schema.get("additionalProperties").unwrap_or(&Value::Bool(true));
    let is_map = schema.get("type").is_some_and(|name| name == "object")
        && [json!(true), json!({}), json!({"type": "string"})].contains(values);
    let is_any = !schema.contains_key("type");
    let described = ["properties", "oneOf", "allOf", "$ref", "enum"];
    (is_map || is_any) && !described.iter().any(|keyword| schema.contains_key(*keyword))
}

/// Each construct that no rule handles, and its position: "`anyOf` at /components/schemas/Thing".
fn unsupported(document: &Value) -> Vec<String> {
    let mut unsupported = Vec::new();
    for (path, item) in object(document, "paths").into_iter().flatten() {
        let is_operation = |(key, value): &(&String, &Value)| METHODS.contains(&key.as_str()) && value.is_object();
        let keywords = item.as_object().into_iter().flatten().filter(|pair| !is_operation(pair));
        unsupported.extend(keywords.map(|(keyword, _)| format!("`{keyword}` of the path {path}")));
        if !item.is_object() {
            unsupported.push(format!("the value of the path {path}"));
        }
    }
    for operation in operations(document) {
        let heading = operation.heading();
        for keyword in ["servers", "security"].iter().filter(|keyword| operation.value.get(keyword).is_some()) {
            unsupported.push(format!("`{keyword}` of {heading}"));
        }
        for parameter in operation.parameters() {
            let location = text(parameter, "in").unwrap_or_default();
            if parameter.get("$ref").is_some() {
                unsupported.push(format!("a parameter by `$ref` at {heading}"));
            } else if parameter.get("x-sensitive").is_some() && location != "path" {
                let name = text(parameter, "name").unwrap_or_default();
                unsupported.push(format!("`x-sensitive` on the {location} parameter `{name}` at {heading}"));
            } else if !["path", "query", "header"].contains(&location) || parameter.get("schema").is_none() {
                let name = text(parameter, "name").unwrap_or_default();
                unsupported.push(format!("the {location} parameter `{name}` at {heading}"));
            }
        }
        for pointer in ["/requestBody/$ref", "/responses/2XX/$ref"] {
            if operation.value.pointer(pointer).is_some() {
                unsupported.push(format!("a body by `$ref` at {heading}"));
            }
        }
    }
    unsupported.extend(wire::unsupported(document));
    visit_schemas(document, &mut |pointer, schema| {
        // This schema's limits come from the rule `path_parameters`.
        if !pointer.starts_with(&format!("/components/schemas/{PATH_SEGMENT}")) {
            unsupported.extend(in_schema(document, schema).into_iter().map(|what| format!("{what} at {pointer}")));
        }
    });
    unsupported
}

fn in_schema(document: &Value, schema: &Value) -> Vec<String> {
    let Some(object) = schema.as_object() else {
        return vec![format!("the schema `{schema}`")];
    };
    let keywords = KEYWORDS.iter().chain(&LIMITS).filter(|keyword| object.contains_key(**keyword));
    let mut unsupported: Vec<String> = keywords.map(|keyword| format!("`{keyword}`")).collect();
    let parts = |keyword: &str| object.get(keyword).map(|parts| parts.as_array().map_or(0, Vec::len));
    if parts("allOf").is_some_and(|count| count != 1) || parts("allOf").is_some() && object.contains_key("properties") {
        unsupported.push("`allOf` of several parts".to_owned());
    }
    if parts("oneOf").is_some_and(|count| count < 2) {
        unsupported.push("`oneOf` of fewer than two choices".to_owned());
    }
    let choices = object.get("oneOf").and_then(Value::as_array).into_iter().flatten();
    if choices.into_iter().any(|choice| inner_choices(document, choice).is_some()) {
        unsupported.push("a choice inside `oneOf`".to_owned());
    }
    if object.contains_key("x-sensitive") && !can_be_sensitive(object) {
        unsupported.push("`x-sensitive` on a schema that is neither a map nor any JSON".to_owned());
    }
    let kind = object.get("type").and_then(Value::as_str);
    let format = object.get("format").and_then(Value::as_str);
    if let Some((format, needed)) = FORMATS.iter().find(|(own, needed)| format == Some(own) && kind != Some(needed)) {
        unsupported.push(format!("`format: {format}` on a type other than `{needed}`"));
    }
    match object.get("type") {
        None => {}
        Some(Value::String(name)) if TYPES.contains(&name.as_str()) => {}
        Some(Value::String(name)) => unsupported.push(format!("`type: {name}`")),
        Some(_) => unsupported.push("`type` of several types".to_owned()),
    }
    if object.contains_key("discriminator") && !object.contains_key("oneOf") {
        unsupported.push("`discriminator` without `oneOf`".to_owned());
    }
    let properties = object.get("properties");
    if properties.is_some_and(|properties| !properties.is_object()) {
        unsupported.push("`properties` that are not an object".to_owned());
    }
    match object.get("required") {
        None => {}
        Some(Value::Array(names)) => {
            let is_described = |name: &str| properties.is_none_or(|properties| properties.get(name).is_some());
            let missing = names.iter().filter(|name| !name.as_str().is_some_and(is_described));
            unsupported
                .extend(missing.map(|name| format!("the required {name}, which is not one of the `properties`,")));
        }
        Some(_) => unsupported.push("`required` that is not a list".to_owned()),
    }
    if let Some(target) = object.get("$ref") {
        let name = target.as_str().and_then(|target| target.strip_prefix(SCHEMA_PREFIX));
        if name.is_none_or(|name| name.contains('/')) {
            unsupported.push(format!("`$ref` to {target}"));
        }
    }
    unsupported
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{require_supported, unsupported};
    use crate::normalize::tests::{operation, schemas};

    fn in_thing(schema: Value) -> Vec<String> {
        unsupported(&schemas(json!({"Thing": schema, "Other": {"oneOf": [{"type": "string"}, {"type": "integer"}]}})))
    }

    #[test]
    fn unsupported_keyword_is_named_with_its_position() {
        let refer = |target: &str| json!({"$ref": format!("#/components/schemas/{target}")});
        for (schema, expected) in [
            (json!({"anyOf": [{}, {}]}), "`anyOf` at /components/schemas/Thing"),
            (json!({"properties": {"a": {"not": {}}}}), "`not` at /components/schemas/Thing/properties/a"),
            (json!({"items": {"maxLength": 3}}), "`maxLength` at /components/schemas/Thing/items"),
            (json!({"allOf": [refer("Other"), {}]}), "`allOf` of several parts at /components/schemas/Thing"),
            (
                json!({"allOf": [refer("Other")], "properties": {}}),
                "`allOf` of several parts at /components/schemas/Thing",
            ),
            (json!({"oneOf": [{}]}), "`oneOf` of fewer than two choices at /components/schemas/Thing"),
            (json!({"oneOf": [refer("Other"), {}]}), "a choice inside `oneOf` at /components/schemas/Thing"),
            (json!({"type": ["string", "integer"]}), "`type` of several types at /components/schemas/Thing"),
            (json!({"items": true}), "the schema `true` at /components/schemas/Thing/items"),
            (refer("Other/oneOf/0"), "`$ref` to \"#/components/schemas/Other/oneOf/0\" at /components/schemas/Thing"),
        ] {
            assert_eq!(in_thing(schema.clone()), [expected], "{schema}");
        }
        assert_eq!(in_thing(json!({"properties": {"anyOf": {"allOf": [refer("Other")], "nullable": true}}})), [""; 0]);
    }

    #[test]
    fn unsupported_parameter_and_body_are_named() {
        let parameters =
            json!([{"$ref": "#/components/parameters/A"}, {"name": "session", "in": "cookie", "schema": {}}]);
        let success = json!({"2XX": {"content": {"text/csv": {"schema": {"type": "string"}}}}});
        let mut document =
            operation(json!({"parameters": parameters, "requestBody": {"$ref": "#/a"}, "responses": success}));
        document["paths"]["/things"]["parameters"] = json!([]);
        assert_eq!(
            unsupported(&document),
            [
                "`parameters` of the path /things",
                "a parameter by `$ref` at GET /things",
                "the cookie parameter `session` at GET /things",
                "a body by `$ref` at GET /things",
                "the response `text/csv` at GET /things"
            ]
        );
    }

    #[test]
    fn refusal_names_the_first_few() {
        let properties: Value = (0..7).map(|index| (format!("p{index}"), json!({"if": {}}))).collect();
        let error = require_supported(&schemas(json!({"Thing": {"properties": properties}}))).unwrap_err().to_string();
        assert!(error.starts_with("not supported: `if` at /components/schemas/Thing/properties/p0, "), "{error}");
        assert!(error.contains(", and 2 more; correct it in openapi/overlay/corrections.yaml"), "{error}");
    }
}
