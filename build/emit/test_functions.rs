//! Functions through which the crate's own tests reach every operation and every type.

use proc_macro2::TokenStream;
use quote::quote;

use crate::model::{Model, Operation, ident};
use crate::print::print;

/// A function that makes the call of an operation by its id, with `text` as every path parameter and the members of
/// `parameters` as the other parameters of the same name.
pub fn every_operation(model: &Model) -> String {
    let arms = model.operations.iter().map(|operation| {
        let (id, call) = (operation.path.join("_"), call(operation, &quote!(text)));
        let setters = operation.optional_parameters().map(|parameter| {
            let (name, setter, kind) = (&parameter.name, ident(&parameter.ident), &parameter.kind);
            quote! {
                if let Some(value) = parameters.get(#name) {
                    call = call.#setter(decoded::<#kind>(value.clone()));
                }
            }
        });
        quote!(#id => { let mut call = #call; #(#setters)* encoded(Box::pin(call.send()).await?) })
    });
    print([quote! {
        #[allow(unused_mut, deprecated)]
        async fn call(
            client: &trycourier::Client,
            id: &str,
            text: &str,
            parameters: &serde_json::Value,
            body: serde_json::Value
        ) -> Result<serde_json::Value, trycourier::Error> {
            Ok(match id {
                #(#arms)*
                _ => unreachable!("{id}"),
            })
        }
    }])
}

/// The expression that makes a call, with a body if it takes one.
fn call(operation: &Operation, path_argument: &TokenStream) -> TokenStream {
    let name = ident(&operation.name);
    let path_arguments = operation.path_parameters.iter().map(|_| path_argument);
    match &operation.body {
        None => quote!(trycourier::calls::#name::new(client #(, #path_arguments)*)),
        Some(body) => {
            quote!(trycourier::calls::#name::with_body(client #(, #path_arguments)*, decoded::<#body>(body)))
        }
    }
}

/// A function that walks the pages of an operation by its id.
pub fn every_list(model: &Model) -> String {
    let lists = model.operations.iter().filter(|operation| operation.paging.is_some());
    let arms = lists.map(|operation| {
        let (id, call) = (operation.path.join("_"), call(operation, &quote!("id")));
        quote!(#id => counted(id, #call).await,)
    });
    print([quote! {
        async fn walk(client: &trycourier::Client, id: &str) -> Result<(usize, usize), trycourier::Error> {
            match id {
                #(#arms)*
                _ => unreachable!("{id}"),
            }
        }
    }])
}

/// The names of all types, as the argument of a macro of the test.
pub fn every_type(model: &Model) -> String {
    let names = model.types.iter().map(|item| ident(&item.name));
    print([quote!(every_type! { #(#names),* })])
}
