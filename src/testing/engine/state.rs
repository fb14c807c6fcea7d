//! Everything that a fake remembers.

use std::any::{Any, TypeId};
use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use http::HeaderMap;
use serde_json::{Value, json};

use super::idempotency::Keys;
use super::response::Response;
use super::settings::Settings;
use super::table::{Table, split};

/// A type of things that have a table in the state.
pub(crate) trait Stored: Send + 'static {
    /// Its name in the message of a 404.
    const NOUN: &'static str;
    /// `true` if calls make ever more of them, so that the oldest are dropped.
    const IS_LOG: bool = false;

    /// Returns `true` if it counts as missing.
    fn is_deleted(&self) -> bool {
        false
    }

    fn not_found(key: &str) -> Response {
        Response::not_found(Self::NOUN, split(key).1)
    }
}

/// Implements [`Stored`] for a type with its noun, and `log` if calls make ever more of it.
macro_rules! stored {
    ($kind:ident, $noun:literal) => {
        impl $crate::testing::engine::Stored for $kind {
            const NOUN: &'static str = $noun;
        }
    };
    ($kind:ident, $noun:literal, log) => {
        impl $crate::testing::engine::Stored for $kind {
            const NOUN: &'static str = $noun;
            const IS_LOG: bool = true;
        }
    };
}
pub(crate) use stored;

trait AnyTable: Any + Send {
    /// Drops the oldest rows of a log.
    fn trim(&mut self, count: usize);
}

impl<T: Stored> AnyTable for Table<T> {
    fn trim(&mut self, count: usize) {
        if T::IS_LOG {
            self.keep(count);
        }
    }
}

#[derive(Default)]
pub(crate) struct State {
    pub settings: Settings,
    id_count: u64,
    tables: HashMap<TypeId, Box<dyn AnyTable>>,
    /// The request that is being performed.
    pub cause: Option<Arc<Cause>>,
    pub sent: VecDeque<Posted>,
    pub keys: Keys,
    /// The start of each operation's current period, and the number of requests in it.
    pub rates: HashMap<&'static str, (i64, u32)>,
    pub events: VecDeque<Value>,
}

impl State {
    pub fn table<T: Stored>(&self) -> &Table<T> {
        let table = self.tables.get(&TypeId::of::<T>()).and_then(|table| (&**table as &dyn Any).downcast_ref());
        table.unwrap_or(const { &Table::new() })
    }

    #[allow(clippy::expect_used, reason = "each table is stored under the type of its rows")]
    pub fn table_mut<T: Stored>(&mut self) -> &mut Table<T> {
        let table = self.tables.entry(TypeId::of::<T>()).or_insert_with(|| Box::new(Table::<T>::new()));
        (&mut **table as &mut dyn Any).downcast_mut().expect("each table is stored under the type of its rows")
    }

    /// Returns the row with this key, or a 404.
    pub fn find<T: Stored>(&self, key: &str) -> Result<&T, Response> {
        self.table::<T>().get(key).filter(|row| !row.is_deleted()).ok_or_else(|| T::not_found(key))
    }

    /// Like [`find`](Self::find), to change the row.
    pub fn find_mut<T: Stored>(&mut self, key: &str) -> Result<&mut T, Response> {
        self.table_mut::<T>().get_mut(key).filter(|row| !row.is_deleted()).ok_or_else(|| T::not_found(key))
    }

    /// Creates an id with a prefix. Each run creates the same ids in the same order.
    pub fn new_id(&mut self, prefix: &str) -> String {
        self.id_count += 1;
        format!("{prefix}{:026}", self.id_count)
    }

    /// Makes the id of a request or a message, in Courier's format.
    pub fn new_request_id(&mut self, now: i64) -> String {
        self.id_count += 1;
        format!("1-{:08x}-{:024x}", now / 1_000, self.id_count)
    }

    /// Records the event for a webhook, if webhooks are collected.
    pub fn emit(&mut self, kind: &str, data: &Value) {
        if self.settings.webhooks {
            self.events.push_back(event(kind, data));
        }
    }

    /// Drops the oldest of everything that grows with every call.
    pub fn trim(&mut self) {
        let count = self.settings.keep;
        self.sent.drain(..self.sent.len().saturating_sub(count));
        self.events.drain(..self.events.len().saturating_sub(count));
        self.keys.keep(count);
        self.tables.values_mut().for_each(|table| table.trim(count));
    }
}

/// The request that a message comes from.
pub(crate) struct Cause {
    pub operation: &'static str,
    pub headers: HeaderMap,
    pub attempt: u32,
}

/// A message to one recipient, as it was accepted.
pub(crate) struct Posted {
    pub id: String,
    /// The message without `to`.
    pub message: Arc<Value>,
    pub to: Value,
    pub recipient: String,
    pub list: Option<String>,
    pub cause: Arc<Cause>,
}

pub(crate) fn event(kind: &str, data: &Value) -> Value {
    json!({"type": kind, "data": data})
}
