//! The public surface as text: what a reviewer reads when the description changes.

use std::fmt::Write as _;

use crate::emit::conversion::accepted;
use crate::model::rust_type::RustType;
use crate::model::{Call, Field, Model, TypeItem, TypeShape};

/// A name, and what is accepted under it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Argument {
    pub ident: String,
    pub accepts: String,
}

impl Argument {
    fn new(model: &Model, ident: &str, kind: &RustType) -> Self {
        // Every type of ours is one of `types`.
        Self { ident: ident.to_owned(), accepts: accepted(model, kind).replace("types::", "") }
    }
}

/// The arguments of the method that makes a call, in order.
pub fn arguments(model: &Model, call: &Call) -> Vec<Argument> {
    let in_path = call.path_parameters.iter();
    let mut arguments: Vec<Argument> =
        in_path.map(|parameter| Argument::new(model, &parameter.ident, &parameter.kind)).collect();
    match (&call.body, body(model, call)) {
        (_, Some((fields, required))) => arguments.extend(constructor(model, fields, required)),
        (Some(body), None) => arguments.push(Argument::new(model, "body", body)),
        (None, None) => {}
    }
    arguments
}

/// The setters of a call: those of its parameters, then those of the properties of its body.
pub fn setters(model: &Model, call: &Call) -> Vec<Argument> {
    let parameters = call.query.iter().chain(&call.headers);
    let parameters = parameters.map(|parameter| Argument::new(model, &parameter.ident, &parameter.kind));
    let fields = body(model, call).map_or(&[][..], |(fields, _)| fields);
    let fields = fields.iter().filter(|field| field.has_setter());
    parameters.chain(fields.map(|field| Argument::new(model, &field.ident, &field.kind))).collect()
}

/// The arguments of a structure's `new`, in order.
pub fn constructor(model: &Model, fields: &[Field], arguments: &[usize]) -> Vec<Argument> {
    let arguments = arguments.iter().filter_map(|place| fields.get(*place));
    arguments.map(|field| Argument::new(model, &field.ident, &field.kind)).collect()
}

/// The fields of the body, and which of them are arguments, when it is a structure.
fn body<'a>(model: &'a Model, call: &Call) -> Option<(&'a [Field], &'a [usize])> {
    match call.body.as_ref().and_then(RustType::named).and_then(|name| model.item(name)) {
        Some(TypeItem { shape: TypeShape::Structure { fields, arguments, .. }, .. }) => Some((fields, arguments)),
        _ => None,
    }
}

/// Every call and every type, sorted by name: arguments in order, setters, fields, variants.
pub fn surface(model: &Model) -> String {
    let mut text = String::new();
    for call in &model.calls {
        let _ = self::call(&mut text, model, call);
    }
    for item in &model.types {
        let _ = self::item(&mut text, model, item);
    }
    text.replace("types::", "")
}

/// Arguments as they are written between parentheses.
pub fn list(arguments: &[Argument]) -> String {
    let arguments = arguments.iter().map(|argument| format!("{}: {}", argument.ident, argument.accepts));
    arguments.collect::<Vec<_>>().join(", ")
}

fn call(text: &mut String, model: &Model, call: &Call) -> std::fmt::Result {
    let paging = if call.paging.is_some() { ", pages" } else { "" };
    let deprecated = if call.deprecated.is_some() { ", deprecated" } else { "" };
    let arguments = list(&arguments(model, call));
    writeln!(text, "call {}({arguments}) -> {}{paging}{deprecated}", call.path.join("."), call.answer)?;
    setters(model, call).iter().try_for_each(|setter| writeln!(text, "    .{}: {}", setter.ident, setter.accepts))
}

fn item(text: &mut String, model: &Model, item: &TypeItem) -> std::fmt::Result {
    match &item.shape {
        TypeShape::Structure { fields, arguments, constants } => {
            writeln!(text, "struct {}::new({})", item.name, list(&constructor(model, fields, arguments)))?;
            for field in fields {
                let preset = field.preset.as_ref().map(|preset| format!(" = {preset}")).unwrap_or_default();
                let deprecated = if field.deprecated.is_some() { ", deprecated" } else { "" };
                writeln!(text, "    {}: {}{preset}{deprecated}", field.ident, field.declared())?;
            }
            constants.iter().try_for_each(|(name, value)| writeln!(text, "    {name:?} = {value:?}"))
        }
        TypeShape::Words(words) => {
            writeln!(text, "enum {}", item.name)?;
            words.iter().try_for_each(|word| writeln!(text, "    {} = {:?}", word.ident, word.value))
        }
        TypeShape::Union { variants } => {
            writeln!(text, "union {}", item.name)?;
            variants.iter().try_for_each(|variant| writeln!(text, "    {}({})", variant.ident, variant.kind))
        }
    }
}
