//! Several or odd success codes become one `2XX` with the richest success body.
//!
//! Beside the range stands one code with the same body, 200 or, without a body, 204: what a mock server answers.

use serde_json::{Map, Value, json};

use crate::document::{object, operations_mut, resolve, text};

/// progenitor asserts that an operation has one success type, and takes a code that is not listed for an error; the
/// real `POST /send` answers 202 where the description says 200.
pub fn success(document: &mut Value) {
    let all = document.clone();
    operations_mut(document, |_, _, operation| {
        let responses = operation.entry("responses").or_insert_with(|| json!({}));
        let Some(responses) = responses.as_object_mut() else {
            return;
        };
        let richest = richest_success(&all, responses);
        let code = if richest.get("content").is_some() { "200" } else { "204" };
        let mut normalised = Map::new();
        normalised.insert(code.to_owned(), richest.clone());
        normalised.insert("2XX".to_owned(), richest);
        normalised.extend(std::mem::take(responses).into_iter().filter(|(status, _)| !is_success(status)));
        *responses = normalised;
    });
}

fn is_success(status: &str) -> bool {
    status.starts_with('2')
}

/// The success response whose JSON body describes most; of equals the first.
fn richest_success(document: &Value, responses: &Map<String, Value>) -> Value {
    let mut richest = json!({"description": ""});
    let mut most = 0;
    for (_, response) in responses.iter().filter(|(status, _)| is_success(status)) {
        let response = match text(response, "$ref").and_then(|target| target.strip_prefix('#')) {
            Some(pointer) => document.pointer(pointer).unwrap_or(response),
            None => response,
        };
        let richness = body_richness(document, response);
        if richness > most {
            most = richness;
            richest = response.clone();
        }
    }
    richest
}

fn body_richness(document: &Value, response: &Value) -> usize {
    let Some(content) = object(response, "content") else {
        return 0;
    };
    let Some(schema) = content.get("application/json").and_then(|media| media.get("schema")) else {
        return usize::from(!content.is_empty());
    };
    let properties = resolve(document, schema).and_then(|schema| object(schema, "properties"));
    2 + properties.map_or(0, Map::len)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::success;
    use crate::normalise::tests::operation;

    #[test]
    fn several_codes_become_one_range_with_the_richest_body() {
        let mut document = operation(json!({"responses": {
            "200": {"description": "", "content": {"application/json": {"schema": {"type": "object", "properties": {"a": {}, "b": {}}}}}},
            "202": {"description": "", "content": {"application/json": {"schema": {"type": "object", "properties": {"a": {}}}}}},
            "204": {"description": ""},
            "404": {"description": ""}
        }}));
        success(&mut document);
        let responses = &document["paths"]["/things"]["get"]["responses"];
        assert_eq!(responses.as_object().unwrap().keys().collect::<Vec<_>>(), ["200", "2XX", "404"]);
        assert_eq!(responses["2XX"]["content"]["application/json"]["schema"]["properties"], json!({"a": {}, "b": {}}));
    }

    #[test]
    fn an_operation_without_a_success_gets_an_empty_one() {
        let mut document = operation(json!({"responses": {"400": {"description": ""}}}));
        success(&mut document);
        let responses = &document["paths"]["/things"]["get"]["responses"];
        assert_eq!(responses["204"], json!({"description": ""}));
        assert_eq!(responses["2XX"], responses["204"]);
    }

    #[test]
    fn a_shared_response_is_followed() {
        let mut document = operation(json!({"responses": {
            "200": {"$ref": "#/components/responses/Thing"}, "201": {"description": ""}
        }}));
        document["components"] = json!({"responses": {"Thing": {
            "description": "", "content": {"application/json": {"schema": {"type": "string"}}}
        }}});
        success(&mut document);
        assert_eq!(
            document["paths"]["/things"]["get"]["responses"]["2XX"]["content"]["application/json"]["schema"],
            json!({"type": "string"})
        );
    }
}
