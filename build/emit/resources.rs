//! The resources: the return types of `client.lists().subscriptions()`, with a method for each of their operations.

use std::fmt::Write as _;

use heck::ToLowerCamelCase as _;
use proc_macro2::TokenStream;
use quote::quote;

use crate::emit::conversion::{accepted, converted};
use crate::emit::doc_comments::{code, deprecated, documentation, first_sentence, needs_features};
use crate::emit::examples::call_example;
use crate::model::rust_type::RustType;
use crate::model::{Model, Operation, ident, resource_type};
use crate::print::print;

/// The module `resources`.
pub fn resources(model: &Model) -> String {
    print(model.resources.iter().map(|(name, resource)| self::resource(model, name, &resource.description)))
}

fn resource(model: &Model, name: &[String], description: &str) -> TokenStream {
    let kind = ident(&resource_type(name));
    let feature = name.first().map(|name| name.replace('_', "-")).unwrap_or_default();
    let features = needs_features(&[feature]);
    let documentation = match description {
        "" => documentation(&format!("The operations of `{}`.", name.join("."))),
        description => documentation(description),
    };
    let children = model.resources.iter().filter_map(|(child, resource)| {
        let (last, parent) = child.split_last()?;
        let client = quote!(self.client.clone());
        (parent == name).then(|| accessor(last, child, &resource.description, &client, None))
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
    let body = operation.body_struct(&model.types);
    let required = body.as_ref().map_or(&[][..], |body| &body.arguments);
    let in_path = operation.path_parameters.iter().map(|parameter| (&parameter.ident, &parameter.kind));
    let in_body = required.iter().map(|field| (&field.ident, &field.kind));
    let whole_body = body.is_none().then_some(operation.body.as_ref()).flatten();
    let parameters = in_path.chain(in_body).map(|(name, kind)| {
        let (name, accepts) = (ident(name), accepted(model, kind));
        quote!(, #name: #accepts)
    });
    let whole_parameter = whole_body.map(|kind| {
        let accepts = accepted(model, kind);
        quote!(, body: #accepts)
    });

    let path_arguments = operation.path_parameters.iter().map(|parameter| ident(&parameter.ident));
    let body_argument = match &body {
        Some(body) => {
            let (name, fields) = (ident(body.name), required.iter().map(|field| ident(&field.ident)));
            Some(quote!(, types::#name::new(#(#fields),*)))
        }
        None => whole_body.map(|kind| match kind {
            RustType::List(_) | RustType::Map(_) => {
                let body = converted(model, kind, quote!(body));
                quote!(, #body)
            }
            _ => quote!(, body),
        }),
    };

    let documented = operation.path_parameters.iter().map(|parameter| (&parameter.ident, &parameter.description));
    let documented = documented.chain(required.iter().map(|field| (&field.ident, &field.description)));
    let documentation = documentation(&method_text(model, operation, documented));
    let deprecated = deprecated(operation.deprecated.as_deref());
    let aliases = [official_name(operation)].into_iter().chain(operation.aliases.iter().cloned());
    let (name, call) = (ident(operation.method()), ident(&operation.name));
    let function = if operation.body.is_some() { quote!(with_body) } else { quote!(new) };
    quote! {
        #documentation
        #deprecated
        #(#[doc(alias = #aliases)])*
        #[inline]
        pub fn #name(&self #(#parameters)* #whole_parameter) -> #call {
            #call::#function(&self.client #(, #path_arguments)* #body_argument)
        }
    }
}

/// The documentation of a method: its description, arguments and response, and an example.
fn method_text<'a>(
    model: &Model,
    operation: &Operation,
    arguments: impl Iterator<Item = (&'a String, &'a String)>,
) -> String {
    let Operation { summary, description, http_method, template, .. } = operation;
    let route = code(&format!("{http_method} {template}"));
    let mut text = format!("{summary}.\n\n{description}\n\n{route}");
    if let Some(limit) = operation.rate_limit {
        text.push_str("\n\n");
        text.push_str(&limit.sentence());
    }
    // Writing to a `String` always succeeds.
    for (index, (name, description)) in arguments.enumerate() {
        if index == 0 {
            text.push_str("\n\n# Arguments\n");
        }
        let paragraph = description.split("\n\n").next().unwrap_or_default();
        let _ = write!(text, "\n- `{name}`: {}", first_sentence(description).unwrap_or(paragraph));
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
