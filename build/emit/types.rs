//! The types: structures, enums and unions, with their constructors, setters and conversions.

use std::fmt::Write as _;

use crate::description::unions::Kind;
use crate::emit::conversion::{accepted, converted};
use crate::emit::examples::type_example;
use crate::emit::prose::{documentation, first_sentence};
use crate::model::rust_type::RustType;
use crate::model::{Field, Model, TypeItem, TypeShape, Variant, Word};

/// The module `types`.
pub fn types(model: &Model) -> String {
    let mut code = String::new();
    for item in &model.types {
        let written = match &item.shape {
            TypeShape::Structure { fields, arguments, constants } => {
                structure(&mut code, model, item, fields, arguments, constants)
            }
            TypeShape::Words(words) => enumeration(&mut code, item, words),
            TypeShape::Union { variants } => union(&mut code, model, item, variants),
        };
        // A `String` takes everything that is written to it.
        debug_assert!(written.is_ok());
    }
    code
}

/// The words of a type, its example and the features that it needs.
fn heading(model: &Model, item: &TypeItem) -> String {
    let mut said = item.words.clone();
    if let Some(example) = type_example(model, item) {
        let _ = write!(said, "\n\n# Example\n\n```\n{example}\n```");
    }
    documentation("", &said) + &needs_features(&item.features)
}

/// What docs.rs says of an item that only some features bring.
pub fn needs_features(features: &[String]) -> String {
    match features {
        [] => String::new(),
        [feature] => format!("#[cfg_attr(docsrs, doc(cfg(feature = {feature:?})))]\n"),
        // One of many: nobody has to look for it.
        features if features.len() > 3 => String::new(),
        features => {
            let any: Vec<String> = features.iter().map(|feature| format!("feature = {feature:?}")).collect();
            format!("#[cfg_attr(docsrs, doc(cfg(any({}))))]\n", any.join(", "))
        }
    }
}

fn structure(
    code: &mut String,
    model: &Model,
    item: &TypeItem,
    fields: &[Field],
    arguments: &[usize],
    constants: &[(String, String)],
) -> std::fmt::Result {
    let name = &item.name;
    writeln!(
        code,
        "{}#[derive(Clone, Debug, PartialEq)]\n#[must_use]\n#[non_exhaustive]\npub struct {name} {{",
        heading(model, item)
    )?;
    for field in fields {
        let deprecated = deprecated(field.deprecated.as_deref());
        let words = documentation("    ", &field.words);
        writeln!(code, "{words}{deprecated}    pub {}: {},", field.ident, field.declared())?;
    }
    writeln!(
        code,
        "    /// The properties without a field of their own, by name.\n    pub extra: Extra,\n}}\n\nimpl {name} {{"
    )?;

    let arguments: Vec<&Field> = arguments.iter().filter_map(|place| fields.get(*place)).collect();
    let list: Vec<String> =
        arguments.iter().map(|field| format!("{}: {}", field.ident, accepted(model, &field.kind))).collect();
    let presets: Vec<(&String, &String)> =
        fields.iter().filter_map(|field| Some((&field.ident, field.preset.as_ref()?))).collect();
    if arguments.is_empty() {
        writeln!(code, "    /// Makes a value without any property set.")?;
    } else {
        let required: Vec<String> = arguments.iter().map(|field| format!("`{}`", field.ident)).collect();
        writeln!(code, "    /// Makes a value of the required properties: {}.", required.join(", "))?;
    }
    writeln!(code, "    #[inline]\n    pub fn new({}) -> Self {{", list.join(", "))?;
    if arguments.is_empty() && presets.is_empty() {
        writeln!(code, "        Structure::empty()\n    }}")?;
    } else {
        writeln!(code, "        let mut new: Self = Structure::empty();")?;
        for field in &arguments {
            writeln!(code, "        new.{0} = {1};", field.ident, converted(model, &field.kind, &field.ident))?;
        }
        for (ident, preset) in presets {
            writeln!(code, "        new.{ident} = {preset};")?;
        }
        writeln!(code, "        new\n    }}")?;
    }
    for field in fields.iter().filter(|field| field.has_setter()) {
        code.push_str(&setter(model, field, "self"));
        if matches!(field.kind, RustType::Nullable(_)) {
            code.push_str(&clearing(field, &format!("self.{} = Some(types::Nullable::Null);", field.ident)));
        }
    }
    writeln!(
        code,
        "    /// Sets a property that has no setter, or one to a value of another type than described. It overrides the field\n    \
         /// of that name.\n    #[inline]\n    pub fn extra(mut self, name: impl Into<String>, value: impl \
         Into<Value>) -> Self {{\n        self.extra.insert(name, value);\n        self\n    }}\n}}\n"
    )?;
    if arguments.is_empty() {
        writeln!(
            code,
            "impl Default for {name} {{\n    #[inline]\n    fn default() -> Self {{\n        Self::new()\n    }}\n}}\n"
        )?;
    }
    serialized(code, name, fields, constants)
}

/// A setter of an optional field of `place`.
pub fn setter(model: &Model, field: &Field, place: &str) -> String {
    let Field { ident, .. } = field;
    let kind = field.kind.clone().present();
    let statement = format!("{place}.{ident} = {};", field.held(&converted(model, &kind, ident)));
    let said = match first_sentence(&field.words) {
        Some(sentence) => sentence.to_owned(),
        None => format!("Sets `{ident}`."),
    };
    format!(
        "{}{}    #[inline]\n    pub fn {ident}(mut self, {ident}: {}) -> Self {{\n        {statement}\n        self\n    }}\n",
        documentation("    ", &said),
        deprecated(field.deprecated.as_deref()),
        accepted(model, &kind)
    )
}

