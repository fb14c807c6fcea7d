//! Code by which the tests reach every operation and every type, none forgotten.

use std::fmt::Write as _;

use heck::{ToSnakeCase, ToUpperCamelCase};
use quote::ToTokens;
use serde_json::Value;
use syn::{File, Item};

use crate::generate::paged::takes_cursor;
use crate::generate::schema::{operations, reference, setter_name, text};

/// A function that calls the operation of an id: with `text` in every path parameter, and in the others what `parameters`
/// has under their names.
pub fn every_operation(document: &Value) -> String {
    let mut arms = String::new();
    for (_, _, operation) in operations(document) {
        let Some(id) = text(operation, "operationId") else { continue };
        let mut call = format!("let mut call = client.{id}();");
        for parameter in operation.get("parameters").and_then(Value::as_array).into_iter().flatten() {
            let (Some(name), Some(schema)) = (text(parameter, "name"), parameter.get("schema")) else { continue };
            let setter = setter_name(name);
            let _ = match text(parameter, "in") {
                Some("path") => write!(call, "\n            call = call.{setter}(text);"),
                _ => write!(
                    call,
                    "\n            if let Some(value) = parameters.get({name:?}) {{ call = call.{setter}(decoded::<{}>(value.clone())); }}",
                    rust_type(schema)
                ),
            };
        }
        if let Some(schema) = operation.pointer("/requestBody/content/application~1json/schema") {
            let _ = write!(call, "\n            call = call.body(decoded::<{}>(body));", rust_type(schema));
        }
        let _ = writeln!(
            arms,
            "        \"{id}\" => {{\n            {call}\n            encoded(Box::pin(call.send()).await?)\n        }}"
        );
    }
    format!(
        "#[allow(unused_mut)]\nasync fn call(client: &trycourier::Client, id: &str, text: &str, parameters: &serde_json::Value, \
         body: serde_json::Value) -> Result<serde_json::Value, trycourier::Error> {{\n    Ok(match id {{\n{arms}        \
         _ => unreachable!(\"{{id}}\"),\n    }})\n}}\n"
    )
}

/// A function that walks the pages of the operation of an id.
pub fn every_list(document: &Value) -> String {
    let mut arms = String::new();
    for (_, path, operation) in operations(document).filter(|(.., operation)| takes_cursor(operation)) {
        let Some(id) = text(operation, "operationId") else { continue };
        let segments = path.split('/').filter_map(|segment| segment.strip_prefix('{')?.strip_suffix('}'));
        let setters: String = segments.map(|name| format!(".{name}(\"id\")")).collect();
        let _ = writeln!(arms, "        \"{id}\" => counted(id, client.{id}(){setters}).await,");
    }
    format!(
        "async fn walk(client: &trycourier::Client, id: &str) -> Result<(usize, usize), trycourier::Error> {{\n    match id \
         {{\n{arms}        _ => unreachable!(\"{{id}}\"),\n    }}\n}}\n"
    )
}

fn rust_type(schema: &Value) -> String {
    match (reference(schema), text(schema, "type")) {
        (Some(name), _) => format!("trycourier::types::{}", name.to_upper_camel_case()),
        (None, Some("boolean")) => "bool".to_owned(),
        (None, Some("integer")) => "i64".to_owned(),
        (None, Some("array")) => format!("Vec<{}>", schema.get("items").map(rust_type).unwrap_or_default()),
        _ => "String".to_owned(),
    }
}

/// A function that decodes JSON into the type of a name and encodes it again.
pub fn every_type(code: &File) -> String {
    let mut arms = String::new();
    for name in types(code) {
        let _ = writeln!(arms, "        \"{name}\" => again::<trycourier::types::{name}>(value),");
    }
    format!(
        "fn decode_and_encode(name: &str, value: serde_json::Value) -> Option<Result<serde_json::Value, serde_json::Error>> \
         {{\n    Some(match name {{\n{arms}        _ => return None,\n    }})\n}}\n"
    )
}

/// A function that asks schemars for the schema of the type of a name.
pub fn every_shape(code: &File) -> String {
    let mut arms = String::new();
    for name in types(code) {
        let _ = writeln!(arms, "        \"{name}\" => generator.subschema_for::<trycourier::types::{name}>(),");
    }
    format!(
        "fn shape(generator: &mut schemars::SchemaGenerator, name: &str) -> bool {{\n    let _ = match name {{\n{arms}        \
         _ => return false,\n    }};\n    true\n}}\n"
    )
}

/// The client's operations, each with its setters and what it answers.
pub fn every_method(code: &File) -> String {
    let mut methods = Vec::new();
    let builders = module(code, "builder").iter().filter_map(|item| match item {
        Item::Impl(implementation) => Some(implementation),
        _ => None,
    });
    for implementation in builders {
        let name = implementation.self_ty.to_token_stream().to_string();
        let name = name.split(' ').next().unwrap_or_default().to_snake_case();
        let mut method = format!("Client::{name}()\n");
        for item in &implementation.items {
            let syn::ImplItem::Fn(function) = item else { continue };
            let bound = function.sig.generics.where_clause.as_ref().and_then(|clause| clause.predicates.first());
            let _ = match (function.sig.ident.to_string().as_str(), bound) {
                ("send", _) => writeln!(method, "    .send(){}", compact(&function.sig.output)),
                ("body_map", _) => Ok(()),
                (setter, Some(bound)) => writeln!(method, "    .{setter}({})", compact(bound)),
                _ => Ok(()),
            };
        }
        methods.push(method);
    }
    methods.sort();
    methods.join("\n")
}

/// Tokens as a line of text, with the paths that say nothing left out.
fn compact(tokens: &impl ToTokens) -> String {
    let text = tokens.to_token_stream().to_string().replace(' ', "");
    ["::std::convert::", "std::convert::", "::std::string::", "::std::vec::", "::std::option::", "crate::", "V:"]
        .iter()
        .fold(text, |text, path| text.replace(path, ""))
        .replace("->", " -> ")
}

fn types(code: &File) -> impl Iterator<Item = &syn::Ident> {
    module(code, "types").iter().filter_map(|item| match item {
        Item::Struct(item) => Some(&item.ident),
        Item::Enum(item) => Some(&item.ident),
        _ => None,
    })
}

fn module<'a>(code: &'a File, name: &str) -> &'a [Item] {
    let found = code.items.iter().find_map(|item| match item {
        Item::Mod(module) if module.ident == name => module.content.as_ref(),
        _ => None,
    });
    found.map_or(&[], |(_, items)| items)
}
