//! The shapes of pages.

use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::json::{list, with};

/// The shape of a list's pages, as `build/description/paging.rs` found it.
#[derive(Deserialize)]
pub(crate) struct Shape {
    /// The property with the rows.
    #[serde(rename = "items")]
    rows: String,
    #[serde(rename = "shape")]
    end: End,
}

#[derive(Deserialize)]
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
    /// Turns a response into the last page, so that no caller pages forever.
    pub fn ended(&self, response: Value, url: &str) -> Value {
        let rows = list(&response, &self.rows).to_vec();
        with(response, self.response(rows, None, url))
    }

    /// The response with some rows and the cursor of the next page.
    pub fn response(&self, rows: Vec<Value>, cursor: Option<String>, url: &str) -> Value {
        let more = cursor.is_some();
        let end = match self.end {
            End::Paging => json!({"paging": {"more": more, "cursor": cursor}}),
            End::HasMore => {
                let next = cursor.as_ref().map(|cursor| format!("{url}?cursor={cursor}"));
                json!({"type": "list", "has_more": more, "cursor": cursor, "url": url, "next_url": next})
            }
            End::NextCursor => json!({"next_cursor": cursor}),
            End::Cursor => json!({"cursor": cursor}),
        };
        with(end, Map::from_iter([(self.rows.clone(), Value::Array(rows))]).into())
    }
}
