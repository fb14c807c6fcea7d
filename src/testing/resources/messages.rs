//! Messages and their delivery: `/messages` and `/requests`.

use std::sync::Arc;

use serde_json::{Value, json};

use super::{content, preferences, profiles, tokens};
use crate::secrets::names::PUSH_TOKENS;
use crate::testing::engine::outbox::{Event, Posted};
use crate::testing::engine::{
    Handler, Outcome, Request, Resource, Response, State, crud, list, path, pick, stored, text, time, with,
};

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
    delivery: i64,
    fate: Fate,
    /// The statuses set from outside, in the order of time.
    marks: Vec<Mark>,
    archived: bool,
    /// `true` if webhooks still have to report some of its steps.
    is_watched: bool,
    /// The number of steps that webhooks have reported.
    reported: usize,
}

/// The outcome of a delivery.
#[derive(Clone, Copy, PartialEq)]
enum Fate {
    Delivered,
    UnknownTemplate,
    NoChannel,
    Unsubscribed,
}

struct Mark {
    at: i64,
    status: String,
    reason: Option<String>,
}

/// A status and the time at which the message gets it.
#[derive(Clone, Copy)]
struct Step<'m> {
    at: i64,
    status: &'m str,
    reason: Option<&'m str>,
}

/// A message to be created.
#[derive(Clone)]
pub(crate) struct Draft {
    /// The id of the request that sends it.
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
    draft.due = draft.due.max(request.now);
    let id = id.unwrap_or_else(|| state.new_request_id(request.now));
    let channel = channel(state, &draft);
    let known = draft.template_known
        || state.settings.accept_any_template
        || draft.message.get("content").is_some_and(Value::is_object)
        || (text(&draft.message, "template").is_none() && content::has_override(&draft.message))
        || text(&draft.message, "template")
            .is_some_and(|template| content::payload(state, &draft.message, template).is_some());
    let recipient = recipient(&draft.to);
    let fate = if !known {
        Fate::UnknownTemplate
    } else if preferences::is_opted_out(state, &draft.message, &draft.to) {
        Fate::Unsubscribed
    } else if channel.is_none() {
        Fate::NoChannel
    } else {
        Fate::Delivered
    };
    if let Some(cause) = state.cause.clone() {
        state.sent.push_back(Posted {
            id: id.clone(),
            message: Arc::clone(&draft.message),
            to: draft.to.clone(),
            recipient: recipient.clone(),
            list: draft.list.clone(),
            cause,
        });
    }
    let message = Message {
        draft,
        recipient,
        channel,
        enqueued: request.now,
        delivery: request.delivery,
        fate,
        marks: Vec::new(),
        archived: false,
        is_watched: state.settings.webhooks,
        reported: 0,
    };
    state.table_mut().insert(&id, message);
    // Here too, because one request can create a million.
    state.trim();
    id
}

/// The `recipient` of a message: the user's id, or the address.
pub(crate) fn recipient(to: &Value) -> String {
    let inline = to.get("profile").unwrap_or(&Value::Null);
    let named = [to, inline]
        .into_iter()
        .find_map(|to| ["user_id", "email", "phone_number", "account_id"].iter().find_map(|name| text(to, name)));
    let nested = ["slack", "ms_teams", "pagerduty", "webhook"].iter().find_map(|name| {
        let address = to.get(name)?.as_object()?;
        address.values().find_map(Value::as_str)
    });
    named.or(nested).unwrap_or("anonymous").to_owned()
}

/// The tenant in whose context a message is sent to a recipient.
pub(super) fn tenant_of<'a>(message: &'a Value, to: &'a Value) -> Option<&'a str> {
    let context = [message, to].into_iter().find_map(|value| path(value, "context.tenant_id")?.as_str());
    context.or(text(to, "tenant_id"))
}

