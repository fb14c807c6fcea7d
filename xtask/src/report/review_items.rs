//! Findings that only a person can judge: possible secrets, descriptions that list values, servers.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::Result;
use serde_json::{Value, json};

use crate::document::operations;
use crate::files::{self, Files};
use crate::findings::{Finding, Section};
use crate::generator::model::rust_type::RustType;
use crate::generator::model::{Field, Model, Operation, Parameter, TypeItem, TypeShape};
use crate::report::changes::{member, method, type_name};
use crate::secret_names::{holds_secrets, is_secret_name};

/// The fields and parameters that look like secrets and can be printed, and that are new or previously could not be
/// printed: by the SDK's list of names, or because a field of this name is a secret elsewhere.
pub fn secrets(old: &Model, new: &Model) -> Vec<Finding> {
    let mut findings = Vec::new();
    let all = [old, new].into_iter().flat_map(|model| model.types.iter().flat_map(fields));
    let hidden: BTreeSet<&str> = all
        .filter(|field| matches!(innermost(&field.kind), RustType::Sensitive(_)))
        .map(|field| field.name.as_str())
        .collect();
    for item in &new.types {
        let known = old.item(&item.name).map(fields).unwrap_or_default();
        for field in fields(item) {
            let was_shown = known.iter().any(|known| known.ident == field.ident && can_hold_a_secret(&known.kind));
            let looks_secret = hidden.contains(field.name.as_str())
                || is_secret_name(&field.name)
                || holds_secrets(&field.name) && !matches!(field.kind.clone().present(), RustType::Text);
            if looks_secret && can_hold_a_secret(&field.kind) && !was_shown {
                findings.push(finding(Section::Secret, member(item, &field.ident)));
            }
        }
    }
    for call in &new.operations {
        let shown = parameters(call).filter(|one| is_secret_name(&one.name) && can_hold_a_secret(&one.kind));
        // An idempotency key is not a secret: a name that callers see elsewhere is not reported again.
        let is_known = |one: &Parameter| old.operations.iter().flat_map(parameters).any(|known| known.name == one.name);
        findings.extend(shown.filter(|one| !is_known(one)).map(|one| {
            let rust = method(call);
            Finding::new(Section::Secret, &rust, format!("the parameter `{}` of {rust}", one.name))
        }));
    }
    findings
}

/// All parameters of a call.
fn parameters(call: &Operation) -> impl Iterator<Item = &Parameter> {
    call.path_parameters.iter().chain(&call.query).chain(&call.headers)
}

/// A finding whose line is only the name.
fn finding(section: Section, name: String) -> Finding {
    Finding::new(section, name.clone(), name)
}

fn fields(item: &TypeItem) -> &[Field] {
    match &item.shape {
        TypeShape::Structure { fields, .. } => fields,
        _ => &[],
    }
}

/// Returns `true` for a string, and for an object that is not described.
fn can_hold_a_secret(kind: &RustType) -> bool {
    matches!(innermost(kind), RustType::Text | RustType::Object | RustType::Json)
}

/// A type without null, lists and maps around it.
fn innermost(kind: &RustType) -> &RustType {
    match kind {
        RustType::Nullable(inner) | RustType::Optional(inner) | RustType::List(inner) | RustType::Map(inner) => {
            innermost(inner)
        }
        other => other,
    }
}

/// The enums with new values whose description, or that of a field of this type, names two or more of the old values.
pub fn listed_values(old: &Model, new: &Model) -> Vec<Finding> {
    let mut changed: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    let mut findings = Vec::new();
    for item in &new.types {
        let was = old.item(&item.name).map(values).unwrap_or_default();
        if !was.is_empty() && was != values(item) {
            if lists(&item.description, &was) {
                findings.push(finding(Section::ListedValues, type_name(item)));
            }
            changed.insert(&item.name, was);
        }
    }
    for item in &new.types {
        for field in fields(item) {
            let was = field.kind.named().and_then(|name| changed.get(name));
            if was.is_some_and(|was| lists(&field.description, was)) {
                findings.push(finding(Section::ListedValues, member(item, &field.ident)));
            }
        }
    }
    findings
}

fn values(item: &TypeItem) -> BTreeSet<&str> {
    match &item.shape {
        TypeShape::Enum(words) => words.iter().map(|word| word.value.as_str()).collect(),
        _ => BTreeSet::new(),
    }
}

/// Returns `true` if a description names two or more values.
fn lists(description: &str, values: &BTreeSet<&str>) -> bool {
    let words: BTreeSet<&str> =
        description.split(|letter: char| !(letter.is_alphanumeric() || letter == '_' || letter == '-')).collect();
    values.iter().filter(|value| words.contains(*value)).count() > 1
}

