//! Pages, in each operation's own shape.

use serde_json::{Value, json};

use super::description::{DESCRIPTION, Operation};
use super::json::{list, with};
use super::request::{Request, pairs};
use super::response::{Outcome, Response};

/// The properties of a response that have its rows and its cursor.
pub(crate) struct Shape {
    rows: String,
    end: End,
}

enum End {
    /// `paging: {cursor, more}`
    Paging,
    /// `cursor`, `has_more`, `next_url`, `url`
    HasMore,
    /// `next_cursor`
    NextCursor,
    /// `cursor`
    Cursor,
    /// None of these: all rows are in one response.
    Unpaged,
}

impl Shape {
    /// Finds the shape of an operation's response, if it has rows.
    pub fn of(operation: &Operation) -> Option<Self> {
        let (response, _) = DESCRIPTION.resolve(operation.response.as_ref()?);
        let properties = response.get("properties")?.as_object()?;
        let ends = [
            ("paging", End::Paging),
            ("has_more", End::HasMore),
            ("next_cursor", End::NextCursor),
            ("cursor", End::Cursor),
        ];
        let end = ends.into_iter().find(|(name, _)| properties.contains_key(*name));
        let is_array = |schema: &Value| DESCRIPTION.resolve(schema).0.get("type").is_some_and(|kind| kind == "array");
        let (rows, _) = properties.iter().find(|(_, schema)| is_array(schema))?;
        Some(Self { rows: rows.clone(), end: end.map_or(End::Unpaged, |(_, end)| end) })
    }

    /// Turns a response into the last page, so that no caller pages forever.
    pub fn ended(&self, response: Value, url: &str) -> Value {
        let rows = list(&response, &self.rows).to_vec();
        with(response, self.response(rows, None, url))
    }

    /// The response with some rows and the cursor of the next page.
    fn response(&self, rows: Vec<Value>, cursor: Option<String>, url: &str) -> Value {
        let more = cursor.is_some();
        let end = match self.end {
            End::Paging => json!({"paging": {"more": more, "cursor": cursor}}),
            End::HasMore => {
                let next = cursor.as_ref().map(|cursor| format!("{url}?cursor={cursor}"));
                json!({"type": "list", "has_more": more, "cursor": cursor, "url": url, "next_url": next})
            }
            End::NextCursor => json!({"next_cursor": cursor}),
            End::Cursor => json!({"cursor": cursor}),
            End::Unpaged => json!({}),
        };
        with(end, Value::Object([(self.rows.clone(), Value::Array(rows))].into_iter().collect()))
    }
}

/// The page that a request asks for, or all rows if its operation takes no `cursor`.
pub(crate) fn page(request: &Request<'_>, rows: impl Iterator<Item = Value>) -> Outcome {
    let start = match request.parameter("cursor") {
        None => 0,
        Some(cursor) => parse_cursor(cursor).ok_or_else(unknown_cursor)?,
    };
    let limit = request.parameter("limit").filter(|_| request.operation.takes("limit")).map(str::parse::<usize>);
    let size = match limit {
        None if !request.operation.takes("cursor") => usize::MAX,
        None => request.page_size,
        Some(Ok(limit @ 1..)) => limit.min(request.page_size),
        Some(_) => return Err(Response::invalid("`limit` must be at least 1")),
    };
    let mut rows = rows.skip(start);
    let page: Vec<Value> = rows.by_ref().take(size).collect();
    let cursor = rows.next().map(|_| format_cursor(start + page.len()));
    let shape = Shape::of(request.operation).unwrap_or(Shape { rows: "items".to_owned(), end: End::Unpaged });
    Ok(Response::ok(shape.response(page, cursor, request.path)))
}

/// The page of given rows that a target (path and query) asks for.
pub(crate) fn page_of(operation: &Operation, rows: &[Value], size: usize, target: &str) -> Outcome {
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let start = match pairs(query).find(|(name, value)| name == "cursor" && !value.is_empty()) {
        None => 0,
        Some((_, cursor)) => parse_cursor(&cursor).ok_or_else(unknown_cursor)?,
    };
    let end = start.saturating_add(size.max(1)).min(rows.len());
    let page = rows.get(start..end).ok_or_else(unknown_cursor)?.to_vec();
    let cursor = (end < rows.len()).then(|| format_cursor(end));
    let (Some(shape), Some(schema)) = (Shape::of(operation), &operation.response) else {
        return Err(Response::invalid("The operation returns no list"));
    };
    Ok(Response::new(operation.status(), with(DESCRIPTION.example(schema), shape.response(page, cursor, path))))
}

fn unknown_cursor() -> Response {
    Response::invalid("Unknown `cursor`: no page has returned it")
}

/// A cursor is opaque to callers. Here it is the number of rows before the page.
fn format_cursor(before: usize) -> String {
    format!("after-{before}")
}

fn parse_cursor(cursor: &str) -> Option<usize> {
    cursor.strip_prefix("after-")?.parse().ok()
}
