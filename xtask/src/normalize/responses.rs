//! A rule that merges the responses of an operation into one success, `2XX`, and two errors, `4XX` and `5XX`.
//!
//! The success is also listed under one code, 200 or, without a body, 204: a mock server responds with that code.

use anyhow::{Result, bail};
use serde_json::{Map, Value, json};

use crate::document::{component_mut, members, object, operations, operations_mut, resolve};

/// The JSON pointer of the body in a response.
const JSON: &str = "/content/application~1json/schema";

/// Merges the responses: progenitor asserts that an operation has one success type, and treats an unlisted code as an
/// error. The real `POST /send` responds with 202, although its description has 200. All errors have one type; a
/// `default` next to `2XX` would generate unreachable patterns.
pub fn responses(document: &mut Value) {
    let all = document.clone();
    if operations(&all).is_empty() {
        return;
    }
    operations_mut(document, |_, _, operation| {
        let described = || operation.get("responses").and_then(Value::as_object).into_iter().flatten();
        // Without a success or a redirect, `default` is one.
        let has_success = described().any(|(status, _)| status.starts_with(['2', '3']));
        let is_success = |status: &str| status.starts_with('2') || (!has_success && status == "default");
        let successes = described().filter(|(status, _)| is_success(status)).map(|(_, response)| response);
        let success = richest(&all, successes).cloned().unwrap_or_else(|| json!({"description": ""}));
        let code = if success.get("content").is_some() { "200" } else { "204" };
        let error = json!({"$ref": "#/components/responses/ApiError"});
        operation.insert("responses".to_owned(), json!({code: success, "2XX": success, "4XX": error, "5XX": error}));
    });
    let content = json!({"application/json": {"schema": {"$ref": "#/components/schemas/ApiError"}}});
    let properties = json!({"message": {"type": "string"}, "type": {"type": "string"}});
    for (kind, component) in [
        ("responses", json!({"description": "", "content": content})),
        ("schemas", json!({"type": "object", "properties": properties})),
    ] {
        // If it exists, it may already have its description.
        if let Some(missing @ Value::Null) = component_mut(document, kind, "ApiError") {
            *missing = component;
        }
    }
}

/// Fails if an operation has successful responses of different kinds, of which a call could return only one.
pub fn require_one_success(document: &Value) -> Result<()> {
    for operation in operations(document) {
        let heading = operation.heading();
        let successes = || members(operation.value, "responses").filter(|(status, _)| status.starts_with('2'));
        if let Some((status, _)) = successes().find(|(_, response)| response.get("$ref").is_some()) {
            bail!(
                "{heading}: the response {status} is a `$ref`, which is not supported; put the response in its place"
            );
        }
        let richest = richest(document, successes().map(|(_, response)| response));
        let Some(richest) = richest.and_then(|response| body(document, response)) else { continue };
        let is_other = |response| body(document, response).is_some_and(|other| !is_part(other, richest));
        if let Some((status, _)) = successes().find(|(_, response)| is_other(response)) {
            bail!(
                "{heading}: the response {status} has another body than the other successful responses, and a call can \
                 return only one; remove one, in openapi/overlay/names.yaml:\n\
                 - target: $.paths['{}'].{}.responses['{status}']\n  remove: true",
                operation.path,
                operation.method
            );
        }
    }
    Ok(())
}

fn body<'a>(document: &'a Value, response: &'a Value) -> Option<&'a Value> {
    resolve(document, response.pointer(JSON)?)
}

/// Returns `true` if a body only has properties that another one also has.
fn is_part(part: &Value, whole: &Value) -> bool {
    let (Some(ones), Some(others)) = (object(part, "properties"), object(whole, "properties")) else {
        return part == whole;
    };
    ones.iter().all(|(name, property)| others.get(name) == Some(property))
}

/// The response whose body describes the most; the first in case of a tie.
fn richest<'a>(document: &Value, responses: impl Iterator<Item = &'a Value>) -> Option<&'a Value> {
    let described = responses.map(|response| (richness(document, response), response)).filter(|(count, _)| *count > 0);
    described.reduce(|richest, other| if other.0 > richest.0 { other } else { richest }).map(|(_, response)| response)
}

fn richness(document: &Value, response: &Value) -> usize {
    match (response.pointer(JSON), object(response, "content")) {
        (Some(schema), _) => {
            let properties = resolve(document, schema).and_then(|schema| object(schema, "properties"));
            2 + properties.map_or(0, Map::len)
        }
        (None, content) => usize::from(content.is_some_and(|content| !content.is_empty())),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::responses;
    use crate::normalize::tests::operation;

    fn normalized(described: Value) -> Value {
        let mut document = operation(json!({"responses": described}));
        responses(&mut document);
        document
    }

    #[test]
    fn codes_become_one_range_with_the_richest_body() {
        let document = normalized(json!({
            "200": {"description": "", "content": {"application/json": {"schema": {"type": "object", "properties": {"a": {}, "b": {}}}}}},
            "202": {"description": "", "content": {"application/json": {"schema": {"type": "object", "properties": {"a": {}}}}}},
            "204": {"description": ""},
            "404": {"description": ""}
        }));
        let responses = &document["paths"]["/things"]["get"]["responses"];
        assert_eq!(responses.as_object().unwrap().keys().collect::<Vec<_>>(), ["200", "2XX", "4XX", "5XX"]);
        assert_eq!(responses["2XX"]["content"]["application/json"]["schema"]["properties"], json!({"a": {}, "b": {}}));
    }

    #[test]
    fn operation_without_a_success_gets_an_empty_one() {
        let document = normalized(json!({"400": {"description": ""}}));
        let responses = &document["paths"]["/things"]["get"]["responses"];
        assert_eq!(responses["204"], json!({"description": ""}));
        assert_eq!(responses["2XX"], responses["204"]);
    }

    #[test]
    fn errors_become_two_ranges_of_one_type() {
        for described in [
            json!({"2XX": {"description": ""}}),
            json!({"2XX": {"description": ""}, "400": {"description": ""}, "429": {"description": ""}, "default": {"description": ""}}),
        ] {
            let document = normalized(described);
            let responses = &document["paths"]["/things"]["get"]["responses"];
            assert_eq!(responses.as_object().unwrap().keys().collect::<Vec<_>>(), ["204", "2XX", "4XX", "5XX"]);
            assert_eq!(responses["4XX"], json!({"$ref": "#/components/responses/ApiError"}));
            assert!(document.pointer("/components/schemas/ApiError/properties/message").is_some());
        }
    }
}
