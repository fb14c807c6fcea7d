//! The resources: the return types of `client.lists().subscriptions()`, with a method for each of their operations.

use std::fmt::Write as _;

use heck::ToLowerCamelCase as _;
use proc_macro2::TokenStream;
use quote::quote;

use crate::emit::conversion::{accepted, converted};
use crate::emit::doc_comments::{attributes, code, documentation, first_sentence, needs_features};
use crate::emit::examples::call_example;
use crate::model::rust_type::RustType;
use crate::model::{Model, Operation, ident, resource_type};
use crate::print::print;

/// The module `resources`.
pub fn resources(model: &Model) -> String {
    print(model.resources.iter().map(|(name, description)| self::resource(model, name, description)))
}

fn resource(model: &Model, name: &[String], description: &str) -> TokenStream {
    let kind = ident(&resource_type(name));
    let feature = name.first().map(|name| name.replace('_', "-")).unwrap_or_default();
    let features = needs_features(&[feature]);
    let documentation = match description {
        "" => documentation(&format!("The operations of `{}`.", name.join("."))),
        description => documentation(description),
    };
    let children = model.resources.iter().filter_map(|(child, description)| {
        let (last, parent) = child.split_last()?;
        let client = quote!(self.client.clone());
        (parent == name).then(|| accessor(last, child, description, &client, None))
    });
    let methods = model.operations.iter().filter(|operation| operation.resource() == name);
    let methods = methods.map(|operation| method(model, operation));
    let of_client = match name {
        [only] => {
            let accessor = accessor(only, name, description, &quote!(self.clone()), features.as_ref());
            Some(quote!(impl Client { #accessor }))
        }
        _ => None,
    };
    let name = name.join(".");
    quote! {
        #documentation
        #features
        #[derive(Clone, Debug)]
        pub struct #kind {
            client: Client,
        }
        impl #kind {
            #(#children)*
            #(#methods)*
        }
        impl Resource for #kind {
            const NAME: &'static str = #name;
        }
        #of_client
    }
}

fn accessor(
    name: &str,
    resource: &[String],
    description: &str,
    client: &TokenStream,
    features: Option<&TokenStream>,
) -> TokenStream {
    let kind = resource_type(resource);
    let documentation = match first_sentence(description) {
        Some(sentence) => documentation(sentence),
        None => documentation(&format!("The operations of [`{kind}`].")),
    };
    let (name, kind) = (ident(name), ident(&kind));
    quote! {
        #documentation
        #features
        #[inline]
        pub fn #name(&self) -> #kind {
            #kind { client: #client }
        }
    }
}

fn method(model: &Model, operation: &Operation) -> TokenStream {
    let arguments = operation.arguments(&model.types);
    let parameters = arguments.iter().map(|(name, kind, _)| {
        let (name, accepts) = (ident(name), accepted(model, kind));
        quote!(, #name: #accepts)
    });
    let path_arguments = operation.path_idents();
    let body_argument = match (operation.body_struct(&model.types), &operation.body) {
        (Some(body), _) => {
            let (name, fields) = (ident(body.name), body.arguments.iter().map(|field| ident(&field.ident)));
            Some(quote!(, types::#name::new(#(#fields),*)))
        }
        (None, Some(kind @ (RustType::List(_) | RustType::Map(_)))) => {
            let body = converted(model, kind, quote!(body));
            Some(quote!(, #body))
        }
        (None, body) => body.as_ref().map(|_| quote!(, body)),
    };
    let attributes = attributes(&method_text(model, operation, &arguments), operation.deprecated.as_ref());
    let aliases = [official_name(operation)].into_iter().chain(operation.aliases.iter().cloned());
    let (name, call) = (ident(operation.method()), ident(&operation.name));
    let function = if operation.body.is_some() { quote!(with_body) } else { quote!(new) };
    quote! {
        #attributes
        #(#[doc(alias = #aliases)])*
        #[inline]
        pub fn #name(&self #(#parameters)*) -> #call {
            #call::#function(&self.client #(, #path_arguments)* #body_argument)
        }
    }
}

/// The documentation of a method: its description, arguments and response, and an example.
fn method_text(model: &Model, operation: &Operation, arguments: &[(&str, &RustType, Option<&str>)]) -> String {
    let Operation { summary, description, http_method, template, .. } = operation;
    let route = code(&format!("{http_method} {template}"));
    let mut text = format!("{summary}.\n\n{description}\n\n{route}");
    if let Some(limit) = operation.rate_limit {
        text.push_str("\n\n");
        text.push_str(&limit.sentence());
    }
    // Writing to a `String` always succeeds.
    for (index, (name, _, description)) in arguments.iter().enumerate() {
        let Some(description) = description else { continue };
        let heading = if index == 0 { "\n\n# Arguments\n" } else { "" };
        let paragraph = description.split("\n\n").next().unwrap_or_default();
        let _ = write!(text, "{heading}\n- `{name}`: {}", first_sentence(description).unwrap_or(paragraph));
    }
    if operation.response != RustType::Unit
        && let Some(name) = operation.response.named()
    {
        let _ = write!(text, "\n\n# Response\n\n[`{name}`](crate::types::{name})");
    }
    let _ = write!(text, "\n\n# Example\n\n{}", call_example(model, operation));
    text
}

/// The name of the operation in the official Node client: `bulk.listUsers`.
pub fn official_name(operation: &Operation) -> String {
    let parts: Vec<String> = operation.path.iter().map(|part| part.to_lower_camel_case()).collect();
    parts.join(".")
}
