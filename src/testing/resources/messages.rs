//! Messages on their way: `/messages` and `/requests`.

use std::sync::Arc;

use serde_json::{Value, json};

use crate::testing::api::courier::Courier;
use crate::testing::api::sent::Posted;
use crate::testing::engine::json::{list, path, text};
use crate::testing::engine::pagination::page;
use crate::testing::engine::request::Request;
use crate::testing::engine::response::Answer;
use crate::testing::engine::state::State;
use crate::testing::engine::time::{self as moment, millis};
use crate::testing::resources::content;

/// Who made the fake's things.
pub(crate) const CREATOR: &str = "user_local";

/// One message to one recipient.
pub(crate) struct Message {
    pub request: String,
    /// What was to be sent, without whom to.
    pub message: Arc<Value>,
    pub to: Value,
    pub recipient: String,
    pub list: Option<String>,
    pub channel: Option<&'static str>,
    pub enqueued: i64,
    /// When the wait is over that the send asked for.
    pub due: i64,
    delivery: i64,
    fate: Fate,
    by_profile: bool,
    /// What was said about it from outside, in the order of time.
    marks: Vec<Mark>,
    pub archived: bool,
    /// How many of its steps have been told to the webhook.
    told: usize,
}

/// Where a message's way leads.
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

/// That it gets a status, and when.
#[derive(Clone, Copy)]
struct Step<'m> {
    at: i64,
    status: &'m str,
    reason: Option<&'m str>,
}

/// A message that is to be made.
pub(crate) struct Draft<'a> {
    pub request: &'a str,
    pub message: Arc<Value>,
    pub to: Value,
    pub list: Option<&'a str>,
    /// When it may go out.
    pub due: i64,
    /// Only what `to` has in its `profile` counts as an address.
    pub by_profile: bool,
    /// The template is one that the workspace need not have.
    pub template_known: bool,
}

/// Makes a message, and tells its id.
pub(crate) fn create(state: &mut State, now: i64, id: Option<String>, draft: Draft<'_>) -> String {
    let id = id.unwrap_or_else(|| state.request_id(now));
    let channel = channel(state, &draft);
    let known = draft.template_known
        || draft.message.get("content").is_some_and(Value::is_object)
        || text(&draft.message, "template").is_some_and(|template| content::is_known(state, &draft.message, template));
    let recipient = recipient(&draft.to);
    let fate = if !known {
        Fate::UnknownTemplate
    } else if crate::testing::resources::preferences::refuses(state, &draft.message, &draft.to) {
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
            list: draft.list.map(str::to_owned),
            cause,
        });
    }
    let message = Message {
        request: draft.request.to_owned(),
        message: draft.message,
        recipient,
        to: draft.to,
        list: draft.list.map(str::to_owned),
        channel,
        enqueued: now,
        due: draft.due.max(now),
        delivery: state.delivery(),
        fate,
        by_profile: draft.by_profile,
        marks: Vec::new(),
        archived: false,
        told: 0,
    };
    if state.settings.webhooks {
        state.moving.insert(id.clone());
    }
    state.messages.insert(&id, message);
    // Here too, because one request can make a million.
    state.forget();
    id
}

/// What a message's `recipient` says: the user's id, or the address.
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

/// The channel that reaches a recipient, if there is one.
fn channel(state: &State, draft: &Draft<'_>) -> Option<&'static str> {
    let inline = draft.to.get("profile").unwrap_or(&Value::Null);
    let to = if draft.by_profile { inline } else { &draft.to };
    let user = text(to, "user_id").unwrap_or_default();
    let profile = state.profiles.get(user);
    let has = |name: &str| {
        text(to, name).is_some()
            || text(inline, name).is_some()
            || profile.and_then(|profile| profile.get(name)?.as_str()).is_some_and(|address| !address.is_empty())
    };
    let pushed = state.tokens.get(user).is_some_and(|tokens| tokens.len() > 0) || has("firebaseToken");
    let nested =
        |name: &str| to.get(name).is_some_and(Value::is_object) || inline.get(name).is_some_and(Value::is_object);
    let reaches = |channel: &str| match channel {
        "email" => has("email").then_some("email"),
        "sms" => has("phone_number").then_some("sms"),
        "push" => pushed.then_some("push"),
        "inbox" => (!user.is_empty()).then_some("inbox"),
        "direct_message" | "slack" if nested("slack") => Some("slack"),
        "direct_message" | "msteams" if nested("ms_teams") => Some("msteams"),
        "webhook" => nested("webhook").then_some("webhook"),
        "pagerduty" => nested("pagerduty").then_some("pagerduty"),
        _ => None,
    };
    let asked = draft.message.pointer("/routing/channels").and_then(Value::as_array);
    let asked: Vec<&str> = asked.into_iter().flatten().filter_map(Value::as_str).collect();
    if asked.is_empty() {
        ["email", "sms", "push", "slack", "msteams", "webhook", "pagerduty"].into_iter().find_map(reaches)
    } else {
        // A name that is no channel is a provider, which delivers by whatever channel it serves.
        asked.into_iter().find_map(|name| reaches(name).or_else(|| provider_channel(name).and_then(reaches)))
    }
}

fn provider_channel(provider: &str) -> Option<&'static str> {
    Some(match provider {
        "sendgrid" | "aws-ses" | "mailgun" | "postmark" | "resend" | "smtp" | "sparkpost" | "mailjet" => "email",
        "twilio" | "aws-sns" | "messagebird" | "plivo" | "vonage" | "sinch" | "telnyx" => "sms",
        "firebase-fcm" | "apn" | "expo" | "onesignal" => "push",
        "courier" => "inbox",
        _ => return None,
    })
}

