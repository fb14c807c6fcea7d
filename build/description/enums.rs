//! The values of enums, and the names that the description gives them.

use std::collections::BTreeMap;

use heck::ToUpperCamelCase as _;
use serde_json::{Value, json};

use crate::description::lookup::schemas_mut;

/// The names of an enum's values in Rust, for values whose names would be equal: `{sent: SentLater}`.
const NAMES: &str = "x-values";

/// The value that has a name in `x-values`.
pub fn named_value<'a>(schema: &'a Value, name: &str) -> Option<&'a str> {
    let names = schema.get(NAMES)?.as_object()?;
    names.iter().find(|(_, other)| *other == name).map(|(value, _)| value.as_str())
}

/// Replaces the values by their names in `x-values`, for progenitor. Fails if two values would have one name.
pub fn name_values(document: &mut Value) -> Result<(), String> {
    for (enumeration, schema) in schemas_mut(document) {
        let names = schema.get(NAMES).cloned().unwrap_or_default();
        let Some(values) = schema.get_mut("enum").and_then(Value::as_array_mut) else { continue };
        let mut taken: BTreeMap<String, String> = BTreeMap::new();
        for value in values {
            let Some(text) = value.as_str().map(str::to_owned) else {
                return Err(format!(
                    "the enum `{enumeration}` has the value {value}, which is not text; correct it in \
                     openapi/overlay/corrections.yaml:\n- target: $.components.schemas['{enumeration}'].enum\n  remove: true"
                ));
            };
            let given = names.get(&text).and_then(Value::as_str);
            let name = given.map_or_else(|| text.to_upper_camel_case(), str::to_owned);
            let is_name = name == name.to_upper_camel_case() && syn::parse_str::<syn::Ident>(&name).is_ok();
            if given.is_some() && !is_name {
                return Err(format!(
                    "the enum `{enumeration}`: its `x-values` calls {text:?} `{name}`, which is not the name of a variant"
                ));
            }
            if let Some(twin) = taken.insert(name.clone(), text.clone()) {
                let what = match (twin == text, name.as_str()) {
                    (true, _) => format!("has the value {text:?} twice"),
                    (false, "") => format!("has the values {twin:?} and {text:?}, which cannot become a name"),
                    (false, name) => format!("has the values {twin:?} and {text:?}, which would both be `{name}`"),
                };
                return Err(format!(
                    "the enum `{enumeration}` {what}; name or remove one of them, in \
                     openapi/overlay/corrections.yaml:\n- target: $.components.schemas['{enumeration}']\n  update: \
                     {{x-values: {{{text:?}: {name}Other}}}}"
                ));
            }
            if let Some(given) = given {
                *value = json!(given);
            }
        }
    }
    Ok(())
}
