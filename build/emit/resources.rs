//! The resources: what `client.lists().subscriptions()` gives, with a method for each of its operations.

use std::fmt::Write as _;

use crate::emit::conversion::accepted;
use crate::emit::examples::call_example;
use crate::emit::prose::{documentation, first_sentence};
use crate::emit::types::{deprecated, needs_features};
use crate::model::rust_type::RustType;
use crate::model::{Call, Model, TypeItem, TypeShape, resource_type};

/// The module `resources`.
pub fn resources(model: &Model) -> String {
    let mut code = String::new();
    for (name, resource) in &model.resources {
        let written = one(&mut code, model, name, &resource.words);
        // A `String` takes everything that is written to it.
        debug_assert!(written.is_ok());
    }
    code
}

fn one(code: &mut String, model: &Model, name: &[String], words: &str) -> std::fmt::Result {
    let kind = resource_type(name);
    let feature = name.first().map(|name| name.replace('_', "-")).unwrap_or_default();
    let cfg = needs_features(&[feature]);
    let said = if words.is_empty() { format!("The operations of `{}`.", name.join(".")) } else { words.to_owned() };
    writeln!(
        code,
        "{}{cfg}#[derive(Clone, Debug)]\npub struct {kind} {{\n    client: Client,\n}}\n\nimpl {kind} {{",
        documentation("", &said)
    )?;
    for (child, resource) in &model.resources {
        if let Some((last, parent)) = child.split_last()
            && parent == name
        {
            accessor(code, last, &resource_type(child), &resource.words, "self.client.clone()", "")?;
        }
    }
    for call in model.calls.iter().filter(|call| call.resource() == name) {
        method(code, model, call)?;
    }
    writeln!(code, "}}\n")?;
    if let [only] = name {
        writeln!(code, "impl Client {{")?;
        accessor(code, only, &kind, words, "self.clone()", &cfg)?;
        writeln!(code, "}}\n")?;
    }
    Ok(())
}

fn accessor(code: &mut String, name: &str, kind: &str, words: &str, client: &str, cfg: &str) -> std::fmt::Result {
    let said = first_sentence(words).map_or_else(|| format!("The operations of [`{kind}`]."), |words| words.to_owned());
    writeln!(
        code,
        "{}{cfg}    #[inline]\n    pub fn {name}(&self) -> {kind} {{\n        {kind} {{ client: {client} }}\n    }}",
        documentation("    ", &said)
    )
}

fn method(code: &mut String, model: &Model, call: &Call) -> std::fmt::Result {
    let mut said = format!("{}.\n\n{}\n\n`{} {}`", call.summary, call.words, call.http_method, call.template);
    let mut list = String::from("&self");
    let mut given: Vec<String> = vec!["&self.client".to_owned()];
    let mut arguments = Vec::new();
    for parameter in &call.path_parameters {
        write!(list, ", {}: {}", parameter.ident, accepted(model, &parameter.kind))?;
        given.push(parameter.ident.clone());
        arguments.push((&parameter.ident, &parameter.words));
    }
    if let Some(body) = &call.body {
        match body.named().and_then(|name| model.item(name)) {
            Some(TypeItem { name, shape: TypeShape::Structure { fields, arguments: required, .. }, .. }) => {
                let required: Vec<_> = required.iter().filter_map(|place| fields.get(*place)).collect();
                for field in &required {
                    write!(list, ", {}: {}", field.ident, accepted(model, &field.kind))?;
                    arguments.push((&field.ident, &field.words));
                }
                let required: Vec<&str> = required.iter().map(|field| field.ident.as_str()).collect();
                given.push(format!("types::{name}::new({})", required.join(", ")));
            }
            _ => {
                write!(list, ", body: {}", accepted(model, body))?;
                given.push("body".to_owned());
            }
        }
    }
    if !arguments.is_empty() {
        said.push_str("\n\n# Arguments\n");
        for (ident, words) in arguments {
            let words = first_sentence(words).unwrap_or(words.split("\n\n").next().unwrap_or_default());
            write!(said, "\n- `{ident}`: {words}")?;
        }
    }
    if call.answer != RustType::Unit
        && let Some(name) = call.answer.named()
    {
        write!(said, "\n\n# Answer\n\n[`{name}`](crate::types::{name})")?;
    }
    write!(said, "\n\n# Example\n\n{}", call_example(model, call))?;
    let function = if call.body.is_some() { "with_body" } else { "new" };
    let deprecated = deprecated(call.deprecated.as_deref());
    let aliases = [official_name(call)].into_iter().chain(call.aliases.iter().cloned());
    let aliases: String = aliases.map(|alias| format!("    #[doc(alias = {alias:?})]\n")).collect();
    writeln!(
        code,
        "{}{deprecated}{aliases}    #[inline]\n    pub fn {}({list}) -> {} {{\n        {}::{function}({})\n    }}",
        documentation("    ", &said),
        call.method(),
        call.name,
        call.name,
        given.join(", ")
    )
}

/// What the official Node client calls the operation: `bulk.listUsers`.
pub fn official_name(call: &Call) -> String {
    use heck::ToLowerCamelCase;
    let parts: Vec<String> = call.path.iter().map(|part| part.to_lower_camel_case()).collect();
    parts.join(".")
}
