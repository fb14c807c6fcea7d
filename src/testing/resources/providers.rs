//! Provider configurations: `/providers`.

use serde_json::{Value, json};

use crate::testing::engine::dispatch::respond_with_example;
use crate::testing::engine::{
    Create, Handler, Outcome, Request, Response, State, crud, document, merge, or_null, pick, text, with,
};

pub(super) const HANDLERS: &[(&str, Handler)] = &[
    ("providers.list", crud::list::<Provider>),
    ("providers.create", crud::create::<Provider>),
    ("providers.retrieve", crud::retrieve::<Provider>),
    ("providers.update", crud::replace::<Provider>),
    ("providers.patch", patch),
    ("providers.delete", crud::delete::<Provider>),
    ("providers.catalog.list", respond_with_example),
];

const FIELDS: [&str; 4] = ["provider", "alias", "settings", "title"];

document!(Provider, "provider");

fn defaults() -> Value {
    json!({"settings": {}, "title": "Default Configuration"})
}

fn other_provider() -> Response {
    Response::invalid("The `provider` of a configuration cannot change")
}

impl Create for Provider {
    const ID_PREFIX: &'static str = "pv_";
    const CREATED: u16 = 201;

    fn build(_: &mut State, id: &str, request: &Request<'_>, before: Option<Self>) -> Result<Self, Response> {
        let provider = text(&request.body, "provider").unwrap_or_default();
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
    if let Value::Object(provider) = &mut *provider {
        merge(provider, &given.collect());
    }
    *provider = with(with(defaults(), provider.clone()), json!({"updated": request.now}));
    Ok(Response::ok(provider.clone()))
}
