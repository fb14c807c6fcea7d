//! The rendered content of a message.

use std::cell::Cell;

use serde_json::Value;

use super::recipients::tenant_of;
use super::templates::{self, Template};
use super::{profiles, tenants};
use crate::testing::engine::*;

/// The live version of a template: one of the workspace, by id or alias, or one of the message's tenant.
pub(super) fn payload<'a>(state: &'a State, message: &Value, template: &str) -> Option<&'a Value> {
    if let Some(own) = template.strip_prefix("tenant/") {
        let tenant = path(message, "context.tenant_id")?.as_str()?;
        return tenants::template(state, tenant, own).or_else(|| payload(state, message, own));
    }
    let has_alias = |payload: &Value| payload.get("alias").is_some_and(|alias| alias == template);
    let live = |(id, own): (_, &'a Template)| own.content.live().filter(|own| id == template || has_alias(own));
    templates::sendable(state).find_map(live)
}

/// The title and the body, with their variables filled in.
pub(crate) fn render(state: &State, message: &Value, to: &Value) -> (String, String) {
    let of_template = || payload(state, message, text(message, "template")?)?.get("content");
    let of_journey = || templates::of_journey(state, text(message, "template")?)?.content.live()?.get("content");
    let content = message.get("content").filter(|content| content.is_object());
    let content = content.or_else(of_template).or_else(of_journey);
    let Some(content) = content else { return (String::new(), String::new()) };
    let (mut title, mut body) = (String::new(), Vec::new());
    collect(content, &mut title, &mut body);
    let data =
        |name: &str| [to.get("data"), message.get("data")].into_iter().flatten().find_map(|data| path(data, name));
    let profile = |name: &str| {
        let inline = [Some(to), to.get("profile")].into_iter().flatten().find_map(|to| path(to, name));
        inline.or_else(|| profiles::property(state, text(to, "user_id")?, tenant_of(message, to), name))
    };
    let is_strict = text(content, "scope") == Some("strict");
    let fill = |template: &str| {
        filled(template, |name| {
            let value = match (name.strip_prefix("profile."), name.strip_prefix("data.")) {
                (Some(name), _) => profile(name),
                (_, Some(name)) if is_strict => data(name),
                _ if is_strict => None,
                _ => data(name).or_else(|| profile(name)),
            };
            value.map(plain)
        })
    };
    (fill(&title), fill(&body.join("\n")))
}

/// Returns `true` if a message has content for a channel or a provider, in place of a template.
pub(super) fn has_override(message: &Value) -> bool {
    let parts = ["channels", "providers"].into_iter().filter_map(|name| object(message, name));
    parts.flat_map(|part| part.values()).any(|settings| object(settings, "override").is_some())
}

/// Fills in a text of a run: its `data`, `profile` and `recipient`. `None` if a variable has no value.
pub(super) fn resolve(text: &str, run: &Value) -> Option<String> {
    let is_complete = Cell::new(true);
    let resolved = filled(text, |name| {
        let value = path(run, name).or_else(|| path(run.get("data")?, name)).filter(|value| !value.is_null());
        is_complete.set(is_complete.get() && value.is_some());
        value.map(plain)
    });
    is_complete.get().then_some(resolved)
}

/// Collects the texts of an element and of those inside it. The content is the outermost element.
fn collect(element: &Value, title: &mut String, body: &mut Vec<String>) {
    if title.is_empty() {
        text(element, "title").unwrap_or_default().clone_into(title);
    }
    body.extend(["body", "content"].iter().filter_map(|name| text(element, name)).map(str::to_owned));
    list(element, "elements").iter().for_each(|inner| collect(inner, title, body));
}

fn plain(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// Replaces each `{{name}}`; unknown names become empty.
fn filled(text: &str, value: impl Fn(&str) -> Option<String>) -> String {
    let (mut filled, mut rest) = (String::new(), text);
    while let Some((before, (name, after))) =
        rest.split_once("{{").and_then(|(before, rest)| Some((before, rest.split_once("}}")?)))
    {
        filled.push_str(before);
        filled.push_str(&value(name.trim()).unwrap_or_default());
        rest = after;
    }
    filled + rest
}

pub(crate) fn escaped(text: &str) -> String {
    let escaped = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    escaped.replace('"', "&quot;").replace('\'', "&#39;")
}

/// The topic of a message, or of its template.
pub(super) fn topic<'a>(state: &'a State, message: &'a Value) -> Option<&'a str> {
    let own = path(message, "preferences.subscription_topic_id").and_then(Value::as_str);
    own.or_else(|| {
        let payload = payload(state, message, text(message, "template")?)?;
        path(payload, "subscription.topic_id")?.as_str()
    })
}

#[cfg(test)]
mod tests {
    use super::{escaped, filled};

    #[test]
    fn variables_are_filled_in_or_removed() {
        let value = |name: &str| (name == "name").then(|| "Ada".to_owned());
        assert_eq!(filled("Hi {{ name }}, {{none}}{{ and", value), "Hi Ada, {{ and");
        assert_eq!(escaped("<a href=\"'\">&"), "&lt;a href=&quot;&#39;&quot;&gt;&amp;");
    }
}
