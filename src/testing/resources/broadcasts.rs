//! Broadcasts: `/broadcasts`.

use serde_json::{Value, json};

use crate::testing::engine::json::{or_null, pick, text, with};
use crate::testing::engine::pagination::page;
use crate::testing::engine::request::Request;
use crate::testing::engine::response::Answer;
use crate::testing::engine::state::State;
use crate::testing::engine::time::{self as moment, iso};
use crate::testing::resources::elements;
use crate::testing::resources::messages::CREATOR;
use crate::testing::resources::send::submit_at;
use crate::testing::resources::templates::Template;

pub(crate) struct Broadcast {
    name: String,
    channel: Value,
    created: i64,
    updated: i64,
    archived: Option<i64>,
    schedule: Option<Value>,
    /// When it begins to go out.
    sends: Option<i64>,
    template: Template,
}

impl Broadcast {
    fn status(&self, now: i64, delivery: i64) -> &'static str {
        match self.sends {
            None => "draft",
            Some(at) if now < at => "scheduled",
            Some(at) if now < at.saturating_add(delivery) => "sending",
            Some(_) => "sent",
        }
    }

    fn view(&self, id: &str, now: i64, delivery: i64) -> Value {
        json!({
            "id": id, "name": self.name, "channel": self.channel, "status": self.status(now, delivery),
            "created_at": iso(self.created), "created_by": CREATOR,
            "updated_at": iso(self.updated), "updated_by": CREATOR,
            "archived_at": self.archived.map(iso), "archived_by": self.archived.map(|_| CREATOR),
            "schedule": self.schedule,
        })
    }

    fn new(name: String, channel: Value, content: Value, now: i64) -> Self {
        let template = Template::new(json!({"content": content}), now);
        Self { name, channel, created: now, updated: now, archived: None, schedule: None, sends: None, template }
    }
}

fn found<'a>(state: &'a mut State, request: &Request<'_>) -> Result<&'a mut Broadcast, Answer> {
    let broadcast = state.broadcasts.get_mut(request.id(0)).filter(|broadcast| broadcast.archived.is_none());
    broadcast.ok_or_else(|| Answer::not_found("broadcast", request.id(0)))
}

fn view(state: &mut State, request: &Request<'_>) -> Result<Answer, Answer> {
    let delivery = state.delivery();
    Ok(Answer::ok(found(state, request)?.view(request.id(0), request.now, delivery)))
}

fn store(state: &mut State, broadcast: Broadcast, now: i64) -> Answer {
    let (id, delivery) = (state.id("bc_"), state.delivery());
    let view = broadcast.view(&id, now, delivery);
    state.broadcasts.insert(&id, broadcast);
    Answer::ok(view)
}

pub(crate) fn create(state: &mut State, request: &Request<'_>) -> Result<Answer, Answer> {
    let name = text(&request.body, "name").unwrap_or_default().to_owned();
    let content = json!({"version": "2022-01-01", "elements": []});
    let broadcast = Broadcast::new(name, or_null(&request.body, "channel"), content, request.now);
    Ok(store(state, broadcast, request.now))
}

pub(crate) fn list_all(state: &mut State, request: &Request<'_>) -> Result<Answer, Answer> {
    let delivery = state.delivery();
    let broadcasts = state.broadcasts.iter().rev().filter(|(_, broadcast)| broadcast.archived.is_none());
    page(request, state.settings.page_size, broadcasts.map(|(id, broadcast)| broadcast.view(id, request.now, delivery)))
}

pub(crate) fn retrieve(state: &mut State, request: &Request<'_>) -> Result<Answer, Answer> {
    view(state, request)
}

pub(crate) fn update(state: &mut State, request: &Request<'_>) -> Result<Answer, Answer> {
    let broadcast = found(state, request)?;
    text(&request.body, "name").unwrap_or_default().clone_into(&mut broadcast.name);
    broadcast.updated = request.now;
    view(state, request)
}

pub(crate) fn archive(state: &mut State, request: &Request<'_>) -> Result<Answer, Answer> {
    let delivery = state.delivery();
    let broadcast = found(state, request)?;
    broadcast.archived = Some(request.now);
    Ok(Answer::ok(broadcast.view(request.id(0), request.now, delivery)))
}

pub(crate) fn duplicate(state: &mut State, request: &Request<'_>) -> Result<Answer, Answer> {
    let original = found(state, request)?;
    let name = format!("{} (copy)", original.name);
    let copy = Broadcast::new(name, original.channel.clone(), original.template.draft_content(), request.now);
    Ok(store(state, copy, request.now))
}

pub(crate) fn put_content(state: &mut State, request: &Request<'_>) -> Result<Answer, Answer> {
    found(state, request)?;
    let content = elements::with_ids(state, or_null(&request.body, "content"));
    let broadcast = found(state, request)?;
    broadcast.template.write_content(content, request);
    Ok(broadcast.template.mutation(request.id(0), request))
}

pub(crate) fn retrieve_content(state: &mut State, request: &Request<'_>) -> Result<Answer, Answer> {
    let content = found(state, request)?.template.draft_content();
    let version = text(&content, "version").unwrap_or("2022-01-01");
    Ok(Answer::ok(json!({"elements": elements::exported(&content), "version": version})))
}

pub(crate) fn send(state: &mut State, request: &Request<'_>) -> Result<Answer, Answer> {
    go(state, request, request.now)
}

pub(crate) fn schedule(state: &mut State, request: &Request<'_>) -> Result<Answer, Answer> {
    let at = text(&request.body, "scheduled_to").and_then(moment::parse);
    let at = at.ok_or_else(|| Answer::invalid("`scheduled_to` is not an ISO 8601 timestamp"))?;
    go(state, request, at)
}

fn go(state: &mut State, request: &Request<'_>, at: i64) -> Result<Answer, Answer> {
    let delivery = state.delivery();
    let broadcast = found(state, request)?;
    if matches!(broadcast.status(request.now, delivery), "sending" | "sent") {
        return Err(Answer::conflict("The broadcast has been sent"));
    }
    let schedule = pick(&request.body, &["recipient_id", "recipient_type", "scheduled_to", "timezone"]);
    broadcast.template.content.publish(request.now);
    broadcast.sends = Some(at);
    broadcast.updated = request.now;
    let recipient = or_null(&request.body, "recipient_id");
    let to = match text(&request.body, "recipient_type") {
        Some("audience") => json!({"audience_id": recipient}),
        _ => json!({"list_id": recipient}),
    };
    let message = json!({"to": to, "content": broadcast.template.draft_content(), "routing": {
        "method": "single", "channels": [broadcast.channel],
    }});
    let sent = submit_at(state, request.now, at, message, true)?;
    found(state, request)?.schedule = Some(with(schedule, json!({"request_id": sent})));
    view(state, request)
}

pub(crate) fn cancel(state: &mut State, request: &Request<'_>) -> Result<Answer, Answer> {
    let delivery = state.delivery();
    let broadcast = found(state, request)?;
    if broadcast.status(request.now, delivery) != "scheduled" {
        return Err(Answer::conflict("The broadcast is not scheduled"));
    }
    broadcast.sends = None;
    broadcast.updated = request.now;
    let schedule = broadcast.schedule.take().unwrap_or_default();
    let sent = text(&schedule, "request_id").unwrap_or_default();
    for (_, message) in state.messages.values_mut().filter(|(_, message)| message.request == sent) {
        message.mark(request.now, "CANCELED", None);
    }
    view(state, request)
}
