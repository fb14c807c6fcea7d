//! `cargo xtask check-docs`: which items have a description, and whether links and code in the documents are right.

mod formatting;
mod links;

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Result, ensure};
use serde_json::Value;

use crate::document::{has_text, members, operations, schemas, text};
use crate::files::Files;
use crate::generator::description::lookup::reached_from;
use crate::passes;

/// The longest summary that an IDE shows in full.
const MAX_SUMMARY: usize = 70;

/// The kinds of items.
const KINDS: [&str; 4] = ["operations", "parameters", "schemas", "properties"];

/// The tag of schemas that operations of several tags use.
const SHARED: &str = "Shared";

/// Counts the items with a description, by tag. Fails for items without one, which it lists with `missing`, for links
/// without a target, and for code in the documents that is not formatted.
pub fn check(files: &Files, missing: bool) -> Result<()> {
    let document = files.read_courier()?;
    let items = items(&document);
    println!("{:<24}{}", "tag", KINDS.map(|kind| format!("{kind:>12}")).concat());
    let tags: BTreeSet<&str> = items.iter().map(|item| item.tag).collect();
    for tag in tags {
        println!("{tag:<24}{}", row(&items, |item| item.tag == tag));
    }
    println!("{:<24}{}", "all", row(&items, |_| true));
    let undescribed = undescribed(&items);
    if missing {
        undescribed.iter().for_each(|item| println!("{item}"));
    }
    let dead = links::dead(&document, &passes::model(&document)?);
    ensure!(dead.is_empty(), "{} links have no target:\n  {}", dead.len(), dead.join("\n  "));
    let unformatted = formatting::unformatted(&files.repository)?;
    ensure!(unformatted.is_empty(), "{}", unformatted.join("\n"));
    let first: Vec<&str> = undescribed.iter().take(10).map(String::as_str).collect();
    ensure!(
        undescribed.is_empty(),
        "{} items have no description, the first of them:\n  {}\n`cargo xtask check-docs --missing` names all",
        undescribed.len(),
        first.join("\n  ")
    );
    Ok(())
}

/// An item that needs a description.
struct Item<'a> {
    tag: &'a str,
    kind: &'static str,
    is_described: bool,
    name: String,
}

/// The counts of some items by kind: with a description, and all.
fn row(items: &[Item<'_>], is_counted: impl Fn(&Item<'_>) -> bool) -> String {
    let count = |kind| {
        let all = || items.iter().filter(|item| item.kind == kind && is_counted(item));
        format!("{:>12}", format!("{}/{}", all().filter(|item| item.is_described).count(), all().count()))
    };
    KINDS.map(count).concat()
}

/// The names of the items without a description, with their tags, in alphabetical order.
fn undescribed(items: &[Item<'_>]) -> Vec<String> {
    let undescribed = items.iter().filter(|item| !item.is_described);
    let mut names: Vec<String> = undescribed.map(|item| format!("{}: {}", item.tag, item.name)).collect();
    names.sort();
    names
}

fn items(document: &Value) -> Vec<Item<'_>> {
    let mut items = Vec::new();
    for operation in operations(document) {
        let tag = operation.tag();
        let summary = text(operation.value, "summary").unwrap_or_default();
        let fits = !summary.is_empty() && summary.chars().count() <= MAX_SUMMARY;
        let heading = operation.heading();
        let name = format!("{heading}: a summary of at most {MAX_SUMMARY} characters and a description");
        let is_described = fits && has_text(operation.value, "description");
        items.push(Item { tag, kind: "operations", is_described, name });
        items.extend(operation.parameters().map(|parameter| {
            let name = format!("{heading}: parameter {}", text(parameter, "name").unwrap_or_default());
            Item { tag, kind: "parameters", is_described: has_text(parameter, "description"), name }
        }));
    }
    let homes = homes(document);
    for (name, schema) in schemas(document) {
        let tag = homes.get(name).copied().unwrap_or(SHARED);
        let item = |kind, value, name| Item { tag, kind, is_described: has_text(value, "description"), name };
        items.push(item("schemas", schema, format!("schema {name}")));
        let properties = members(schema, "properties");
        items.extend(properties.map(|(own, value)| item("properties", value, format!("property {name}.{own}"))));
    }
    items
}

/// The tag of each schema that only operations of one tag use.
pub fn homes(document: &Value) -> BTreeMap<String, &str> {
    let mut tags: BTreeMap<String, BTreeSet<&str>> = BTreeMap::new();
    for operation in operations(document) {
        for name in reached_from(document, std::iter::once(operation.value)) {
            tags.entry(name).or_default().insert(operation.tag());
        }
    }
    let single = tags.into_iter().filter(|(_, tags)| tags.len() == 1);
    single.filter_map(|(name, tags)| Some((name, tags.first().copied()?))).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{items, row, undescribed};

    #[test]
    fn undescribed_items_are_counted_by_tag() {
        let document = json!({
            "paths": {
                "/things": {"get": {
                    "tags": ["Things"], "summary": "List things", "description": "All of them.",
                    "parameters": [{"name": "cursor", "description": "The position to start from."}, {"name": "limit"}],
                    "responses": {"2XX": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Thing"}}}}}
                }},
                "/others": {"get": {
                    "tags": ["Others"], "summary": "x".repeat(71), "description": "Too long a summary.",
                    "responses": {"2XX": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Both"}}}}}
                }}
            },
            "components": {"schemas": {
                "Thing": {"description": "A thing.", "properties": {
                    "id": {"description": "Its id."}, "both": {"allOf": [{"$ref": "#/components/schemas/Both"}], "description": " "}
                }},
                "Both": {"description": "Used by two tags."}
            }}
        });
        let items = items(&document);
        assert_eq!(
            undescribed(&items),
            [
                "Others: GET /others: a summary of at most 70 characters and a description",
                "Things: GET /things: parameter limit",
                "Things: property Thing.both",
            ]
        );
        let counts =
            |tag: &str| row(&items, |item| item.tag == tag).split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(counts("Things"), ["1/1", "1/2", "1/1", "1/2"]);
        assert_eq!(counts("Shared"), ["0/0", "0/0", "1/1", "0/0"]);
    }
}
