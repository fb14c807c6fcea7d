//! Brands: `/brands`.

use serde_json::{Value, json};

use super::answer::Answer;
use super::paging::page;
use super::request::Request;
use super::state::State;
use super::values::{or_null, pick, text, with};

const FIELDS: [&str; 3] = ["name", "settings", "snippets"];

fn found<'a>(state: &'a mut State, request: &Request<'_>) -> Result<&'a mut Value, Answer> {
    state.brands.get_mut(request.id(0)).ok_or_else(|| Answer::not_found("brand", request.id(0)))
}

pub(super) fn create(state: &mut State, request: &Request<'_>) -> Result<Answer, Answer> {
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

pub(super) fn list_all(state: &mut State, request: &Request<'_>) -> Result<Answer, Answer> {
    page(request, state.settings.page_size, state.brands.iter().map(|(_, brand)| brand.clone()))
}

pub(super) fn retrieve(state: &mut State, request: &Request<'_>) -> Result<Answer, Answer> {
    Ok(Answer::ok(found(state, request)?.clone()))
}

pub(super) fn update(state: &mut State, request: &Request<'_>) -> Result<Answer, Answer> {
    let brand = found(state, request)?;
    let created = or_null(brand, "created");
    let about = json!({"id": request.id(0), "created": created, "updated": request.now, "published": request.now, "version": "1"});
    *brand = with(pick(&request.body, &FIELDS), about);
    Ok(Answer::ok(brand.clone()))
}

pub(super) fn delete(state: &mut State, request: &Request<'_>) -> Result<Answer, Answer> {
    state.brands.remove(request.id(0));
    Ok(Answer::empty(204))
}
