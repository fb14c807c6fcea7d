//! The report of an update: the changes for callers of the crate, and the findings for the maintainer.

pub mod changed_calls;
pub mod changed_types;
pub mod changes;
pub mod marks;
pub mod overlay_templates;
mod renamed_schemas;
pub mod render;
mod replaced_values;
mod review_items;
pub mod second_source;
mod stale_references;

use anyhow::Result;
use semver::Version;
use serde::Serialize;
use serde_json::Value;

use crate::files::Files;
use crate::findings::{Finding, Section};
use crate::generator::model::Model;
use crate::overlay::Replaced;
use crate::passes::Courier;
use crate::report::changes::{Change, Effect, compare, unused_types};

/// The complete results of an update.
#[derive(Debug, Serialize)]
pub struct Report {
    pub changes: Vec<Change>,
    /// The findings, in the order of their sections.
    pub findings: Vec<Finding>,
    /// The reason why the new description cannot be generated. In this case nothing is compared and nothing is written.
    pub refused: Option<String>,
    pub bump: Bump,
    pub version: Version,
    pub next_version: Version,
    /// A draft section for CHANGELOG.md.
    pub changelog: String,
    /// The sections of the draft: their titles and lines.
    #[serde(skip)]
    pub changelog_sections: Vec<(&'static str, String)>,
}

impl Report {
    /// Compares two descriptions, their surfaces, and the values of upstream that the overlays remove or replace. The
    /// findings are those of the import.
    pub fn new(
        files: &Files,
        version: Version,
        (old, old_model, old_replaced): (&Value, &Model, &Replaced),
        (courier, upstream, new_model): (&Courier, &Value, Result<&Model, &anyhow::Error>),
        mut findings: Vec<Finding>,
    ) -> Result<Self> {
        let new = &courier.document;
        let refused = new_model.err().map(ToString::to_string);
        // A description that cannot be generated cannot be compared; the rest of the report does not need it.
        let new_model = new_model.unwrap_or(old_model);
        let changes = compare(old_model, new_model);
        let unused = unused_types(old_model, new_model);
        let bump = Bump::new(&changes, &unused, &version);
        let next_version = bump.next(&version);

        findings.extend(courier.findings.iter().cloned());
        findings.extend(unused.iter().map(|name| Finding::new(Section::UnusedType, name, name)));
        findings.extend(replaced_values::changed(old_replaced, &courier.replaced));
        findings.extend(renamed_schemas::proposals(old, new));
        findings.extend(review_items::secrets(old_model, new_model));
        findings.extend(marks::proposals(old, new, upstream));
        findings.extend(review_items::service(old, new));
        findings.extend(review_items::resources(files, new_model)?);
        findings.extend(review_items::listed_values(old_model, new_model));
        findings.extend(stale_references::find(&files.repository, (old, old_model), (new, new_model), &unused));
        findings.extend(overlay_templates::undescribed(old, new));
        findings.sort_by_key(|finding| finding.section);
        let changelog_sections = render::changelog_sections(&changes, &unused);
        Ok(Self {
            changelog: render::changelog(&changelog_sections, &next_version),
            changelog_sections,
            changes,
            findings,
            refused,
            bump,
            version,
            next_version,
        })
    }
}

/// The part of the version that must increase.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Bump {
    Major,
    Minor,
    Patch,
    None,
}

impl Bump {
    /// Returns the part to increase; Cargo treats a change of the first non-zero part of a version as breaking.
    fn new(changes: &[Change], unused: &[String], version: &Version) -> Self {
        let breaks = !unused.is_empty() || changes.iter().any(|change| change.effect == Effect::Breaking);
        let adds = changes.iter().any(Change::is_minor);
        match (breaks, changes.is_empty()) {
            (true, _) if version.major == 0 => Self::Minor,
            (true, _) => Self::Major,
            (false, true) => Self::None,
            (false, false) if version.major > 0 && adds => Self::Minor,
            (false, false) => Self::Patch,
        }
    }

    fn next(self, version: &Version) -> Version {
        match self {
            Self::Major => Version::new(version.major + 1, 0, 0),
            Self::Minor => Version::new(version.major, version.minor + 1, 0),
            Self::Patch => Version::new(version.major, version.minor, version.patch + 1),
            Self::None => version.clone(),
        }
    }
}

#[cfg(test)]
pub mod tests {
    use semver::Version;
    use serde_json::{Value, json};

    use super::Bump;
    use crate::generator::{self, model::Model};
    use crate::report::changes::{Change, Effect, Kind, Subject};

    /// A description with these schemas, all in the response of its only operation.
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

    /// The surface that the generator makes of these schemas.
    pub fn model(schemas: Value) -> Model {
        generator::read(&document(schemas)).unwrap()
    }

    #[test]
    fn version_grows_by_the_rules_of_cargo() {
        let change = |effect, kind| {
            // The text does not affect the result.
            let what = "is sent as `added`".to_owned();
            vec![Change { subject: Subject::Property, effect, kind, rust: "types::A::b".to_owned(), what }]
        };
        let removal = change(Effect::Breaking, Kind::Removed);
        let addition = change(Effect::Compatible, Kind::Added);
        let deprecation = change(Effect::Compatible, Kind::Deprecated);
        let relief = change(Effect::Compatible, Kind::Changed);
        for (changes, version, part, expected) in [
            (&removal, "0.1.2", Bump::Minor, "0.2.0"),
            (&addition, "0.1.2", Bump::Patch, "0.1.3"),
            (&removal, "1.2.3", Bump::Major, "2.0.0"),
            (&addition, "1.2.3", Bump::Minor, "1.3.0"),
            (&relief, "1.2.3", Bump::Patch, "1.2.4"),
            (&deprecation, "1.2.3", Bump::Minor, "1.3.0"),
            (&deprecation, "0.1.2", Bump::Patch, "0.1.3"),
            (&Vec::new(), "1.2.3", Bump::None, "1.2.3"),
        ] {
            let version: Version = version.parse().unwrap();
            assert_eq!(Bump::new(changes, &[], &version), part, "{changes:?} after {version}");
            assert_eq!(part.next(&version).to_string(), expected);
        }
        let unused = ["types::A".to_owned()];
        assert_eq!(Bump::new(&[], &unused, &Version::new(0, 1, 0)), Bump::Minor);
    }
}
