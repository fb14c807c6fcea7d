//! How an operation goes out: one road through `Client`, in place of progenitor's for each.
//!
//! progenitor writes the whole exchange into every operation, hooks and all. Its hooks return a `reqwest::Result`, which
//! cannot say that a budget is spent, an answer too large or a body not JSON, and its error forgets the status of a body
//! that cannot be decoded. So only the making of the request is kept; the sending is `Client::call`, written once.

use std::collections::BTreeMap;

use quote::{ToTokens, format_ident, quote};
use syn::visit_mut::{self, VisitMut};
use syn::{Block, Expr, File, Ident, ImplItem, ImplItemFn, Item, ItemImpl, ItemMod, Stmt, Type, parse_quote};

use crate::generate::answers::{Answer, Body};

/// Replaces progenitor's `Client` by ours and its `send` by ours, everywhere.
pub fn send(code: &mut File, answers: &BTreeMap<String, Answer>) -> Result<(), String> {
    code.items.retain(|item| !is_runtime(item));
    code.items.insert(
        0,
        parse_quote!(
            use crate::client::Client;
        ),
    );
    for item in &mut code.items {
        if let Item::Mod(module) = item
            && module.ident == "builder"
        {
            operations(module, answers)?;
        }
    }
    Ok(())
}

/// Whether an item is of progenitor's own client, which `src/client.rs` is instead.
fn is_runtime(item: &Item) -> bool {
    match item {
        Item::Use(_) | Item::Const(_) => true,
        Item::Struct(item) => item.ident == "Client",
        Item::Mod(module) => module.ident == "prelude",
        Item::Impl(item) => item.trait_.is_some() || item.items.iter().any(|item| is_named(item, "new_with_client")),
        _ => false,
    }
}

fn is_named(item: &ImplItem, name: &str) -> bool {
    matches!(item, ImplItem::Fn(function) if function.sig.ident == name)
}

fn operations(module: &mut ItemMod, answers: &BTreeMap<String, Answer>) -> Result<(), String> {
    let Some((_, items)) = &mut module.content else { return Ok(()) };
    items.retain(|item| !matches!(item, Item::Use(_)));
    items.insert(
        0,
        parse_quote!(
            use super::types;
        ),
    );
    items.insert(
        1,
        parse_quote!(
            use crate::operation::{Body, Operation, Raw, encode_path};
        ),
    );
    items.insert(
        2,
        parse_quote!(
            use crate::{Error, ResponseValue};
        ),
    );
    for item in items {
        match item {
            Item::Impl(implementation) => operation(implementation, answers)?,
            Item::Struct(call) => {
                // Where a list starts is for `ext` to see.
                for field in
                    call.fields.iter_mut().filter(|field| field.ident.as_ref().is_some_and(|name| name == "cursor"))
                {
                    field.vis = parse_quote!(pub(crate));
                }
            }
            _ => {}
        }
    }
    Ok(())
}

fn operation(implementation: &mut ItemImpl, answers: &BTreeMap<String, Answer>) -> Result<(), String> {
    let Some(place) = implementation.items.iter().position(|item| is_named(item, "send")) else { return Ok(()) };
    let ImplItem::Fn(send) = implementation.items.remove(place) else { return Ok(()) };
    let id = operation_id(&send.block).ok_or("an operation without its id")?;
    let answer = answers.get(&id).ok_or_else(|| format!("{id} is not in the description"))?;
    let output = success_type(&send).ok_or_else(|| format!("{id} has no success type"))?;
    let request = request(send.block, &id)?;

    let Answer { method, path, body, sensitive } = answer;
    let body = match body {
        Body::None => quote!(None),
        Body::Optional => quote!(Optional),
        Body::Required => quote!(Required),
    };
    let attributes = send.attrs;
    let added: [ImplItem; 4] = [
        parse_quote! {
            const OPERATION: Operation = Operation {
                id: #id,
                method: #method,
                path: #path,
                body: Body::#body,
                sensitive: #sensitive,
            };
        },
        parse_quote! { fn request(self) -> Result<reqwest::Request, Error> #request },
        parse_quote! {
            #(#attributes)*
            pub async fn send(self) -> Result<ResponseValue<#output>, Error> {
                let client = self.client;
                client.call(&Self::OPERATION, self.request()).await
            }
        },
        parse_quote! {
            /// Sends the same request, and gives the body of the answer as it came instead of its type.
            pub async fn send_raw(self) -> Result<ResponseValue<Raw>, Error> {
                let client = self.client;
                client.call_raw(&Self::OPERATION, self.request()).await
            }
        },
    ];
    implementation.items.extend(added);
    for item in &mut implementation.items {
        if let ImplItem::Fn(function) = item
            && function.sig.ident == "new"
        {
            // `Client`'s own method does the same, and has the documentation.
            function.vis = parse_quote!(pub(super));
        }
    }
    Ok(())
}

/// The id that progenitor hands to its hooks.
fn operation_id(block: &Block) -> Option<String> {
    block.stmts.iter().find_map(|statement| {
        let Stmt::Local(local) = statement else { return None };
        let Expr::Struct(info) = &*local.init.as_ref()?.expr else { return None };
        if !info.path.is_ident("OperationInfo") {
            return None;
        }
        match &info.fields.first()?.expr {
            Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(id), .. }) => Some(id.value()),
            _ => None,
        }
    })
}