/// The attribute of what is deprecated.
pub fn deprecated(note: Option<&str>) -> String {
    note.map(|note| format!("    #[deprecated(note = {note:?})]\n")).unwrap_or_default()
}

/// The setter that takes a value away.
pub fn clearing(field: &Field, statement: &str) -> String {
    let Field { ident, .. } = field;
    let deprecated = deprecated(field.deprecated.as_deref());
    format!(
        "    /// Clears `{ident}`, by sending `null`.\n{deprecated}    #[inline]\n    pub fn clear_{ident}(mut self) -> Self {{\n        {statement}\n        \
         self\n    }}\n"
    )
}

/// What the shared reader and writer of `crate::json` need to know.
fn serialized(code: &mut String, name: &str, fields: &[Field], constants: &[(String, String)]) -> std::fmt::Result {
    let required = fields.iter().enumerate().filter(|(_, field)| field.required);
    let required: u64 = required.fold(0, |bits, (place, _)| bits | 1 << place);
    let constants: Vec<String> = constants.iter().map(|(name, value)| format!("{name:?} = {value:?}")).collect();
    let fields = fields.iter().enumerate().map(|(place, field)| format!("{place} {} {:?}", field.ident, field.name));
    let fields: Vec<String> = fields.collect();
    writeln!(
        code,
        "structure!({name}, required {required:#b}, constants [{}], {{ {} }});\n",
        constants.join(", "),
        fields.join(", ")
    )
}

fn enumeration(code: &mut String, item: &TypeItem, words: &[Word]) -> std::fmt::Result {
    let name = &item.name;
    let said = documentation("", &item.words) + &needs_features(&item.features);
    writeln!(code, "{said}#[derive(Clone, Debug, PartialEq, Eq, Hash)]\n#[non_exhaustive]\npub enum {name} {{")?;
    for word in words {
        writeln!(code, "    /// `{}`\n    {},", word.value, word.ident)?;
    }
    writeln!(
        code,
        "    /// A value that this version of the crate does not know, unchanged.\n    Unrecognized(String),\n}}"
    )?;
    let known: Vec<String> = words.iter().map(|word| format!("{} = {:?}", word.ident, word.value)).collect();
    writeln!(code, "string_enum!({name} {{ {} }});\n", known.join(", "))
}

fn union(code: &mut String, model: &Model, item: &TypeItem, variants: &[Variant]) -> std::fmt::Result {
    let name = &item.name;
    writeln!(
        code,
        "{}#[derive(Clone, Debug, PartialEq)]\n#[must_use]\n#[non_exhaustive]\npub enum {name} {{",
        heading(model, item)
    )?;
    for Variant { ident, kind, .. } in variants {
        let said = kind.named().and_then(|held| model.types.iter().find(|item| item.name == held));
        let said = match (said, kind) {
            (Some(held), RustType::Named(_) | RustType::Boxed(_)) => {
                first_sentence(&held.words).map_or_else(|| format!("One of [`{0}`].", held.name), str::to_owned)
            }
            (Some(held), _) => format!("Several values of the type [`{0}`].", held.name),
            (None, _) => format!("A value of type `{kind}`."),
        };
        writeln!(code, "{}    {ident}({kind}),", documentation("    ", &said))?;
    }
    writeln!(
        code,
        "    /// A kind that this version of the crate does not know, unchanged.\n    Unrecognized(Object),\n}}\n"
    )?;
    for variant in variants {
        conversions(code, name, variant)?;
    }
    let shapes = variants.iter().enumerate();
    let shapes: Vec<String> =
        shapes.map(|(place, variant)| format!("{place} {} = {}", variant.ident, shape(variant))).collect();
    writeln!(code, "union!({name} {{ {} }});\n", shapes.join(", "))
}

fn shape(variant: &Variant) -> String {
    let scalar = match variant.shape.kind {
        Kind::Object => {
            let tags = variant.shape.tags.iter().map(|(name, values)| format!("({name:?}, &{values:?})"));
            let tags: Vec<String> = tags.collect();
            return format!("Object(&[{}], &{:?})", tags.join(", "), variant.shape.required);
        }
        Kind::Array => "Array",
        Kind::Text => "Text",
        Kind::Integer => "Integer",
        Kind::Number => "Number",
        Kind::Boolean => "Boolean",
    };
    scalar.to_owned()
}

/// Whatever can only be meant as this variant becomes the union.
fn conversions(code: &mut String, union: &str, Variant { ident, kind, .. }: &Variant) -> std::fmt::Result {
    let mut from = |generics: &str, source: &str, value: &str| {
        writeln!(
            code,
            "impl{generics} From<{source}> for {union} {{\n    #[inline]\n    fn from(value: {source}) -> Self {{\n        \
             Self::{ident}({value})\n    }}\n}}"
        )
    };
    match kind {
        RustType::Text => {
            from("", "&str", "value.into()")?;
            from("", "String", "value")
        }
        RustType::List(item) => {
            let bound = format!("T: Into<{item}>");
            from(&format!("<{bound}>"), "Vec<T>", "value.into_iter().map(Into::into).collect()")?;
            from(&format!("<{bound}, const N: usize>"), "[T; N]", "value.into_iter().map(Into::into).collect()")
        }
        RustType::Boxed(inner) => from("", &inner.to_string(), "Box::new(value)"),
        kind => from("", &kind.to_string(), "value"),
    }
}
