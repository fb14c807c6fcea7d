//! The API's description, as `build/emit/described.rs` wrote it: the requests and responses of each operation.

use std::sync::LazyLock;

use percent_encoding::percent_decode_str;
use serde::Deserialize;
use serde_json::{Map, Value};

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
        let matching = self.operations.iter().filter(|operation| operation.matches(&segments));
        let with_method = matching.clone().filter(|operation| operation.method == method);
        match (with_method.min_by_key(|operation| operation.argument_indices().count()), matching.count()) {
            (Some(operation), _) => Route::Operation(operation, operation.arguments(&segments)),
            (None, 0) => Route::Unknown,
            (None, _) => Route::OtherMethod,
        }
    }

    pub fn operation(&self, id: &str) -> Option<&Operation> {
        self.operations.iter().find(|operation| operation.id == id)
    }

    /// Follows references. Returns the schema, and `true` if null is allowed anywhere on the way.
    pub fn resolve<'a>(&'a self, mut schema: &'a Value) -> (&'a Value, bool) {
        let mut nullable = is_nullable(schema);
        while let Some(next) = self.next(schema) {
            schema = next;
            nullable |= is_nullable(schema);
        }
        (schema, nullable)
    }

    fn next<'a>(&'a self, schema: &'a Value) -> Option<&'a Value> {
        if let Some(target) = schema.get("$ref").and_then(Value::as_str) {
            return self.schemas.get(target.rsplit('/').next()?);
        }
        match schema.get("allOf").and_then(Value::as_array).map(Vec::as_slice) {
            Some([only]) => Some(only),
            _ => None,
        }
    }
}

fn is_nullable(schema: &Value) -> bool {
    schema.get("nullable").is_some_and(|nullable| nullable == true)
}

fn is_argument(segment: &str) -> bool {
    segment.starts_with('{')
}

impl Operation {
    pub fn parameter(&self, name: &str) -> Option<&Parameter> {
        self.query.iter().find(|own| own.name == name)
    }

    pub fn segments(&self) -> impl Iterator<Item = &str> {
        self.path.trim_matches('/').split('/')
    }

    fn matches(&self, segments: &[&str]) -> bool {
        let matches = |own: &str, given: &str| if is_argument(own) { !given.is_empty() } else { own == given };
        self.segments().count() == segments.len()
            && self.segments().zip(segments).all(|(own, given)| matches(own, given))
    }

    fn argument_indices(&self) -> impl Iterator<Item = usize> {
        self.segments().enumerate().filter(|(_, own)| is_argument(own)).map(|(index, _)| index)
    }

    fn arguments(&self, segments: &[&str]) -> Vec<String> {
        let arguments = self.argument_indices().filter_map(|index| segments.get(index));
        arguments.map(|text| percent_decode_str(text).decode_utf8_lossy().into_owned()).collect()
    }
}
