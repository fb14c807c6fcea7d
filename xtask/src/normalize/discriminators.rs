//! Rules that add a discriminator to a choice of objects that differ in a constant, and its mapping to one without.

use serde_json::{Map, Value, json};

use crate::document::{SCHEMA_PREFIX, elements, object, reference, resolve, schemas_mut, text};

/// Adds the values that a discriminator has without a `mapping`: the names of the schemas, which we may change.
pub fn implicit_mappings(document: &mut Value) {
    schemas_mut(document, &mut |_, schema| {
        let whole = json!(schema);
        let Some(Value::Object(discriminator)) = schema.get_mut("discriminator") else { return };
        let mapping = discriminator.entry("mapping").or_insert_with(|| json!({}));
        for name in ["oneOf", "anyOf"].into_iter().flat_map(|key| elements(&whole, key)).filter_map(reference) {
            let target = format!("{SCHEMA_PREFIX}{name}");
            let is_mapped = |value: &Value| *value == json!(target) || *value == json!(name);
            if let Some(mapping) = mapping.as_object_mut().filter(|mapping| !mapping.values().any(is_mapped)) {
                mapping.insert(name.to_owned(), json!(target));
            }
        }
    });
}

/// Adds the discriminators, so that decoding reads the tag instead of trying one variant after the other.
pub fn discriminators(document: &mut Value) {
    let all = document.clone();
    let mut tags: Vec<(String, String)> = Vec::new();
    schemas_mut(document, &mut |_, schema| {
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
        let variant = document.pointer_mut(&format!("/components/schemas/{name}")).and_then(Value::as_object_mut);
        let Some(variant) = variant else { continue };
        if let Some(Value::Object(tag)) = variant.get_mut("properties").and_then(|all| all.get_mut(&property)) {
            tag.shift_remove("nullable");
        }
        // Anything else than a list requires nothing.
        let mut required = variant.get("required").and_then(Value::as_array).cloned().unwrap_or_default();
        if !required.contains(&json!(property)) {
            required.push(json!(property));
        }
        variant.insert("required".to_owned(), json!(required));
    }
}

/// Returns `true` if upstream's discriminator is a property of every variant. Otherwise, as with the `_type` of the
/// published recipients, no request has ever had it.
fn has_its_tag(document: &Value, schema: &Map<String, Value>) -> bool {
    let tag = schema.get("discriminator").and_then(|discriminator| text(discriminator, "propertyName"));
    let variants = schema.get("oneOf").and_then(Value::as_array);
    variants.into_iter().flatten().all(|variant| {
        let properties = resolve(document, variant).and_then(|variant| object(variant, "properties"));
        tag.is_some_and(|tag| properties.is_some_and(|properties| properties.contains_key(tag)))
    })
}

/// The property with a different constant in every variant, and the variant of each constant.
fn discriminator(document: &Value, schema: &Map<String, Value>) -> Option<(String, Map<String, Value>)> {
    let variants = schema.get("oneOf")?.as_array()?;
    let first = object(resolve(document, variants.first()?)?, "properties")?;
    let candidates = first.keys().filter(|property| constant(first, property).is_some());
    candidates.filter(|_| variants.len() > 1).find_map(|property| {
        let tagged = variants.iter().map(|variant| {
            let properties = object(resolve(document, variant)?, "properties")?;
            let target = format!("{SCHEMA_PREFIX}{}", reference(variant)?);
            Some((constant(properties, property)?.to_owned(), json!(target)))
        });
        let mapping: Map<String, Value> = tagged.collect::<Option<_>>()?;
        (mapping.len() == variants.len()).then(|| (property.clone(), mapping))
    })
}

/// The only value that a property allows.
fn constant<'a>(properties: &'a Map<String, Value>, property: &str) -> Option<&'a str> {
    match elements(properties.get(property)?, "enum").as_slice() {
        [only] => only.as_str(),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::discriminators;
    use crate::normalize::tests::schemas;

    fn variant(tag: &str, value: &str) -> serde_json::Value {
        json!({"type": "object", "properties": {tag: {"type": "string", "enum": [value], "nullable": true}}})
    }

    #[test]
    fn distinct_constant_becomes_the_discriminator() {
        let mut document = schemas(json!({
            "Node": {"oneOf": [{"$ref": "#/components/schemas/Text"}, {"$ref": "#/components/schemas/Image"}]},
            "Text": variant("type", "text"),
            "Image": variant("type", "image")
        }));
        discriminators(&mut document);
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
    fn discriminator_without_a_property_is_removed() {
        let mut document = schemas(json!({
            "Recipient": {
                "oneOf": [{"$ref": "#/components/schemas/User"}, {"$ref": "#/components/schemas/List"}],
                "discriminator": {"propertyName": "_type", "mapping": {"user": "#/components/schemas/User"}}
            },
            "User": {"type": "object", "properties": {"user_id": {"type": "string"}}},
            "List": {"type": "object", "properties": {"list_id": {"type": "string"}}}
        }));
        discriminators(&mut document);
        assert!(document["components"]["schemas"]["Recipient"].get("discriminator").is_none());
    }

    #[test]
    fn shared_constant_is_not_a_discriminator() {
        let described = json!({
            "Node": {"oneOf": [{"$ref": "#/components/schemas/Api"}, {"$ref": "#/components/schemas/Segment"}]},
            "Api": variant("type", "trigger"),
            "Segment": variant("type", "trigger")
        });
        let mut document = schemas(described.clone());
        discriminators(&mut document);
        assert_eq!(document["components"]["schemas"], described);
    }
}
