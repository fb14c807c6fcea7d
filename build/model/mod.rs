//! The types, operations and resources of the surface, read from progenitor's code and the description.

pub mod checks;
mod operations;
pub mod rust_type;
pub mod types;
mod variants;

use std::collections::BTreeMap;

use heck::ToUpperCamelCase as _;
use proc_macro2::{Ident, Span};
use serde_json::Value;

use crate::description::constants::Constants;
use crate::description::lookup::is_marked;
use crate::description::rate_limit::RateLimit;
use crate::description::unions::{Shape, Unions};
use crate::model::rust_type::RustType;

/// Everything that is generated.
pub struct Model {
    /// The types, sorted by name.
    pub types: Vec<TypeItem>,
    /// The operations, sorted by dotted name.
    pub operations: Vec<Operation>,
    /// The descriptions of the resources, sorted by dotted name, parents before their children.
    pub resources: BTreeMap<Vec<String>, String>,
}

impl Model {
    /// Returns the type with a name.
    pub fn item(&self, name: &str) -> Option<&TypeItem> {
        item(&self.types, name)
    }
}

fn item<'a>(types: &'a [TypeItem], name: &str) -> Option<&'a TypeItem> {
    let index = types.binary_search_by(|item| item.name.as_str().cmp(name)).ok()?;
    types.get(index)
}

/// The fields of a type, if it is a structure.
pub fn fields<'a>(kind: &RustType, types: &'a [TypeItem]) -> &'a [Field] {
    match kind.own_name().and_then(|name| item(types, name)).map(|item| &item.shape) {
        Some(TypeShape::Structure { fields, .. }) => fields,
        _ => &[],
    }
}

/// A name in generated code.
pub fn ident(name: &str) -> Ident {
    Ident::new(name, Span::call_site())
}

/// A public type.
pub struct TypeItem {
    pub name: String,
    /// The name of its schema in the description.
    pub schema: String,
    pub description: String,
    /// An example of it, as JSON.
    pub example: Option<Value>,
    /// The features that provide the type, any one of which is enough; empty if it is always available.
    pub features: Vec<String>,
    /// The deprecation note, with the replacement.
    pub deprecated: Option<String>,
    pub shape: TypeShape,
}

impl TypeItem {
    /// The types of its fields or variants.
    pub fn kinds(&self) -> Vec<&RustType> {
        match &self.shape {
            TypeShape::Structure { fields, .. } => fields.iter().map(|field| &field.kind).collect(),
            TypeShape::Enum(_) => Vec::new(),
            TypeShape::Union { variants } => variants.iter().map(|variant| &variant.kind).collect(),
        }
    }
}

pub enum TypeShape {
    Structure {
        /// The fields, sorted by name.
        fields: Vec<Field>,
        /// The indices in `fields` of the required fields, in the order of the arguments of `new`.
        arguments: Vec<usize>,
        /// Properties with only one possible value: name and value.
        constants: Vec<(String, String)>,
    },
    Enum(Vec<EnumValue>),
    Union {
        /// The variants, in the order in which they are tried.
        variants: Vec<Variant>,
    },
}

/// A field of a structure.
pub struct Field {
    /// The property's name in JSON.
    pub name: String,
    pub ident: String,
    /// The type, without the `Option` of an optional field.
    pub kind: RustType,
    /// `true` if the property must be present.
    pub required: bool,
    /// `true` if the property is null or `[]` if it is absent, although it must be present on the wire.
    pub defaulted: bool,
    /// The value that `new` sets, in Rust, if the property previously allowed no other value: then it is not an argument.
    pub preset: Option<String>,
    pub deprecated: Option<String>,
    pub description: String,
}

impl Field {
    /// The type of the field in its structure.
    pub fn declared(&self) -> RustType {
        if self.required { self.kind.clone() } else { RustType::Optional(Box::new(self.kind.clone())) }
    }

