//! Provider configurations: `/providers`.

use serde_json::{Value, json};

use crate::testing::engine::*;

pub(super) const HANDLERS: &[(&str, Handler)] = &[
    ("providers.list", crud::list::<Provider>),
    ("providers.create", crud::create::<Provider>),
    ("providers.retrieve", crud::retrieve::<Provider>),
    ("providers.update", crud::replace::<Provider>),
    ("providers.patch", patch),
    ("providers.delete", crud::delete::<Provider>),
];

const FIELDS: [&str; 4] = ["provider", "alias", "settings", "title"];

document!(Provider, "provider");

fn defaults() -> Value {
    json!({"settings": {}, "title": "Default Configuration"})
}

/// Refuses a rate limit whose sends would be less than a millisecond or more than twelve hours apart.
fn check_rate_limit(provider: &Value) -> Result<(), Response> {
    let Some(limit) = path(provider, "settings.rate_limit").filter(|limit| !limit.is_null()) else { return Ok(()) };
    let period = match text(limit, "period") {
        Some("second") => 1_000.0,
        Some("minute") => 60_000.0,
        Some("hour") => 3_600_000.0,
        _ => 0.0,
    };
    let interval = period / limit.get("rate").and_then(Value::as_f64).unwrap_or_default();
    let is_valid = (1.0..=12.0 * 3_600_000.0).contains(&interval);
    if is_valid { Ok(()) } else { Err(Response::invalid("InvalidRateLimit")) }
}

fn other_provider() -> Response {
    Response::invalid("The `provider` of a configuration cannot change")
}

impl Create for Provider {
    const ID_PREFIX: &'static str = "pv_";
    const CREATED: u16 = 201;

    fn build(_: &mut State, id: &str, request: &Request<'_>, before: Option<Self>) -> Result<Self, Response> {
        let provider = text(&request.body, "provider").unwrap_or_default();
        check_rate_limit(&request.body)?;
        let about = match before {
            None => json!({"id": id, "created": request.now}),
            Some(Self(before)) if text(&before, "provider").unwrap_or_default() != provider => {
                return Err(other_provider());
            }
            Some(Self(before)) => json!({"id": id, "created": or_null(&before, "created"), "updated": request.now}),
        };
        Ok(Self(with(with(defaults(), pick(&request.body, &FIELDS).into()), about)))
    }
}

fn patch(state: &mut State, request: &Request<'_>) -> Outcome {
    let Provider(provider) = state.find_mut::<Provider>(request.id(0))?;
    if request.body.get("provider").is_some_and(|given| provider.get("provider") != Some(given)) {
        return Err(other_provider());
    }
    let given = FIELDS.iter().filter_map(|name| Some(((*name).to_owned(), request.body.get(*name)?.clone())));
    let mut merged = provider.clone();
    ::json_patch::merge(&mut merged, &Value::Object(given.collect()));
    check_rate_limit(&merged)?;
    *provider = with(with(defaults(), merged), json!({"updated": request.now}));
    Ok(Response::ok(provider.clone()))
}
