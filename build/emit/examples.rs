//! Examples in Rust, from the examples of the description.

use serde_json::Value;

use crate::generate::description::unions::{Kind, Shape};
use crate::generate::model::rust_type::RustType;
use crate::generate::model::{Call, Field, Model, TypeItem, TypeShape};

/// Where an example would nest deeper, it leaves out what is not required.
const DEEPEST: usize = 6;

/// How a value of the type is made; nothing where the description has no example of it.
pub fn type_example(model: &Model, item: &TypeItem) -> Option<String> {
    let example = item.example.as_ref()?;
    let made = Examples { model }.named(item, Some(example), 0)?;
    let variable = variable_name(&item.name);
    let mut lines = String::new();
    if made.contains("json!") {
        lines.push_str("use serde_json::json;\n");
    }
    lines.push_str("use trycourier::types;\n\n");
    // Where it is a union, its variants convert into it.
    let made = match item.shape {
        TypeShape::Union { .. } => format!("types::{}::from({made})", item.name),
        _ => made,
    };
    lines.push_str(&format!("let {variable} = {made};\n# let _ = {variable};"));
    Some(lines)
}

/// A call with what it needs, and what a caller does with its answer.
pub fn call_example(model: &Model, call: &Call) -> String {
    let examples = Examples { model };
    let mut arguments: Vec<String> =
        call.path_parameters.iter().map(|parameter| format!("{:?}", parameter.name)).collect();
    let mut hidden = String::new();
    if let Some(body) = &call.body {
        let item = body.named().and_then(|name| model.item(name));
        match item.map(|item| (&item.shape, &item.example)) {
            Some((TypeShape::Structure { fields, arguments: required, .. }, example)) => {
                for field in required.iter().filter_map(|place| fields.get(*place)) {
                    let example = example.as_ref().and_then(|example| example.get(&field.name));
                    arguments.push(examples.argument(field, example, &mut hidden));
                }
            }
            _ => {
                let example = item.and_then(|item| item.example.as_ref());
                let made = examples.value(body, example, "body", 0);
                arguments.push(made.unwrap_or_else(|| {
                    hidden.push_str(&format!(", body: {body}"));
                    "body".to_owned()
                }));
            }
        }
    }
    let resource: String = call.resource().iter().map(|name| format!(".{name}()")).collect();
    let made = format!("client{resource}.{}({})", call.method(), arguments.join(", "));
    let mut code = String::from("```no_run\n");
    if call.deprecated.is_some() {
        code.push_str("# #![allow(deprecated)]\n");
    }
    if call.paging.is_some() {
        code.push_str("use futures::TryStreamExt as _;\n");
    }
    if made.contains("json!") {
        code.push_str("use serde_json::json;\n");
    }
    if made.contains("types::") || hidden.contains("types::") {
        code.push_str("use trycourier::types;\n");
    }
    code.push_str(&format!("# async fn example(client: &trycourier::Client{hidden}) -> trycourier::Result<()> {{\n"));
    code.push_str(&match &call.paging {
        Some(paging) => {
            let items = &paging.items;
            let one = if items == "items" || items == "results" { "item" } else { items.trim_end_matches('s') };
            format!(
                "let mut {items} = {made}.items();\nwhile let Some({one}) = {items}.try_next().await? {{\n    \
                 println!(\"{{{one}:?}}\");\n}}\n"
            )
        }
        None if call.answer == RustType::Unit => format!("{made}.await?;\n"),
        None => format!("let answer = {made}.await?;\n{}\n", shown(model, &call.answer)),
    });
    code.push_str("# Ok(())\n# }\n```");
    code
}

/// A statement that prints what a caller most often wants of an answer.
fn shown(model: &Model, answer: &RustType) -> String {
    const TELLING: [&str; 9] =
        ["request_id", "message_id", "run_id", "job_id", "token", "id", "status", "items", "results"];
    let whole = "println!(\"{:?}\", *answer);".to_owned();
    let Some(TypeItem { shape: TypeShape::Structure { fields, .. }, .. }) =
        answer.named().and_then(|name| model.item(name))
    else {
        return whole;
    };
    let telling = TELLING.iter().find_map(|name| fields.iter().find(|field| field.ident == *name));
    let telling = telling.or_else(|| fields.iter().find(|field| field.required)).or(fields.first());
    match telling {
        Some(field) if field.kind == RustType::Text && field.required => {
            format!("println!(\"{{}}\", answer.{});", field.ident)
        }
        Some(field) if matches!(field.kind, RustType::Sensitive(_)) && field.required => {
            format!("let {0} = answer.{0}.expose();\n# let _ = {0};", field.ident)
        }
        Some(field) => format!("println!(\"{{:?}}\", answer.{});", field.ident),
        None => whole,
    }
}

fn variable_name(name: &str) -> String {
    use heck::ToSnakeCase;
    let name = name.to_snake_case();
    // The last word says what it is, unless Rust keeps it.
    let last = name.rsplit('_').next().unwrap_or(&name);
    if syn::parse_str::<syn::Ident>(last).is_ok() { last.to_owned() } else { name }
}

