//! What an update means: for callers of the crate, and for the maintainer who has to describe what is new.

mod compare;
mod render;
mod rust;
mod skeleton;

use std::collections::BTreeMap;

use anyhow::{Context, Result};
use semver::Version;
use serde::Serialize;
use serde_json::Value;

use crate::overlay::Gone;
use crate::places::RENAMED;
use crate::spec::Courier;

/// What a change is about.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Subject {
    Operation,
    Parameter,
    Schema,
    Property,
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

impl Effect {
    fn breaking_if(breaking: bool) -> Self {
        if breaking { Self::Breaking } else { Self::Compatible }
    }
}

/// One difference, by the Rust name of what differs.
#[derive(Debug, PartialEq, Serialize)]
pub struct Change {
    pub subject: Subject,
    pub effect: Effect,
    pub rust: String,
    pub what: String,
}

impl Change {
    fn is_addition(&self) -> bool {
        self.effect == Effect::Compatible && self.what.contains("added")
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
}

/// All that there is to say of an update.
#[derive(Debug, Serialize)]
pub struct Report {
    pub changes: Vec<Change>,
    /// The types that no operation leads to any more: breaking, and the consequence of changes above.
    pub unreachable: Vec<String>,
    /// What the overlays say that has nothing to apply to.
    pub gone: Vec<Gone>,
    /// Actions to add to names.yaml.
    pub unnamed: Option<String>,
    /// Actions to add to the overlays, with the words to fill in.
    pub undescribed: Option<String>,
    pub bump: Bump,
    pub version: Version,
    pub next_version: Version,
    /// A draft section for CHANGELOG.md.
    pub changelog: String,
}

impl Report {
    pub fn of(sides: Sides<'_>, version: Version) -> Result<Self> {
        let (old, new) = (sides.old_courier, &sides.new_courier.document);
        let mut changes = compare::compare(old, new);
        changes.extend(renamed(sides.old_upstream, sides.new_upstream));
        let unreachable = compare::unreachable(old, new);
        let bump = bump(&changes, &unreachable, &version);
        let next_version = next(&version, bump);
        Ok(Self {
            changelog: render::changelog(&changes, &unreachable, &next_version),
            changes,
            unreachable,
            gone: sides.new_courier.gone.clone(),
            unnamed: skeleton::names(new, &sides.new_courier.unnamed)?,
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

/// Schemas that upstream calls otherwise since the last time.
fn renamed(old: &Value, new: &Value) -> Vec<Change> {
    let names = |document: &Value| -> BTreeMap<String, String> {
        let names = document.get(RENAMED).and_then(Value::as_object).into_iter().flatten();
        names.filter_map(|(ours, theirs)| Some((ours.clone(), theirs.as_str()?.to_owned()))).collect()
    };
    let known = names(old);
    let renamed = names(new).into_iter().filter(|(ours, theirs)| known.get(ours) != Some(theirs));
    renamed
        .map(|(ours, theirs)| Change {
            subject: Subject::Name,
            effect: Effect::Compatible,
            rust: rust::type_name(&ours),
            what: format!("keeps its name; Courier calls it {theirs} now"),
        })
        .collect()
}

/// Cargo takes the first part of a version that is not zero for the one that breaks.
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
mod tests {
    use semver::Version;

    use super::{Bump, Change, Effect, Subject, bump, next};

    #[test]
    fn the_version_grows_as_cargo_reads_it() {
        let change = |effect, what: &str| {
            vec![Change { subject: Subject::Property, effect, rust: "types::A::b".to_owned(), what: what.to_owned() }]
        };
        let removal = change(Effect::Breaking, "removed");
        let addition = change(Effect::Compatible, "optional property added");
        let relief = change(Effect::Compatible, "made optional");
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
