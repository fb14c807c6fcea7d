//! Removal of everything except the structure: prose, extensions for other SDKs and Courier itself, and limits on
//! values.

use serde_json::{Map, Value, json};

use crate::document::{array_mut, distinct, members, operations, operations_mut, schemas_mut, text};

/// The keywords that only concern people or the server. The client would send a default that the server assumes.
const REMOVED: [&str; 10] =
    ["$anchor", "$comment", "$id", "$schema", "default", "description", "example", "examples", "externalDocs", "title"];

/// Returns `true` for a limit on values, which the server enforces. typify generates a separate type for each string with a
/// limit, and different types for numbers, so a limit that Courier removes or adds would be a breaking change, and a
/// response beyond it would fail to decode.
fn is_limit(keyword: &str) -> bool {
    ["exclusive", "max", "min"].iter().any(|prefix| keyword.starts_with(prefix))
        || ["multipleOf", "pattern", "uniqueItems"].contains(&keyword)
}

/// The overlays add the descriptions of `openapi/courier.yaml`.
pub fn strip(document: &mut Value) {
    schemas_mut(document, &mut |_, schema| {
        schema.retain(|key, value| {
            let is_kept = !REMOVED.contains(&key.as_str()) && !is_limit(key) && !key.starts_with("x-");
            is_kept && !(["oneOf", "anyOf"].contains(&key.as_str()) && only_requires(value))
        });
        if let Some(Value::Array(required)) = schema.get_mut("required") {
            // The import orders names by their first position.
            *required = distinct(&*required);
        }
    });
    // `supported` rejects everything else in a path that is not an operation.
    let items = document.get_mut("paths").and_then(Value::as_object_mut);
    for item in items.into_iter().flat_map(Map::values_mut).filter_map(Value::as_object_mut) {
        item.retain(|key, _| !["summary", "description"].contains(&key.as_str()) && !key.starts_with("x-"));
    }
    one_security(document);
    for server in array_mut(document.get_mut("servers")).filter_map(Value::as_object_mut) {
        server.shift_remove("description");
    }
    let (servers, security) = (document.get("servers").cloned(), document.get("security").cloned());
    let bearers = bearers(document);
    operations_mut(document, |_, _, operation| {
        let prose = ["summary", "description", "externalDocs", "callbacks"];
        operation.retain(|key, _| !prose.contains(&key.as_str()) && !key.starts_with("x-"));
        // The client has one base URL and one key; `supported` rejects an operation with others.
        if operation.get("servers") == servers.as_ref() {
            operation.shift_remove("servers");
        }
        let is_usual = |used: &Value| Some(used) == security.as_ref() || *used == json!([]) || all_in(used, &bearers);
        if operation.get("security").is_some_and(is_usual) {
            operation.shift_remove("security");
        }
        if let Some(parameters) = operation.get_mut("parameters").and_then(Value::as_array_mut) {
            parameters.retain(|parameter| !is_of_client(parameter));
            parameters.iter_mut().for_each(carrier);
        }
        if let Some(body) = operation.get_mut("requestBody") {
            carrier(body);
        }
        let responses = operation.get_mut("responses").and_then(Value::as_object_mut);
        responses.into_iter().flat_map(Map::values_mut).for_each(described_as_empty);
    });
    let shared = document.pointer_mut("/components/responses").and_then(Value::as_object_mut);
    shared.into_iter().flat_map(Map::values_mut).for_each(described_as_empty);
    if let Some(info) = document.get_mut("info").and_then(Value::as_object_mut) {
        info.retain(|key, _| key == "title" || key == "version");
    }
    if let Some(document) = document.as_object_mut() {
        document
            .retain(|key, _| ["openapi", "info", "servers", "security", "paths", "components"].contains(&key.as_str()));
    }
}

/// Returns `true` for a choice that only says which properties must be present together: a limit.
fn only_requires(choices: &Value) -> bool {
    let is_limit =
        |choice: &Value| choice.as_object().is_some_and(|keys| keys.len() == 1 && keys.contains_key("required"));
    choices.as_array().is_some_and(|choices| !choices.is_empty() && choices.iter().all(is_limit))
}

/// Returns `true` for a header that the client sets, which OpenAPI ignores as a parameter.
fn is_of_client(parameter: &Value) -> bool {
    let name = text(parameter, "name").unwrap_or_default();
    text(parameter, "in") == Some("header")
        && ["Accept", "Authorization", "Content-Type"].iter().any(|own| own.eq_ignore_ascii_case(name))
}

