//! The calls: one struct for each operation, made by the method of its resource.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use crate::generate::emit::conversion::{accepted, converted, is_plain};
use crate::generate::emit::prose::documentation;
use crate::generate::emit::types::{clearing, deprecated, needs_features, setter};
use crate::generate::model::rust_type::RustType;
use crate::generate::model::{Call, Field, Model, Paging, PagingShape, Parameter, TypeItem, TypeShape};

/// The module `calls`.
pub fn calls(model: &Model) -> String {
    let mut code = String::new();
    for call in &model.calls {
        let written = one(&mut code, model, call);
        // A `String` takes everything that is written to it.
        debug_assert!(written.is_ok());
    }
    // The enums that a query can hold.
    let queries = model.calls.iter().flat_map(|call| &call.query);
    let enums: BTreeSet<&str> = queries.filter_map(|parameter| parameter.kind.named()).collect();
    for name in enums {
        let _ = writeln!(code, "argument!(types::{name});");
    }
    code
}

/// The fields of the body, when it is a structure.
fn body_fields<'a>(model: &'a Model, call: &Call) -> &'a [Field] {
    match call.body.as_ref().and_then(RustType::named).and_then(|name| model.item(name)) {
        Some(TypeItem { shape: TypeShape::Structure { fields, .. }, .. }) => fields,
        _ => &[],
    }
}

fn one(code: &mut String, model: &Model, call: &Call) -> std::fmt::Result {
    let name = &call.name;
    let fields = body_fields(model, call);
    let said = format!(
        "The call of [`{resource}::{method}`](crate::resources::{resource}::{method}): `{} {}`.",
        call.http_method,
        call.template,
        resource = call.resource_type(),
        method = call.method()
    );
    let features = needs_features(&[call.feature()]);
    writeln!(
        code,
        "{}{features}#[derive(Clone)]\n#[must_use = \"a call does nothing until it is awaited or sent\"]\n#[non_exhaustive]\npub \
         struct {name} {{\n    client: Client,",
        documentation("", &said)
    )?;
    for parameter in &call.path_parameters {
        writeln!(code, "{}    pub {}: {},", documentation("    ", &parameter.words), parameter.ident, parameter.kind)?;
    }
    for parameter in call.query.iter().chain(&call.headers) {
        let kind = &parameter.kind;
        let deprecated = deprecated(parameter.deprecated.as_deref());
        let words = documentation("    ", &parameter.words);
        writeln!(code, "{words}{deprecated}    pub {}: Option<{kind}>,", parameter.ident)?;
    }
    if let Some(body) = &call.body {
        writeln!(code, "    /// What is sent.\n    pub body: {body},")?;
    }
    writeln!(code, "}}\n\nimpl {name} {{")?;

    constructor(code, model, call)?;
    for parameter in call.query.iter().chain(&call.headers) {
        let Parameter { ident, kind, words, .. } = parameter;
        writeln!(
            code,
            "{}{}    #[inline]\n    pub fn {ident}(mut self, {ident}: {}) -> Self {{\n        self.{ident} = Some({});\n        self\n    }}",
            documentation("    ", words),
            deprecated(parameter.deprecated.as_deref()),
            accepted(model, kind),
            converted(model, kind, ident)
        )?;
    }
    for field in fields.iter().filter(|field| field.has_setter()) {
        code.push_str(&setter(model, field, "self.body"));
        if matches!(field.kind, RustType::Nullable(_)) {
            code.push_str(&clearing(field, &format!("self.body.{} = Some(types::Nullable::Null);", field.ident)));
        }
    }
    if !fields.is_empty() {
        writeln!(
            code,
            "    /// Sets a property of the body that this version does not describe, or one of another type than described: it \
             takes\n    /// the place of the field of that name.\n    #[inline]\n    pub fn extra(mut self, name: impl Into<String>, \
             value: impl Into<Value>) -> Self {{\n        self.body.extra.insert(name, value);\n        self\n    }}"
        )?;
    }
    writeln!(code, "}}\n")?;
    operation(code, call)?;
    writeln!(code, "call!({name}, {});\n", call.answer)?;
    match &call.paging {
        Some(paging) => paged(code, call, paging),
        None => Ok(()),
    }
}

