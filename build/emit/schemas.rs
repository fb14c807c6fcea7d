//! `schemars::JsonSchema` for every type, from the description itself.

use std::collections::BTreeSet;

use heck::ToUpperCamelCase;
use quote::quote;
use serde_json::Value;

use crate::description::lookup::schema;
use crate::model::{Model, ident};
use crate::print::print;

/// An implementation for each type, with the description's schema and its references.
pub fn schemas(model: &Model, document: &Value) -> Result<String, String> {
    let implementations = model.types.iter().map(|item| {
        let described =
            schema(document, &item.schema).ok_or_else(|| format!("there is no schema `{}`", item.schema))?;
        let mut described = described.clone();
        let mut references = BTreeSet::new();
        json_schema(&mut described, &mut references);
        let (name, text) = (ident(&item.name), described.to_string());
        let references = references.iter().map(|name| ident(name));
        Ok(quote!(json_schema!(#name, #text, [#(#references),*]);))
    });
    Ok(print(implementations.collect::<Result<Vec<_>, String>>()?))
}

/// Converts OpenAPI 3.0 to JSON Schema: other references, `null` as a type, no keywords that only OpenAPI has.
fn json_schema(value: &mut Value, references: &mut BTreeSet<String>) {
    match value {
        Value::Object(object) => {
            object.remove("example");
            object.remove("discriminator");
            let nullable = object.remove("nullable").is_some_and(|nullable| nullable == true);
            if let Some(Value::String(target)) = object.get_mut("$ref")
                && let Some(name) = target.rsplit('/').next().map(|name| name.to_upper_camel_case())
            {
                *target = format!("#/$defs/{name}");
                references.insert(name);
            }
            object.values_mut().for_each(|inner| json_schema(inner, references));
            if nullable {
                if let Some(kind) = object.get_mut("type") {
                    *kind = Value::Array(vec![kind.take(), "null".into()]);
                } else if let Some(Value::Array(mut of)) = object.remove("allOf") {
                    of.truncate(1);
                    of.push(serde_json::json!({"type": "null"}));
                    object.insert("anyOf".to_owned(), Value::Array(of));
                }
            }
        }
        Value::Array(array) => array.iter_mut().for_each(|inner| json_schema(inner, references)),
        _ => {}
    }
}
