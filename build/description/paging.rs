//! The paginated operations, and the shapes of their pages.

use serde_json::Value;

use crate::description::lookup::{parameters, properties, required, resolve, success_body, text};

/// The shape of a page, which determines how to request the next one. `src/testing/paging.rs` makes pages of each.
pub struct PagingShape {
    /// The property that distinguishes the shape.
    pub property: &'static str,
    /// The property that is `true` if there are more pages.
    pub more: Option<&'static str>,
    /// The property that leads to the next page.
    pub cursor: &'static str,
}

/// The property that holds `more` and `cursor` in the first shape.
pub const PAGING: &str = "paging";

/// The shapes, in the order in which they are tried.
static SHAPES: [PagingShape; 4] = [
    PagingShape { property: PAGING, more: Some("more"), cursor: "cursor" },
    PagingShape { property: "has_more", more: Some("has_more"), cursor: "cursor" },
    PagingShape { property: "next_cursor", more: None, cursor: "next_cursor" },
    PagingShape { property: "cursor", more: None, cursor: "cursor" },
];

/// The paging of an operation.
pub struct DescribedPaging<'a> {
    /// The property of the response that holds the items.
    pub items: &'a str,
    pub shape: &'static PagingShape,
}

/// The paging of an operation with a `cursor` parameter; `None` for other operations.
pub fn paging<'a>(document: &'a Value, operation: &'a Value) -> Result<Option<DescribedPaging<'a>>, String> {
    if !parameters(operation).any(|parameter| text(parameter, "name") == Some("cursor")) {
        return Ok(None);
    }
    let page = success_body(operation).map(|schema| resolve(document, schema));
    let (page, response) = page.and_then(|page| Some((page, properties(page)?))).ok_or(
        "it takes a `cursor` and its response is not an object; correct one of them in \
         openapi/overlay/corrections.yaml",
    )?;
    let shape = SHAPES.iter().find(|shape| response.contains_key(shape.property)).ok_or(
        "it takes a `cursor`, and its response has none of `paging`, `has_more`, `next_cursor` and `cursor`, which lead to \
         the next page; correct the response in openapi/overlay/corrections.yaml, or add this form of paging to \
         build/description/paging.rs",
    )?;
    let is_object = |schema: &Value| {
        let schema = resolve(document, schema);
        schema.get("properties").is_some() || schema.get("oneOf").is_some()
    };
    let is_list = |schema: &Value| {
        let schema = resolve(document, schema);
        text(schema, "type") == Some("array") && schema.get("items").is_some_and(is_object)
    };
    let lists = response.iter().filter(|(_, schema)| is_list(schema));
    let lists: Vec<&str> = lists.map(|(name, _)| name.as_str()).collect();
    let named = text(operation, ITEMS);
    let items = match named {
        Some(named) => lists.iter().find(|list| **list == named),
        None => only_items(&lists, &required(page).collect::<Vec<_>>()),
    };
    let items = items.ok_or_else(|| match (named, lists.is_empty()) {
        (Some(named), _) => format!("its `{ITEMS}` names `{named}`, which is not a list of objects in its response"),
        (None, true) => "it takes a `cursor`, and its response has no list of objects; correct the response in \
             openapi/overlay/corrections.yaml"
            .to_owned(),
        (None, false) => format!(
            "its response has the lists `{}`; choose the items of a page, in openapi/overlay/corrections.yaml: `{ITEMS}: \
             NAME` of the operation",
            lists.join("`, `")
        ),
    })?;
    Ok(Some(DescribedPaging { items, shape }))
}

/// The mark of an operation that names the property with the items of a page.
pub const ITEMS: &str = "x-items";

/// The usual names of that property.
const USUAL: [&str; 4] = ["items", "results", "data", "versions"];

/// The only list, the only required list, or the only list with a usual name.
fn only_items<'l, 'a>(lists: &'l [&'a str], required: &[&str]) -> Option<&'l &'a str> {
    let only = |is_wanted: &dyn Fn(&str) -> bool| {
        let mut wanted = lists.iter().filter(|list| is_wanted(list));
        wanted.next().filter(|_| wanted.next().is_none())
    };
    only(&|_| true).or_else(|| only(&|list| required.contains(&list))).or_else(|| only(&|list| USUAL.contains(&list)))
}
