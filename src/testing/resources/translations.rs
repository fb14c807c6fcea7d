//! Translations: `/translations/{domain}/{locale}`.

use crate::testing::engine::*;

pub(super) const HANDLERS: &[(&str, Handler)] = &[("translations.retrieve", retrieve), ("translations.update", update)];

struct Translation(String);

stored!(Translation, "translation");

fn check_domain(request: &Request<'_>) -> Result<(), Response> {
    match request.id(0) {
        "default" => Ok(()),
        _ => Err(Response::invalid("The only domain is `default`")),
    }
}

fn retrieve(state: &mut State, request: &Request<'_>) -> Outcome {
    check_domain(request)?;
    state.find::<Translation>(request.id(1)).map(|file| Response::ok(file.0.as_str().into()))
}

fn update(state: &mut State, request: &Request<'_>) -> Outcome {
    check_domain(request)?;
    let file = request.body.as_str().unwrap_or_default().to_owned();
    state.table_mut().insert(request.id(1), Translation(file));
    Ok(Response::empty(204))
}
