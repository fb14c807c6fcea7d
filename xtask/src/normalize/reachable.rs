//! A rule that removes components that no operation uses.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::document::references;

/// Removes unused components: a type that no call takes or returns is noise in the documentation, and removing it later
/// would look like a breaking change.
pub fn reachable(document: &mut Value) {
    let mut reached: BTreeSet<&str> = BTreeSet::new();
    let mut open: Vec<&Value> = document.get("paths").into_iter().collect();
    while let Some(value) = open.pop() {
        let new = references(value).into_iter().filter(|target| reached.insert(target));
        open.extend(new.filter_map(|target| document.pointer(target.strip_prefix('#')?)));
    }
    // A component also stays if a reference leads into it.
    let component = |target: &str| target.split('/').skip(1).take(3).collect::<Vec<_>>().join("/");
    let reached: BTreeSet<String> = reached.into_iter().map(component).collect();
    let components = document.get_mut("components").and_then(Value::as_object_mut);
    for (kind, components) in components.into_iter().flatten().filter(|(kind, _)| *kind != "securitySchemes") {
        if let Some(components) = components.as_object_mut() {
            components.retain(|name, _| reached.contains(&format!("components/{kind}/{name}")));
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::reachable;
    use crate::normalize::tests::operation;

    #[test]
    fn only_components_of_operations_stay() {
        let mut document = operation(json!({"responses": {"200": {"content": {"application/json": {
            "schema": {"$ref": "#/components/schemas/Thing"}
        }}}}}));
        document["components"] = json!({
            "schemas": {
                "Thing": {"properties": {"owner": {"$ref": "#/components/schemas/Owner/properties/id"}}},
                "Owner": {"properties": {"id": {"$ref": "#/components/schemas/Id"}}},
                "Id": {"type": "string"},
                "Own": {"type": "string"},
                "Lonely": {"properties": {"self": {"$ref": "#/components/schemas/Lonely"}}}
            },
            "responses": {"Failure": {}},
            "securitySchemes": {"Bearer": {}}
        });
        reachable(&mut document);
        let components = &document["components"];
        assert_eq!(components["schemas"].as_object().unwrap().keys().collect::<Vec<_>>(), ["Thing", "Owner", "Id"]);
        assert_eq!(components["responses"], json!({}));
        assert_eq!(components["securitySchemes"], json!({"Bearer": {}}));
    }
}
