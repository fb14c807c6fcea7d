//! The types, from progenitor's `types` module.

use std::collections::{BTreeMap, BTreeSet};

use heck::ToUpperCamelCase as _;
use serde_json::Value;
use syn::punctuated::Punctuated;
use syn::{Attribute, Expr, ExprLit, Fields, Ident, Item, ItemEnum, ItemStruct, Lit, Meta, MetaNameValue};

use crate::description::constants::Constants;
use crate::description::enums::named_value;
use crate::description::lookup::{
    self, dotted_name, is_marked, operations, properties, reached_from, required, schemas, text, values,
};
use crate::description::unions::{Kind, Shape, Unions};
use crate::model::rust_type::RustType;
use crate::model::variants::variant_name;
use crate::model::{EnumValue, Field, TypeItem, TypeShape, Variant};

/// The number of bits of the integer in which a structure records which of its fields have been read.
const MAX_FIELDS: usize = 64;

/// The schema of path parameters, which the calls accept as text.
const PATH_SEGMENT: &str = "PathSegment";

/// Reads the types, sorted by name.
pub fn types(
    code: &syn::File,
    document: &Value,
    constants: &Constants,
    mut unions: Unions,
) -> Result<Vec<TypeItem>, String> {
    let modules = code.items.iter().filter_map(|item| match item {
        Item::Mod(module) if module.ident == "types" => module.content.as_ref(),
        _ => None,
    });
    let items = modules.flat_map(|(_, items)| items).filter_map(|item| match item {
        Item::Struct(structure) => Some((structure.ident.to_string(), item)),
        Item::Enum(enumeration) => Some((enumeration.ident.to_string(), item)),
        _ => None,
    });
    let items: BTreeMap<String, &Item> = items.collect();
    let mut types: BTreeMap<String, TypeItem> = BTreeMap::new();
    require_own_names(document)?;
    for (schema, described) in schemas(document).filter(|(name, _)| *name != PATH_SEGMENT) {
        let name = schema.to_upper_camel_case();
        let shape = match items.get(&name) {
            Some(Item::Struct(item)) => {
                structure(item, described, constants.get(schema).cloned().unwrap_or_default(), &items)
            }
            Some(Item::Enum(item)) => match unions.remove(schema) {
                Some(shapes) => variants(&name, item, shapes).map(|variants| TypeShape::Union { variants }),
                None => enumeration(item, described),
            },
            _ => Err("progenitor made neither a struct nor an enum of it".to_owned()),
        };
        let type_of = |other: &str| lookup::schema(document, other).map(|_| other.to_upper_camel_case());
        let deprecated = super::deprecated("type", described, type_of);
        let in_schema = |error: String| format!("the schema `{schema}`: {error}");
        let item = TypeItem {
            shape: shape.map_err(in_schema)?,
            deprecated: deprecated.map_err(in_schema)?,
            schema: schema.clone(),
            description: text(described, "description").unwrap_or_default().to_owned(),
            example: described.get("example").cloned(),
            features: Vec::new(),
            name: name.clone(),
        };
        types.insert(name.clone(), item);
    }
    if let Some(name) = items.keys().find(|name| *name != PATH_SEGMENT && !types.contains_key(*name)) {
        return Err(format!(
            "progenitor made the type `{name}` of something inside another schema; make that a schema with a name, in \
             openapi/overlay/types.yaml"
        ));
    }
    Ok(types.into_values().collect())
}

/// The types that the generated code, or progenitor's code, uses under these names.
pub const RESERVED: &[&str] = &[
    "Array",
    "BTreeMap",
    "Boolean",
    "Box",
    "Clone",
    "Debug",
    "Decode",
    "Default",
    "DeliveryTime",
    "DurationMillis",
    "Encode",
    "Eq",
    "Err",
    "Extra",
    "ExtraIter",
    "From",
    "Hash",
    "HashMap",
    "Into",
    "Integer",
    "IntoIterator",
    "LocalTime",
    "Map",
    "Millis",
    "Mismatch",
    "None",
    "Nullable",
    "Number",
    "Object",
    "Ok",
    "Option",
    "PartialEq",
    "Result",
    "Self",
    "Sensitive",
    "Serialize",
    "Some",
    "String",
    "Structure",
    "Text",
    "TimeZone",
    "Timestamp",
    "TimestampError",
    "UnrecognizedValue",
    "Value",
    "Vec",
];

