//! Tenants, their members and their own templates: `/tenants` and `/users/{user_id}/tenants`.

use serde_json::{Map, Value, json};

use super::{elements, sections};
use crate::testing::engine::{
    Handler, Outcome, Request, Resource, Response, State, Table, Versions, crud, iso, list, object, page, pick, stored,
    text, with,
};

pub(super) const HANDLERS: &[(&str, Handler)] = &[
    ("tenants.list", crud::list::<Tenant>),
    ("tenants.retrieve", crud::retrieve::<Tenant>),
    ("tenants.update", update),
    ("tenants.delete", crud::delete::<Tenant>),
    ("tenants.preferences.items.update", set_default),
    ("tenants.preferences.items.delete", remove_default),
    ("tenants.list_users", list_users),
    ("tenants.templates.list", list_templates),
    ("tenants.templates.retrieve", retrieve_template),
    ("tenants.templates.replace", replace_template),
    ("tenants.templates.delete", delete_template),
    ("tenants.templates.publish", publish_template),
    ("tenants.templates.versions.retrieve", retrieve_template_version),
    ("users.tenants.list", list_of_user),
    ("users.tenants.add_single", add_user),
    ("users.tenants.add_multiple", add_user_to_several),
    ("users.tenants.remove_single", remove_user),
    ("users.tenants.remove_all", remove_user_from_all),
];

const FIELDS: [&str; 6] = ["name", "brand_id", "default_preferences", "parent_tenant_id", "properties", "user_profile"];

#[derive(Default)]
pub(super) struct Tenant {
    properties: Map<String, Value>,
    /// The part of each member's profile that applies only to this tenant.
    members: Table<Option<Map<String, Value>>>,
    templates: Table<TenantTemplate>,
}

struct TenantTemplate {
    content: Versions,
    created: i64,
    updated: i64,
}

stored!(Tenant, "tenant");

impl Resource for Tenant {
    fn view(&self, id: &str, _: &State, _: &Request<'_>) -> Result<Value, Response> {
        Ok(with(self.properties.clone(), json!({"id": id})))
    }

    fn row(&self, id: &str, state: &State, request: &Request<'_>) -> Option<Value> {
        let own = self.properties.get("parent_tenant_id");
        let is_below = request.parameter("parent_tenant_id").is_none_or(|parent| own.is_some_and(|own| own == parent));
        self.view(id, state, request).ok().filter(|_| is_below)
    }
}

impl Tenant {
    /// The ids of its members.
    pub fn users(&self) -> impl Iterator<Item = &str> {
        self.members.iter().map(|(user, _)| user)
    }

    /// The profile of every recipient in the context of this tenant.
    pub fn profile(&self) -> Option<&Map<String, Value>> {
        self.properties.get("user_profile")?.as_object()
    }

    /// The profile of a membership.
    pub fn member_profile(&self, user: &str) -> Option<&Map<String, Value>> {
        self.members.get(user)?.as_ref()
    }

    pub fn has_member(&self, user: &str) -> bool {
        self.members.contains(user)
    }

    /// The live version of a template of this tenant.
    pub fn template(&self, id: &str) -> Option<&Value> {
        self.templates.get(id)?.content.live()
    }

    /// The tenant's default preference on a topic.
    pub fn default_for(&self, topic: &str) -> Option<&Value> {
        self.defaults().iter().find(|item| text(item, "id") == Some(topic))
    }

    fn defaults(&self) -> &[Value] {
        self.properties.get("default_preferences").map_or(&[], |defaults| list(defaults, "items"))
    }

    /// Replaces the default preference on a topic, or removes it.
    fn set_default(&mut self, topic: &str, item: Option<Value>) {
        let others = self.defaults().iter().filter(|item| text(item, "id") != Some(topic)).cloned();
        let items: Vec<Value> = others.chain(item).collect();
        self.properties.insert("default_preferences".to_owned(), json!({"items": items}));
    }
}

/// The maximum number of tenants in a chain.
const MAX_CHAIN: usize = 4;

/// A tenant, its parent, the parent's parent and so on.
pub(super) fn with_ancestors<'a>(state: &'a State, tenant: &str) -> impl Iterator<Item = &'a Tenant> {
    let tenants = state.table::<Tenant>();
    let parent = |tenant: &&'a Tenant| tenants.get(tenant.properties.get("parent_tenant_id")?.as_str()?);
    std::iter::successors(tenants.get(tenant), parent).take(MAX_CHAIN)
}

fn membership(tenant: &str, user: &str, profile: Option<&Map<String, Value>>) -> Value {
    json!({"tenant_id": tenant, "user_id": user, "type": "user", "profile": profile})
}

fn update(state: &mut State, request: &Request<'_>) -> Outcome {
    state.table_mut().entry(request.id(0), Tenant::default).properties = pick(&request.body, &FIELDS);
    crud::retrieve::<Tenant>(state, request)
}

fn set_default(state: &mut State, request: &Request<'_>) -> Outcome {
    let given = pick(&request.body, &["status", "custom_routing", "has_custom_routing"]);
    let item = with(given, json!({"id": request.id(1)}));
    sections::find_topic(state, request.id(1))?;
    state.find_mut::<Tenant>(request.id(0))?.set_default(request.id(1), Some(item));
    Ok(Response::empty(204))
}

