//! The passes from upstream.yaml to courier.yaml: [`PASSES`], in sequence.
//!
//! A pass changes the document, and adds anything that requires a person to the findings. A new pass is a line of the
//! list.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result, anyhow};
use serde_json::Value;

use crate::argument_order;
use crate::document::{operations, schemas};
use crate::findings::{Finding, Section};
use crate::generator::{self, model::Model};
use crate::import::remove_broken_references;
use crate::naming::operations::{self as operation_names, SdkMethods};
use crate::naming::{rules, schemas as schema_names};
use crate::normalize;
use crate::normalize::nullable::nullable;
use crate::normalize::reachable::reachable;
use crate::normalize::ref_siblings::ref_siblings;
use crate::omitted::{omit, omitted};
use crate::overlay::{Overlay, Replaced, Scope, corrections};
use crate::references::require_resolved;
use crate::supported;

/// A pass and its name.
struct Pass {
    /// The name, for errors.
    name: &'static str,
    run: fn(&mut Road<'_>) -> Result<()>,
}

const PASSES: [Pass; 10] = [
    // First, because the rules name schemas after operations.
    Pass { name: "names", run: names },
    Pass { name: "normalize", run: normalize },
    // All later overlays use the names that it gives.
    Pass { name: "types", run: types },
    Pass { name: "corrections", run: corrections },
    Pass { name: "omissions", run: omissions },
    // The rules also apply to what the overlays add.
    Pass { name: "normalize", run: normalize },
    Pass { name: "order", run: order },
    Pass { name: "descriptions", run: descriptions },
    Pass { name: "supported", run: supported },
    Pass { name: "verify", run: verify },
];

/// The overlays that change the structure. All others only describe it.
const NAMES: &str = "names.yaml";
const TYPES: &str = "types.yaml";
const CORRECTIONS: &str = "corrections.yaml";
const ORDER: &str = "order.yaml";

/// The state that the passes change.
struct Road<'a> {
    document: Value,
    findings: Vec<Finding>,
    /// The values that types.yaml and corrections.yaml remove or replace.
    replaced: Replaced,
    overlays: &'a [Overlay],
    /// The names of the official SDKs, for operations that names.yaml does not name.
    sdk_methods: &'a SdkMethods,
}

/// The document of courier.yaml, and the decisions that are required before its release.
pub struct Courier {
    pub document: Value,
    pub findings: Vec<Finding>,
    /// The values of upstream that the overlays remove or replace.
    pub replaced: Replaced,
}

/// Runs every pass over upstream.yaml.
pub fn courier(upstream: &Value, overlays: &[Overlay], sdk_methods: &SdkMethods) -> Result<Courier> {
    let (document, findings, replaced) = (upstream.clone(), Vec::new(), Replaced::new());
    let mut road = Road { document, findings, replaced, overlays, sdk_methods };
    for pass in PASSES {
        (pass.run)(&mut road).with_context(|| format!("the pass `{}`", pass.name))?;
    }
    Ok(Courier { document: road.document, findings: road.findings, replaced: road.replaced })
}

/// The surface that the generator makes of the description. Fails if it cannot be generated.
pub fn model(document: &Value) -> Result<Model> {
    generator::verified(document).map_err(|cause| anyhow!("no Rust can be generated: {cause}"))
}

impl<'a> Road<'a> {
    fn overlay(&self, name: &'static str) -> impl Iterator<Item = &'a Overlay> + use<'a> {
        self.overlays.iter().filter(move |overlay| overlay.is(name))
    }

    fn apply(&mut self, overlay: &Overlay, scope: Scope) -> Result<()> {
        self.findings.extend(overlay.apply(&mut self.document, scope, &mut self.replaced)?);
        Ok(())
    }

    /// Applies an overlay that changes the structure. A value that upstream has itself is a finding, and so is a
    /// reference to a schema that upstream no longer has.
    fn correct(&mut self, overlay: &Overlay) -> Result<()> {
        self.findings.extend(corrections::superfluous(overlay, &self.document)?);
        self.apply(overlay, Scope::Anything)?;
        corrections::without_duplicates(overlay, &mut self.document)?;
        for broken in remove_broken_references(&mut self.document) {
            let text = format!("{}: {broken}, because upstream no longer has it: remove the reference", overlay.file);
            self.findings.push(Finding::new(Section::GoneTarget, broken.target, text));
        }
        Ok(())
    }

