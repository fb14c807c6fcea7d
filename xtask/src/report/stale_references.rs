//! Lines of the repository that an update invalidates: links to removed items, and numbers that have changed.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use serde_json::Value;
use walkdir::WalkDir;

use crate::coming_from;
use crate::document::{operations, text};
use crate::findings::{Finding, Section};
use crate::generator::model::Model;
use crate::report::changes::{members, method};

/// The files and folders that document the API, except CHANGELOG.md, which is about the past.
const DOCUMENTS: [&str; 7] =
    ["README.md", "AGENTS.md", "CONTRIBUTING.md", "docs", "src", "examples", "openapi/overlay"];

/// The lines that name a removed operation or type, the old number of operations or the old release.
pub fn find(
    repository: &Path,
    (old, old_model): (&Value, &Model),
    (new, new_model): (&Value, &Model),
    unused_types: &[String],
) -> Vec<Finding> {
    let mut stale: Vec<(String, String)> = Vec::new();
    let (known, left) = (names(old_model), names(new_model));
    // The members of a removed type are removed with it.
    let is_member = |name: &String| unused_types.iter().any(|gone| name.starts_with(&format!("{gone}::")));
    let gone = known.difference(&left).filter(|name| !is_member(name)).chain(unused_types);
    stale.extend(gone.map(|name| (name.clone(), "is gone".to_owned())));
    let (before, after) = (operations(old).len(), operations(new).len());
    if before != after {
        stale.push((format!("{before} operations"), format!("are {after} now")));
    }
    let [before, after] = [old, new].map(|document| document.get("info").and_then(|info| text(info, "version")));
    let release = before.filter(|before| before.contains('.')).zip(after).filter(|(before, after)| before != after);
    stale.extend(release.map(|(before, after)| (before.to_owned(), format!("is {after} now"))));
    let files = DOCUMENTS.into_iter().flat_map(|path| WalkDir::new(repository.join(path)).sort_by_file_name());
    // This file is generated.
    let files = files.flatten().filter(|entry| !stale.is_empty() && !entry.path().ends_with(coming_from::FILE));
    let mut findings = Vec::new();
    for entry in files {
        let path = entry.path().strip_prefix(repository).unwrap_or(entry.path()).to_string_lossy().replace('\\', "/");
        // A file that is not text does not mention the API.
        let content = fs::read_to_string(entry.path()).unwrap_or_default();
        for (number, line) in (1..).zip(content.lines()) {
            for (name, change) in stale.iter().filter(|(name, _)| mentions(line, name)) {
                let text = format!("{path}:{number}: `{name}` {change}");
                findings.push(Finding::new(Section::StaleReference, format!("{path}:{number}"), text));
            }
        }
    }
    findings
}

/// The names that documents use: the methods and calls of operations, the fields and variants of types.
fn names(model: &Model) -> BTreeSet<String> {
    let mut names = BTreeSet::new();
    for call in &model.operations {
        names.extend([format!("calls::{}", call.name), method(call)]);
        names.insert(format!("{}().{}(", call.resource().join("()."), call.method()));
    }
    names.extend(model.types.iter().flat_map(members));
    names
}

/// Returns `true` if a line has the name, and not as a part of a longer name.
fn mentions(line: &str, name: &str) -> bool {
    let is_part = |letter: char| letter.is_alphanumeric() || letter == '_';
    let mut parts = line.split(name).peekable();
    while let (Some(before), Some(after)) = (parts.next(), parts.peek()) {
        if !before.ends_with(is_part) && (!name.ends_with(is_part) || !after.starts_with(is_part)) {
            return true;
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use std::fs;

    use serde_json::{Value, json};

    use super::{find, mentions};
    use crate::generator::{self, model::Model};
    use crate::report::tests::document;

    #[test]
    fn stale_names_and_numbers_are_found_by_line() {
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
            let model = generator::read(&document).unwrap();
            (document, model)
        };
        let (old, new) = (described("9.1.0", true, "size"), described("9.2.0", false, "Length"));
        let find = |old: (&Value, &Model), new: (&Value, &Model), unused: &[String]| -> Vec<String> {
            let findings = find(folder.path(), old, new, unused);
            findings.into_iter().map(|finding| finding.text).collect()
        };
        assert_eq!(
            find((&old.0, &old.1), (&new.0, &new.1), &["types::Thing".to_owned()]),
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
        assert_eq!(find((&old.0, &old.1), (&old.0, &old.1), &[]), [""; 0]);
    }

    #[test]
    fn part_of_a_name_is_not_a_mention() {
        assert!(
            mentions("x Client::a.", "Client::a")
                && !mentions("Client::ab", "Client::a")
                && !mentions("MyClient::a", "Client::a")
        );
        assert!(mentions("calls().get(id)", "calls().get("));
    }
}