    /// Returns `true` if a method and not an argument sets the field: it is optional, may be null, or has a preset.
    pub fn has_setter(&self) -> bool {
        !self.required || self.preset.is_some() || matches!(self.kind, RustType::Optional(_))
    }

    /// Returns `true` if the field is an `Option` in its structure.
    pub fn is_option(&self) -> bool {
        !self.required || matches!(self.kind, RustType::Optional(_))
    }
}

/// A value of an enum.
pub struct EnumValue {
    pub ident: String,
    pub value: String,
}

/// A variant of a union.
pub struct Variant {
    pub ident: String,
    pub kind: RustType,
    pub shape: Shape,
}

/// An operation of the description, and a call of the surface.
pub struct Operation {
    /// The name of the struct in `calls`.
    pub name: String,
    /// The dotted name, in parts: resource, sub-resources, method.
    pub path: Vec<String>,
    pub http_method: String,
    pub template: String,
    pub summary: String,
    pub description: String,
    pub path_parameters: Vec<Parameter>,
    pub query: Vec<Parameter>,
    pub headers: Vec<Parameter>,
    pub body: Option<RustType>,
    /// An example of a text body.
    pub body_example: Option<Value>,
    /// `true` if the body is text that is sent unchanged, and not JSON.
    pub takes_text: bool,
    pub response: RustType,
    /// `true` if an empty response is accepted although a body is described.
    pub response_optional: bool,
    /// The required property of the response with the id of what the call creates or sends.
    pub id_property: Option<String>,
    /// `true` if the response is an object around a list.
    pub is_list: bool,
    /// `true` if the response can contain a secret.
    pub sensitive: bool,
    /// `true` if sending the request twice without a key has the same effect as sending it once.
    pub repeatable: bool,
    /// `true` if a 409 response is final.
    pub final_conflict: bool,
    /// The documented rate limit.
    pub rate_limit: Option<RateLimit>,
    /// Additional search terms for the documentation.
    pub aliases: Vec<String>,
    pub deprecated: Option<String>,
    pub paging: Option<Paging>,
}

/// The body of a call, if it is a structure: then the call has its fields as arguments and setters.
pub struct BodyStruct<'a> {
    pub name: &'a str,
    pub fields: &'a [Field],
    /// The required fields, in the order of the arguments.
    pub arguments: Vec<&'a Field>,
}

impl Operation {
    /// The structure of the body.
    pub fn body_struct<'a>(&self, types: &'a [TypeItem]) -> Option<BodyStruct<'a>> {
        let body = item(types, self.body.as_ref()?.own_name()?)?;
        let TypeShape::Structure { fields, arguments, .. } = &body.shape else { return None };
        let arguments = arguments.iter().filter_map(|index| fields.get(*index)).collect();
        Some(BodyStruct { name: &body.name, fields, arguments })
    }

    /// The arguments of the method that makes the call, in order: name, type and description, which a whole body does
    /// not have.
    pub fn arguments<'a>(&'a self, types: &'a [TypeItem]) -> Vec<(&'a str, &'a RustType, Option<&'a str>)> {
        let body = self.body_struct(types);
        let fields = body.iter().flat_map(|body| &body.arguments);
        let fields = fields.map(|field| (field.ident.as_str(), &field.kind, Some(field.description.as_str())));
        let in_path = self.path_parameters.iter();
        let in_path = in_path.map(|own| (own.ident.as_str(), &own.kind, Some(own.description.as_str())));
        let whole_body = self.body.as_ref().filter(|_| body.is_none()).map(|kind| ("body", kind, None));
        in_path.chain(fields).chain(whole_body).collect()
    }

    /// The parameters that have setters; query parameters come first.
    pub fn optional_parameters(&self) -> impl Iterator<Item = &Parameter> + Clone {
        self.query.iter().chain(&self.headers)
    }

    pub fn path_idents(&self) -> Vec<Ident> {
        self.path_parameters.iter().map(|parameter| ident(&parameter.ident)).collect()
    }

    pub fn optional_idents(&self) -> Vec<Ident> {
        self.optional_parameters().map(|parameter| ident(&parameter.ident)).collect()
    }

    pub fn method(&self) -> &str {
        self.path.last().map_or("", String::as_str)
    }

    pub fn resource(&self) -> &[String] {
        self.path.split_last().map_or(&[], |(_, resource)| resource)
    }

    /// The first part of the dotted name, which is also the name of the feature.
    pub fn feature(&self) -> String {
        self.path.first().map(|name| name.replace('_', "-")).unwrap_or_default()
    }

    /// The name of the resource's type.
    pub fn resource_type(&self) -> String {
        resource_type(self.resource())
    }
}

