//! Unions: tagged ones by their tag, and all of them with a place for a kind that is not known yet.

use std::collections::BTreeMap;

use heck::ToUpperCamelCase;
use quote::ToTokens;
use serde_json::Value;
use syn::visit_mut::{self, VisitMut};
use syn::{Attribute, Expr, Fields, File, ImplItem, ItemEnum, ItemImpl, Stmt, Type, parse_quote};

use crate::generate::answers::is_sensitive;
use crate::generate::schema::{resolve, schemas, schemas_mut, text, variants};

/// The unions of the document by Rust name.
pub type Unions = BTreeMap<String, Union>;

/// How the variants of a union are told apart.
pub struct Union {
    /// The tag, and by the Rust name of a variant's type its value; none for a union without a discriminator.
    tag: Option<(String, BTreeMap<String, String>)>,
    /// Whether every variant is an object.
    of_objects: bool,
    /// Whether a variant holds what must not be shown; then a kind that is not known may, too.
    sensitive: bool,
}

/// Finds the unions, and takes the tags out of the structs of their variants: the enum carries them, so that a caller
/// never writes one.
pub fn without_tags(document: &mut Value) -> Unions {
    let mut unions = Unions::new();
    let mut tags: Vec<(String, String)> = Vec::new();
    for (name, schema) in schemas(document) {
        if variants(schema).is_empty() {
            continue;
        }
        let tag = schema.get("discriminator").and_then(|discriminator| {
            let property = text(discriminator, "propertyName")?;
            let mapping = discriminator.get("mapping")?.as_object()?;
            let values = mapping.iter().filter_map(|(value, target)| {
                let variant = target.as_str()?.rsplit('/').next()?;
                tags.push((variant.to_owned(), property.to_owned()));
                Some((variant.to_upper_camel_case(), value.clone()))
            });
            Some((property.to_owned(), values.collect()))
        });
        let of_objects = variants(schema).iter().all(|variant| resolve(document, variant).get("properties").is_some());
        let sensitive = is_sensitive(document, schema);
        unions.insert(name.to_upper_camel_case(), Union { tag, of_objects, sensitive });
    }
    for (name, schema) in schemas_mut(document) {
        for (_, tag) in tags.iter().filter(|(variant, _)| variant == name) {
            if let Some(properties) = schema.get_mut("properties").and_then(Value::as_object_mut) {
                properties.remove(tag);
            }
            if let Some(required) = schema.get_mut("required").and_then(Value::as_array_mut) {
                required.retain(|name| name != tag);
            }
        }
        // What is left is for typify, which would make the wrong thing of it.
        if let Some(object) = schema.as_object_mut() {
            object.remove("discriminator");
        }
    }
    unions
}

/// Makes serde read the tag, and adds `Unrecognized` to every union.
pub fn tagged_unions(code: &mut File, unions: &Unions) {
    TaggedUnions { unions }.visit_file_mut(code);
}

struct TaggedUnions<'a> {
    unions: &'a Unions,
}

