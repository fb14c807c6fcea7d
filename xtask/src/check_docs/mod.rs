//! `cargo xtask check-docs`: which items have a description, and whether links and code in the documents are right.

mod formatting;
mod links;

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Result, bail};
use serde_json::Value;

use crate::document::{SCHEMA_PREFIX, object, operations, references, schemas, text};
use crate::files::Files;
use crate::passes;

/// The longest summary that an IDE shows in full.
const MAX_SUMMARY: usize = 70;

/// The tag of schemas that operations of several tags use.
const SHARED: &str = "Shared";

/// Counts the items with a description, by tag. Fails for items without one, which it lists with `missing`, for links
/// without a target, and for code in the documents that is not formatted.
pub fn check(files: &Files, missing: bool) -> Result<()> {
    let document = files.read_courier()?;
    let tally = tally(&document);
    println!("{:<24}{:>12}{:>12}{:>12}{:>12}", "tag", "operations", "parameters", "schemas", "properties");
    for (tag, counts) in &tally.tags {
        println!("{tag:<24}{}", row(counts));
    }
    println!("{:<24}{}", "all", row(&tally.total()));
    if missing {
        for item in &tally.missing {
            println!("{item}");
        }
    }
    let dead = links::dead(&document, &passes::model(&document)?);
    if !dead.is_empty() {
        bail!("{} links have no target:\n  {}", dead.len(), dead.join("\n  "));
    }
    let unformatted = formatting::unformatted(&files.repository)?;
    if !unformatted.is_empty() {
        bail!("{}", unformatted.join("\n"));
    }
    if !tally.missing.is_empty() {
        let first: Vec<&str> = tally.missing.iter().take(10).map(String::as_str).collect();
        bail!(
            "{} items have no description, the first of them:\n  {}\n`cargo xtask check-docs --missing` names all",
            tally.missing.len(),
            first.join("\n  ")
        );
    }
    Ok(())
}

fn row(counts: &[Count; 4]) -> String {
    counts.iter().map(|count| format!("{:>12}", format!("{}/{}", count.described, count.all))).collect()
}

#[derive(Clone, Copy, Default, Debug, PartialEq)]
struct Count {
    described: usize,
    all: usize,
}

/// The counts of operations, parameters, schemas and properties, by tag.
#[derive(Default)]
struct Tally {
    tags: BTreeMap<String, [Count; 4]>,
    missing: Vec<String>,
}

impl Tally {
    fn add(&mut self, tag: &str, kind: usize, described: bool, name: impl FnOnce() -> String) {
        let counts = self.tags.entry(tag.to_owned()).or_default();
        if let Some(count) = counts.get_mut(kind) {
            count.all += 1;
            count.described += usize::from(described);
        }
        if !described {
            self.missing.push(name());
        }
    }

    fn total(&self) -> [Count; 4] {
        let mut total = [Count::default(); 4];
        for counts in self.tags.values() {
            for (sum, count) in total.iter_mut().zip(counts) {
                sum.described += count.described;
                sum.all += count.all;
            }
        }
        total
    }
}

fn tally(document: &Value) -> Tally {
    let mut tally = Tally::default();
    for operation in operations(document) {
        let tag = operation.tag();
        let summary = text(operation.value, "summary").unwrap_or_default();
        let fits = !summary.is_empty() && summary.chars().count() <= MAX_SUMMARY;
        let heading = operation.heading();
        tally.add(tag, 0, fits && described(operation.value), || {
            format!("{tag}: {heading}: a summary of at most {MAX_SUMMARY} characters and a description")
        });
        for parameter in operation.parameters() {
            let name = text(parameter, "name").unwrap_or_default();
            tally.add(tag, 1, described(parameter), || format!("{tag}: {heading}: parameter {name}"));
        }
    }
    let homes = homes(document);
    for (name, schema) in schemas(document) {
        let tag = homes.get(name.as_str()).copied().unwrap_or(SHARED);
        tally.add(tag, 2, described(schema), || format!("{tag}: schema {name}"));
        for (property, value) in object(schema, "properties").into_iter().flatten() {
            tally.add(tag, 3, described(value), || format!("{tag}: property {name}.{property}"));
        }
    }
    tally.missing.sort();
    tally
}

fn described(value: &Value) -> bool {
    text(value, "description").is_some_and(|text| !text.trim().is_empty())
}

/// The tag of each schema that only operations of one tag use.
pub fn homes(document: &Value) -> BTreeMap<&str, &str> {
    let mut tags: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for operation in operations(document) {
        let mut open = vec![operation.value];
        let mut seen = BTreeSet::new();
        while let Some(value) = open.pop() {
            for name in references(value).into_iter().filter_map(|target| target.strip_prefix(SCHEMA_PREFIX)) {
                if seen.insert(name) {
                    tags.entry(name).or_default().insert(operation.tag());
                    open.extend(document.pointer("/components/schemas").and_then(|schemas| schemas.get(name)));
                }
            }
        }
    }
    tags.into_iter()
        .filter_map(|(name, tags)| Some((name, tags.first().copied().filter(|_| tags.len() == 1)?)))
        .collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Count, tally};

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
        let tally = tally(&document);
        assert_eq!(
            tally.missing,
            [
                "Others: GET /others: a summary of at most 70 characters and a description",
                "Things: GET /things: parameter limit",
                "Things: property Thing.both",
            ]
        );
        let count = |described, all| Count { described, all };
        assert_eq!(tally.tags["Things"], [count(1, 1), count(1, 2), count(1, 1), count(1, 2)]);
        assert_eq!(tally.tags["Shared"], [count(0, 0), count(0, 0), count(1, 1), count(0, 0)]);
    }
}
