//! Findings that only a person can judge: possible secrets, descriptions that list values, servers.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use anyhow::Result;
use serde_json::Value;

use crate::generate::model::rust_type::RustType;
use crate::generate::model::{Field, Model, TypeItem, TypeShape};
use crate::report::compare::{member, type_name};
use crate::spec;

/// The words of a property's name that make a secret of it.
const SECRET_WORDS: [&str; 6] = ["token", "secret", "password", "key", "credentials", "authorization"];

/// The fields that look like secrets and can be printed, of those that are new or could not be printed before.
pub fn secrets(old: &Model, new: &Model) -> Vec<String> {
    let mut found = Vec::new();
    for item in &new.types {
        let known = old.item(&item.name).map(fields).unwrap_or_default();
        for field in fields(item) {
            let was_shown = known.iter().any(|known| known.ident == field.ident && can_show_one(&known.kind));
            if looks_secret(&field.name) && can_show_one(&field.kind) && !was_shown {
                found.push(member(item, &field.ident));
            }
        }
    }
    found
}

fn fields(item: &TypeItem) -> &[Field] {
    match &item.shape {
        TypeShape::Structure { fields, .. } => fields,
        _ => &[],
    }
}

fn looks_secret(property: &str) -> bool {
    let property = heck::ToSnakeCase::to_snake_case(property);
    property.split('_').any(|word| SECRET_WORDS.contains(&word) || SECRET_WORDS.contains(&&*format!("{word}s")))
}

/// A text can, and an object that is not described.
fn can_show_one(kind: &RustType) -> bool {
    match kind {
        RustType::Text | RustType::Object | RustType::Json => true,
        RustType::Nullable(inner) | RustType::Optional(inner) | RustType::List(inner) | RustType::Map(inner) => {
            can_show_one(inner)
        }
        _ => false,
    }
}

/// The enums with other values than before whose words, or the words of a field of theirs, name two or more of the old.
pub fn listed_values(old: &Model, new: &Model) -> Vec<String> {
    let mut changed: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    let mut found = Vec::new();
    for item in &new.types {
        let was = old.item(&item.name).map(values).unwrap_or_default();
        if !was.is_empty() && was != values(item) {
            if lists(&item.description, &was) {
                found.push(type_name(item));
            }
            changed.insert(&item.name, was);
        }
    }
    for item in &new.types {
        for field in fields(item) {
            let was = field.kind.named().and_then(|name| changed.get(name));
            if was.is_some_and(|was| lists(&field.description, was)) {
                found.push(member(item, &field.ident));
            }
        }
    }
    found
}

fn values(item: &TypeItem) -> BTreeSet<&str> {
    match &item.shape {
        TypeShape::Enum(words) => words.iter().map(|word| word.value.as_str()).collect(),
        _ => BTreeSet::new(),
    }
}

fn lists(words: &str, values: &BTreeSet<&str>) -> bool {
    let words: BTreeSet<&str> =
        words.split(|letter: char| !(letter.is_alphanumeric() || letter == '_' || letter == '-')).collect();
    values.iter().filter(|value| words.contains(*value)).count() > 1
}

/// What has changed in the description of the service as a whole.
pub fn service(old: &Value, new: &Value) -> Vec<String> {
    let schemes = "/components/securitySchemes";
    let members =
        ["/servers", "/security", schemes].into_iter().filter(|member| old.pointer(member) != new.pointer(member));
    let said = |document: &Value, member: &str| document.pointer(member).map_or("nothing".to_owned(), Value::to_string);
    members
        .map(|member| format!("{} is {}, was {}", member.trim_start_matches('/'), said(new, member), said(old, member)))
        .collect()
}

/// The resources that have no feature in Cargo.toml. None if the crate has no features for resources.
pub fn resources(repository: &Path, model: &Model) -> Result<Vec<String>> {
    let manifest: toml::Table = spec::read(&repository.join("Cargo.toml"))?.parse()?;
    let Some(all) = manifest.get("features").and_then(|features| features.get("all-resources")) else {
        return Ok(Vec::new());
    };
    let all: Vec<&str> = all.as_array().into_iter().flatten().filter_map(toml::Value::as_str).collect();
    let needed: BTreeSet<String> = model.operations.iter().map(|call| call.feature()).collect();
    Ok(needed.into_iter().filter(|feature| !all.contains(&feature.as_str())).collect())
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{listed_values, secrets, service};
    use crate::report::tests::model;

    #[test]
    fn a_new_property_that_looks_like_a_secret_is_flagged_unless_it_is_hidden() {
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
        assert_eq!(secrets(&old, &new), expected);
    }

    #[test]
    fn a_changed_enum_whose_words_list_its_values_is_flagged() {
        let document = |values: Value| {
            let status =
                |words: &str| json!({"allOf": [{"$ref": "#/components/schemas/Status"}], "description": words});
            model(json!({
                "Status": {"type": "string", "enum": values, "description": "Either `SENT` or `FAILED`."},
                "Colour": {"type": "string", "enum": ["RED", "BLUE"], "description": "RED or BLUE."},
                "Message": {"type": "object", "additionalProperties": {}, "properties": {
                    "status": status("SENT, later FAILED."), "last": status("The last one."),
                    "colour": {"$ref": "#/components/schemas/Colour"}
                }}
            }))
        };
        let (old, new) = (document(json!(["SENT", "FAILED"])), document(json!(["SENT", "FAILED", "QUEUED"])));
        assert_eq!(listed_values(&old, &new), ["types::Status", "types::Message::status"]);
        assert_eq!(listed_values(&old, &old), Vec::<String>::new());
    }

    #[test]
    fn other_servers_and_another_way_to_authorize_are_named() {
        let old = json!({"servers": [{"url": "https://a"}], "security": [{"Bearer": []}]});
        let new = json!({"servers": [{"url": "https://b"}], "security": [{"Bearer": []}]});
        assert_eq!(service(&old, &new), [r#"servers is [{"url":"https://b"}], was [{"url":"https://a"}]"#]);
        assert_eq!(service(&old, &old), Vec::<String>::new());
    }
}
