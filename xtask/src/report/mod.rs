//! What an update means: for callers of the crate, and for the maintainer who has to describe what is new.

pub mod compare;
mod mentions;
mod render;
mod skeleton;
mod todo;

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use anyhow::{Context, Result};
use semver::Version;
use serde::Serialize;
use serde_json::Value;

use crate::document::references::Dangling;
use crate::generate::model::Model;
use crate::import::places::RENAMED;
use crate::overlay::Gone;
use crate::overlay::anchors::used_elsewhere;
use crate::overlay::corrections::Superfluous;
use crate::spec::Courier;
use crate::spec::methods::SdkMethods;
use crate::spec::types::Misnamed;

/// What a change is about.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Subject {
    Operation,
    Parameter,
    Schema,
    Property,
    Variant,
    Value,
    /// A schema that has another name upstream, and the same in Rust.
    Name,
}

/// What a change means for a program that uses the crate.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Effect {
    Breaking,
    Compatible,
}

/// Whether there is more now, less, or something else.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    Added,
    Removed,
    Changed,
}

/// One difference, by the Rust name of what differs.
#[derive(Debug, PartialEq, Serialize)]
pub struct Change {
    pub subject: Subject,
    pub effect: Effect,
    pub kind: Kind,
    pub rust: String,
    pub what: String,
}

impl Change {
    fn is_addition(&self) -> bool {
        self.effect == Effect::Compatible && self.kind == Kind::Added
    }
}

/// The part of the version that has to grow.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Bump {
    Major,
    Minor,
    Patch,
    None,
}

/// The two sides of an update.
pub struct Sides<'a> {
    pub old_upstream: &'a Value,
    pub new_upstream: &'a Value,
    pub old_courier: &'a Value,
    pub new_courier: &'a Courier,
    /// What the generator makes of the old and of the new description.
    pub old_model: &'a Model,
    pub new_model: Result<&'a Model, &'a anyhow::Error>,
    pub broken: &'a [Dangling],
    pub removals: &'a [String],
    /// What the official SDKs call the operations, by method and the shape of the path.
    pub sdk_methods: &'a SdkMethods,
}

impl Sides<'_> {
    /// The type of a schema of upstream's; one that has another name of ours has that of the schema.
    fn rust_name(&self, schema: String) -> String {
        let item = self.new_model.unwrap_or(self.old_model).types.iter().find(|item| item.schema == schema);
        item.map_or(schema, compare::type_name)
    }
}

/// Everything that is known about an update.
#[derive(Debug, Serialize)]
pub struct Report {
    pub changes: Vec<Change>,
    /// Why the new description cannot be generated. In this case nothing is compared and nothing is written.
    pub refused: Option<String>,
    /// What would be removed, for which `--allow-removals` is needed.
    pub removals: Vec<String>,
    /// The references of the source that lead nowhere.
    pub broken: Vec<String>,
    /// The operations that have a name in common.
    pub doubled: Vec<String>,
    /// The types that no operation leads to any more: breaking, and the consequence of changes above.
    pub unreachable: Vec<String>,
    /// What the overlays say that has nothing to apply to.
    pub gone: Vec<Gone>,
    /// The anchors that targets which are gone define for others.
    pub anchors: Vec<String>,
    /// What corrections append that the API has itself.
    pub superfluous: Vec<Superfluous>,
    /// New properties that look like secrets and are shown as any text.
    pub secrets: Vec<String>,
    /// Changes to servers and authorization, which the client implements by hand.
    pub service: Vec<String>,
    /// Resources that have no feature in Cargo.toml, and are therefore not generated.
    pub resources: Vec<String>,
    /// Enums that have changed and whose words list their values.
    pub listed_values: Vec<String>,
    /// Lines of the repository that speak of what is gone, or count what is more now.
    pub mentions: Vec<String>,
    /// Actions to add to names.yaml.
    pub unnamed: Option<String>,
    /// What stands against the names of schemas.
    pub misnamed: Vec<Misnamed>,
    /// Actions for types.yaml, with the names that are proposed.
    pub untyped: Option<String>,
    /// Actions to add to the overlays, with the words to fill in.
    pub undescribed: Option<String>,
    pub bump: Bump,
    pub version: Version,
    pub next_version: Version,
    /// A draft section for CHANGELOG.md.
    pub changelog: String,
}