struct Examples<'a> {
    model: &'a Model,
}

impl Examples<'_> {
    /// An argument, or a variable for which nothing can be made up.
    fn argument(&self, field: &Field, example: Option<&Value>, hidden: &mut String) -> String {
        self.value(&field.kind, example, &field.ident, 0).unwrap_or_else(|| {
            let kind = match &field.kind {
                RustType::List(item) => format!("Vec<{item}>"),
                kind => kind.to_string(),
            };
            hidden.push_str(&format!(", {}: {kind}", field.ident));
            field.ident.clone()
        })
    }

    fn value(&self, kind: &RustType, example: Option<&Value>, name: &str, depth: usize) -> Option<String> {
        Some(match kind {
            RustType::Text => format!("{:?}", example.map_or(Some(name), Value::as_str)?),
            RustType::Sensitive(inner) if **inner == RustType::Text => {
                format!("{:?}", example.map_or(Some(name), Value::as_str)?)
            }
            RustType::Boolean => example.map_or(Some(true), Value::as_bool)?.to_string(),
            RustType::Integer => example.map_or(Some(1), Value::as_i64)?.to_string(),
            RustType::Number => format!("{:?}", example.map_or(Some(1.0), Value::as_f64)?),
            RustType::Timestamp => format!("{:?}", example.map_or(Some("2027-01-31T09:00:00Z"), Value::as_str)?),
            RustType::Millis => format!("types::Millis({})", example.map_or(Some(1_800_000_000_000), Value::as_i64)?),
            RustType::Json | RustType::Object => match example {
                Some(example) => format!("json!({example})"),
                None => "json!({\"name\": \"value\"})".to_owned(),
            },
            RustType::Sensitive(inner) if **inner == RustType::Object => {
                format!("types::Object::from(json!({}))", example?)
            }
            RustType::Sensitive(_) => return None,
            RustType::Nullable(inner) | RustType::Boxed(inner) => self.value(inner, example, name, depth)?,
            RustType::Optional(inner) => match example {
                None | Some(Value::Null) => "None".to_owned(),
                some => format!("Some({}.into())", self.value(inner, some, name, depth)?),
            },
            RustType::Named(named) => self.named(self.model.item(named)?, example, depth + 1)?,
            RustType::List(item) => {
                let made: Option<Vec<String>> = match example {
                    Some(example) => {
                        let items = example.as_array()?.iter();
                        items.map(|example| self.item(item, Some(example), name, depth)).collect()
                    }
                    None => self.item(item, None, name, depth).map(|item| vec![item]),
                };
                // Of an empty list nobody knows the type.
                format!("[{}]", made.filter(|made| !made.is_empty())?.join(", "))
            }
            RustType::Map(value) => {
                let made: Option<Vec<String>> = match example {
                    Some(example) => {
                        let entries = example.as_object()?.iter();
                        entries
                            .map(|(name, example)| {
                                Some(format!("({name:?}, {})", self.item(value, Some(example), name, depth)?))
                            })
                            .collect()
                    }
                    None => self.item(value, None, name, depth).map(|value| vec![format!("(\"name\", {value})")]),
                };
                format!("[{}]", made.filter(|made| !made.is_empty())?.join(", "))
            }
            RustType::Unit => return None,
        })
    }

    /// An item of a list: all are of one type there.
    fn item(&self, kind: &RustType, example: Option<&Value>, name: &str, depth: usize) -> Option<String> {
        let made = self.value(kind, example, name, depth)?;
        Some(match kind.named().and_then(|name| self.model.item(name)) {
            Some(TypeItem { shape: TypeShape::Union { .. }, name, .. }) => format!("types::{name}::from({made})"),
            _ => made,
        })
    }

    fn named(&self, item: &TypeItem, example: Option<&Value>, depth: usize) -> Option<String> {
        if depth > DEEPEST {
            return None;
        }
        let example = example.or(item.example.as_ref());
        match &item.shape {
            TypeShape::Words(words) => {
                let word = match example {
                    Some(example) => words.iter().find(|word| Some(word.value.as_str()) == example.as_str())?,
                    None => words.first()?,
                };
                Some(format!("types::{}::{}", item.name, word.ident))
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
                for field in arguments.iter().filter_map(|place| fields.get(*place)) {
                    made.push(self.value(&field.kind, of(field), &field.ident, depth)?);
                }
                let mut made = format!("types::{}::new({})", item.name, made.join(", "));
                for field in fields.iter().filter(|field| field.has_setter()) {
                    if let Some(example) = of(field).filter(|example| !example.is_null())
                        && let Some(value) =
                            self.value(&field.kind.clone().present(), Some(example), &field.ident, depth)
                    {
                        made.push_str(&format!("\n    .{}({value})", field.ident));
                    }
                }
                Some(made)
            }
        }
    }
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
