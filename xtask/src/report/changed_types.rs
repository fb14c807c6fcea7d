//! Changes to types: fields, variants and values, and the arguments of `new` in order.

use std::collections::BTreeSet;

use crate::generator::emit::surface::constructor;
use crate::generator::model::{EnumValue, Field, Model, TypeItem, TypeShape, Variant};
use crate::report::changes::{Changes, Effect, Subject, member, names, type_name};

pub fn compare(changes: &mut Changes, old: &Model, new: &Model) {
    for was in &old.types {
        // Removed types are a separate list.
        if let Some(is) = new.item(&was.name) {
            item(changes, (old, was), (new, is));
        }
    }
    for is in new.types.iter().filter(|is| old.item(&is.name).is_none()) {
        changes.added(Subject::Schema, Effect::Compatible, &type_name(is), format!("added, {}", kind(is)));
    }
}

fn kind(item: &TypeItem) -> &'static str {
    match item.shape {
        TypeShape::Structure { .. } => "a struct",
        TypeShape::Enum(_) => "an enum",
        TypeShape::Union { .. } => "a union",
    }
}

fn item(changes: &mut Changes, (old_model, old): (&Model, &TypeItem), (new_model, new): (&Model, &TypeItem)) {
    features(changes, old, new);
    changes.deprecation(Subject::Schema, &type_name(new), "", &old.deprecated, &new.deprecated);
    match (&old.shape, &new.shape) {
        (
            TypeShape::Structure { fields: were, arguments: old_arguments, constants: old_constants },
            TypeShape::Structure { fields: are, arguments: new_arguments, constants: new_constants },
        ) => {
            fields(changes, new, sent(new_model).contains(new.name.as_str()), were, are);
            // Arguments of one type that change positions still compile.
            let was = constructor(old_model, were, old_arguments);
            let is = constructor(new_model, are, new_arguments);
            let was: Vec<_> = was.into_iter().filter(|was| is.iter().any(|is| is.ident == was.ident)).collect();
            let is: Vec<_> = is.into_iter().filter(|is| was.iter().any(|was| was.ident == is.ident)).collect();
            if was.iter().map(|was| &was.ident).ne(is.iter().map(|is| &is.ident)) {
                let what = format!("takes its arguments in the order {}, was {}", names(&is), names(&was));
                changes.breaking(Subject::Schema, &type_name(new), what);
            }
            constants(changes, new, old_constants, new_constants);
        }
        (TypeShape::Enum(were), TypeShape::Enum(are)) => words(changes, new, were, are),
        (TypeShape::Union { variants: were }, TypeShape::Union { variants: are }) => {
            variants(changes, new_model, new, were, are)
        }
        _ => changes.breaking(Subject::Schema, &type_name(new), format!("is {}, was {}", kind(new), kind(old))),
    }
}

