//! The names of operations: `x-method`, the dotted name of every official SDK in snake case.
//!
//! The operation id is the same with underscores, which would not show the positions of the dots:
//! `client.users().tenants()`.

use std::collections::{BTreeMap, BTreeSet};

use heck::{ToSnakeCase, ToTitleCase};
use serde_json::{Value, json};

use crate::document::{Operation, operations, operations_mut, text};
use crate::findings::{Finding, Section};
use crate::import::parameter_names::shape;

const METHOD: &str = "x-method";

/// The overlay with the names.
const FILE: &str = "openapi/overlay/names.yaml";

impl<'a> Operation<'a> {
    /// `lists.subscriptions.add`.
    pub fn name(&self) -> &'a str {
        text(self.value, METHOD).unwrap_or_else(|| self.id())
    }
}

/// The names of operations in the official SDKs, by method and the shape of the path.
pub type SdkMethods = BTreeMap<(&'static str, String), String>;

/// The names of operations in a description.
pub fn given(document: &Value) -> SdkMethods {
    operations(document).iter().map(|operation| (operation.key(), operation.name().to_owned())).collect()
}

/// Names each operation without a name as the official SDKs do, or after its path, and reports it with the action for
/// names.yaml. An operation that has moved to another path keeps its name.
pub fn propose(document: &mut Value, sdk_methods: &SdkMethods) -> Vec<Finding> {
    let mut taken: Vec<String> =
        operations(document).iter().filter_map(|operation| text(operation.value, METHOD)).map(str::to_owned).collect();
    let mut unnamed = Vec::new();
    let named = document.clone();
    operations_mut(document, |method, path, operation| {
        if operation.contains_key(METHOD) {
            return;
        }
        let mut name = match sdk_methods.get(&(method, shape(path))) {
            Some(name) => name.split('.').map(str::to_snake_case).collect::<Vec<_>>().join("."),
            None => proposal(method, path),
        };
        name += &ending(|ending| !taken.contains(&format!("{name}{ending}")));
        operation.insert("operationId".to_owned(), json!(name.replace('.', "_")));
        operation.insert(METHOD.to_owned(), json!(name));
        let tags = json!([nearest_tag(&named, path)]);
        operation.insert("tags".to_owned(), tags.clone());
        let heading = format!("{} {path}", method.to_uppercase());
        let action = json!({
            "target": format!("$.paths['{path}'].{method}"),
            "update": {"operationId": name.replace('.', "_"), "x-method": name, "tags": tags}
        });
        unnamed.push(Finding::new(Section::UnnamedOperation, heading.clone(), heading).with_action(Some(action)));
        taken.push(name);
    });
    unnamed
}

/// The tag of the operation whose path shares the most leading segments, or else the first segment.
fn nearest_tag(document: &Value, path: &str) -> String {
    let segments = |path: &str| -> Vec<String> { shape(path).split('/').skip(1).map(str::to_owned).collect() };
    let own = segments(path);
    let shared = |other: &str| own.iter().zip(segments(other)).take_while(|(own, other)| *own == other).count();
    let tagged = operations(document).into_iter().filter(|operation| operation.value.get("tags").is_some());
    let nearest = tagged.filter(|operation| shared(operation.path) > 0).max_by_key(|operation| shared(operation.path));
    nearest.map_or_else(
        || own.first().map(|segment| segment.to_title_case()).unwrap_or_default(),
        |operation| operation.tag().to_owned(),
    )
}

/// `POST /lists/{list_id}/subscriptions` is `lists.subscriptions.create`.
fn proposal(method: &str, path: &str) -> String {
    let segments: Vec<&str> = path.split('/').filter(|segment| !segment.is_empty()).collect();
    let resource: Vec<String> =
        segments.iter().filter(|segment| !segment.starts_with('{')).map(|segment| segment.to_snake_case()).collect();
    let is_one = segments.last().is_some_and(|last| last.starts_with('{'));
    let verb = match method {
        "get" if is_one => "retrieve",
        "get" => "list",
        "post" => "create",
        "put" => "replace",
        "patch" => "update",
        other => other,
    };
    format!("{}.{verb}", resource.join("."))
}

/// The operations that share a name with another, or whose two names do not agree.
pub fn clashes(document: &Value) -> Vec<Finding> {
    let mut headings: BTreeMap<&str, String> = BTreeMap::new();
    let mut findings = Vec::new();
    for operation in operations(document) {
        let (id, name, heading) = (operation.id(), operation.name(), operation.heading());
        let mut report = |text: String| findings.push(Finding::new(Section::OperationName, heading.clone(), text));
        if name.replace('.', "_") != id {
            report(format!("{heading} is called {id} by its `operationId` and {name} by its `x-method`: see {FILE}"));
        }
        if !name.contains('.') {
            report(format!(
                "{heading} has the `x-method` {name}, which has no dot between the resource and the method: see {FILE}"
            ));
        }
        if let Some(other) = headings.insert(id, heading.clone()) {
            report(format!("{heading} and {other} are both called {id}: give one another name in {FILE}"));
        }
    }
    findings
}

/// The document with a unique name for each operation: the generator cannot read two operations with the same name.
pub fn distinct(document: &Value) -> Value {
    let mut distinct = document.clone();
    let mut taken = BTreeSet::new();
    operations_mut(&mut distinct, |_, _, operation| {
        let text = |key: &str| operation.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
        let (id, name) = (text("operationId"), text(METHOD));
        let ending = ending(|ending| taken.insert(format!("{id}{ending}")));
        operation.insert("operationId".to_owned(), json!(format!("{id}{ending}")));
        operation.insert(METHOD.to_owned(), json!(format!("{name}{ending}")));
    });
    distinct
}

/// The ending that makes a name unique: nothing, or else a number.
fn ending(is_free: impl FnMut(&String) -> bool) -> String {
    let numbered = (2..).map(|number| format!("_{number}"));
    std::iter::once(String::new()).chain(numbered).find(is_free).unwrap_or_default()
}
