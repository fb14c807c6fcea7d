//! The links in the words of the description, which are to Rust paths.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::generate::model::{Model, TypeShape};
use crate::report::compare::{member, method, type_name};

/// What a link to the crate begins with.
const CRATE: &str = "](crate::";

/// The links that lead to no operation, type, field or variant, each with the pointer of the words that hold it.
pub fn dead(document: &Value, model: &Model) -> Vec<String> {
    let known = known(model);
    let mut dead = Vec::new();
    search(document, &mut String::new(), &mut |pointer, words| {
        let links = words.split(CRATE).skip(1).map(|rest| rest.split(')').next().unwrap_or_default());
        dead.extend(links.filter(|link| !known.contains(*link)).map(|link| format!("{pointer}: crate::{link}")));
    });
    dead
}

/// Everything that words may lead to, as a path inside the crate.
fn known(model: &Model) -> BTreeSet<String> {
    let mut known = BTreeSet::new();
    for call in &model.calls {
        known.extend([format!("resources::{}", call.resource_type()), method(call), format!("calls::{}", call.name)]);
    }
    for item in &model.types {
        known.insert(type_name(item));
        let of = |ident: &String| member(item, ident);
        match &item.shape {
            TypeShape::Structure { fields, .. } => known.extend(fields.iter().map(|field| of(&field.ident))),
            TypeShape::Words(words) => known.extend(words.iter().map(|word| of(&word.ident))),
            TypeShape::Union { variants } => known.extend(variants.iter().map(|variant| of(&variant.ident))),
        }
    }
    known
}

/// Calls `visit` with the pointer and the text of everything that is said in words.
fn search(value: &Value, pointer: &mut String, visit: &mut impl FnMut(&str, &str)) {
    let length = pointer.len();
    let mut inside = |key: &str, inner: &Value| {
        pointer.push('/');
        pointer.push_str(&key.replace('~', "~0").replace('/', "~1"));
        match inner {
            Value::String(words) if ["summary", "description"].contains(&key) => visit(pointer, words),
            inner => search(inner, pointer, visit),
        }
        pointer.truncate(length);
    };
    match value {
        Value::Object(object) => object.iter().for_each(|(key, inner)| inside(key, inner)),
        Value::Array(array) => {
            array.iter().enumerate().for_each(|(index, inner)| inside(&index.to_string(), inner));
        }
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::dead;
    use crate::generate;
    use crate::report::tests::document;

    #[test]
    fn a_link_leads_to_an_operation_a_type_a_field_or_a_value() {
        let words = "[a](crate::resources::ListsItems::add), [b](crate::resources::ListsItems), [c](crate::types::Thing), \
                     [d](crate::types::Thing::item_id), [e](crate::types::Kind::Red); \
                     [f](crate::Client::add), [g](crate::types::Thing::gone), [h](https://example.com)";
        let mut document = document(json!({
            "Thing": {"type": "object", "additionalProperties": {}, "properties": {
                "itemId": {"type": "string"}, "description": {"type": "string"}
            }},
            "Kind": {"type": "string", "enum": ["RED", "BLUE"]}
        }));
        document["paths"]["/lists"]["post"] = json!({
            "operationId": "lists_items_add", "x-method": "lists.items.add", "description": words,
            "responses": {"2XX": {"description": ""}}
        });
        let place = "/paths/~1lists/post/description";
        assert_eq!(
            dead(&document, &generate::read(&document).unwrap()),
            [format!("{place}: crate::Client::add"), format!("{place}: crate::types::Thing::gone")]
        );
    }
}
