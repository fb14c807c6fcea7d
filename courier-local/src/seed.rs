//! The seed file: what a workspace has at first.

use std::collections::BTreeMap;
use std::path::Path;

use percent_encoding::{AsciiSet, CONTROLS, utf8_percent_encode};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};
use trycourier::Bytes;
use trycourier::http::{Method, Request};
use trycourier::testing::Courier;

/// The characters that would end a segment of a path.
const SEGMENT: &AsciiSet =
    &CONTROLS.add(b' ').add(b'"').add(b'#').add(b'%').add(b'/').add(b'<').add(b'>').add(b'?').add(b'`');

type Entries<T> = BTreeMap<String, Option<T>>;

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default, expecting = "a map")]
pub struct Seed {
    profiles: BTreeMap<String, Map<String, Value>>,
    templates: Entries<Template>,
    topics: Entries<Topic>,
    tenants: Entries<Tenant>,
    lists: Entries<List>,
    automations: Vec<String>,
    /// The name of the file, for errors.
    #[serde(skip)]
    pub source: String,
}

/// A template. Without content, its messages are empty.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Template {
    name: Option<String>,
    title: Option<String>,
    body: Option<String>,
    /// Elemental, instead of `title` and `body`.
    elements: Option<Vec<Value>>,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Topic {
    name: Option<String>,
    default_status: Option<String>,
}

#[derive(Clone, Debug, Default, Deserialize)]
struct Tenant {
    name: Option<String>,
    /// The profile of each member within the tenant.
    #[serde(default)]
    members: BTreeMap<String, Option<Map<String, Value>>>,
    /// The other properties, as the API takes them.
    #[serde(flatten)]
    properties: Map<String, Value>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct List {
    name: Option<String>,
    #[serde(default)]
    subscribers: Vec<String>,
}

impl Seed {
    /// Reads a file. JSON is YAML as well.
    pub fn read(path: &Path) -> Result<Self, String> {
        let source = path.display().to_string();
        let text = std::fs::read_to_string(path).map_err(|error| format!("cannot read {source}: {error}"))?;
        let invalid = |error: yaml_serde::Error| format!("{source}: {error}");
        // A typed map would take the last of two equal keys.
        let mut document: yaml_serde::Value = yaml_serde::from_str(&text).map_err(invalid)?;
        document.apply_merge().map_err(invalid)?;
        // The errors of the text have lines; the document has the merged keys.
        let seed = if text.contains("<<") { yaml_serde::from_value(document) } else { yaml_serde::from_str(&text) };
        let seed: Option<Self> = seed.map_err(invalid)?;
        Ok(Self { source, ..seed.unwrap_or_default() })
    }

    /// Adds templates and topics that have nothing but an id.
    pub fn add_ids(&mut self, templates: Vec<String>, topics: Vec<String>) {
        templates.into_iter().for_each(|id| _ = self.templates.entry(id).or_default());
        topics.into_iter().for_each(|id| _ = self.topics.entry(id).or_default());
    }

