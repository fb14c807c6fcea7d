//! The operations, from the methods of progenitor's client and the description.

use std::collections::{BTreeMap, BTreeSet};

use heck::ToUpperCamelCase as _;
use serde_json::Value;
use syn::{FnArg, ImplItem, Item, Pat, ReturnType, Signature};

use crate::description::lookup::{
    self, dotted_name, is_marked, is_sensitive, parameters, request_body, required, resolve, success_body, text,
    variants,
};
use crate::description::paging::{DescribedPaging, PagingShape, paging};
use crate::description::rate_limit::rate_limit;
use crate::description::wire::{is_comma_separated, takes_text};
use crate::model::checks::is_name;
use crate::model::rust_type::RustType;
use crate::model::{Field, Operation, Paging, Parameter, ResponseField, TypeItem, TypeShape, item};

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
    let mut arguments = arguments(signature)?;
    let idents: BTreeMap<String, String> =
        arguments.iter().map(|(key, (ident, _))| (key.clone(), ident.clone())).collect();
    let (mut path_parameters, mut query, mut headers) = (Vec::new(), Vec::new(), Vec::new());
    for described_parameter in parameters(described) {
        let name = text(described_parameter, "name").ok_or("a parameter has no name")?;
        let location = text(described_parameter, "in").unwrap_or_default();
        let argument = arguments.remove(&argument_key(name));
        let argument = argument.ok_or_else(|| format!("progenitor has no argument for `{name}`"))?;
        let is_there = |other: &str| parameters(described).any(|parameter| text(parameter, "name") == Some(other));
        let ident_of = |other: &str| idents.get(&argument_key(other)).filter(|_| is_there(other)).cloned();
        let parameter = parameter(described_parameter, name, location, argument, ident_of)
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

    let body = arguments.remove("body").map(|(_, kind)| kind);
    if body.is_some() != request_body(described).is_some() {
        return Err("progenitor's argument `body` is not the description's body".to_owned());
    }
    if let Some((ident, _)) = arguments.values().next() {
        return Err(format!("progenitor's argument `{ident}` is not described"));
    }
    let success = success_body(described);
    let response = response(signature)?;
    if success.is_none() != (response == RustType::Unit) {
        return Err(format!("progenitor's response is `{response}`, which is not what the description has"));
    }
    let method = http_method.to_uppercase();
    // RFC 9110; a `POST` is repeated only with a key, and a `PATCH` only if its operation allows it.
    let repeatable = described.get("x-repeatable").and_then(Value::as_bool);
    let paging = paging(document, described)?;
    let rust_paging = paging.as_ref().map(|paging| self::rust_paging(paging, &query, &response, types));
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
        is_list: rust_paging.is_some() || success.is_some_and(|schema| method == "GET" && is_list(document, schema)),
        sensitive: success.is_some_and(|schema| is_sensitive(document, schema)),
        repeatable: repeatable.unwrap_or(!["POST", "PATCH"].contains(&method.as_str())),
        final_conflict: is_marked(described, "x-final-conflict"),
        rate_limit: rate_limit(described)?,
        aliases: aliases(described)?,
        deprecated: deprecated(document, described)?,
        paging: rust_paging.transpose()?,
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
    (ident, kind): (String, RustType),
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
            .unwrap_or(&ident)
            .to_owned(),
        comma_separated: matches!(kind, RustType::List(_)) && is_comma_separated(described),
        kind,
        example: text(described, "example").map(str::to_owned),
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
    let fields = fields(response, types);
    let items = fields.iter().find(|field| field.name == paging.items);
    let Some((items, RustType::List(item))) = items.map(|field| (field, field.kind.clone().present())) else {
        return Err(format!("progenitor made no list of `{}`, the items of a page", paging.items));
    };
    let (parent, fields) = match paging.shape {
        PagingShape::Paging => {
            let parent = fields.iter().find(|field| field.name == "paging");
            let parent = parent.ok_or("progenitor made no field of `paging`")?;
            let part = self::fields(&parent.kind.clone().present(), types);
            (Some((parent.ident.clone(), parent.is_option())), part)
        }
        _ => (None, fields),
    };
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
    let (more, cursor) = match paging.shape {
        PagingShape::Paging => (Some("more"), "cursor"),
        PagingShape::HasMore => (Some("has_more"), "cursor"),
        PagingShape::NextCursor => (None, "next_cursor"),
        PagingShape::Cursor => (None, "cursor"),
    };
    let described_cursor = field(cursor, RustType::Text)?;
    Ok(Paging {
        property: paging.items.to_owned(),
        items: items.ident.clone(),
        items_optional: items.is_option(),
        item: *item,
        more: more.map(|more| field(more, RustType::Boolean)).transpose()?.flatten(),
        cursor: described_cursor.ok_or_else(|| {
            format!(
                "a page has no `{cursor}` that leads to the next page; correct it in \
                 openapi/overlay/corrections.yaml, or remove the parameter `cursor` there"
            )
        })?,
    })
}

