//! From Courier's description to the file that the build script reads: upstream.yaml, the rules, the overlays, courier.yaml.

pub mod coming_from;
mod diff;
pub mod methods;
pub mod order;
pub mod types;

use std::fs;
use std::path::{MAIN_SEPARATOR, Path, PathBuf};

use anyhow::{Context, Result, anyhow, bail};
use serde_json::Value;

use crate::generate::model::Model;
use crate::import::places::RENAMED;
use crate::normalise::{normalise, reachable};
use crate::overlay::corrections::{self, Superfluous};
use crate::overlay::{self, Gone, Overlay, Scope};
use crate::spec::methods::SdkMethods;
use crate::spec::types::Misnamed;
use crate::{document, generate};

/// The overlay that is applied before the rules, because they name components after operations.
const NAMES: &str = "names.yaml";

/// The overlay that names the schemas. All that come after it speak of them by these names.
const TYPES: &str = "types.yaml";

/// The overlay that contradicts upstream.
const CORRECTIONS: &str = "corrections.yaml";

/// The overlay that says in which order required properties are arguments.
const ORDER: &str = "order.yaml";

/// The overlays that change the structure. All others only describe it.
const CHANGES: [&str; 4] = [NAMES, TYPES, CORRECTIONS, ORDER];

const UPSTREAM_HEADER: &str = "\
# The structure of Courier's API as last fetched, without a word of prose. Written by `cargo xtask update-spec` alone.
";

const COURIER_HEADER: &str = "\
# What the SDK is generated from: upstream.yaml after the rules of xtask/src/normalise and the overlays of
# openapi/overlay. Written by `cargo xtask generate-spec` alone; corrections and prose belong into an overlay.
";

/// The files of `openapi/`.
pub struct Files {
    pub upstream: PathBuf,
    pub overlays: PathBuf,
    pub courier: PathBuf,
    /// The table of the operations for those who know another SDK.
    pub coming_from: PathBuf,
    repository: PathBuf,
}

impl Files {
    pub fn of(repository: &Path) -> Self {
        let folder = repository.join("openapi");
        Self {
            upstream: folder.join("upstream.yaml"),
            overlays: folder.join("overlay"),
            courier: folder.join("courier.yaml"),
            coming_from: repository.join(coming_from::FILE),
            repository: repository.to_owned(),
        }
    }

    /// The description as it is committed.
    pub fn read_courier(&self) -> Result<Value> {
        document::parse(&read(&self.courier)?).with_context(|| self.courier.display().to_string())
    }

    /// The structure as it was last fetched.
    pub fn read_upstream(&self) -> Result<Value> {
        document::parse(&read(&self.upstream)?).with_context(|| self.upstream.display().to_string())
    }

    /// The overlays, their files named from the repository on.
    pub fn read_overlays(&self) -> Result<Vec<Overlay>> {
        let mut overlays = overlay::read_all(&self.overlays)?;
        for overlay in &mut overlays {
            if let Ok(file) = Path::new(&overlay.file).strip_prefix(&self.repository) {
                overlay.file = file.display().to_string().replace(MAIN_SEPARATOR, "/");
            }
            overlay.actions.iter_mut().filter_map(|action| action.update.as_mut()).for_each(document::apply_merge_keys);
        }
        Ok(overlays)
    }
}

/// courier.yaml, and the decisions that are needed before it can be released.
pub struct Courier {
    pub document: Value,
    /// Overlay targets that upstream does not have.
    pub gone: Vec<Gone>,
    /// The values of corrections that upstream has itself.
    pub superfluous: Vec<Superfluous>,
    /// The operations that have a name in common, a sentence each.
    pub doubled: Vec<String>,
    /// The operations that names.yaml does not name: method and path.
    pub unnamed: Vec<(String, String)>,
    /// The schemas for which types.yaml has no name, or none that holds.
    pub misnamed: Vec<Misnamed>,
}

