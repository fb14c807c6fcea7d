//! Examples in Rust, generated from the examples of the description.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::description::unions::{Kind, Shape};
use crate::emit::layout::{Code, WIDTH};
use crate::model::rust_type::RustType;
use crate::model::{Field, Model, Operation, TypeItem, TypeShape, fields};

/// The nesting depth beyond which an example omits optional values.
const DEEPEST: usize = 6;

/// The expression that makes a value of the type; `None` if the description has no example of it.
pub fn type_example(model: &Model, item: &TypeItem) -> Option<String> {
    let example = item.example.as_ref()?;
    let examples = Examples(model);
    let made = examples.named(item, Some(example), 0)?;
    // If it is a union, its variants convert into it.
    let made = match item.shape {
        TypeShape::Union { .. } => Code::call(format!("{}::from", item.name), vec![made]),
        _ => made,
    };
    let variable = variable_name(&item.name);
    let assignment = format!("let {variable} = ");
    let made = made.laid_out(0, assignment.len(), 1);
    Some(format!("{}\n{assignment}{made};\n# let _ = {variable};", imports(model, &[], &made)))
}

/// A call with its arguments, and a typical use of its response.
pub fn call_example(model: &Model, operation: &Operation) -> String {
    let examples = Examples(model);
    let body_example = operation.body.as_ref().and_then(|body| model.item(body.own_name()?)?.example.as_ref());
    let body_example = body_example.or(operation.body_example.as_ref());
    let body_examples = match operation.body_struct(&model.types) {
        Some(body) => body.arguments.iter().map(|field| body_example?.get(&field.name)).collect(),
        None => vec![body_example],
    };
    let in_path = operation.path_parameters.iter().map(|parameter| parameter.example.as_ref());
    let mut hidden = String::new();
    let mut arguments = Vec::new();
    for ((name, kind, _), example) in operation.arguments(&model.types).into_iter().zip(in_path.chain(body_examples)) {
        // If no value can be made up, the example has a variable.
        arguments.push(examples.value(kind, example, name, 0).unwrap_or_else(|| {
            hidden.push_str(&format!(", {name}: {}", qualified(kind)));
            Code::word(name)
        }));
    }
    let mut links = vec![Code::word("client")];
    links.extend(operation.resource().iter().map(|name| Code::call(format!(".{name}"), Vec::new())));
    links.push(Code::call(format!(".{}", operation.method()), arguments));
    let mut awaited = |before: &str| {
        links.push(Code::word(".await?"));
        format!("{before}{};\n", Code::Chain(links.clone()).laid_out(0, before.len(), 1))
    };
    let mut crates = Vec::new();
    let statements = match &operation.paging {
        Some(paging) => {
            crates.push("futures::TryStreamExt as _");
            let items = &paging.items;
            let one = if items == "items" || items == "results" { "item" } else { items.trim_end_matches('s') };
            links.push(Code::call(".items", Vec::new()));
            let assignment = format!("let mut {items} = ");
            let made = Code::Chain(links).laid_out(0, assignment.len(), 1);
            format!(
                "{assignment}{made};\nwhile let Some({one}) = {items}.try_next().await? {{\n    \
                 println!(\"{{{one}:?}}\");\n}}\n"
            )
        }
        None if operation.response == RustType::Unit => awaited(""),
        None => format!("{}{}\n", awaited("let response = "), shown(model, &operation.response)),
    };
    let deprecated = if operation.deprecated.is_some() { "# #![allow(deprecated)]\n" } else { "" };
    let imports = imports(model, &crates, &statements);
    let gap = if imports.is_empty() { "" } else { "\n" };
    // Hidden lines do not import anything for the reader.
    let hidden_import = if hidden.contains("types::") { "# use trycourier::types;\n" } else { "" };
    format!(
        "```no_run\n{deprecated}{imports}{gap}{hidden_import}# async fn example(client: &trycourier::Client{hidden}) -> \
         trycourier::Result<()> {{\n{statements}# Ok(())\n# }}\n```"
    )
}

