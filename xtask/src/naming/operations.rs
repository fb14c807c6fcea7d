//! What the operations are called: `x-method`, the dotted name of every official SDK in snake case.
//!
//! The operation id is the same with underscores, from which the dots cannot be told again: `client.users().tenants()`.

use std::collections::{BTreeMap, BTreeSet};

use heck::ToSnakeCase;
use serde_json::{Value, json};

use crate::document::{Operation, operations, operations_mut, text};
use crate::import::paths::shape;

const METHOD: &str = "x-method";

/// The overlay that names them.
const FILE: &str = "openapi/overlay/names.yaml";

impl<'a> Operation<'a> {
    /// `lists.subscriptions.add`.
    pub fn name(&self) -> &'a str {
        text(self.value, METHOD).unwrap_or_else(|| self.id())
    }
}

/// What the official SDKs call the operations, by method and the shape of the path.
pub type SdkMethods = BTreeMap<(String, String), String>;

/// What the operations of a description are called.
pub fn given(document: &Value) -> SdkMethods {
    let operations = operations(document).into_iter();
    let key = |operation: &Operation<'_>| (operation.method.to_owned(), shape(operation.path));
    operations.map(|operation| (key(&operation), operation.name().to_owned())).collect()
}

/// The dotted name of an operation in snake case, if an official SDK has one.
pub fn official(sdk_methods: &SdkMethods, method: &str, path: &str) -> Option<String> {
    let name = sdk_methods.get(&(method.to_owned(), shape(path)))?;
    Some(name.split('.').map(str::to_snake_case).collect::<Vec<_>>().join("."))
}

/// Names each operation that has no name as the official SDKs do, or after its path, and returns the method and path of
/// these operations. One that has moved to another path has the name that it had.
pub fn propose(document: &mut Value, sdk_methods: &SdkMethods) -> Vec<(String, String)> {
    let mut taken: Vec<String> =
        operations(document).iter().filter_map(|operation| text(operation.value, METHOD)).map(str::to_owned).collect();
    let mut unnamed = Vec::new();
    operations_mut(document, |method, path, operation| {
        if operation.contains_key(METHOD) {
            return;
        }
        unnamed.push((method.to_owned(), path.to_owned()));
        let name = official(sdk_methods, method, path).unwrap_or_else(|| proposal(method, path));
        let numbered = (2..).map(|number| format!("{name}_{number}"));
        let free = std::iter::once(name.clone()).chain(numbered).find(|name| !taken.contains(name));
        let name = free.unwrap_or(name);
        operation.insert("operationId".to_owned(), json!(name.replace('.', "_")));
        operation.insert(METHOD.to_owned(), json!(name));
        taken.push(name);
    });
    unnamed
}

/// `POST /lists/{list_id}/subscriptions` is `lists.subscriptions.create`.
fn proposal(method: &str, path: &str) -> String {
    let segments: Vec<&str> = path.split('/').filter(|segment| !segment.is_empty()).collect();
    let resource: Vec<String> =
        segments.iter().filter(|segment| !segment.starts_with('{')).map(|segment| segment.to_snake_case()).collect();
    let is_one = segments.last().is_some_and(|last| last.starts_with('{'));
    let verb = match method {
        "get" if is_one => "retrieve",
        "get" => "list",
        "post" => "create",
        "put" => "replace",
        "patch" => "update",
        other => other,
    };
    format!("{}.{verb}", resource.join("."))
}

/// A sentence for each operation that shares its name with another, or whose two names do not agree.
pub fn doubled(document: &Value) -> Vec<String> {
    let mut places: BTreeMap<&str, String> = BTreeMap::new();
    let mut doubled = Vec::new();
    for operation in operations(document) {
        let (id, name, place) = (operation.id(), operation.name(), operation.place());
        if name.replace('.', "_") != id {
            doubled
                .push(format!("{place} is called {id} by its `operationId` and {name} by its `x-method`: see {FILE}"));
        }
        if !name.contains('.') {
            doubled.push(format!(
                "{place} has the `x-method` {name}, which has no dot between the resource and the method: see {FILE}"
            ));
        }
        if let Some(other) = places.insert(id, place.clone()) {
            doubled.push(format!("{place} and {other} are both called {id}: give one another name in {FILE}"));
        }
    }
    doubled
}

/// The document with a unique name for each operation: the generator cannot read two operations with the same name.
pub fn distinct(document: &Value) -> Value {
    let mut distinct = document.clone();
    let mut taken = BTreeSet::new();
    operations_mut(&mut distinct, |_, _, operation| {
        let text = |key: &str| operation.get(key).and_then(Value::as_str).unwrap_or_default().to_owned();
        let (id, name) = (text("operationId"), text(METHOD));
        let numbered = (2..).map(|number| format!("_{number}"));
        let mut endings = std::iter::once(String::new()).chain(numbered);
        if let Some(ending) = endings.find(|ending| taken.insert(format!("{id}{ending}"))) {
            operation.insert("operationId".to_owned(), json!(format!("{id}{ending}")));
            operation.insert(METHOD.to_owned(), json!(format!("{name}{ending}")));
        }
    });
    distinct
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::json;

    use super::{doubled, propose};

    #[test]
    fn an_operation_without_a_name_gets_one_after_its_path() {
        let mut document = json!({"paths": {
            "/lists/{list_id}/user-tokens": {"get": {"x-method": "lists.user_tokens.list", "operationId": "lists_user_tokens_list"}, "post": {"operationId": "addToken"}},
            "/lists/{id}": {"get": {}}
        }});
        let unnamed = propose(&mut document, &BTreeMap::new());
        assert_eq!(
            unnamed,
            [
                ("post".to_owned(), "/lists/{list_id}/user-tokens".to_owned()),
                ("get".to_owned(), "/lists/{id}".to_owned())
            ]
        );
        let post = &document["paths"]["/lists/{list_id}/user-tokens"]["post"];
        assert_eq!(post, &json!({"operationId": "lists_user_tokens_create", "x-method": "lists.user_tokens.create"}));
        assert_eq!(document["paths"]["/lists/{id}"]["get"]["x-method"], "lists.retrieve");
        assert_eq!(doubled(&document), Vec::<String>::new());
    }

    #[test]
    fn names_that_do_not_agree_are_refused_and_so_is_one_name_twice() {
        let operation = |id: &str, name: &str| json!({"operationId": id, "x-method": name});
        for (get, post, expected) in [
            (
                operation("things_list", "things.list_all"),
                operation("things_create", "things.create"),
                "GET /things is called things_list by its `operationId` and things.list_all by its `x-method`: see \
                 openapi/overlay/names.yaml",
            ),
            (
                operation("a_b_c", "a.b.c"),
                operation("a_b_c", "a.b_c"),
                "POST /things and GET /things are both called a_b_c: give one another name in openapi/overlay/names.yaml",
            ),
            (
                operation("things", "things"),
                operation("things_create", "things.create"),
                "GET /things has the `x-method` things, which has no dot between the resource and the method: see \
                 openapi/overlay/names.yaml",
            ),
        ] {
            let document = json!({"paths": {"/things": {"get": get, "post": post}}});
            assert_eq!(doubled(&document), [expected]);
        }
    }
}
