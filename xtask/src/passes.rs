//! The passes from upstream.yaml to courier.yaml: [`PASSES`], in sequence.
//!
//! A pass changes the document, and adds anything that requires a person to the findings. A new pass is a line of the
//! list.

use anyhow::{Context, Result, anyhow};
use serde_json::Value;

use crate::argument_order;
use crate::document::{elements, operations, schemas};
use crate::findings::{Finding, Section};
use crate::generator::{self, description::lookup, model::Model};
use crate::import::remove_broken_references;
use crate::naming::operations::{self as operation_names, SdkMethods};
use crate::naming::{rules, schemas as schema_names};
use crate::normalize::normalize;
use crate::normalize::reachable::reachable;
use crate::normalize::schemas::{nullable, ref_siblings};
use crate::omitted::{omit, omitted};
use crate::overlay::{Overlay, Replaced, Scope};
use crate::references::require_resolved;
use crate::supported::require_supported;

/// A pass, after its name, for errors.
type Pass = (&'static str, fn(&mut Road<'_>) -> Result<()>);

const PASSES: [Pass; 10] = [
    // First, because the rules name schemas after operations.
    ("names", names),
    ("normalize", |road| normalize(&mut road.courier.document)),
    // All later overlays use the names that it gives.
    ("types", types),
    ("corrections", |road| road.correct(CORRECTIONS)),
    ("omissions", omissions),
    // The rules also apply to what the overlays add.
    ("normalize", |road| normalize(&mut road.courier.document)),
    ("order", order),
    ("descriptions", descriptions),
    // Rejects constructs that no rule handles.
    ("supported", |road| require_supported(&road.courier.document)),
    ("verify", verify),
];

/// The overlays that change the structure. All others only describe it.
const NAMES: &str = "names.yaml";
const TYPES: &str = "types.yaml";
const CORRECTIONS: &str = "corrections.yaml";
const ORDER: &str = "order.yaml";

/// The state that the passes change.
struct Road<'a> {
    courier: Courier,
    overlays: &'a [Overlay],
    /// The names of the official SDKs, for operations that names.yaml does not name.
    sdk_methods: &'a SdkMethods,
}

/// The document of courier.yaml, and the decisions that are required before its release.
pub struct Courier {
    pub document: Value,
    pub findings: Vec<Finding>,
    /// The values of upstream that types.yaml and corrections.yaml remove or replace.
    pub replaced: Replaced,
}

/// Runs every pass over upstream.yaml.
pub fn courier(upstream: &Value, overlays: &[Overlay], sdk_methods: &SdkMethods) -> Result<Courier> {
    let courier = Courier { document: upstream.clone(), findings: Vec::new(), replaced: Replaced::new() };
    let mut road = Road { courier, overlays, sdk_methods };
    for (name, pass) in PASSES {
        pass(&mut road).with_context(|| format!("the pass `{name}`"))?;
    }
    Ok(road.courier)
}

/// The surface that the generator makes of the description. Fails if it cannot be generated.
pub fn model(document: &Value) -> Result<Model> {
    generator::verified(document).map_err(|cause| anyhow!("no Rust can be generated: {cause}"))
}

impl Road<'_> {
    /// Applies the overlays with a name.
    fn apply(&mut self, is_name: impl Fn(&Overlay) -> bool, scope: Scope) -> Result<()> {
        let Courier { document, findings, replaced } = &mut self.courier;
        for overlay in self.overlays.iter().filter(|overlay| is_name(overlay)) {
            findings.extend(overlay.apply(document, scope, replaced)?);
        }
        Ok(())
    }

    /// Applies an overlay that changes the structure, and removes unused schemas. A reference to a schema that upstream no
    /// longer has is a finding. If the overlay has made a schema unused, it hides changes of that schema as well.
    fn correct(&mut self, name: &str) -> Result<()> {
        self.apply(|overlay| overlay.is(name), Scope::Anything)?;
        let Courier { document, findings, replaced } = &mut self.courier;
        findings.extend(remove_broken_references(document).into_iter().map(|broken| {
            let text =
                format!("openapi/overlay/{name}: {broken}, because upstream no longer has it: remove the reference");
            Finding::new(Section::GoneTarget, broken.target, text)
        }));
        let before = document.clone();
        reachable(document);
        for (name, schema) in schemas(&before).filter(|(name, _)| lookup::schema(document, name).is_none()) {
            let key = ("the overlays".to_owned(), format!("/components/schemas/{name}"));
            replaced.insert(key, schema.clone());
        }
        Ok(())
    }
}

/// Names the operations; without an entry in names.yaml the name comes from the official SDKs, or from the path.
fn names(road: &mut Road<'_>) -> Result<()> {
    road.apply(|overlay| overlay.is(NAMES), Scope::Anything)?;
    // Upstream's tags and names are not used.
    road.courier.replaced.clear();
    road.courier.findings.extend(operation_names::propose(&mut road.courier.document, road.sdk_methods));
    Ok(())
}

/// Names the schemas, and joins those with the same name.
fn types(road: &mut Road<'_>) -> Result<()> {
    // A schema that the overlay has replaced does not take a name.
    road.correct(TYPES)?;
    road.courier.findings.extend(schema_names::join(&mut road.courier.document));
    Ok(())
}

/// Leaves out the operations that a correction marks, which need no name either.
fn omissions(road: &mut Road<'_>) -> Result<()> {
    let Courier { document, findings, .. } = &mut road.courier;
    omit(document)?;
    for (heading, reason) in omitted(document) {
        findings.retain(|finding| finding.section != Section::UnnamedOperation || finding.target != heading);
        findings.push(Finding::new(Section::OmittedOperation, &heading, format!("{heading}: {reason}")));
    }
    Ok(())
}

/// Puts required properties, which are arguments in Rust, in order.
fn order(road: &mut Road<'_>) -> Result<()> {
    road.apply(|overlay| overlay.is(ORDER), Scope::Anything)?;
    road.courier.findings.extend(argument_order::arrange(&mut road.courier.document).into_iter().map(|target| {
        let text = format!("openapi/overlay/{ORDER}: {target} matches nothing");
        Finding::new(Section::GoneTarget, target, text)
    }));
    Ok(())
}

/// Adds the descriptions.
fn descriptions(road: &mut Road<'_>) -> Result<()> {
    let is_structural = |overlay: &Overlay| [NAMES, TYPES, CORRECTIONS, ORDER].iter().any(|name| overlay.is(name));
    road.apply(|overlay| !is_structural(overlay), Scope::Descriptions)?;
    // A description is the first keyword of a schema of any value, and a sibling of a reference.
    nullable(&mut road.courier.document);
    ref_siblings(&mut road.courier.document);
    Ok(())
}

/// Checks the names, the tags and the references of the finished document.
fn verify(road: &mut Road<'_>) -> Result<()> {
    let Courier { document, findings, .. } = &mut road.courier;
    require_resolved(document)?;
    findings.extend(rules::misnamed(document));
    schema_names::forget(document);
    findings.extend(operation_names::clashes(document));
    let is_empty = |tag: &Value| tag.as_str().is_none_or(|tag| tag.trim().is_empty());
    for operation in operations(document).iter().filter(|operation| elements(operation.value, "tags").any(is_empty)) {
        let name = operation.heading();
        let text = format!("{name} has an empty tag: give it one in openapi/overlay/{NAMES}");
        findings.push(Finding::new(Section::EmptyTag, name, text));
    }
    Ok(())
}
