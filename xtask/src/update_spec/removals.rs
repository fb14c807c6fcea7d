//! The parts of the API that an update would remove. An incomplete source looks like an API that has lost the missing
//! parts.

use semver::Version;
use serde_json::Value;

use crate::document::{Operation, operations, text};
use crate::findings::{Finding, Section};

/// The operations that the new description lacks, and a version that goes back.
///
/// An operation with the same name on another path has moved, and is not missing.
pub fn removals((old, new): (&Value, &Value), (old_courier, new_courier): (&Value, &Value)) -> Vec<Finding> {
    let (new_operations, old_named, new_named) = (operations(new), operations(old_courier), operations(new_courier));
    let has_moved = |old: &Operation<'_>| {
        let named = old_named.iter().find(|named| named.key() == old.key());
        named.is_some_and(|old| new_named.iter().any(|new| new.method == old.method && new.name() == old.name()))
    };
    let back = release_version(old).zip(release_version(new)).filter(|(old, new)| new < old);
    let back = back.map(|(old, new)| ("version".to_owned(), format!("the version goes back from {old} to {new}")));
    let is_left = |old: &Operation<'_>| new_operations.iter().any(|new| new.key() == old.key()) || has_moved(old);
    let gone = operations(old)
        .into_iter()
        .filter(|old| !is_left(old))
        .map(|old| (old.heading(), format!("{} goes", old.heading())));
    back.into_iter().chain(gone).map(|(target, text)| Finding::new(Section::Removal, target, text)).collect()
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