    /// Returns the steps that store each entry, by the entry's path in the file.
    pub fn steps(&self) -> Vec<(String, Vec<Step>)> {
        let mut steps = Vec::new();
        for (id, profile) in &self.profiles {
            steps.push((format!("profiles.{id}"), vec![Step::put(["profiles", id], &json!({"profile": profile}))]));
        }
        for (id, template) in &self.templates {
            let content = template.as_ref().map(|template| {
                let notification = json!({
                    "name": template.name.as_ref().unwrap_or(id), "tags": [], "brand": null, "routing": null,
                    "subscription": null, "content": {"version": "2022-01-01", "elements": template.elements()},
                });
                Step::put(["notifications", id], &json!({"notification": notification, "state": "PUBLISHED"}))
            });
            steps.push((format!("templates.{id}"), [Step::Template(id.clone())].into_iter().chain(content).collect()));
        }
        for (id, topic) in &self.topics {
            let settings = topic.as_ref().map(|Topic { name, default_status }| {
                let status = default_status.as_deref().unwrap_or("OPTED_IN");
                let topic = json!({"name": name.as_ref().unwrap_or(id), "default_status": status});
                Step::put(["preferences", "sections", &format!("sec_{id}"), "topics", id], &topic)
            });
            steps.push((format!("topics.{id}"), [Step::Topic(id.clone())].into_iter().chain(settings).collect()));
        }
        for (id, tenant) in &self.tenants {
            let Tenant { name, members, properties } = tenant.clone().unwrap_or_default();
            let mut body = properties;
            body.insert("name".to_owned(), name.unwrap_or_else(|| id.clone()).into());
            let members = members.iter().map(|(user, profile)| {
                Step::put(
                    ["users", user, "tenants", id],
                    &profile.as_ref().map_or_else(|| json!({}), |own| json!({"profile": own})),
                )
            });
            let tenant = Step::put(["tenants", id], &Value::Object(body));
            steps.push((format!("tenants.{id}"), [tenant].into_iter().chain(members).collect()));
        }
        for (id, list) in &self.lists {
            let List { name, subscribers } = list.clone().unwrap_or_default();
            let list = Step::put(["lists", id], &json!({"name": name.as_ref().unwrap_or(id)}));
            let subscribers =
                subscribers.iter().map(|user| Step::put(["lists", id, "subscriptions", user], &json!({})));
            steps.push((format!("lists.{id}"), [list].into_iter().chain(subscribers).collect()));
        }
        for id in &self.automations {
            steps.push((format!("automations.{id}"), vec![Step::Automation(id.clone())]));
        }
        steps
    }
}

impl Template {
    /// Its content, as the API takes it: within a channel.
    fn elements(&self) -> Vec<Value> {
        let title = self.title.iter().map(|title| json!({"type": "meta", "title": title}));
        let body = self.body.iter().map(|body| json!({"type": "text", "content": body}));
        let elements: Vec<Value> = title.chain(body).chain(self.elements.iter().flatten().cloned()).collect();
        let is_channel = |element: &Value| element.get("type").is_some_and(|kind| kind == "channel");
        match elements.iter().all(is_channel) {
            true => elements,
            false => vec![json!({"type": "channel", "channel": "email", "elements": elements})],
        }
    }
}

#[derive(Debug, Deserialize, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Step {
    Template(String),
    Topic(String),
    Automation(String),
    Call {
        method: String,
        /// The path and the query.
        target: String,
        #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
        headers: BTreeMap<String, String>,
        #[serde(default)]
        body: String,
    },
}

impl Step {
    fn put<'a>(path: impl IntoIterator<Item = &'a str>, body: &Value) -> Self {
        let target = path.into_iter().map(|segment| format!("/{}", utf8_percent_encode(segment, SEGMENT))).collect();
        Self::Call { method: Method::PUT.to_string(), target, headers: BTreeMap::new(), body: body.to_string() }
    }

    /// Performs the step. The error is the refusal's message.
    pub fn perform(&self, courier: &Courier) -> Result<(), String> {
        match self {
            Self::Template(id) => _ = courier.template(id),
            Self::Topic(id) => _ = courier.topic(id),
            Self::Automation(id) => _ = courier.automation(id),
            Self::Call { method, target, headers, body } => {
                let request = Request::builder().method(method.as_str()).uri(target);
                let request = request.header("authorization", "Bearer courier-local");
                let request = headers.iter().fold(request, |request, (name, value)| request.header(name, value));
                let request = request.body(Bytes::from(body.clone())).map_err(|error| error.to_string())?;
                let response = courier.handle(&request);
                if !response.status().is_success() {
                    let error: Value = serde_json::from_slice(response.body()).unwrap_or_default();
                    let message = error.get("message").and_then(Value::as_str);
                    return Err(message.map_or_else(|| response.status().to_string(), str::to_owned));
                }
            }
        }
        Ok(())
    }
}
