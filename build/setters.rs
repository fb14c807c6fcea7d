//! Setters that take what a caller has.
//!
//! typify's setter of an optional field wants an `Option`, and `.name("x")` does not compile; progenitor's setter forgets
//! why a value was refused. Ours take anything that becomes the field's type and keep the reason, both alike.

use std::collections::BTreeSet;

use quote::ToTokens;
use syn::visit_mut::VisitMut;
use syn::{
    Expr, FieldValue, FnArg, Ident, ImplItem, ImplItemFn, Item, ItemImpl, ItemMod, Stmt, Type, TypeParamBound,
    WherePredicate, parse_quote,
};

use crate::generate::send::first_argument;

/// Rewrites every setter of both `builder` modules, and gives the builders of types a `build`.
pub fn setters(code: &mut syn::File) {
    Setters.visit_file_mut(code);
}

struct Setters;

impl VisitMut for Setters {
    fn visit_item_mod_mut(&mut self, module: &mut ItemMod) {
        let is_builder = module.ident == "builder";
        let Some((_, items)) = &mut module.content else { return };
        if !is_builder {
            items.iter_mut().for_each(|item| self.visit_item_mut(item));
            return;
        }
        nothing_else(items);
        let owed = null_or_a_value(items);
        let types = built_types(items);
        for item in items {
            let Item::Impl(implementation) = item else { continue };
            if implementation.trait_.is_some() {
                continue;
            }
            let name = implementation.self_ty.to_token_stream().to_string();
            for item in &mut implementation.items {
                if let ImplItem::Fn(function) = item {
                    let field = (name.clone(), function.sig.ident.to_string());
                    setter(function, owed.contains(&field));
                }
            }
            if types.contains(&name) {
                let built: Ident = syn::parse_str(&name).unwrap_or_else(|_| parse_quote!(Self));
                implementation.items.push(parse_quote! {
                    /// Builds it, or says which field is missing or was refused, and why.
                    pub fn build(self) -> ::std::result::Result<super::#built, super::error::ConversionError> {
                        self.try_into()
                    }
                });
            }
        }
    }
}

/// Lets an object be built without further fields, which typify asks for.
fn nothing_else(items: &mut [Item]) {
    for item in items {
        let Item::Impl(implementation) = item else { continue };
        let Some(fields) = default_fields(implementation) else { continue };
        for field in fields {
            if field.member.to_token_stream().to_string() == "extra" {
                field.expr = parse_quote!(Ok(::std::default::Default::default()));
            }
        }
    }
}

/// The fields of a builder's `Default`.
fn default_fields(implementation: &mut ItemImpl) -> Option<impl Iterator<Item = &mut FieldValue>> {
    let (path, _) = implementation.trait_.as_ref()?;
    if path.segments.last()?.ident != "Default" {
        return None;
    }
    let ImplItem::Fn(default) = implementation.items.first_mut()? else { return None };
    let Stmt::Expr(Expr::Struct(fields), _) = default.block.stmts.first_mut()? else { return None };
    Some(fields.fields.iter_mut())
}

/// The builders' fields that are required and may be null: leaving them out is an error, so `None` has to be sayable.
fn null_or_a_value(items: &mut [Item]) -> BTreeSet<(String, String)> {
    let mut owed = BTreeSet::new();
    for item in items {
        let Item::Impl(implementation) = item else { continue };
        let name = implementation.self_ty.to_token_stream().to_string();
        for field in default_fields(implementation).into_iter().flatten() {
            if field.expr.to_token_stream().to_string().starts_with("Err") {
                owed.insert((name.clone(), field.member.to_token_stream().to_string()));
            }
        }
    }
    owed
}

