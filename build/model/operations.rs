//! The operations, from the methods of progenitor's client and the description.

use std::collections::{BTreeMap, BTreeSet};

use heck::ToUpperCamelCase as _;
use serde_json::{Value, json};
use syn::{FnArg, ImplItem, Item, Pat, PatType, ReturnType, Signature};

use crate::description::lookup::{
    self, dotted_name, is_marked, is_sensitive, parameters, request_body, required, resolve, success_body, text,
    variants,
};
use crate::description::paging::{DescribedPaging, PAGING, paging};
use crate::description::rate_limit::rate_limit;
use crate::description::wire::{is_comma_separated, takes_text};
use crate::model::checks::is_name;
use crate::model::rust_type::RustType;
use crate::model::{Operation, Paging, Parameter, ResponseField, TypeItem};

/// Reads the operations, sorted by dotted name.
pub fn operations(code: &syn::File, document: &Value, types: &[TypeItem]) -> Result<Vec<Operation>, String> {
    let methods = methods(code);
    let mut operations = BTreeMap::new();
    for (http_method, path, described) in lookup::operations(document) {
        let id = text(described, "operationId").ok_or_else(|| format!("{http_method} {path} has no operationId"))?;
        let signature = methods.get(id).ok_or_else(|| format!("progenitor made no method of `{id}`"))?;
        let operation = operation(document, types, http_method, path, described, signature)
            .map_err(|error| format!("the operation `{id}`: {error}"))?;
        if operations.insert(operation.path.clone(), operation).is_some() {
            return Err(format!("there are two operations with the dotted name of `{id}`"));
        }
    }
    Ok(operations.into_values().collect())
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

fn operation(
    document: &Value,
    types: &[TypeItem],
    http_method: &str,
    template: &str,
    described: &Value,
    signature: &Signature,
) -> Result<Operation, String> {
    let path: Vec<String> = dotted_name(described)?.split('.').map(str::to_owned).collect();
    let arguments = arguments(signature)?;
    let (mut path_parameters, mut query, mut headers) = (Vec::new(), Vec::new(), Vec::new());
    for described_parameter in parameters(described) {
        let name = text(described_parameter, "name").unwrap_or_default();
        let location = text(described_parameter, "in").unwrap_or_default();
        let argument = arguments.get(&argument_key(name));
        let (ident, kind) = argument.ok_or_else(|| format!("progenitor has no argument for `{name}`"))?;
        let ident_of = |other: &str| {
            parameters(described).find(|parameter| text(parameter, "name") == Some(other))?;
            arguments.get(&argument_key(other)).map(|(ident, _)| ident.clone())
        };
        let parameter = parameter(described_parameter, name, location, ident, kind.clone(), ident_of)
            .map_err(|error| format!("the parameter `{name}` {error}"))?;
        match location {
            "path" => path_parameters.push(parameter),
            "query" => query.push(parameter),
            "header" => headers.push(parameter),
            other => return Err(format!("the parameter `{name}` is in {other:?}")),
        }
    }
    let position = |parameter: &Parameter| template.find(&format!("{{{}}}", parameter.name));
    path_parameters.sort_by_key(position);

    let body = request_body(described).and_then(|_| arguments.get("body")).map(|(_, kind)| kind.clone());
    let success = success_body(described);
    let response = response(signature)?;
    let method = http_method.to_uppercase();
    // RFC 9110; a `POST` is repeated only with a key, and a `PATCH` only if its operation allows it.
    let repeatable = described.get("x-repeatable").and_then(Value::as_bool);
    let paging = paging(document, described)?;
    let paging = paging.map(|paging| rust_paging(&paging, &query, &response, types)).transpose()?;
    let operation = Operation {
        name: path.join("_").to_upper_camel_case(),
        template: template.to_owned(),
        summary: text(described, "summary").unwrap_or_default().to_owned(),
        description: text(described, "description").unwrap_or_default().to_owned(),
        path_parameters,
        query,
        headers,
        response_optional: success.is_some_and(|schema| requires_nothing(document, schema)),
        id_property: success.and_then(|schema| id_property(document, &method, &path, schema)),
        is_list: paging.is_some() || success.is_some_and(|schema| method == "GET" && is_list(document, schema)),
        sensitive: success.is_some_and(|schema| is_sensitive(document, schema)),
        repeatable: repeatable.unwrap_or(!["POST", "PATCH"].contains(&method.as_str())),
        final_conflict: is_marked(described, "x-final-conflict"),
        rate_limit: rate_limit(described)?,
        aliases: serde_json::from_value(described.get("x-aliases").cloned().unwrap_or_else(|| json!([])))
            .map_err(|error| format!("its `x-aliases` is not a list of words: {error}"))?,
        deprecated: super::deprecated("operation", described, |name| method_of_client(document, name))?,
        paging,
        http_method: method,
        path,
        body,
        takes_text: takes_text(described),
        body_example: described.pointer("/requestBody/content/text~1plain/example").cloned(),
        response,
    };
    require_distinct_names(&operation, types)?;
    Ok(operation)
}

fn parameter(
    described: &Value,
    name: &str,
    location: &str,
    ident: &str,
    kind: RustType,
    ident_of: impl FnOnce(&str) -> Option<String>,
) -> Result<Parameter, String> {
    if location != "path" && is_marked(described, "required") {
        return Err(
            "is required, and is not part of the path; calls have setters for such parameters, so make it optional \
                    in openapi/overlay/corrections.yaml, and say in its description that it is needed"
                .to_owned(),
        );
    }
    // Every path segment is text; a credential is not shown.
    let kind = match location {
        "path" if is_marked(described, "x-sensitive") => RustType::Sensitive(Box::new(RustType::Text)),
        "path" => RustType::Text,
        _ => kind.present(),
    };
    let deprecated =
        super::deprecated("parameter", described, ident_of).map_err(|error| format!("is wrong: {error}"))?;
    let mut description = text(described, "description").unwrap_or_default().to_owned();
    // An argument cannot be deprecated in Rust.
    if let Some(note) = deprecated.as_ref().filter(|_| location == "path") {
        description = format!("{note}. {description}");
    }
    Ok(Parameter {
        name: name.to_owned(),
        // Callers know a nonstandard header without its `X-` prefix.
        ident: ident
            .strip_prefix("x_")
            .filter(|name| location == "header" && is_name(name))
            .unwrap_or(ident)
            .to_owned(),
        comma_separated: matches!(kind, RustType::List(_)) && is_comma_separated(described),
        kind,
        example: described.get("example").filter(|example| example.is_string()).cloned(),
        deprecated,
        description,
    })
}

/// The paging, with the field and the type of the items.
fn rust_paging(
    paging: &DescribedPaging<'_>,
    query: &[Parameter],
    response: &RustType,
    types: &[TypeItem],
) -> Result<Paging, String> {
    if !query.iter().any(|parameter| parameter.name == "cursor" && parameter.kind == RustType::Text) {
        return Err(
            "its parameter `cursor` is not text in the query; correct it in openapi/overlay/corrections.yaml, or \
                    remove it there"
                .to_owned(),
        );
    }
    let fields = super::fields(response, types);
    let items = fields.iter().find(|field| field.name == paging.items);
    let Some((items, RustType::List(item))) = items.map(|field| (field, field.kind.clone().present())) else {
        return Err(format!("progenitor made no list of `{}`, the items of a page", paging.items));
    };
    let shape = paging.shape;
    let parent = fields.iter().find(|field| field.name == shape.property && shape.property == PAGING);
    let fields = parent.map_or(fields, |parent| super::fields(&parent.kind.clone().present(), types));
    let parent = parent.map(|parent| (parent.ident.clone(), parent.is_option()));
    let field = |name: &str, kind: RustType| {
        let Some(field) = fields.iter().find(|field| field.name == name) else { return Ok(None) };
        if field.kind.clone().present() != kind {
            return Err(format!(
                "a page has its `{name}` as `{}`, not as `{kind}`; correct it in openapi/overlay/corrections.yaml, or \
                 remove the parameter `cursor` there",
                field.declared()
            ));
        }
        let (parent, ident) = (parent.clone(), field.ident.clone());
        Ok(Some(ResponseField { parent, ident, is_option: field.is_option() }))
    };
    let cursor = field(shape.cursor, RustType::Text)?.ok_or_else(|| {
        format!(
            "a page has no `{}` that leads to the next page; correct it in openapi/overlay/corrections.yaml, or remove \
             the parameter `cursor` there",
            shape.cursor
        )
    })?;
    Ok(Paging {
        property: paging.items.to_owned(),
        items: items.ident.clone(),
        items_optional: items.is_option(),
        item: *item,
        more: shape.more.map(|more| field(more, RustType::Boolean)).transpose()?.flatten(),
        cursor,
    })
}

/// The expression that leads to the method of an operation with a dotted name.
fn method_of_client(document: &Value, name: &str) -> Option<String> {
    lookup::operations(document).find(|(_, _, other)| text(other, "x-method") == Some(name))?;
    let (resource, method) = name.rsplit_once('.')?;
    Some(format!("client.{}().{method}", resource.replace('.', "().")))
}

/// The arguments except `self`, with progenitor's names, by key.
fn arguments(signature: &Signature) -> Result<BTreeMap<String, (String, RustType)>, String> {
    let arguments = signature.inputs.iter().filter_map(|argument| match argument {
        FnArg::Typed(PatType { pat, ty, .. }) => match &**pat {
            Pat::Ident(name) => Some((name.ident.to_string(), ty)),
            _ => None,
        },
        FnArg::Receiver(_) => None,
    });
    arguments.map(|(ident, kind)| Ok((argument_key(&ident), (ident, RustType::from_syn(kind)?)))).collect()
}

/// The key that maps a parameter of the description to progenitor's argument: `X-Request-Id` is `x_request_id`,
/// and `type` is `type_`.
pub fn argument_key(name: &str) -> String {
    name.chars().filter(|sign| sign.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// The `T` of `Result<ResponseValue<T>, …>`.
fn response(signature: &Signature) -> Result<RustType, String> {
    let response = match &signature.output {
        ReturnType::Type(_, result) => first_argument(result).and_then(first_argument),
        ReturnType::Default => None,
    };
    RustType::from_syn(response.ok_or("progenitor's method does not return a `Result` of a `ResponseValue`")?)
}

fn first_argument(of: &syn::Type) -> Option<&syn::Type> {
    let syn::Type::Path(path) = of else { return None };
    let syn::PathArguments::AngleBracketed(arguments) = &path.path.segments.last()?.arguments else { return None };
    match arguments.args.first()? {
        syn::GenericArgument::Type(argument) => Some(argument),
        _ => None,
    }
}

/// The required id in the response of an operation that creates or sends something. Without it, the caller has nothing
/// to refer to.
fn id_property(document: &Value, method: &str, path: &[String], schema: &Value) -> Option<String> {
    const VERBS: [&str; 8] = ["create", "duplicate", "invoke", "issue", "message", "resend", "send", "track"];
    let verb = path.last()?.split('_').next()?;
    if method != "POST" || !VERBS.contains(&verb) {
        return None;
    }
    let names: Vec<&str> = required(resolve(document, schema)).collect();
    let is_id = |name: &&&str| name.ends_with("Id") || **name == "token";
    names.iter().find(|name| **name == "id").or_else(|| names.iter().find(is_id)).map(|name| (*name).to_owned())
}

/// Returns `true` if the only required property is a list, apart from the paging.
fn is_list(document: &Value, schema: &Value) -> bool {
    let schema = resolve(document, schema);
    let names: Vec<&str> = required(schema).filter(|name| *name != "paging").collect();
    match names.as_slice() {
        [name] => schema.pointer(&format!("/properties/{name}/type")).is_some_and(|kind| kind == "array"),
        _ => false,
    }
}

fn requires_nothing(document: &Value, schema: &Value) -> bool {
    let schema = resolve(document, schema);
    let is_object = text(schema, "type") == Some("object");
    (is_object && required(schema).next().is_none())
        || variants(schema).iter().any(|variant| requires_nothing(document, variant))
}

/// Fails if two arguments, setters or fields of the call would have the same name.
fn require_distinct_names(operation: &Operation, types: &[TypeItem]) -> Result<(), String> {
    const METHODS_OF_CALLS: [&str; 11] =
        ["client", "body", "send", "send_raw", "options", "extra", "prepare", "new", "with_body", "items", "pages"];
    let arguments = operation.arguments(types);
    let in_path = operation.path_parameters.iter().map(|parameter| parameter.ident.as_str());
    let optional = operation.optional_parameters().map(|parameter| parameter.ident.as_str());
    let body_fields = operation.body_struct(types).map_or(&[][..], |body| body.fields);
    let body_setters = body_fields.iter().filter(|field| field.has_setter()).map(|field| field.ident.as_str());
    let names = [
        arguments.iter().map(|(name, ..)| *name).collect::<Vec<_>>(),
        METHODS_OF_CALLS.into_iter().chain(optional.clone()).chain(body_setters).collect(),
        ["client", "body"].into_iter().chain(in_path).chain(optional).collect(),
    ];
    let repeated = names.into_iter().find_map(|names| {
        let mut known = BTreeSet::new();
        names.into_iter().find(|name| !known.insert(*name))
    });
    match repeated {
        Some(name) => Err(format!(
            "it has `{name}` twice, or the name is reserved by every call; remove the property or the parameter in \
             openapi/overlay/corrections.yaml: callers can still set it, with `extra` or `Options::query`"
        )),
        None => Ok(()),
    }
}