/// Fails if two schemas would become types of one name, or if the crate has a type of that name.
fn require_own_names(document: &Value) -> Result<(), String> {
    let mut taken: BTreeMap<String, &String> = BTreeMap::new();
    for (schema, described) in schemas(document) {
        let name = schema.to_upper_camel_case();
        let has = |property: &str| properties(described).is_some_and(|all| all.contains_key(property));
        let defect = if schema == "ApiError" && !(has("message") && has("type")) {
            "the schema `ApiError` is not Courier's error, which has a `message` and a `type`".to_owned()
        } else if RESERVED.contains(&name.as_str()) || syn::parse_str::<Ident>(&name).is_err() {
            format!("the schema {schema:?} cannot become the type `{name}`, which the crate needs itself")
        } else if let Some(twin) = taken.insert(name.clone(), schema) {
            format!("the schemas `{twin}` and `{schema}` would both become the type `{name}`")
        } else {
            continue;
        };
        return Err(format!(
            "{defect}; give one another name, in openapi/overlay/types.yaml:\n- target: \
             $.components.schemas['{schema}']\n  update: {{x-name: Courier{name}}}"
        ));
    }
    Ok(())
}

fn structure(
    item: &ItemStruct,
    schema: &Value,
    constants: Vec<(String, String)>,
    items: &BTreeMap<String, &Item>,
) -> Result<TypeShape, String> {
    let described = properties(schema).ok_or(
        "it is neither an object with properties, nor an enum of texts, nor a union; correct it in \
         openapi/overlay/corrections.yaml",
    )?;
    if constants.len() == described.len() {
        // For an object without described properties, progenitor generates a map.
        return Ok(TypeShape::Structure { fields: Vec::new(), arguments: Vec::new(), constants });
    }
    let Fields::Named(named) = &item.fields else {
        return Err("it is not a plain object; remove what is next to its properties, such as `nullable`, in \
                    openapi/overlay/corrections.yaml"
            .to_owned());
    };
    let needed: Vec<&str> = required(schema).filter(|name| !constants.iter().any(|(other, _)| other == name)).collect();
    let is_flatten = |attribute: &Attribute| {
        attribute
            .meta
            .require_list()
            .is_ok_and(|list| list.path.is_ident("serde") && list.tokens.to_string() == "flatten")
    };
    let is_extra = |field: &&syn::Field| field.attrs.iter().any(is_flatten);
    let (extra, members): (Vec<_>, Vec<_>) = named.named.iter().partition(is_extra);
    if extra.is_empty() {
        return Err("it takes no further properties; `normalize` opens every object".to_owned());
    }
    let members: Vec<(String, String, &syn::Type)> = members
        .into_iter()
        .filter_map(|field| field.ident.as_ref().map(|ident| (field, ident)))
        .map(|(field, ident)| (name_in_json(ident, &field.attrs), ident.to_string(), &field.ty))
        .collect();
    let ident_of =
        |property: &str| members.iter().find(|(name, ..)| name == property).map(|(_, ident, _)| ident.clone());
    let mut fields = Vec::new();
    for (name, ident, progenitors_type) in &members {
        let property = described.get(name).ok_or_else(|| format!("it has no property `{name}`"))?;
        let progenitors = RustType::from_syn(progenitors_type).map_err(|error| format!("`{name}`: {error}"))?;
        let is_needed = needed.contains(&name.as_str());
        let kind = match text(property, "x-null") {
            // A required property that may be null is an `Option` that is always written.
            None if is_needed => progenitors,
            None => progenitors.present(),
            Some("clears") if !is_needed => RustType::Nullable(Box::new(progenitors.present())),
            Some(other) => {
                return Err(format!("`{name}`: `x-null: {other}` is not known, or the property is required"));
            }
        };
        // progenitor does not generate conversions for values of arbitrary JSON.
        let is_hidden = kind == RustType::Json && is_marked(property, "x-sensitive");
        let kind = if is_hidden { RustType::Sensitive(Box::new(kind)) } else { kind };
        if ["extra", "new"].contains(&ident.as_str()) {
            return Err(format!(
                "the property `{name}` cannot become the field `{ident}`, which already exists; remove it in \
                 openapi/overlay/corrections.yaml: callers can still set it, with `extra`"
            ));
        }
        let is_cleared =
            |other: &Field| matches!(other.kind, RustType::Nullable(_)) && *ident == format!("clear_{}", other.ident);
        if let Some(twin) = fields.iter().find(|other: &&Field| other.ident == *ident || is_cleared(other)) {
            return Err(format!(
                "the properties `{}` and `{name}` would both become the field `{ident}`; take one of them out in \
                 openapi/overlay/corrections.yaml",
                twin.name
            ));
        }
        let constant = text(property, "x-constant").filter(|_| is_needed);
        let preset = constant.map(|value| preset(items, &kind, value)).transpose();
        let deprecated = super::deprecated("property", property, ident_of);
        fields.push(Field {
            name: name.clone(),
            ident: ident.clone(),
            kind,
            required: is_needed,
            defaulted: is_needed && text(property, "x-absent") == Some("empty"),
            preset: preset.map_err(|error| format!("`{name}` {error}"))?,
            deprecated: deprecated.map_err(|error| format!("`{name}`: {error}"))?,
            description: text(property, "description").unwrap_or_default().to_owned(),
        });
    }
    if fields.len() > MAX_FIELDS {
        return Err(format!(
            "it has more than {MAX_FIELDS} properties; remove some in openapi/overlay/corrections.yaml: callers can still \
             set them, with `extra`"
        ));
    }
    if fields.len() + constants.len() != described.len() {
        return Err("progenitor made fields of some of its properties only".to_owned());
    }
    let index_of = |name: &str| fields.iter().position(|field| field.name == name && !field.has_setter());
    let arguments = needed.into_iter().filter_map(index_of).collect();
    Ok(TypeShape::Structure { fields, arguments, constants })
}