/// The `T` of `Result<ResponseValue<T>, …>`.
fn success_type(send: &ImplItemFn) -> Option<Type> {
    let syn::ReturnType::Type(_, result) = &send.sig.output else { return None };
    first_argument(&first_argument(result)?)
}

pub(super) fn first_argument(of: &Type) -> Option<Type> {
    let Type::Path(path) = of else { return None };
    let syn::PathArguments::AngleBracketed(arguments) = &path.path.segments.last()?.arguments else { return None };
    match arguments.args.first()? {
        syn::GenericArgument::Type(argument) => Some(argument.clone()),
        _ => None,
    }
}

/// The part of progenitor's `send` that makes the request, as a block that ends in it.
fn request(mut block: Block, id: &str) -> Result<Block, String> {
    let end = block.stmts.iter().position(|statement| declares(statement, "info"));
    block.stmts.truncate(end.ok_or_else(|| format!("{id}: the request has no end"))?);
    let Some(Stmt::Local(request)) = block.stmts.pop() else { return Err(format!("{id}: there is no request")) };
    let Some(mut built) = request.init.map(|init| *init.expr) else { return Err(format!("{id}: an empty request")) };

    // No official client sends `api-version`, which progenitor puts on every request.
    block.stmts.retain(|statement| !statement.to_token_stream().to_string().contains("\"api-version\""));
    let sends_headers =
        block.stmts.iter().any(|statement| statement.to_token_stream().to_string().contains("header_map . append"));
    if !sends_headers {
        block.stmts.retain(|statement| !declares(statement, "header_map"));
        WithoutHeaders.visit_expr_mut(&mut built);
    }
    let mut block = Block { stmts: block.stmts, ..block };
    Refusals.visit_block_mut(&mut block);
    block.stmts.push(parse_quote!(let request = #built;));
    block.stmts.push(Stmt::Expr(parse_quote!(Ok(request)), None));
    Ok(block)
}

fn declares(statement: &Stmt, name: &str) -> bool {
    let name: Ident = format_ident!("{name}");
    matches!(statement, Stmt::Local(syn::Local { pat: syn::Pat::Ident(pattern), .. }) if pattern.ident == name)
}

/// Takes `.headers(…)` out of a chain of calls.
struct WithoutHeaders;

impl VisitMut for WithoutHeaders {
    fn visit_expr_mut(&mut self, expression: &mut Expr) {
        if let Expr::MethodCall(call) = expression
            && call.method == "headers"
        {
            *expression = (*call.receiver).clone();
        }
        visit_mut::visit_expr_mut(self, expression);
    }
}

/// Lets a value that was refused end in our error.
struct Refusals;

impl VisitMut for Refusals {
    fn visit_expr_mut(&mut self, expression: &mut Expr) {
        if let Expr::Path(path) = expression
            && path.path.segments.last().is_some_and(|last| last.ident == "InvalidRequest")
        {
            *expression = parse_quote!(Error::invalid_request);
        }
        visit_mut::visit_expr_mut(self, expression);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::send;
    use crate::generate::answers::{Answer, Body};

    #[test]
    fn only_the_making_of_the_request_is_kept() {
        let mut code = syn::parse_str(
            r#"
            pub use progenitor_client::Error;
            pub struct Client { client: reqwest::Client }
            impl ClientInfo<()> for Client {}
            impl Client { pub fn things_get(&self) -> builder::ThingsGet<'_> { builder::ThingsGet::new(self) } }
            pub mod builder {
                use super::types;
                pub struct ThingsGet<'a> { client: &'a super::Client, id: Result<String, String> }
                impl<'a> ThingsGet<'a> {
                    pub fn new(client: &'a super::Client) -> Self { Self { client, id: Ok(String::new()) } }
                    /// Sends it.
                    pub async fn send(self) -> Result<ResponseValue<types::Thing>, Error<types::ApiError>> {
                        let Self { client, id } = self;
                        let id = id.map_err(Error::InvalidRequest)?;
                        let url = format!("{}/things/{}", client.baseurl, encode_path(&id.to_string()));
                        let mut header_map = ::reqwest::header::HeaderMap::with_capacity(1usize);
                        header_map.append(::reqwest::header::HeaderName::from_static("api-version"), x);
                        #[allow(unused_mut)]
                        let mut request = client.client.get(url).headers(header_map).build()?;
                        let info = OperationInfo { operation_id: "things_get" };
                        client.pre(&mut request, &info).await?;
                        match response.status().as_u16() { _ => Err(Error::UnexpectedResponse(response)) }
                    }
                }
            }"#,
        )
        .unwrap();
        let answer =
            Answer { method: "GET".to_owned(), path: "/things/{id}".to_owned(), body: Body::Required, sensitive: true };
        send(&mut code, &BTreeMap::from([("things_get".to_owned(), answer)])).unwrap();
        let code = prettyplease::unparse(&code);
        for gone in ["api-version", "header_map", "OperationInfo", "UnexpectedResponse", "struct Client", "ClientInfo"]
        {
            assert!(!code.contains(gone), "{gone} in {code}");
        }
        for there in [
            "client.client.get(url).build()?",
            "id.map_err(Error::invalid_request)?",
            "/// Sends it.\n        pub async fn send(self) -> Result<ResponseValue<types::Thing>, Error>",
            "client.call(&Self::OPERATION, self.request()).await",
            "sensitive: true",
        ] {
            assert!(code.contains(there), "{there} not in {code}");
        }
    }
}
