//! Lists and their subscriptions: `/lists` and `/profiles/{user_id}/lists`.

use serde_json::{Value, json};

use crate::testing::engine::{
    Handler, Outcome, Request, Resource, Response, State, Stored, Table, crud, iso, list, or_null, page, text, with,
};

pub(super) const HANDLERS: &[(&str, Handler)] = &[
    ("lists.list", crud::list::<List>),
    ("lists.retrieve", crud::retrieve::<List>),
    ("lists.update", update),
    ("lists.delete", crud::delete::<List>),
    ("lists.restore", restore),
    ("lists.subscriptions.list", list_subscriptions),
    ("lists.subscriptions.add", |state, request| subscribe_all(ensure(state, request.id(0), request.now), request)),
    ("lists.subscriptions.subscribe", replace_subscriptions),
    ("lists.subscriptions.subscribe_user", subscribe_user),
    ("lists.subscriptions.unsubscribe_user", unsubscribe_user),
    ("profiles.lists.retrieve", list_of_profile),
    ("profiles.lists.subscribe", subscribe_profile),
    ("profiles.lists.delete", unsubscribe_profile),
];

pub(super) struct List {
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

impl Stored for List {
    const NOUN: &'static str = "list";

    fn is_deleted(&self) -> bool {
        self.deleted
    }
}

impl Resource for List {
    fn view(&self, id: &str, _: &State, _: &Request<'_>) -> Result<Value, Response> {
        Ok(self.details(id))
    }

    fn row(&self, id: &str, _: &State, request: &Request<'_>) -> Option<Value> {
        let matches = request.parameter("pattern").is_none_or(|pattern| matches_pattern(pattern, id));
        matches.then(|| self.details(id))
    }

    fn archive(&mut self) -> bool {
        self.deleted = true;
        true
    }
}

impl List {
    fn new(name: &str, now: i64) -> Self {
        let (preferences, subscriptions) = (Value::Null, Table::default());
        Self { name: name.to_owned(), preferences, created: now, updated: now, deleted: false, subscriptions }
    }

    fn details(&self, id: &str) -> Value {
        json!({"id": id, "name": self.name, "created": iso(self.created), "updated": iso(self.updated)})
    }

    /// The ids of its users; none if it is deleted.
    pub fn users(&self) -> impl Iterator<Item = &str> {
        self.subscriptions.iter().filter(|_| !self.deleted).map(|(user, _)| user)
    }

    fn subscribe(&mut self, user: &str, preferences: Value, now: i64) {
        let subscription = self.subscriptions.entry(user, || Subscription { created: now, preferences: Value::Null });
        subscription.preferences = preferences;
        self.updated = now;
    }
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
    let lists = state.table_mut::<List>();
    if lists.get(id).is_some_and(|list| list.deleted) {
        lists.remove(id);
    }
    lists.entry(id, || List::new(id, now))
}

fn update(state: &mut State, request: &Request<'_>) -> Outcome {
    let list = ensure(state, request.id(0), request.now);
    text(&request.body, "name").unwrap_or_default().clone_into(&mut list.name);
    list.preferences = or_null(&request.body, "preferences");
    list.updated = request.now;
    Ok(Response::empty(204))
}

fn restore(state: &mut State, request: &Request<'_>) -> Outcome {
    let list = state.table_mut::<List>().get_mut(request.id(0));
    list.ok_or_else(|| Response::not_found("list", request.id(0)))?.deleted = false;
    Ok(Response::empty(204))
}

fn list_subscriptions(state: &mut State, request: &Request<'_>) -> Outcome {
    let subscriptions = state.find::<List>(request.id(0))?.subscriptions.iter();
    let row = |(user, subscription): (&str, &Subscription)| {
        let created = iso(subscription.created);
        json!({"recipientId": user, "created": created, "preferences": subscription.preferences})
    };
    page(request, subscriptions.map(row))
}

fn replace_subscriptions(state: &mut State, request: &Request<'_>) -> Outcome {
    let list = ensure(state, request.id(0), request.now);
    list.subscriptions.clear();
    subscribe_all(list, request)
}

fn subscribe_all(list: &mut List, request: &Request<'_>) -> Outcome {
    for recipient in self::list(&request.body, "recipients") {
        let user = text(recipient, "recipientId").unwrap_or_default();
        list.subscribe(user, or_null(recipient, "preferences"), request.now);
    }
    Ok(Response::empty(204))
}

fn subscribe_user(state: &mut State, request: &Request<'_>) -> Outcome {
    let list = ensure(state, request.id(0), request.now);
    list.subscribe(request.id(1), or_null(&request.body, "preferences"), request.now);
    Ok(Response::empty(204))
}

fn unsubscribe_user(state: &mut State, request: &Request<'_>) -> Outcome {
    let removed = state.find_mut::<List>(request.id(0))?.subscriptions.remove(request.id(1));
    removed.map(|_| Response::empty(204)).ok_or_else(|| Response::not_found("subscription", request.id(1)))
}

fn list_of_profile(state: &mut State, request: &Request<'_>) -> Outcome {
    let lists = state.table::<List>().iter().filter(|(_, list)| !list.deleted).filter_map(|(id, list)| {
        let subscription = list.subscriptions.get(request.id(0))?;
        Some(with(list.details(id), json!({"preferences": subscription.preferences})))
    });
    page(request, lists)
}

fn subscribe_profile(state: &mut State, request: &Request<'_>) -> Outcome {
    for subscription in list(&request.body, "lists") {
        let list = ensure(state, text(subscription, "listId").unwrap_or_default(), request.now);
        list.subscribe(request.id(0), or_null(subscription, "preferences"), request.now);
    }
    Ok(Response::ok(json!({"status": "SUCCESS"})))
}

fn unsubscribe_profile(state: &mut State, request: &Request<'_>) -> Outcome {
    for (_, list) in state.table_mut::<List>().iter_mut() {
        list.subscriptions.remove(request.id(0));
    }
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
