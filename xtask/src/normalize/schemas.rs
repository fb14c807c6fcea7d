//! The rules that only look at one schema at a time.

use serde_json::{Value, json};

use crate::document::{array_mut, elements, operations_mut, reference, requires, schemas_mut, text};

/// Adds `nullable`. Without it an optional array or map is not an `Option` in Rust: `null` fails to decode, and an
/// empty list is skipped instead of sent.
pub fn nullable(document: &mut Value) {
    schemas_mut(document, &mut |_, schema| {
        let required = json!(schema);
        if let Some(Value::Object(properties)) = schema.get_mut("properties") {
            properties
                .iter_mut()
                .filter(|(name, _)| !requires(&required, name))
                .for_each(|(_, inner)| allow_null(inner));
        }
    });
    operations_mut(document, |_, _, operation| {
        for parameter in array_mut(operation.get_mut("parameters")) {
            let is_optional = parameter.get("required") != Some(&json!(true)) && text(parameter, "in") == Some("query");
            parameter.get_mut("schema").filter(|_| is_optional).into_iter().for_each(allow_null);
        }
    });
}

fn allow_null(schema: &mut Value) {
    if let Some(schema) = schema.as_object_mut().filter(|schema| !schema.is_empty()) {
        schema.insert("nullable".to_owned(), json!(true));
    }
}

/// Moves the siblings of a `$ref`, including `nullable` and `description`, which OpenAPI 3.0 would silently drop.
pub fn ref_siblings(document: &mut Value) {
    schemas_mut(document, &mut |_, schema| {
        if schema.len() > 1
            && let Some(target) = schema.shift_remove("$ref")
        {
            schema.shift_insert(0, "allOf".to_owned(), json!([{"$ref": target}]));
        }
    });
}

/// Keeps undescribed fields in `extra`, so that they can also be sent: reading a journey and putting it back loses
/// nothing. Uses `{}` instead of `true`, which typify ignores.
pub fn open_objects(document: &mut Value) {
    schemas_mut(document, &mut |_, schema| {
        let Some(properties) = schema.get("properties").and_then(Value::as_object) else {
            // An object of nothing is an object of anything.
            if schema.get("additionalProperties") == Some(&json!(false)) {
                schema.shift_remove("additionalProperties");
            }
            return;
        };
        // Next to properties, a type for the rest would restrict properties that Courier adds later; otherwise it is a
        // map's type.
        let is_map = properties.is_empty() && schema.get("additionalProperties").is_some_and(Value::is_object);
        if !is_map {
            schema.insert("additionalProperties".to_owned(), json!({}));
        }
    });
}

/// Calls a list `Several` next to a choice such as `ListRecipient`, whose variant is called `List`.
pub fn lists_of_choices(document: &mut Value) {
    schemas_mut(document, &mut |_, schema| {
        let choices = json!(schema);
        let is_named = elements(&choices, "oneOf").filter_map(reference).any(|name| name.starts_with("List"));
        for list in
            array_mut(schema.get_mut("oneOf")).filter(|choice| is_named && text(choice, "type") == Some("array"))
        {
            list.as_object_mut().map(|list| list.entry("x-variant").or_insert_with(|| json!("Several")));
        }
    });
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{lists_of_choices, nullable, open_objects, ref_siblings};
    use crate::normalize::tests::{operation, schemas};

    #[test]
    fn optional_property_becomes_nullable() {
        let mut document = schemas(json!({"Thing": {
            "type": "object",
            "required": ["id"],
            "properties": {
                "id": {"type": "string"},
                "names": {"type": "array", "items": {"type": "object", "properties": {"first": {"type": "string"}}}},
                "owner": {"$ref": "#/components/schemas/Owner"},
                "anything": {}
            }
        }}));
        nullable(&mut document);
        let properties = &document["components"]["schemas"]["Thing"]["properties"];
        assert_eq!(properties["id"], json!({"type": "string"}));
        assert_eq!(properties["names"]["nullable"], true);
        assert_eq!(properties["names"]["items"]["properties"]["first"]["nullable"], true);
        assert_eq!(properties["owner"]["nullable"], true);
        assert_eq!(properties["anything"], json!({}));
    }

    #[test]
    fn optional_query_parameter_becomes_nullable() {
        let mut document = operation(json!({"parameters": [
            {"name": "a", "in": "query", "schema": {"type": "array", "items": {"type": "string"}}},
            {"name": "b", "in": "query", "required": true, "schema": {"type": "string"}},
            {"name": "c", "in": "header", "schema": {"type": "string"}}
        ]}));
        nullable(&mut document);
        let parameters = &document["paths"]["/things"]["get"]["parameters"];
        assert_eq!(parameters[0]["schema"]["nullable"], true);
        assert!(parameters[1]["schema"].get("nullable").is_none());
        assert!(parameters[2]["schema"].get("nullable").is_none());
    }

    #[test]
    fn siblings_of_a_reference_survive() {
        let mut document = schemas(json!({"Thing": {"type": "object", "properties": {
            "bare": {"$ref": "#/components/schemas/Owner"},
            "described": {"$ref": "#/components/schemas/Owner", "nullable": true, "description": "The owner."}
        }}}));
        ref_siblings(&mut document);
        let properties = &document["components"]["schemas"]["Thing"]["properties"];
        assert_eq!(properties["bare"], json!({"$ref": "#/components/schemas/Owner"}));
        assert_eq!(
            properties["described"],
            json!({
                "allOf": [{"$ref": "#/components/schemas/Owner"}],
                "nullable": true,
                "description": "The owner."
            })
        );
    }

    #[test]
    fn objects_open_and_maps_stay() {
        let mut document = schemas(json!({
            "Closed": {"type": "object", "properties": {"a": {"type": "string"}}, "additionalProperties": false},
            "Silent": {"type": "object", "properties": {"a": {"type": "string"}}},
            "Loose": {"type": "object", "properties": {"a": {"type": "string"}}, "additionalProperties": true},
            "Typed": {"type": "object", "properties": {"a": {"type": "string"}}, "additionalProperties": {"type": "string"}},
            "Map": {"type": "object", "additionalProperties": {"type": "string"}},
            "EmptyMap": {"type": "object", "properties": {}, "additionalProperties": {"type": "string"}}
        }));
        open_objects(&mut document);
        let schemas = &document["components"]["schemas"];
        for opened in ["Closed", "Silent", "Loose", "Typed"] {
            assert_eq!(schemas[opened]["additionalProperties"], json!({}), "{opened}");
        }
        for map in ["Map", "EmptyMap"] {
            assert_eq!(schemas[map]["additionalProperties"], json!({"type": "string"}), "{map}");
        }
    }

    #[test]
    fn list_next_to_a_list_has_another_name() {
        let choices =
            |name: &str| json!([{"$ref": format!("#/components/schemas/{name}")}, {"type": "array", "items": {}}]);
        let mut document =
            schemas(json!({"To": {"oneOf": choices("ListRecipient")}, "From": {"oneOf": choices("Sender")}}));
        lists_of_choices(&mut document);
        let variant = |name: &str| document.pointer(&format!("/components/schemas/{name}/oneOf/1/x-variant")).cloned();
        assert_eq!((variant("To"), variant("From")), (Some(json!("Several")), None));
    }
}
