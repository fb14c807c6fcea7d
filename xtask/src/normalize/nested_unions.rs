//! A union inside a union becomes part of the outer one.

use serde_json::{Map, Value};

use crate::document::{resolve, schemas_mut};

/// So that a caller goes from a recipient to the message's `to` in one step, whether or not upstream gives the inner
/// choice a name of its own.
pub fn nested_unions(document: &mut Value) {
    let all = document.clone();
    schemas_mut(document, &mut |schema| {
        for key in ["oneOf", "anyOf"] {
            if let Some(variants) = schema.get(key).and_then(Value::as_array)
                && variants.iter().any(|variant| inner_variants(&all, variant).is_some())
            {
                let mut flat = Vec::new();
                flatten(&all, variants, 0, &mut flat);
                schema.insert(key.to_owned(), Value::Array(flat));
                // It named the inner choices; the rule `unions` finds what tells apart what is left.
                schema.shift_remove("discriminator");
            }
        }
    });
}

fn flatten(document: &Value, variants: &[Value], depth: usize, flat: &mut Vec<Value>) {
    const DEEPEST: usize = 16;
    for variant in variants {
        match inner_variants(document, variant) {
            Some(inner) if depth < DEEPEST => flatten(document, inner, depth + 1, flat),
            // A choice of itself says nothing.
            Some(_) => {}
            None if flat.contains(variant) => {}
            None => flat.push(variant.clone()),
        }
    }
}

/// The choices of a variant that is nothing but a choice.
fn inner_variants<'a>(document: &'a Value, variant: &'a Value) -> Option<&'a [Value]> {
    let schema: &Map<String, Value> = resolve(document, variant)?.as_object()?;
    if ["properties", "allOf", "items"].iter().any(|key| schema.contains_key(*key)) {
        return None;
    }
    schema.get("oneOf").or_else(|| schema.get("anyOf"))?.as_array().map(Vec::as_slice)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::nested_unions;
    use crate::normalise::tests::schemas;

    #[test]
    fn the_inner_choices_take_the_place_of_the_inner_choice() {
        let mut document = schemas(json!({
            "To": {"oneOf": [
                {"$ref": "#/components/schemas/Recipient"},
                {"type": "array", "items": {"$ref": "#/components/schemas/Recipient"}}
            ]},
            "Recipient": {"oneOf": [{"$ref": "#/components/schemas/User"}, {"$ref": "#/components/schemas/List"}]},
            "User": {"type": "object", "properties": {}},
            "List": {"type": "object", "properties": {}}
        }));
        nested_unions(&mut document);
        assert_eq!(
            document["components"]["schemas"]["To"]["oneOf"],
            json!([
                {"$ref": "#/components/schemas/User"},
                {"$ref": "#/components/schemas/List"},
                {"type": "array", "items": {"$ref": "#/components/schemas/Recipient"}}
            ])
        );
    }

    #[test]
    fn a_choice_of_itself_comes_to_an_end() {
        let mut document =
            schemas(json!({"Circle": {"oneOf": [{"$ref": "#/components/schemas/Circle"}, {"type": "string"}]}}));
        nested_unions(&mut document);
        assert_eq!(document["components"]["schemas"]["Circle"]["oneOf"], json!([{"type": "string"}]));
    }
}