impl Report {
    pub fn of(sides: Sides<'_>, repository: &Path, version: Version) -> Result<Self> {
        let (old, new) = (sides.old_courier, &sides.new_courier.document);
        let old_model = sides.old_model;
        // If it cannot be generated, it cannot be compared; the rest of the report does not need it.
        let new_model = sides.new_model.unwrap_or(old_model);
        let mut changes = compare::compare(old_model, new_model);
        changes.extend(renamed(&sides));
        let unreachable = compare::unreachable(old_model, new_model);
        let bump = bump(&changes, &unreachable, &version);
        let next_version = next(&version, bump);
        Ok(Self {
            changelog: render::changelog(&changes, &unreachable, &next_version),
            changes,
            refused: sides.new_model.err().map(ToString::to_string),
            removals: sides.removals.to_vec(),
            broken: sides.broken.iter().map(|broken| format!("{broken}: any value is accepted there")).collect(),
            doubled: sides.new_courier.doubled.clone(),
            secrets: todo::secrets(old_model, new_model),
            service: todo::service(old, new),
            resources: todo::resources(repository, new_model)?,
            listed_values: todo::listed_values(old_model, new_model),
            mentions: mentions::outdated(repository, (old, old_model), (new, new_model), &unreachable)?,
            unreachable,
            anchors: anchors(repository, &sides.new_courier.gone),
            gone: sides.new_courier.gone.clone(),
            superfluous: sides.new_courier.superfluous.clone(),
            unnamed: skeleton::names(new, &sides.new_courier.unnamed, sides.sdk_methods)?,
            misnamed: sides.new_courier.misnamed.clone(),
            untyped: skeleton::types(&sides.new_courier.misnamed)?,
            undescribed: skeleton::words(old, new)?,
            bump,
            version,
            next_version,
        })
    }

    /// For a terminal.
    pub fn text(&self) -> String {
        render::text(self)
    }

    /// For a pull request.
    pub fn markdown(&self) -> String {
        render::markdown(self)
    }

    /// For a program.
    pub fn json(&self) -> Result<String> {
        Ok(serde_json::to_string_pretty(self).context("cannot print the report as JSON")? + "\n")
    }
}

/// The anchors that have to move before the actions that define them are taken out.
fn anchors(repository: &Path, gone: &[Gone]) -> Vec<String> {
    let mut found = Vec::new();
    for gone in gone.iter().filter(|gone| gone.target.starts_with('$')) {
        let overlay = fs::read_to_string(repository.join(&gone.file)).unwrap_or_default();
        let line = usize::try_from(gone.line).unwrap_or_default();
        for (name, lines) in used_elsewhere(&overlay, line) {
            let lines = lines.iter().map(usize::to_string).collect::<Vec<_>>().join(", ");
            found.push(format!("{}:{}: &{name} is used in line {lines}: define it there first", gone.file, gone.line));
        }
    }
    found.dedup();
    found
}

/// Schemas that upstream calls otherwise since the last time.
fn renamed(sides: &Sides<'_>) -> Vec<Change> {
    let names = |document: &Value| -> BTreeMap<String, String> {
        let names = document.get(RENAMED).and_then(Value::as_object).into_iter().flatten();
        names.filter_map(|(ours, theirs)| Some((ours.clone(), theirs.as_str()?.to_owned()))).collect()
    };
    let known = names(sides.old_upstream);
    let renamed = names(sides.new_upstream).into_iter().filter(|(ours, theirs)| known.get(ours) != Some(theirs));
    renamed
        .map(|(ours, theirs)| Change {
            subject: Subject::Name,
            effect: Effect::Compatible,
            kind: Kind::Changed,
            rust: sides.rust_name(ours),
            what: format!("keeps its name; Courier now calls it {theirs}"),
        })
        .collect()
}

