//! Pages, in each operation's own shape.

use serde::Deserialize;
use serde_json::{Value, json};

use super::answer::Answer;
use super::description::{DESCRIPTION, Operation};
use super::example::of_schema;
use super::request::{Request, pairs};
use super::values::{list, with};

/// The shape of a list's pages, as `build/description/paging.rs` found it.
#[derive(Clone, Deserialize)]
pub(super) struct Shape {
    /// The property with the rows.
    #[serde(rename = "items")]
    rows: String,
    #[serde(rename = "shape")]
    end: End,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "snake_case")]
enum End {
    /// `paging: {cursor, more}`
    Paging,
    /// `cursor`, `has_more`, `next_url`, `url`
    HasMore,
    /// `next_cursor`
    NextCursor,
    /// `cursor`
    Cursor,
}

impl Shape {
    /// A response as the last page, so that nobody walks on for ever.
    pub fn ended(&self, answer: Value, url: &str) -> Value {
        let rows = list(&answer, &self.rows).to_vec();
        with(answer, self.answer(rows, None, url))
    }

    /// The response with some rows, and the cursor that leads on.
    pub fn answer(&self, rows: Vec<Value>, cursor: Option<String>, url: &str) -> Value {
        let more = cursor.is_some();
        let mut answer = match self.end {
            End::Paging => json!({"paging": {"more": more, "cursor": cursor}}),
            End::HasMore => {
                let next = cursor.as_ref().map(|cursor| format!("{url}?cursor={cursor}"));
                json!({"type": "list", "has_more": more, "cursor": cursor, "url": url, "next_url": next})
            }
            End::NextCursor => json!({"next_cursor": cursor}),
            End::Cursor => json!({"cursor": cursor}),
        };
        if let Some(answer) = answer.as_object_mut() {
            answer.insert(self.rows.clone(), Value::Array(rows));
        }
        answer
    }
}

/// The page of all rows that a request asks for. A cursor is opaque to callers; here it is how many rows came before.
pub(super) fn page(request: &Request<'_>, size: usize, rows: impl Iterator<Item = Value>) -> Result<Answer, Answer> {
    let start = match request.parameter("cursor") {
        None => 0,
        Some(cursor) => read_cursor(cursor).ok_or_else(|| Answer::invalid("`cursor` is not one that was given out"))?,
    };
    // An operation that does not describe it takes no notice of it.
    let takes_limit = request.operation.query.iter().any(|parameter| parameter.name == "limit");
    let size = match request.parameter("limit").filter(|_| takes_limit).map(str::parse::<usize>) {
        None => size,
        Some(Ok(limit @ 1..)) => limit.min(size),
        Some(_) => return Err(Answer::invalid("`limit` must be at least 1")),
    };
    let mut rows = rows.skip(start);
    let page: Vec<Value> = rows.by_ref().take(size).collect();
    let cursor = rows.next().map(|_| write_cursor(start + page.len()));
    let shape = request.operation.paging.clone().unwrap_or(Shape { rows: "items".to_owned(), end: End::Paging });
    Ok(Answer::ok(shape.answer(page, cursor, &request.url)))
}

/// The page of given rows that a path with its query asks for; `None` for a cursor that was not given out.
pub(super) fn served(operation: &Operation, rows: &[Value], size: usize, target: &str) -> Option<Answer> {
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let start = match pairs(query).find(|(name, value)| name == "cursor" && !value.is_empty()) {
        None => 0,
        Some((_, cursor)) => read_cursor(&cursor)?,
    };
    let end = start.saturating_add(size.max(1)).min(rows.len());
    let page = rows.get(start..end)?.to_vec();
    let cursor = (end < rows.len()).then(|| write_cursor(end));
    let shape = operation.paging.as_ref()?;
    let rest = of_schema(&DESCRIPTION, operation.answer.as_ref()?);
    Some(Answer::new(operation.status, with(rest, shape.answer(page, cursor, path))))
}

fn write_cursor(before: usize) -> String {
    format!("after-{before}")
}

fn read_cursor(cursor: &str) -> Option<usize> {
    cursor.strip_prefix("after-")?.parse().ok()
}