/// A parameter in the path, query or headers.
pub struct Parameter {
    /// The name on the wire.
    pub name: String,
    pub ident: String,
    /// The type, without the `Option`.
    pub kind: RustType,
    /// An example of it, if that is text.
    pub example: Option<Value>,
    /// `true` if the values of a list are sent joined by commas.
    pub comma_separated: bool,
    pub deprecated: Option<String>,
    pub description: String,
}

impl Parameter {
    /// Returns `true` if its value is a credential, according to the description's `x-sensitive`.
    pub fn is_secret(&self) -> bool {
        matches!(self.kind, RustType::Sensitive(_))
    }
}

/// The paging of a list.
pub struct Paging {
    /// The property of the response that holds the items.
    pub property: String,
    /// The field with the items.
    pub items: String,
    pub items_optional: bool,
    pub item: RustType,
    /// `true` if there are more pages; `None` if a response has only a cursor.
    pub more: Option<ResponseField>,
    pub cursor: ResponseField,
}

/// A field of a response, or a field of its field `paging`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ResponseField {
    /// The field with the structure that holds it, and whether that field is optional.
    pub parent: Option<(String, bool)>,
    pub ident: String,
    pub is_option: bool,
}

/// Converts `["lists", "subscriptions"]` to `ListsSubscriptions`.
pub fn resource_type(resource: &[String]) -> String {
    resource.join("_").to_upper_camel_case()
}

/// The note of something deprecated, such as a type or a property. `ident_of` returns the Rust name of the one in `x-replacement`.
fn deprecated(
    what: &str,
    described: &Value,
    ident_of: impl FnOnce(&str) -> Option<String>,
) -> Result<Option<String>, String> {
    let replacement = described.get("x-replacement").and_then(Value::as_str);
    match (is_marked(described, "deprecated"), replacement) {
        (false, None) => Ok(None),
        (false, Some(name)) => Err(format!("it has the replacement `{name}`, and is not deprecated")),
        (true, None) => Ok(Some(format!("Courier has deprecated this {what}"))),
        (true, Some(name)) => match ident_of(name) {
            Some(ident) => Ok(Some(format!("Courier has deprecated this {what}; use `{ident}`"))),
            None => Err(format!("its `x-replacement` names the {what} `{name}`, which does not exist there")),
        },
    }
}

/// Reads the model from progenitor's code and the document.
pub fn read(code: &syn::File, document: &Value, constants: &Constants, unions: Unions) -> Result<Model, String> {
    let mut types = types::types(code, document, constants, unions)?;
    types::features(&mut types, document)?;
    let operations = operations::operations(code, document, &types)?;
    let mut resources = BTreeMap::new();
    for operation in &operations {
        for length in 1..operation.path.len() {
            let name: Vec<String> = operation.path.iter().take(length).cloned().collect();
            let described = document.get("x-resources").and_then(|all| all.get(name.join(".")));
            let description = described.and_then(Value::as_str).unwrap_or_default().to_owned();
            resources.entry(name).or_insert(description);
        }
    }
    let model = Model { types, operations, resources };
    checks::check(&model)?;
    Ok(model)
}
