//! References without a target.

use std::fmt;

use anyhow::{Result, bail};
use serde_json::Value;

use crate::document::walk;

/// A `$ref` without a target, and its position.
#[derive(Clone, Debug, PartialEq)]
pub struct Dangling {
    /// The JSON pointer of the object that holds it.
    pub pointer: String,
    pub target: String,
}

/// Every `$ref` whose target the document does not have.
pub fn dangling(document: &Value) -> Vec<Dangling> {
    let mut dangling = Vec::new();
    walk(document, &mut |pointer, value| {
        let (parent, key) = pointer.rsplit_once('/').unwrap_or_default();
        // An example is data, but a property may have this name.
        if ["example", "examples"].contains(&key) && !parent.ends_with("/properties") {
            return false;
        }
        if let Some(target) = value.get("$ref").and_then(Value::as_str) {
            let component = target.strip_prefix('#').and_then(|pointer| document.pointer(pointer));
            if component.is_none() {
                dangling.push(Dangling { pointer: pointer.to_owned(), target: target.to_owned() });
            }
        }
        true
    });
    dangling
}

impl fmt::Display for Dangling {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} refers to {}, which does not exist", self.pointer, self.target)
    }
}

/// Fails with the position of the first reference without a target, and the number of others.
pub fn require_resolved(document: &Value) -> Result<()> {
    match dangling(document).as_slice() {
        [] => Ok(()),
        [only] => bail!("{only}"),
        [first, others @ ..] => bail!("{first}, and {} more references lead nowhere", others.len()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::require_resolved;

    #[test]
    fn dangling_reference_is_named_with_its_position() {
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
