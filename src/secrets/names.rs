// The names under which secrets are found.
//
// This file does not use any other part of the crate, so that xtask can include it.

/// Names of profile fields that hold the address of a device or an app installation, by push provider.
pub const PUSH_TOKENS: &[&str] =
    &["firebaseToken", "apn", "expo", "airship", "oneSignalPlayerID", "oneSignalExternalUserId", "pushbullet"];

/// Text that marks a secret anywhere in a name.
const ANYWHERE: &[&str] = &[
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
    "accesskey",
    "jwt",
    "bearer",
    "otp",
];

/// The whole names, or last parts of names, that mark a secret: `signing_key`, but not `keyboard`.
const LAST_WORD: &[&str] = &["key", "keys", "auth", "pin", "sig", "code"];

/// Objects whose values are all confidential: settings of providers, and requests that Courier makes.
const CONTAINERS: &[&str] = &["settings", "headers", "authentication"];

/// Returns `true` if a name looks like the name of a secret in any spelling: `apiKey`, `api_key`, `API-KEY`.
pub fn is_secret_name(name: &str) -> bool {
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
    ANYWHERE.iter().any(|text| plain.contains(text))
        || LAST_WORD.contains(&last_word.as_str())
        || PUSH_TOKENS.iter().any(|token| token.eq_ignore_ascii_case(&plain))
}

/// Returns `true` if every value inside an object of this name is confidential: the settings of a provider, or a
/// webhook, whose URL lets anyone who has it post.
pub fn holds_secrets(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    is_secret_name(name) || lower.contains("webhook") || CONTAINERS.contains(&&*lower)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secret_names_are_known_in_any_spelling() {
        for name in [
            "token",
            "firebaseToken",
            "access_token",
            "client-secret",
            "PASSWORD",
            "apiKey",
            "api_key",
            "APIKEY",
            "accessKeyId",
            "key",
            "signingKey",
            "Authorization",
            "credentials",
            "Set-Cookie",
            "auth",
            "keys",
            "apn",
            "expo",
            "oneSignalPlayerID",
            "one_signal_player_id",
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
            "exponent",
        ] {
            assert!(!is_secret_name(name), "{name}");
        }
    }
}
