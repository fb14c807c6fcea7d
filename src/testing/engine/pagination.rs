//! The page that a request asks for.

use serde_json::{Map, Value, json};

use super::description::{DESCRIPTION, Operation};
use super::json::{object, with};
use super::request::{Request, pairs};
use super::response::{Outcome, Response};
use super::shape::Shape;

/// The page that a request asks for, or all rows if its operation does not page.
pub(crate) fn page(request: &Request<'_>, rows: impl Iterator<Item = Value>) -> Outcome {
    page_of_size(limit(request, usize::MAX)?, request, rows)
}

/// The number of rows that a request asks for, or a default.
pub(crate) fn limit(request: &Request<'_>, default: usize) -> Result<usize, Response> {
    match request.parameter("limit").filter(|_| request.operation.parameter("limit").is_some()).map(str::parse) {
        None => Ok(default),
        Some(Ok(limit @ 1..)) => Ok(limit),
        Some(_) => Err(Response::invalid("`limit` must be at least 1")),
    }
}

/// Like [`page`], with a given number of rows, or fewer if the fake's pages are smaller.
pub(crate) fn page_of_size(size: usize, request: &Request<'_>, rows: impl Iterator<Item = Value>) -> Outcome {
    let Some(shape) = &request.operation.paging else { return Ok(Response::ok(unpaged(request.operation, rows))) };
    page_after(request.parameter("cursor"), size.min(request.page_size), shape, rows, request.path).map(Response::ok)
}

fn page_after(
    cursor: Option<&str>,
    size: usize,
    shape: &Shape,
    rows: impl Iterator<Item = Value>,
    path: &str,
) -> Result<Value, Response> {
    // A cursor is opaque to callers. Here it is the number of rows before the page.
    let before = |cursor: &str| cursor.strip_prefix("after-")?.parse().ok();
    let unknown = || Response::invalid("Unknown `cursor`: no page has returned it");
    let start = cursor.map_or(Ok(0), |cursor| before(cursor).ok_or_else(unknown))?;
    let mut rows = rows.skip(start);
    let page: Vec<Value> = rows.by_ref().take(size).collect();
    let cursor = rows.next().map(|_| format!("after-{}", start + page.len()));
    Ok(shape.response(page, cursor, path))
}

/// The response with all rows, which are in its only array.
fn unpaged(operation: &Operation, rows: impl Iterator<Item = Value>) -> Value {
    let response = operation.response.as_ref().map(|schema| DESCRIPTION.resolve(schema).0);
    let properties = response.and_then(|schema| object(schema, "properties"));
    let is_array = |schema: &Value| DESCRIPTION.resolve(schema).0.get("type").is_some_and(|kind| kind == "array");
    let members = properties.into_iter().flatten().filter_map(|(name, schema)| match name.as_str() {
        "paging" => Some((name.clone(), json!({"more": false, "cursor": null}))),
        _ => is_array(schema).then(|| (name.clone(), Value::Null)),
    });
    let mut members: Map<String, Value> = members.collect();
    if let Some(array) = members.values_mut().find(|value| value.is_null()) {
        *array = rows.collect();
    }
    Value::Object(members)
}

/// The page of given rows that a target (path and query) asks for.
pub(crate) fn page_of(operation: &Operation, rows: &[Value], size: usize, target: &str) -> Outcome {
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let cursor = pairs(query).find(|(name, value)| name == "cursor" && !value.is_empty());
    let (Some(shape), Some(schema)) = (&operation.paging, &operation.response) else {
        return Err(Response::invalid("The operation returns no list"));
    };
    let cursor = cursor.as_ref().map(|(_, cursor)| cursor.as_str());
    let page = page_after(cursor, size.max(1), shape, rows.iter().cloned(), path)?;
    Ok(Response::new(operation.status, with(DESCRIPTION.example(schema), page)))
}