/// Compares the features: with other resources disabled, a type only exists if an enabled resource needs it.
fn features(changes: &mut Changes, old: &TypeItem, new: &TypeItem) {
    let lost: Vec<String> = match new.features.is_empty() {
        true => Vec::new(),
        false if old.features.is_empty() => vec!["without any feature".to_owned()],
        false => {
            let lost = old.features.iter().filter(|feature| !new.features.contains(feature));
            lost.map(|feature| format!("with only the feature `{feature}`")).collect()
        }
    };
    if !lost.is_empty() {
        let what = format!("is no longer available {}", lost.join(" or "));
        changes.breaking(Subject::Schema, &type_name(new), what);
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

fn fields(changes: &mut Changes, item: &TypeItem, is_sent: bool, olds: &[Field], news: &[Field]) {
    for was in olds {
        let rust = member(item, &was.ident);
        let Some(is) = news.iter().find(|is| is.ident == was.ident) else {
            changes.removed(Subject::Property, &rust, "removed");
            continue;
        };
        if is.name != was.name {
            let what = format!("is sent as `{}`, was as `{}`", is.name, was.name);
            changes.compatible(Subject::Property, &rust, what);
        }
        changes.deprecation(Subject::Property, &rust, "", &was.deprecated, &is.deprecated);
        let is_argument = |field: &Field| !field.has_setter();
        match (is_argument(was), is_argument(is)) {
            (false, true) => changes.breaking(Subject::Property, &rust, "is now required, and an argument"),
            (true, false) => changes.breaking(Subject::Property, &rust, "is now optional, and no longer an argument"),
            _ if was.declared() != is.declared() => {
                let what = format!("is {}, was {}", is.declared(), was.declared());
                changes.breaking(Subject::Property, &rust, what);
            }
            (true, true) => {}
            (false, false) if is.required && !was.required && is.preset.is_none() && is_sent => {
                changes.breaking(Subject::Property, &rust, "is now always sent, as null unless it is set");
            }
            (false, false) if was.required && !is.required && is_sent => {
                changes.compatible(Subject::Property, &rust, "is no longer sent as null if it is not set");
            }
            (false, false) => {}
        }
        if was.kind != is.kind && is_argument(was) != is_argument(is) {
            changes.breaking(Subject::Property, &rust, format!("is {}, was {}", is.kind, was.kind));
        }
    }
    for is in news.iter().filter(|is| !olds.iter().any(|was| was.ident == is.ident)) {
        let rust = member(item, &is.ident);
        let (effect, what) = match &is.preset {
            Some(preset) => (Effect::Compatible, format!("property added, {preset} unless it is set")),
            None if is.required => (Effect::Breaking, "required property added, which is an argument".to_owned()),
            None => (Effect::Compatible, "optional property added".to_owned()),
        };
        changes.added(Subject::Property, effect, &rust, what);
    }
}

/// Compares the constants, which callers neither set nor see.
fn constants(changes: &mut Changes, item: &TypeItem, olds: &[(String, String)], news: &[(String, String)]) {
    let rust = type_name(item);
    for (name, was) in olds {
        match news.iter().find(|(other, _)| other == name) {
            Some((_, is)) if is != was => {
                changes.compatible(Subject::Property, &rust, format!("is sent with `{name}` `{is}`, was `{was}`"));
            }
            Some(_) => {}
            None => {
                changes.compatible(Subject::Property, &rust, format!("`{name}` is no longer always sent as `{was}`"))
            }
        }
    }
    for (name, is) in news.iter().filter(|(name, _)| !olds.iter().any(|(other, _)| other == name)) {
        changes.compatible(Subject::Property, &rust, format!("is sent with `{name}` `{is}` now"));
    }
}

fn words(changes: &mut Changes, item: &TypeItem, olds: &[EnumValue], news: &[EnumValue]) {
    for was in olds {
        let rust = member(item, &was.ident);
        match news.iter().find(|is| is.ident == was.ident) {
            Some(is) if is.value != was.value => {
                let what = format!("is sent as `{}`, was as `{}`", is.value, was.value);
                changes.compatible(Subject::Value, &rust, what);
            }
            Some(_) => {}
            None => changes.removed(Subject::Value, &rust, format!("value `{}` removed", was.value)),
        }
    }
    for is in news.iter().filter(|is| !olds.iter().any(|was| was.ident == is.ident)) {
        let what = format!("value `{}` added", is.value);
        changes.added(Subject::Value, Effect::Compatible, &member(item, &is.ident), what);
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

fn variants(changes: &mut Changes, new_model: &Model, item: &TypeItem, olds: &[Variant], news: &[Variant]) {
    for was in olds {
        let rust = member(item, &was.ident);
        match news.iter().find(|is| is.ident == was.ident) {
            Some(is) if is.kind != was.kind => {
                changes.breaking(Subject::Variant, &rust, format!("holds {}, was {}", is.kind, was.kind));
            }
            Some(is) if has_other_tags(new_model, was, is) => {
                let what = format!("is recognized by {}, was by {}", tags(is), tags(was));
                changes.compatible(Subject::Variant, &rust, what);
            }
            Some(_) => {}
            None => changes.removed(Subject::Variant, &rust, format!("variant of {} removed", was.kind)),
        }
    }
    for is in news.iter().filter(|is| !olds.iter().any(|was| was.ident == is.ident)) {
        let what = format!("variant of {} added", is.kind);
        changes.added(Subject::Variant, Effect::Compatible, &member(item, &is.ident), what);
    }
}
