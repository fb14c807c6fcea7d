//! References without a target.

use std::fmt;

use anyhow::{Result, bail};
use serde_json::Value;

/// A `$ref` and where it stands.
#[derive(Clone, Debug, PartialEq)]
pub struct Dangling {
    /// The JSON pointer of the object that holds it.
    pub pointer: String,
    pub target: String,
}

/// Every `$ref` whose target the document does not have.
pub fn dangling(document: &Value) -> Vec<Dangling> {
    let mut found = Vec::new();
    search(document, document, &mut String::new(), &mut found);
    found
}

impl fmt::Display for Dangling {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} refers to {}, which does not exist", self.pointer, self.target)
    }
}

/// Fails with the place of the first reference that leads nowhere, and the number of them.
pub fn require_resolved(document: &Value) -> Result<()> {
    let dangling = dangling(document);
    if let Some(first) = dangling.first() {
        let more = match dangling.len() - 1 {
            0 => String::new(),
            more => format!(", and {more} more references lead nowhere"),
        };
        bail!("{first}{more}");
    }
    Ok(())
}

fn search(document: &Value, value: &Value, pointer: &mut String, found: &mut Vec<Dangling>) {
    let length = pointer.len();
    let in_properties = pointer.ends_with("/properties");
    let mut inside = |key: &str, inner: &Value| {
        pointer.push('/');
        pointer.push_str(&key.replace('~', "~0").replace('/', "~1"));
        search(document, inner, pointer, found);
        pointer.truncate(length);
    };
    match value {
        Value::Object(object) => {
            // What stands in an example is data, but a property may be called so.
            let is_data = |key: &str| ["example", "examples"].contains(&key) && !in_properties;
            object.iter().filter(|(key, _)| !is_data(key)).for_each(|(key, inner)| inside(key, inner));
            if let Some(target) = object.get("$ref").and_then(Value::as_str) {
                let there = target.strip_prefix('#').and_then(|pointer| document.pointer(pointer));
                if there.is_none() {
                    found.push(Dangling { pointer: pointer.clone(), target: target.to_owned() });
                }
            }
        }
        Value::Array(array) => {
            array.iter().enumerate().for_each(|(index, inner)| inside(&index.to_string(), inner));
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::require_resolved;

    #[test]
    fn a_reference_that_leads_nowhere_is_named_with_its_place() {
        let mut document = json!({
            "paths": {"/things": {"get": {"schema": {"$ref": "#/components/schemas/Thing"}}}},
            "components": {"schemas": {"Thing": {"example": {"$ref": "data"}}}}
        });
        assert!(require_resolved(&document).is_ok());
        document["components"]["schemas"] = json!({});
        assert_eq!(
            require_resolved(&document).unwrap_err().to_string(),
            "/paths/~1things/get/schema refers to #/components/schemas/Thing, which does not exist"
        );
    }
}
