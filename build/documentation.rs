//! The words of the description, where a caller meets them.
//!
//! progenitor and typify put a description on types, fields and methods, but not on setters, and typify's first line is
//! the type's own name. Here everything public gets its sentence, and an operation an example that the tests compile.

use std::collections::BTreeMap;

use heck::{ToSnakeCase, ToUpperCamelCase};
use quote::ToTokens;
use serde_json::Value;
use syn::{Attribute, Fields, File, ImplItem, ImplItemFn, Item, ItemImpl, Type, parse_quote};

use crate::generate::schema::{operations, properties, reference, required, schemas, setter_name, text};

/// What the description says, by Rust name.
pub struct Words {
    operations: BTreeMap<String, Operation>,
    /// Types whose schema has an example, as JSON.
    examples: BTreeMap<String, String>,
    /// The required properties of a type, as setters.
    required: BTreeMap<String, Vec<String>>,
}

struct Operation {
    summary: String,
    description: String,
    request: String,
    /// Of each parameter by setter: what it is, and whether a call needs it.
    parameters: BTreeMap<String, (String, bool)>,
    body: Option<String>,
}

impl Words {
    /// Reads them from the document as it is in the repository.
    pub fn of(document: &Value) -> Self {
        let operations = operations(document).filter_map(|(method, path, operation)| {
            let id = text(operation, "operationId")?.to_owned();
            let parameters = operation.get("parameters").and_then(Value::as_array).into_iter().flatten();
            let parameters = parameters.filter_map(|parameter| {
                let words = text(parameter, "description").unwrap_or_default().to_owned();
                let needed = parameter.get("required").is_some_and(|required| *required == true);
                Some((setter_name(text(parameter, "name")?), (words, needed)))
            });
            let body = operation.pointer("/requestBody/content/application~1json/schema").and_then(reference);
            let operation = Operation {
                summary: text(operation, "summary").unwrap_or_default().to_owned(),
                description: text(operation, "description").unwrap_or_default().to_owned(),
                request: format!("{} {path}", method.to_uppercase()),
                parameters: parameters.collect(),
                body: body.map(|name| name.to_upper_camel_case()),
            };
            Some((id, operation))
        });
        let examples = schemas(document).filter_map(|(name, schema)| {
            let example = serde_json::to_string_pretty(schema.get("example")?).ok()?;
            Some((name.to_upper_camel_case(), example))
        });
        let required = schemas(document)
            .filter(|(_, schema)| properties(schema).is_some())
            .map(|(name, schema)| (name.to_upper_camel_case(), required(schema).map(setter_name).collect()));
        Self { operations: operations.collect(), examples: examples.collect(), required: required.collect() }
    }
}

/// Documents everything public.
pub fn document(code: &mut File, words: &Words) {
    let mut fields = BTreeMap::new();
    for item in &mut code.items {
        match item {
            Item::Mod(module) if module.ident == "types" => {
                let Some((_, items)) = &mut module.content else { continue };
                types(items, words, &mut fields);
            }
            Item::Mod(module) if module.ident == "builder" => {
                redocument(&mut module.attrs, "The calls of the operations, one builder each.");
                let Some((_, items)) = &mut module.content else { continue };
                for item in items {
                    if let Item::Impl(implementation) = item {
                        operation_setters(implementation, words);
                    }
                }
            }
            Item::Impl(implementation) => methods(implementation, words, &fields),
            _ => {}
        }
    }
}

/// The words and the type of each field, by type and field.
type FieldWords = BTreeMap<(String, String), (String, Type)>;

