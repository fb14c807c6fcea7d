//! A schema that is only another one by a second name becomes that one, and a choice of one thing that thing.

use serde_json::{Value, json};

use crate::document::{SCHEMA_PREFIX, reference, schemas_mut, text};

/// typify makes a type around a type of each, with one field that callers would have to write.
pub fn aliases(document: &mut Value) {
    schemas_mut(document, &mut |schema| {
        for key in ["oneOf", "anyOf"] {
            let only = match schema.get(key).and_then(Value::as_array).map(Vec::as_slice) {
                Some([only]) if !schema.contains_key("allOf") => only.clone(),
                _ => continue,
            };
            schema.shift_remove(key);
            schema.shift_remove("discriminator");
            match only {
                // Beside what it has of its own, which flat objects joins.
                Value::Object(inline) if !inline.contains_key("$ref") && !schema.contains_key("properties") => {
                    schema.extend(inline);
                }
                only => {
                    schema.insert("allOf".to_owned(), json!([only]));
                }
            }
        }
    });
    let all = document.clone();
    let components = document.pointer_mut("/components/schemas").and_then(Value::as_object_mut);
    for (name, schema) in components.into_iter().flatten() {
        const LONGEST_CHAIN: usize = 8;
        for _ in 0..LONGEST_CHAIN {
            let Some(target) = only_a_reference(schema).filter(|target| target != name) else {
                break;
            };
            let Some(component) = all.pointer("/components/schemas").and_then(|schemas| schemas.get(target)) else {
                break;
            };
            let nullable = schema.get("nullable").cloned();
            *schema = component.clone();
            if let (Some(nullable), Some(schema)) = (nullable, schema.as_object_mut()) {
                schema.insert("nullable".to_owned(), nullable);
            }
        }
    }
}

fn only_a_reference(schema: &Value) -> Option<&str> {
    let says_more = schema.as_object()?.keys().any(|key| !["$ref", "allOf", "nullable"].contains(&key.as_str()));
    if says_more {
        return None;
    }
    text(schema, "$ref").and_then(|target| target.strip_prefix(SCHEMA_PREFIX)).or_else(|| reference(schema))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::aliases;
    use crate::normalise::tests::schemas;

    #[test]
    fn a_choice_of_one_is_that_one_under_the_name_of_the_choice() {
        let content = json!({"type": "object", "properties": {"title": {"type": "string"}}});
        let mut document = schemas(json!({
            "Message": {"oneOf": [{"$ref": "#/components/schemas/ContentMessage"}]},
            "Letter": {"$ref": "#/components/schemas/Message"},
            "ContentMessage": content,
            "Holder": {"type": "object", "properties": {
                "message": {"anyOf": [{"$ref": "#/components/schemas/Message"}], "nullable": true},
                "name": {"oneOf": [{"type": "string"}]}
            }}
        }));
        aliases(&mut document);
        let schemas = &document["components"]["schemas"];
        assert_eq!(schemas["Message"], content);
        assert_eq!(schemas["Letter"], content);
        assert_eq!(
            schemas["Holder"]["properties"],
            json!({
                "message": {"nullable": true, "allOf": [{"$ref": "#/components/schemas/Message"}]},
                "name": {"type": "string"}
            })
        );
    }

    #[test]
    fn a_circle_of_names_is_left_alone() {
        let described = json!({"Circle": {"$ref": "#/components/schemas/Circle"}});
        let mut document = schemas(described.clone());
        aliases(&mut document);
        assert_eq!(document["components"]["schemas"], described);
    }
}
