//! Messages and their delivery: `/messages` and `/requests`.

use std::sync::Arc;

use serde_json::{Value, json};

use super::recipients::{self, tenant_of};
use super::{content, preferences};
use crate::testing::engine::state::{Posted, event};
use crate::testing::engine::*;

pub(super) const HANDLERS: &[(&str, Handler)] = &[
    ("messages.list", list_all),
    ("messages.retrieve", crud::retrieve::<Message>),
    ("messages.cancel", cancel),
    ("messages.history", list_history),
    ("messages.content", list_outputs),
    ("messages.resend", resend),
    ("requests.archive", archive_request),
];

/// One message to one recipient.
pub(crate) struct Message {
    pub draft: Draft,
    pub recipient: String,
    pub channel: Option<&'static str>,
    pub enqueued: i64,
    /// Its statuses in the order of time, also those to come.
    steps: Vec<Step>,
    archived: bool,
    /// The number of steps that webhooks have reported; `None` if they report none.
    reported: Option<usize>,
}

struct Step {
    at: i64,
    status: String,
    reason: Option<String>,
}

impl Step {
    fn new(at: i64, status: &str, reason: Option<&str>) -> Self {
        Self { at, status: status.to_owned(), reason: reason.map(str::to_owned) }
    }
}

/// A message to be created.
#[derive(Clone)]
pub(crate) struct Draft {
    pub request_id: String,
    /// The message without `to`.
    pub message: Arc<Value>,
    pub to: Value,
    pub list: Option<String>,
    /// The time from which it may go out.
    pub due: i64,
    /// Only the `profile` in `to` has addresses.
    pub by_profile: bool,
    /// The template need not be one of the workspace's.
    pub template_known: bool,
}

/// Creates a message. Returns its id.
pub(super) fn create(state: &mut State, request: &Request<'_>, id: Option<String>, mut draft: Draft) -> String {
    let id = id.unwrap_or_else(|| state.new_request_id(request.now));
    let channel = recipients::channel(state, &draft.message, &draft.to, draft.by_profile);
    draft.template_known |= state.settings.accept_any_template
        || draft.message.get("content").is_some_and(Value::is_object)
        || match text(&draft.message, "template") {
            Some(template) => content::payload(state, &draft.message, template).is_some(),
            None => content::has_override(&draft.message),
        };
    let due = draft.due.max(request.now);
    let step =
        |thirds: i64, status, reason| Step::new(due.saturating_add(request.delivery / 3 * thirds), status, reason);
    let mut steps = vec![Step::new(request.now, "ENQUEUED", None)];
    if due > request.now {
        steps.push(Step::new(request.now, "DELAYED", None));
    }
    if !draft.template_known {
        steps.push(step(1, "UNMAPPED", None));
    } else if preferences::is_opted_out(state, &draft.message, &draft.to) {
        steps.push(step(1, "FILTERED", Some("UNSUBSCRIBED")));
    } else if channel.is_none() {
        steps.push(step(1, "UNROUTABLE", Some("NO_CHANNELS")));
    } else {
        // Without `PROCESSED`, which the official clients do not know yet.
        steps.extend([step(1, "ROUTED", None), step(2, "SENT", None), step(3, "DELIVERED", None)]);
    }
    let recipient = recipients::name(&draft.to);
    if let Some(cause) = state.cause.clone() {
        let Draft { message, to, list, .. } = draft.clone();
        state.sent.push_back(Posted { id: id.clone(), message, to, recipient: recipient.clone(), list, cause });
    }
    let reported = state.settings.webhooks.then_some(0);
    let message = Message { draft, recipient, channel, enqueued: request.now, steps, archived: false, reported };
    state.table_mut().insert(&id, message);
    // Here too, because one request can create a million.
    state.trim();
    id
}

/// The time at which it first got a status.
fn time_of(steps: &[Step], status: &str) -> Option<i64> {
    steps.iter().find(|step| step.status == status).map(|step| step.at)
}

impl Message {
    fn steps_until(&self, now: i64) -> &[Step] {
        self.steps.split_at(self.steps.partition_point(|step| step.at <= now)).0
    }