/// The variant of an enum for the only value that a property previously allowed.
fn preset(items: &BTreeMap<String, &Item>, kind: &RustType, value: &str) -> Result<String, String> {
    let kind = kind.own_name().unwrap_or_default();
    let Some(Item::Enum(item)) = items.get(kind) else {
        return Err(format!("has the `x-constant` {value}, and its type is not an enum"));
    };
    let mut variants = item.variants.iter();
    let variant = variants.find(|variant| name_in_json(&variant.ident, &variant.attrs) == value);
    let variant = variant.ok_or_else(|| format!("has the `x-constant` {value}, which is not a value of its type"))?;
    Ok(format!("types::{kind}::{}", variant.ident))
}

fn enumeration(item: &ItemEnum, schema: &Value) -> Result<TypeShape, String> {
    let mut enum_values = Vec::new();
    for variant in &item.variants {
        if !matches!(variant.fields, Fields::Unit) {
            return Err(format!("the variant `{}` holds something, and the schema is not a union", variant.ident));
        }
        let ident = variant.ident.to_string();
        if ident == "Unrecognized" {
            return Err(
                "it has a value `unrecognized`, a name that is reserved for unknown values; give the value another \
                        name in openapi/overlay/corrections.yaml, with `x-values`"
                    .to_owned(),
            );
        }
        let value = name_in_json(&variant.ident, &variant.attrs);
        let value = named_value(schema, &value).map_or(value, str::to_owned);
        enum_values.push(EnumValue { ident, value });
    }
    let described = values(schema);
    let is_described = |value: &EnumValue| described.contains(&value.value.as_str());
    if described.len() != enum_values.len() || !enum_values.iter().all(is_described) {
        return Err("progenitor's variants are not the values of the enum".to_owned());
    }
    Ok(TypeShape::Enum(enum_values))
}