/// A statement that prints the most useful part of a response.
fn shown(model: &Model, response: &RustType) -> String {
    const INFORMATIVE: [&str; 9] =
        ["request_id", "message_id", "run_id", "job_id", "token", "id", "status", "items", "results"];
    let fields = fields(response, &model.types);
    let informative = INFORMATIVE.iter().find_map(|name| fields.iter().find(|field| field.ident == *name));
    let informative = informative.or_else(|| fields.iter().find(|field| field.required)).or(fields.first());
    match informative {
        Some(field) if field.kind == RustType::Text && field.required => {
            format!("println!(\"{{}}\", response.{});", field.ident)
        }
        Some(field) if matches!(field.kind, RustType::Sensitive(_)) && field.required => {
            format!("let {0} = response.{0}.expose();\n# let _ = {0};", field.ident)
        }
        Some(field) => format!("println!(\"{{:?}}\", response.{});", field.ident),
        None => "println!(\"{:?}\", *response);".to_owned(),
    }
}

/// A type as it is written in an example, which imports `types` if it needs it.
fn qualified(kind: &RustType) -> String {
    kind.to_string().replace("BTreeMap", "std::collections::BTreeMap")
}

fn variable_name(name: &str) -> String {
    use heck::ToSnakeCase;
    let name = name.to_snake_case();
    // The last part is descriptive, unless it is a Rust keyword.
    let last = name.rsplit('_').next().unwrap_or(&name);
    if syn::parse_str::<syn::Ident>(last).is_ok() { last.to_owned() } else { name }
}

/// The imports that the code needs in addition to the given paths.
fn imports(model: &Model, given: &[&str], code: &str) -> String {
    let mut imports: Vec<String> = given.iter().map(|path| (*path).to_owned()).collect();
    if code.contains("json!") {
        imports.push("serde_json::json".to_owned());
    }
    let ends = code.match_indices("::").chain(code.match_indices('('));
    let words = ends.filter_map(|(end, _)| code.get(..end)?.rsplit(|sign: char| !sign.is_alphanumeric()).next());
    let is_type = |word: &&str| ["Millis", "Object"].contains(word) || model.item(word).is_some();
    let names: BTreeSet<&str> = words.filter(is_type).collect();
    match names.iter().copied().collect::<Vec<_>>().as_slice() {
        [] => {}
        [alone] => imports.push(format!("trycourier::types::{alone}")),
        names => imports.push(format!("trycourier::types::{{{}}}", filled(names))),
    }
    imports.into_iter().map(|import| format!("use {import};\n")).collect()
}

/// Makes the values of examples.
struct Examples<'a>(&'a Model);

