//! Code by which the tests reach every operation and every type, none forgotten.

use std::fmt::Write as _;

use heck::ToUpperCamelCase;
use serde_json::Value;
use syn::{File, Item};

use crate::generate::schema::{operations, reference, text};

/// A function that calls the operation of an id, with `text` in every path parameter.
pub fn every_operation(document: &Value) -> String {
    let mut arms = String::new();
    for (_, _, operation) in operations(document) {
        let Some(id) = text(operation, "operationId") else { continue };
        let mut call = format!("client.{id}()");
        for parameter in operation.get("parameters").and_then(Value::as_array).into_iter().flatten() {
            if text(parameter, "in") == Some("path")
                && let Some(name) = text(parameter, "name")
            {
                let _ = write!(call, ".{name}(text)");
            }
        }
        if let Some(schema) = operation.pointer("/requestBody/content/application~1json/schema") {
            let kind = match reference(schema) {
                Some(name) => format!("trycourier::types::{}", name.to_upper_camel_case()),
                None => "String".to_owned(),
            };
            let _ = write!(call, ".body(decoded::<{kind}>(body))");
        }
        let _ = writeln!(arms, "        \"{id}\" => encoded(Box::pin({call}.send()).await?),");
    }
    format!(
        "async fn call(client: &trycourier::Client, id: &str, text: &str, body: serde_json::Value) -> \
         Result<serde_json::Value, trycourier::Error> {{\n    Ok(match id {{\n{arms}        _ => unreachable!(\"{{id}}\"),\n    \
         }})\n}}\n"
    )
}

/// A function that decodes JSON into the type of a name and encodes it again.
pub fn every_type(code: &File) -> String {
    let mut arms = String::new();
    for item in &code.items {
        let Item::Mod(module) = item else { continue };
        let Some((_, items)) = module.content.as_ref().filter(|_| module.ident == "types") else { continue };
        for item in items {
            let name = match item {
                Item::Struct(item) => &item.ident,
                Item::Enum(item) => &item.ident,
                _ => continue,
            };
            let _ = writeln!(arms, "        \"{name}\" => again::<trycourier::types::{name}>(value),");
        }
    }
    format!(
        "fn decode_and_encode(name: &str, value: serde_json::Value) -> Option<Result<serde_json::Value, serde_json::Error>> \
         {{\n    Some(match name {{\n{arms}        _ => return None,\n    }})\n}}\n"
    )
}
