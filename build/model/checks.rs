//! The checks of the finished model: names that Rust or the crate already uses, and arguments that cannot be sent.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::description::lookup::{operations, parameters, text};
use crate::model::operations::argument_key;
use crate::model::rust_type::RustType;
use crate::model::{Model, Operation, Parameter, TypeItem, TypeShape, item, resource_type};

/// The methods and associated functions that a [`Client`](trycourier::Client) has besides those of its resources.
pub const METHODS_OF_CLIENT: &[&str] = &[
    "account",
    "builder",
    "call",
    "call_raw",
    "call_with",
    "clock",
    "clone",
    "default",
    "from_env",
    "new",
    "new_idempotency_key",
    "options",
    "perform",
    "perform_call",
    "request",
    "shared",
    "with_api_key",
    "with_api_key_provider",
    "with_options",
    "with_source",
];

/// The types that the generated modules `calls` and `resources` use.
pub const TYPES_OF_CALLS: &[&str] = &[
    "Arguments",
    "BTreeMap",
    "Call",
    "Client",
    "Next",
    "Operation",
    "Paged",
    "Resource",
    "ResponseBody",
    "Sending",
    "Serialize",
    "String",
    "Structure",
    "Value",
];

/// Fails if the model would become code that does not compile.
pub fn check(model: &Model) -> Result<(), String> {
    model.operations.iter().try_for_each(|operation| {
        names(model, operation)
            .and_then(|()| arguments(model, operation))
            .map_err(|error| format!("the operation `{}`: {error}", operation.path.join("_")))
    })?;
    distinct_types(model)?;
    known_types(model)?;
    model.types.iter().try_for_each(|item| {
        constructible(&model.types, item, &mut Vec::new())
            .map_err(|error| format!("the schema `{}`: {error}", item.schema))
    })
}

/// The names of the operation's resources and of its method.
fn names(model: &Model, operation: &Operation) -> Result<(), String> {
    let Operation { path, .. } = operation;
    let (name, defect) = if let Some(part) = path.iter().find(|part| !is_name(part)) {
        (part.as_str(), format!("`{part}` is not a name in Rust"))
    } else if let Some(name) = path.first().filter(|name| METHODS_OF_CLIENT.contains(&name.as_str())) {
        (name.as_str(), format!("`{name}` is a method of the client itself, so no resource can have its name"))
    } else if model.resources.contains_key(path) {
        (operation.method(), format!("`{}` is both an operation and a resource", path.join(".")))
    } else {
        return Ok(());
    };
    Err(format!("{defect}; {}", rename(operation, name)))
}

/// Returns `true` if Rust accepts an identifier. `gen` is a keyword since the edition 2024.
pub fn is_name(text: &str) -> bool {
    syn::parse_str::<syn::Ident>(text).is_ok() && text != "gen"
}

/// The correction that gives an operation another name, with a proposal.
fn rename(operation: &Operation, part: &str) -> String {
    let method = operation.http_method.to_lowercase();
    let last = operation.path.len().saturating_sub(1);
    let path = operation.path.iter().enumerate().map(|(index, own)| match (own == part, index == last) {
        (false, _) => own.clone(),
        (true, true) => format!("{method}_{own}"),
        (true, false) => format!("{own}s"),
    });
    let path: Vec<String> = path.collect();
    format!(
        "give it another name, in openapi/overlay/names.yaml:\n- target: $.paths['{}'].{method}\n  update: {{operationId: \
         {}, x-method: {}}}",
        operation.template,
        path.join("_"),
        path.join(".")
    )
}

/// The types of resources and calls, which share a namespace.
fn distinct_types(model: &Model) -> Result<(), String> {
    let mut taken: BTreeMap<String, String> =
        TYPES_OF_CALLS.iter().map(|name| ((*name).to_owned(), "a type of the crate".to_owned())).collect();
    let calls = model.operations.iter().map(|operation| (operation.name.clone(), &operation.path, "the call"));
    let resources = model.resources.keys().map(|name| (resource_type(name), name, "the resource"));
    for (name, path, what) in calls.chain(resources) {
        let of = format!("{what} `{}`", path.join("."));
        if let Some(other) = taken.insert(name.clone(), of.clone()) {
            return Err(format!(
                "{of} and {other} would both be the type `{name}`; give one of them another name, in \
                 openapi/overlay/names.yaml"
            ));
        }
    }
    Ok(())
}

/// Fails if something has a type that does not exist, such as a schema with the name of a schema that is never
/// generated.
fn known_types(model: &Model) -> Result<(), String> {
    let fields = model.types.iter().flat_map(TypeItem::kinds);
    let of_calls = model.operations.iter().flat_map(|operation| operation.body.iter().chain([&operation.response]));
    match fields.chain(of_calls).filter_map(RustType::named).find(|name| model.item(name).is_none()) {
        Some(name) => Err(format!(
            "something has the type `{name}`, which the generator does not make; give the schema another name, in \
             openapi/overlay/types.yaml:\n- target: $.components.schemas['{name}']\n  update: {{x-name: Courier{name}}}"
        )),
        None => Ok(()),
    }
}

