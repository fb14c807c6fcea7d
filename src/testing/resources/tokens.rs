//! Device tokens: `/users/{user_id}/tokens`; and tokens for browsers: `/auth/issue-token`.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use serde_json::{Map, Value, json};

use crate::testing::engine::{
    Handler, Outcome, Request, Response, State, Table, json_patch, list, page, pick, stored, text, time, with,
};

pub(super) const HANDLERS: &[(&str, Handler)] = &[
    ("users.tokens.list", list_all),
    ("users.tokens.add_multiple", add_multiple),
    ("users.tokens.add_single", add_single),
    ("users.tokens.retrieve", retrieve),
    ("users.tokens.update", patch),
    ("users.tokens.delete", delete),
    ("auth.issue_token", issue),
];

const FIELDS: [&str; 6] = ["provider_key", "device", "expiry_date", "properties", "tracking", "status"];

/// The tokens of a user.
#[derive(Default)]
struct Tokens(Table<Map<String, Value>>);

stored!(Tokens, "user");

/// Returns `true` if a user has a device token.
pub(super) fn has_token(state: &State, user: &str) -> bool {
    state.table::<Tokens>().get(user).is_some_and(|tokens| tokens.0.len() > 0)
}

fn find<'a>(state: &'a mut State, request: &Request<'_>) -> Result<&'a mut Map<String, Value>, Response> {
    let token = state.table_mut::<Tokens>().get_mut(request.id(0)).and_then(|tokens| tokens.0.get_mut(request.id(1)));
    token.ok_or_else(|| Response::error(404, "invalid_request_error", "The user has no such token."))
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
    let mut stored = pick(given, &FIELDS);
    stored.insert("status".to_owned(), json!("active"));
    state.table_mut().entry(request.id(0), Tokens::default).0.insert(token, stored);
}

fn list_all(state: &mut State, request: &Request<'_>) -> Outcome {
    let tokens = state.table::<Tokens>().get(request.id(0)).into_iter().flat_map(|tokens| tokens.0.iter());
    page(request, tokens.map(|(token, stored)| with(stored.clone(), json!({"token": token}))))
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

fn retrieve(state: &mut State, request: &Request<'_>) -> Outcome {
    let stored = find(state, request)?.clone();
    Ok(Response::ok(with(stored, json!({"token": request.id(1)}))))
}

fn patch(state: &mut State, request: &Request<'_>) -> Outcome {
    let stored = find(state, request)?;
    let mut changed = Value::Object(stored.clone());
    json_patch::apply(&mut changed, list(&request.body, "patch")).map_err(Response::invalid)?;
    *stored = pick(&changed, &FIELDS);
    Ok(Response::empty(204))
}

fn delete(state: &mut State, request: &Request<'_>) -> Outcome {
    find(state, request)?;
    state.table_mut().entry(request.id(0), Tokens::default).0.remove(request.id(1));
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
