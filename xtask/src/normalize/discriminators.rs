//! A choice of objects that differ in a constant gets a discriminator.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

use crate::document::{SCHEMA_PREFIX, object, reference, resolve, schemas_mut, text};

/// OpenAPI's own word for what tells the variants apart: decoding then reads the tag, and does not try one variant
/// after the other.
pub fn unions(document: &mut Value) {
    let all = document.clone();
    let mut tags: Vec<(String, String)> = Vec::new();
    schemas_mut(document, &mut |schema| {
        // typify makes one struct of all the variants of an `anyOf`, which no answer of the API is.
        if !schema.contains_key("oneOf")
            && let Some(variants) = schema.shift_remove("anyOf")
        {
            schema.insert("oneOf".to_owned(), variants);
        }
        let Some((property, mapping)) = discriminator(&all, schema) else {
            if !has_its_tag(&all, schema) {
                schema.shift_remove("discriminator");
            }
            return;
        };
        tags.extend(mapping.values().filter_map(|target| {
            let name = target.as_str()?.rsplit('/').next()?;
            Some((name.to_owned(), property.clone()))
        }));
        schema.insert("discriminator".to_owned(), json!({"propertyName": property, "mapping": mapping}));
    });
    for (name, property) in tags {
        let Some(variant) = document.pointer_mut(&format!("/components/schemas/{name}")) else {
            continue;
        };
        require(variant, &property);
    }
}

/// Whether the discriminator that upstream gives is a property of every variant. Where it is not, as with the `_type`
/// of the published recipients, no request has ever had it.
fn has_its_tag(document: &Value, schema: &Map<String, Value>) -> bool {
    let tag = schema.get("discriminator").and_then(|discriminator| text(discriminator, "propertyName"));
    let variants = schema.get("oneOf").and_then(Value::as_array);
    variants.into_iter().flatten().all(|variant| {
        let properties = resolve(document, variant).and_then(|variant| object(variant, "properties"));
        tag.is_some_and(|tag| properties.is_some_and(|properties| properties.contains_key(tag)))
    })
}

/// The property whose constant differs in every variant, and which constant is which variant.
fn discriminator(document: &Value, schema: &Map<String, Value>) -> Option<(String, Map<String, Value>)> {
    let variants = schema.get("oneOf")?.as_array()?;
    let first = object(resolve(document, variants.first()?)?, "properties")?;
    let candidates = first.keys().filter(|property| constant(first, property).is_some());
    for property in candidates {
        let mapping: Option<Map<String, Value>> = variants
            .iter()
            .map(|variant| {
                let name = reference(variant)?;
                let properties = object(resolve(document, variant)?, "properties")?;
                let value = constant(properties, property)?;
                Some((value.to_owned(), json!(format!("{SCHEMA_PREFIX}{name}"))))
            })
            .collect();
        if let Some(mapping) = mapping
            && mapping.len() == variants.len()
            && variants.len() > 1
        {
            return Some((property.clone(), mapping));
        }
    }
    None
}

fn constant<'a>(properties: &'a Map<String, Value>, property: &str) -> Option<&'a str> {
    match properties.get(property)?.get("enum")?.as_array()?.as_slice() {
        [only] => only.as_str(),
        _ => None,
    }
}

fn require(variant: &mut Value, property: &str) {
    if let Some(tag) = variant.pointer_mut(&format!("/properties/{property}")).and_then(Value::as_object_mut) {
        tag.shift_remove("nullable");
    }
    let Some(variant) = variant.as_object_mut() else {
        return;
    };
    let required = variant.entry("required").or_insert_with(|| json!([]));
    let already: BTreeSet<&str> = required.as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    if !already.contains(property)
        && let Some(required) = required.as_array_mut()
    {
        required.push(json!(property));
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::unions;
    use crate::normalise::tests::schemas;

    fn variant(tag: &str, value: &str) -> serde_json::Value {
        json!({"type": "object", "properties": {tag: {"type": "string", "enum": [value], "nullable": true}}})
    }

    #[test]
    fn a_constant_that_differs_becomes_the_discriminator_and_is_required() {
        let mut document = schemas(json!({
            "Node": {"anyOf": [{"$ref": "#/components/schemas/Text"}, {"$ref": "#/components/schemas/Image"}]},
            "Text": variant("type", "text"),
            "Image": variant("type", "image")
        }));
        unions(&mut document);
        let schemas = &document["components"]["schemas"];
        assert_eq!(
            schemas["Node"]["discriminator"],
            json!({"propertyName": "type", "mapping": {
                "text": "#/components/schemas/Text", "image": "#/components/schemas/Image"
            }})
        );
        assert_eq!(schemas["Node"]["oneOf"].as_array().unwrap().len(), 2);
        assert_eq!(schemas["Text"]["required"], json!(["type"]));
        assert_eq!(schemas["Text"]["properties"]["type"], json!({"type": "string", "enum": ["text"]}));
    }

    #[test]
    fn a_discriminator_that_no_variant_has_goes() {
        let mut document = schemas(json!({
            "Recipient": {
                "oneOf": [{"$ref": "#/components/schemas/User"}, {"$ref": "#/components/schemas/List"}],
                "discriminator": {"propertyName": "_type", "mapping": {"user": "#/components/schemas/User"}}
            },
            "User": {"type": "object", "properties": {"user_id": {"type": "string"}}},
            "List": {"type": "object", "properties": {"list_id": {"type": "string"}}}
        }));
        unions(&mut document);
        assert!(document["components"]["schemas"]["Recipient"].get("discriminator").is_none());
    }

    #[test]
    fn a_shared_constant_is_no_discriminator() {
        let described = json!({
            "Node": {"oneOf": [{"$ref": "#/components/schemas/Api"}, {"$ref": "#/components/schemas/Segment"}]},
            "Api": variant("type", "trigger"),
            "Segment": variant("type", "trigger")
        });
        let mut document = schemas(described.clone());
        unions(&mut document);
        assert_eq!(document["components"]["schemas"], described);
    }
}