    pub fn status(&self, now: i64) -> &str {
        self.steps_until(now).last().map_or("ENQUEUED", |step| &step.status)
    }

    pub fn cancel(&mut self, now: i64) {
        self.set_status(now, "CANCELED", None);
    }

    /// Gives it a status in place of those to come.
    fn set_status(&mut self, now: i64, status: &str, reason: Option<&str>) {
        self.steps.retain(|step| step.at <= now);
        self.steps.push(Step::new(now, status, reason));
    }

    fn event(&self) -> &str {
        let message = &self.draft.message;
        let metadata = message.get("metadata").and_then(|metadata| text(metadata, "event"));
        metadata.or(text(message, "event")).or(self.template()).unwrap_or_default()
    }

    pub fn template(&self) -> Option<&str> {
        text(&self.draft.message, "template")
    }

    fn tags(&self) -> &[Value] {
        self.draft.message.get("metadata").map_or(&[], |metadata| list(metadata, "tags"))
    }

    /// Its details after some of its steps.
    fn details(&self, id: &str, steps: &[Step]) -> Value {
        let last = steps.last();
        without_nulls(json!({
            "id": id,
            "enqueued": self.enqueued,
            "event": self.event(),
            "notification": self.template().unwrap_or_default(),
            "recipient": self.recipient,
            "status": last.map_or("ENQUEUED", |step| &step.status),
            "sent": time_of(steps, "SENT"),
            "delivered": time_of(steps, "DELIVERED"),
            "opened": time_of(steps, "OPENED"),
            "clicked": time_of(steps, "CLICKED"),
            "reason": last.and_then(|step| step.reason.as_deref()),
        }))
    }

    fn details_at(&self, id: &str, now: i64) -> Value {
        self.details(id, self.steps_until(now))
    }

    /// Its details with the providers that sent it.
    fn full_details(&self, id: &str, steps: &[Step]) -> Value {
        let provider = time_of(steps, "SENT").map(|sent| {
            let (channel, delivered) = (self.channel, time_of(steps, "DELIVERED"));
            json!({"channel": {"key": channel}, "provider": channel, "sent": sent, "delivered": delivered, "status": "sent"})
        });
        with(self.details(id, steps), json!({"providers": provider.into_iter().collect::<Vec<_>>()}))
    }

    fn matches(&self, id: &str, request: &Request<'_>) -> bool {
        let any = |name: &str, own: &dyn Fn(&str) -> bool| {
            let mut wanted = request.parameters(name).peekable();
            wanted.peek().is_none() || wanted.any(own)
        };
        let is = |name: &str, own: &str| request.parameter(name).is_none_or(|wanted| wanted == own);
        let tagged = |tag: &str| self.tags().iter().any(|own| own == tag.trim());
        let trace = path(&self.draft.message, "metadata.trace_id").and_then(Value::as_str);
        let after = request.parameter("enqueued_after").and_then(time::parse);
        is("messageId", id)
            && is("recipient", &self.recipient)
            && is("event", self.event())
            && is("notification", self.template().unwrap_or_default())
            && is("list", self.draft.list.as_deref().unwrap_or_default())
            && is("tenant_id", tenant_of(&self.draft.message, &self.draft.to).unwrap_or_default())
            && any("traceId", &|wanted| wanted == self.draft.request_id || trace == Some(wanted))
            && any("tags", &|tags| tags.split(',').any(tagged))
            && any("tag", &tagged)
            && any("status", &|wanted| wanted == self.status(request.now))
            && any("provider", &|wanted| self.channel == Some(wanted))
            && after.is_none_or(|after| self.enqueued > after)
            && (!self.archived || request.parameter("archived") == Some("true"))
    }
}

/// The messages of a request, to change them.
pub(super) fn of_request<'a>(state: &'a mut State, id: &'a str) -> impl Iterator<Item = &'a mut Message> {
    let messages = state.table_mut::<Message>().iter_mut().map(|(_, message)| message);
    messages.filter(move |message| message.draft.request_id == id)
}

