//! The links in the words of the description, which are to Rust paths.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::document::walk::walk;
use crate::generate::model::{Model, TypeShape};
use crate::report::compare::{member, method, type_name};

/// What a link to the crate begins with.
const CRATE: &str = "](crate::";

/// The links that lead to no operation, type, field or variant, each with the pointer of the words that hold it.
pub fn dead(document: &Value, model: &Model) -> Vec<String> {
    let known = known(model);
    let mut dead = Vec::new();
    walk(document, &mut |pointer, value| {
        if let Value::String(words) = value
            && (pointer.ends_with("/summary") || pointer.ends_with("/description"))
        {
            let links = words.split(CRATE).skip(1).map(|rest| rest.split(')').next().unwrap_or_default());
            dead.extend(links.filter(|link| !known.contains(*link)).map(|link| format!("{pointer}: crate::{link}")));
        }
        true
    });
    dead
}

/// Everything that words may lead to, as a path inside the crate.
fn known(model: &Model) -> BTreeSet<String> {
    let mut known = BTreeSet::new();
    for call in &model.operations {
        known.extend([format!("resources::{}", call.resource_type()), method(call), format!("calls::{}", call.name)]);
    }
    for item in &model.types {
        known.insert(type_name(item));
        let of = |ident: &String| member(item, ident);
        match &item.shape {
            TypeShape::Structure { fields, .. } => known.extend(fields.iter().map(|field| of(&field.ident))),
            TypeShape::Enum(words) => known.extend(words.iter().map(|word| of(&word.ident))),
            TypeShape::Union { variants } => known.extend(variants.iter().map(|variant| of(&variant.ident))),
        }
    }
    known
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
