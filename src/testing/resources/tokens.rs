//! Device tokens: `/users/{user_id}/tokens`; and tokens for browsers: `/auth/issue-token`.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::{Value, json};

use crate::testing::engine::*;

pub(super) const HANDLERS: &[(&str, Handler)] = &[
    ("users.tokens.list", crud::list::<Token>),
    ("users.tokens.add_multiple", add_multiple),
    ("users.tokens.add_single", add_single),
    ("users.tokens.retrieve", crud::retrieve::<Token>),
    ("users.tokens.update", patch),
    ("users.tokens.delete", crud::delete::<Token>),
    ("auth.issue_token", issue),
];

const FIELDS: [&str; 6] = ["provider_key", "device", "expiry_date", "properties", "tracking", "status"];

struct Token(Value);

impl Stored for Token {
    const NOUN: &'static str = "token";

    /// Leaves out the token, which is a secret.
    fn not_found(_: &str) -> Response {
        Response::error(404, "invalid_request_error", "The user has no such token.")
    }
}

impl Resource for Token {
    fn view(&self, id: &str, _: &State, _: &Request<'_>) -> Result<Value, Response> {
        Ok(with(self.0.clone(), json!({"token": id})))
    }
}

pub(super) fn has_token(state: &State, user: &str) -> bool {
    state.table::<Token>().below(user).next().is_some()
}

/// Refuses an expiry that is neither a timestamp nor `false`.
fn check_expiry(given: &Value) -> Result<(), Response> {
    let is_valid = match given.get("expiry_date") {
        None | Some(Value::Null | Value::Bool(false)) => true,
        Some(expiry) => expiry.as_str().is_some_and(|text| time::parse(text).is_some()),
    };
    if is_valid { Ok(()) } else { Err(Response::invalid("`expiry_date` must be an ISO 8601 timestamp or `false`")) }
}

fn add(state: &mut State, request: &Request<'_>, token: &str, given: &Value) {
    let stored = with(pick(given, &FIELDS), json!({"status": "active"}));
    state.table_mut().insert(&key(&[request.id(0), token]), Token(stored));
}

fn add_single(state: &mut State, request: &Request<'_>) -> Outcome {
    check_expiry(&request.body)?;
    add(state, request, request.id(1), &request.body);
    Ok(Response::empty(204))
}

fn add_multiple(state: &mut State, request: &Request<'_>) -> Outcome {
    list(&request.body, "tokens").iter().try_for_each(check_expiry)?;
    for given in list(&request.body, "tokens") {
        add(state, request, text(given, "token").unwrap_or_default(), given);
    }
    Ok(Response::empty(204))
}

fn patch(state: &mut State, request: &Request<'_>) -> Outcome {
    let Token(token) = state.find_mut(&request.key())?;
    json_patch::apply(token, list(&request.body, "patch")).map_err(Response::invalid)?;
    *token = pick(token, &FIELDS).into();
    Ok(Response::empty(204))
}

/// Issues an unsigned JSON Web Token, enough for code that reads its claims.
fn issue(state: &mut State, request: &Request<'_>) -> Outcome {
    let scope = text(&request.body, "scope").ok_or_else(|| Response::invalid("`scope` must not be empty"))?;
    let lifetime = text(&request.body, "expires_in").and_then(time::parse_duration);
    let lifetime =
        lifetime.ok_or_else(|| Response::invalid("`expires_in` must be a number and a unit, such as `7 days`"))?;
    let issued = request.now / 1_000;
    let expires = issued.saturating_add(lifetime / 1_000);
    let claims = json!({"scope": scope, "iat": issued, "exp": expires, "jti": state.new_id("")});
    let [header, claims] =
        [json!({"alg": "none", "typ": "JWT"}), claims].map(|part| BASE64_URL_SAFE_NO_PAD.encode(part.to_string()));
    Ok(Response::ok(json!({"token": format!("{header}.{claims}.")})))
}
