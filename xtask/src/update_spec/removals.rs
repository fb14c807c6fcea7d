//! The parts of the API that an update would remove. An incomplete source looks like an API that has lost the missing
//! parts.

use semver::Version;
use serde_json::Value;

use crate::document::{Operation, operations, text};
use crate::findings::{Finding, Section};
use crate::import::parameter_names::shape;

/// The operations that the new description lacks, and a version that goes back.
///
/// An operation with the same name on another path has moved, and is not missing.
pub fn removals((old, new): (&Value, &Value), (old_courier, new_courier): (&Value, &Value)) -> Vec<Finding> {
    let (new_operations, old_named, new_named) = (operations(new), operations(old_courier), operations(new_courier));
    let is_same =
        |one: &Operation<'_>, other: &Operation<'_>| one.method == other.method && shape(one.path) == shape(other.path);
    let has_moved = |old: &Operation<'_>| {
        let name = old_named.iter().find(|named| is_same(named, old)).map(Operation::name);
        name.is_some_and(|name| new_named.iter().any(|new| new.method == old.method && new.name() == name))
    };
    let back = match (release_version(old), release_version(new)) {
        (Some(old), Some(new)) if new < old => {
            Some(Finding::new(Section::Removal, "version", format!("the version goes back from {old} to {new}")))
        }
        _ => None,
    };
    let gone = operations(old)
        .into_iter()
        .filter(|old| !new_operations.iter().any(|new| is_same(new, old)) && !has_moved(old))
        .map(|operation| Finding::new(Section::Removal, operation.heading(), format!("{} goes", operation.heading())));
    back.into_iter().chain(gone).collect()
}

/// The release that a description belongs to, if its version is a number.
pub fn release_version(document: &Value) -> Option<Version> {
    let written = text(document.get("info")?, "version")?;
    // OpenAPI accepts `1` and `1.2` as versions.
    ["", ".0", ".0.0"].into_iter().find_map(|rest| format!("{written}{rest}").parse().ok())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{release_version, removals};

    #[test]
    fn missing_operation_and_lower_version_are_removals() {
        let named = |name: &str| json!({"operationId": name});
        let old = json!({"info": {"version": "9.13.0"}, "paths": {
            "/lists/{list_id}": {"get": named("lists_get"), "put": named("lists_put")}, "/users": {"get": named("users_list")}
        }});
        let new = json!({"info": {"version": "9.2.0"}, "paths": {
            "/lists/{id}": {"get": named("lists_get")}, "/new": {"post": named("new")},
            // This operation has moved.
            "/v2/users": {"get": named("users_list")}
        }});
        let removals = removals((&old, &new), (&old, &new));
        assert_eq!(
            removals.iter().map(|removal| &*removal.text).collect::<Vec<_>>(),
            ["the version goes back from 9.13.0 to 9.2.0", "PUT /lists/{list_id} goes"]
        );
        assert_eq!(super::removals((&new, &new), (&new, &new)), []);
    }

    #[test]
    fn short_or_missing_version_is_read() {
        let of =
            |written: &str| release_version(&json!({"info": {"version": written}})).map(|version| version.to_string());
        assert_eq!(of("1"), Some("1.0.0".to_owned()));
        assert_eq!(of("9.13.0"), Some("9.13.0".to_owned()));
        assert_eq!(of(""), None);
    }
}
