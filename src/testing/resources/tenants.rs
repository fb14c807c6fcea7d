//! Tenants, their members and their own templates: `/tenants` and `/users/{user_id}/tenants`.

use serde_json::{Value, json};

use super::{elements, sections};
use crate::testing::engine::*;

pub(super) const HANDLERS: &[(&str, Handler)] = &[
    ("tenants.list", crud::list::<Tenant>),
    ("tenants.retrieve", crud::retrieve::<Tenant>),
    ("tenants.update", update),
    ("tenants.delete", delete),
    ("tenants.preferences.items.update", set_default),
    ("tenants.preferences.items.delete", remove_default),
    ("tenants.list_users", list_users),
    ("tenants.templates.list", crud::list::<TenantTemplate>),
    ("tenants.templates.retrieve", crud::retrieve::<TenantTemplate>),
    ("tenants.templates.replace", replace_template),
    ("tenants.templates.delete", crud::delete::<TenantTemplate>),
    ("tenants.templates.publish", publish_template),
    ("tenants.templates.versions.retrieve", retrieve_template_version),
    ("users.tenants.list", crud::list::<Membership>),
    ("users.tenants.add_single", add_user),
    ("users.tenants.add_multiple", add_user_to_several),
    ("users.tenants.remove_single", crud::delete_if_exists::<Membership>),
    ("users.tenants.remove_all", remove_user_from_all),
];

const FIELDS: [&str; 6] = ["name", "brand_id", "default_preferences", "parent_tenant_id", "properties", "user_profile"];

pub(super) struct Tenant(pub Value);

/// A user's membership in a tenant: the part of the profile that applies only there, or null.
pub(super) struct Membership(pub Value);

struct TenantTemplate(Versions);

stored!(Tenant, "tenant");
stored!(Membership, "membership");
stored!(TenantTemplate, "template");

impl Resource for Tenant {
    fn view(&self, id: &str, _: &State, _: &Request<'_>) -> Result<Value, Response> {
        Ok(with(self.0.clone(), json!({"id": id})))
    }

    fn row(&self, id: &str, state: &State, request: &Request<'_>) -> Option<Value> {
        let is_below =
            request.parameter("parent_tenant_id").is_none_or(|parent| at(&self.0, "parent_tenant_id") == parent);
        self.view(id, state, request).ok().filter(|_| is_below)
    }
}

impl Tenant {
    /// The tenant's default preference on a topic.
    pub fn default_for(&self, topic: &str) -> Option<&Value> {
        list(at(&self.0, "default_preferences"), "items").iter().find(|item| text(item, "id") == Some(topic))
    }

    /// Replaces the default preference on a topic, or removes it.
    fn set_default(&mut self, topic: &str, item: Option<Value>) {
        let items = list(at(&self.0, "default_preferences"), "items").iter();
        let others = items.filter(|item| text(item, "id") != Some(topic)).cloned();
        let items: Vec<Value> = others.chain(item).collect();
        self.0 = with(self.0.take(), json!({"default_preferences": {"items": items}}));
    }
}

/// The maximum number of tenants in a chain.
const MAX_CHAIN: usize = 4;

/// A tenant, its parent, the parent's parent and so on.
pub(super) fn with_ancestors<'a>(state: &'a State, tenant: &str) -> impl Iterator<Item = &'a Tenant> {
    let tenants = state.table::<Tenant>();
    let parent = |tenant: &&'a Tenant| tenants.get(at(&tenant.0, "parent_tenant_id").as_str()?);
    std::iter::successors(tenants.get(tenant), parent).take(MAX_CHAIN)
}

pub(super) fn users<'a>(state: &'a State, tenant: &str) -> impl Iterator<Item = &'a str> {
    state.table::<Membership>().named(tenant).map(|(user, _)| user)
}

pub(super) fn membership<'a>(state: &'a State, user: &str, tenant: &str) -> Option<&'a Membership> {
    state.table().get(&key(&[user, tenant]))
}

/// The live version of a template of a tenant.
pub(super) fn template<'a>(state: &'a State, tenant: &str, id: &str) -> Option<&'a Value> {
    state.table::<TenantTemplate>().get(&key(&[tenant, id]))?.0.live()
}

impl Membership {
    fn details(&self, user: &str, tenant: &str) -> Value {
        json!({"tenant_id": tenant, "user_id": user, "type": "user", "profile": self.0})
    }
}

impl Resource for Membership {
    fn view(&self, tenant: &str, _: &State, request: &Request<'_>) -> Result<Value, Response> {
        Ok(self.details(request.id(0), tenant))
    }
}

fn update(state: &mut State, request: &Request<'_>) -> Outcome {
    state.table_mut().insert(request.id(0), Tenant(pick(&request.body, &FIELDS).into()));
    crud::retrieve::<Tenant>(state, request)
}

