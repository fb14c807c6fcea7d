//! What the surface is made of: types, calls and resources, read from progenitor's code and the description.

mod operations;
mod paging;
pub mod rust_type;
mod types;
mod variants;

use std::collections::BTreeMap;

use serde_json::Value;

use crate::description::constants::Constants;
use crate::description::lookup::is_marked;
use crate::description::unions::{Shape, Unions};
use crate::model::rust_type::RustType;

/// Everything that is generated.
pub struct Model {
    pub types: Vec<TypeItem>,
    pub calls: Vec<Call>,
    /// By dotted name, parents before their children.
    pub resources: BTreeMap<Vec<String>, Resource>,
}

impl Model {
    /// The type of a name.
    pub fn item(&self, name: &str) -> Option<&TypeItem> {
        let place = self.types.binary_search_by(|item| item.name.as_str().cmp(name)).ok()?;
        self.types.get(place)
    }
}

/// A public type.
pub struct TypeItem {
    pub name: String,
    /// The name of its schema in the description.
    pub schema: String,
    pub words: String,
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
        /// The places in `fields` of what is required, in the order of the arguments of `new`.
        arguments: Vec<usize>,
        /// Properties that can only have one value: name and value.
        constants: Vec<(String, String)>,
    },
    Words(Vec<Word>),
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
    /// Whether it has to be there.
    pub required: bool,
    /// The variant that `new` sets, where the property once had no other value: then it is no argument.
    pub preset: Option<String>,
    /// That it is deprecated, and what takes its place.
    pub deprecated: Option<String>,
    pub words: String,
}

impl Field {
    /// The type of the field in its structure.
    pub fn declared(&self) -> RustType {
        if self.required { self.kind.clone() } else { RustType::Optional(Box::new(self.kind.clone())) }
    }

    /// Whether it is set by a method, and not by an argument: it is not required, `null` will do, or there is a preset.
    pub fn has_setter(&self) -> bool {
        !self.required || self.preset.is_some() || matches!(self.kind, RustType::Optional(_))
    }

    /// The expression of a value as the field holds it.
    pub fn held(&self, value: &str) -> String {
        let is_plain = self.required && !matches!(self.kind, RustType::Optional(_));
        if is_plain { value.to_owned() } else { format!("Some({value})") }
    }
}

/// A value of an enum.
pub struct Word {
    pub ident: String,
    pub value: String,
}

/// A variant of a union.
pub struct Variant {
    pub ident: String,
    pub kind: RustType,
    pub shape: Shape,
}

/// An operation, as the call that a user makes.
pub struct Call {
    /// The struct in `calls`.
    pub name: String,
    /// The dotted name, in parts: resource, sub-resources, method.
    pub path: Vec<String>,
    pub http_method: String,
    pub template: String,
    pub summary: String,
    pub words: String,
    pub path_parameters: Vec<Parameter>,
    pub query: Vec<Parameter>,
    pub headers: Vec<Parameter>,
    pub body: Option<RustType>,
    pub answer: RustType,
    /// Whether an empty answer will do where a body is described.
    pub answer_optional: bool,
    /// Whether its answer can hold what must not be shown.
    pub sensitive: bool,
    /// Whether sending it twice does no more than sending it once, without a key.
    pub repeatable: bool,
    /// Whether a 409 is the last word.
    pub final_conflict: bool,
    /// Other words by which somebody may look for it.
    pub aliases: Vec<String>,
    /// What is to be called in its place, or at least that it is deprecated.
    pub deprecated: Option<String>,
    pub paging: Option<Paging>,
}

impl Call {
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
    /// That it is deprecated, and what takes its place.
    pub deprecated: Option<String>,
    pub words: String,
}

/// How a list is told to go on.
pub struct Paging {
    /// The field of the answer that holds the items, and whether it is optional.
    pub items: String,
    pub items_optional: bool,
    pub item: RustType,
    pub shape: PagingShape,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PagingShape {
    /// `paging: {cursor, more}`
    Paging,
    /// `has_more` and `cursor`
    HasMore,
    /// `next_cursor`
    NextCursor,
    /// `cursor`
    Cursor,
}

/// A resource: what `client.lists()` gives.
pub struct Resource {
    pub words: String,
}

/// `["lists", "subscriptions"]` to `ListsSubscriptions`.
pub fn resource_type(resource: &[String]) -> String {
    use heck::ToUpperCamelCase;
    resource.join("_").to_upper_camel_case()
}

/// The note of a property or a parameter that is deprecated, with what its `x-replacement` names among those beside it.
fn deprecated(what: &str, described: &Value, mut is_there: impl FnMut(&str) -> bool) -> Result<Option<String>, String> {
    let replacement = described.get("x-replacement").and_then(Value::as_str);
    match (is_marked(described, "deprecated"), replacement) {
        (false, None) => Ok(None),
        (false, Some(name)) => Err(format!("it has the replacement `{name}`, and is not deprecated")),
        (true, None) => Ok(Some(format!("Courier has deprecated this {what}"))),
        (true, Some(name)) if is_there(name) => {
            Ok(Some(format!("Courier has deprecated this {what}; use `{}`", operations::typify_ident(name))))
        }
        (true, Some(name)) => Err(format!("its `x-replacement` names `{name}`, which is not beside it")),
    }
}

/// Reads the model.
pub fn read(code: &syn::File, document: &Value, constants: &Constants, unions: Unions) -> Result<Model, String> {
    let mut types = types::types(code, document, constants, unions)?;
    let calls = operations::calls(code, document, &types)?;
    let mut resources = BTreeMap::new();
    for call in &calls {
        for length in 1..call.path.len() {
            let name: Vec<String> = call.path.iter().take(length).cloned().collect();
            let words = document.get("x-resources").and_then(|all| all.get(name.join("."))).and_then(Value::as_str);
            resources.entry(name).or_insert_with(|| Resource { words: words.unwrap_or_default().to_owned() });
        }
    }
    types::features(&mut types, document)?;
    Ok(Model { types, calls, resources })
}
