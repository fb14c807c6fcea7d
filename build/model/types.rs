//! The types, from progenitor's `types` module.

use std::collections::{BTreeMap, BTreeSet};

use heck::ToUpperCamelCase;
use serde_json::Value;
use syn::{Attribute, Fields, Item, ItemEnum, ItemStruct};

use crate::description::constants::Constants;
use crate::description::lookup::{dotted_name, operations, properties, reached_from, required, schemas, text, values};
use crate::description::unions::{Kind, Shape, Unions};
use crate::model::rust_type::RustType;
use crate::model::variants::variant_name;
use crate::model::{Field, TypeItem, TypeShape, Variant, Word};

/// A structure remembers which of its fields it has seen in a word of this many bits.
const MOST_FIELDS: usize = 64;

/// The schema that is a parameter of a path, which the calls take as text.
const PATH_SEGMENT: &str = "PathSegment";

/// Reads the types, in the order of their names.
pub fn types(
    code: &syn::File,
    document: &Value,
    constants: &Constants,
    mut unions: Unions,
) -> Result<Vec<TypeItem>, String> {
    let mut structs = BTreeMap::new();
    let mut enums = BTreeMap::new();
    for item in module(code, "types")? {
        match item {
            Item::Struct(item) => drop(structs.insert(item.ident.to_string(), item)),
            Item::Enum(item) => drop(enums.insert(item.ident.to_string(), item)),
            _ => {}
        }
    }
    let mut types: BTreeMap<String, TypeItem> = BTreeMap::new();
    for (schema, described) in schemas(document).filter(|(name, _)| *name != PATH_SEGMENT) {
        let name = schema.to_upper_camel_case();
        let shape = match (structs.remove(&name), enums.remove(&name)) {
            (Some(item), None) => structure(item, described, constants.get(schema).cloned().unwrap_or_default()),
            (None, Some(item)) => match unions.remove(schema) {
                Some(shapes) => variants(&name, item, shapes).map(|variants| TypeShape::Union { variants }),
                None => words(item, described),
            },
            _ => Err("progenitor made neither a struct nor an enum of it".to_owned()),
        };
        let item = TypeItem {
            shape: shape.map_err(|error| format!("the schema `{schema}`: {error}"))?,
            schema: schema.clone(),
            words: text(described, "description").unwrap_or_default().to_owned(),
            example: described.get("example").cloned(),
            features: Vec::new(),
            name: name.clone(),
        };
        if let Some(twin) = types.insert(name.clone(), item) {
            return Err(format!("the schemas `{}` and `{schema}` both become the type `{name}`", twin.schema));
        }
    }
    presets(&mut types)?;
    structs.remove(PATH_SEGMENT);
    if let Some(name) = structs.keys().chain(enums.keys()).next() {
        return Err(format!(
            "progenitor made the type `{name}` of something inside another schema; the description names every schema"
        ));
    }
    Ok(types.into_values().collect())
}

/// Makes of the value that a property once was alone with the variant that has it now.
fn presets(types: &mut BTreeMap<String, TypeItem>) -> Result<(), String> {
    let words: BTreeMap<String, Vec<(String, String)>> = types
        .values()
        .filter_map(|item| match &item.shape {
            TypeShape::Words(words) => {
                Some((item.name.clone(), words.iter().map(|word| (word.value.clone(), word.ident.clone())).collect()))
            }
            _ => None,
        })
        .collect();
    for item in types.values_mut() {
        let TypeShape::Structure { fields, .. } = &mut item.shape else { continue };
        for Field { name, kind, preset, .. } in fields {
            let Some(value) = preset else { continue };
            let known = kind.named().and_then(|kind| Some((kind, words.get(kind)?)));
            let variant = known.and_then(|(kind, words)| {
                let (_, ident) = words.iter().find(|(other, _)| other == value)?;
                Some(format!("types::{kind}::{ident}"))
            });
            *value = variant.ok_or_else(|| {
                format!(
                    "the schema `{}`: `{name}` has the `x-constant` {value}, which is no value of its type",
                    item.schema
                )
            })?;
        }
    }
    Ok(())
}

