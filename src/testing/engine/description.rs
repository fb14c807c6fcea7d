//! The API's description, as `build/emit/described.rs` wrote it: the requests and responses of each operation.

use std::sync::LazyLock;

use percent_encoding::percent_decode_str;
use serde::Deserialize;
use serde_json::{Map, Value};

use super::json::{at, list, text};
use super::shape::Shape;

pub(crate) static DESCRIPTION: LazyLock<Description> = LazyLock::new(|| {
    // A test counts the operations, so that a description that cannot be read does not pass for an empty one.
    serde_json::from_str(include_str!(concat!(env!("OUT_DIR"), "/described.json"))).unwrap_or_default()
});

#[derive(Default, Deserialize)]
pub(crate) struct Description {
    pub operations: Vec<Operation>,
    pub schemas: Map<String, Value>,
}

#[derive(Deserialize)]
pub(crate) struct Operation {
    /// Its name in Courier's reference, such as `lists.update`.
    pub id: String,
    pub method: String,
    path: String,
    pub query: Vec<Parameter>,
    pub body: Option<Value>,
    /// `true` if the body is text and not JSON.
    pub body_is_text: bool,
    pub body_is_required: bool,
    /// The status of a success.
    pub status: u16,
    pub response: Option<Value>,
    /// The number of requests that Courier documents as the limit, and its period in seconds.
    pub rate_limit: Option<(u32, u32)>,
    /// The shape of its pages, if it is a list that pages.
    pub paging: Option<Shape>,
}

#[derive(Deserialize)]
pub(crate) struct Parameter {
    pub name: String,
    #[serde(default)]
    pub required: bool,
    /// `false` if the values of a list are joined by commas.
    pub explode: Option<bool>,
    #[serde(default)]
    pub schema: Value,
}

/// The operation that a method and a path lead to, with the arguments in the path.
#[derive(Clone)]
pub(crate) enum Route {
    Operation(&'static Operation, Vec<String>),
    OtherMethod,
    Unknown,
}

impl Route {
    pub fn operation(&self) -> Option<&'static Operation> {
        match self {
            Self::Operation(operation, _) => Some(operation),
            _ => None,
        }
    }
}

impl Description {
    /// Finds the operation with a method and a path. A literal segment wins over an argument.
    pub fn route(&'static self, method: &str, path: &str) -> Route {
        let segments: Vec<&str> = path.trim_matches('/').split('/').collect();
        let matching =
            self.operations.iter().filter_map(|operation| Some((operation, operation.arguments(&segments)?)));
        let with_method = matching.clone().filter(|(operation, _)| operation.method == method);
        match with_method.min_by_key(|(_, arguments)| arguments.len()) {
            Some((operation, arguments)) => Route::Operation(operation, arguments),
            None if matching.count() == 0 => Route::Unknown,
            None => Route::OtherMethod,
        }
    }

    pub fn operation(&self, id: &str) -> Option<&Operation> {
        self.operations.iter().find(|operation| operation.id == id)
    }

    /// Follows references. Returns the schema, and `true` if null is allowed anywhere on the way.
    pub fn resolve<'a>(&'a self, schema: &'a Value) -> (&'a Value, bool) {
        let chain = std::iter::successors(Some(schema), |schema| self.next(schema));
        (chain.clone().last().unwrap_or(schema), chain.clone().any(|schema| at(schema, "nullable") == true))
    }

    fn next<'a>(&'a self, schema: &'a Value) -> Option<&'a Value> {
        if let Some(target) = text(schema, "$ref") {
            return self.schemas.get(target.rsplit('/').next()?);
        }
        match list(schema, "allOf") {
            [only] => Some(only),
            _ => None,
        }
    }
}

impl Operation {
    pub fn parameter(&self, name: &str) -> Option<&Parameter> {
        self.query.iter().find(|own| own.name == name)
    }

    pub fn segments(&self) -> impl Iterator<Item = &str> {
        self.path.trim_matches('/').split('/')
    }

    /// The arguments in a path, if it is this operation's.
    fn arguments(&self, segments: &[&str]) -> Option<Vec<String>> {
        let mut arguments = Vec::new();
        for (own, given) in self.segments().zip(segments) {
            if own.starts_with('{') && !given.is_empty() {
                arguments.push(percent_decode_str(given).decode_utf8_lossy().into_owned());
            } else if own != *given {
                return None;
            }
        }
        (self.segments().count() == segments.len()).then_some(arguments)
    }
}
