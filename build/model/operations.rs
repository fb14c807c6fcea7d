//! The calls, from the methods of progenitor's client and the description's operations.

use std::collections::{BTreeMap, BTreeSet};

use heck::{ToSnakeCase, ToUpperCamelCase};
use serde_json::Value;
use syn::{FnArg, ImplItem, Item, Pat, ReturnType, Signature};

use crate::description::lookup::{
    dotted_name, is_marked, is_sensitive, operations, parameters, request_body, required, resolve, success_body, text,
    variants,
};
use crate::model::paging::paging;
use crate::model::rust_type::RustType;
use crate::model::{Call, Field, Parameter, TypeItem, TypeShape};

/// Reads the calls, in the order of their names.
pub fn calls(code: &syn::File, document: &Value, types: &[TypeItem]) -> Result<Vec<Call>, String> {
    let methods = methods(code);
    let mut calls = BTreeMap::new();
    for (http_method, path, operation) in operations(document) {
        let id = text(operation, "operationId").ok_or_else(|| format!("{http_method} {path} has no operationId"))?;
        let signature = methods.get(id).ok_or_else(|| format!("progenitor made no method of `{id}`"))?;
        let call = call(document, types, http_method, path, operation, signature)
            .map_err(|error| format!("the operation `{id}`: {error}"))?;
        if calls.insert(call.path.clone(), call).is_some() {
            return Err(format!("there are two operations with the dotted name of `{id}`"));
        }
    }
    Ok(calls.into_values().collect())
}

/// The methods of progenitor's client by name.
fn methods(code: &syn::File) -> BTreeMap<String, &Signature> {
    let implementations = code.items.iter().filter_map(|item| match item {
        Item::Impl(implementation) if implementation.trait_.is_none() => Some(&implementation.items),
        _ => None,
    });
    let functions = implementations.flatten().filter_map(|item| match item {
        ImplItem::Fn(function) if function.sig.asyncness.is_some() => Some(&function.sig),
        _ => None,
    });
    functions.map(|signature| (signature.ident.to_string(), signature)).collect()
}

fn call(
    document: &Value,
    types: &[TypeItem],
    http_method: &str,
    template: &str,
    operation: &Value,
    signature: &Signature,
) -> Result<Call, String> {
    let path: Vec<String> = dotted_name(operation)?.split('.').map(str::to_owned).collect();
    let mut arguments = arguments(signature)?;
    let (mut path_parameters, mut query, mut headers) = (Vec::new(), Vec::new(), Vec::new());
    for described in parameters(operation) {
        let name = text(described, "name").ok_or("a parameter has no name")?;
        let ident = typify_ident(name);
        let kind = arguments.remove(&ident).ok_or_else(|| format!("progenitor has no argument `{ident}`"))?;
        let place = text(described, "in").unwrap_or_default();
        // Every segment of a path is text; one that opens a door is not shown.
        let kind = match place {
            "path" if is_marked(described, "x-sensitive") => RustType::Sensitive(Box::new(RustType::Text)),
            "path" => RustType::Text,
            _ => kind.present(),
        };
        if place != "path" && is_marked(described, "required") {
            return Err(format!(
                "the parameter `{name}` is required, and is not part of the path; calls have setters for such ones, so make \
                 it optional in openapi/overlay/corrections.yaml, and say in its words that it is needed"
            ));
        }
        // Callers know a header without the prefix of those that no standard defines.
        let ident = ident.strip_prefix("x_").filter(|_| place == "header").unwrap_or(&ident).to_owned();
        let words = text(described, "description").unwrap_or_default().to_owned();
        let is_there = |other: &str| parameters(operation).any(|parameter| text(parameter, "name") == Some(other));
        let deprecated = super::deprecated("parameter", described, is_there)
            .map_err(|error| format!("the parameter `{name}`: {error}"))?;
        let parameter = Parameter { name: name.to_owned(), ident, kind, deprecated, words };
        match place {
            "path" => path_parameters.push(parameter),
            "query" => query.push(parameter),
            "header" => headers.push(parameter),
            other => return Err(format!("the parameter `{name}` is in {other:?}")),
        }
    }
    let place = |parameter: &Parameter| template.find(&format!("{{{}}}", parameter.name));
    if path_parameters.iter().any(|parameter| place(parameter).is_none()) {
        return Err(format!("a parameter of the path is not in `{template}`"));
    }
    path_parameters.sort_by_key(place);

    let body = arguments.remove("body");
    if body.is_some() != request_body(operation).is_some() {
        return Err("progenitor's argument `body` is not the description's body".to_owned());
    }
    if let Some(name) = arguments.keys().next() {
        return Err(format!("progenitor's argument `{name}` is not described"));
    }
    let answered = success_body(operation);
    let answer = answer(signature)?;
    if answered.is_none() != (answer == RustType::Unit) {
        return Err(format!("progenitor answers with `{answer}`, which is not what the description has"));
    }
    let method = http_method.to_uppercase();
    // RFC 9110; a `POST` is repeated under its key alone, and a `PATCH` only where its operation says so.
    let repeatable = operation.get("x-repeatable").and_then(Value::as_bool);
    let call = Call {
        name: path.join("_").to_upper_camel_case(),
        template: template.to_owned(),
        summary: text(operation, "summary").unwrap_or_default().to_owned(),
        words: text(operation, "description").unwrap_or_default().to_owned(),
        path_parameters,
        query,
        headers,
        answer_optional: answered.is_some_and(|schema| requires_nothing(document, schema)),
        sensitive: answered.is_some_and(|schema| is_sensitive(document, schema)),
        repeatable: repeatable.unwrap_or(!["POST", "PATCH"].contains(&method.as_str())),
        final_conflict: is_marked(operation, "x-final-conflict"),
        aliases: aliases(operation)?,
        deprecated: deprecated(document, operation)?,
        paging: paging(operation, &answer, types)?,
        http_method: method,
        path,
        body,
        answer,
    };
    no_name_twice(&call, types)?;
    Ok(call)
}