fn delete(state: &mut State, request: &Request<'_>) -> Outcome {
    state.table_mut::<Membership>().retain(|_, tenant| tenant != request.id(0));
    state.table_mut::<TenantTemplate>().retain(|tenant, _| tenant != request.id(0));
    crud::delete::<Tenant>(state, request)
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
    let tenant = request.id(0);
    state.find::<Tenant>(tenant)?;
    let members = state.table::<Membership>().named(tenant);
    page(request, members.map(|(user, membership)| membership.details(user, tenant)))
}

fn add_user(state: &mut State, request: &Request<'_>) -> Outcome {
    state.find::<Tenant>(request.id(1))?;
    state.table_mut().insert(&request.key(), Membership(or_null(&request.body, "profile")));
    Ok(Response::empty(204))
}

fn add_user_to_several(state: &mut State, request: &Request<'_>) -> Outcome {
    let tenants = list(&request.body, "tenants");
    let id = |tenant| text(tenant, "tenant_id").unwrap_or_default();
    tenants.iter().try_for_each(|tenant| state.find::<Tenant>(id(tenant)).map(drop))?;
    for tenant in tenants {
        let membership = Membership(or_null(tenant, "profile"));
        state.table_mut().insert(&key(&[request.id(0), id(tenant)]), membership);
    }
    Ok(Response::empty(204))
}

fn remove_user_from_all(state: &mut State, request: &Request<'_>) -> Outcome {
    state.table_mut::<Membership>().retain(|user, _| user != request.id(0));
    Ok(Response::empty(204))
}

impl TenantTemplate {
    fn published_at(&self) -> String {
        iso(self.0.published().unwrap_or(self.0.created))
    }

    fn details(&self, id: &str, version: &str, data: &Value) -> Value {
        let updated = self.0.updated.unwrap_or(self.0.created);
        json!({
            "id": id, "version": version, "data": data, "created_at": iso(self.0.created), "updated_at": iso(updated),
            "published_at": self.published_at(),
        })
    }
}

impl Resource for TenantTemplate {
    fn view(&self, id: &str, _: &State, _: &Request<'_>) -> Result<Value, Response> {
        Ok(self.details(id, &self.0.newest(), &self.0.draft))
    }

    fn row(&self, id: &str, _: &State, _: &Request<'_>) -> Option<Value> {
        let routing = object(&self.0.draft, "routing").map(|routing| json!(routing));
        let routing = routing.unwrap_or_else(|| json!({"method": "single", "channels": []}));
        Some(self.details(id, &self.0.newest(), &json!({"routing": routing})))
    }

    fn check_parent(state: &State, request: &Request<'_>) -> Result<(), Response> {
        state.find::<Tenant>(request.id(0)).map(drop)
    }
}

fn find_template<'a>(state: &'a mut State, request: &Request<'_>) -> Result<&'a mut TenantTemplate, Response> {
    TenantTemplate::check_parent(state, request)?;
    state.find_mut(&key(&[request.id(0), request.id(1)]))
}

fn retrieve_template_version(state: &mut State, request: &Request<'_>) -> Outcome {
    let template = find_template(state, request)?;
    let wanted = if request.id(2) == "latest" { "draft" } else { request.id(2) };
    let data = template.0.read(wanted)?;
    let version = template.0.name(wanted);
    Ok(Response::ok(template.details(request.id(1), &version, data)))
}

fn replace_template(state: &mut State, request: &Request<'_>) -> Outcome {
    let (now, payload) = (request.now, request.body.get("template").cloned().unwrap_or_default());
    let published = request.body.get("published").is_some_and(|published| published == true);
    TenantTemplate::check_parent(state, request)?;
    let templates = state.table_mut::<TenantTemplate>();
    let is_new = templates.get(&request.key()).is_none();
    if is_new {
        elements::check_channels(payload.get("content").unwrap_or(&Value::Null))?;
    }
    let made = || TenantTemplate(Versions::new(Value::Null, now));
    let template = templates.entry(&request.key(), made);
    template.0.write(payload, now);
    if published {
        template.0.publish(now);
    }
    let published_at = published.then(|| template.published_at());
    let version = template.0.newest();
    let saved = json!({"id": request.id(1), "version": version, "published_at": published_at});
    Ok(Response::new(if is_new { 201 } else { 200 }, saved))
}

fn publish_template(state: &mut State, request: &Request<'_>) -> Outcome {
    let template = find_template(state, request)?;
    match text(&request.body, "version").filter(|version| *version != "latest") {
        None => template.0.publish(request.now),
        Some(version) => template.0.restore(version, request.now)?,
    }
    let (version, published_at) = (template.0.name("published"), template.published_at());
    Ok(Response::ok(json!({"id": request.id(1), "version": version, "published_at": published_at})))
}