fn types(items: &mut [Item], words: &Words, fields: &mut FieldWords) {
    let about: BTreeMap<String, String> = items
        .iter()
        .filter_map(|item| {
            let (name, attributes) = match item {
                Item::Struct(item) => (item.ident.to_string(), &item.attrs),
                Item::Enum(item) => (item.ident.to_string(), &item.attrs),
                _ => return None,
            };
            let said = own_words(attributes, &name);
            let paragraph = said.split("\n\n").next().unwrap_or_default();
            let sentence = paragraph.split_inclusive(". ").next().unwrap_or_default().trim();
            // A sentence that leads on to a list does not stand alone.
            (sentence.ends_with('.') && !sentence.contains('\n')).then(|| (name, sentence.to_owned()))
        })
        .collect();
    for item in items.iter_mut() {
        match item {
            Item::Struct(item) => {
                let name = item.ident.to_string();
                describe(&mut item.attrs, &name, words);
                if let Fields::Named(named) = &mut item.fields {
                    for field in &mut named.named {
                        let Some(ident) = &field.ident else { continue };
                        let said = documentation(&field.attrs);
                        let said = match (said.is_empty(), ident == "extra") {
                            (true, true) => "What else the object has, by name: nothing that Courier sends is lost, and a field that this version does not know can be sent.".to_owned(),
                            (true, false) => format!("`{ident}`, as Courier's reference has it."),
                            (false, _) => said,
                        };
                        redocument(&mut field.attrs, &said);
                        fields.insert((name.clone(), ident.to_string()), (said, field.ty.clone()));
                    }
                }
            }
            Item::Enum(item) => {
                let name = item.ident.to_string();
                describe(&mut item.attrs, &name, words);
                for variant in &mut item.variants {
                    if variant.attrs.iter().any(is_doc) {
                        continue;
                    }
                    let said = match (&variant.fields, renamed(&variant.attrs)) {
                        (Fields::Unnamed(held), _) => {
                            held.unnamed.first().map(|held| held_by_variant(&held.ty, &about))
                        }
                        (_, Some(value)) => Some(format!("`{value}`")),
                        _ => None,
                    };
                    redocument(&mut variant.attrs, &said.unwrap_or_else(|| format!("`{}`", variant.ident)));
                }
            }
            _ => {}
        }
    }
    for item in items {
        match item {
            Item::Impl(implementation) => {
                for function in functions(implementation).filter(|function| function.sig.ident == "builder") {
                    redocument(&mut function.attrs, "Starts one with nothing set.");
                }
            }
            Item::Mod(module) if module.ident == "builder" => {
                let Some((_, items)) = &mut module.content else { continue };
                for item in items {
                    match item {
                        Item::Struct(item) => {
                            let said = format!("Builds a [`{0}`](super::{0}).", item.ident);
                            redocument(&mut item.attrs, &said);
                        }
                        Item::Impl(implementation) if implementation.trait_.is_none() => {
                            let name = implementation.self_ty.to_token_stream().to_string();
                            for function in functions(implementation) {
                                let field = (name.clone(), function.sig.ident.to_string());
                                if let Some((said, _)) = fields.get(&field) {
                                    redocument(&mut function.attrs, said);
                                }
                            }
                        }
                        _ => {}
                    }
                }
            }
            _ => {}
        }
    }
}

/// A type's words without typify's first line, which is its name.
fn own_words(attributes: &[Attribute], name: &str) -> String {
    let said = documentation(attributes);
    said.trim_start().strip_prefix(&format!("`{name}`")).unwrap_or(&said).trim().to_owned()
}

/// A type's words, and its example.
fn describe(attributes: &mut Vec<Attribute>, name: &str, words: &Words) {
    let said = own_words(attributes, name);
    let mut said = if said.is_empty() { format!("`{name}`, as Courier's reference has it.") } else { said };
    if let Some(example) = words.examples.get(name) {
        said.push_str(&format!("\n\n# Example\n\n```json\n{example}\n```"));
    }
    redocument(attributes, &said);
}

/// The value of the API that a variant stands for.
fn renamed(attributes: &[Attribute]) -> Option<String> {
    let mut value = None;
    for attribute in attributes.iter().filter(|attribute| attribute.path().is_ident("serde")) {
        let found = attribute.parse_nested_meta(|meta| {
            if meta.path.is_ident("rename") {
                value = Some(meta.value()?.parse::<syn::LitStr>()?.value());
            }
            Ok(())
        });
        if found.is_err() {
            return None;
        }
    }
    value
}