/// Sets the status of a message. Returns `false` if it does not exist.
pub(crate) fn set_status(state: &mut State, id: &str, status: &str, reason: Option<&str>, now: i64) -> bool {
    let collects_webhooks = state.settings.webhooks;
    let Ok(message) = state.find_mut::<Message>(id) else { return false };
    message.set_status(now, status, reason);
    message.reported = message.reported.or(collects_webhooks.then_some(0));
    true
}

/// Takes the events since the last call: first other events, then the events of messages in the order of their
/// creation.
pub(crate) fn take_events(state: &mut State, now: i64) -> Vec<Value> {
    let mut events: Vec<Value> = state.events.drain(..).collect();
    for (id, message) in state.table_mut::<Message>().iter_mut() {
        let Some(reported) = message.reported else { continue };
        let due = message.steps_until(now).len();
        let unreported = (reported + 1..=due).filter_map(|count| message.steps.get(..count));
        events.extend(unreported.map(|steps| event("message:updated", &message.full_details(id, steps))));
        message.reported = Some(due);
    }
    events
}

stored!(Message, "message", log);

impl Resource for Message {
    const NEWEST_FIRST: bool = true;

    fn view(&self, id: &str, _: &State, request: &Request<'_>) -> Result<Value, Response> {
        Ok(self.full_details(id, self.steps_until(request.now)))
    }

    fn row(&self, id: &str, _: &State, request: &Request<'_>) -> Option<Value> {
        self.matches(id, request).then(|| self.details_at(id, request.now))
    }
}

fn list_all(state: &mut State, request: &Request<'_>) -> Outcome {
    request.time("enqueued_after")?;
    crud::list::<Message>(state, request)
}

fn cancel(state: &mut State, request: &Request<'_>) -> Outcome {
    let id = request.id(0);
    let message = state.find_mut::<Message>(id)?;
    if !matches!(message.status(request.now), "ENQUEUED" | "DELAYED" | "DIGESTED" | "ROUTED") {
        return Err(Response::new(409, message.details_at(id, request.now)));
    }
    message.cancel(request.now);
    Ok(Response::ok(message.details_at(id, request.now)))
}

fn list_history(state: &mut State, request: &Request<'_>) -> Outcome {
    let wanted = request.parameter("type");
    let steps = state.find::<Message>(request.id(0))?.steps_until(request.now).iter();
    let steps = steps.filter(|step| wanted.is_none_or(|wanted| wanted == step.status));
    let events = steps.map(|step| without_nulls(json!({"type": step.status, "ts": step.at, "reason": step.reason})));
    Ok(Response::ok(json!({"results": events.collect::<Vec<_>>()})))
}

fn list_outputs(state: &mut State, request: &Request<'_>) -> Outcome {
    let message = state.find::<Message>(request.id(0))?;
    let is_rendered = time_of(message.steps_until(request.now), "ROUTED").is_some();
    let output = message.channel.filter(|_| is_rendered).map(|channel| {
        let (title, body) = content::render(state, &message.draft.message, &message.draft.to);
        json!({"channel": channel, "channel_id": channel, "content": {
            "title": title, "subject": title, "text": body, "body": body,
            "html": format!("<p>{}</p>", content::escaped(&body)),
            "blocks": [{"type": "text", "text": body}],
        }})
    });
    Ok(Response::ok(json!({"results": output.into_iter().collect::<Vec<_>>()})))
}

fn resend(state: &mut State, request: &Request<'_>) -> Outcome {
    let earlier = state.find::<Message>(request.id(0))?.draft.clone();
    let id = state.new_request_id(request.now);
    let draft = Draft { request_id: id.clone(), due: request.now, ..earlier };
    let id = create(state, request, Some(id), draft);
    Ok(Response::new(202, json!({"messageId": id})))
}

fn archive_request(state: &mut State, request: &Request<'_>) -> Outcome {
    let archived = of_request(state, request.id(0)).map(|message| message.archived = true);
    if archived.count() == 0 { Err(Response::not_found("request", request.id(0))) } else { Ok(Response::empty(204)) }
}