/// The types that have a builder here, by the `TryFrom` of it.
fn built_types(items: &[Item]) -> BTreeSet<String> {
    items
        .iter()
        .filter_map(|item| {
            let Item::Impl(implementation) = item else { return None };
            let (path, _) = implementation.trait_.as_ref()?;
            let last = path.segments.last()?;
            let of: Type = first_argument(&parse_quote!(#last))?;
            (last.ident == "TryFrom").then(|| of.to_token_stream().to_string())
        })
        .collect()
}

fn setter(function: &mut ImplItemFn, owed: bool) {
    let name = function.sig.ident.clone();
    let Some(FnArg::Typed(argument)) = function.sig.inputs.last() else { return };
    if !["V", "T"].contains(&argument.ty.to_token_stream().to_string().as_str()) {
        return;
    }
    let Some(wanted) = wanted(function) else { return };
    // progenitor maps into the option itself, typify asks the caller for it.
    let maps = function.block.to_token_stream().to_string().contains(". map (Some)");
    let optional = first_argument(&wanted).filter(|_| is_option(&wanted) && !owed);
    let is_optional = maps || optional.is_some();
    let wanted = optional.unwrap_or(wanted);

    // The body of an operation goes through the builder of its type.
    if name == "body" {
        return;
    }
    let field = name.to_string();
    function.sig.generics = parse_quote!(<V>);
    function.sig.generics.where_clause = Some(parse_quote! {
        where V: ::std::convert::TryInto<#wanted>, V::Error: ::std::fmt::Display,
    });
    if let Some(FnArg::Typed(argument)) = function.sig.inputs.last_mut() {
        argument.ty = parse_quote!(V);
    }
    function.block = if is_optional {
        parse_quote!({ self.#name = crate::operation::converted(#field, value).map(Some); self })
    } else {
        parse_quote!({ self.#name = crate::operation::converted(#field, value); self })
    };
}

/// The `T` of the bound `TryInto<T>`.
fn wanted(function: &ImplItemFn) -> Option<Type> {
    let clause = function.sig.generics.where_clause.as_ref()?;
    clause.predicates.iter().find_map(|predicate| {
        let WherePredicate::Type(predicate) = predicate else { return None };
        predicate.bounds.iter().find_map(|bound| {
            let TypeParamBound::Trait(bound) = bound else { return None };
            let last = bound.path.segments.last()?;
            (last.ident == "TryInto").then(|| first_argument(&parse_quote!(#last)))?
        })
    })
}

fn is_option(of: &Type) -> bool {
    matches!(of, Type::Path(path) if path.path.segments.last().is_some_and(|last| last.ident == "Option"))
}

#[cfg(test)]
mod tests {
    use super::setters;

    #[test]
    fn setters_take_the_inner_type_and_keep_the_reason() {
        let mut code = syn::parse_str(
            r#"
            pub mod types { pub mod builder {
                pub struct Thing { name: Result<Option<String>, String>, owed: Result<Option<u8>, String> }
                impl Default for Thing { fn default() -> Self { Self { name: Ok(Default::default()), owed: Err("no value".to_string()), extra: Err("no value".to_string()) } } }
                impl Thing {
                    pub fn name<T>(mut self, value: T) -> Self where T: TryInto<::std::option::Option<String>>, T::Error: Display {
                        self.name = value.try_into().map_err(|e| format!("{e}")); self
                    }
                    pub fn owed<T>(mut self, value: T) -> Self where T: TryInto<Option<u8>>, T::Error: Display {
                        self.owed = value.try_into().map_err(|e| format!("{e}")); self
                    }
                }
                impl ::std::convert::TryFrom<Thing> for super::Thing {}
            } }
            pub mod builder {
                impl<'a> ThingsGet<'a> {
                    pub fn cursor<V>(mut self, value: V) -> Self where V: std::convert::TryInto<String> {
                        self.cursor = value.try_into().map(Some).map_err(|_| "failed".to_string()); self
                    }
                }
            }"#,
        )
        .unwrap();
        setters(&mut code);
        let code = prettyplease::unparse(&code);
        for expected in [
            r#"self.name = crate::operation::converted("name", value).map(Some);"#,
            r#"self.owed = crate::operation::converted("owed", value);"#,
            r#"self.cursor = crate::operation::converted("cursor", value).map(Some);"#,
            "V: ::std::convert::TryInto<Option<u8>>",
            "pub fn build(",
            "extra: Ok(::std::default::Default::default())",
        ] {
            assert!(code.contains(expected), "{expected} not in {code}");
        }
        assert_eq!(code.matches("V: ::std::convert::TryInto<String>").count(), 2, "{code}");
        assert_eq!(code.matches("pub fn build(").count(), 1, "{code}");
    }
}
