//! The links in descriptions, which are Rust paths.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::document::walk;
use crate::generator::model::Model;
use crate::report::changes::{members, method, type_name};

/// The prefix of a link to the crate.
const CRATE: &str = "](crate::";

/// Items that are not generated; rustdoc checks the links to them.
const HAND_WRITTEN: [&str; 3] = ["ext::", "guide::", "types::ContentElements::normalized"];

/// The links without a target in the crate, each with the pointer of its description.
pub fn dead(document: &Value, model: &Model) -> Vec<String> {
    let known = known(model);
    let mut dead = Vec::new();
    walk(document, &mut |pointer, value| {
        if let Value::String(text) = value
            && (pointer.ends_with("/summary") || pointer.ends_with("/description"))
        {
            let links = text.split(CRATE).skip(1).map(|rest| rest.split(')').next().unwrap_or_default());
            let links = links.filter(|link| !HAND_WRITTEN.iter().any(|module| link.starts_with(module)));
            dead.extend(links.filter(|link| !known.contains(*link)).map(|link| format!("{pointer}: crate::{link}")));
        }
        true
    });
    dead
}

/// Every possible target, as a path inside the crate.
fn known(model: &Model) -> BTreeSet<String> {
    let mut known = BTreeSet::new();
    for call in &model.operations {
        known.extend([format!("resources::{}", call.resource_type()), method(call), format!("calls::{}", call.name)]);
    }
    for item in &model.types {
        known.extend([type_name(item), format!("{}::Unrecognized", type_name(item))]);
        known.extend(members(item));
    }
    known
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::dead;
    use crate::generator;
    use crate::report::tests::document;

    #[test]
    fn link_without_a_target_is_named() {
        let description = "[a](crate::resources::ListsItems::add), [b](crate::resources::ListsItems), [c](crate::types::Thing), \
                     [d](crate::types::Thing::item_id), [e](crate::types::Kind::Red); \
                     [f](crate::Client::add), [g](crate::types::Thing::gone), [h](https://example.com), \
                     [i](crate::guide::retries), [j](crate::ext::Scope)";
        let mut document = document(json!({
            "Thing": {"type": "object", "additionalProperties": {}, "properties": {
                "itemId": {"type": "string"}, "description": {"type": "string"}
            }},
            "Kind": {"type": "string", "enum": ["RED", "BLUE"]}
        }));
        document["paths"]["/lists"]["post"] = json!({
            "operationId": "lists_items_add", "x-method": "lists.items.add", "description": description,
            "responses": {"2XX": {"description": ""}}
        });
        let pointer = "/paths/~1lists/post/description";
        assert_eq!(
            dead(&document, &generator::read(&document).unwrap()),
            [format!("{pointer}: crate::Client::add"), format!("{pointer}: crate::types::Thing::gone")]
        );
    }
}
