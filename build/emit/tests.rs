//! Code by which the crate's own tests reach every operation and every type, none forgotten.

use std::fmt::Write as _;

use crate::model::rust_type::RustType;
use crate::model::{Call, Model, TypeItem, TypeShape};

/// A function that makes the call of a dotted name: with `text` in every path parameter, and in the others what
/// `parameters` has under their names.
pub fn every_operation(model: &Model) -> String {
    let mut arms = String::new();
    for call in &model.calls {
        let made = made(model, call);
        let _ = write!(arms, "        {:?} => {{\n            let mut call = {made};\n", call.path.join("_"));
        for parameter in call.query.iter().chain(&call.headers) {
            let _ = writeln!(
                arms,
                "            if let Some(value) = parameters.get({:?}) {{ call = call.{}(decoded::<{}>(value.clone())); }}",
                parameter.name,
                parameter.ident,
                qualified(&parameter.kind)
            );
        }
        let _ = writeln!(arms, "            encoded(Box::pin(call.send()).await?)\n        }}");
    }
    format!(
        "#[allow(unused_mut, deprecated)]\nasync fn call(client: &trycourier::Client, id: &str, text: &str, parameters: &serde_json::Value, \
         body: serde_json::Value) -> Result<serde_json::Value, trycourier::Error> {{\n    Ok(match id {{\n{arms}        \
         _ => unreachable!(\"{{id}}\"),\n    }})\n}}\n"
    )
}

/// How a call is made, with a body where it takes one.
fn made(model: &Model, call: &Call) -> String {
    let mut arguments = String::from("client");
    arguments.push_str(&", text".repeat(call.path_parameters.len()));
    match &call.body {
        None => format!("trycourier::calls::{}::new({arguments})", call.name),
        Some(body) => {
            let _ = model;
            format!("trycourier::calls::{}::with_body({arguments}, decoded::<{}>(body))", call.name, qualified(body))
        }
    }
}

/// A function that walks the pages of the operation of a dotted name.
pub fn every_list(model: &Model) -> String {
    let mut arms = String::new();
    for call in model.calls.iter().filter(|call| call.paging.is_some()) {
        let arguments = ", \"id\"".repeat(call.path_parameters.len());
        let id = call.path.join("_");
        let _ = writeln!(
            arms,
            "        {id:?} => counted(id, trycourier::calls::{}::new(client{arguments})).await,",
            call.name
        );
    }
    format!(
        "async fn walk(client: &trycourier::Client, id: &str) -> Result<(usize, usize), trycourier::Error> {{\n    match id \
         {{\n{arms}        _ => unreachable!(\"{{id}}\"),\n    }}\n}}\n"
    )
}

/// A function that decodes JSON into the type of a name and encodes it again.
pub fn every_type(model: &Model) -> String {
    let mut arms = String::new();
    for TypeItem { name, .. } in &model.types {
        let _ = writeln!(arms, "        {name:?} => again::<trycourier::types::{name}>(value),");
    }
    let unions = model.types.iter().filter(|item| matches!(item.shape, TypeShape::Union { .. }));
    let mut known = String::new();
    for TypeItem { name, .. } in unions {
        let _ = writeln!(
            known,
            "        {name:?} => !matches!(serde_json::from_value(value), Ok(trycourier::types::{name}::Unrecognized(_))),"
        );
    }
    format!(
        "fn decode_and_encode(name: &str, value: serde_json::Value) -> Option<Result<serde_json::Value, serde_json::Error>> \
         {{\n    Some(match name {{\n{arms}        _ => return None,\n    }})\n}}\n\nfn is_recognized(name: &str, value: \
         serde_json::Value) -> bool {{\n    match name {{\n{known}        _ => true,\n    }}\n}}\n"
    )
}

/// A function that asks schemars for the schema of the type of a name.
pub fn every_shape(model: &Model) -> String {
    let mut arms = String::new();
    for TypeItem { name, .. } in &model.types {
        let _ = writeln!(arms, "        {name:?} => generator.subschema_for::<trycourier::types::{name}>(),");
    }
    format!(
        "fn shape(generator: &mut schemars::SchemaGenerator, name: &str) -> bool {{\n    let _ = match name {{\n{arms}        \
         _ => return false,\n    }};\n    true\n}}\n"
    )
}

/// A type as code outside the crate writes it.
fn qualified(kind: &RustType) -> String {
    match kind {
        RustType::List(item) => format!("Vec<{}>", qualified(item)),
        RustType::Text | RustType::Boolean | RustType::Integer | RustType::Json => kind.to_string(),
        kind => format!("trycourier::{kind}"),
    }
}
