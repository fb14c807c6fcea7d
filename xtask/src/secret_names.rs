//! Names that look like those of secrets. To be included from src/secrets/names.rs, the list of the SDK.

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

/// Words that mark a secret as the whole name or its last word: `signing_key`, but not `keyboard`.
const LAST_WORD: &[&str] = &["key", "keys", "auth", "pin", "sig", "code"];

/// Returns `true` if a name looks like that of a secret in any spelling: `apiKey`, `api_key`, `API-KEY`.
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