/// The fields of a type, if it is a structure.
fn fields<'a>(kind: &RustType, types: &'a [TypeItem]) -> &'a [Field] {
    match kind.own_name().and_then(|name| item(types, name)).map(|item| &item.shape) {
        Some(TypeShape::Structure { fields, .. }) => fields,
        _ => &[],
    }
}

/// The `x-aliases` of an operation.
fn aliases(operation: &Value) -> Result<Vec<String>, String> {
    let Some(aliases) = operation.get("x-aliases") else { return Ok(Vec::new()) };
    let words = aliases.as_array().map(|words| words.iter().map(|word| word.as_str().map(str::to_owned)).collect());
    words.flatten().ok_or_else(|| "its `x-aliases` is not a list of words".to_owned())
}

/// The note of a deprecated operation, with the operation that its `x-replacement` names.
fn deprecated(document: &Value, operation: &Value) -> Result<Option<String>, String> {
    let replacement = text(operation, "x-replacement");
    if !is_marked(operation, "deprecated") {
        return replacement
            .map_or(Ok(None), |name| Err(format!("it has the replacement `{name}`, and is not deprecated")));
    }
    let Some(name) = replacement else { return Ok(Some("Courier has deprecated this operation".to_owned())) };
    let is_there = lookup::operations(document).any(|(_, _, other)| text(other, "x-method") == Some(name));
    let (resource, method) = name
        .rsplit_once('.')
        .filter(|_| is_there)
        .ok_or_else(|| format!("its `x-replacement` names the operation `{name}`, which is not described"))?;
    Ok(Some(format!("Courier has deprecated this operation; use `client.{}().{method}`", resource.replace('.', "()."))))
}

/// The arguments except `self`, with progenitor's names, by key.
fn arguments(signature: &Signature) -> Result<BTreeMap<String, (String, RustType)>, String> {
    let mut arguments = BTreeMap::new();
    for argument in &signature.inputs {
        let FnArg::Typed(argument) = argument else { continue };
        let Pat::Ident(name) = &*argument.pat else { return Err("an argument of progenitor's has no name".to_owned()) };
        let ident = name.ident.to_string();
        let key = argument_key(&ident);
        if let Some((other, _)) = arguments.insert(key, (ident.clone(), RustType::from_syn(&argument.ty)?)) {
            return Err(format!("progenitor's arguments `{other}` and `{ident}` have the same key"));
        }
    }
    Ok(arguments)
}

/// The key that maps a parameter of the description to progenitor's argument: `X-Request-Id` is `x_request_id`,
/// and `type` is `type_`.
pub fn argument_key(name: &str) -> String {
    name.chars().filter(|sign| sign.is_alphanumeric()).flat_map(char::to_lowercase).collect()
}

/// The `T` of `Result<ResponseValue<T>, …>`.
fn response(signature: &Signature) -> Result<RustType, String> {
    let ReturnType::Type(_, result) = &signature.output else {
        return Err("progenitor's method returns nothing".to_owned());
    };
    let response = first_argument(result).and_then(first_argument);
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
    let body = operation.body_struct(types);
    let body_fields = body.as_ref().map_or(&[][..], |body| body.fields);
    let in_path = operation.path_parameters.iter().map(|parameter| parameter.ident.as_str());
    let optional = operation.optional_parameters().map(|parameter| parameter.ident.as_str());
    let body_arguments = body_fields.iter().filter(|field| !field.has_setter()).map(|field| field.ident.as_str());
    let body_setters = body_fields.iter().filter(|field| field.has_setter()).map(|field| field.ident.as_str());

    let mut arguments = BTreeSet::new();
    let mut setters: BTreeSet<&str> = METHODS_OF_CALLS.into();
    let mut fields: BTreeSet<&str> = ["client", "body"].into();
    let repeated = in_path.clone().chain(body_arguments).find(|name| !arguments.insert(*name));
    let repeated = repeated.or_else(|| optional.clone().chain(body_setters).find(|name| !setters.insert(name)));
    let repeated = repeated.or_else(|| in_path.chain(optional).find(|name| !fields.insert(name)));
    match repeated {
        Some(name) => Err(format!(
            "it has `{name}` twice, or the name is reserved by every call; remove the property or the parameter in \
             openapi/overlay/corrections.yaml: callers can still set it, with `extra` or `Options::query`"
        )),
        None => Ok(()),
    }
}
