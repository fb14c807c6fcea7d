//! What an update would remove. A source that lacks half of the API looks like an API that has lost it.

use semver::Version;
use serde_json::Value;

use crate::document::{Operation, operations, text};
use crate::import::paths::shape;

/// The operations that the new description lacks, and whether it is of an older release; a sentence each.
///
/// One that has the same name on another path in what is made of the descriptions has moved, and is not lacking.
pub fn removals((old, new): (&Value, &Value), (old_courier, new_courier): (&Value, &Value)) -> Vec<String> {
    let (new_operations, named, names) = (operations(new), operations(old_courier), operations(new_courier));
    let is_same =
        |one: &Operation<'_>, other: &Operation<'_>| one.method == other.method && shape(one.path) == shape(other.path);
    let has_moved = |old: &Operation<'_>| {
        let name = named.iter().find(|named| is_same(named, old)).map(Operation::name);
        name.is_some_and(|name| names.iter().any(|new| new.method == old.method && new.name() == name))
    };
    let gone = operations(old).into_iter();
    let gone = gone.filter(|old| !new_operations.iter().any(|new| is_same(new, old)) && !has_moved(old));
    let gone = gone.map(|operation| format!("{} goes", operation.place()));
    let back = match (version(old), version(new)) {
        (Some(old), Some(new)) if new < old => Some(format!("the version goes back from {old} to {new}")),
        _ => None,
    };
    back.into_iter().chain(gone).collect()
}

/// The release that a description belongs to, if its version is a number.
pub fn version(document: &Value) -> Option<Version> {
    let written = text(document.get("info")?, "version")?;
    // `1` and `1.2` are versions to OpenAPI.
    ["", ".0", ".0.0"].into_iter().find_map(|rest| format!("{written}{rest}").parse().ok())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{removals, version};

    #[test]
    fn operations_that_vanish_and_a_version_that_goes_back_are_removals() {
        let named = |name: &str| json!({"operationId": name});
        let old = json!({"info": {"version": "9.13.0"}, "paths": {
            "/lists/{list_id}": {"get": named("lists_get"), "put": named("lists_put")}, "/users": {"get": named("users_list")}
        }});
        let new = json!({"info": {"version": "9.2.0"}, "paths": {
            "/lists/{id}": {"get": named("lists_get")}, "/new": {"post": named("new")},
            // It has moved.
            "/v2/users": {"get": named("users_list")}
        }});
        assert_eq!(
            removals((&old, &new), (&old, &new)),
            ["the version goes back from 9.13.0 to 9.2.0", "PUT /lists/{list_id} goes"]
        );
        assert_eq!(removals((&new, &new), (&new, &new)), Vec::<String>::new());
    }

    #[test]
    fn a_version_may_be_short_and_need_not_be_one() {
        let of = |written: &str| version(&json!({"info": {"version": written}})).map(|version| version.to_string());
        assert_eq!(of("1"), Some("1.0.0".to_owned()));
        assert_eq!(of("9.13.0"), Some("9.13.0".to_owned()));
        assert_eq!(of(""), None);
    }
}