impl VisitMut for TaggedUnions<'_> {
    fn visit_item_enum_mut(&mut self, choice: &mut ItemEnum) {
        if let Some(union) = self.unions.get(&choice.ident.to_string()) {
            if let Some((tag, values)) = &union.tag {
                for attribute in choice.attrs.iter_mut().filter(|attribute| is_untagged(attribute)) {
                    *attribute = parse_quote!(#[serde(tag = #tag)]);
                }
                for variant in &mut choice.variants {
                    let value = variant_type(&variant.fields).and_then(|name| values.get(&name));
                    if let Some(value) = value {
                        variant.attrs.push(parse_quote!(#[serde(rename = #value)]));
                    }
                }
            }
            let unknown: Type = if union.of_objects {
                parse_quote!(::serde_json::Map<::std::string::String, ::serde_json::Value>)
            } else {
                parse_quote!(::serde_json::Value)
            };
            let unknown = if union.sensitive { parse_quote!(crate::Sensitive<#unknown>) } else { unknown };
            choice.variants.push(parse_quote! {
                /// A kind that this version of the crate does not know, as it came.
                #[serde(untagged)]
                Unrecognized(#unknown)
            });
        }
        visit_mut::visit_item_enum_mut(self, choice);
    }

    /// Lets the `Display` of a union of scalars know the new variant.
    fn visit_item_impl_mut(&mut self, implementation: &mut ItemImpl) {
        let is_display = implementation
            .trait_
            .as_ref()
            .is_some_and(|(path, _)| path.segments.last().is_some_and(|last| last.ident == "Display"));
        if !is_display || !self.unions.contains_key(&implementation.self_ty.to_token_stream().to_string()) {
            return;
        }
        for item in &mut implementation.items {
            if let ImplItem::Fn(function) = item
                && let Some(Stmt::Expr(Expr::Match(choice), _)) = function.block.stmts.last_mut()
            {
                choice.arms.push(parse_quote!(Self::Unrecognized(value) => value.fmt(f),));
            }
        }
    }
}

fn is_untagged(attribute: &Attribute) -> bool {
    attribute.path().is_ident("serde")
        && attribute.parse_args::<syn::Path>().is_ok_and(|path| path.is_ident("untagged"))
}

/// The last segment of the one type that a variant holds.
fn variant_type(fields: &Fields) -> Option<String> {
    let Fields::Unnamed(fields) = fields else { return None };
    let mut held = &fields.unnamed.first()?.ty;
    // A variant that holds its own union again is boxed.
    if let Type::Path(path) = held
        && let Some(last) = path.path.segments.last()
        && last.ident == "Box"
        && let syn::PathArguments::AngleBracketed(arguments) = &last.arguments
        && let Some(syn::GenericArgument::Type(inner)) = arguments.args.first()
    {
        held = inner;
    }
    let Type::Path(path) = held else { return None };
    Some(path.path.segments.last()?.ident.to_string())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{tagged_unions, without_tags};

    #[test]
    fn the_enum_carries_the_tag_and_the_struct_does_not() {
        let mut document = json!({"components": {"schemas": {
            "Node": {
                "oneOf": [{"$ref": "#/components/schemas/TextNode"}],
                "discriminator": {"propertyName": "type", "mapping": {"text": "#/components/schemas/TextNode"}}
            },
            "TextNode": {"type": "object", "properties": {"type": {}, "content": {}}, "required": ["type", "content"]}
        }}});
        let unions = without_tags(&mut document);
        let node = &document["components"]["schemas"]["TextNode"];
        assert_eq!(node["properties"], json!({"content": {}}));
        assert_eq!(node["required"], json!(["content"]));

        let mut code =
            syn::parse_str("pub mod types { #[serde(untagged)] pub enum Node { TextNode(Box<TextNode>) } }").unwrap();
        tagged_unions(&mut code, &unions);
        let code = prettyplease::unparse(&code);
        assert!(code.contains(r#"#[serde(tag = "type")]"#), "{code}");
        assert!(code.contains("#[serde(rename = \"text\")]\n        TextNode(Box<TextNode>)"), "{code}");
        assert!(code.contains("Unrecognized(::serde_json::Map"), "{code}");
    }

    #[test]
    fn a_union_with_a_string_keeps_any_value() {
        let mut document =
            json!({"components": {"schemas": {"Expiry": {"oneOf": [{"type": "string"}, {"type": "integer"}]}}}});
        let unions = without_tags(&mut document);
        let mut code = syn::parse_str("#[serde(untagged)] pub enum Expiry { String(String), Int64(i64) }").unwrap();
        tagged_unions(&mut code, &unions);
        let code = prettyplease::unparse(&code);
        assert!(code.contains("#[serde(untagged)]\npub enum Expiry"), "{code}");
        assert!(code.contains("Unrecognized(::serde_json::Value)"), "{code}");
    }
}
