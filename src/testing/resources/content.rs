//! What a message says, near enough to show it.

use serde_json::Value;

use crate::testing::engine::json::{list, object, path, text};
use crate::testing::engine::state::State;

/// Whether a template can be sent: one of the workspace, by id or alias, or one of the message's tenant.
pub(crate) fn is_known(state: &State, message: &Value, template: &str) -> bool {
    payload(state, message, template).is_some()
}

/// The live version of a template.
pub(crate) fn payload<'a>(state: &'a State, message: &Value, template: &str) -> Option<&'a Value> {
    if let Some(own) = template.strip_prefix("tenant/") {
        let tenant = path(message, "context.tenant_id")?.as_str()?;
        if let Some(payload) =
            state.tenants.get(tenant)?.templates.get(own).and_then(|template| template.content.live())
        {
            return Some(payload);
        }
        return payload(state, message, own);
    }
    let has_alias = |payload: &Value| payload.get("alias").is_some_and(|alias| alias == template);
    let mut named = state
        .templates
        .iter()
        .filter(|(id, found)| !found.archived && (*id == template || found.content.live().is_some_and(has_alias)));
    named.find_map(|(_, template)| template.content.live())
}

/// The title and the body, with their variables filled in.
pub(crate) fn render(state: &State, message: &Value, to: &Value) -> (String, String) {
    let of_template = || payload(state, message, text(message, "template")?)?.get("content");
    let of_journey = || {
        let mut journeys = state.journeys.iter();
        let wanted = text(message, "template")?;
        journeys.find_map(|(_, journey)| journey.templates.get(wanted)?.content.live()?.get("content"))
    };
    let content = message.get("content").filter(|content| content.is_object()).or_else(of_template).or_else(of_journey);
    let Some(content) = content else { return (String::new(), String::new()) };
    let (mut title, mut body) = (String::new(), Vec::new());
    if let Some(given) = text(content, "title") {
        given.clone_into(&mut title);
    }
    body.extend(text(content, "body").map(str::to_owned));
    collect(list(content, "elements"), &mut title, &mut body);
    let user = text(to, "user_id").and_then(|user| state.profiles.get(user));
    let fill = |text: &str| {
        filled(text, |name| {
            let name = name.strip_prefix("data.").unwrap_or(name);
            let given = [to.get("data"), message.get("data")].into_iter().flatten().find_map(|data| path(data, name));
            let name = name.strip_prefix("profile.").unwrap_or(name);
            let inline = || [Some(to), to.get("profile")].into_iter().flatten().find_map(|to| path(to, name));
            given.or_else(inline).or_else(|| user?.get(name)).map(shown)
        })
    };
    (fill(&title), fill(&body.join("\n")))
}

fn collect(elements: &[Value], title: &mut String, body: &mut Vec<String>) {
    for element in elements {
        if let Some(given) = text(element, "title").filter(|_| title.is_empty()) {
            given.clone_into(title);
        }
        body.extend(text(element, "content").map(str::to_owned));
        collect(list(element, "elements"), title, body);
    }
}

fn shown(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// A text with each `{{name}}` replaced; one that is not known becomes nothing.
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

/// A text that can stand in HTML.
pub(crate) fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            letter => escaped.push(letter),
        }
    }
    escaped
}

/// The topic that a message belongs to, by itself or by its template.
pub(crate) fn topic<'a>(state: &'a State, message: &'a Value) -> Option<&'a str> {
    let own = object(message, "preferences").and_then(|preferences| preferences.get("subscription_topic_id")?.as_str());
    own.or_else(|| {
        let payload = payload(state, message, text(message, "template")?)?;
        path(payload, "subscription.topic_id")?.as_str()
    })
}

#[cfg(test)]
mod tests {
    use super::{escaped, filled};

    #[test]
    fn variables_are_filled_in_and_unknown_ones_vanish() {
        let value = |name: &str| (name == "name").then(|| "Ada".to_owned());
        assert_eq!(filled("Hi {{ name }}, {{none}}{{ and", value), "Hi Ada, {{ and");
        assert_eq!(escaped("<a href=\"'\">&"), "&lt;a href=&quot;&#39;&quot;&gt;&amp;");
    }
}
