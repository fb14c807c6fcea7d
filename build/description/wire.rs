//! The forms in which arguments are sent: JSON or text in the body, repeated or joined values in the query.

use serde_json::Value;

use crate::description::lookup::{operations, parameters, resolve, text};

const JSON: &str = "application/json";
const TEXT: &str = "text/plain";

/// Returns `true` if the operation takes its body as text, which is sent unchanged.
pub fn takes_text(operation: &Value) -> bool {
    operation.pointer("/requestBody/content/text~1plain").is_some()
}

/// Returns `true` if the values of a list in the query are joined by commas (`explode: false`), and `false` if the
/// parameter is repeated for each, which is OpenAPI's default.
pub fn is_comma_separated(parameter: &Value) -> bool {
    parameter.get("explode").is_some_and(|explode| *explode == false)
}

/// Each body and query parameter that cannot be sent or read, and its operation.
pub fn unsupported(document: &Value) -> Vec<String> {
    let mut unsupported = Vec::new();
    for (method, path, operation) in operations(document) {
        let heading = format!("{} {path}", method.to_uppercase());
        let mut content = |part: &str, pointer: &str, supported: &[&str]| {
            let described = operation.pointer(pointer).and_then(Value::as_object).into_iter().flatten();
            let other = described.filter(|(name, _)| !supported.contains(&name.as_str()));
            unsupported.extend(other.map(|(name, _)| format!("the {part} `{name}` at {heading}")));
        };
        content("body", "/requestBody/content", if takes_text(operation) { &[TEXT] } else { &[JSON] });
        content("response", "/responses/2XX/content", &[JSON]);
        let is_other = |schema: &Value| {
            let keys = schema.as_object().into_iter().flatten().map(|(key, _)| key.as_str());
            text(schema, "type") != Some("string") || keys.into_iter().any(|key| ["format", "enum"].contains(&key))
        };
        if operation.pointer("/requestBody/content/text~1plain/schema").is_some_and(is_other) {
            unsupported.push(format!("a body `{TEXT}` that is not a plain string at {heading}"));
        }
        for (part, pointer) in [("body", "/requestBody"), ("response", "/responses/2XX")] {
            let has_no_schema = |content: &Value| {
                content
                    .as_object()
                    .is_some_and(|kinds| kinds.is_empty() || kinds.values().any(|kind| kind.get("schema").is_none()))
            };
            if operation.pointer(&format!("{pointer}/content")).is_some_and(has_no_schema) {
                unsupported.push(format!("a {part} without a schema at {heading}"));
            }
        }
        for parameter in parameters(operation) {
            let location = text(parameter, "in").unwrap_or_default();
            let usual = if location == "query" { "form" } else { "simple" };
            let style = text(parameter, "style").unwrap_or(usual);
            let name = text(parameter, "name").unwrap_or_default();
            let kind = parameter.get("schema").and_then(|schema| text(resolve(document, schema), "type"));
            if style != usual || location == "query" && kind == Some("object") {
                let what = match kind {
                    Some("object") => "object",
                    Some("array") => "list",
                    _ => "parameter",
                };
                unsupported.push(format!("the style `{style}` of the {what} `{name}` in the {location} at {heading}"));
            }
        }
    }
    unsupported
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::unsupported;

    fn in_things(operation: Value) -> Vec<String> {
        unsupported(&json!({"paths": {"/things": {"put": operation}}}))
    }

    #[test]
    fn other_bodies_and_styles_are_named() {
        let content = |kind: &str| json!({"content": {kind: {"schema": {"type": "string"}}}});
        for kind in ["application/json", "text/plain"] {
            assert_eq!(in_things(json!({"requestBody": content(kind)})), [""; 0]);
        }
        let body = json!({"requestBody": content("text/csv"), "responses": {"2XX": content("text/plain")}});
        assert_eq!(in_things(body), ["the body `text/csv` at PUT /things", "the response `text/plain` at PUT /things"]);

        let query =
            |style: &str, schema: Value| json!({"name": "ids", "in": "query", "style": style, "schema": schema});
        let list = json!({"type": "array", "items": {"type": "string"}});
        assert_eq!(in_things(json!({"parameters": [query("form", list.clone())]})), [""; 0]);
        assert_eq!(
            in_things(json!({"parameters": [query("pipeDelimited", list), query("form", json!({"type": "object"}))]})),
            [
                "the style `pipeDelimited` of the list `ids` in the query at PUT /things",
                "the style `form` of the object `ids` in the query at PUT /things"
            ]
        );
    }
}