/// The items of one of progenitor's modules.
fn module<'a>(code: &'a syn::File, name: &str) -> Result<&'a [Item], String> {
    let found = code.items.iter().find_map(|item| match item {
        Item::Mod(module) if module.ident == name => module.content.as_ref(),
        _ => None,
    });
    found.map(|(_, items)| items.as_slice()).ok_or_else(|| format!("progenitor's code has no module `{name}`"))
}

fn structure(item: &ItemStruct, schema: &Value, constants: Vec<(String, String)>) -> Result<TypeShape, String> {
    let described = properties(schema).ok_or(
        "it is neither an object with properties, nor an enum of texts, nor a union; correct it in \
         openapi/overlay/corrections.yaml",
    )?;
    if constants.len() == described.len() {
        // Of an object without described properties progenitor makes a map.
        return Ok(TypeShape::Structure { fields: Vec::new(), arguments: Vec::new(), constants });
    }
    let Fields::Named(named) = &item.fields else { return Err("progenitor made a tuple of it".to_owned()) };
    let needed: Vec<&str> = required(schema).filter(|name| !constants.iter().any(|(other, _)| other == name)).collect();
    let preset = |property: &Value| text(property, "x-constant").map(str::to_owned);
    let mut fields = Vec::new();
    let mut has_extra = false;
    for field in &named.named {
        let ident = field.ident.as_ref().ok_or("a field has no name")?.to_string();
        if is_flattened(&field.attrs)? {
            has_extra = true;
            continue;
        }
        let name = renamed(&field.attrs)?.unwrap_or_else(|| ident.clone());
        let property = described.get(&name).ok_or_else(|| format!("it has no property `{name}`"))?;
        let kind = RustType::read(&field.ty).map_err(|error| format!("`{name}`: {error}"))?;
        let is_needed = needed.contains(&name.as_str());
        // What is required and may be null is an `Option` that is always written.
        let kind = if is_needed { kind } else { kind.present() };
        let kind = match text(property, "x-null") {
            None => kind,
            Some("clears") if !is_needed => RustType::Nullable(Box::new(kind)),
            Some(other) => {
                return Err(format!("`{name}`: `x-null: {other}` is not known, or the property is required"));
            }
        };
        let words = text(property, "description").unwrap_or_default().to_owned();
        if ["extra", "new"].contains(&ident.as_str()) {
            return Err(format!("the property `{name}` cannot become the field `{ident}`, which there is already"));
        }
        if let Some(twin) = fields.iter().find(|other: &&Field| other.ident == ident) {
            return Err(format!(
                "the properties `{}` and `{name}` would both become the field `{ident}`; take one of them out in \
                 openapi/overlay/corrections.yaml",
                twin.name
            ));
        }
        let preset = preset(property).filter(|_| is_needed);
        let deprecated = super::deprecated("property", property, |other| described.contains_key(other))
            .map_err(|error| format!("`{name}`: {error}"))?;
        fields.push(Field { name, ident, kind, required: is_needed, preset, deprecated, words });
    }
    if !has_extra {
        return Err("it takes no further properties; `normalise` opens every object".to_owned());
    }
    if fields.len() > MOST_FIELDS {
        return Err(format!("it has more than {MOST_FIELDS} properties"));
    }
    let mut arguments = Vec::new();
    for name in needed {
        let found = fields.iter().position(|field| field.name == name);
        let place = found.ok_or_else(|| format!("progenitor made no field of the required `{name}`"))?;
        arguments.extend(fields.get(place).filter(|field| !field.has_setter()).map(|_| place));
    }
    if fields.len() + constants.len() != described.len() {
        return Err("progenitor made fields of some of its properties only".to_owned());
    }
    Ok(TypeShape::Structure { fields, arguments, constants })
}

fn words(item: &ItemEnum, schema: &Value) -> Result<TypeShape, String> {
    let mut words = Vec::new();
    for variant in &item.variants {
        if !matches!(variant.fields, Fields::Unit) {
            return Err(format!("the variant `{}` holds something, and the schema is not a union", variant.ident));
        }
        let ident = variant.ident.to_string();
        if ident == "Unrecognized" {
            return Err("it has a value `unrecognized`, a name that is kept for unknown values".to_owned());
        }
        let value = renamed(&variant.attrs)?.unwrap_or_else(|| ident.clone());
        words.push(Word { ident, value });
    }
    let described = values(schema);
    if described.len() != words.len() || !words.iter().all(|word| described.contains(&word.value.as_str())) {
        return Err("progenitor's variants are not the values of the enum".to_owned());
    }
    Ok(TypeShape::Words(words))
}