fn constructor(code: &mut String, model: &Model, call: &Call) -> std::fmt::Result {
    let mut arguments = String::from("client: &Client");
    for parameter in &call.path_parameters {
        write!(arguments, ", {}: {}", parameter.ident, accepted(model, &parameter.kind))?;
    }
    let said = match &call.body {
        None => "Makes the call for a client, as the method of the resource does.",
        Some(_) => "Makes the call with a whole body.",
    };
    let function = if call.body.is_some() { "with_body" } else { "new" };
    if let Some(body) = &call.body {
        let kind = if is_plain(model, body) { body.to_string() } else { format!("impl Into<{body}>") };
        write!(arguments, ", body: {kind}")?;
    }
    writeln!(code, "    /// {said}\n    #[inline]\n    pub fn {function}({arguments}) -> Self {{")?;
    let mut values = String::from("client: client.clone(), ");
    for parameter in &call.path_parameters {
        write!(values, "{0}: {0}.into(), ", parameter.ident)?;
    }
    for parameter in call.query.iter().chain(&call.headers) {
        write!(values, "{}: None, ", parameter.ident)?;
    }
    if let Some(body) = &call.body {
        write!(values, "body{}, ", if is_plain(model, body) { "" } else { ": body.into()" })?;
    }
    writeln!(code, "        Self {{ {}}}\n    }}", values)
}

/// What the client has to know of the operation, and where its arguments travel.
fn operation(code: &mut String, call: &Call) -> std::fmt::Result {
    let answer = match (&call.answer, call.answer_optional) {
        (RustType::Unit, _) => "None",
        (_, true) => "Optional",
        (_, false) => "Required",
    };
    let secret_parameters: Vec<&str> = call
        .path_parameters
        .iter()
        .filter(|parameter| matches!(parameter.kind, RustType::Sensitive(_)))
        .map(|parameter| parameter.name.as_str())
        .collect();
    writeln!(code, "impl Call for {} {{\n    type Response = {};", call.name, call.answer)?;
    writeln!(
        code,
        "    const OPERATION: &'static Operation = &Operation {{\n        id: {:?},\n        method: {:?},\n        path: {:?},\n        \
         secret_parameters: &{secret_parameters:?},\n        \
         answer: ResponseBody::{answer},\n        sensitive: {},\n        repeatable: {},\n        final_conflict: {},\n    }};",
        call.path.join("."),
        call.http_method,
        call.template,
        call.sensitive,
        call.repeatable,
        call.final_conflict
    )?;
    let has_none =
        call.path_parameters.is_empty() && call.query.is_empty() && call.headers.is_empty() && call.body.is_none();
    let to = if has_none { "_" } else { "to" };
    writeln!(
        code,
        "    #[inline]\n    fn client(&self) -> &Client {{\n        &self.client\n    }}\n    #[inline]\n    fn client_mut(&mut self) -> \
         &mut Client {{\n        &mut self.client\n    }}\n    #[inline]\n    fn arguments(&mut self, {to}: &mut dyn Arguments) {{"
    )?;
    for parameter in &call.path_parameters {
        writeln!(code, "        to.path(&mut self.{});", parameter.ident)?;
    }
    for Parameter { name, ident, .. } in &call.query {
        writeln!(code, "        to.query({name:?}, &mut self.{ident});")?;
    }
    for Parameter { name, ident, .. } in &call.headers {
        writeln!(code, "        to.header({:?}, &mut self.{ident});", name.to_lowercase())?;
    }
    if call.body.is_some() {
        writeln!(code, "        to.body(&mut self.body);")?;
    }
    let mut values = String::from("client, ");
    for parameter in &call.path_parameters {
        write!(values, "{}: Decode::empty(), ", parameter.ident)?;
    }
    for parameter in call.query.iter().chain(&call.headers) {
        write!(values, "{}: None, ", parameter.ident)?;
    }
    if call.body.is_some() {
        values.push_str("body: Decode::empty(), ");
    }
    writeln!(
        code,
        "    }}\n    #[cfg(feature = \"testing\")]\n    #[inline]\n    fn empty(client: Client) -> Self {{\n        Self {{ {values}}}\n    \
         }}\n}}"
    )
}

fn paged(code: &mut String, call: &Call, paging: &Paging) -> std::fmt::Result {
    let Paging { items, items_optional, item, shape } = paging;
    let (more, cursor) = match shape {
        PagingShape::Paging => ("Some(answer.paging.more)", "answer.paging.cursor.clone()"),
        PagingShape::HasMore => ("Some(answer.has_more)", "answer.cursor.clone()"),
        PagingShape::NextCursor => ("None", "answer.next_cursor.clone()"),
        PagingShape::Cursor => ("None", "answer.cursor.clone()"),
    };
    let taken = if *items_optional {
        format!("std::mem::take(&mut answer.{items}).unwrap_or_default()")
    } else {
        format!("std::mem::take(&mut answer.{items})")
    };
    writeln!(
        code,
        "impl Paged for {} {{\n    type Item = {item};\n    const ITEMS: &'static str = {items:?};\n    fn cursor_mut(&mut self) -> &mut \
         Option<String> {{\n        &mut self.cursor\n    }}\n    fn next(answer: &Self::Response) -> Next {{\n        Next {{ more: {more}, \
         cursor: {cursor} }}\n    }}\n    fn take_items(answer: &mut Self::Response) -> Vec<Self::Item> {{\n        {taken}\n    \
         }}\n}}\npaged!({});\n",
        call.name, call.name
    )
}
