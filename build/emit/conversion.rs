//! The types that arguments accept, and the expressions that convert them.

use proc_macro2::TokenStream;
use quote::{ToTokens as _, quote};

use crate::model::rust_type::RustType;
use crate::model::{Model, TypeShape};

/// The type of an argument that accepts everything that unambiguously converts into the given type.
pub fn accepted(model: &Model, kind: &RustType) -> TokenStream {
    match kind {
        RustType::List(item) => {
            let item = accepted_item(model, item);
            quote!(impl IntoIterator<Item = #item>)
        }
        RustType::Map(value) => {
            let value = accepted_item(model, value);
            quote!(impl IntoIterator<Item = (impl Into<String>, #value)>)
        }
        RustType::Nullable(inner) | RustType::Boxed(inner) => accepted(model, inner),
        RustType::Optional(_) => kind.to_token_stream(),
        kind if is_plain(model, kind) => kind.to_token_stream(),
        kind => quote!(impl Into<#kind>),
    }
}

fn accepted_item(model: &Model, item: &RustType) -> TokenStream {
    match item {
        RustType::Map(_) | RustType::Optional(_) => item.to_token_stream(),
        item => accepted(model, item),
    }
}

/// The expression that makes the value of an argument.
pub fn converted(model: &Model, kind: &RustType, argument: TokenStream) -> TokenStream {
    match kind {
        RustType::List(item) if is_unchanged(model, item) => quote!(#argument.into_iter().collect()),
        RustType::List(item) if matches!(**item, RustType::List(_)) => {
            let inner = converted(model, item, quote!(inner));
            quote!(#argument.into_iter().map(|inner| #inner).collect())
        }
        RustType::List(_) => quote!(#argument.into_iter().map(Into::into).collect()),
        RustType::Map(value) => {
            let value = if is_unchanged(model, value) { quote!(value) } else { converted(model, value, quote!(value)) };
            quote!(#argument.into_iter().map(|(name, value)| (name.into(), #value)).collect())
        }
        RustType::Nullable(inner) => {
            let value = converted(model, inner, argument);
            quote!(types::Nullable::Value(#value))
        }
        RustType::Boxed(inner) => {
            let value = converted(model, inner, argument);
            quote!(Box::new(#value))
        }
        RustType::Optional(_) => argument,
        kind if is_plain(model, kind) => argument,
        _ => quote!(#argument.into()),
    }
}

fn is_unchanged(model: &Model, item: &RustType) -> bool {
    matches!(item, RustType::Map(_) | RustType::Optional(_)) || is_plain(model, item)
}

/// Returns `true` if nothing else converts into it: then the type itself is easier to read, and so are compiler errors.
pub fn is_plain(model: &Model, kind: &RustType) -> bool {
    match kind {
        RustType::Boolean => true,
        RustType::Named(name) => model.item(name).is_none_or(|item| !matches!(item.shape, TypeShape::Union { .. })),
        _ => false,
    }
}