/// The variants in the order in which they are tried, each with progenitor's type.
fn variants(union: &str, item: &ItemEnum, shapes: Vec<Shape>) -> Result<Vec<Variant>, String> {
    let mut kinds = Vec::new();
    for variant in &item.variants {
        let Fields::Unnamed(held) = &variant.fields else {
            return Err(format!("the union `{union}`: the variant `{}` holds nothing", variant.ident));
        };
        let held = held.unnamed.first().ok_or_else(|| format!("the union `{union}`: an empty variant"))?;
        kinds.push(RustType::read(&held.ty).map_err(|error| format!("the union `{union}`: {error}"))?);
    }
    let mut variants = Vec::new();
    let mut names = BTreeSet::new();
    for shape in shapes {
        let place = kinds.iter().position(|kind| match (&shape.schema, kind.named(), kind) {
            (_, _, RustType::List(_)) => shape.kind == Kind::Array,
            (Some(schema), Some(name), _) => schema.to_upper_camel_case() == name,
            (None, None, RustType::Text | RustType::Timestamp) => shape.kind == Kind::Text,
            (None, None, RustType::Boolean) => shape.kind == Kind::Boolean,
            (None, None, RustType::Integer | RustType::Millis) => shape.kind == Kind::Integer,
            (None, None, RustType::Number) => shape.kind == Kind::Number,
            (None, None, RustType::Object) => shape.kind == Kind::Object,
            _ => false,
        });
        let place = place.ok_or_else(|| {
            format!("the union `{union}`: progenitor made no variant of {:?} {:?}", shape.kind, shape.schema)
        })?;
        let kind = kinds.swap_remove(place);
        let ident = shape.name.clone().map_or_else(|| variant_name(union, &kind), Ok)?;
        if !names.insert(ident.clone()) || ident == "Unrecognized" {
            return Err(format!("the union `{union}` has two variants that would be called `{ident}`"));
        }
        variants.push(Variant { ident, kind, shape });
    }
    if kinds.is_empty() { Ok(variants) } else { Err(format!("the union `{union}`: progenitor made more variants")) }
}

/// The name that serde gives an item.
fn renamed(attributes: &[Attribute]) -> Result<Option<String>, String> {
    let mut name = None;
    serde_arguments(attributes, |meta| {
        if meta.path.is_ident("rename") {
            name = Some(meta.value()?.parse::<syn::LitStr>()?.value());
        } else if meta.input.peek(syn::Token![=]) {
            meta.value()?.parse::<syn::Lit>()?;
        }
        Ok(())
    })?;
    Ok(name)
}

fn is_flattened(attributes: &[Attribute]) -> Result<bool, String> {
    let mut flattened = false;
    serde_arguments(attributes, |meta| {
        flattened |= meta.path.is_ident("flatten");
        if meta.input.peek(syn::Token![=]) {
            meta.value()?.parse::<syn::Lit>()?;
        }
        Ok(())
    })?;
    Ok(flattened)
}

fn serde_arguments(
    attributes: &[Attribute],
    mut visit: impl FnMut(syn::meta::ParseNestedMeta<'_>) -> syn::Result<()>,
) -> Result<(), String> {
    for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("serde")) {
        attribute.parse_nested_meta(&mut visit).map_err(|error| format!("a serde attribute: {error}"))?;
    }
    Ok(())
}

/// Says of every type which resources need it; what all errors hold is always there.
pub fn features(types: &mut [TypeItem], document: &Value) -> Result<(), String> {
    let mut by_schema: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (_, _, operation) in operations(document) {
        let feature = dotted_name(operation)?.split('.').next().unwrap_or_default().replace('_', "-");
        for schema in reached_from(document, [operation].into_iter()) {
            by_schema.entry(schema).or_default().insert(feature.clone());
        }
    }
    let always = reached_from(document, document.pointer("/components/responses").into_iter());
    for item in types.iter_mut().filter(|item| !always.contains(&item.schema)) {
        item.features = by_schema.remove(&item.schema).into_iter().flatten().collect();
    }
    Ok(())
}