impl Examples<'_> {
    fn value(&self, kind: &RustType, example: Option<&Value>, name: &str, depth: usize) -> Option<Code> {
        Some(match kind {
            RustType::Text | RustType::CheckedText(_) | RustType::Timestamp => {
                let default = if *kind == RustType::Timestamp { "2027-01-31T09:00:00Z" } else { name };
                Code::word(format!("{:?}", example.map_or(Some(default), Value::as_str)?))
            }
            RustType::Sensitive(inner) if **inner == RustType::Text => self.value(inner, example, name, depth)?,
            RustType::Boolean => Code::word(example.map_or(Some(true), Value::as_bool)?.to_string()),
            RustType::Integer | RustType::DurationMillis => {
                Code::word(example.map_or(Some(1), Value::as_i64)?.to_string())
            }
            RustType::Number => Code::word(format!("{:?}", example.map_or(Some(1.0), Value::as_f64)?)),
            RustType::Millis => {
                let millis = example.map_or(Some(1_800_000_000_000), Value::as_i64)?;
                Code::call("Millis", vec![Code::word(millis.to_string())])
            }
            RustType::Json | RustType::Object => Code::json(example.unwrap_or(&json!({"name": "value"}))),
            RustType::Sensitive(inner) if **inner == RustType::Object => {
                Code::call("Object::from", vec![Code::json(example?)])
            }
            RustType::Sensitive(_) => return None,
            RustType::Nullable(inner) | RustType::Boxed(inner) => self.value(inner, example, name, depth)?,
            RustType::Optional(inner) => match example {
                None | Some(Value::Null) => Code::word("None"),
                some => {
                    let links = vec![self.value(inner, some, name, depth)?, Code::word(".into()")];
                    Code::call("Some", vec![Code::Chain(links)])
                }
            },
            RustType::Named(named) => self.named(self.0.item(named)?, example, depth + 1)?,
            RustType::List(item) => {
                let made: Option<Vec<Code>> = match example {
                    Some(example) => {
                        let items = example.as_array()?.iter();
                        items.map(|example| self.value(item, Some(example), name, depth)).collect()
                    }
                    None => self.value(item, None, name, depth).map(|item| vec![item]),
                };
                // The element type of an empty list cannot be inferred.
                let made = made.filter(|made| !made.is_empty())?;
                let is_text = |item: &Code| matches!(item, Code::Word(word) if word.starts_with('"'));
                let are_alike = made.iter().all(is_text);
                Code::list(if are_alike { made } else { made.into_iter().map(|made| self.one(item, made)).collect() })
            }
            RustType::Map(value) => {
                let entry = |name: &str, example| {
                    let made = self.value(value, example, name, depth)?;
                    let value = self.one(value, made);
                    Some(Code::call("", vec![Code::word(format!("{name:?}")), value]))
                };
                let made: Option<Vec<Code>> = match example {
                    Some(example) => {
                        let entries = example.as_object()?.iter();
                        entries.map(|(name, example)| entry(name, Some(example))).collect()
                    }
                    None => entry("name", None).map(|entry| vec![entry]),
                };
                Code::list(made.filter(|made| !made.is_empty())?)
            }
            RustType::Unit => return None,
        })
    }

    /// An element of a list whose elements must all have the same type.
    fn one(&self, kind: &RustType, made: Code) -> Code {
        match kind.named().and_then(|name| self.0.item(name)) {
            Some(TypeItem { shape: TypeShape::Union { .. }, name, .. }) => {
                Code::call(format!("{name}::from"), vec![made])
            }
            _ => made,
        }
    }

    fn named(&self, item: &TypeItem, example: Option<&Value>, depth: usize) -> Option<Code> {
        if depth > DEEPEST {
            return None;
        }
        let example = example.or(item.example.as_ref());
        match &item.shape {
            TypeShape::Enum(values) => {
                let value = match example {
                    Some(example) => values.iter().find(|value| Some(value.value.as_str()) == example.as_str())?,
                    None => values.first()?,
                };
                Some(Code::word(format!("{}::{}", item.name, value.ident)))
            }
            TypeShape::Union { variants, .. } => {
                let variant = match example {
                    Some(example) => variants.iter().find(|variant| is_of_shape(&variant.shape, example))?,
                    None => variants.first()?,
                };
                self.value(&variant.kind, example, "value", depth)
            }
            TypeShape::Structure { fields, arguments, .. } => {
                let of = |field: &Field| example.and_then(|example| example.get(&field.name));
                let mut made = Vec::new();
                for field in arguments.iter().filter_map(|index| fields.get(*index)) {
                    made.push(self.value(&field.kind, of(field), &field.ident, depth)?);
                }
                let mut links = vec![Code::call(format!("{}::new", item.name), made)];
                for field in fields.iter().filter(|field| field.has_setter() && field.deprecated.is_none()) {
                    if let Some(example) = of(field).filter(|example| !example.is_null())
                        && let Some(value) =
                            self.value(&field.kind.clone().present(), Some(example), &field.ident, depth)
                    {
                        links.push(Code::call(format!(".{}", field.ident), vec![value]));
                    }
                }
                Some(Code::chain(links))
            }
        }
    }
}

/// Names between the braces of an import, on as many lines as necessary.
fn filled(names: &[&str]) -> String {
    let flat = names.join(", ");
    if "use trycourier::types::{};".len() + flat.len() <= WIDTH {
        return flat;
    }
    let (mut text, mut column) = (String::new(), WIDTH);
    for name in names {
        if column + name.len() + ", ".len() > WIDTH {
            text.push_str("\n   ");
            column = 4;
        }
        text += &format!(" {name},");
        column += name.len() + ", ".len();
    }
    text + "\n"
}

fn is_of_shape(shape: &Shape, example: &Value) -> bool {
    match shape.kind {
        Kind::Object => {
            example.is_object()
                && shape.required.iter().all(|name| example.get(name).is_some())
                && shape.tags.iter().all(|(name, values)| {
                    let value = example.get(name).and_then(Value::as_str);
                    value.is_some_and(|value| values.iter().any(|other| other == value))
                })
        }
        Kind::Array => example.is_array(),
        Kind::Text => example.is_string(),
        Kind::Integer => example.is_i64(),
        Kind::Number => example.is_number(),
        Kind::Boolean => example.is_boolean(),
    }
}