/// When it got a status first.
fn when(steps: &[Step<'_>], status: &str) -> Option<i64> {
    steps.iter().find(|step| step.status == status).map(|step| step.at)
}

impl Message {
    /// Its way in time. What is after a mark does not happen.
    fn steps(&self) -> Vec<Step<'_>> {
        let step = |at, status| Step { at, status, reason: None };
        let mut steps = vec![step(self.enqueued, "ENQUEUED")];
        if self.due > self.enqueued {
            steps.push(step(self.enqueued, "DELAYED"));
        }
        let after = |thirds: i64| self.due.saturating_add(self.delivery / 3 * thirds);
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

    pub fn mark(&mut self, now: i64, status: &str, reason: Option<&str>) {
        self.marks.push(Mark { at: now, status: status.to_owned(), reason: reason.map(str::to_owned) });
    }

    fn event(&self) -> &str {
        let metadata = self.message.get("metadata").and_then(|metadata| text(metadata, "event"));
        metadata.or(text(&self.message, "event")).or(text(&self.message, "template")).unwrap_or_default()
    }

    fn tenant(&self) -> Option<&str> {
        let of_message = path(&self.message, "context.tenant_id").and_then(Value::as_str);
        of_message
            .or_else(|| path(&self.to, "context.tenant_id").and_then(Value::as_str))
            .or(text(&self.to, "tenant_id"))
    }

    fn tags(&self) -> &[Value] {
        self.message.get("metadata").map_or(&[], |metadata| list(metadata, "tags"))
    }

    /// As the API tells it, after so many of its steps.
    fn details(&self, id: &str, steps: &[Step<'_>]) -> Value {
        let last = steps.last();
        let mut details = json!({
            "id": id,
            "enqueued": self.enqueued,
            "event": self.event(),
            "notification": text(&self.message, "template").unwrap_or_default(),
            "recipient": self.recipient,
            "status": last.map_or("ENQUEUED", |step| step.status),
        });
        if let Some(details) = details.as_object_mut() {
            for (name, status) in
                [("sent", "SENT"), ("delivered", "DELIVERED"), ("opened", "OPENED"), ("clicked", "CLICKED")]
            {
                details.extend(when(steps, status).map(|at| (name.to_owned(), json!(at))));
            }
            details.extend(last.and_then(|step| step.reason).map(|reason| ("reason".to_owned(), json!(reason))));
        }
        details
    }

    pub fn details_at(&self, id: &str, now: i64) -> Value {
        self.details(id, &self.steps_until(now))
    }

    fn extended(&self, id: &str, steps: &[Step<'_>]) -> Value {
        let mut details = self.details(id, steps);
        let providers = when(steps, "SENT").map(|sent| {
            let delivered = when(steps, "DELIVERED");
            json!({"channel": {"key": self.channel}, "provider": self.channel, "sent": sent, "delivered": delivered, "status": "sent"})
        });
        if let Some(details) = details.as_object_mut() {
            details.insert("providers".to_owned(), providers.into_iter().collect());
        }
        details
    }

    /// What has happened since the webhook was told last.
    pub fn news(&mut self, id: &str, now: i64) -> Vec<Value> {
        let steps = self.steps_until(now);
        let news = (self.told + 1..=steps.len()).filter_map(|count| steps.get(..count));
        let news = news.map(|steps| self.extended(id, steps)).collect();
        self.told = steps.len();
        news
    }

    /// Whether time alone can still change it.
    pub fn is_moving(&self, now: i64) -> bool {
        self.steps().last().is_some_and(|step| step.at > now)
    }

    fn is_like(&self, id: &str, request: &Request<'_>) -> bool {
        let is = |name: &str, own: &str| request.parameter(name).is_none_or(|wanted| wanted == own);
        let any = |name: &str, own: &dyn Fn(&str) -> bool| {
            let mut wanted = request.parameters(name).peekable();
            wanted.peek().is_none() || wanted.any(own)
        };
        let tagged = |tag: &str| self.tags().iter().any(|own| own == tag);
        let trace = path(&self.message, "metadata.trace_id").and_then(Value::as_str);
        let after = request.parameter("enqueued_after").and_then(moment::parse);
        let status = self.status(request.now);
        is("messageId", id)
            && is("recipient", &self.recipient)
            && is("event", self.event())
            && is("notification", text(&self.message, "template").unwrap_or_default())
            && is("list", self.list.as_deref().unwrap_or_default())
            && is("tenant_id", self.tenant().unwrap_or_default())
            && request.parameter("traceId").is_none_or(|wanted| wanted == self.request || trace == Some(wanted))
            && request.parameter("tags").is_none_or(|tags| tags.split(',').any(|tag| tagged(tag.trim())))
            && after.is_none_or(|after| self.enqueued > after)
            && any("status", &|wanted| wanted == status)
            && any("tag", &tagged)
            && any("provider", &|wanted| self.channel == Some(wanted))
            && (!self.archived || request.parameter("archived") == Some("true"))
    }
}

impl Courier {
    /// Sets the status of a message, as if a provider had reported a bounce or a click: `DELIVERED`, `CLICKED`, `UNDELIVERABLE`
    /// and the like. Returns whether there is such a message.
    pub fn set_status(&self, message: &str, status: &str, reason: Option<&str>) -> bool {
        let now = millis(self.now());
        let mut state = self.state();
        let found = state.messages.get_mut(message).map(|message| message.mark(now, status, reason)).is_some();
        if found && state.settings.webhooks {
            state.moving.insert(message.to_owned());
        }
        found
    }
}

pub(crate) fn list_all(state: &mut State, request: &Request<'_>) -> Result<Answer, Answer> {
    if let Some(after) = request.parameter("enqueued_after")
        && moment::parse(after).is_none()
    {
        return Err(Answer::invalid("`enqueued_after` is not an ISO 8601 timestamp"));
    }
    let messages = state.messages.iter().rev().filter(|(id, message)| message.is_like(id, request));
    page(request, state.settings.page_size, messages.map(|(id, message)| message.details_at(id, request.now)))
}

fn found<'a>(state: &'a State, request: &Request<'_>) -> Result<&'a Message, Answer> {
    state.messages.get(request.id(0)).ok_or_else(|| Answer::not_found("message", request.id(0)))
}

pub(crate) fn retrieve(state: &mut State, request: &Request<'_>) -> Result<Answer, Answer> {
    let message = found(state, request)?;
    Ok(Answer::ok(message.extended(request.id(0), &message.steps_until(request.now))))
}

pub(crate) fn cancel(state: &mut State, request: &Request<'_>) -> Result<Answer, Answer> {
    let id = request.id(0);
    let message = state.messages.get_mut(id).ok_or_else(|| Answer::not_found("message", id))?;
    if !matches!(message.status(request.now).as_str(), "ENQUEUED" | "DELAYED" | "DIGESTED" | "ROUTED") {
        return Err(Answer::new(409, message.details_at(id, request.now)));
    }
    message.mark(request.now, "CANCELED", None);
    Ok(Answer::ok(message.details_at(id, request.now)))
}

pub(crate) fn history(state: &mut State, request: &Request<'_>) -> Result<Answer, Answer> {
    let message = found(state, request)?;
    let wanted = request.parameter("type");
    let steps = message.steps_until(request.now).into_iter();
    let steps = steps.filter(|step| wanted.is_none_or(|wanted| wanted == step.status));
    let events: Vec<Value> = steps
        .map(|Step { at, status, reason }| match reason {
            Some(reason) => json!({"type": status, "ts": at, "reason": reason}),
            None => json!({"type": status, "ts": at}),
        })
        .collect();
    Ok(Answer::ok(json!({"results": events})))
}

pub(crate) fn output(state: &mut State, request: &Request<'_>) -> Result<Answer, Answer> {
    let message = found(state, request)?;
    let rendered = when(&message.steps_until(request.now), "ROUTED").is_some();
    let outputs: Vec<Value> = message
        .channel
        .filter(|_| rendered)
        .map(|channel| {
            let (title, body) = content::render(state, &message.message, &message.to);
            json!({"channel": channel, "channel_id": channel, "content": {
                "title": title, "subject": title, "text": body, "body": body,
                "html": format!("<p>{}</p>", content::escaped(&body)),
                "blocks": [{"type": "text", "text": body}],
            }})
        })
        .into_iter()
        .collect();
    Ok(Answer::ok(json!({"results": outputs})))
}

pub(crate) fn resend(state: &mut State, request: &Request<'_>) -> Result<Answer, Answer> {
    let earlier = found(state, request)?;
    let (message, to, list) = (Arc::clone(&earlier.message), earlier.to.clone(), earlier.list.clone());
    let (by_profile, template_known) = (earlier.by_profile, earlier.fate != Fate::UnknownTemplate);
    let id = state.request_id(request.now);
    let draft =
        Draft { request: &id, message, to, list: list.as_deref(), due: request.now, by_profile, template_known };
    let id = create(state, request.now, Some(id.clone()), draft);
    Ok(Answer::new(202, json!({"messageId": id})))
}

pub(crate) fn archive_request(state: &mut State, request: &Request<'_>) -> Result<Answer, Answer> {
    let mut any = false;
    for (_, message) in state.messages.values_mut().filter(|(_, message)| message.request == request.id(0)) {
        message.archived = true;
        any = true;
    }
    if any { Ok(Answer::empty(204)) } else { Err(Answer::not_found("request", request.id(0))) }
}
