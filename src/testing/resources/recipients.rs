//! The recipient of a message: its name, its tenant, and the channel that reaches it.

use serde_json::Value;

use super::{profiles, tokens};
use crate::secrets::names::PUSH_TOKENS;
use crate::testing::engine::{State, path, text};

/// The `recipient` of a message: the user's id, or the address.
pub(crate) fn name(to: &Value) -> String {
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

/// The channel that reaches a recipient. If it is `by_profile`, only the `profile` in `to` has addresses.
pub(super) fn channel(state: &State, message: &Value, to: &Value, by_profile: bool) -> Option<&'static str> {
    let (inline, tenant) = (to.get("profile").unwrap_or(&Value::Null), tenant_of(message, to));
    let to = if by_profile { inline } else { to };
    let user = text(to, "user_id").unwrap_or_default();
    let property = |name: &str| {
        let mut given = [to, inline].into_iter().filter_map(|part| part.get(name));
        given
            .find(|address| !address.is_null() && *address != "")
            .or_else(|| profiles::property(state, user, tenant, name))
    };
    let has = |name: &str| property(name).and_then(Value::as_str).is_some_and(|address| !address.is_empty());
    let nested = |name: &str| property(name).is_some_and(|address| address.is_object() || address.is_array());
    let any = |names: &[&str]| names.iter().any(|name| property(name).is_some());
    let reaches = |channel: &str| {
        let (channel, is_reached) = match channel {
            "email" => ("email", has("email")),
            "sms" => ("sms", has("phone_number") || any(&["target_arn"])),
            "push" => ("push", tokens::has_token(state, user) || any(PUSH_TOKENS) || any(&["pusher", "pusherBeams"])),
            "inbox" => ("inbox", !user.is_empty() || any(&["magicbell"])),
            "direct_message" | "slack" if nested("slack") => ("slack", true),
            "direct_message" | "msteams" if nested("ms_teams") => ("msteams", true),
            "direct_message" => {
                ("direct_message", any(&["discord", "facebookPSID", "intercom", "streamChat", "viber"]))
            }
            "webhook" => ("webhook", nested("webhook")),
            "pagerduty" => ("pagerduty", nested("pagerduty")),
            "splunk_on_call" => ("splunk_on_call", any(&["splunk_on_call"])),
            _ => return None,
        };
        is_reached.then_some(channel)
    };
    let requested = message.pointer("/routing/channels").and_then(Value::as_array);
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