/// For Cargo, the first non-zero part of a version is the one that changes when something breaks.
fn bump(changes: &[Change], unreachable: &[String], version: &Version) -> Bump {
    let breaking = !unreachable.is_empty() || changes.iter().any(|change| change.effect == Effect::Breaking);
    let changes_anything = changes.iter().any(|change| change.subject != Subject::Name);
    let adds = changes.iter().any(Change::is_addition);
    match (breaking, changes_anything) {
        (true, _) if version.major == 0 => Bump::Minor,
        (true, _) => Bump::Major,
        (false, false) => Bump::None,
        (false, true) if version.major > 0 && adds => Bump::Minor,
        (false, true) => Bump::Patch,
    }
}

fn next(version: &Version, bump: Bump) -> Version {
    match bump {
        Bump::Major => Version::new(version.major + 1, 0, 0),
        Bump::Minor => Version::new(version.major, version.minor + 1, 0),
        Bump::Patch => Version::new(version.major, version.minor, version.patch + 1),
        Bump::None => version.clone(),
    }
}

#[cfg(test)]
pub mod tests {
    use semver::Version;
    use serde_json::{Value, json};

    use crate::generate;
    use crate::generate::model::Model;

    use super::{Bump, Change, Effect, Kind, Subject, bump, next};

    /// A description with these schemas, all of which its one operation answers with.
    pub fn document(schemas: Value) -> Value {
        let names: Vec<String> = schemas.as_object().unwrap().keys().cloned().collect();
        let all =
            names.iter().map(|name| (name.to_lowercase(), json!({"$ref": format!("#/components/schemas/{name}")})));
        let all: serde_json::Map<String, Value> = all.collect();
        let mut document = json!({
            "openapi": "3.0.3", "info": {"title": "Things", "version": "1.0.0"},
            "paths": {"/all": {"get": {
                "operationId": "all_get", "x-method": "all.get",
                "responses": {"2XX": {"description": "", "content": {"application/json": {"schema": {
                    "$ref": "#/components/schemas/All"
                }}}}}
            }}},
            "components": {"schemas": schemas}
        });
        document["components"]["schemas"]["All"] =
            json!({"type": "object", "additionalProperties": {}, "properties": all});
        document
    }

    /// What the generator makes of it.
    pub fn model(schemas: Value) -> Model {
        generate::read(&document(schemas)).unwrap()
    }

    #[test]
    fn the_version_grows_as_cargo_reads_it() {
        let change = |effect, kind| {
            // What is said of it decides nothing.
            let what = "is sent as `added`".to_owned();
            vec![Change { subject: Subject::Property, effect, kind, rust: "types::A::b".to_owned(), what }]
        };
        let removal = change(Effect::Breaking, Kind::Removed);
        let addition = change(Effect::Compatible, Kind::Added);
        let relief = change(Effect::Compatible, Kind::Changed);
        for (changes, version, part, expected) in [
            (&removal, "0.1.2", Bump::Minor, "0.2.0"),
            (&addition, "0.1.2", Bump::Patch, "0.1.3"),
            (&removal, "1.2.3", Bump::Major, "2.0.0"),
            (&addition, "1.2.3", Bump::Minor, "1.3.0"),
            (&relief, "1.2.3", Bump::Patch, "1.2.4"),
            (&Vec::new(), "1.2.3", Bump::None, "1.2.3"),
        ] {
            let version: Version = version.parse().unwrap();
            assert_eq!(bump(changes, &[], &version), part, "{changes:?} after {version}");
            assert_eq!(next(&version, part).to_string(), expected);
        }
        let unreachable = ["types::A".to_owned()];
        assert_eq!(bump(&[], &unreachable, &Version::new(0, 1, 0)), Bump::Minor);
    }
}
