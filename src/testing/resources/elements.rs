//! The elements of a template's content. Each has an id and a checksum.

use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use crate::testing::engine::*;

/// Prepares content to be stored: refuses what only reads have, and gives an id to each element that has none.
pub(super) fn prepare(state: &mut State, mut content: Value) -> Result<Value, Response> {
    check_keys(&content)?;
    give_ids(state, &mut content);
    Ok(content)
}

/// Refuses the checksums of elements, and the checksums and private keys of their locales.
fn check_keys(content: &Value) -> Result<(), Response> {
    list(content, "elements").iter().try_for_each(|element| {
        let locales = object(element, "locales");
        let locale_keys = locales.into_iter().flatten().flat_map(|(locale, translation)| {
            std::iter::once(locale).chain(translation.as_object().into_iter().flat_map(Map::keys))
        });
        let mut refused = locale_keys.filter(|key| *key == "checksum" || key.starts_with('_')).map(String::as_str);
        let own = element.get("checksum").map(|_| "checksum");
        match own.or_else(|| refused.next()) {
            Some(key) => Err(unrecognized(key)),
            None => check_keys(element),
        }
    })
}

fn unrecognized(key: &str) -> Response {
    Response::invalid(format!("Unrecognized key: \"{key}\""))
}

fn give_ids(state: &mut State, parent: &mut Value) {
    for element in parent.get_mut("elements").and_then(Value::as_array_mut).into_iter().flatten() {
        if !element.get("id").is_some_and(Value::is_string)
            && let Value::Object(members) = element
        {
            members.insert("id".to_owned(), json!(state.new_id("el_")));
        }
        give_ids(state, element);
    }
}

/// Refuses content whose outermost elements are not channels.
pub(super) fn check_channels(content: &Value) -> Result<(), Response> {
    let other = list(content, "elements").iter().any(|element| text(element, "type") != Some("channel"));
    if other {
        Err(Response::invalid("Every element of `content.elements` must be of the type `channel`"))
    } else {
        Ok(())
    }
}

fn checksum(value: &Value) -> String {
    Sha256::digest(value.to_string()).iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}

/// The id and the checksum of every element, at any depth.
pub(super) fn checksums(content: &Value) -> Vec<Value> {
    let checksums = |element| {
        let own = json!({"id": text(element, "id").unwrap_or_default(), "checksum": checksum(element)});
        std::iter::once(own).chain(checksums(element))
    };
    list(content, "elements").iter().flat_map(checksums).collect()
}

/// The response with the elements and their checksums, for translators.
pub(super) fn export(content: &Value) -> Response {
    let version = text(content, "version").unwrap_or("2022-01-01");
    Response::ok(json!({"elements": exported(content), "version": version}))
}

fn exported(content: &Value) -> Vec<Value> {
    let export = |element: &Value| {
        let mut exported: Map<String, Value> = element.as_object().cloned().unwrap_or_default();
        exported.insert("checksum".to_owned(), json!(checksum(element)));
        exported.entry("type").or_insert_with(|| json!("text"));
        if let Some(Value::Object(locales)) = exported.get_mut("locales") {
            for translation in locales.values_mut() {
                let marks = json!({"checksum": checksum(translation), "_sourceHash": checksum(element)});
                *translation = with(translation.take(), marks);
            }
        }
        if element.get("elements").is_some_and(Value::is_array) {
            exported.insert("elements".to_owned(), Value::Array(self::exported(element)));
        }
        Value::Object(exported)
    };
    list(content, "elements").iter().map(export).collect()
}

/// Finds the element with an id, at any depth.
pub(super) fn find<'a>(content: &'a mut Value, id: &str) -> Option<&'a mut Value> {
    let mut elements = content.get_mut("elements")?.as_array_mut()?.iter_mut();
    elements.find_map(|element| if text(element, "id") == Some(id) { Some(element) } else { find(element, id) })
}

/// The fields that a translation of an element can have; `None` if the type of the element is not known.
fn translatable(kind: &str) -> Option<&'static [&'static str]> {
    Some(match kind {
        "text" => &["content", "elements"],
        "action" => &["content", "href"],
        "quote" | "html" => &["content"],
        "meta" => &["title"],
        "image" => &["href", "src"],
        "channel" => &["raw", "elements"],
        "list" | "list-item" | "group" | "columns" | "column" => &["elements"],
        "divider" | "jsonnet" | "partial" | "comment" => &[],
        _ => return None,
    })
}

/// Writes the translations of elements into one locale: all of them, or none if one does not fit.
pub(super) fn translate(content: &mut Value, locale: &str, translations: &[Value]) -> Result<(), Response> {
    let mut translated = content.clone();
    for translation in translations {
        let id = text(translation, "id").unwrap_or_default();
        let element = find(&mut translated, id).and_then(Value::as_object_mut);
        let element = element.ok_or_else(|| Response::invalid(format!("There is no element with the id \"{id}\".")))?;
        let fields = element.get("type").and_then(Value::as_str).and_then(translatable);
        let mut given = translation.as_object().cloned().unwrap_or_default();
        given.remove("id");
        if let Some(key) = given.keys().find(|key| fields.is_some_and(|fields| !fields.contains(&key.as_str()))) {
            return Err(unrecognized(key));
        }
        if let Value::Object(locales) = element.entry("locales").or_insert_with(|| json!({})) {
            let entry = locales.entry(locale).or_insert(Value::Null);
            *entry = with(entry.take(), given.into());
        }
    }
    *content = translated;
    Ok(())
}