/// The words of an operation's `x-aliases`.
fn aliases(operation: &Value) -> Result<Vec<String>, String> {
    let Some(aliases) = operation.get("x-aliases") else { return Ok(Vec::new()) };
    let words = aliases.as_array().map(|words| words.iter().map(|word| word.as_str().map(str::to_owned)).collect());
    words.flatten().ok_or_else(|| "its `x-aliases` is not a list of words".to_owned())
}

/// The note of an operation that is deprecated, with the operation that its `x-replacement` names.
fn deprecated(document: &Value, operation: &Value) -> Result<Option<String>, String> {
    let replacement = text(operation, "x-replacement");
    if !is_marked(operation, "deprecated") {
        return replacement
            .map_or(Ok(None), |name| Err(format!("it has the replacement `{name}`, and is not deprecated")));
    }
    let Some(name) = replacement else { return Ok(Some("Courier has deprecated this operation".to_owned())) };
    let is_there = operations(document).any(|(_, _, other)| text(other, "x-method") == Some(name));
    let (resource, method) = name
        .rsplit_once('.')
        .filter(|_| is_there)
        .ok_or_else(|| format!("its `x-replacement` names the operation `{name}`, which is not described"))?;
    Ok(Some(format!("Courier has deprecated this operation; use `client.{}().{method}`", resource.replace('.', "()."))))
}

/// The arguments by name, `self` left out.
fn arguments(signature: &Signature) -> Result<BTreeMap<String, RustType>, String> {
    let mut arguments = BTreeMap::new();
    for argument in &signature.inputs {
        let FnArg::Typed(argument) = argument else { continue };
        let Pat::Ident(name) = &*argument.pat else { return Err("an argument of progenitor's has no name".to_owned()) };
        arguments.insert(name.ident.to_string(), RustType::read(&argument.ty)?);
    }
    Ok(arguments)
}

/// The `T` of `Result<ResponseValue<T>, …>`.
fn answer(signature: &Signature) -> Result<RustType, String> {
    let ReturnType::Type(_, result) = &signature.output else {
        return Err("progenitor's method answers nothing".to_owned());
    };
    let answer = first_argument(result).and_then(first_argument);
    RustType::read(answer.ok_or("progenitor's method does not give a `Result` of a `ResponseValue`")?)
}

fn first_argument(of: &syn::Type) -> Option<&syn::Type> {
    let syn::Type::Path(path) = of else { return None };
    let syn::PathArguments::AngleBracketed(arguments) = &path.path.segments.last()?.arguments else { return None };
    match arguments.args.first()? {
        syn::GenericArgument::Type(argument) => Some(argument),
        _ => None,
    }
}

fn requires_nothing(document: &Value, schema: &Value) -> bool {
    let schema = resolve(document, schema);
    let is_object = text(schema, "type") == Some("object");
    (is_object && required(schema).next().is_none())
        || variants(schema).iter().any(|variant| requires_nothing(document, variant))
}

/// A name of the API as the identifier that progenitor makes of it.
pub fn typify_ident(name: &str) -> String {
    let name = name.to_snake_case();
    // A word that Rust keeps since its edition of 2024, which syn does not know.
    match syn::parse_str::<syn::Ident>(&name) {
        Ok(_) if name != "gen" => name,
        _ => format!("{name}_"),
    }
}

/// Whether the call can have its arguments, setters and fields under their names.
fn no_name_twice(call: &Call, types: &[TypeItem]) -> Result<(), String> {
    const EVERY_CALLS: [&str; 11] =
        ["client", "body", "send", "send_raw", "options", "extra", "prepare", "new", "with_body", "items", "pages"];
    let in_path = call.path_parameters.iter().map(|parameter| &parameter.ident);
    let elsewhere = call.query.iter().chain(&call.headers).map(|parameter| &parameter.ident);
    let fields = in_body(call, types);
    let given = fields.iter().filter(|field| !field.has_setter()).map(|field| &field.ident);
    let set = fields.iter().filter(|field| field.has_setter()).map(|field| &field.ident);

    let mut arguments = BTreeSet::new();
    let mut setters: BTreeSet<&str> = EVERY_CALLS.into();
    let mut own: BTreeSet<&str> = ["client", "body"].into();
    let twice = in_path.clone().chain(given).find(|name| !arguments.insert(name.as_str()));
    let twice = twice.or_else(|| elsewhere.clone().chain(set).find(|name| !setters.insert(name)));
    let twice = twice.or_else(|| in_path.chain(elsewhere).find(|name| !own.insert(name)));
    match twice {
        Some(name) => Err(format!("it has `{name}` twice, or the name is kept for what every call has")),
        None => Ok(()),
    }
}

/// The fields of the body, when it is a structure.
fn in_body<'a>(call: &Call, types: &'a [TypeItem]) -> &'a [Field] {
    let name = call.body.as_ref().and_then(RustType::named);
    match types.iter().find(|item| Some(item.name.as_str()) == name) {
        Some(TypeItem { shape: TypeShape::Structure { fields, .. }, .. }) => fields,
        _ => &[],
    }
}