fn arguments(model: &Model, operation: &Operation) -> Result<(), String> {
    let queries = operation.query.iter().map(|parameter| ("query", parameter));
    let headers = operation.headers.iter().map(|parameter| ("header", parameter));
    for (location, Parameter { name, kind, .. }) in queries.chain(headers) {
        let is_sent = match kind {
            RustType::List(item) if location == "query" => is_text(model, item),
            kind => is_text(model, kind),
        };
        const OF_HTTP: [&str; 4] = ["connection", "content-length", "host", "transfer-encoding"];
        // The characters of a token, RFC 9110.
        let is_token = |sign: char| sign.is_ascii_alphanumeric() || "!#$%&'*+-.^_`|~".contains(sign);
        let defect = if !is_sent {
            format!("the {location} parameter `{name}` is `{kind}`, which cannot be sent as text; correct its schema")
        } else if location == "header" && OF_HTTP.iter().any(|own| name.eq_ignore_ascii_case(own)) {
            format!("the header `{name}` is part of HTTP itself, so callers cannot set it; remove the parameter")
        } else if location == "header" && (name.is_empty() || !name.chars().all(is_token)) {
            format!("the header {name:?} has a character that the name of a header cannot have; correct it")
        } else {
            continue;
        };
        return Err(format!(
            "{defect} in openapi/overlay/corrections.yaml, or leave the operation out:\n- target: \
             $.paths['{}'].{}\n  update: {{x-omit: REASON}}",
            operation.template,
            operation.http_method.to_lowercase()
        ));
    }
    Ok(())
}

/// Returns `true` if `Argument` is implemented for the type.
fn is_text(model: &Model, kind: &RustType) -> bool {
    match kind {
        RustType::Text | RustType::Boolean | RustType::Integer | RustType::Number | RustType::Timestamp => true,
        RustType::Sensitive(inner) => **inner == RustType::Text,
        RustType::Named(name) => model.item(name).is_some_and(|item| matches!(item.shape, TypeShape::Enum(_))),
        _ => false,
    }
}

/// Fails if a path cannot be sent as it is described, or if two parameters would have one name.
pub fn paths(document: &Value) -> Result<(), String> {
    // The characters of a path, RFC 3986, apart from `%`, which would need checks.
    let is_allowed = |sign: char| sign.is_ascii_alphanumeric() || "-._~!$&'()*+,;=:@".contains(sign);
    for (method, path, operation) in operations(document) {
        let mut fixed = path.clone();
        let mut keys = BTreeMap::new();
        for parameter in parameters(operation) {
            let name = text(parameter, "name").unwrap_or_default();
            let is_missing = text(parameter, "in") == Some("path") && !path.contains(&format!("{{{name}}}"));
            let what = match keys.insert(argument_key(name), name) {
                _ if is_missing => format!("the parameter `{name}`, which is not in its path"),
                _ if argument_key(name).is_empty() => format!("the parameter {name:?}, which cannot become a name"),
                Some(twin) => format!("the parameters `{twin}` and `{name}`, which would have the same name"),
                None => {
                    fixed = fixed.replacen(&format!("{{{name}}}"), "x", 1);
                    continue;
                }
            };
            return Err(format!(
                "{} {path} has {what}; remove one in openapi/overlay/corrections.yaml:\n- target: \
                 $.paths['{path}'].{method}.parameters[?@.name == '{name}']\n  remove: true",
                method.to_uppercase()
            ));
        }
        let is_segment = |segment: &str| !["", ".", ".."].contains(&segment) && segment.chars().all(is_allowed);
        let segments = fixed.strip_prefix('/').map(|rest| rest.strip_suffix('/').unwrap_or(rest));
        if !segments.is_some_and(|rest| rest.split('/').all(is_segment)) {
            return Err(format!(
                "{} {path:?} is not a path that can be sent, or has a parameter that is not described; leave the operation \
                 out, in openapi/overlay/corrections.yaml:\n- target: $.paths[{path:?}].{method}\n  update: {{x-omit: REASON}}",
                method.to_uppercase()
            ));
        }
    }
    Ok(())
}

/// Fails if no value of a structure can be made, because it requires itself.
fn constructible<'a>(types: &'a [TypeItem], of: &'a TypeItem, parents: &mut Vec<&'a str>) -> Result<(), String> {
    let TypeShape::Structure { fields, .. } = &of.shape else { return Ok(()) };
    if parents.contains(&of.name.as_str()) {
        return Err(format!(
            "it requires itself: {} → {}; make one of these properties optional in openapi/overlay/corrections.yaml",
            parents.join(" → "),
            of.name
        ));
    }
    parents.push(&of.name);
    let required = fields.iter().filter(|field| field.required).filter_map(|field| item(types, field.kind.own_name()?));
    required.into_iter().try_for_each(|item| constructible(types, item, parents))?;
    parents.pop();
    Ok(())
}
