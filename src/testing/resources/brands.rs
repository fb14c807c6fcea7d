//! Brands: `/brands`.

use serde_json::{Value, json};

use crate::testing::engine::json::{or_null, pick, text, with};
use crate::testing::engine::pagination::page;
use crate::testing::engine::request::Request;
use crate::testing::engine::response::Answer;
use crate::testing::engine::state::State;

const FIELDS: [&str; 3] = ["name", "settings", "snippets"];

fn found<'a>(state: &'a mut State, request: &Request<'_>) -> Result<&'a mut Value, Answer> {
    state.brands.get_mut(request.id(0)).ok_or_else(|| Answer::not_found("brand", request.id(0)))
}

pub(crate) fn create(state: &mut State, request: &Request<'_>) -> Result<Answer, Answer> {
    let id = text(&request.body, "id").map_or_else(|| state.id("brand_"), str::to_owned);
    if state.brands.contains(&id) {
        return Err(Answer::conflict(format!("There is a brand with the id \"{id}\".")));
    }
    let about =
        json!({"id": id, "created": request.now, "updated": request.now, "published": request.now, "version": "1"});
    let brand = with(pick(&request.body, &FIELDS), about);
    state.brands.insert(&id, brand.clone());
    Ok(Answer::ok(brand))
}

pub(crate) fn list_all(state: &mut State, request: &Request<'_>) -> Result<Answer, Answer> {
    page(request, state.settings.page_size, state.brands.iter().map(|(_, brand)| brand.clone()))
}

pub(crate) fn retrieve(state: &mut State, request: &Request<'_>) -> Result<Answer, Answer> {
    Ok(Answer::ok(found(state, request)?.clone()))
}

pub(crate) fn update(state: &mut State, request: &Request<'_>) -> Result<Answer, Answer> {
    let brand = found(state, request)?;
    let created = or_null(brand, "created");
    let about = json!({"id": request.id(0), "created": created, "updated": request.now, "published": request.now, "version": "1"});
    *brand = with(pick(&request.body, &FIELDS), about);
    Ok(Answer::ok(brand.clone()))
}

pub(crate) fn delete(state: &mut State, request: &Request<'_>) -> Result<Answer, Answer> {
    state.brands.remove(request.id(0));
    Ok(Answer::empty(204))
}
