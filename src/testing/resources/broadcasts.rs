//! Broadcasts: `/broadcasts`.

use serde_json::{Value, json};

use super::send::submit_at;
use super::templates::Template;
use super::{elements, messages};
use crate::testing::engine::*;

pub(super) const HANDLERS: &[(&str, Handler)] = &[
    ("broadcasts.list", crud::list::<Broadcast>),
    ("broadcasts.create", crud::create::<Broadcast>),
    ("broadcasts.retrieve", crud::retrieve::<Broadcast>),
    ("broadcasts.update", update),
    ("broadcasts.archive", archive),
    ("broadcasts.duplicate", duplicate),
    ("broadcasts.put_content", put_content),
    ("broadcasts.retrieve_content", retrieve_content),
    ("broadcasts.send", |state, request| send_at(state, request, request.now)),
    ("broadcasts.schedule", schedule),
    ("broadcasts.cancel", cancel),
];

#[derive(Clone)]
struct Broadcast {
    name: String,
    channel: Value,
    updated: i64,
    schedule: Option<Value>,
    /// The time at which it begins to go out.
    sends: Option<i64>,
    template: Template,
}

stored!(Broadcast, "broadcast");

impl Resource for Broadcast {
    const NEWEST_FIRST: bool = true;

    fn view(&self, id: &str, _: &State, request: &Request<'_>) -> Result<Value, Response> {
        Ok(json!({
            "id": id, "name": self.name, "channel": self.channel, "status": self.status(request),
            "created_at": iso(self.template.content.created), "created_by": CREATOR,
            "updated_at": iso(self.updated), "updated_by": CREATOR,
            "archived_at": null, "archived_by": null, "schedule": self.schedule,
        }))
    }
}

impl Create for Broadcast {
    const ID_PREFIX: &'static str = "bc_";

    fn build(_: &mut State, _: &str, request: &Request<'_>, _: Option<Self>) -> Result<Self, Response> {
        let name = text(&request.body, "name").unwrap_or_default().to_owned();
        let content = json!({"version": "2022-01-01", "elements": []});
        Ok(Self::new(name, or_null(&request.body, "channel"), content, request.now))
    }
}

impl Broadcast {
    fn new(name: String, channel: Value, content: Value, now: i64) -> Self {
        let template = Template::new(json!({"content": content}), now);
        Self { name, channel, updated: now, schedule: None, sends: None, template }
    }

    fn status(&self, request: &Request<'_>) -> &'static str {
        match self.sends {
            None => "draft",
            Some(at) if request.now < at => "scheduled",
            Some(at) if request.now < at.saturating_add(request.delivery) => "sending",
            Some(_) => "sent",
        }
    }
}

fn update(state: &mut State, request: &Request<'_>) -> Outcome {
    let broadcast = state.find_mut::<Broadcast>(request.id(0))?;
    text(&request.body, "name").unwrap_or_default().clone_into(&mut broadcast.name);
    broadcast.updated = request.now;
    crud::retrieve::<Broadcast>(state, request)
}

fn archive(state: &mut State, request: &Request<'_>) -> Outcome {
    let details = state.find::<Broadcast>(request.id(0))?.view(request.id(0), state, request)?;
    state.table_mut::<Broadcast>().remove(request.id(0));
    Ok(Response::ok(with(details, json!({"archived_at": iso(request.now), "archived_by": CREATOR}))))
}

fn duplicate(state: &mut State, request: &Request<'_>) -> Outcome {
    let Broadcast { name, channel, template, .. } = state.find::<Broadcast>(request.id(0))?;
    let copy = Broadcast::new(format!("{name} (copy)"), channel.clone(), template.draft_content(), request.now);
    let id = state.new_id(Broadcast::ID_PREFIX);
    let details = copy.view(&id, state, request)?;
    state.table_mut().insert(&id, copy);
    Ok(Response::ok(details))
}

fn put_content(state: &mut State, request: &Request<'_>) -> Outcome {
    state.find::<Broadcast>(request.id(0))?;
    let content = elements::prepare(state, or_null(&request.body, "content"))?;
    Ok(state.find_mut::<Broadcast>(request.id(0))?.template.write_content(content, request))
}

fn retrieve_content(state: &mut State, request: &Request<'_>) -> Outcome {
    Ok(elements::export(&state.find::<Broadcast>(request.id(0))?.template.draft_content()))
}

fn schedule(state: &mut State, request: &Request<'_>) -> Outcome {
    let zone = time::zone(text(&request.body, "timezone").unwrap_or("UTC"));
    let zone = zone.ok_or_else(|| Response::invalid("`timezone` is not an IANA time zone"))?;
    let at = text(&request.body, "scheduled_to").and_then(|local| time::parse_local(local, &zone));
    let at =
        at.ok_or_else(|| Response::invalid("`scheduled_to` is not an ISO 8601 date and time without an offset"))?;
    send_at(state, request, at)
}

fn send_at(state: &mut State, request: &Request<'_>, at: i64) -> Outcome {
    let broadcast = state.find_mut::<Broadcast>(request.id(0))?;
    if matches!(broadcast.status(request), "sending" | "sent") {
        return Err(Response::conflict("The broadcast has been sent"));
    }
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
    let request_id = submit_at(state, request, at, message, true)?;
    let schedule = pick(&request.body, &["recipient_id", "recipient_type", "scheduled_to", "timezone"]);
    let broadcast = state.find_mut::<Broadcast>(request.id(0))?;
    broadcast.schedule = Some(with(schedule, json!({"request_id": request_id})));
    crud::retrieve::<Broadcast>(state, request)
}

fn cancel(state: &mut State, request: &Request<'_>) -> Outcome {
    let broadcast = state.find_mut::<Broadcast>(request.id(0))?;
    if broadcast.status(request) != "scheduled" {
        return Err(Response::conflict("The broadcast is not scheduled"));
    }
    broadcast.sends = None;
    broadcast.updated = request.now;
    let schedule = broadcast.schedule.take().unwrap_or_default();
    let request_id = text(&schedule, "request_id").unwrap_or_default();
    messages::of_request(state, request_id).for_each(|message| message.cancel(request.now));
    crud::retrieve::<Broadcast>(state, request)
}