/// The variants in the order in which they are tried, each with progenitor's type.
fn variants(union: &str, item: &ItemEnum, shapes: Vec<Shape>) -> Result<Vec<Variant>, String> {
    let mut kinds = Vec::new();
    for variant in &item.variants {
        let Fields::Unnamed(held) = &variant.fields else {
            return Err(format!(
                "the union `{union}`: the choice `{}` is not supported; a union has no `properties` besides its choices, and \
                 each of them is a schema with properties or an enum, a list, or a plain string, number or boolean; correct \
                 it in openapi/overlay/corrections.yaml",
                variant.ident
            ));
        };
        let held = held.unnamed.first().ok_or_else(|| format!("the union `{union}`: an empty variant"))?;
        kinds.push(RustType::from_syn(&held.ty).map_err(|error| format!("the union `{union}`: {error}"))?);
    }
    let mut variants = Vec::new();
    let mut names = BTreeSet::new();
    for shape in shapes {
        let index = kinds.iter().position(|kind| match (&shape.schema, kind.named(), kind) {
            (_, _, RustType::List(_)) => shape.kind == Kind::Array,
            (Some(schema), Some(name), _) => schema.to_upper_camel_case() == name,
            (None, None, RustType::Text | RustType::Timestamp) => shape.kind == Kind::Text,
            (None, None, RustType::Boolean) => shape.kind == Kind::Boolean,
            (None, None, RustType::Integer | RustType::Millis) => shape.kind == Kind::Integer,
            (None, None, RustType::Number) => shape.kind == Kind::Number,
            (None, None, RustType::Object) => shape.kind == Kind::Object,
            _ => false,
        });
        let index = index.ok_or_else(|| {
            let kind = format!("{:?}", shape.kind).to_lowercase();
            let schema = shape.schema.as_deref().unwrap_or("without a name");
            format!(
                "the union `{union}`: the choice {schema}, of the type {kind}, is not supported: a choice is a schema with \
                 properties or an enum, a list, or a plain string, number or boolean that is not nullable; correct it in \
                 openapi/overlay/corrections.yaml"
            )
        })?;
        let kind = kinds.swap_remove(index);
        let ident = shape.name.clone().map_or_else(|| variant_name(union, &kind), Ok)?;
        if !names.insert(ident.clone()) || ident == "Unrecognized" {
            return Err(format!(
                "the union `{union}` has two variants that would be called `{ident}`, or one has a reserved name; name it \
                 in openapi/overlay/types.yaml, with `x-name` of its schema, or `x-variant` of the choice"
            ));
        }
        variants.push(Variant { ident, kind, shape });
    }
    if kinds.is_empty() { Ok(variants) } else { Err(format!("the union `{union}`: progenitor made more variants")) }
}

/// The arguments of the serde attributes of an item.
fn serde_arguments(attributes: &[Attribute]) -> impl Iterator<Item = Meta> {
    let attributes = attributes.iter().filter(|attribute| attribute.path().is_ident("serde"));
    let parse = Punctuated::<Meta, syn::Token![,]>::parse_terminated;
    attributes.flat_map(move |attribute| attribute.parse_args_with(parse).into_iter().flatten())
}

/// The name of an item in JSON.
fn name_in_json(ident: &Ident, attributes: &[Attribute]) -> String {
    let renamed = serde_arguments(attributes).find_map(|argument| match argument {
        Meta::NameValue(MetaNameValue { path, value: Expr::Lit(ExprLit { lit: Lit::Str(name), .. }), .. })
            if path.is_ident("rename") =>
        {
            Some(name.value())
        }
        _ => None,
    });
    renamed.unwrap_or_else(|| ident.to_string())
}

/// Sets the features of every type. The types of error responses are always available.
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
