//! Changes to types: fields, variants and values, and the arguments of `new` in order.

use std::collections::BTreeSet;

use crate::generator::emit::surface::{Argument, constructor};
use crate::generator::model::{EnumValue, Field, Model, TypeItem, TypeShape, Variant};
use crate::report::changes::Effect::{Breaking, Compatible};
use crate::report::changes::{Change, Item, Subject, member, names, pairs, type_name};

pub fn compare(changes: &mut Vec<Change>, old: &Model, new: &Model) {
    for (any, was, is) in pairs(&old.types, &new.types, |item| &item.name) {
        let mut item = Item { changes, subject: Subject::Schema, rust: type_name(any) };
        match (was, is) {
            (Some(was), Some(is)) => changed(&mut item, (old, was), (new, is)),
            (None, Some(is)) => item.added(Compatible, format!("added, {}", kind(is))),
            // Removed types are a separate list.
            _ => {}
        }
    }
}

fn kind(item: &TypeItem) -> &'static str {
    match item.shape {
        TypeShape::Structure { .. } => "a struct",
        TypeShape::Enum(_) => "an enum",
        TypeShape::Union { .. } => "a union",
    }
}

fn changed(item: &mut Item<'_>, (old_model, old): (&Model, &TypeItem), (new_model, new): (&Model, &TypeItem)) {
    features(item, old, new);
    item.deprecation("", old.deprecated.as_ref(), new.deprecated.as_ref());
    match (&old.shape, &new.shape) {
        (
            TypeShape::Structure { fields: were, arguments: old_arguments, constants: old_constants },
            TypeShape::Structure { fields: are, arguments: new_arguments, constants: new_constants },
        ) => {
            fields(item, new, sent(new_model).contains(new.name.as_str()), were, are);
            // Arguments of one type that change positions still compile.
            let was = constructor(old_model, were, old_arguments);
            let is = constructor(new_model, are, new_arguments);
            let both = |these: &[Argument], others: &[Argument]| {
                let is_other = |this: &&Argument| others.iter().any(|other| other.ident == this.ident);
                names(&these.iter().filter(is_other).cloned().collect::<Vec<_>>())
            };
            item.compare(Breaking, "takes its arguments in the order", both(&was, &is), both(&is, &was));
            constants(item, old_constants, new_constants);
        }
        (TypeShape::Enum(were), TypeShape::Enum(are)) => values(item, new, were, are),
        (TypeShape::Union { variants: were }, TypeShape::Union { variants: are }) => {
            variants(item, new_model, new, were, are);
        }
        _ => item.compare(Breaking, "is", kind(old), kind(new)),
    }
}

/// Compares the features: with other resources disabled, a type only exists if an enabled resource needs it.
fn features(item: &mut Item<'_>, old: &TypeItem, new: &TypeItem) {
    let lost: Vec<String> = match old.features.is_empty() {
        _ if new.features.is_empty() => return,
        true => vec!["without any feature".to_owned()],
        false => {
            let lost = old.features.iter().filter(|feature| !new.features.contains(feature));
            lost.map(|feature| format!("with only the feature `{feature}`")).collect()
        }
    };
    if !lost.is_empty() {
        item.changed(Breaking, format!("is no longer available {}", lost.join(" or ")));
    }
}

/// The types that a request can contain.
fn sent(model: &Model) -> BTreeSet<&str> {
    let mut sent = BTreeSet::new();
    let mut rest: Vec<&str> = model.operations.iter().filter_map(|call| call.body.as_ref()?.named()).collect();
    while let Some(name) = rest.pop() {
        if sent.insert(name) {
            rest.extend(match model.item(name).map(|item| &item.shape) {
                Some(TypeShape::Structure { fields, .. }) => {
                    fields.iter().filter_map(|field| field.kind.named()).collect()
                }
                Some(TypeShape::Union { variants }) => {
                    variants.iter().filter_map(|variant| variant.kind.named()).collect()
                }
                _ => Vec::new(),
            });
        }
    }
    sent
}

fn fields(item: &mut Item<'_>, owner: &TypeItem, is_sent: bool, olds: &[Field], news: &[Field]) {
    for (any, was, is) in pairs(olds, news, |field| &field.ident) {
        let mut item = Item { changes: item.changes, subject: Subject::Property, rust: member(owner, &any.ident) };
        match (was, is) {
            (Some(was), Some(is)) => field(&mut item, is_sent, was, is),
            (Some(_), None) => item.removed("removed"),
            _ => match &any.preset {
                Some(preset) => item.added(Compatible, format!("property added, {preset} unless it is set")),
                None if any.required => item.added(Breaking, "required property added, which is an argument"),
                None => item.added(Compatible, "optional property added"),
            },
        }
    }
}

