//! The only check of the constructs that a description may contain.
//!
//! The rules handle the constructs of Courier's description and its official clients. Everything else is rejected here,
//! by name and position, so that a new construct is noticed the first time. To support one, add a rule to `normalize/`
//! that converts it, or its keyword below.

use anyhow::{Result, ensure};
use serde_json::{Value, json};

use crate::document::{METHODS, SCHEMA_PREFIX, elements, members, operations, text, visit_schemas};
use crate::findings::first_few;
use crate::generator::description::wire;
use crate::import::composition::inner_choices;
use crate::normalize::path_parameters::PATH_SEGMENT;
use crate::omitted;

/// Returns `true` for a keyword of a schema that the rules and the generator handle, or that means nothing to them.
fn is_supported(keyword: &str) -> bool {
    match keyword {
        "$ref"
        | "additionalProperties"
        | "allOf"
        | "deprecated"
        | "description"
        | "discriminator"
        | "enum"
        | "example"
        | "format"
        | "items"
        | "nullable"
        | "oneOf"
        | "properties"
        | "readOnly"
        | "required"
        | "title"
        | "type"
        | "writeOnly" => true,
        _ => keyword.starts_with("x-"),
    }
}

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
    let unsupported = unsupported(document);
    let named = first_few(&unsupported, ", ");
    let affected = operations(document).into_iter().filter(|operation| {
        let heading = operation.heading();
        named.split(", ").any(|construct| construct.ends_with(&heading))
    });
    let omissions: String = affected.map(|operation| omitted::template(&operation)).collect();
    let omissions = match omissions.as_str() {
        "" => String::new(),
        actions => format!("; or leave the operation out, in corrections.yaml:{actions}"),
    };
    ensure!(
        unsupported.is_empty(),
        "not supported: {named}; correct it in openapi/overlay/corrections.yaml, or add a rule to xtask/src/normalize{omissions}"
    );
    Ok(())
}

/// Returns `true` if `x-sensitive` can hide a schema: a map of strings or of any JSON, or any JSON. A string has
/// `format: password`.
fn can_be_sensitive(schema: &Value) -> bool {
    let values = schema.get("additionalProperties").unwrap_or(&Value::Bool(true));
    let is_map =
        text(schema, "type") == Some("object") && [json!(true), json!({}), json!({"type": "string"})].contains(values);
    let described = ["properties", "oneOf", "allOf", "$ref", "enum"];
    (is_map || schema.get("type").is_none()) && !described.iter().any(|keyword| schema.get(keyword).is_some())
}

/// Each construct that no rule handles, and its position: "`anyOf` at /components/schemas/Thing".
fn unsupported(document: &Value) -> Vec<String> {
    let mut unsupported = Vec::new();
    for (path, item) in members(document, "paths") {
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
            let [location, name] = ["in", "name"].map(|key| text(parameter, key).unwrap_or_default());
            let is_described = ["path", "query", "header"].contains(&location) && parameter.get("schema").is_some();
            if parameter.get("$ref").is_some() {
                unsupported.push(format!("a parameter by `$ref` at {heading}"));
            } else if parameter.get("x-sensitive").is_some() && location != "path" {
                unsupported.push(format!("`x-sensitive` on the {location} parameter `{name}` at {heading}"));
            } else if !is_described {
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
    let has = |keyword: &str| object.contains_key(keyword);
    let keywords = object.keys().filter(|keyword| !is_supported(keyword));
    let mut unsupported: Vec<String> = keywords.map(|keyword| format!("`{keyword}`")).collect();
    let parts = elements(schema, "allOf").len();
    let choices = elements(schema, "oneOf");
    let properties = object.get("properties");
    let required = object.get("required");
    let constructs = [
        ("`allOf` of several parts", has("allOf") && (parts != 1 || has("properties"))),
        ("`oneOf` of fewer than two choices", has("oneOf") && choices.len() < 2),
        ("a choice inside `oneOf`", choices.clone().any(|choice| inner_choices(document, choice).is_some())),
        (
            "`x-sensitive` on a schema that is neither a map nor any JSON",
            has("x-sensitive") && !can_be_sensitive(schema),
        ),
        ("`type` of several types", object.get("type").is_some_and(|kind| !kind.is_string())),
        ("`discriminator` without `oneOf`", has("discriminator") && !has("oneOf")),
        ("`properties` that are not an object", properties.is_some_and(|properties| !properties.is_object())),
        ("`required` that is not a list", required.is_some_and(|required| !required.is_array())),
    ];
    unsupported.extend(constructs.into_iter().filter(|(_, is)| *is).map(|(construct, _)| construct.to_owned()));
    let [kind, format] = ["type", "format"].map(|key| text(schema, key));
    if let Some((format, needed)) = FORMATS.iter().find(|(own, needed)| format == Some(own) && kind != Some(needed)) {
        unsupported.push(format!("`format: {format}` on a type other than `{needed}`"));
    }
    if let Some(kind) = kind.filter(|kind| !TYPES.contains(kind)) {
        unsupported.push(format!("`type: {kind}`"));
    }
    let is_described = |name: &str| properties.is_none_or(|properties| properties.get(name).is_some());
    let missing = elements(schema, "required").filter(|name| !name.as_str().is_some_and(is_described));
    unsupported.extend(missing.map(|name| format!("the required {name}, which is not one of the `properties`,")));
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
