//! Pages, in each operation's own shape.

use serde_json::{Value, json};

use crate::testing::engine::description::{DESCRIPTION, Operation};
use crate::testing::engine::example::of_schema;
use crate::testing::engine::json::{list, with};
use crate::testing::engine::request::{Request, pairs};
use crate::testing::engine::response::Answer;

/// How a list's answer tells its rows and its end.
pub(crate) struct Shape {
    /// The property with the rows.
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
}

impl Shape {
    /// The shape of an operation's answer, if it is one that pages.
    pub fn of(operation: &Operation) -> Option<Self> {
        let (answer, _) = DESCRIPTION.resolve(operation.answer.as_ref()?);
        let properties = answer.get("properties")?.as_object()?;
        let end = if properties.contains_key("paging") {
            End::Paging
        } else if properties.contains_key("has_more") {
            End::HasMore
        } else if properties.contains_key("next_cursor") {
            End::NextCursor
        } else if properties.contains_key("cursor") {
            End::Cursor
        } else {
            return None;
        };
        let is_array = |schema: &Value| DESCRIPTION.resolve(schema).0.get("type").is_some_and(|kind| kind == "array");
        let (rows, _) = properties.iter().find(|(_, schema)| is_array(schema))?;
        Some(Self { rows: rows.clone(), end })
    }

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
pub(crate) fn page(request: &Request<'_>, size: usize, rows: impl Iterator<Item = Value>) -> Result<Answer, Answer> {
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
    let shape = Shape::of(request.operation).unwrap_or(Shape { rows: "items".to_owned(), end: End::Paging });
    Ok(Answer::ok(shape.answer(page, cursor, &request.url)))
}

/// The page of given rows that a path with its query asks for; `None` for a cursor that was not given out.
pub(crate) fn served(operation: &Operation, rows: &[Value], size: usize, target: &str) -> Option<Answer> {
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let start = match pairs(query).find(|(name, value)| name == "cursor" && !value.is_empty()) {
        None => 0,
        Some((_, cursor)) => read_cursor(&cursor)?,
    };
    let end = start.saturating_add(size.max(1)).min(rows.len());
    let page = rows.get(start..end)?.to_vec();
    let cursor = (end < rows.len()).then(|| write_cursor(end));
    let shape = Shape::of(operation)?;
    let rest = of_schema(&DESCRIPTION, operation.answer.as_ref()?);
    Some(Answer::new(operation.status, with(rest, shape.answer(page, cursor, path))))
}

fn write_cursor(before: usize) -> String {
    format!("after-{before}")
}

fn read_cursor(cursor: &str) -> Option<usize> {
    cursor.strip_prefix("after-")?.parse().ok()
}
