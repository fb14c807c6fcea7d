//! Inbound events of a product: `/inbound/courier`.

use serde_json::json;

use crate::testing::engine::*;

pub(super) const HANDLERS: &[(&str, Handler)] = &[("inbound.track_event", track)];

struct TrackEvent;

stored!(TrackEvent, "event", log);

fn track(state: &mut State, request: &Request<'_>) -> Outcome {
    let id = text(&request.body, "messageId").ok_or_else(|| Response::invalid("`messageId` must not be empty"))?;
    if state.find::<TrackEvent>(id).is_ok() {
        return Err(Response::conflict(format!("The event \"{id}\" was already received.")));
    }
    state.table_mut().insert(id, TrackEvent);
    Ok(Response::new(202, json!({"messageId": id})))
}
