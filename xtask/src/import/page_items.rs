//! The items of a page, which stay the same list if a response gets a second one.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::document::{members, object, operations, operations_mut, resolve, text};
use crate::generator::description::paging::ITEMS;
use crate::import::parameter_names::shape;

/// Marks each operation whose response had one list, or a marked one, and has several now.
pub fn keep_page_items(document: &mut Value, committed: &Value) {
    let new = document.clone();
    let former = operations(committed);
    operations_mut(document, |method, path, operation| {
        let was = former.iter().find(|was| was.key() == (method, shape(path)));
        let Some(was) = was.filter(|was| was.parameter("cursor").is_some()) else { return };
        let (old_lists, lists) = (lists(committed, was.value), lists(&new, &json!(operation)));
        let items = text(was.value, ITEMS).or(match old_lists.as_slice() {
            [only] => Some(only.as_str()),
            _ => None,
        });
        if let Some(items) = items.filter(|items| lists.len() > 1 && lists.iter().any(|list| list == items)) {
            operation.insert(ITEMS.to_owned(), json!(items));
        }
    });
}

/// The names of the arrays in the successful responses of an operation.
fn lists(document: &Value, operation: &Value) -> Vec<String> {
    let successes =
        members(operation, "responses").filter(|(status, _)| status.starts_with('2')).map(|(_, response)| response);
    let schemas = successes.filter_map(|response| response.pointer("/content/application~1json/schema"));
    let properties = schemas.filter_map(|schema| object(resolve(document, schema)?, "properties")).flatten();
    let is_list = |schema: &Value| resolve(document, schema).and_then(|schema| text(schema, "type")) == Some("array");
    let lists: BTreeSet<&String> = properties.filter(|(_, schema)| is_list(schema)).map(|(name, _)| name).collect();
    lists.into_iter().cloned().collect()
}
