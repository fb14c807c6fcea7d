//! Tenants, their members and their own templates: `/tenants` and `/users/{user_id}/tenants`.

use serde_json::{Map, Value, json};

use crate::testing::engine::json::{list, object, pick, text, with};
use crate::testing::engine::pagination::page;
use crate::testing::engine::request::Request;
use crate::testing::engine::response::Answer;
use crate::testing::engine::state::State;
use crate::testing::engine::table::Table;
use crate::testing::engine::time::iso;
use crate::testing::engine::versions::Versions;

#[derive(Default)]
pub(crate) struct Tenant {
    properties: Map<String, Value>,
    /// The part of each member's profile that holds only here.
    pub members: Table<Option<Map<String, Value>>>,
    pub templates: Table<TenantTemplate>,
}

pub(crate) struct TenantTemplate {
    pub content: Versions,
    created: i64,
    updated: i64,
}

const FIELDS: [&str; 6] = ["name", "brand_id", "default_preferences", "parent_tenant_id", "properties", "user_profile"];

impl Tenant {
    fn view(&self, id: &str) -> Value {
        with(self.properties.clone(), json!({"id": id}))
    }

    /// What the tenant says by default about a topic.
    pub fn default_for(&self, topic: &str) -> Option<&Value> {
        let items = list(self.properties.get("default_preferences")?, "items");
        items.iter().find(|item| text(item, "id") == Some(topic))
    }

    fn defaults(&mut self) -> Vec<Value> {
        self.properties.get("default_preferences").map_or(&[][..], |defaults| list(defaults, "items")).to_vec()
    }

    fn set_defaults(&mut self, items: Vec<Value>) {
        self.properties.insert("default_preferences".to_owned(), json!({"items": items}));
    }
}

fn found<'a>(state: &'a mut State, id: &str) -> Result<&'a mut Tenant, Answer> {
    state.tenants.get_mut(id).ok_or_else(|| Answer::not_found("tenant", id))
}

fn membership(tenant: &str, user: &str, profile: Option<&Map<String, Value>>) -> Value {
    json!({"tenant_id": tenant, "user_id": user, "type": "user", "profile": profile})
}

pub(crate) fn list_all(state: &mut State, request: &Request<'_>) -> Result<Answer, Answer> {
    let parent = request.parameter("parent_tenant_id");
    let below = |tenant: &Tenant| {
        parent.is_none_or(|parent| tenant.properties.get("parent_tenant_id").is_some_and(|own| own == parent))
    };
    let tenants = state.tenants.iter().filter(|(_, tenant)| below(tenant));
    page(request, state.settings.page_size, tenants.map(|(id, tenant)| tenant.view(id)))
}

pub(crate) fn retrieve(state: &mut State, request: &Request<'_>) -> Result<Answer, Answer> {
    Ok(Answer::ok(found(state, request.id(0))?.view(request.id(0))))
}

pub(crate) fn update(state: &mut State, request: &Request<'_>) -> Result<Answer, Answer> {
    let tenant = state.tenants.entry(request.id(0), Tenant::default);
    tenant.properties = pick(&request.body, &FIELDS);
    Ok(Answer::ok(tenant.view(request.id(0))))
}

pub(crate) fn delete(state: &mut State, request: &Request<'_>) -> Result<Answer, Answer> {
    let gone = state.tenants.remove(request.id(0));
    gone.map(|_| Answer::empty(204)).ok_or_else(|| Answer::not_found("tenant", request.id(0)))
}

pub(crate) fn set_default(state: &mut State, request: &Request<'_>) -> Result<Answer, Answer> {
    let tenant = found(state, request.id(0))?;
    let mut items = tenant.defaults();
    items.retain(|item| text(item, "id") != Some(request.id(1)));
    let given = pick(&request.body, &["status", "custom_routing", "has_custom_routing"]);
    items.push(with(given, json!({"id": request.id(1)})));
    tenant.set_defaults(items);
    Ok(Answer::empty(204))
}

pub(crate) fn remove_default(state: &mut State, request: &Request<'_>) -> Result<Answer, Answer> {
    let tenant = found(state, request.id(0))?;
    let mut items = tenant.defaults();
    items.retain(|item| text(item, "id") != Some(request.id(1)));
    tenant.set_defaults(items);
    Ok(Answer::empty(204))
}

pub(crate) fn list_users(state: &mut State, request: &Request<'_>) -> Result<Answer, Answer> {
    let size = state.settings.page_size;
    let members = found(state, request.id(0))?.members.iter();
    page(request, size, members.map(|(user, profile)| membership(request.id(0), user, profile.as_ref())))
}

pub(crate) fn of_user(state: &mut State, request: &Request<'_>) -> Result<Answer, Answer> {
    let user = request.id(0);
    let tenants = state.tenants.iter().filter_map(|(id, tenant)| Some((id, tenant.members.get(user)?)));
    page(request, state.settings.page_size, tenants.map(|(id, profile)| membership(id, user, profile.as_ref())))
}

