//! What an argument takes, and how it becomes what it is for.

use crate::model::Model;
use crate::model::TypeShape;
use crate::model::rust_type::RustType;

/// The type of an argument that accepts everything which is unambiguously one of these.
pub fn accepted(model: &Model, kind: &RustType) -> String {
    match kind {
        RustType::List(item) => format!("impl IntoIterator<Item = {}>", accepted_item(model, item)),
        RustType::Map(value) => {
            format!("impl IntoIterator<Item = (impl Into<String>, {})>", accepted_item(model, value))
        }
        RustType::Boxed(inner) | RustType::Nullable(inner) => accepted(model, inner),
        RustType::Optional(inner) => format!("Option<{inner}>"),
        kind if is_plain(model, kind) => kind.to_string(),
        kind => format!("impl Into<{kind}>"),
    }
}

fn accepted_item(model: &Model, item: &RustType) -> String {
    match item {
        RustType::Map(_) | RustType::Optional(_) | RustType::Boxed(_) => item.to_string(),
        item => accepted(model, item),
    }
}

/// The expression that makes the value of an argument.
pub fn converted(model: &Model, kind: &RustType, argument: &str) -> String {
    match kind {
        RustType::List(item) if is_as_given(model, item) => format!("{argument}.into_iter().collect()"),
        RustType::List(item) if matches!(**item, RustType::List(_)) => {
            format!("{argument}.into_iter().map(|inner| {}).collect()", converted(model, item, "inner"))
        }
        RustType::List(_) => format!("{argument}.into_iter().map(Into::into).collect()"),
        RustType::Map(value) if is_as_given(model, value) => {
            format!("{argument}.into_iter().map(|(name, value)| (name.into(), value)).collect()")
        }
        RustType::Map(_) => {
            format!("{argument}.into_iter().map(|(name, value)| (name.into(), value.into())).collect()")
        }
        RustType::Boxed(inner) => format!("Box::new({})", converted(model, inner, argument)),
        RustType::Nullable(inner) => format!("types::Nullable::Value({})", converted(model, inner, argument)),
        RustType::Optional(_) => argument.to_owned(),
        kind if is_plain(model, kind) => argument.to_owned(),
        _ => format!("{argument}.into()"),
    }
}

fn is_as_given(model: &Model, item: &RustType) -> bool {
    matches!(item, RustType::Map(_) | RustType::Optional(_) | RustType::Boxed(_)) || is_plain(model, item)
}

/// Whether nothing else converts into it: then the type itself reads better, and its errors, too.
pub fn is_plain(model: &Model, kind: &RustType) -> bool {
    match kind {
        RustType::Boolean => true,
        RustType::Named(name) => model.item(name).is_none_or(|item| !matches!(item.shape, TypeShape::Union { .. })),
        _ => false,
    }
}
