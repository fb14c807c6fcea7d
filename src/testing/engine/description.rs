//! The API's description, as `build/emit/described.rs` left it: what a request and a response look like.

use std::sync::LazyLock;

use serde_json::{Map, Value};

use crate::testing::engine::routes::{self, Handler};

pub(crate) static DESCRIPTION: LazyLock<Description> =
    LazyLock::new(|| Description::read(include_str!(concat!(env!("OUT_DIR"), "/described.json"))));

#[derive(Default)]
pub(crate) struct Description {
    pub operations: Vec<Operation>,
    schemas: Map<String, Value>,
}

/// One operation of the API.
pub(crate) struct Operation {
    /// The name that Courier's reference has for it, such as `lists.update`.
    pub id: String,
    pub method: String,
    segments: Vec<Segment>,
    pub query: Vec<Parameter>,
    pub body: Option<Value>,
    pub status: u16,
    pub answer: Option<Value>,
    /// What the fake does for it; without one it answers an example.
    pub handler: Option<Handler>,
}

pub(crate) struct Parameter {
    pub name: String,
    pub required: bool,
    pub schema: Value,
}

enum Segment {
    Literal(String),
    Argument,
}

/// The operation that a method and a path lead to.
pub(crate) enum Found {
    Operation(&'static Operation, Vec<String>),
    OtherMethod,
    Nothing,
}

impl Description {
    fn read(text: &str) -> Self {
        let Ok(Value::Object(mut description)) = serde_json::from_str(text) else { return Self::default() };
        let operations = match description.remove("operations") {
            Some(Value::Array(operations)) => operations.into_iter().filter_map(Operation::read).collect(),
            _ => Vec::new(),
        };
        let schemas = match description.remove("schemas") {
            Some(Value::Object(schemas)) => schemas,
            _ => Map::new(),
        };
        Self { operations, schemas }
    }

    /// The operation with a method and a path. A literal segment wins over an argument.
    pub fn find(&'static self, method: &str, path: &str) -> Found {
        let segments: Vec<&str> = path.trim_matches('/').split('/').collect();
        let matching = self.operations.iter().filter(|operation| operation.matches(&segments));
        let of_method = matching.clone().filter(|operation| operation.method == method);
        match (of_method.max_by_key(|operation| operation.literals()), matching.count()) {
            (Some(operation), _) => Found::Operation(operation, operation.arguments(&segments)),
            (None, 0) => Found::Nothing,
            (None, _) => Found::OtherMethod,
        }
    }

    /// The schema that a reference leads to, and whether null is allowed anywhere on the way.
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

    /// The component schemas.
    #[cfg(test)]
    pub fn schemas(&self) -> impl Iterator<Item = (&String, &Value)> {
        self.schemas.iter()
    }
}

fn is_nullable(schema: &Value) -> bool {
    schema.get("nullable").is_some_and(|nullable| nullable == true)
}

impl Operation {
    fn read(value: Value) -> Option<Self> {
        let text = |name: &str| value.get(name).and_then(Value::as_str).map(str::to_owned);
        let schema = |name: &str| value.get(name).filter(|schema| schema.is_object()).cloned();
        let (method, path) = (text("method")?, text("path")?);
        let segments = path.trim_matches('/').split('/').map(Segment::read).collect::<Vec<_>>();
        let shape: Vec<&str> = segments.iter().map(Segment::shape).collect();
        let handler = routes::handler(&method, &shape);
        let query = value.get("query").and_then(Value::as_array).into_iter().flatten();
        Some(Self {
            id: text("id")?,
            query: query.filter_map(Parameter::read).collect(),
            body: schema("body"),
            status: value
                .get("status")
                .and_then(Value::as_u64)
                .and_then(|status| status.try_into().ok())
                .unwrap_or(200),
            answer: schema("answer"),
            method,
            segments,
            handler,
        })
    }

    fn matches(&self, segments: &[&str]) -> bool {
        self.segments.len() == segments.len()
            && self.segments.iter().zip(segments).all(|(own, given)| match own {
                Segment::Literal(literal) => literal == given,
                Segment::Argument => !given.is_empty(),
            })
    }

    /// A path of it, with `x` for every argument.
    #[cfg(test)]
    pub fn example_path(&self) -> String {
        let segments = self.segments.iter().map(|segment| match segment {
            Segment::Literal(literal) => literal,
            Segment::Argument => "x",
        });
        segments.fold(String::new(), |path, segment| path + "/" + segment)
    }

    fn literals(&self) -> usize {
        self.segments.iter().filter(|segment| matches!(segment, Segment::Literal(_))).count()
    }

    fn arguments(&self, segments: &[&str]) -> Vec<String> {
        let arguments = self.segments.iter().zip(segments).filter(|(own, _)| matches!(own, Segment::Argument));
        let decode = |text: &str| percent_encoding::percent_decode_str(text).decode_utf8_lossy().into_owned();
        arguments.map(|(_, given)| decode(given)).collect()
    }
}

impl Segment {
    fn read(text: &str) -> Self {
        if text.starts_with('{') { Self::Argument } else { Self::Literal(text.to_owned()) }
    }

    fn shape(&self) -> &str {
        match self {
            Self::Literal(literal) => literal,
            Self::Argument => "{}",
        }
    }
}

impl Parameter {
    fn read(value: &Value) -> Option<Self> {
        Some(Self {
            name: value.get("name")?.as_str()?.to_owned(),
            required: value.get("required").is_some_and(|required| required == true),
            schema: value.get("schema").cloned().unwrap_or_default(),
        })
    }
}
