//! Brands: `/brands`.

use serde_json::json;

use crate::testing::engine::*;

pub(super) const HANDLERS: &[(&str, Handler)] = &[
    ("brands.list", crud::list::<Brand>),
    ("brands.create", crud::create::<Brand>),
    ("brands.retrieve", crud::retrieve::<Brand>),
    ("brands.update", crud::replace::<Brand>),
    ("brands.delete", crud::delete_if_exists::<Brand>),
];

document!(Brand, "brand");

impl Create for Brand {
    const ID_PREFIX: &'static str = "brand_";

    fn new_id(state: &mut State, request: &Request<'_>) -> Result<String, Response> {
        let id = text(&request.body, "id").map_or_else(|| state.new_id(Self::ID_PREFIX), str::to_owned);
        if state.find::<Self>(&id).is_ok() {
            return Err(Response::conflict(format!("There is already a brand with the id \"{id}\".")));
        }
        Ok(id)
    }

    fn build(_: &mut State, id: &str, request: &Request<'_>, before: Option<Self>) -> Result<Self, Response> {
        let now = json!(request.now);
        let created = before.map_or_else(|| now.clone(), |before| or_null(&before.0, "created"));
        let about = json!({"id": id, "created": created, "updated": now, "published": now, "version": "1"});
        Ok(Self(with(pick(&request.body, &["name", "settings", "snippets"]), about)))
    }
}
