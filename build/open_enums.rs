//! An enum keeps a value that it does not know.

use std::collections::BTreeSet;

use quote::ToTokens;
use syn::visit_mut::{self, VisitMut};
use syn::{Fields, File, ImplItem, Item, ItemEnum, ItemImpl, ItemMod, parse_quote};

/// Gives every enum of strings but the closed ones a last variant, `Unrecognized`, that holds the text as it came.
/// Courier adds values; an answer with a new one must not fail, nor lose it.
pub fn open_enums(code: &mut File, closed: &BTreeSet<String>) {
    OpenEnums { closed }.visit_file_mut(code);
}

struct OpenEnums<'a> {
    closed: &'a BTreeSet<String>,
}

impl VisitMut for OpenEnums<'_> {
    fn visit_item_mod_mut(&mut self, module: &mut ItemMod) {
        let Some((_, items)) = &mut module.content else { return };
        let mut opened = BTreeSet::new();
        for item in items.iter_mut() {
            if let Item::Enum(choice) = item
                && is_choice_of_strings(choice)
                && !self.closed.contains(&choice.ident.to_string())
            {
                open(choice);
                opened.insert(choice.ident.to_string());
            }
        }
        for item in items.iter_mut() {
            if let Item::Impl(implementation) = item
                && opened.contains(&implementation.self_ty.to_token_stream().to_string())
            {
                follow(implementation);
            }
        }
        visit_mut::visit_item_mod_mut(self, module);
    }
}

fn is_choice_of_strings(choice: &ItemEnum) -> bool {
    !choice.variants.is_empty() && choice.variants.iter().all(|variant| matches!(variant.fields, Fields::Unit))
}

fn open(choice: &mut ItemEnum) {
    for attribute in &mut choice.attrs {
        if !attribute.path().is_ident("derive") {
            continue;
        }
        let derives =
            attribute.parse_args_with(syn::punctuated::Punctuated::<syn::Path, syn::Token![,]>::parse_terminated);
        if let Ok(derives) = derives {
            let kept = derives.iter().filter(|path| !path.is_ident("Copy"));
            *attribute = parse_quote!(#[derive(#(#kept),*)]);
        }
    }
    choice.variants.push(parse_quote! {
        /// A value that this version of the crate does not know, as it came.
        #[serde(untagged)]
        Unrecognized(::std::string::String)
    });
}

/// Lets `Display` and `FromStr` know the new variant.
fn follow(implementation: &mut ItemImpl) {
    let Some((path, _)) = &implementation.trait_ else { return };
    let Some(name) = path.segments.last().map(|segment| segment.ident.to_string()) else { return };
    for item in &mut implementation.items {
        let ImplItem::Fn(function) = item else { continue };
        let Some(syn::Stmt::Expr(syn::Expr::Match(choice), _)) = function.block.stmts.last_mut() else { continue };
        match name.as_str() {
            "Display" => {
                choice.expr = parse_quote!(self);
                choice.arms.push(parse_quote!(Self::Unrecognized(value) => f.write_str(value),));
            }
            "FromStr" => {
                choice.arms.pop();
                choice.arms.push(parse_quote!(value => Ok(Self::Unrecognized(value.to_string())),));
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::open_enums;

    const CODE: &str = r#"
        pub mod types {
            #[derive(Clone, Copy, Debug)]
            pub enum Status { #[serde(rename = "SENT")] Sent }
            impl ::std::fmt::Display for Status {
                fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                    match *self { Self::Sent => f.write_str("SENT"), }
                }
            }
            impl ::std::str::FromStr for Status {
                type Err = self::error::ConversionError;
                fn from_str(value: &str) -> Result<Self, self::error::ConversionError> {
                    match value { "SENT" => Ok(Self::Sent), _ => Err("invalid value".into()), }
                }
            }
        }
    "#;

    #[test]
    fn an_enum_keeps_what_it_does_not_know() {
        let mut code = syn::parse_str(CODE).unwrap();
        open_enums(&mut code, &BTreeSet::new());
        let code = prettyplease::unparse(&code);
        for expected in [
            "#[derive(Clone, Debug)]",
            "Unrecognized(::std::string::String)",
            "match self {",
            "Self::Unrecognized(value) => f.write_str(value)",
            "value => Ok(Self::Unrecognized(value.to_string()))",
        ] {
            assert!(code.contains(expected), "{expected} in {code}");
        }
        assert!(!code.contains("invalid value"), "{code}");
    }

    #[test]
    fn a_closed_enum_stays_as_it_is() {
        let before: syn::File = syn::parse_str(CODE).unwrap();
        let mut code = before.clone();
        open_enums(&mut code, &BTreeSet::from(["Status".to_owned()]));
        assert_eq!(prettyplease::unparse(&code), prettyplease::unparse(&before));
    }
}
