//! The calls: one struct for each operation, made by the method of its resource.

use std::collections::BTreeSet;

use proc_macro2::TokenStream;
use quote::{ToTokens, quote};

use crate::description::rate_limit::RateLimit;
use crate::emit::conversion::{accepted, is_plain};
use crate::emit::doc_comments::{attributes, code, documentation, needs_features};
use crate::emit::types::{setter, setters};
use crate::model::rust_type::RustType;
use crate::model::{Model, Operation, Paging, Parameter, ResponseField, ident};
use crate::print::print;

/// The module `calls`.
pub fn calls(model: &Model) -> String {
    let calls = model.operations.iter().map(|operation| call(model, operation));
    // The enums that a query or a header can hold.
    let parameters = model.operations.iter().flat_map(Operation::optional_parameters);
    let enums: BTreeSet<&str> = parameters.filter_map(|parameter| parameter.kind.named()).collect();
    let enums = enums.into_iter().map(|name| {
        let name = ident(name);
        quote!(argument!(types::#name);)
    });
    let names = model.operations.iter().map(|operation| ident(&operation.name));
    let operations = quote! {
        /// All operations.
        pub(crate) static OPERATIONS: &[&Operation] = &[#(<#names as Call>::OPERATION),*];
    };
    print(calls.chain(enums).chain([operations]))
}

fn call(model: &Model, operation: &Operation) -> TokenStream {
    let name = ident(&operation.name);
    let documentation = documentation(&format!(
        "The call of [`{resource}::{method}`](crate::resources::{resource}::{method}): {}.",
        code(&format!("{} {}", operation.http_method, operation.template)),
        resource = operation.resource_type(),
        method = operation.method()
    ));
    let features = needs_features(&[operation.feature()]);
    let members = members(operation);
    let constructor = constructor(model, operation);
    let parameter_setters = operation.optional_parameters().map(|parameter| parameter_setter(model, parameter));
    let body = operation.body_struct(&model.types);
    let fields = body.as_ref().map_or(&[][..], |body| body.fields);
    let body_setters =
        fields.iter().filter(|field| field.has_setter()).map(|field| setters(model, field, &quote!(self.body)));
    let extra = (!fields.is_empty()).then(|| {
        quote! {
            /// Sets a property of the body that has no setter, or sets a property to a value of an unexpected type. It
            /// overrides the field of that name.
            #[inline]
            pub fn extra(mut self, name: impl Into<String>, value: impl Into<Value> + Serialize) -> Self {
                self.body.extra.insert(name, value);
                self
            }
        }
    });
    let implementation = implementation(operation);
    let response = &operation.response;
    let paged = operation.paging.as_ref().map(|paging| paged(operation, paging));
    quote! {
        #documentation
        #features
        #[derive(Clone)]
        #[must_use = "a call does nothing until it is awaited or sent"]
        #[non_exhaustive]
        pub struct #name {
            client: Client,
            #members
        }
        impl #name {
            #constructor
            #(#parameter_setters)*
            #(#body_setters)*
            #extra
        }
        #implementation
        call!(#name, #response);
        #paged
    }
}

/// The fields of a call, except its client.
fn members(operation: &Operation) -> TokenStream {
    let in_path = operation.path_parameters.iter().map(|Parameter { ident: name, kind, description, .. }| {
        let (name, documentation) = (ident(name), documentation(description));
        quote!(#documentation pub #name: #kind,)
    });
    let optional = operation.optional_parameters().map(|parameter| {
        let (name, kind) = (ident(&parameter.ident), &parameter.kind);
        let attributes = attributes(&parameter.description, parameter.deprecated.as_ref());
        quote!(#attributes pub #name: Option<#kind>,)
    });
    let body = operation.body.iter().map(|body| {
        quote! {
            /// The data to send.
            pub body: #body,
        }
    });
    quote!(#(#in_path)* #(#optional)* #(#body)*)
}

fn constructor(model: &Model, operation: &Operation) -> TokenStream {
    let parameters = operation.path_parameters.iter().map(|parameter| {
        let (name, kind) = (ident(&parameter.ident), accepted(model, &parameter.kind));
        quote!(#name: #kind)
    });
    let (in_path, optional) = (operation.path_idents(), operation.optional_idents());
    let (documentation, function, body, value) = match &operation.body {
        None => ("Creates the call for a client, like the method of the resource.", quote!(new), None, None),
        Some(body) => {
            // Arguments of these kinds are converted by the resource's method.
            let is_converted = matches!(body, RustType::List(_) | RustType::Map(_) | RustType::Optional(_));
            let (kind, value) = match is_converted || is_plain(model, body) {
                true => (quote!(#body), quote!(body)),
                false => (quote!(impl Into<#body>), quote!(body: body.into())),
            };
            ("Creates the call from a whole body.", quote!(with_body), Some(quote!(, body: #kind)), Some(value))
        }
    };
    quote! {
        #[doc = #documentation]
        #[inline]
        pub fn #function(client: &Client #(, #parameters)* #body) -> Self {
            Self { client: client.clone(), #(#in_path: #in_path.into(),)* #(#optional: None,)* #value }
        }
    }
}

fn parameter_setter(model: &Model, Parameter { ident, kind, description, deprecated, .. }: &Parameter) -> TokenStream {
    setter(model, ident, kind, true, &attributes(description, deprecated.as_ref()), &quote!(self))
}

/// The facts about the operation that the client needs, and the position of each argument in the request.
fn implementation(operation: &Operation) -> TokenStream {
    let Operation { http_method, template, response, is_list, sensitive, repeatable, final_conflict, .. } = operation;
    let name = ident(&operation.name);
    let id = operation.path.join(".");
    let body = match (response, operation.response_optional) {
        (RustType::Unit, _) => quote!(None),
        (_, true) => quote!(Optional),
        (_, false) => quote!(Required),
    };
    let id_property = option(operation.id_property.as_ref());
    let rate_limit = option(
        operation
            .rate_limit
            .map(|RateLimit { requests, seconds, .. }| quote!((#requests, std::time::Duration::from_secs(#seconds)))),
    );
    let secrets = operation.path_parameters.iter().filter(|parameter| parameter.is_secret());
    let secrets = secrets.map(|parameter| &parameter.name);

    let (in_path, optional) = (operation.path_idents(), operation.optional_idents());
    let path_arguments = in_path.iter().map(|name| quote!(to.path(&mut self.#name);));
    let query_arguments = operation.query.iter().map(|Parameter { name, ident: field, comma_separated, .. }| {
        let field = ident(field);
        let query = ident(if *comma_separated { "comma_separated" } else { "query" });
        quote!(to.#query(#name, &mut self.#field);)
    });
    let header_arguments = operation.headers.iter().map(|Parameter { name, ident: field, .. }| {
        let (header, field) = (name.to_lowercase(), ident(field));
        quote!(to.header(#header, &mut self.#field);)
    });
    let body_argument = operation.body.iter().map(|_| {
        let body = ident(if operation.takes_text { "text" } else { "body" });
        quote!(to.#body(&mut self.body);)
    });
    let arguments: Vec<TokenStream> =
        path_arguments.chain(query_arguments).chain(header_arguments).chain(body_argument).collect();
    let to = if arguments.is_empty() { quote!(_) } else { quote!(to) };

    let empty_body = operation.body.iter().map(|_| quote!(body: crate::json::Decode::empty(),));
    quote! {
        impl Call for #name {
            type Response = #response;
            const OPERATION: &'static Operation = &Operation {
                id: #id,
                method: #http_method,
                path: #template,
                secret_parameters: &[#(#secrets),*],
                response: ResponseBody::#body,
                id_property: #id_property,
                is_list: #is_list,
                sensitive: #sensitive,
                repeatable: #repeatable,
                final_conflict: #final_conflict,
                rate_limit: #rate_limit,
            };
            #[inline]
            fn client(&self) -> &Client {
                &self.client
            }
            #[inline]
            fn client_mut(&mut self) -> &mut Client {
                &mut self.client
            }
            #[inline]
            fn arguments(&mut self, #to: &mut dyn Arguments) {
                #(#arguments)*
            }
            #[cfg(feature = "testing")]
            #[inline]
            fn empty(client: Client) -> Self {
                Self {
                    client,
                    #(#in_path: crate::json::Decode::empty(),)*
                    #(#optional: None,)*
                    #(#empty_body)*
                }
            }
        }
    }
}

fn option(value: Option<impl ToTokens>) -> TokenStream {
    value.map_or_else(|| quote!(None), |value| quote!(Some(#value)))
}

/// The expression of a field of `response`, as an `Option`. A required flag is `None` if it was not received: its field
/// is then false.
fn received(field: &ResponseField, is_flag: bool) -> TokenStream {
    let (name, text) = (ident(&field.ident), &field.ident);
    let value = |part: TokenStream| match (is_flag, field.is_option) {
        (true, true) => quote!(#part.#name),
        (true, false) => quote!(#part.is_received(#text).then_some(#part.#name)),
        (false, true) => quote!(#part.#name.clone()),
        (false, false) => quote!(Some(#part.#name.clone())),
    };
    match &field.parent {
        None => value(quote!(response)),
        Some((parent, is_option)) => {
            let parent = ident(parent);
            if *is_option {
                let value = value(quote!(part));
                quote!(response.#parent.as_ref().and_then(|part| #value))
            } else {
                value(quote!(response.#parent))
            }
        }
    }
}

fn paged(operation: &Operation, paging: &Paging) -> TokenStream {
    let Paging { property, item, .. } = paging;
    let (name, items) = (ident(&operation.name), ident(&paging.items));
    let more = paging.more.as_ref().map_or_else(|| quote!(None), |field| received(field, true));
    let cursor = received(&paging.cursor, false);
    let or_default = paging.items_optional.then(|| quote!(.unwrap_or_default()));
    quote! {
        impl Paged for #name {
            type Item = #item;
            const ITEMS: &'static str = #property;
            fn cursor_mut(&mut self) -> &mut Option<String> {
                &mut self.cursor
            }
            fn next(response: &Self::Response) -> Next {
                Next { more: #more, cursor: #cursor }
            }
            fn take_items(response: &mut Self::Response) -> Vec<Self::Item> {
                std::mem::take(&mut response.#items) #or_default
            }
        }
        paged!(#name);
    }
}
