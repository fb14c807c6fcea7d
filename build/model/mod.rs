//! The types, operations and resources that the surface is made of, read from progenitor's code and the description.

mod operations;
pub mod rust_type;
mod types;
mod variants;

use std::collections::BTreeMap;
use std::fmt;

use heck::ToUpperCamelCase as _;
use proc_macro2::{Ident, Span};
use serde_json::Value;

use crate::description::constants::Constants;
use crate::description::lookup::is_marked;
use crate::description::paging::PagingShape;
use crate::description::unions::{Shape, Unions};
use crate::model::rust_type::RustType;

/// Everything that is generated.
pub struct Model {
    /// By name.
    pub types: Vec<TypeItem>,
    /// By dotted name.
    pub operations: Vec<Operation>,
    /// By dotted name, parents before their children.
    pub resources: BTreeMap<Vec<String>, Resource>,
}

impl Model {
    /// The type of a name.
    pub fn item(&self, name: &str) -> Option<&TypeItem> {
        item(&self.types, name)
    }
}

fn item<'a>(types: &'a [TypeItem], name: &str) -> Option<&'a TypeItem> {
    let index = types.binary_search_by(|item| item.name.as_str().cmp(name)).ok()?;
    types.get(index)
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
    /// The features of which one is needed to have it; empty when it is always there.
    pub features: Vec<String>,
    pub shape: TypeShape,
}

pub enum TypeShape {
    Structure {
        /// In the order of their names.
        fields: Vec<Field>,
        /// The indices in `fields` of the required ones, in the order of the arguments of `new`.
        arguments: Vec<usize>,
        /// Properties that can only have one value: name and value.
        constants: Vec<(String, String)>,
    },
    Enum(Vec<EnumValue>),
    Union {
        /// In the order in which they are tried.
        variants: Vec<Variant>,
    },
}

/// A field of a structure.
pub struct Field {
    /// The property's name in JSON.
    pub name: String,
    pub ident: String,
    /// Without the `Option` of an optional field.
    pub kind: RustType,
    /// Whether it must be present.
    pub required: bool,
    /// The value that `new` sets, if the property once had no other: then it is not an argument.
    pub preset: Option<Preset>,
    /// The deprecation note, with the replacement.
    pub deprecated: Option<String>,
    pub description: String,
}

impl Field {
    /// The type of the field in its structure.
    pub fn declared(&self) -> RustType {
        if self.required { self.kind.clone() } else { RustType::Optional(Box::new(self.kind.clone())) }
    }

    /// Returns `true` if it is set by a method and not by an argument: it is optional, may be null, or has a preset.
    pub fn has_setter(&self) -> bool {
        !self.required || self.preset.is_some() || matches!(self.kind, RustType::Optional(_))
    }

    /// Returns `true` if the field is an `Option` in its structure.
    pub fn is_option(&self) -> bool {
        !self.required || matches!(self.kind, RustType::Optional(_))
    }
}

/// A variant of an enum that a field is preset to.
pub struct Preset {
    pub kind: String,
    pub variant: String,
}

impl fmt::Display for Preset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "types::{}::{}", self.kind, self.variant)
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

/// An operation of the description, and so a call of the surface.
pub struct Operation {
    /// The struct in `calls`.
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
    pub response: RustType,
    /// Whether an empty response is accepted although a body is described.
    pub response_optional: bool,
    /// Whether the response can hold a secret.
    pub sensitive: bool,
    /// Whether sending it twice without a key does no more than sending it once.
    pub repeatable: bool,
    /// Whether its 409 is final.
    pub final_conflict: bool,
    /// Other words by which a reader may search for it.
    pub aliases: Vec<String>,
    /// The deprecation note, with the replacement.
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
    /// The structure behind the body.
    pub fn body_struct<'a>(&self, types: &'a [TypeItem]) -> Option<BodyStruct<'a>> {
        let body = item(types, self.body.as_ref()?.named()?)?;
        let TypeShape::Structure { fields, arguments, .. } = &body.shape else { return None };
        let arguments = arguments.iter().filter_map(|index| fields.get(*index)).collect();
        Some(BodyStruct { name: &body.name, fields, arguments })
    }

    /// The parameters that have setters, those of the query first.
    pub fn optional_parameters(&self) -> impl Iterator<Item = &Parameter> + Clone {
        self.query.iter().chain(&self.headers)
    }

    pub fn method(&self) -> &str {
        self.path.last().map_or("", String::as_str)
    }

    pub fn resource(&self) -> &[String] {
        self.path.split_last().map_or(&[], |(_, resource)| resource)
    }

    /// The first word of the dotted name, by which the feature is called.
    pub fn feature(&self) -> String {
        self.path.first().map(|name| name.replace('_', "-")).unwrap_or_default()
    }

    /// The name of the resource's type.
    pub fn resource_type(&self) -> String {
        resource_type(self.resource())
    }
}

/// A parameter in path, query or header.
pub struct Parameter {
    /// Its name on the wire.
    pub name: String,
    pub ident: String,
    /// Without the `Option`.
    pub kind: RustType,
    /// The deprecation note, with the replacement.
    pub deprecated: Option<String>,
    pub description: String,
}

impl Parameter {
    /// Returns `true` if its value is a credential, by the description's `x-sensitive`.
    pub fn is_secret(&self) -> bool {
        matches!(self.kind, RustType::Sensitive(_))
    }
}

/// The paging of a list.
pub struct Paging {
    /// The property of the response that holds the items.
    pub property: String,
    /// Its field, and whether that is optional.
    pub items: String,
    pub items_optional: bool,
    pub item: RustType,
    pub shape: PagingShape,
}

/// A resource: what `client.lists()` returns.
pub struct Resource {
    pub description: String,
}

/// `["lists", "subscriptions"]` to `ListsSubscriptions`.
pub fn resource_type(resource: &[String]) -> String {
    resource.join("_").to_upper_camel_case()
}

/// The note of a deprecated property or parameter. `ident_of` gives the Rust name of another one, which `x-replacement`
/// names.
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
            None => Err(format!("its `x-replacement` names `{name}`, which is not beside it")),
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
            resources.entry(name).or_insert(Resource { description });
        }
    }
    Ok(Model { types, operations, resources })
}
