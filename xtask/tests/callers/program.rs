//! The program: each call with all its arguments, each type with all its members, as used by callers outside the crate.

use std::fmt::Write as _;

use xtask::generator::model::rust_type::RustType;
use xtask::generator::model::{Field, Model, Operation, TypeItem, TypeShape, Variant};

const BEGINNING: &str = "\
#![allow(warnings)]

use std::collections::BTreeMap;
use std::fmt::Debug;

use trycourier::{Client, Response, Result, calls, ext, types};

fn any<T>() -> T {
    std::process::abort()
}

fn is_a_value<T: Clone + Debug + PartialEq + serde::Serialize + serde::de::DeserializeOwned + Send + Sync + 'static>() {}

fn lists<P: ext::Paged<Item = T>, T>(_: ext::Items<P>, _: ext::Pages<P>) {}
";

/// The program, with the calls and types of one feature or of all.
pub fn program(model: &Model, feature: Option<&str>) -> String {
    let mut text = BEGINNING.to_owned();
    let is_wanted = |features: &[String]| {
        features.is_empty() || feature.is_none_or(|one| features.iter().any(|other| other == one))
    };
    for call in model.operations.iter().filter(|call| is_wanted(&[call.feature()])) {
        of_call(&mut text, model, call).unwrap();
    }
    for item in model.types.iter().filter(|item| is_wanted(&item.features)) {
        of_type(&mut text, item).unwrap();
    }
    text
}

/// An expression of a type, for an argument of that type.
fn any(kind: &RustType) -> String {
    match kind {
        RustType::Nullable(inner) | RustType::Boxed(inner) => any(inner),
        // Text is usually a literal.
        RustType::Text => "any::<&str>()".to_owned(),
        kind => format!("any::<{kind}>()"),
    }
}

/// The fields of a structure, and the fields that are arguments.
fn structure<'a>(model: &'a Model, kind: Option<&RustType>) -> Option<(&'a [Field], Vec<&'a Field>)> {
    let item = model.item(kind?.own_name()?)?;
    let TypeShape::Structure { fields, arguments, .. } = &item.shape else { return None };
    Some((fields, arguments.iter().filter_map(|index| fields.get(*index)).collect()))
}

fn of_call(text: &mut String, model: &Model, call: &Operation) -> std::fmt::Result {
    let name = &call.name;
    let body = structure(model, call.body.as_ref());
    let in_path: Vec<String> = call.path_parameters.iter().map(|parameter| any(&parameter.kind)).collect();
    let mut arguments = in_path.clone();
    match (&body, &call.body) {
        (Some((_, required)), _) => arguments.extend(required.iter().map(|field| any(&field.kind))),
        (None, Some(body)) => arguments.push(any(body)),
        (None, None) => {}
    }
    let resource: String = call.resource().iter().map(|name| format!(".{name}()")).collect();
    writeln!(text, "\nasync fn call_{name}(client: &Client) -> Result<()> {{")?;
    writeln!(text, "    let call: calls::{name} = client{resource}.{}({});", call.method(), arguments.join(", "))?;
    let parameters = call.query.iter().chain(&call.headers);
    for parameter in parameters.clone() {
        writeln!(text, "    let call = call.{}({});", parameter.ident, any(&parameter.kind))?;
    }
    for field in body.iter().flat_map(|(fields, _)| *fields) {
        setters(text, "call", field)?;
    }
    let made = if call.body.is_some() { "with_body" } else { "new" };
    let whole = ["client".to_owned()].into_iter().chain(in_path).chain(call.body.iter().map(any));
    writeln!(text, "    let _: calls::{name} = calls::{name}::{made}({});", whole.collect::<Vec<_>>().join(", "))?;
    for parameter in &call.path_parameters {
        writeln!(text, "    let _: &{} = &call.{};", parameter.kind, parameter.ident)?;
    }
    for parameter in parameters {
        writeln!(text, "    let _: &Option<{}> = &call.{};", parameter.kind, parameter.ident)?;
    }
    if let Some(body) = &call.body {
        writeln!(text, "    let _: &{body} = &call.body;")?;
    }
    if let Some(paging) = &call.paging {
        writeln!(text, "    lists::<calls::{name}, {}>(call.clone().items(), call.clone().pages());", paging.item)?;
    }
    writeln!(text, "    let _: Response<{}> = call.await?;\n    Ok(())\n}}", call.response)
}

fn setters(text: &mut String, of: &str, field: &Field) -> std::fmt::Result {
    if !field.has_setter() {
        return Ok(());
    }
    writeln!(text, "    let {of} = {of}.{}({});", field.ident, any(&field.kind.clone().present()))?;
    if matches!(field.kind, RustType::Nullable(_)) {
        writeln!(text, "    let {of} = {of}.clear_{}();", field.ident)?;
    }
    Ok(())
}

fn of_type(text: &mut String, item: &TypeItem) -> std::fmt::Result {
    let name = &item.name;
    writeln!(text, "\nfn type_{name}(given: types::{name}) {{\n    is_a_value::<types::{name}>();")?;
    match &item.shape {
        TypeShape::Structure { fields, arguments, .. } => {
            let required: Vec<String> =
                arguments.iter().filter_map(|index| fields.get(*index)).map(|field| any(&field.kind)).collect();
            if required.is_empty() {
                writeln!(text, "    let _ = types::{name}::default();")?;
            }
            writeln!(text, "    let value: types::{name} = types::{name}::new({});", required.join(", "))?;
            fields.iter().try_for_each(|field| setters(text, "value", field))?;
            for field in fields {
                writeln!(text, "    let _: &{} = &value.{};", field.declared(), field.ident)?;
            }
            let idents: String = fields.iter().map(|field| format!("{}: _, ", field.ident)).collect();
            writeln!(text, "    let types::{name} {{ {idents}extra: _, .. }} = given;")?;
        }
        TypeShape::Enum(words) => {
            let arms: String = words.iter().map(|word| format!("types::{name}::{} => {{}}\n", word.ident)).collect();
            writeln!(text, "    match given {{\n{arms}types::{name}::Unrecognized(_) => {{}}\n_ => {{}}\n}}")?;
        }
        TypeShape::Union { variants } => {
            let arm = |Variant { ident, kind, .. }: &Variant| {
                format!("types::{name}::{ident}(held) => {{ let _: {kind} = held; }}\n")
            };
            let arms: String = variants.iter().map(arm).collect();
            writeln!(text, "    match given {{\n{arms}types::{name}::Unrecognized(_) => {{}}\n_ => {{}}\n}}")?;
            for Variant { kind, .. } in variants {
                writeln!(text, "    let _ = types::{name}::from({});", any(kind))?;
            }
        }
    }
    writeln!(text, "}}")
}