pub(crate) fn add_user(state: &mut State, request: &Request<'_>) -> Result<Answer, Answer> {
    let profile = object(&request.body, "profile").cloned();
    found(state, request.id(1))?.members.insert(request.id(0), profile);
    Ok(Answer::empty(204))
}

pub(crate) fn add_user_to_several(state: &mut State, request: &Request<'_>) -> Result<Answer, Answer> {
    let tenants = list(&request.body, "tenants");
    let ids = || tenants.iter().map(|tenant| text(tenant, "tenant_id").unwrap_or_default());
    if let Some(unknown) = ids().find(|id| !state.tenants.contains(id)) {
        return Err(Answer::not_found("tenant", unknown));
    }
    for (id, given) in ids().zip(tenants) {
        found(state, id)?.members.insert(request.id(0), object(given, "profile").cloned());
    }
    Ok(Answer::empty(204))
}

pub(crate) fn remove_user(state: &mut State, request: &Request<'_>) -> Result<Answer, Answer> {
    if let Some(tenant) = state.tenants.get_mut(request.id(1)) {
        tenant.members.remove(request.id(0));
    }
    Ok(Answer::empty(204))
}

pub(crate) fn remove_user_from_all(state: &mut State, request: &Request<'_>) -> Result<Answer, Answer> {
    for (_, tenant) in state.tenants.values_mut() {
        tenant.members.remove(request.id(0));
    }
    Ok(Answer::empty(204))
}

impl TenantTemplate {
    fn published_at(&self) -> String {
        iso(self.content.published().unwrap_or(self.created))
    }

    fn view(&self, id: &str, version: &str, data: &Value) -> Value {
        json!({
            "id": id, "version": version, "data": data, "created_at": iso(self.created),
            "updated_at": iso(self.updated), "published_at": self.published_at(),
        })
    }
}

fn template<'a>(state: &'a mut State, request: &Request<'_>) -> Result<&'a mut TenantTemplate, Answer> {
    let templates = &mut found(state, request.id(0))?.templates;
    templates.get_mut(request.id(1)).ok_or_else(|| Answer::not_found("template", request.id(1)))
}

pub(crate) fn list_templates(state: &mut State, request: &Request<'_>) -> Result<Answer, Answer> {
    let size = state.settings.page_size;
    let templates = found(state, request.id(0))?.templates.iter().map(|(id, template)| {
        let routing = template.content.draft().get("routing").cloned();
        let routing = routing.filter(Value::is_object).unwrap_or_else(|| json!({"method": "single", "channels": []}));
        template.view(id, &template.content.newest(), &json!({"routing": routing}))
    });
    page(request, size, templates)
}

pub(crate) fn retrieve_template(state: &mut State, request: &Request<'_>) -> Result<Answer, Answer> {
    let template = template(state, request)?;
    let version = template.content.newest();
    Ok(Answer::ok(template.view(request.id(1), &version, template.content.draft())))
}

pub(crate) fn retrieve_template_version(state: &mut State, request: &Request<'_>) -> Result<Answer, Answer> {
    let template = template(state, request)?;
    let wanted = if request.id(2) == "latest" { "draft" } else { request.id(2) };
    let data = template.content.read(wanted).ok_or_else(|| Answer::not_found("version", request.id(2)))?;
    let version = template.content.name(wanted);
    Ok(Answer::ok(template.view(request.id(1), &version, data)))
}

pub(crate) fn replace_template(state: &mut State, request: &Request<'_>) -> Result<Answer, Answer> {
    let (now, payload) = (request.now, request.body.get("template").cloned().unwrap_or_default());
    let published = request.body.get("published").is_some_and(|published| published == true);
    let templates = &mut found(state, request.id(0))?.templates;
    let made = || TenantTemplate { content: Versions::new(Value::Null, now), created: now, updated: now };
    let template = templates.entry(request.id(1), made);
    template.content.write(payload);
    template.updated = now;
    if published {
        template.content.publish(now);
    }
    let published_at = published.then(|| template.published_at());
    let version = template.content.newest();
    Ok(Answer::ok(json!({"id": request.id(1), "version": version, "published_at": published_at})))
}

pub(crate) fn publish_template(state: &mut State, request: &Request<'_>) -> Result<Answer, Answer> {
    let template = template(state, request)?;
    match text(&request.body, "version").filter(|version| *version != "latest") {
        None => template.content.publish(request.now),
        Some(version) if template.content.go_back(version, request.now) => {}
        Some(version) => return Err(Answer::not_found("version", version)),
    }
    let (version, published_at) = (template.content.name("published"), template.published_at());
    Ok(Answer::ok(json!({"id": request.id(1), "version": version, "published_at": published_at})))
}

pub(crate) fn delete_template(state: &mut State, request: &Request<'_>) -> Result<Answer, Answer> {
    let gone = found(state, request.id(0))?.templates.remove(request.id(1));
    gone.map(|_| Answer::empty(204)).ok_or_else(|| Answer::not_found("template", request.id(1)))
}
