//! The types: structures, enums and unions, with their constructors, setters and conversions.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use proc_macro2::{Ident, Literal, TokenStream};
use quote::{ToTokens as _, quote};

use crate::description::unions::Kind;
use crate::emit::conversion::{accepted, converted};
use crate::emit::doc_comments::{attributes, code, deprecated, documentation, first_sentence, needs_features};
use crate::emit::examples::type_example;
use crate::model::rust_type::RustType;
use crate::model::{EnumValue, Field, Model, TypeItem, TypeShape, Variant, ident};
use crate::print::print;

/// The module `types`.
pub fn types(model: &Model) -> String {
    let types = model.types.iter().map(|item| match &item.shape {
        TypeShape::Structure { fields, arguments, constants } => structure(model, item, fields, arguments, constants),
        TypeShape::Enum(values) => enumeration(model, item, values),
        TypeShape::Union { variants } => union(model, item, variants),
    });
    let boxed = boxed(model).into_iter().map(|name| {
        let name = ident(name);
        quote!(boxed!(#name);)
    });
    print(types.chain(boxed))
}

/// The types that contain themselves.
fn boxed(model: &Model) -> BTreeSet<&str> {
    let kinds = model.types.iter().flat_map(TypeItem::kinds).map(|kind| match kind {
        RustType::Optional(inner) | RustType::Nullable(inner) => inner,
        kind => kind,
    });
    kinds.filter(|kind| matches!(kind, RustType::Boxed(_))).filter_map(RustType::own_name).collect()
}

/// The description of a type, its example and the features that it needs.
fn heading(model: &Model, item: &TypeItem) -> TokenStream {
    let mut text = item.description.clone();
    if let Some(example) = type_example(model, item) {
        let _ = write!(text, "\n\n# Example\n\n```\n{example}\n```");
    }
    let (documentation, features) = (documentation(&text), needs_features(&item.features));
    let deprecated = deprecated(item.deprecated.as_ref());
    quote!(#documentation #features #deprecated)
}

fn structure(
    model: &Model,
    item: &TypeItem,
    fields: &[Field],
    arguments: &[usize],
    constants: &[(String, String)],
) -> TokenStream {
    let name = ident(&item.name);
    let heading = heading(model, item);
    let members = fields.iter().map(|field| {
        let (field_name, kind) = (ident(&field.ident), field.declared());
        let attributes = attributes(&field.description, field.deprecated.as_ref());
        quote!(#attributes pub #field_name: #kind,)
    });

    let arguments: Vec<&Field> = arguments.iter().filter_map(|index| fields.get(*index)).collect();
    let parameters = arguments.iter().map(|field| {
        let (field_name, kind) = (ident(&field.ident), accepted(model, &field.kind));
        quote!(#field_name: #kind)
    });
    let given = arguments.iter().map(|field| {
        let field_name = ident(&field.ident);
        let value = converted(model, &field.kind, quote!(#field_name));
        (field_name, value)
    });
    let presets = fields
        .iter()
        .filter_map(|field| Some((ident(&field.ident), field.preset.as_ref()?.parse::<TokenStream>().ok()?)));
    let (names, values): (Vec<Ident>, Vec<TokenStream>) = given.chain(presets).unzip();
    let value = if names.is_empty() {
        quote!(Structure::empty())
    } else if names.len() == fields.len() {
        // A body with nothing but a message is not first created with an empty message.
        quote!(Self { #(#names: #values,)* extra: Extra::new() })
    } else {
        quote!(let mut new: Self = Structure::empty(); #(new.#names = #values;)* new)
    };
    let new_documentation = if arguments.is_empty() {
        documentation("Creates a value without properties.")
    } else {
        let required: Vec<String> = arguments.iter().map(|field| format!("`{}`", field.ident)).collect();
        documentation(&format!("Creates a value with the required properties: {}.", required.join(", ")))
    };
    let setters = fields.iter().filter(|field| field.has_setter()).map(|field| setters(model, field, &quote!(self)));
    let default = arguments.is_empty().then(|| {
        quote! {
            impl Default for #name {
                #[inline]
                fn default() -> Self {
                    Self::new()
                }
            }
        }
    });
    let serialization = serialization(&item.name, fields, constants);
    quote! {
        #heading
        #[derive(Clone, Debug, PartialEq)]
        #[must_use]
        #[non_exhaustive]
        pub struct #name {
            #(#members)*
            /// The properties that have no field, by name.
            pub extra: Extra,
        }
        impl #name {
            #new_documentation
            #[inline]
            pub fn new(#(#parameters),*) -> Self {
                #value
            }
            #(#setters)*
            /// Sets a property that has no setter, or sets a property to a value of an unexpected type. It overrides
            /// the field of that name.
            #[inline]
            pub fn extra(mut self, name: impl Into<String>, value: impl Into<Value> + Serialize) -> Self {
                self.extra.insert(name, value);
                self
            }
        }
        #default
        #serialization
    }
}

/// The setter of an optional field of a structure, and the method that clears the field if possible.
pub fn setters(model: &Model, field: &Field, structure: &TokenStream) -> TokenStream {
    let text = first_sentence(&field.description).map_or_else(|| format!("Sets `{}`.", field.ident), str::to_owned);
    let attributes = attributes(&text, field.deprecated.as_ref());
    let setter = setter(model, &field.ident, &field.kind.clone().present(), field.is_option(), &attributes, structure);
    let clearing = matches!(field.kind, RustType::Nullable(_)).then(|| {
        let (name, clear) = (ident(&field.ident), ident(&format!("clear_{}", field.ident)));
        let text = format!("Clears `{}`, by sending `null`.", field.ident);
        let attributes = self::attributes(&text, field.deprecated.as_ref());
        quote! {
            #attributes
            #[inline]
            pub fn #clear(mut self) -> Self {
                #structure.#name = Some(types::Nullable::Null);
                self
            }
        }
    });
    quote!(#setter #clearing)
}

/// The method that sets a field of a structure or of a call, which may be an `Option`.
pub fn setter(
    model: &Model,
    name: &str,
    kind: &RustType,
    is_option: bool,
    attributes: &TokenStream,
    structure: &TokenStream,
) -> TokenStream {
    let name = ident(name);
    let (accepts, value) = (accepted(model, kind), converted(model, kind, quote!(#name)));
    let value = if is_option { quote!(Some(#value)) } else { value };
    quote! {
        #attributes
        #[inline]
        pub fn #name(mut self, #name: #accepts) -> Self {
            #structure.#name = #value;
            self
        }
    }
}

/// The facts that the shared reader and writer of `crate::json` need.
fn serialization(name: &str, fields: &[Field], constants: &[(String, String)]) -> TokenStream {
    let name = ident(name);
    let bits = |is_set: fn(&Field) -> bool| {
        let set = fields.iter().enumerate().filter(|(_, field)| is_set(field));
        set.fold(0_u64, |bits, (index, _)| bits | 1 << index)
    };
    let literal = |bits: u64| -> Option<Literal> { format!("{bits:#b}").parse().ok() };
    let required = literal(bits(|field| field.required));
    let defaulted = bits(|field| field.defaulted);
    let defaulted = (defaulted != 0).then(|| literal(defaulted)).map(|bits| quote!(defaulted #bits,));
    let constants = constants.iter().map(|(name, value)| quote!(#name = #value));
    let fields = fields.iter().enumerate().map(|(index, field)| {
        let (index, field_name, property) = (Literal::usize_unsuffixed(index), ident(&field.ident), &field.name);
        quote!(#index #field_name #property)
    });
    quote!(structure!(#name, required #required, #defaulted constants [#(#constants),*], { #(#fields),* });)
}

fn enumeration(model: &Model, item: &TypeItem, values: &[EnumValue]) -> TokenStream {
    let name = ident(&item.name);
    // An enum has no example.
    let heading = heading(model, item);
    let variants = values.iter().map(|value| {
        let (variant, documentation) = (ident(&value.ident), documentation(&code(&value.value)));
        quote!(#documentation #variant,)
    });
    let known = values.iter().map(|value| {
        let (variant, value) = (ident(&value.ident), &value.value);
        quote!(#variant = #value)
    });
    quote! {
        #heading
        #[derive(Clone, Debug, PartialEq, Eq, Hash)]
        #[non_exhaustive]
        pub enum #name {
            #(#variants)*
            /// A value that this version of the crate does not know, unchanged.
            Unrecognized(String),
        }
        string_enum!(#name { #(#known),* });
    }
}

fn union(model: &Model, item: &TypeItem, variants: &[Variant]) -> TokenStream {
    let name = ident(&item.name);
    let heading = heading(model, item);
    let members = variants.iter().map(|Variant { ident: variant, kind, .. }| {
        let held = kind.named().and_then(|held| model.item(held));
        let text = match (held, kind) {
            (Some(held), RustType::Named(_) | RustType::Boxed(_)) => {
                first_sentence(&held.description).map_or_else(|| format!("One of [`{}`].", held.name), str::to_owned)
            }
            (Some(held), _) => format!("Several values of the type [`{}`].", held.name),
            (None, _) => format!("A value of type `{kind}`."),
        };
        let (variant, documentation) = (ident(variant), documentation(&text));
        quote!(#documentation #variant(#kind),)
    });
    let conversions = variants.iter().map(|variant| conversions(&item.name, variant));
    let shapes = variants.iter().enumerate().map(|(index, variant)| {
        let (index, variant, shape) = (Literal::usize_unsuffixed(index), ident(&variant.ident), shape(variant));
        quote!(#index #variant = #shape)
    });
    quote! {
        #heading
        #[derive(Clone, Debug, PartialEq)]
        #[must_use]
        #[non_exhaustive]
        pub enum #name {
            #(#members)*
            /// A kind that this version of the crate does not know, unchanged.
            Unrecognized(Object),
        }
        #(#conversions)*
        union!(#name { #(#shapes),* });
    }
}

fn shape(variant: &Variant) -> TokenStream {
    match variant.shape.kind {
        Kind::Object => {
            let tags = variant.shape.tags.iter().map(|(name, values)| quote!((#name, &[#(#values),*])));
            let required = &variant.shape.required;
            quote!(Object(&[#(#tags),*], &[#(#required),*]))
        }
        kind => ident(&format!("{kind:?}")).into_token_stream(),
    }
}

/// Conversions into a union from everything that unambiguously means this variant.
fn conversions(union: &str, Variant { ident: variant, kind, .. }: &Variant) -> TokenStream {
    let (union, variant) = (ident(union), ident(variant));
    let from = |generics: TokenStream, source: TokenStream, value: TokenStream| {
        quote! {
            impl #generics From<#source> for #union {
                #[inline]
                fn from(value: #source) -> Self {
                    Self::#variant(#value)
                }
            }
        }
    };
    match kind {
        RustType::Text => {
            let conversions =
                [from(quote!(), quote!(&str), quote!(value.into())), from(quote!(), quote!(String), quote!(value))];
            quote!(#(#conversions)*)
        }
        RustType::List(item) => {
            let collected = quote!(value.into_iter().map(Into::into).collect());
            let conversions = [
                from(quote!(<T: Into<#item>>), quote!(Vec<T>), collected.clone()),
                from(quote!(<T: Into<#item>, const N: usize>), quote!([T; N]), collected),
            ];
            quote!(#(#conversions)*)
        }
        RustType::Boxed(inner) => from(quote!(), quote!(#inner), quote!(Box::new(value))),
        kind => from(quote!(), quote!(#kind), quote!(value)),
    }
}