fn remove_default(state: &mut State, request: &Request<'_>) -> Outcome {
    state.find_mut::<Tenant>(request.id(0))?.set_default(request.id(1), None);
    Ok(Response::empty(204))
}

fn list_users(state: &mut State, request: &Request<'_>) -> Outcome {
    let members = state.find_mut::<Tenant>(request.id(0))?.members.iter();
    page(request, members.map(|(user, profile)| membership(request.id(0), user, profile.as_ref())))
}

fn list_of_user(state: &mut State, request: &Request<'_>) -> Outcome {
    let user = request.id(0);
    let tenants = state.table::<Tenant>().iter().filter_map(|(id, tenant)| Some((id, tenant.members.get(user)?)));
    page(request, tenants.map(|(id, profile)| membership(id, user, profile.as_ref())))
}

fn add_user(state: &mut State, request: &Request<'_>) -> Outcome {
    let profile = object(&request.body, "profile").cloned();
    state.find_mut::<Tenant>(request.id(1))?.members.insert(request.id(0), profile);
    Ok(Response::empty(204))
}

fn add_user_to_several(state: &mut State, request: &Request<'_>) -> Outcome {
    let tenants = list(&request.body, "tenants");
    let ids = || tenants.iter().map(|tenant| text(tenant, "tenant_id").unwrap_or_default());
    ids().try_for_each(|id| state.find::<Tenant>(id).map(drop))?;
    for (id, given) in ids().zip(tenants) {
        state.find_mut::<Tenant>(id)?.members.insert(request.id(0), object(given, "profile").cloned());
    }
    Ok(Response::empty(204))
}

fn remove_user(state: &mut State, request: &Request<'_>) -> Outcome {
    if let Some(tenant) = state.table_mut::<Tenant>().get_mut(request.id(1)) {
        tenant.members.remove(request.id(0));
    }
    Ok(Response::empty(204))
}

fn remove_user_from_all(state: &mut State, request: &Request<'_>) -> Outcome {
    for (_, tenant) in state.table_mut::<Tenant>().iter_mut() {
        tenant.members.remove(request.id(0));
    }
    Ok(Response::empty(204))
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

fn find_template<'a>(state: &'a mut State, request: &Request<'_>) -> Result<&'a mut TenantTemplate, Response> {
    let templates = &mut state.find_mut::<Tenant>(request.id(0))?.templates;
    templates.get_mut(request.id(1)).ok_or_else(|| Response::not_found("template", request.id(1)))
}

fn list_templates(state: &mut State, request: &Request<'_>) -> Outcome {
    let templates = state.find_mut::<Tenant>(request.id(0))?.templates.iter().map(|(id, template)| {
        let routing = template.content.draft().get("routing").cloned();
        let routing = routing.filter(Value::is_object).unwrap_or_else(|| json!({"method": "single", "channels": []}));
        template.view(id, &template.content.newest(), &json!({"routing": routing}))
    });
    page(request, templates)
}

fn retrieve_template(state: &mut State, request: &Request<'_>) -> Outcome {
    let template = find_template(state, request)?;
    let version = template.content.newest();
    Ok(Response::ok(template.view(request.id(1), &version, template.content.draft())))
}

fn retrieve_template_version(state: &mut State, request: &Request<'_>) -> Outcome {
    let template = find_template(state, request)?;
    let wanted = if request.id(2) == "latest" { "draft" } else { request.id(2) };
    let data = template.content.read(wanted).ok_or_else(|| Response::not_found("version", request.id(2)))?;
    let version = template.content.name(wanted);
    Ok(Response::ok(template.view(request.id(1), &version, data)))
}

fn replace_template(state: &mut State, request: &Request<'_>) -> Outcome {
    let (now, payload) = (request.now, request.body.get("template").cloned().unwrap_or_default());
    let published = request.body.get("published").is_some_and(|published| published == true);
    let templates = &mut state.find_mut::<Tenant>(request.id(0))?.templates;
    let is_new = !templates.contains(request.id(1));
    if is_new {
        elements::check_channels(payload.get("content").unwrap_or(&Value::Null))?;
    }
    let made = || TenantTemplate { content: Versions::new(Value::Null, now), created: now, updated: now };
    let template = templates.entry(request.id(1), made);
    template.content.write(payload);
    template.updated = now;
    if published {
        template.content.publish(now);
    }
    let published_at = published.then(|| template.published_at());
    let version = template.content.newest();
    let saved = json!({"id": request.id(1), "version": version, "published_at": published_at});
    Ok(Response::new(if is_new { 201 } else { 200 }, saved))
}

fn publish_template(state: &mut State, request: &Request<'_>) -> Outcome {
    let template = find_template(state, request)?;
    match text(&request.body, "version").filter(|version| *version != "latest") {
        None => template.content.publish(request.now),
        Some(version) if template.content.restore(version, request.now) => {}
        Some(version) => return Err(Response::not_found("version", version)),
    }
    let (version, published_at) = (template.content.name("published"), template.published_at());
    Ok(Response::ok(json!({"id": request.id(1), "version": version, "published_at": published_at})))
}

fn delete_template(state: &mut State, request: &Request<'_>) -> Outcome {
    let removed = state.find_mut::<Tenant>(request.id(0))?.templates.remove(request.id(1));
    removed.map(|_| Response::empty(204)).ok_or_else(|| Response::not_found("template", request.id(1)))
}