/// Moves the security that every operation repeats to the document.
fn one_security(document: &mut Value) {
    let mut all = operations(document).into_iter().map(|operation| operation.value.get("security").cloned());
    let first = all.next().flatten();
    let is_same = first.is_some() && all.all(|security| security == first);
    if let (true, Some(document)) = (is_same, document.as_object_mut()) {
        document.extend(first.map(|security| ("security".to_owned(), security)));
    }
}

/// The names of the security schemes that send the key as the client does.
fn bearers(document: &Value) -> Vec<String> {
    let schemes = document.get("components").into_iter().flat_map(|components| members(components, "securitySchemes"));
    let is_bearer = |scheme: &Value| {
        let name = text(scheme, "scheme").unwrap_or_default();
        text(scheme, "type") == Some("http") && name.eq_ignore_ascii_case("bearer")
    };
    schemes.filter(|(_, scheme)| is_bearer(scheme)).map(|(name, _)| name.clone()).collect()
}

/// Returns `true` if one of the alternatives requires nothing but these schemes.
fn all_in(security: &Value, schemes: &[String]) -> bool {
    let mut alternatives = security.as_array().into_iter().flatten().filter_map(Value::as_object);
    alternatives.any(|alternative| alternative.keys().all(|name| schemes.contains(name)))
}

/// Removes the prose of a parameter, a request body or a response, and the character set of JSON.
fn carrier(value: &mut Value) {
    let Some(object) = value.as_object_mut() else { return };
    let prose = ["description", "example", "examples", "summary", "headers", "links"];
    object.retain(|key, _| !prose.contains(&key.as_str()) && !key.starts_with("x-"));
    if let Some(Value::Object(content)) = object.get_mut("content") {
        for (name, mut media) in std::mem::take(content) {
            let kind = name.split(';').next().map(str::trim).filter(|kind| *kind == "application/json");
            media.as_object_mut().into_iter().for_each(|media| media.retain(|key, _| key == "schema"));
            content.entry(kind.unwrap_or(&name)).or_insert(media);
        }
    }
}

/// A response without a description is invalid, so it gets an empty description.
fn described_as_empty(response: &mut Value) {
    carrier(response);
    if let Some(response) = response.as_object_mut().filter(|response| !response.contains_key("$ref")) {
        response.insert("description".to_owned(), json!(""));
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::strip;
    use crate::normalize::tests::operation;

    #[test]
    fn repeated_required_names_go() {
        let mut document =
            json!({"components": {"schemas": {"A": {"type": "object", "required": ["b", "a", "b", {}, {}]}}}});
        strip(&mut document);
        assert_eq!(document["components"]["schemas"]["A"]["required"], json!(["b", "a", {}]));
    }

    #[test]
    fn prose_and_limits_go_and_properties_stay() {
        let mut document = operation(json!({
            "summary": "S", "description": "D", "x-internal": true,
            "parameters": [{"name": "q", "in": "query", "description": "D", "schema": {"type": "string", "description": "D", "default": "x"}}],
            "requestBody": {"description": "D", "content": {"application/json": {
                "examples": {"one": {"value": {}}},
                "schema": {"type": "object", "title": "T", "properties": {"description": {"type": "string", "example": "e"}, "title": {"type": "string", "maxLength": 8}, "pattern": {"type": "string", "pattern": "^v"}}}
            }}},
            "responses": {"200": {"description": "D"}}
        }));
        document["info"] = json!({"title": "Courier", "version": "1", "description": "D"});
        document["components"]["responses"] = json!({"Failure": {"description": "D"}});
        document["tags"] = json!([{"name": "t", "description": "D"}]);
        strip(&mut document);
        assert_eq!(
            document["paths"]["/things"]["get"],
            json!({
                "parameters": [{"name": "q", "in": "query", "schema": {"type": "string"}}],
                "requestBody": {"content": {"application/json": {
                    "schema": {"type": "object", "properties": {"description": {"type": "string"}, "title": {"type": "string"}, "pattern": {"type": "string"}}}
                }}},
                "responses": {"200": {"description": ""}}
            })
        );
        assert_eq!(document["components"]["responses"]["Failure"], json!({"description": ""}));
        assert_eq!(document["info"], json!({"title": "Courier", "version": "1"}));
        assert!(document.get("tags").is_none());
    }
}
