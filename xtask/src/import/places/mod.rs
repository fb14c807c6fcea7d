//! A schema keeps its name where its place in the API is the same, whatever upstream calls it now.
//!
//! The two descriptions are walked side by side, operation by operation, from bodies and answers into properties, items
//! and choices. Where one has a name at a place and the other has another or none, the place keeps what it had: a
//! renamed component gets its name back, an inlined one becomes a component again, and one that is newly given a name
//! is written out where it had none.

mod names;
mod place;
mod walk;

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::import::places::names::{name, rename, write_out};
use crate::import::places::walk::Walk;

/// Where the names that upstream has for ours are kept in `openapi/upstream.yaml`, so that each is reported once.
pub const RENAMED: &str = "x-renamed";

/// Gives the schemas of a document the names that they have in the committed one.
pub fn keep_schema_names(document: &mut Value, committed: &Value) {
    let walk = Walk::over(document, committed);
    let Walk { named, written_out, votes, .. } = walk;
    let renamed = elect(&votes, document, committed);
    write_out(document, written_out);
    name(document, named);
    let renamed = rename(document, renamed);
    if let Some(document) = document.as_object_mut()
        && !renamed.is_empty()
    {
        document.insert(RENAMED.to_owned(), json!(renamed));
    }
}
/// The new name of each component that gets one: no two the same, and none that upstream uses for the same still.
fn elect(
    votes: &BTreeMap<String, BTreeMap<String, usize>>,
    document: &Value,
    committed: &Value,
) -> BTreeMap<String, String> {
    let known = committed.pointer("/components/schemas");
    let is_known = |name: &str| known.is_some_and(|known| known.get(name).is_some());
    let keeps = |name: &str| votes.get(name).is_some_and(|others| others.contains_key(name));
    let mut winners: BTreeMap<&str, (&str, usize)> = BTreeMap::new();
    for (name, others) in votes.iter().filter(|(name, _)| !is_known(name)) {
        let best = others
            .iter()
            .filter(|(other, _)| !keeps(other))
            .max_by_key(|(other, votes)| (**votes, std::cmp::Reverse(*other)));
        if let Some((other, votes)) = best {
            let winner = winners.entry(other).or_insert((name, *votes));
            if *votes > winner.1 {
                *winner = (name, *votes);
            }
        }
    }
    let mut renamed: BTreeMap<String, String> =
        winners.iter().map(|(other, (name, _))| ((*name).to_owned(), (*other).to_owned())).collect();
    // A part of it may have had the name; nothing outside sees parts.
    let schemas = document.pointer("/components/schemas");
    for other in winners.keys() {
        if schemas.is_some_and(|schemas| schemas.get(*other).is_some()) && !renamed.contains_key(*other) {
            renamed.insert((*other).to_owned(), format!("{other}Part"));
        }
    }
    renamed
}
#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{RENAMED, keep_schema_names};

    /// A document with one operation that answers with a schema.
    fn document(answer: Value, schemas: Value) -> Value {
        json!({
            "paths": {"/things": {"get": {"responses": {"200": {
                "content": {"application/json": {"schema": answer}}
            }}}}},
            "components": {"schemas": schemas}
        })
    }

    fn reference(name: &str) -> Value {
        json!({"$ref": format!("#/components/schemas/{name}")})
    }

    /// Our description has `Thing`, with a named owner and colour, and a map and a size without a name.
    fn committed() -> Value {
        document(
            reference("Thing"),
            json!({
                "Thing": {"type": "object", "properties": {
                    "owner": reference("Owner"),
                    "colour": reference("Colour"),
                    "data": {"type": "object", "additionalProperties": true},
                    "size": {"type": "string", "enum": ["S", "L"]}
                }},
                "Owner": {"type": "object", "properties": {"id": {"type": "string"}}},
                "Colour": {"type": "string", "enum": ["RED", "BLUE"]}
            }),
        )
    }

    #[test]
    fn a_renamed_schema_gets_its_name_back_and_the_other_name_is_kept_in_mind() {
        let mut renamed: Value =
            serde_json::from_str(&committed().to_string().replace("Owner", "Person").replace("Colour", "COLOUR"))
                .unwrap();
        keep_schema_names(&mut renamed, &committed());
        assert_eq!(renamed["components"], committed()["components"]);
        // A name that is the same in Rust is no other name.
        assert_eq!(renamed[RENAMED], json!({"Owner": "Person"}));
    }

    #[test]
    fn an_inlined_schema_is_named_again_and_a_newly_named_one_is_written_out() {
        let mut changed = document(
            json!({"type": "object", "properties": {
                "owner": {"type": "object", "properties": {"id": {"type": "string"}}, "nullable": true},
                "colour": {"type": "string", "enum": ["RED", "BLUE"]},
                "data": reference("Data"),
                "size": {"allOf": [reference("Size")], "nullable": true}
            }}),
            json!({
                "Data": {"type": "object", "additionalProperties": true},
                "Size": {"type": "string", "enum": ["S", "L"]}
            }),
        );
        keep_schema_names(&mut changed, &committed());
        let schemas = &changed["components"]["schemas"];
        assert_eq!(
            schemas["Thing"]["properties"],
            json!({
                "owner": {"allOf": [reference("Owner")], "nullable": true},
                "colour": reference("Colour"),
                "data": {"type": "object", "additionalProperties": true},
                "size": {"nullable": true, "type": "string", "enum": ["S", "L"]}
            })
        );
        assert_eq!(schemas["Owner"], committed()["components"]["schemas"]["Owner"]);
    }

    #[test]
    fn another_kind_at_the_same_place_is_another_type() {
        let mut changed = committed();
        changed["components"]["schemas"]["Thing"]["properties"]["owner"] = reference("OwnerName");
        changed["components"]["schemas"]["OwnerName"] = json!({"type": "string", "enum": ["me", "you"]});
        let expected = changed.clone();
        keep_schema_names(&mut changed, &committed());
        assert_eq!(changed, expected);
    }

    #[test]
    fn variants_are_told_by_name_by_constants_and_by_what_they_share() {
        let tagged = |tag: &str, property: &str| json!({"type": "object", "properties": {"type": {"type": "string", "enum": [tag]}, property: {"type": "string"}}});
        let plain = |property: &str| json!({"type": "object", "properties": {property: {"type": "string"}}});
        let committed = document(
            reference("Node"),
            json!({
                "Node": {"oneOf": [reference("TextNode"), reference("ImageNode"), reference("UserID"), reference("List")]},
                "TextNode": tagged("text", "content"),
                "ImageNode": tagged("image", "src"),
                "UserID": plain("user"),
                "List": plain("list")
            }),
        );
        let mut changed = document(
            json!({"anyOf": [
                reference("Lists"), reference("UserId"),
                {"allOf": [tagged("image", "src"), plain("alt")]},
                {"oneOf": [reference("Text")]}
            ]}),
            json!({"Text": tagged("text", "content"), "UserId": plain("user"), "Lists": plain("list")}),
        );
        keep_schema_names(&mut changed, &committed);
        let schemas = changed["components"]["schemas"].as_object().unwrap();
        let mut names: Vec<&String> = schemas.keys().collect();
        names.sort();
        assert_eq!(names, ["ImageNode", "List", "Node", "TextNode", "UserID"]);
        assert_eq!(changed[RENAMED], json!({"List": "Lists", "TextNode": "Text"}));
    }
}
