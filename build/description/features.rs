//! The selection of the part of the description that is generated.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::description::lookup::{dotted_name, operations, reached_from, retain_schemas};

/// Removes the operations of every resource whose feature is off, and the schemas that are then no longer referenced.
pub fn keep(document: &mut Value, features: &BTreeSet<String>) -> Result<(), String> {
    operations(document).try_for_each(|(_, _, operation)| dotted_name(operation).map(drop))?;
    let paths = document.get_mut("paths").and_then(Value::as_object_mut).ok_or("the description has no paths")?;
    for item in paths.values_mut().filter_map(Value::as_object_mut) {
        let is_kept = |name: &str| features.contains(name.split('.').next().unwrap_or_default());
        item.retain(|_, operation| dotted_name(operation).is_ok_and(is_kept));
    }
    paths.retain(|_, item| item.as_object().is_some_and(|item| !item.is_empty()));

    let roots = [document.get("paths"), document.pointer("/components/responses")].into_iter().flatten();
    let reached = reached_from(document, roots);
    retain_schemas(document, &reached);
    Ok(())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use serde_json::{Value, json};

    use super::keep;

    fn document() -> Value {
        let schema = |name: &str| json!({"schema": {"$ref": format!("#/components/schemas/{name}")}});
        json!({
            "paths": {
                "/things": {
                    "get": {"x-method": "things.list", "content": schema("Thing")},
                    "post": {"x-method": "other.create", "content": schema("Other")}
                },
                "/others": {"get": {"x-method": "other.list"}}
            },
            "components": {"schemas": {
                "Thing": {"properties": {"part": {"$ref": "#/components/schemas/Part"}}},
                "Part": {"properties": {"whole": {"$ref": "#/components/schemas/Thing"}}},
                "Other": {}
            }}
        })
    }

    #[test]
    fn unreachable_components_are_removed() {
        let mut document = document();
        keep(&mut document, &BTreeSet::from(["things".to_owned()])).unwrap();
        assert_eq!(document["paths"].as_object().unwrap().keys().collect::<Vec<_>>(), ["/things"]);
        assert!(document["paths"]["/things"].get("post").is_none());
        let schemas: BTreeSet<&String> = document["components"]["schemas"].as_object().unwrap().keys().collect();
        assert_eq!(schemas, BTreeSet::from([&"Part".to_owned(), &"Thing".to_owned()]));
    }
}
