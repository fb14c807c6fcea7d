//! Events of one's product: `/inbound/courier`.

use serde_json::json;

use crate::testing::engine::json::text;
use crate::testing::engine::request::Request;
use crate::testing::engine::response::Answer;
use crate::testing::engine::state::State;

pub(crate) fn track(state: &mut State, request: &Request<'_>) -> Result<Answer, Answer> {
    let id = text(&request.body, "messageId").ok_or_else(|| Answer::invalid("`messageId` must say something"))?;
    if state.track_events.contains(id) {
        return Err(Answer::conflict(format!("The event \"{id}\" has been taken already.")));
    }
    state.track_events.insert(id, ());
    Ok(Answer::new(202, json!({"messageId": id})))
}
