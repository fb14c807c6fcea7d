//! Device tokens: `/users/{user_id}/tokens`; and tokens for browsers: `/auth/issue-token`.

use serde_json::{Map, Value, json};

use crate::testing::engine::json::{list, pick, text, with};
use crate::testing::engine::json_patch;
use crate::testing::engine::request::Request;
use crate::testing::engine::response::Answer;
use crate::testing::engine::state::State;
use crate::testing::engine::time as moment;

const FIELDS: [&str; 5] = ["provider_key", "device", "expiry_date", "properties", "tracking"];

fn found<'a>(state: &'a mut State, request: &Request<'_>) -> Result<&'a mut Map<String, Value>, Answer> {
    let token = state.tokens.get_mut(request.id(0)).and_then(|tokens| tokens.get_mut(request.id(1)));
    token.ok_or_else(|| Answer::error(404, "invalid_request_error", "The user has no such token."))
}

fn store(state: &mut State, user: &str, token: &str, given: &Value) {
    state.tokens.entry(user.to_owned()).or_default().insert(token, pick(given, &FIELDS));
}

pub(crate) fn list_all(state: &mut State, request: &Request<'_>) -> Result<Answer, Answer> {
    let tokens = state.tokens.get(request.id(0)).into_iter().flat_map(|tokens| tokens.iter());
    let tokens: Vec<Value> = tokens.map(|(token, stored)| with(stored.clone(), json!({"token": token}))).collect();
    Ok(Answer::ok(json!({"tokens": tokens})))
}

pub(crate) fn add(state: &mut State, request: &Request<'_>) -> Result<Answer, Answer> {
    store(state, request.id(0), request.id(1), &request.body);
    Ok(Answer::empty(204))
}

/// The description has no body for it; the guides have `tokens`.
pub(crate) fn add_several(state: &mut State, request: &Request<'_>) -> Result<Answer, Answer> {
    for given in list(&request.body, "tokens") {
        let token = text(given, "token").ok_or_else(|| Answer::invalid("`token` is required"))?;
        store(state, request.id(0), token, given);
    }
    Ok(Answer::empty(204))
}

pub(crate) fn retrieve(state: &mut State, request: &Request<'_>) -> Result<Answer, Answer> {
    let stored = found(state, request)?.clone();
    Ok(Answer::ok(with(stored, json!({"token": request.id(1), "status": "active"}))))
}

pub(crate) fn patch(state: &mut State, request: &Request<'_>) -> Result<Answer, Answer> {
    let stored = found(state, request)?;
    let mut changed = Value::Object(stored.clone());
    json_patch::apply(&mut changed, list(&request.body, "patch")).map_err(Answer::invalid)?;
    *stored = pick(&changed, &FIELDS);
    Ok(Answer::empty(204))
}

pub(crate) fn delete(state: &mut State, request: &Request<'_>) -> Result<Answer, Answer> {
    found(state, request)?;
    state.tokens.entry(request.id(0).to_owned()).or_default().remove(request.id(1));
    Ok(Answer::empty(204))
}

/// A JSON Web Token that nobody signed: enough for code that looks into it.
pub(crate) fn issue(state: &mut State, request: &Request<'_>) -> Result<Answer, Answer> {
    let scope = text(&request.body, "scope").ok_or_else(|| Answer::invalid("`scope` must say something"))?;
    let length = text(&request.body, "expires_in").and_then(moment::parse_length);
    let length = length.ok_or_else(|| Answer::invalid("`expires_in` must be a number and a unit, such as `7 days`"))?;
    let issued = request.now / 1_000;
    let claims =
        json!({"scope": scope, "iat": issued, "exp": issued.saturating_add(length / 1_000), "jti": state.id("")});
    let token =
        [json!({"alg": "none", "typ": "JWT"}), claims].map(|part| base64url(part.to_string().as_bytes())).join(".");
    Ok(Answer::ok(json!({"token": format!("{token}.")})))
}

fn base64url(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let word = (0..3).fold(0_usize, |word, at| word << 8 | usize::from(chunk.get(at).copied().unwrap_or_default()));
        for at in 0..=chunk.len() {
            text.extend(ALPHABET.get(word >> (18 - 6 * at) & 63).map(|letter| char::from(*letter)));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::base64url;

    #[test]
    fn base64url_has_no_padding() {
        for (bytes, text) in
            [("", ""), ("f", "Zg"), ("fo", "Zm8"), ("foo", "Zm9v"), ("foob", "Zm9vYg"), ("~~~?", "fn5-Pw")]
        {
            assert_eq!(base64url(bytes.as_bytes()), text);
        }
    }
}
