//! Provider configurations: `/providers`.

use serde_json::json;

use crate::testing::engine::dispatch::respond_with_example;
use crate::testing::engine::{
    Create, Handler, Outcome, Request, Response, State, crud, document, or_null, pick, text, with,
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

impl Create for Provider {
    const ID_PREFIX: &'static str = "pv_";
    const CREATED: u16 = 201;

    fn build(_: &mut State, id: &str, request: &Request<'_>, before: Option<Self>) -> Result<Self, Response> {
        let provider = text(&request.body, "provider").unwrap_or_default();
        let about = match before {
            None => json!({"id": id, "created": request.now}),
            Some(Self(before)) if text(&before, "provider").unwrap_or_default() != provider => {
                return Err(Response::invalid("The `provider` of a configuration cannot change"));
            }
            Some(Self(before)) => json!({"id": id, "created": or_null(&before, "created"), "updated": request.now}),
        };
        let defaults = json!({"settings": {}, "title": provider});
        Ok(Self(with(with(defaults, pick(&request.body, &FIELDS).into()), about)))
    }
}

fn patch(state: &mut State, request: &Request<'_>) -> Outcome {
    let Provider(provider) = state.find_mut::<Provider>(request.id(0))?;
    let changed = with(provider.clone(), pick(&request.body, &FIELDS).into());
    *provider = with(changed, json!({"updated": request.now}));
    Ok(Response::ok(provider.clone()))
}
