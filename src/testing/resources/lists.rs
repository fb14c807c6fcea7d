//! Lists and who is on them: `/lists` and `/profiles/{user_id}/lists`.

use serde_json::{Value, json};

use crate::testing::engine::json::{list, or_null, text};
use crate::testing::engine::pagination::page;
use crate::testing::engine::request::Request;
use crate::testing::engine::response::Answer;
use crate::testing::engine::state::State;
use crate::testing::engine::table::Table;
use crate::testing::engine::time::iso;

pub(crate) struct List {
    name: String,
    preferences: Value,
    created: i64,
    updated: i64,
    deleted: bool,
    subscriptions: Table<Subscription>,
}

struct Subscription {
    created: i64,
    preferences: Value,
}

impl List {
    fn new(name: &str, now: i64) -> Self {
        let (created, updated) = (now, now);
        let (preferences, subscriptions) = (Value::Null, Table::default());
        Self { name: name.to_owned(), preferences, created, updated, deleted: false, subscriptions }
    }

    fn view(&self, id: &str) -> Value {
        json!({"id": id, "name": self.name, "created": iso(self.created), "updated": iso(self.updated)})
    }

    /// The ids of the users on it, none if it is deleted.
    pub fn users(&self) -> impl Iterator<Item = &str> {
        self.subscriptions.iter().filter(|_| !self.deleted).map(|(user, _)| user)
    }

    fn subscribe(&mut self, user: &str, preferences: Value, now: i64) {
        let subscription = self.subscriptions.entry(user, || Subscription { created: now, preferences: Value::Null });
        subscription.preferences = preferences;
        self.updated = now;
    }
}

/// Whether a list's id is what a pattern means: `*` is one part, `**` any ending.
pub(crate) fn matches_pattern(pattern: &str, id: &str) -> bool {
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

/// The list with that id, made if there is none.
fn ensured<'a>(state: &'a mut State, id: &str, now: i64) -> &'a mut List {
    if state.lists.get(id).is_some_and(|list| list.deleted) {
        state.lists.remove(id);
    }
    state.lists.entry(id, || List::new(id, now))
}

fn found<'a>(state: &'a mut State, request: &Request<'_>) -> Result<&'a mut List, Answer> {
    let list = state.lists.get_mut(request.id(0)).filter(|list| !list.deleted);
    list.ok_or_else(|| Answer::not_found("list", request.id(0)))
}

pub(crate) fn list_all(state: &mut State, request: &Request<'_>) -> Result<Answer, Answer> {
    let wanted = |id: &str| request.parameter("pattern").is_none_or(|pattern| matches_pattern(pattern, id));
    let lists = state.lists.iter().filter(|(id, list)| !list.deleted && wanted(id));
    page(request, state.settings.page_size, lists.map(|(id, list)| list.view(id)))
}

pub(crate) fn retrieve(state: &mut State, request: &Request<'_>) -> Result<Answer, Answer> {
    Ok(Answer::ok(found(state, request)?.view(request.id(0))))
}

pub(crate) fn update(state: &mut State, request: &Request<'_>) -> Result<Answer, Answer> {
    let list = ensured(state, request.id(0), request.now);
    text(&request.body, "name").unwrap_or_default().clone_into(&mut list.name);
    list.preferences = or_null(&request.body, "preferences");
    list.updated = request.now;
    Ok(Answer::empty(204))
}

pub(crate) fn delete(state: &mut State, request: &Request<'_>) -> Result<Answer, Answer> {
    found(state, request)?.deleted = true;
    Ok(Answer::empty(204))
}

pub(crate) fn restore(state: &mut State, request: &Request<'_>) -> Result<Answer, Answer> {
    let list = state.lists.get_mut(request.id(0)).ok_or_else(|| Answer::not_found("list", request.id(0)))?;
    list.deleted = false;
    Ok(Answer::empty(204))
}

pub(crate) fn list_subscriptions(state: &mut State, request: &Request<'_>) -> Result<Answer, Answer> {
    let size = state.settings.page_size;
    let subscriptions = found(state, request)?.subscriptions.iter().map(|(user, subscription)| {
        let created = iso(subscription.created);
        json!({"recipientId": user, "created": created, "preferences": subscription.preferences})
    });
    page(request, size, subscriptions)
}

pub(crate) fn add_subscriptions(state: &mut State, request: &Request<'_>) -> Result<Answer, Answer> {
    subscribe_all(ensured(state, request.id(0), request.now), request)
}

pub(crate) fn replace_subscriptions(state: &mut State, request: &Request<'_>) -> Result<Answer, Answer> {
    let list = ensured(state, request.id(0), request.now);
    list.subscriptions.clear();
    subscribe_all(list, request)
}

fn subscribe_all(list: &mut List, request: &Request<'_>) -> Result<Answer, Answer> {
    for recipient in self::list(&request.body, "recipients") {
        let user = text(recipient, "recipientId").unwrap_or_default();
        list.subscribe(user, or_null(recipient, "preferences"), request.now);
    }
    Ok(Answer::empty(204))
}

pub(crate) fn subscribe_user(state: &mut State, request: &Request<'_>) -> Result<Answer, Answer> {
    let list = ensured(state, request.id(0), request.now);
    list.subscribe(request.id(1), or_null(&request.body, "preferences"), request.now);
    Ok(Answer::empty(204))
}

pub(crate) fn unsubscribe_user(state: &mut State, request: &Request<'_>) -> Result<Answer, Answer> {
    let gone = found(state, request)?.subscriptions.remove(request.id(1));
    gone.map(|_| Answer::empty(204)).ok_or_else(|| Answer::not_found("subscription", request.id(1)))
}

pub(crate) fn of_profile(state: &mut State, request: &Request<'_>) -> Result<Answer, Answer> {
    let lists = state.lists.iter().filter(|(_, list)| !list.deleted).filter_map(|(id, list)| {
        let subscription = list.subscriptions.get(request.id(0))?;
        let mut view = list.view(id);
        if let Some(view) = view.as_object_mut() {
            view.insert("preferences".to_owned(), subscription.preferences.clone());
        }
        Some(view)
    });
    page(request, state.settings.page_size, lists)
}

pub(crate) fn subscribe_profile(state: &mut State, request: &Request<'_>) -> Result<Answer, Answer> {
    for subscription in list(&request.body, "lists") {
        let list = ensured(state, text(subscription, "listId").unwrap_or_default(), request.now);
        list.subscribe(request.id(0), or_null(subscription, "preferences"), request.now);
    }
    Ok(Answer::ok(json!({"status": "SUCCESS"})))
}

pub(crate) fn unsubscribe_profile(state: &mut State, request: &Request<'_>) -> Result<Answer, Answer> {
    for (_, list) in state.lists.values_mut() {
        list.subscriptions.remove(request.id(0));
    }
    Ok(Answer::ok(json!({"status": "SUCCESS"})))
}

#[cfg(test)]
mod tests {
    use super::matches_pattern;

    #[test]
    fn a_star_is_one_part_and_two_are_any_ending() {
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
