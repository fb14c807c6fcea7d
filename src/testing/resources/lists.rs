//! Lists and their subscriptions: `/lists` and `/profiles/{user_id}/lists`.

use serde_json::{Value, json};

use crate::testing::engine::*;

pub(super) const HANDLERS: &[(&str, Handler)] = &[
    ("lists.list", crud::list::<List>),
    ("lists.retrieve", crud::retrieve::<List>),
    ("lists.update", update),
    ("lists.delete", crud::delete::<List>),
    ("lists.restore", restore),
    ("lists.subscriptions.list", crud::list::<Subscription>),
    ("lists.subscriptions.add", subscribe_all),
    ("lists.subscriptions.subscribe", replace_subscriptions),
    ("lists.subscriptions.subscribe_user", subscribe_user),
    ("lists.subscriptions.unsubscribe_user", crud::delete::<Subscription>),
    ("profiles.lists.retrieve", list_of_profile),
    ("profiles.lists.subscribe", subscribe_profile),
    ("profiles.lists.delete", unsubscribe_profile),
];

struct List {
    name: String,
    created: i64,
    updated: i64,
    deleted: bool,
}

struct Subscription {
    created: i64,
    preferences: Value,
}

impl Stored for List {
    const NOUN: &'static str = "list";

    fn is_deleted(&self) -> bool {
        self.deleted
    }
}

impl Resource for List {
    fn view(&self, id: &str, _: &State, _: &Request<'_>) -> Result<Value, Response> {
        Ok(json!({"id": id, "name": self.name, "created": iso(self.created), "updated": iso(self.updated)}))
    }

    fn row(&self, id: &str, state: &State, request: &Request<'_>) -> Option<Value> {
        let matches = request.parameter("pattern").is_none_or(|pattern| matches_pattern(pattern, id));
        self.view(id, state, request).ok().filter(|_| matches)
    }

    fn archive(&mut self) -> bool {
        self.deleted = true;
        true
    }
}

stored!(Subscription, "subscription");

impl Resource for Subscription {
    fn view(&self, user: &str, _: &State, _: &Request<'_>) -> Result<Value, Response> {
        Ok(json!({"recipientId": user, "created": iso(self.created), "preferences": self.preferences}))
    }

    fn check_parent(state: &State, request: &Request<'_>) -> Result<(), Response> {
        state.find::<List>(request.id(0)).map(drop)
    }
}

/// The users of the lists whose ids meet a condition.
pub(super) fn users(state: &State, is_wanted: impl Fn(&str) -> bool) -> impl Iterator<Item = &str> {
    let subscriptions = state.table::<Subscription>().iter().map(|(key, _)| split(key));
    let wanted = subscriptions.filter(move |(list, _)| is_wanted(list) && state.find::<List>(list).is_ok());
    wanted.map(|(_, user)| user)
}

/// Returns `true` if a pattern matches a list's id: `*` matches one part, `**` any ending.
pub(super) fn matches_pattern(pattern: &str, id: &str) -> bool {
    let (mut parts, mut given) = (pattern.split('.'), id.split('.'));
    loop {
        match (parts.next(), given.next()) {
            (Some("**"), Some(_)) | (None, None) => return true,
            (Some("*"), Some(_)) => {}
            (Some(part), Some(own)) if part == own => {}
            _ => return false,
        }
    }
}

/// Returns the list with this id, which is created if it does not exist.
fn ensure<'a>(state: &'a mut State, id: &str, now: i64) -> &'a mut List {
    if state.table::<List>().get(id).is_some_and(|list| list.deleted) {
        state.table_mut::<List>().remove(id);
        state.table_mut::<Subscription>().retain(|list, _| list != id);
    }
    let new = || List { name: id.to_owned(), created: now, updated: now, deleted: false };
    state.table_mut().entry(id, new)
}

fn subscribe(state: &mut State, list: &str, user: &str, preferences: Value, now: i64) {
    ensure(state, list, now).updated = now;
    let new = || Subscription { created: now, preferences: Value::Null };
    state.table_mut().entry(&key(&[list, user]), new).preferences = preferences;
}

fn update(state: &mut State, request: &Request<'_>) -> Outcome {
    let list = ensure(state, request.id(0), request.now);
    text(&request.body, "name").unwrap_or_default().clone_into(&mut list.name);
    list.updated = request.now;
    Ok(Response::empty(204))
}

fn restore(state: &mut State, request: &Request<'_>) -> Outcome {
    let list = state.table_mut::<List>().get_mut(request.id(0));
    list.ok_or_else(|| Response::not_found("list", request.id(0)))?.deleted = false;
    Ok(Response::empty(204))
}

fn replace_subscriptions(state: &mut State, request: &Request<'_>) -> Outcome {
    state.table_mut::<Subscription>().retain(|list, _| list != request.id(0));
    subscribe_all(state, request)
}

fn subscribe_all(state: &mut State, request: &Request<'_>) -> Outcome {
    ensure(state, request.id(0), request.now);
    for recipient in list(&request.body, "recipients") {
        let user = text(recipient, "recipientId").unwrap_or_default();
        subscribe(state, request.id(0), user, or_null(recipient, "preferences"), request.now);
    }
    Ok(Response::empty(204))
}

fn subscribe_user(state: &mut State, request: &Request<'_>) -> Outcome {
    subscribe(state, request.id(0), request.id(1), or_null(&request.body, "preferences"), request.now);
    Ok(Response::empty(204))
}

fn list_of_profile(state: &mut State, request: &Request<'_>) -> Outcome {
    let lists = state.table::<Subscription>().named(request.id(0)).filter_map(|(list, subscription)| {
        let view = state.find::<List>(list).ok()?.view(list, state, request).ok()?;
        Some(with(view, json!({"preferences": subscription.preferences})))
    });
    page(request, lists)
}

fn subscribe_profile(state: &mut State, request: &Request<'_>) -> Outcome {
    for subscription in list(&request.body, "lists") {
        let list = text(subscription, "listId").unwrap_or_default();
        subscribe(state, list, request.id(0), or_null(subscription, "preferences"), request.now);
    }
    Ok(Response::ok(json!({"status": "SUCCESS"})))
}

fn unsubscribe_profile(state: &mut State, request: &Request<'_>) -> Outcome {
    state.table_mut::<Subscription>().retain(|_, user| user != request.id(0));
    Ok(Response::ok(json!({"status": "SUCCESS"})))
}

#[cfg(test)]
mod tests {
    use super::matches_pattern;

    #[test]
    fn star_matches_a_part_and_two_any_ending() {
        for (pattern, id, matches) in [
            ("eng.*", "eng.rust", true),
            ("eng.*", "eng.rust.sdk", false),
            ("eng.**", "eng.rust.sdk", true),
            ("eng.**", "eng", false),
            ("*.rust", "eng.rust", true),
            ("eng", "eng", true),
            ("eng", "engine", false),
        ] {
            assert_eq!(matches_pattern(pattern, id), matches, "{pattern} {id}");
        }
    }
}
