//! Lines of the repository that an update makes wrong: links to removed items, and numbers that have changed.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use serde_json::Value;

use crate::document::operations;
use crate::generate::model::{Model, TypeShape};
use crate::report::compare::{member, method};
use crate::spec::coming_from;

/// Where the API is documented. CHANGELOG.md is about the past.
const PLACES: [&str; 7] = ["README.md", "AGENTS.md", "CONTRIBUTING.md", "docs", "src", "examples", "openapi/overlay"];

/// The lines that name an operation or a type that is gone, the old number of operations or the old release.
pub fn outdated(
    repository: &Path,
    (old, old_model): (&Value, &Model),
    (new, new_model): (&Value, &Model),
    unreachable: &[String],
) -> Result<Vec<String>> {
    let mut wrong: Vec<(String, String)> = Vec::new();
    for name in names(old_model).difference(&names(new_model)) {
        // The members of a type that is gone go with it.
        if !unreachable.iter().any(|gone| name.starts_with(&format!("{gone}::"))) {
            wrong.push((name.clone(), "is gone".to_owned()));
        }
    }
    wrong.extend(unreachable.iter().map(|name| (name.clone(), "is gone".to_owned())));
    let (before, after) = (operations(old).len(), operations(new).len());
    if before != after {
        wrong.push((format!("{before} operations"), format!("are {after} now")));
    }
    let release = |document: &Value| document.pointer("/info/version").and_then(Value::as_str).map(str::to_owned);
    if let (Some(before), Some(after)) = (release(old), release(new))
        && before != after
        && before.contains('.')
    {
        wrong.push((before, format!("is {after} now")));
    }
    let mut found = Vec::new();
    if !wrong.is_empty() {
        for place in PLACES {
            search(repository, Path::new(place), &wrong, &mut found)?;
        }
    }
    Ok(found)
}

/// What people can call: the methods and calls of operations, the fields and variants of types.
fn names(model: &Model) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for call in &model.operations {
        names.extend([format!("calls::{}", call.name), method(call)]);
        names.insert(format!("{}().{}(", call.resource().join("()."), call.method()));
    }
    for item in &model.types {
        let of = |ident: &String| member(item, ident);
        match &item.shape {
            TypeShape::Structure { fields, .. } => names.extend(fields.iter().map(|field| of(&field.ident))),
            TypeShape::Enum(words) => names.extend(words.iter().map(|word| of(&word.ident))),
            TypeShape::Union { variants } => names.extend(variants.iter().map(|variant| of(&variant.ident))),
        }
    }
    names
}

fn search(repository: &Path, place: &Path, wrong: &[(String, String)], found: &mut Vec<String>) -> Result<()> {
    let path = repository.join(place);
    if path.is_dir() {
        let entries = fs::read_dir(&path).with_context(|| format!("cannot list {}", path.display()))?;
        let mut names: Vec<_> = entries.map(|entry| Ok(entry?.file_name())).collect::<Result<_>>()?;
        names.sort();
        return names.into_iter().try_for_each(|name| search(repository, &place.join(name), wrong, found));
    }
    if place == Path::new(coming_from::FILE) {
        // It is written anew.
        return Ok(());
    }
    // What is no text says nothing about the API.
    let content = fs::read_to_string(&path).unwrap_or_default();
    for (number, line) in (1..).zip(content.lines()) {
        for (words, what) in wrong.iter().filter(|(words, _)| has(line, words)) {
            let file = place.to_string_lossy().replace('\\', "/");
            found.push(format!("{file}:{number}: `{words}` {what}"));
        }
    }
    Ok(())
}

/// Whether a line has the words as whole words.
fn has(line: &str, words: &str) -> bool {
    let is_part = |letter: Option<char>| letter.is_some_and(|letter| letter.is_alphanumeric() || letter == '_');
    let ends_open = !is_part(words.chars().last());
    line.match_indices(words).any(|(start, _)| {
        let before = line.get(..start).and_then(|before| before.chars().last());
        let after = line.get(start + words.len()..).and_then(|after| after.chars().next());
        !is_part(before) && (ends_open || !is_part(after))
    })
}

#[cfg(test)]
mod tests {
    use std::fs;

    use serde_json::json;

    use super::{has, outdated};
    use crate::generate;
    use crate::report::tests::document;

    #[test]
    fn links_to_what_is_gone_and_old_numbers_are_found_by_line() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir_all(folder.path().join("openapi/overlay")).unwrap();
        fs::write(
            folder.path().join("README.md"),
            "# Things\nAll 2 operations of release 9.1.0, 12 operations, 19.1.0.\n",
        )
        .unwrap();
        fs::write(
            folder.path().join("openapi/overlay/things.yaml"),
            "See [it](crate::resources::Things::get)\nand get_all, resources::Things::get_all, types::Thing.\n`things().get(id)`\ntypes::Part::size and types::Part::Sizes, types::Thing::id.\n",
        )
        .unwrap();
        let described = |version: &str, get: bool, property: &str| {
            let mut document = document(json!({
                "Part": {"type": "object", "additionalProperties": {}, "properties": {property: {"type": "string"}}}
            }));
            document["info"]["version"] = json!(version);
            if get {
                document["paths"]["/a"]["get"] = json!({
                    "operationId": "things_get", "x-method": "things.get", "responses": {"2XX": {"description": ""}}
                });
            }
            let model = generate::read(&document).unwrap();
            (document, model)
        };
        let (old, new) = (described("9.1.0", true, "size"), described("9.2.0", false, "Length"));
        assert_eq!(
            outdated(folder.path(), (&old.0, &old.1), (&new.0, &new.1), &["types::Thing".to_owned()]).unwrap(),
            [
                "README.md:2: `2 operations` are 1 now",
                "README.md:2: `9.1.0` is 9.2.0 now",
                "openapi/overlay/things.yaml:1: `resources::Things::get` is gone",
                "openapi/overlay/things.yaml:2: `types::Thing` is gone",
                "openapi/overlay/things.yaml:3: `things().get(` is gone",
                "openapi/overlay/things.yaml:4: `types::Part::size` is gone",
                "openapi/overlay/things.yaml:4: `types::Thing` is gone",
            ]
        );
        assert_eq!(outdated(folder.path(), (&old.0, &old.1), (&old.0, &old.1), &[]).unwrap(), Vec::<String>::new());
    }

    #[test]
    fn a_part_of_a_word_is_no_mention() {
        assert!(
            has("x Client::a.", "Client::a") && !has("Client::ab", "Client::a") && !has("MyClient::a", "Client::a")
        );
        assert!(has("calls().get(id)", "calls().get("));
    }
}
