//! `Debug` of free-form values without their secrets.

use std::borrow::Cow;
use std::fmt;

use serde_json::Value;

use crate::secrets::SENSITIVE;
use crate::secrets::names::is_secret_name;

/// Returns a text without credentials, if it is a URL: without user and password, query and fragment.
fn without_credentials(text: &str) -> Cow<'_, str> {
    let Some((scheme, rest)) = text.split_once("://") else { return Cow::Borrowed(text) };
    let authority_end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, behind) = rest.split_at(authority_end);
    let (path, query) = behind.find(['?', '#']).map_or((behind, ""), |at| behind.split_at(at));
    let (user, host) = authority.rsplit_once('@').map_or(("", authority), |(_, host)| (SENSITIVE, host));
    if user.is_empty() && query.is_empty() {
        return Cow::Borrowed(text);
    }
    let at = if user.is_empty() { "" } else { "@" };
    let mut shown = format!("{scheme}://{user}{at}{host}{path}");
    if !query.is_empty() {
        shown.extend(query.chars().take(1));
        shown.push_str(SENSITIVE);
    }
    Cow::Owned(shown)
}

/// `Debug` of a value under a name.
pub(crate) struct Member<'v>(pub &'v str, pub &'v Value);

impl fmt::Debug for Member<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(name, value) = self;
        if is_secret_name(name) && !value.is_null() { f.write_str(SENSITIVE) } else { Shown(value).fmt(f) }
    }
}

/// `Debug` of a value, as JSON without its secrets.
pub(crate) struct Shown<'v>(pub &'v Value);

impl fmt::Debug for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Value::Object(map) => {
                f.debug_map().entries(map.iter().map(|(name, value)| (name, Member(name, value)))).finish()
            }
            Value::Array(values) => f.debug_list().entries(values.iter().map(Shown)).finish(),
            Value::String(text) => without_credentials(text).fmt(f),
            scalar => write!(f, "{scalar}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn urls_are_shown_without_credentials() {
        for (url, expected) in [
            ("https://example.com/a", "https://example.com/a"),
            ("https://ada:pw@example.com/a", "https://[sensitive]@example.com/a"),
            ("https://a@b:pw@example.com?x=y", "https://[sensitive]@example.com?[sensitive]"),
            ("https://example.com/a?token=t#f", "https://example.com/a?[sensitive]"),
            ("https://example.com#access_token=t", "https://example.com#[sensitive]"),
            ("a text: with @ and ?", "a text: with @ and ?"),
        ] {
            assert_eq!(without_credentials(url), expected);
        }
    }

    #[test]
    fn secrets_are_hidden_at_any_depth() {
        let value = json!({"a": [{"token": {"b": "hidden"}, "c": "shown", "url": "https://x/?k=hidden"}], "key": null});
        let debug = format!("{:?}", Shown(&value));
        assert!(debug.contains("shown") && !debug.contains("hidden"), "{debug}");
        assert!(debug.contains("\"key\": null"), "{debug}");
    }
}