/// Makes the document of courier.yaml from upstream.yaml and the overlays; what they do not name is called what the official
/// SDKs call it.
pub fn courier(upstream: &Value, overlays: &[Overlay], sdk_methods: &SdkMethods) -> Result<Courier> {
    let mut document = upstream.clone();
    if let Some(document) = document.as_object_mut() {
        document.shift_remove(RENAMED);
    }
    let mut gone = Vec::new();
    let mut superfluous = Vec::new();
    let mut apply = |name: &str, document: &mut Value| -> Result<Vec<Gone>> {
        let mut gone = Vec::new();
        for overlay in overlays.iter().filter(|overlay| overlay.is(name)) {
            if name == CORRECTIONS {
                superfluous.extend(corrections::superfluous(overlay, document)?);
            }
            gone.extend(overlay.apply(document, Scope::Anything)?);
            if name == CORRECTIONS {
                corrections::without_doubles(overlay, document)?;
            }
        }
        Ok(gone)
    };
    gone.extend(apply(NAMES, &mut document)?);
    let unnamed = methods::propose(&mut document, sdk_methods);
    normalise(&mut document)?;
    gone.extend(apply(TYPES, &mut document)?);
    // What the overlay leads elsewhere takes nobody's name.
    reachable(&mut document);
    let mut misnamed = types::name(&mut document);
    // What an overlay changes is under the same rules as what upstream says.
    normalise(&mut document).context(TYPES)?;
    gone.extend(apply(CORRECTIONS, &mut document)?);
    normalise(&mut document).context(CORRECTIONS)?;
    gone.extend(apply(ORDER, &mut document)?);
    gone.extend(order::arrange(&mut document).into_iter().map(|target| Gone::in_file(ORDER, target)));
    for overlay in overlays.iter().filter(|overlay| !CHANGES.iter().any(|name| overlay.is(name))) {
        gone.extend(overlay.apply(&mut document, Scope::Words)?);
    }
    // And so is a reference that has got words beside it.
    normalise(&mut document)?;
    misnamed.extend(types::rules::misnamed(&document));
    types::forget(&mut document);
    let doubled = methods::doubled(&document);
    Ok(Courier { document, gone, superfluous, doubled, unnamed, misnamed })
}

/// The operations whose tag is empty, as in a skeleton that was not filled in.
fn untagged(document: &Value) -> Vec<String> {
    let operations = document::operations(document).into_iter();
    let is_empty = |tags: &Vec<Value>| tags.iter().any(|tag| tag.as_str().is_none_or(|tag| tag.trim().is_empty()));
    operations
        .filter(|operation| operation.value.get("tags").and_then(Value::as_array).is_some_and(is_empty))
        .map(|operation| format!("{} has an empty tag: give it one in openapi/overlay/{NAMES}", operation.place()))
        .collect()
}

/// What the generator reads from the description, or why it cannot be generated.
pub fn model(document: &Value) -> Result<Model> {
    generate::read(document).map_err(|cause| anyhow!("no Rust can be generated: {cause}"))
}

pub fn print_upstream(document: &Value) -> Result<String> {
    document::print(document, UPSTREAM_HEADER)
}

pub fn print_courier(document: &Value) -> Result<String> {
    document::print(document, COURIER_HEADER)
}

/// Writes courier.yaml and docs/coming-from.md. With `check`, fails with a diff if one of them is stale.
pub fn generate(files: &Files, check: bool) -> Result<()> {
    let courier = courier(&files.read_upstream()?, &files.read_overlays()?, &SdkMethods::new())?;
    if !courier.gone.is_empty() {
        let gone: Vec<String> = courier.gone.iter().map(ToString::to_string).collect();
        bail!("these overlay targets are not in the API:\n  {}", gone.join("\n  "));
    }
    if !courier.superfluous.is_empty() {
        let superfluous: Vec<String> = courier.superfluous.iter().map(ToString::to_string).collect();
        bail!("the API now has these values itself; remove them from the corrections:\n  {}", superfluous.join("\n  "));
    }
    if !courier.unnamed.is_empty() {
        let unnamed: Vec<String> =
            courier.unnamed.iter().map(|(method, path)| format!("{} {path}", method.to_uppercase())).collect();
        bail!("openapi/overlay/{NAMES} gives no `x-method` to:\n  {}", unnamed.join("\n  "));
    }
    if !courier.misnamed.is_empty() {
        let misnamed: Vec<String> = courier.misnamed.iter().map(ToString::to_string).collect();
        bail!("schemas that need a name in openapi/overlay/{TYPES}:\n  {}", misnamed.join("\n  "));
    }
    let refused: Vec<String> = courier.doubled.iter().cloned().chain(untagged(&courier.document)).collect();
    if !refused.is_empty() {
        bail!("{}", refused.join("\n"));
    }
    let table = coming_from::table(&model(&courier.document)?);
    for (path, fresh) in [(&files.courier, print_courier(&courier.document)?), (&files.coming_from, table)] {
        let name = path.display();
        if check {
            diff::require_equal(&read(path)?, &fresh).with_context(|| {
                format!("{name} is stale: run `cargo xtask generate-spec` and commit what it writes")
            })?;
        } else {
            fs::write(path, &fresh).with_context(|| format!("cannot write {name}"))?;
        }
    }
    if !check {
        let count = document::operations(&courier.document).len();
        println!("{}: {count} operations", files.courier.display());
    }
    Ok(())
}

pub fn read(path: &Path) -> Result<String> {
    fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))
}
