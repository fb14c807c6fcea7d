//! The differences between two generated surfaces, and what each means for a Rust caller.
//!
//! The generator generates Rust from both descriptions, so nothing here predicts its output. Structs and enums are
//! `#[non_exhaustive]`, and optional values are set by name: additions are compatible. Required values are arguments.

use std::fmt::Display;

use serde::Serialize;

use crate::generator::emit::surface::Argument;
use crate::generator::model::{Model, Operation, TypeItem, TypeShape};
use crate::report::{changed_calls, changed_types};

/// One difference, by the Rust name of the changed item.
#[derive(Debug, PartialEq, Serialize)]
pub struct Change {
    pub subject: Subject,
    pub effect: Effect,
    pub kind: Kind,
    pub rust: String,
    pub what: String,
}

/// The subject of a change.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Subject {
    Operation,
    Parameter,
    Schema,
    Property,
    Variant,
    Value,
}

/// The effect of a change on a program that uses the crate.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Effect {
    Breaking,
    Compatible,
}

/// The direction of a change.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    Added,
    Removed,
    Changed,
    Deprecated,
}

impl Change {
    /// Returns `true` for what needs at least a minor version from 1.0 on.
    pub fn is_minor(&self) -> bool {
        self.is_addition() || self.kind == Kind::Deprecated
    }

    pub fn is_addition(&self) -> bool {
        self.effect == Effect::Compatible && self.kind == Kind::Added
    }
}

/// Every difference: calls, then types, each in the order of their names.
pub fn compare(old: &Model, new: &Model) -> Vec<Change> {
    let mut changes = Vec::new();
    changed_calls::compare(&mut changes, old, new);
    changed_types::compare(&mut changes, old, new);
    changes
}

/// The Rust names of the types that no operation uses anymore.
pub fn unused_types(old: &Model, new: &Model) -> Vec<String> {
    old.types.iter().filter(|item| new.item(&item.name).is_none()).map(type_name).collect()
}

/// `types::Paging`.
pub fn type_name(item: &TypeItem) -> String {
    format!("types::{}", item.name)
}

/// `types::Paging::cursor`, for a field or a variant.
pub fn member(item: &TypeItem, ident: &str) -> String {
    format!("types::{}::{ident}", item.name)
}

/// The fields, values or variants of a type.
pub fn members(item: &TypeItem) -> Vec<String> {
    let idents: Vec<&String> = match &item.shape {
        TypeShape::Structure { fields, .. } => fields.iter().map(|field| &field.ident).collect(),
        TypeShape::Enum(values) => values.iter().map(|value| &value.ident).collect(),
        TypeShape::Union { variants } => variants.iter().map(|variant| &variant.ident).collect(),
    };
    idents.into_iter().map(|ident| member(item, ident)).collect()
}

/// `resources::ListsSubscriptions::add`.
pub fn method(call: &Operation) -> String {
    format!("resources::{}::{}", call.resource_type(), call.method())
}

/// The items of two lists by their key: those of the old list, then those that are only in the new one.
pub fn pairs<'a, T>(
    olds: &'a [T],
    news: &'a [T],
    key: impl Fn(&T) -> &str,
) -> Vec<(&'a T, Option<&'a T>, Option<&'a T>)> {
    let find = |list: &'a [T], item| list.iter().find(|other| key(other) == key(item));
    let known = olds.iter().map(|was| (was, Some(was), find(news, was)));
    let added = news.iter().filter(|is| find(olds, is).is_none()).map(|is| (is, None, Some(is)));
    known.chain(added).collect()
}

/// A collector of the changes of one item.
pub struct Item<'a> {
    pub changes: &'a mut Vec<Change>,
    pub subject: Subject,
    /// The name in Rust.
    pub rust: String,
}

impl Item<'_> {
    fn push(&mut self, effect: Effect, kind: Kind, what: impl Into<String>) {
        let (subject, rust) = (self.subject, self.rust.clone());
        self.changes.push(Change { subject, effect, kind, rust, what: what.into() });
    }

    pub fn added(&mut self, effect: Effect, what: impl Into<String>) {
        self.push(effect, Kind::Added, what);
    }

    pub fn removed(&mut self, what: impl Into<String>) {
        self.push(Effect::Breaking, Kind::Removed, what);
    }

    pub fn changed(&mut self, effect: Effect, what: impl Into<String>) {
        self.push(effect, Kind::Changed, what);
    }

    /// Compares two values: "returns `is`, was `was`".
    pub fn compare(&mut self, effect: Effect, what: &str, was: impl Display, is: impl Display) {
        let (was, is) = (was.to_string(), is.to_string());
        if was != is {
            self.changed(effect, format!("{what} {is}, was {was}"));
        }
    }

    /// Compares two deprecation notes of the item, or of the part of it with a prefix.
    pub fn deprecation(&mut self, prefix: &str, was: Option<&String>, is: Option<&String>) {
        match (was, is) {
            (None, Some(note)) => {
                self.push(Effect::Compatible, Kind::Deprecated, format!("{prefix}is deprecated: {note}"));
            }
            (Some(_), None) => self.changed(Effect::Compatible, format!("{prefix}is no longer deprecated")),
            _ => {}
        }
    }
}

/// The names of arguments in order, for messages.
pub fn names(arguments: &[Argument]) -> String {
    match arguments {
        [] => "nothing".to_owned(),
        some => some.iter().map(|argument| format!("`{}`", argument.ident)).collect::<Vec<_>>().join(", "),
    }
}
