//! What an update would remove. A source that lacks half of the API looks like an API that has lost it.

use semver::Version;
use serde_json::Value;

use crate::document::{operations, text};
use crate::import::paths::shape;

/// The operations that the new description lacks, and whether it is of an older release; a sentence each.
pub fn removals(old: &Value, new: &Value) -> Vec<String> {
    let new_operations = operations(new);
    let gone = operations(old)
        .into_iter()
        .filter(|old| !new_operations.iter().any(|new| new.method == old.method && shape(new.path) == shape(old.path)));
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
        let old = json!({"info": {"version": "9.13.0"}, "paths": {"/lists/{list_id}": {"get": {}, "put": {}}}});
        let new = json!({"info": {"version": "9.2.0"}, "paths": {"/lists/{id}": {"get": {}}, "/new": {"post": {}}}});
        assert_eq!(removals(&old, &new), ["the version goes back from 9.13.0 to 9.2.0", "PUT /lists/{list_id} goes"]);
        assert_eq!(removals(&new, &new), Vec::<String>::new());
    }

    #[test]
    fn a_version_may_be_short_and_need_not_be_one() {
        let of = |written: &str| version(&json!({"info": {"version": written}})).map(|version| version.to_string());
        assert_eq!(of("1"), Some("1.0.0".to_owned()));
        assert_eq!(of("9.13.0"), Some("9.13.0".to_owned()));
        assert_eq!(of(""), None);
    }
}