    /// Removes unused schemas. If a pass has made a schema unused, changes of it are hidden by the overlays as well.
    fn reach(&mut self) {
        let before: BTreeMap<String, Value> =
            schemas(&self.document).map(|(name, schema)| (name.clone(), schema.clone())).collect();
        reachable(&mut self.document);
        let after: BTreeSet<&String> = schemas(&self.document).map(|(name, _)| name).collect();
        let gone = before.into_iter().filter(|(name, _)| !after.contains(name));
        self.replaced.extend(
            gone.map(|(name, schema)| (("the overlays".to_owned(), format!("/components/schemas/{name}")), schema)),
        );
    }
}

/// Names the operations; without an entry in names.yaml the name comes from the official SDKs, or from the path.
fn names(road: &mut Road<'_>) -> Result<()> {
    for overlay in road.overlay(NAMES) {
        road.apply(overlay, Scope::Anything)?;
    }
    // Upstream's tags and names are not used.
    road.replaced.clear();
    road.findings.extend(operation_names::propose(&mut road.document, road.sdk_methods));
    Ok(())
}

fn normalize(road: &mut Road<'_>) -> Result<()> {
    normalize::normalize(&mut road.document)
}

/// Names the schemas, and joins those with the same name.
fn types(road: &mut Road<'_>) -> Result<()> {
    for overlay in road.overlay(TYPES) {
        road.correct(overlay)?;
    }
    // A schema that the overlay has replaced does not take a name.
    road.reach();
    road.findings.extend(schema_names::join(&mut road.document));
    Ok(())
}

/// Corrects the description if the API behaves differently.
fn corrections(road: &mut Road<'_>) -> Result<()> {
    for overlay in road.overlay(CORRECTIONS) {
        road.correct(overlay)?;
    }
    road.reach();
    Ok(())
}

/// Leaves out the operations that a correction marks, which need no name either.
fn omissions(road: &mut Road<'_>) -> Result<()> {
    omit(&mut road.document)?;
    let omitted = omitted(&road.document);
    let is_omitted = |finding: &Finding| omitted.iter().any(|operation| operation.heading == finding.target);
    road.findings.retain(|finding| finding.section != Section::UnnamedOperation || !is_omitted(finding));
    road.findings.extend(omitted.iter().map(|operation| {
        let text = format!("{}: {}", operation.heading, operation.reason);
        Finding::new(Section::OmittedOperation, operation.heading.clone(), text)
    }));
    Ok(())
}

/// Puts required properties, which are arguments in Rust, in order.
fn order(road: &mut Road<'_>) -> Result<()> {
    for overlay in road.overlay(ORDER) {
        road.apply(overlay, Scope::Anything)?;
    }
    let gone = argument_order::arrange(&mut road.document).into_iter();
    road.findings.extend(gone.map(|target| {
        let text = format!("openapi/overlay/{ORDER}: {target} matches nothing");
        Finding::new(Section::GoneTarget, target, text)
    }));
    Ok(())
}

/// Adds the descriptions.
fn descriptions(road: &mut Road<'_>) -> Result<()> {
    let is_structural = |overlay: &Overlay| [NAMES, TYPES, CORRECTIONS, ORDER].iter().any(|name| overlay.is(name));
    for overlay in road.overlays.iter().filter(|overlay| !is_structural(overlay)) {
        road.apply(overlay, Scope::Descriptions)?;
    }
    // A description is the first keyword of a schema of any value, and a sibling of a reference.
    nullable(&mut road.document);
    ref_siblings(&mut road.document);
    Ok(())
}

/// Rejects constructs that no rule handles.
fn supported(road: &mut Road<'_>) -> Result<()> {
    supported::require_supported(&road.document)
}

/// Checks the names, the tags and the references of the finished document.
fn verify(road: &mut Road<'_>) -> Result<()> {
    require_resolved(&road.document)?;
    road.findings.extend(rules::misnamed(&road.document));
    schema_names::forget(&mut road.document);
    road.findings.extend(operation_names::clashes(&road.document));
    let is_empty = |tag: &Value| tag.as_str().is_none_or(|tag| tag.trim().is_empty());
    for operation in operations(&road.document) {
        let mut tags = operation.value.get("tags").and_then(Value::as_array).into_iter().flatten();
        if tags.any(is_empty) {
            let name = operation.heading();
            let text = format!("{name} has an empty tag: give it one in openapi/overlay/{NAMES}");
            road.findings.push(Finding::new(Section::EmptyTag, name, text));
        }
    }
    Ok(())
}
