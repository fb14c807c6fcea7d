//! The public surface as text, which reviewers read when the description changes.

use std::fmt::Write as _;

use crate::emit::conversion::accepted;
use crate::model::rust_type::RustType;
use crate::model::{Field, Model, Operation, TypeItem, TypeShape};
use crate::print::inline;

/// An argument's name and the type that it accepts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Argument {
    pub ident: String,
    pub accepts: String,
}

impl Argument {
    fn new(model: &Model, ident: &str, kind: &RustType) -> Self {
        // Every generated type is in `types`.
        Self { ident: ident.to_owned(), accepts: inline(accepted(model, kind)).replace("types::", "") }
    }
}

/// The arguments of the method that makes a call, in order.
pub fn arguments(model: &Model, operation: &Operation) -> Vec<Argument> {
    let arguments = operation.arguments(&model.types).into_iter();
    arguments.map(|(ident, kind, _)| Argument::new(model, ident, kind)).collect()
}

/// The setters of a call: those of its parameters, then those of the properties of its body.
fn setters(model: &Model, operation: &Operation) -> Vec<Argument> {
    let parameters = operation.optional_parameters();
    let parameters = parameters.map(|parameter| Argument::new(model, &parameter.ident, &parameter.kind));
    let body = operation.body_struct(&model.types);
    let fields = body.iter().flat_map(|body| body.fields).filter(|field| field.has_setter());
    parameters.chain(fields.map(|field| Argument::new(model, &field.ident, &field.kind.clone().present()))).collect()
}

/// The arguments of a structure's `new`, in order.
pub fn constructor(model: &Model, fields: &[Field], arguments: &[usize]) -> Vec<Argument> {
    let arguments = arguments.iter().filter_map(|index| fields.get(*index));
    arguments.map(|field| Argument::new(model, &field.ident, &field.kind)).collect()
}

/// Every call and every type, sorted by name: arguments in order, setters, fields, variants.
pub fn surface(model: &Model) -> String {
    let mut text = String::new();
    // Writing to a `String` always succeeds.
    for operation in &model.operations {
        let _ = self::operation(&mut text, model, operation);
    }
    for item in &model.types {
        let _ = self::item(&mut text, model, item);
    }
    text.replace("types::", "")
}

/// Arguments, formatted for use between parentheses.
pub fn list(arguments: &[Argument]) -> String {
    let arguments = arguments.iter().map(|argument| format!("{}: {}", argument.ident, argument.accepts));
    arguments.collect::<Vec<_>>().join(", ")
}

fn deprecated(note: &Option<String>) -> &'static str {
    if note.is_some() { ", deprecated" } else { "" }
}

fn operation(text: &mut String, model: &Model, operation: &Operation) -> std::fmt::Result {
    let Operation { path, response, paging, deprecated, .. } = operation;
    let paging = if paging.is_some() { ", pages" } else { "" };
    let deprecated = self::deprecated(deprecated);
    let arguments = list(&arguments(model, operation));
    writeln!(text, "call {}({arguments}) -> {response}{paging}{deprecated}", path.join("."))?;
    let mut setters = setters(model, operation).into_iter();
    setters.try_for_each(|setter| writeln!(text, "    .{}: {}", setter.ident, setter.accepts))
}

fn item(text: &mut String, model: &Model, item: &TypeItem) -> std::fmt::Result {
    let deprecated = deprecated(&item.deprecated);
    match &item.shape {
        TypeShape::Structure { fields, arguments, constants } => {
            let arguments = list(&constructor(model, fields, arguments));
            writeln!(text, "struct {}::new({arguments}){deprecated}", item.name)?;
            for field in fields {
                let preset = field.preset.as_ref().map(|preset| format!(" = {preset}")).unwrap_or_default();
                let deprecated = self::deprecated(&field.deprecated);
                writeln!(text, "    {}: {}{preset}{deprecated}", field.ident, field.declared())?;
            }
            constants.iter().try_for_each(|(name, value)| writeln!(text, "    {name:?} = {value:?}"))
        }
        TypeShape::Enum(values) => {
            writeln!(text, "enum {}{deprecated}", item.name)?;
            values.iter().try_for_each(|value| writeln!(text, "    {} = {:?}", value.ident, value.value))
        }
        TypeShape::Union { variants } => {
            writeln!(text, "union {}{deprecated}", item.name)?;
            variants.iter().try_for_each(|variant| writeln!(text, "    {}({})", variant.ident, variant.kind))
        }
    }
}
