//! Which enums stay closed.

use std::collections::BTreeSet;

use heck::ToUpperCamelCase;
use serde_json::Value;

use crate::generate::schema::{properties, reference, required, resolve, schemas, values, variants};

/// The Rust names of the enums by which the variants of a union without a discriminator are told apart. Were they open,
/// the first variant would take every other one's values.
pub fn closed_enums(document: &Value) -> BTreeSet<String> {
    let mut closed = BTreeSet::new();
    for (_, union) in schemas(document) {
        if union.get("discriminator").is_some() {
            continue;
        }
        let variants: Vec<(&str, &Value)> = variants(union)
            .iter()
            .filter_map(|variant| Some((reference(variant)?, resolve(document, variant))))
            .collect();
        for (index, one) in variants.iter().enumerate() {
            for other in variants.iter().skip(index + 1) {
                if let Some(property) = told_apart_by(document, one.1, other.1) {
                    for (name, schema) in [one, other] {
                        closed.insert(rust_name(name, schema, property));
                    }
                }
            }
        }
    }
    closed
}

/// The first property that both variants require and that has no value in common. `type` goes before all others, so
/// that a second property is closed only where the first does not tell.
fn told_apart_by<'a>(document: &Value, one: &'a Value, other: &Value) -> Option<&'a str> {
    let mut candidates: Vec<&str> =
        required(one).filter(|name| required(other).any(|name_too| name_too == *name)).collect();
    candidates.sort_by_key(|name| *name != "type");
    candidates.into_iter().find(|name| {
        let (ours, theirs) = (choices(document, one, name), choices(document, other, name));
        !ours.is_empty() && !theirs.is_empty() && !ours.iter().any(|value| theirs.contains(value))
    })
}

fn choices<'a>(document: &'a Value, schema: &'a Value, property: &str) -> Vec<&'a str> {
    let property = properties(schema).and_then(|properties| properties.get(property));
    property.map(|property| values(resolve(document, property))).unwrap_or_default()
}

/// A named enum's own name, or the one that typify makes of an inline one's place.
fn rust_name(owner: &str, schema: &Value, property: &str) -> String {
    let named = properties(schema).and_then(|properties| properties.get(property)).and_then(reference);
    match named {
        Some(name) => name.to_upper_camel_case(),
        None => format!("{}{}", owner.to_upper_camel_case(), property.to_upper_camel_case()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::closed_enums;

    fn node(constants: &[(&str, &[&str])]) -> Value {
        let properties: serde_json::Map<String, Value> = constants
            .iter()
            .map(|(name, values)| ((*name).to_owned(), json!({"type": "string", "enum": values})))
            .collect();
        let required: Vec<&str> = constants.iter().map(|(name, _)| *name).collect();
        json!({"type": "object", "properties": properties, "required": required})
    }

    #[test]
    fn only_what_tells_variants_apart_is_closed() {
        let document = json!({"components": {"schemas": {
            "Node": {"oneOf": [
                {"$ref": "#/components/schemas/Send"},
                {"$ref": "#/components/schemas/ThrottleStatic"},
                {"$ref": "#/components/schemas/ThrottleDynamic"}
            ]},
            "Send": node(&[("channel", &["email", "sms"]), ("type", &["send"])]),
            "ThrottleStatic": node(&[("scope", &["user", "global"]), ("type", &["throttle"])]),
            "ThrottleDynamic": node(&[("scope", &["dynamic"]), ("type", &["throttle"])])
        }}});
        assert_eq!(
            closed_enums(&document).into_iter().collect::<Vec<_>>(),
            ["SendType", "ThrottleDynamicScope", "ThrottleDynamicType", "ThrottleStaticScope", "ThrottleStaticType"]
        );
    }
}