/// What a variant of a union holds.
fn held_by_variant(held: &Type, about: &BTreeMap<String, String>) -> String {
    let held = held.to_token_stream().to_string().replace(' ', "");
    let held = held.replace("::std::string::", "").replace("::std::vec::", "").replace("::std::boxed::", "");
    let named = held.strip_prefix("Box<").and_then(|inner| inner.strip_suffix('>')).unwrap_or(&held);
    match about.get(named) {
        Some(sentence) => sentence.clone(),
        None => format!("A `{held}`."),
    }
}

fn operation_setters(implementation: &mut ItemImpl, words: &Words) {
    let Some(operation) = builder_name(implementation).and_then(|id| words.operations.get(&id)) else { return };
    for function in functions(implementation) {
        let name = function.sig.ident.to_string();
        let said = match (name.as_str(), operation.parameters.get(&name)) {
            (_, Some((said, _))) if !said.is_empty() => said.clone(),
            (_, Some(_)) => format!("`{name}`, as Courier's reference has it."),
            ("body", None) => match &operation.body {
                Some(body) => format!("What to send: a [`{body}`](types::{body}) or a builder of one."),
                None => "What to send.".to_owned(),
            },
            ("body_map", None) => "Changes what is to be sent.".to_owned(),
            ("send", None) => format!(
                "Sends `{}`.\n\n# Errors\n\nAn [`Error`](crate::Error) that names the operation and says by its \
                 [`kind`](crate::Error::kind) what happened.",
                operation.request
            ),
            _ => continue,
        };
        redocument(&mut function.attrs, &said);
    }
}

/// `BulkListUsers<'a>` to `bulk_list_users`.
fn builder_name(implementation: &ItemImpl) -> Option<String> {
    let Type::Path(path) = &*implementation.self_ty else { return None };
    Some(path.path.segments.last()?.ident.to_string().to_snake_case())
}

fn methods(implementation: &mut ItemImpl, words: &Words, fields: &FieldWords) {
    for function in functions(implementation) {
        let id = function.sig.ident.to_string();
        let Some(operation) = words.operations.get(&id) else { continue };
        let summary = if operation.summary.is_empty() { &operation.request } else { &operation.summary };
        let said = format!(
            "{summary}.\n\n{}\n\n`{}`\n\n# Example\n\n{}",
            operation.description,
            operation.request,
            example(&id, operation, words, fields),
        );
        redocument(&mut function.attrs, &said);
    }
}

/// A call with all that it needs and nothing more.
fn example(id: &str, operation: &Operation, words: &Words, fields: &FieldWords) -> String {
    let (mut variables, mut given) = (String::new(), String::new());
    let mut call = format!("let answer = client\n    .{id}()\n");
    for (setter, (_, needed)) in &operation.parameters {
        if *needed {
            call.push_str(&format!("    .{setter}(\"{setter}\")\n"));
        }
    }
    if let Some(body) = &operation.body {
        let built = match words.required.get(body) {
            Some(setters) => {
                let mut built = format!("types::{body}::builder()");
                for setter in setters {
                    let Some((_, kind)) = fields.get(&(body.clone(), setter.clone())) else { continue };
                    let kind = in_caller_scope(kind);
                    given.push_str(&format!("// {setter}: {kind}\n"));
                    variables.push_str(&format!(", {setter}: {kind}"));
                    built.push_str(&format!(".{setter}({setter})"));
                }
                built
            }
            // A union has no builder.
            None => {
                given.push_str(&format!("// body: types::{body}\n"));
                variables.push_str(&format!(", body: types::{body}"));
                "body".to_owned()
            }
        };
        call.push_str(&format!("    .body({built})\n"));
    } else if operation.request.starts_with("PUT /translations") {
        call.push_str("    .body(\"msgid \\\"hello\\\"\")\n");
    }
    call.push_str("    .send()\n    .await?;");
    format!(
        "```no_run\n# use trycourier::{{Client, Error, types}};\n# async fn example(client: &Client{variables}) -> Result<(), \
         Error> {{\n{given}{call}\nprintln!(\"{{}}\", answer.status());\n# Ok(())\n# }}\n```"
    )
}