/// The channel that reaches a recipient.
fn channel(state: &State, draft: &Draft) -> Option<&'static str> {
    let inline = draft.to.get("profile").unwrap_or(&Value::Null);
    let to = if draft.by_profile { inline } else { &draft.to };
    let user = text(to, "user_id").unwrap_or_default();
    let tenant = tenant_of(&draft.message, &draft.to);
    let property = |name: &str| {
        let mut given = [to, inline].into_iter().filter_map(|part| part.get(name));
        given
            .find(|address| !address.is_null() && *address != "")
            .or_else(|| profiles::property(state, user, tenant, name))
    };
    let has = |name: &str| property(name).and_then(Value::as_str).is_some_and(|address| !address.is_empty());
    let nested = |name: &str| property(name).is_some_and(|address| address.is_object() || address.is_array());
    let by_provider = |channel: &str| provider_addresses(channel).any(|name| property(name).is_some());
    let pushed = || tokens::has_token(state, user) || by_provider("push");
    let reaches = |channel: &str| match channel {
        "email" => has("email").then_some("email"),
        "sms" => (has("phone_number") || by_provider("sms")).then_some("sms"),
        "push" => pushed().then_some("push"),
        "inbox" => (!user.is_empty() || by_provider("inbox")).then_some("inbox"),
        "direct_message" | "slack" if nested("slack") => Some("slack"),
        "direct_message" | "msteams" if nested("ms_teams") => Some("msteams"),
        "webhook" => nested("webhook").then_some("webhook"),
        "pagerduty" => nested("pagerduty").then_some("pagerduty"),
        "direct_message" => by_provider("direct_message").then_some("direct_message"),
        "splunk_on_call" => by_provider("splunk_on_call").then_some("splunk_on_call"),
        _ => None,
    };
    let requested = draft.message.pointer("/routing/channels").and_then(Value::as_array);
    let requested: Vec<&str> = requested.into_iter().flatten().filter_map(Value::as_str).collect();
    if requested.is_empty() {
        ["email", "sms", "push", "slack", "msteams", "webhook", "pagerduty", "direct_message", "splunk_on_call"]
            .into_iter()
            .find_map(reaches)
    } else {
        // Any other name is a provider, which delivers by its channel.
        requested.into_iter().find_map(|name| reaches(name).or_else(|| provider_channel(name).and_then(reaches)))
    }
}

/// The properties of a recipient that address a provider of a channel.
fn provider_addresses(channel: &str) -> impl Iterator<Item = &'static str> {
    let (tokens, others): (&[&str], &[&str]) = match channel {
        "push" => (PUSH_TOKENS, &["pusher", "pusherBeams"]),
        "sms" => (&[], &["target_arn"]),
        "inbox" => (&[], &["magicbell"]),
        "direct_message" => (&[], &["discord", "facebookPSID", "intercom", "streamChat", "viber"]),
        "splunk_on_call" => (&[], &["splunk_on_call"]),
        _ => (&[], &[]),
    };
    tokens.iter().chain(others).copied()
}

fn provider_channel(provider: &str) -> Option<&'static str> {
    Some(match provider {
        "sendgrid" | "aws-ses" | "mailgun" | "postmark" | "resend" | "smtp" | "sparkpost" | "mailjet" => "email",
        "twilio" | "aws-sns" | "messagebird" | "plivo" | "vonage" | "sinch" | "telnyx" => "sms",
        "firebase-fcm" | "apn" | "expo" | "onesignal" | "airship" | "pushbullet" | "pusher" => "push",
        "courier" | "magicbell" => "inbox",
        "discord" | "intercom" | "stream-chat" => "direct_message",
        _ => return None,
    })
}

