//! Required properties with only one possible value: the type writes them, so callers do not pass them.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::description::lookup::{only_value, properties, required, schemas, schemas_mut};

/// The constants of each schema, as property and value.
pub type Constants = BTreeMap<String, Vec<(String, String)>>;

/// Removes the constants from the schemas.
pub fn take_out(document: &mut Value) -> Result<Constants, String> {
    let mut constants = Constants::new();
    for (name, schema) in schemas(document) {
        let Some(all) = properties(schema) else { continue };
        for property in required(schema) {
            let described = all
                .get(property)
                .ok_or_else(|| format!("`{name}` requires `{property}`, which is not among its properties"))?;
            if let Some(value) = only_value(document, described) {
                constants.entry(name.clone()).or_default().push((property.to_owned(), value.to_owned()));
            }
        }
    }
    for (name, schema) in schemas_mut(document) {
        for (property, _) in constants.get(name).into_iter().flatten() {
            if let Some(all) = schema.get_mut("properties").and_then(Value::as_object_mut) {
                all.remove(property);
            }
            if let Some(all) = schema.get_mut("required").and_then(Value::as_array_mut) {
                all.retain(|other| other != property);
            }
        }
    }
    Ok(constants)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::take_out;

    #[test]
    fn a_required_property_with_one_value_is_taken_out() {
        let mut document = json!({"components": {"schemas": {
            "Node": {
                "properties": {
                    "type": {"type": "string", "enum": ["text"]},
                    "mode": {"allOf": [{"$ref": "#/components/schemas/Mode"}]},
                    "style": {"type": "string", "enum": ["a", "b"]},
                    "kind": {"type": "string", "enum": ["only"]}
                },
                "required": ["type", "mode", "style"]
            },
            "Mode": {"type": "string", "enum": ["until"]}
        }}});
        let constants = take_out(&mut document).unwrap();
        let expected = [("type", "text"), ("mode", "until")].map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(constants["Node"], expected);
        let node = &document["components"]["schemas"]["Node"];
        assert_eq!(node["required"], json!(["style"]));
        // An optional constant stays: the caller decides whether to send it.
        assert!(node["properties"].get("kind").is_some() && node["properties"].get("type").is_none());
    }
}