/// A field's type as code outside the crate writes it.
fn in_caller_scope(kind: &Type) -> String {
    let kind = kind.to_token_stream().to_string().replace(' ', "");
    let mut out = String::new();
    let mut rest = kind.as_str();
    while !rest.is_empty() {
        let word: String = rest.chars().take_while(|c| c.is_alphanumeric() || *c == '_' || *c == ':').collect();
        if word.is_empty() {
            let length = rest.chars().next().map_or(1, char::len_utf8);
            out.push_str(rest.get(..length).unwrap_or_default());
            rest = rest.get(length..).unwrap_or_default();
            continue;
        }
        rest = rest.get(word.len()..).unwrap_or_default();
        let is_ours = word.chars().next().is_some_and(char::is_uppercase);
        if is_ours {
            out.push_str("types::");
        }
        // What the prelude has needs no path.
        let paths = [
            ("::std::vec::", ""),
            ("::std::string::", ""),
            ("crate::", "trycourier::"),
            ("::serde_json", "serde_json"),
        ];
        out.push_str(&paths.iter().fold(word, |word, (path, short)| word.replace(path, short)));
    }
    out
}

fn functions(implementation: &mut ItemImpl) -> impl Iterator<Item = &mut ImplItemFn> {
    implementation.items.iter_mut().filter_map(|item| match item {
        ImplItem::Fn(function) if !matches!(function.vis, syn::Visibility::Inherited) => Some(function),
        _ => None,
    })
}

fn is_doc(attribute: &Attribute) -> bool {
    attribute.path().is_ident("doc")
}

/// The text of the doc attributes.
fn documentation(attributes: &[Attribute]) -> String {
    let lines = attributes.iter().filter(|attribute| is_doc(attribute)).filter_map(|attribute| match &attribute.meta {
        syn::Meta::NameValue(syn::MetaNameValue {
            value: syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(text), .. }),
            ..
        }) => Some(text.value()),
        _ => None,
    });
    lines.collect::<Vec<_>>().join("\n").trim().to_owned()
}

fn redocument(attributes: &mut Vec<Attribute>, said: &str) {
    attributes.retain(|attribute| !is_doc(attribute));
    attributes.splice(0..0, doc(said));
}

/// A doc attribute a line, as if written by hand.
fn doc(said: &str) -> Vec<Attribute> {
    let lines = wrapped(said.trim_end()).into_iter();
    let lines = lines.map(|line| if line.is_empty() { line } else { format!(" {line}") });
    lines.map(|line| parse_quote!(#[doc = #line])).collect()
}

/// Markdown in lines of a readable length; code, tables and whatever else has its own lines keep them.
fn wrapped(said: &str) -> Vec<String> {
    const WIDTH: usize = 110;
    let mut lines = Vec::new();
    let mut in_code = false;
    for line in said.lines() {
        in_code ^= line.trim_start().starts_with("```");
        if in_code || line.len() <= WIDTH || line.starts_with('|') {
            lines.push(line.to_owned());
            continue;
        }
        let is_item = line.trim_start().starts_with("- ");
        let indent = " ".repeat(line.len() - line.trim_start().len() + if is_item { 2 } else { 0 });
        let mut words = line.split(' ');
        let mut current = words.next().unwrap_or_default().to_owned();
        for word in words {
            // A word that would begin a list, a heading or a quotation stays where it is.
            let is_text = word.starts_with(|first: char| first.is_alphabetic() || "`[(\"'".contains(first));
            if is_text && !current.trim().is_empty() && current.len() + word.len() >= WIDTH {
                lines.push(std::mem::replace(&mut current, indent.clone()));
            } else {
                current.push(' ');
            }
            current.push_str(word);
        }
        lines.push(current);
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::wrapped;

    #[test]
    fn long_lines_are_wrapped_and_code_is_not() {
        let long = "word ".repeat(40);
        let said = format!("{long}\n\n- {long}\n\n```json\n{long}\n```");
        let lines = wrapped(&said);
        assert!(lines.iter().filter(|line| line.len() > 115).count() == 1, "{lines:#?}");
        let item = lines.iter().position(|line| line.starts_with("- ")).unwrap();
        assert!(lines[item + 1].starts_with("  word"), "{lines:#?}");
        let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(words(&lines.join("\n")), words(&said));
    }
}