fn field(item: &mut Item<'_>, is_sent: bool, was: &Field, is: &Field) {
    item.compare(Compatible, "is sent", format!("as `{}`", was.name), format!("as `{}`", is.name));
    item.deprecation("", was.deprecated.as_ref(), is.deprecated.as_ref());
    match (was.has_setter(), is.has_setter()) {
        (true, false) => item.changed(Breaking, "is now required, and an argument"),
        (false, true) => item.changed(Breaking, "is now optional, and no longer an argument"),
        (has_setter, _) => {
            item.compare(Breaking, "is", was.declared(), is.declared());
            if was.declared() != is.declared() || !has_setter || !is_sent {
                return;
            }
            match (was.required, is.required) {
                (false, true) if is.preset.is_none() => {
                    item.changed(Breaking, "is now always sent, as null unless it is set");
                }
                (true, false) => item.changed(Compatible, "is no longer sent as null if it is not set"),
                _ => {}
            }
            return;
        }
    }
    item.compare(Breaking, "is", &was.kind, &is.kind);
}

/// Compares the constants, which callers neither set nor see.
fn constants(item: &mut Item<'_>, olds: &[(String, String)], news: &[(String, String)]) {
    item.subject = Subject::Property;
    for ((name, value), was, is) in pairs(olds, news, |(name, _)| name) {
        match (was, is) {
            (Some((_, was)), Some((_, is))) => {
                item.compare(Compatible, &format!("is sent with `{name}`"), format!("`{was}`"), format!("`{is}`"));
            }
            (Some(_), None) => item.changed(Compatible, format!("`{name}` is no longer always sent as `{value}`")),
            _ => item.changed(Compatible, format!("is sent with `{name}` `{value}` now")),
        }
    }
}

fn values(item: &mut Item<'_>, owner: &TypeItem, olds: &[EnumValue], news: &[EnumValue]) {
    for (any, was, is) in pairs(olds, news, |value| &value.ident) {
        let mut item = Item { changes: item.changes, subject: Subject::Value, rust: member(owner, &any.ident) };
        match (was, is) {
            (Some(was), Some(is)) => {
                item.compare(Compatible, "is sent", format!("as `{}`", was.value), format!("as `{}`", is.value));
            }
            (Some(_), None) => item.removed(format!("value `{}` removed", any.value)),
            _ => item.added(Compatible, format!("value `{}` added", any.value)),
        }
    }
}

/// Returns `true` if a union no longer recognizes a variant by its former property or values.
fn has_other_tags(new_model: &Model, was: &Variant, is: &Variant) -> bool {
    // A constant is reported where it is, in its structure.
    let constants = match is.kind.named().and_then(|name| new_model.item(name)).map(|item| &item.shape) {
        Some(TypeShape::Structure { constants, .. }) => constants.as_slice(),
        _ => &[],
    };
    let now = |name: &str| is.shape.tags.iter().find(|(other, _)| other == name).map(|(_, values)| values);
    let tags = was.shape.tags.iter().filter(|(name, _)| !constants.iter().any(|(other, _)| other == name));
    let tags = || tags.clone().map(|(name, values)| (values, now(name)));
    let has_lost = tags().any(|(were, now)| now.is_some_and(|now| were.iter().any(|value| !now.contains(value))));
    has_lost || (!is.shape.tags.is_empty() && tags().next().is_some() && tags().all(|(_, now)| now.is_none()))
}

/// The properties and values by which a union recognizes a variant.
fn tags(variant: &Variant) -> String {
    let tags = variant.shape.tags.iter().map(|(name, values)| format!("`{name}` `{}`", values.join("`/`")));
    let tags = tags.collect::<Vec<_>>().join(" and ");
    if tags.is_empty() { "its properties".to_owned() } else { tags }
}

fn variants(item: &mut Item<'_>, new_model: &Model, owner: &TypeItem, olds: &[Variant], news: &[Variant]) {
    for (any, was, is) in pairs(olds, news, |variant| &variant.ident) {
        let mut item = Item { changes: item.changes, subject: Subject::Variant, rust: member(owner, &any.ident) };
        match (was, is) {
            (Some(was), Some(is)) if is.kind == was.kind && has_other_tags(new_model, was, is) => {
                let (was, is) = (format!("by {}", tags(was)), format!("by {}", tags(is)));
                item.compare(Compatible, "is recognized", was, is);
            }
            (Some(was), Some(is)) => item.compare(Breaking, "holds", &was.kind, &is.kind),
            (Some(_), None) => item.removed(format!("variant of {} removed", any.kind)),
            _ => item.added(Compatible, format!("variant of {} added", any.kind)),
        }
    }
}
