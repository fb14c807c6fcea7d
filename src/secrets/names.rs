//! What is not shown of free-form values: what stands under the name of a secret, and what opens a door in a URL.

use std::borrow::Cow;
use std::fmt;

use serde_json::Value;

/// Shown in place of a secret.
pub(crate) const HIDDEN: &str = "[sensitive]";

/// Words that tell a secret wherever they are in a name.
const TELLING: &[&str] = &[
    "token",
    "secret",
    "password",
    "passwd",
    "passphrase",
    "pwd",
    "authorization",
    "credential",
    "cookie",
    "signature",
    "apikey",
    "jwt",
    "bearer",
    "otp",
];

/// Words that do where they are the whole name or its last word: `signing_key`, but not `keyboard`.
const ENDING: &[&str] = &["key", "keys", "auth", "pin", "sig", "code"];

/// Whether a name looks like that of a secret, however it is written: `apiKey`, `api_key`, `API-KEY`.
pub(crate) fn is_secret_name(name: &str) -> bool {
    let mut plain = String::with_capacity(name.len());
    let mut last_word = String::new();
    let mut after_lower = false;
    for c in name.chars() {
        if !c.is_alphanumeric() || c.is_uppercase() && after_lower {
            last_word.clear();
        }
        if c.is_alphanumeric() {
            plain.extend(c.to_lowercase());
            last_word.extend(c.to_lowercase());
        }
        after_lower = c.is_lowercase() || c.is_numeric();
    }
    // The key of a provider is its name.
    if plain == "providerkey" {
        return false;
    }
    TELLING.iter().any(|telling| plain.contains(telling)) || ENDING.contains(&last_word.as_str())
}

/// Whether everything within an object of this name is to be taken for a secret: providers' settings, and webhooks, whose
/// URLs let anybody post.
pub(crate) fn holds_secrets(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    is_secret_name(name) || lower.contains("webhook") || ["settings", "headers", "authentication"].contains(&&*lower)
}

/// A text with what opens a door taken out, if it is a URL: its user and password, the values of its query, its fragment.
pub(crate) fn shown(text: &str) -> Cow<'_, str> {
    let Some((scheme, rest)) = text.split_once("://") else { return Cow::Borrowed(text) };
    let authority_end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, behind) = rest.split_at(authority_end);
    let (path, query) = behind.find(['?', '#']).map_or((behind, ""), |at| behind.split_at(at));
    let (user, host) = authority.rsplit_once('@').map_or(("", authority), |(_, host)| (HIDDEN, host));
    if user.is_empty() && query.is_empty() {
        return Cow::Borrowed(text);
    }
    let at = if user.is_empty() { "" } else { "@" };
    let mut shown = format!("{scheme}://{user}{at}{host}{path}");
    if !query.is_empty() {
        shown.extend(query.chars().take(1));
        shown.push_str(HIDDEN);
    }
    Cow::Owned(shown)
}

/// `Debug` of a value under a name.
pub(crate) struct Member<'v>(pub &'v str, pub &'v Value);

impl fmt::Debug for Member<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self(name, value) = self;
        if is_secret_name(name) && !value.is_null() { f.write_str(HIDDEN) } else { Shown(value).fmt(f) }
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
            Value::String(text) => shown(text).fmt(f),
            scalar => write!(f, "{scalar}"),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn names_of_secrets_are_known_however_they_are_written() {
        for name in [
            "token",
            "firebaseToken",
            "access_token",
            "client-secret",
            "PASSWORD",
            "apiKey",
            "api_key",
            "APIKEY",
            "key",
            "signingKey",
            "Authorization",
            "credentials",
            "Set-Cookie",
            "auth",
            "keys",
        ] {
            assert!(is_secret_name(name), "{name}");
        }
        for name in [
            "",
            "order",
            "keyboard",
            "monkey",
            "author",
            "status",
            "user_id",
            "locale",
            "encode",
            "pinned",
            "provider_key",
            "provider_key",
        ] {
            assert!(!is_secret_name(name), "{name}");
        }
    }

    #[test]
    fn urls_are_shown_without_what_opens_a_door() {
        for (url, expected) in [
            ("https://example.com/a", "https://example.com/a"),
            ("https://ada:pw@example.com/a", "https://[sensitive]@example.com/a"),
            ("https://a@b:pw@example.com?x=y", "https://[sensitive]@example.com?[sensitive]"),
            ("https://example.com/a?token=t#f", "https://example.com/a?[sensitive]"),
            ("https://example.com#access_token=t", "https://example.com#[sensitive]"),
            ("a text: with @ and ?", "a text: with @ and ?"),
        ] {
            assert_eq!(shown(url), expected);
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
