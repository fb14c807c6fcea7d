//! What differs between two generated surfaces, and what each difference means for a Rust caller.
//!
//! The generator itself says what a description becomes in Rust, so that nothing here predicts it. Structs and enums are
//! `#[non_exhaustive]`, and what is optional is set by name: more of it is compatible. What is required is an argument.

mod calls;
mod types;

use std::collections::BTreeSet;

use crate::generate::emit::surface::Argument;
use crate::generate::model::{Model, Operation, TypeItem};
use crate::report::{Change, Effect, Kind, Subject};

/// Every difference: calls, then types, each in the order of their names.
pub fn compare(old: &Model, new: &Model) -> Vec<Change> {
    let mut changes = Changes(Vec::new());
    calls::compare(&mut changes, old, new);
    types::compare(&mut changes, old, new);
    changes.0
}

/// The Rust names of the types that no operation leads to any more.
pub fn unreachable(old: &Model, new: &Model) -> Vec<String> {
    let left: BTreeSet<&str> = new.types.iter().map(|item| item.name.as_str()).collect();
    old.types.iter().filter(|item| !left.contains(item.name.as_str())).map(type_name).collect()
}

/// `types::Paging`.
pub fn type_name(item: &TypeItem) -> String {
    format!("types::{}", item.name)
}

/// `types::Paging::cursor`, of a field or of a variant.
pub fn member(item: &TypeItem, ident: &str) -> String {
    format!("types::{}::{ident}", item.name)
}

/// `resources::ListsSubscriptions::add`.
pub fn method(call: &Operation) -> String {
    format!("resources::{}::{}", call.resource_type(), call.method())
}

/// The changes, as they are found.
struct Changes(Vec<Change>);

impl Changes {
    fn note(&mut self, subject: Subject, effect: Effect, kind: Kind, rust: &str, what: impl Into<String>) {
        self.0.push(Change { subject, effect, kind, rust: rust.to_owned(), what: what.into() });
    }

    fn added(&mut self, subject: Subject, effect: Effect, rust: &str, what: impl Into<String>) {
        self.note(subject, effect, Kind::Added, rust, what);
    }

    fn removed(&mut self, subject: Subject, rust: &str, what: impl Into<String>) {
        self.note(subject, Effect::Breaking, Kind::Removed, rust, what);
    }

    fn breaking(&mut self, subject: Subject, rust: &str, what: impl Into<String>) {
        self.note(subject, Effect::Breaking, Kind::Changed, rust, what);
    }

    fn compatible(&mut self, subject: Subject, rust: &str, what: impl Into<String>) {
        self.note(subject, Effect::Compatible, Kind::Changed, rust, what);
    }
}

/// The names of arguments in order, for people.
fn names(arguments: &[Argument]) -> String {
    match arguments {
        [] => "nothing".to_owned(),
        some => some.iter().map(|argument| format!("`{}`", argument.ident)).collect::<Vec<_>>().join(", "),
    }
}

#[cfg(test)]
mod caller;
#[cfg(test)]
mod tests;