/// The changes to the description of the service as a whole, which the client implements by hand, and to the way in
/// which parameters are written.
pub fn service(old: &Value, new: &Value) -> Vec<Finding> {
    let print = |value: Option<&Value>| value.map_or("nothing".to_owned(), Value::to_string);
    let finding = |name: String, was, is| {
        let text = format!("{name} is {}, was {}", print(is), print(was));
        Finding::new(Section::Service, name, text)
    };
    let members = ["servers", "security", "components/securitySchemes"].into_iter();
    let members = members.map(|name| (name, old.pointer(&format!("/{name}")), new.pointer(&format!("/{name}"))));
    let changed = members.filter(|(_, was, is)| was != is).map(|(name, was, is)| finding(name.to_owned(), was, is));
    let mut findings: Vec<Finding> = changed.collect();
    let known = operations(old);
    for operation in operations(new) {
        let Some(known) = known.iter().find(|known| known.id() == operation.id()) else { continue };
        for parameter in operation.parameters() {
            let is_same = |other: &&Value| ["name", "in"].iter().all(|key| other.get(key) == parameter.get(key));
            let Some(was) = known.parameters().find(is_same) else { continue };
            let keys = [("style", json!("form")), ("explode", json!(true)), ("allowReserved", json!(false))];
            findings.extend(keys.into_iter().filter_map(|(key, default)| {
                let name = format!("`{key}` of {} of {}", print(parameter.get("name")), operation.heading());
                let is_changed = was.get(key).unwrap_or(&default) != parameter.get(key).unwrap_or(&default);
                is_changed.then(|| finding(name, was.get(key), parameter.get(key)))
            }));
        }
    }
    findings
}

/// The resources without a feature in Cargo.toml; empty if the crate has no features for resources.
pub fn resources(files: &Files, model: &Model) -> Result<Vec<Finding>> {
    let manifest: toml::Table = files::read(&files.repository.join("Cargo.toml"))?.parse()?;
    let Some(all) = manifest.get("features").and_then(|features| features.get("all-resources")) else {
        return Ok(Vec::new());
    };
    let all: Vec<&str> = all.as_array().into_iter().flatten().filter_map(toml::Value::as_str).collect();
    let needed: BTreeSet<String> = model.operations.iter().map(|call| call.feature()).collect();
    let missing = needed.into_iter().filter(|feature| !all.contains(&feature.as_str()));
    Ok(missing.map(|feature| finding(Section::ResourceWithoutFeature, feature)).collect())
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{listed_values, secrets, service};
    use crate::findings::Finding;
    use crate::report::tests::model;

    fn texts(findings: Vec<Finding>) -> Vec<String> {
        findings.into_iter().map(|finding| finding.text).collect()
    }

    #[test]
    fn visible_property_named_like_a_secret_is_reported() {
        let account = |properties: Value| {
            model(json!({"Account": {"type": "object", "additionalProperties": {}, "properties": properties}}))
        };
        let old = account(json!({
            "id": {"type": "string"}, "key": {"type": "string"}, "pin_token": {"type": "string", "format": "password"}
        }));
        let new = account(json!({
            "id": {"type": "string"}, "key": {"type": "string"}, "pin_token": {"type": "string"},
            "apiKey": {"type": "string"}, "monkey": {"type": "string"}, "token_count": {"type": "integer"},
            "client_secret": {"type": "string", "format": "password"}, "credentials": {"type": "object"}
        }));
        let expected = ["types::Account::api_key", "types::Account::credentials", "types::Account::pin_token"];
        assert_eq!(texts(secrets(&old, &new)), expected);
    }

    #[test]
    fn description_that_lists_changed_values_is_reported() {
        let document = |values: Value| {
            let status = |description: &str| json!({"allOf": [{"$ref": "#/components/schemas/Status"}], "description": description});
            model(json!({
                "Status": {"type": "string", "enum": values, "description": "Either `SENT` or `FAILED`."},
                "Color": {"type": "string", "enum": ["RED", "BLUE"], "description": "RED or BLUE."},
                "Message": {"type": "object", "additionalProperties": {}, "properties": {
                    "status": status("SENT, later FAILED."), "last": status("The last one."),
                    "color": {"$ref": "#/components/schemas/Color"}
                }}
            }))
        };
        let (old, new) = (document(json!(["SENT", "FAILED"])), document(json!(["SENT", "FAILED", "QUEUED"])));
        assert_eq!(texts(listed_values(&old, &new)), ["types::Status", "types::Message::status"]);
        assert_eq!(listed_values(&old, &old), []);
    }

    #[test]
    fn changed_servers_and_authorization_are_reported() {
        let old = json!({"servers": [{"url": "https://a"}], "security": [{"Bearer": []}]});
        let new = json!({"servers": [{"url": "https://b"}], "security": [{"Bearer": []}]});
        assert_eq!(texts(service(&old, &new)), [r#"servers is [{"url":"https://b"}], was [{"url":"https://a"}]"#]);
        assert_eq!(service(&old, &old), []);
    }
}