/// The time at which it first got a status.
fn time_of(steps: &[Step<'_>], status: &str) -> Option<i64> {
    steps.iter().find(|step| step.status == status).map(|step| step.at)
}

impl Message {
    /// The message's statuses over time. The first mark replaces the statuses after it.
    fn steps(&self) -> Vec<Step<'_>> {
        let step = |at, status| Step { at, status, reason: None };
        let mut steps = vec![step(self.enqueued, "ENQUEUED")];
        if self.draft.due > self.enqueued {
            steps.push(step(self.enqueued, "DELAYED"));
        }
        let after = |thirds: i64| self.draft.due.saturating_add(self.delivery / 3 * thirds);
        match self.fate {
            Fate::UnknownTemplate => steps.push(step(after(1), "UNMAPPED")),
            Fate::Unsubscribed => steps.push(Step { reason: Some("UNSUBSCRIBED"), ..step(after(1), "FILTERED") }),
            Fate::NoChannel => steps.push(Step { reason: Some("NO_CHANNELS"), ..step(after(1), "UNROUTABLE") }),
            // Without `PROCESSED`, which the official clients do not know yet.
            Fate::Delivered => {
                steps.extend([step(after(1), "ROUTED"), step(after(2), "SENT"), step(after(3), "DELIVERED")]);
            }
        }
        if let Some(first) = self.marks.first() {
            steps.retain(|step| step.at <= first.at);
        }
        steps.extend(self.marks.iter().map(|Mark { at, status, reason }| Step {
            at: *at,
            status,
            reason: reason.as_deref(),
        }));
        steps
    }

    fn steps_until(&self, now: i64) -> Vec<Step<'_>> {
        self.steps().into_iter().filter(|step| step.at <= now).collect()
    }

    pub fn status(&self, now: i64) -> String {
        self.steps_until(now).last().map_or("ENQUEUED", |step| step.status).to_owned()
    }

    pub fn cancel(&mut self, now: i64) {
        self.mark(now, "CANCELED", None);
    }

    fn mark(&mut self, now: i64, status: &str, reason: Option<&str>) {
        self.marks.push(Mark { at: now, status: status.to_owned(), reason: reason.map(str::to_owned) });
    }

    fn event(&self) -> &str {
        let message = &self.draft.message;
        let metadata = message.get("metadata").and_then(|metadata| text(metadata, "event"));
        metadata.or(text(message, "event")).or(self.template()).unwrap_or_default()
    }

    pub fn template(&self) -> Option<&str> {
        text(&self.draft.message, "template")
    }

    fn tenant(&self) -> Option<&str> {
        tenant_of(&self.draft.message, &self.draft.to)
    }

    fn tags(&self) -> &[Value] {
        self.draft.message.get("metadata").map_or(&[], |metadata| list(metadata, "tags"))
    }

    /// Its details after some of its steps.
    fn details(&self, id: &str, steps: &[Step<'_>]) -> Value {
        let last = steps.last();
        let details = json!({
            "id": id,
            "enqueued": self.enqueued,
            "event": self.event(),
            "notification": self.template().unwrap_or_default(),
            "recipient": self.recipient,
            "status": last.map_or("ENQUEUED", |step| step.status),
        });
        let further = json!({
            "sent": time_of(steps, "SENT"),
            "delivered": time_of(steps, "DELIVERED"),
            "opened": time_of(steps, "OPENED"),
            "clicked": time_of(steps, "CLICKED"),
            "reason": last.and_then(|step| step.reason),
        });
        with(details, pick(&further, &["sent", "delivered", "opened", "clicked", "reason"]).into())
    }

    fn details_at(&self, id: &str, now: i64) -> Value {
        self.details(id, &self.steps_until(now))
    }

    /// Its details with the providers that sent it.
    fn full_details(&self, id: &str, steps: &[Step<'_>]) -> Value {
        let provider = time_of(steps, "SENT").map(|sent| {
            let (channel, delivered) = (self.channel, time_of(steps, "DELIVERED"));
            json!({"channel": {"key": channel}, "provider": channel, "sent": sent, "delivered": delivered, "status": "sent"})
        });
        with(self.details(id, steps), json!({"providers": provider.into_iter().collect::<Vec<_>>()}))
    }

    /// Its details after each step that webhooks have not reported yet.
    fn report(&mut self, id: &str, now: i64) -> Vec<Value> {
        let steps = self.steps_until(now);
        let unreported = (self.reported + 1..=steps.len()).filter_map(|count| steps.get(..count));
        let reports = unreported.map(|steps| self.full_details(id, steps)).collect();
        self.reported = steps.len();
        self.is_watched = self.steps().last().is_some_and(|step| step.at > now);
        reports
    }

    fn matches(&self, id: &str, request: &Request<'_>) -> bool {
        let is = |name: &str, own: &str| request.parameter(name).is_none_or(|wanted| wanted == own);
        let any = |name: &str, own: &dyn Fn(&str) -> bool| {
            let mut wanted = request.parameters(name).peekable();
            wanted.peek().is_none() || wanted.any(own)
        };
        let tagged = |tag: &str| self.tags().iter().any(|own| own == tag);
        let trace = path(&self.draft.message, "metadata.trace_id").and_then(Value::as_str);
        let after = request.parameter("enqueued_after").and_then(time::parse);
        let status = self.status(request.now);
        is("messageId", id)
            && is("recipient", &self.recipient)
            && is("event", self.event())
            && is("notification", self.template().unwrap_or_default())
            && is("list", self.draft.list.as_deref().unwrap_or_default())
            && is("tenant_id", self.tenant().unwrap_or_default())
            && request
                .parameter("traceId")
                .is_none_or(|wanted| wanted == self.draft.request_id || trace == Some(wanted))
            && request.parameter("tags").is_none_or(|tags| tags.split(',').any(|tag| tagged(tag.trim())))
            && after.is_none_or(|after| self.enqueued > after)
            && any("status", &|wanted| wanted == status)
            && any("tag", &tagged)
            && any("provider", &|wanted| self.channel == Some(wanted))
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
    message.mark(now, status, reason);
    message.is_watched |= collects_webhooks;
    true
}

/// Takes the events since the last call: first other events, then the events of messages in the order of their
/// creation.
pub(crate) fn take_events(state: &mut State, now: i64) -> Vec<Event> {
    let mut events: Vec<Event> = state.events.drain(..).collect();
    for (id, message) in state.table_mut::<Message>().iter_mut().filter(|(_, message)| message.is_watched) {
        events.extend(message.report(id, now).into_iter().map(|data| Event { kind: "message:updated", data }));
    }
    events
}

stored!(Message, "message", log);

impl Resource for Message {
    const NEWEST_FIRST: bool = true;

    fn view(&self, id: &str, _: &State, request: &Request<'_>) -> Result<Value, Response> {
        Ok(self.full_details(id, &self.steps_until(request.now)))
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
    if !matches!(message.status(request.now).as_str(), "ENQUEUED" | "DELAYED" | "DIGESTED" | "ROUTED") {
        return Err(Response::new(409, message.details_at(id, request.now)));
    }
    message.cancel(request.now);
    Ok(Response::ok(message.details_at(id, request.now)))
}

fn list_history(state: &mut State, request: &Request<'_>) -> Outcome {
    let wanted = request.parameter("type");
    let steps = state.find::<Message>(request.id(0))?.steps_until(request.now).into_iter();
    let steps = steps.filter(|step| wanted.is_none_or(|wanted| wanted == step.status));
    let events = steps.map(|Step { at, status, reason }| match reason {
        Some(reason) => json!({"type": status, "ts": at, "reason": reason}),
        None => json!({"type": status, "ts": at}),
    });
    Ok(Response::ok(json!({"results": events.collect::<Vec<_>>()})))
}

fn list_outputs(state: &mut State, request: &Request<'_>) -> Outcome {
    let message = state.find::<Message>(request.id(0))?;
    let is_rendered = time_of(&message.steps_until(request.now), "ROUTED").is_some();
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
    let earlier = state.find::<Message>(request.id(0))?;
    let template_known = earlier.fate != Fate::UnknownTemplate;
    let draft = Draft { due: request.now, template_known, ..earlier.draft.clone() };
    let id = state.new_request_id(request.now);
    let draft = Draft { request_id: id.clone(), ..draft };
    let id = create(state, request, Some(id), draft);
    Ok(Response::new(202, json!({"messageId": id})))
}

fn archive_request(state: &mut State, request: &Request<'_>) -> Outcome {
    let archived = of_request(state, request.id(0)).map(|message| message.archived = true);
    if archived.count() == 0 { Err(Response::not_found("request", request.id(0))) } else { Ok(Response::empty(204)) }
}
