//! The types of fields, arguments and responses.

use std::fmt;

use proc_macro2::TokenStream;
use quote::{ToTokens, TokenStreamExt as _, quote};
use syn::{GenericArgument, PathArguments, Type};

use crate::model::ident;
use crate::print::inline;

/// A type, with the information needed to write it and to convert into it.
#[derive(Clone, Debug, PartialEq)]
pub enum RustType {
    Unit,
    Text,
    Boolean,
    Integer,
    Number,
    /// Any JSON.
    Json,
    /// A JSON object without described properties.
    Object,
    Timestamp,
    Millis,
    DurationMillis,
    /// A text whose format is checked before it is sent.
    CheckedText(&'static str),
    /// A type of the description.
    Named(String),
    Sensitive(Box<RustType>),
    /// Null or a value, for properties in which null has a meaning.
    Nullable(Box<RustType>),
    Optional(Box<RustType>),
    List(Box<RustType>),
    Map(Box<RustType>),
    /// A type that contains itself here.
    Boxed(Box<RustType>),
}

impl RustType {
    /// Reads a type of progenitor's code.
    pub fn from_syn(from: &Type) -> Result<Self, String> {
        let path = match from {
            Type::Reference(reference) => return Self::from_syn(&reference.elem),
            Type::Tuple(tuple) if tuple.elems.is_empty() => return Ok(Self::Unit),
            Type::Path(path) => &path.path,
            _ => return Err("a type that is neither a path nor a reference".to_owned()),
        };
        let last = path.segments.last().ok_or("an empty path as a type")?;
        let arguments = match &last.arguments {
            PathArguments::AngleBracketed(arguments) => arguments.args.iter().collect(),
            _ => Vec::new(),
        };
        let inner = |position: usize| match arguments.get(position) {
            Some(GenericArgument::Type(inner)) => Self::from_syn(inner).map(Box::new),
            _ => Err(format!("`{}` without its argument", last.ident)),
        };
        Ok(match last.ident.to_string().as_str() {
            "str" | "String" => Self::Text,
            "bool" => Self::Boolean,
            "i64" => Self::Integer,
            "f64" => Self::Number,
            "Value" => Self::Json,
            "Object" => Self::Object,
            "Timestamp" => Self::Timestamp,
            "Millis" => Self::Millis,
            "DurationMillis" => Self::DurationMillis,
            "LocalTime" => Self::CheckedText("LocalTime"),
            "TimeZone" => Self::CheckedText("TimeZone"),
            "DeliveryTime" => Self::CheckedText("DeliveryTime"),
            "Sensitive" if arguments.is_empty() => Self::Sensitive(Box::new(Self::Text)),
            "Sensitive" => Self::Sensitive(inner(0)?),
            "Option" => Self::Optional(Box::new(inner(0)?.present())),
            "Box" => match *inner(0)? {
                Self::Optional(inner) => Self::Optional(Box::new(Self::Boxed(inner))),
                inner => Self::Boxed(Box::new(inner)),
            },
            "Vec" => Self::List(inner(0)?),
            "HashMap" | "BTreeMap" => Self::Map(inner(1)?),
            // typify sometimes generates this for an object without properties.
            "Map" => Self::Object,
            name if arguments.is_empty() => Self::Named(name.to_owned()),
            name => return Err(format!("the type `{name}` with arguments is not known to the generator")),
        })
    }

    /// The type without the wrapper that makes it optional.
    pub fn present(self) -> Self {
        match self {
            Self::Optional(inner) => *inner,
            other => other,
        }
    }

    /// The name of the described type, if it is one, and not a list or anything else of one.
    pub fn own_name(&self) -> Option<&str> {
        match self {
            Self::Named(name) => Some(name),
            Self::Boxed(inner) => inner.own_name(),
            _ => None,
        }
    }

    /// The name of the described type that this type is or contains.
    pub fn named(&self) -> Option<&str> {
        match self {
            Self::Named(name) => Some(name),
            Self::Sensitive(inner)
            | Self::Nullable(inner)
            | Self::Optional(inner)
            | Self::List(inner)
            | Self::Map(inner)
            | Self::Boxed(inner) => inner.named(),
            _ => None,
        }
    }
}

/// The code of the type in a module with `types` in scope.
impl ToTokens for RustType {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        tokens.append_all(match self {
            Self::Unit => quote!(()),
            Self::Text => quote!(String),
            Self::Boolean => quote!(bool),
            Self::Integer => quote!(i64),
            Self::Number => quote!(f64),
            Self::Json => quote!(serde_json::Value),
            Self::Object => quote!(types::Object),
            Self::Timestamp => quote!(types::Timestamp),
            Self::Millis => quote!(types::Millis),
            Self::DurationMillis => quote!(types::DurationMillis),
            Self::CheckedText(name) => {
                let name = ident(name);
                quote!(types::#name)
            }
            Self::Named(name) => {
                let name = ident(name);
                quote!(types::#name)
            }
            Self::Sensitive(inner) if **inner == Self::Text => quote!(types::Sensitive),
            Self::Sensitive(inner) => quote!(types::Sensitive<#inner>),
            Self::Nullable(inner) => quote!(types::Nullable<#inner>),
            Self::Optional(inner) => quote!(Option<#inner>),
            Self::List(inner) => quote!(Vec<#inner>),
            Self::Map(inner) => quote!(BTreeMap<String, #inner>),
            Self::Boxed(inner) => quote!(Box<#inner>),
        });
    }
}

impl fmt::Display for RustType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&inline(self.to_token_stream()))
    }
}

#[cfg(test)]
mod tests {
    use super::RustType;

    #[test]
    fn progenitors_types_are_read() {
        for (code, expected) in [
            ("Option<&'a str>", "Option<String>"),
            ("&'a types::Message", "types::Message"),
            ("::std::collections::HashMap<::std::string::String, Channel>", "BTreeMap<String, types::Channel>"),
            ("crate::Sensitive<crate::Object>", "types::Sensitive<types::Object>"),
            ("crate::Sensitive", "types::Sensitive"),
            ("()", "()"),
            ("::std::option::Option<::std::boxed::Box<::std::option::Option<Node>>>", "Option<Box<types::Node>>"),
        ] {
            let read = RustType::from_syn(&syn::parse_str(code).unwrap()).unwrap();
            assert_eq!(read.to_string(), expected);
        }
        let error = RustType::from_syn(&syn::parse_str("Cow<'a, str>").unwrap()).unwrap_err();
        assert!(error.contains("is not known to the generator"), "{error}");
    }
}
