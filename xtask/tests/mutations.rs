//! Ways in which an API can change, each applied to a small description: the generated code is right, or the change is
//! refused in a sentence.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test fails by a panic")]

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use proc_macro2::{Delimiter, TokenStream, TokenTree};
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::{Value, json};
use xtask::coming_from;
use xtask::document::operations;
use xtask::generator::model::checks::{METHODS_OF_CLIENT, TYPES_OF_CALLS};
use xtask::generator::model::types::RESERVED;
use xtask::generator::{self, Features};
use xtask::import::import;
use xtask::overlay::parse;
use xtask::passes;
use xtask::report::changes::{Effect, compare};

fn refer(name: &str) -> Value {
    json!({"$ref": format!("#/components/schemas/{name}")})
}

fn content(schema: Value) -> Value {
    json!({"description": "", "content": {"application/json": {"schema": schema}}})
}

/// A description as a source publishes it.
fn description() -> Value {
    json!({
        "openapi": "3.0.3",
        "info": {"title": "Things", "version": "1.0.0"},
        "paths": {
            "/things": {
                "get": {
                    "operationId": "list", "x-sdk-method": "things.list",
                    "parameters": [
                        {"name": "cursor", "in": "query", "schema": {"type": "string"}},
                        {"name": "kind", "in": "query", "schema": {"type": "string"}},
                        {"name": "X-Trace", "in": "header", "schema": {"type": "string"}}
                    ],
                    "responses": {"200": content(refer("Page"))}
                },
                "post": {
                    "operationId": "create", "x-sdk-method": "things.create",
                    "requestBody": content(refer("Thing")), "responses": {"200": content(refer("Thing"))}
                }
            },
            "/things/{thing_id}/parts": {"get": {
                "operationId": "parts", "x-sdk-method": "things.parts.list",
                "parameters": [{"name": "thing_id", "in": "path", "required": true, "schema": {"type": "string"}}],
                "responses": {"200": content(refer("Parts"))}
            }}
        },
        "components": {"schemas": {
            "Page": {
                "type": "object", "required": ["paging", "items"],
                "properties": {"paging": refer("Paging"), "items": {"type": "array", "items": refer("Thing")}}
            },
            "Paging": {
                "type": "object", "required": ["more"],
                "properties": {"more": {"type": "boolean"}, "cursor": {"type": "string", "nullable": true}}
            },
            "Thing": {
                "type": "object", "required": ["id"],
                "properties": {
                    "id": {"type": "string"}, "size": {"type": "integer"}, "color": refer("Color"),
                    "label": {"type": "string"}, "shape": refer("Shape")
                }
            },
            "Color": {"type": "string", "enum": ["RED", "BLUE"]},
            "Shape": {"oneOf": [refer("Square"), refer("Circle")]},
            "Square": {"type": "object", "required": ["width"], "properties": {"width": {"type": "integer"}}},
            "Circle": {"type": "object", "required": ["radius"], "properties": {"radius": {"type": "integer"}}},
            "Parts": {"type": "object", "properties": {"names": {"type": "array", "items": {"type": "string"}}}}
        }}
    })
}

fn corrected(description: &Value, corrections: &str) -> Result<Value, String> {
    let imported = import(&description.to_string(), &json!({})).map_err(|error| format!("{error:#}"))?;
    let overlays = match corrections {
        "" => Vec::new(),
        actions => vec![
            parse(&format!("overlay: 1.0.0\ninfo: {{}}\nactions:\n{actions}"), "corrections.yaml".to_owned()).unwrap(),
        ],
    };
    let courier = passes::courier(&imported.document, &overlays, &imported.sdk_methods);
    courier.map(|courier| courier.document).map_err(|error| format!("{error:#}"))
}

/// Everything that is generated.
fn files(document: &Value) -> Result<BTreeMap<&'static str, String>, String> {
    generator::verified(document)?;
    let operations = operations(document);
    let resources = operations.iter().filter_map(|operation| operation.name().split('.').next());
    let features: Features = resources.chain(["schemars", "private_tests"]).map(str::to_owned).collect();
    Ok(generator::generate(&document.to_string(), &features)?.files)
}

/// The generated code on one line, without documentation, and the surface.
fn generated(document: &Value) -> Result<String, String> {
    let files = files(document)?;
    let lines = files.values().flat_map(|text| text.lines()).map(str::trim);
    let lines: Vec<&str> = lines.filter(|line| !line.starts_with("///") && !line.is_empty()).collect();
    Ok(lines.join(" "))
}

/// A change to the description.
type Change = Box<dyn Fn(&mut Value)>;

/// The outcome of a change: pieces of the generated code, or of the sentence that refuses the change. A piece that
/// begins with `not:` must be absent.
type Outcome = Result<&'static [&'static str], &'static [&'static str]>;

fn change(change: impl Fn(&mut Value) + 'static) -> Change {
    Box::new(change)
}

/// Sets the value at a JSON pointer.
fn at(pointer: &'static str, value: Value) -> Change {
    change(move |new| {
        let (parent, key) = pointer.rsplit_once('/').unwrap();
        match new.pointer_mut(parent).unwrap() {
            Value::Array(values) => values[key.parse::<usize>().unwrap()] = value.clone(),
            other => other[key.replace("~1", "/")] = value.clone(),
        }
    })
}

const THING: &str = "/components/schemas/Thing/properties/odd";

/// Adds a property to a schema that is sent and received.
fn property(value: Value) -> Change {
    at(THING, value)
}

fn body(value: Value) -> Change {
    at("/paths/~1things/post/requestBody", content(value))
}

fn response(value: Value) -> Change {
    at("/paths/~1things/post/responses", json!({"200": content(value)}))
}

fn query(value: Value) -> Change {
    at("/paths/~1things/get/parameters/1/schema", value)
}

fn header(value: Value) -> Change {
    at("/paths/~1things/get/parameters/2/schema", value)
}

fn method(name: &'static str) -> Change {
    at("/paths/~1things/post/x-sdk-method", json!(name))
}

/// Moves an operation to another path.
fn path(path: &'static str) -> Change {
    change(move |new| {
        let operation = new["paths"]["/things"].as_object_mut().unwrap().shift_remove("post").unwrap();
        new["paths"][path]["post"] = operation;
    })
}

/// Adds a schema of a name, and a property of its type.
fn named(name: &'static str) -> Change {
    change(move |new| {
        schema(new, name)["properties"]["a"] = json!({"type": "string"});
        schema(new, name)["type"] = json!("object");
        schema(new, "Thing")["properties"]["odd"] = refer(name);
    })
}

fn values(values: Value) -> Change {
    at("/components/schemas/Color/enum", values)
}

fn list(items: Value) -> Value {
    json!({"type": "array", "items": items})
}

fn map(values: Value) -> Value {
    json!({"type": "object", "additionalProperties": values})
}

fn text() -> Value {
    json!({"type": "string"})
}

fn nullable(name: &str) -> Value {
    json!({"allOf": [refer(name)], "nullable": true})
}

fn schema<'a>(description: &'a mut Value, name: &str) -> &'a mut Value {
    &mut description["components"]["schemas"][name]
}

#[track_caller]
fn check(changes: Vec<(&str, Change, Outcome)>) {
    let failures: Vec<String> = changes
        .into_iter()
        .filter_map(|(name, change, expected)| {
            let mut new = description();
            change(&mut new);
            let outcome = corrected(&new, "").and_then(|document| generated(&document));
            let (text, pieces) = match (&outcome, expected) {
                (Ok(text), Ok(pieces)) | (Err(text), Err(pieces)) => (text, pieces),
                (Ok(text), Err(_)) => return Some(format!("{name}: is not refused\n{text}")),
                (Err(error), Ok(_)) => return Some(format!("{name}: is refused: {error}")),
            };
            let is_right = |piece: &str| match piece.strip_prefix("not:") {
                Some(absent) => !text.contains(absent),
                None => text.contains(piece),
            };
            let wrong: Vec<&&str> = pieces.iter().filter(|piece| !is_right(piece)).collect();
            (!wrong.is_empty()).then(|| format!("{name}: {wrong:?}\n{text}"))
        })
        .collect();
    assert!(failures.is_empty(), "{}", failures.join("\n\n"));
}

#[test]
fn formats_of_numbers_do_not_change_types() {
    let of = |kind: &str, format: &str| property(json!({"type": kind, "format": format}));
    let integer: Outcome = Ok(&["odd: Option<i64>", ".odd: impl Into<i64>"]);
    let number: Outcome = Ok(&["odd: Option<f64>", ".odd: impl Into<f64>"]);
    check(vec![
        ("int8", of("integer", "int8"), integer),
        ("uint16", of("integer", "uint16"), integer),
        ("int32", of("integer", "int32"), integer),
        ("int64", of("integer", "int64"), integer),
        ("uint64", of("integer", "uint64"), integer),
        ("unknown", of("integer", "unix-time"), integer),
        ("float", of("number", "float"), number),
        ("double", of("number", "double"), number),
        ("decimal", of("number", "decimal"), number),
        ("milliseconds", of("integer", "milliseconds"), Ok(&["odd: Option<Millis>"])),
        ("duration", of("integer", "duration-milliseconds"), Ok(&["odd: Option<DurationMillis>"])),
        ("query", query(json!({"type": "integer", "format": "int32"})), Ok(&[".kind: impl Into<i64>"])),
        ("body", body(json!({"type": "integer", "format": "int32"})), Ok(&["create(body: impl Into<i64>)"])),
        ("response", response(json!({"type": "number", "format": "float"})), Ok(&["-> f64"])),
        ("list", property(list(json!({"type": "integer", "format": "uint8"}))), Ok(&["odd: Option<Vec<i64>>"])),
        ("map", property(map(json!({"type": "number", "format": "float"}))), Ok(&["Option<BTreeMap<String, f64>>"])),
        ("boolean", of("boolean", "flag"), Ok(&["odd: Option<bool>"])),
        (
            "object",
            property(json!({"type": "object", "format": "x", "properties": {"a": text()}})),
            Ok(&["odd: Option<ThingOdd>"]),
        ),
        (
            "map with a format",
            property(json!({"type": "object", "format": "x", "additionalProperties": text()})),
            Ok(&["Option<BTreeMap<String, String>>"]),
        ),
        (
            "list with a format",
            property(json!({"type": "array", "format": "x", "items": text()})),
            Ok(&["odd: Option<Vec<String>>"]),
        ),
        ("no type", property(json!({"format": "date-time"})), Ok(&["odd: Option<Timestamp>"])),
        ("no type of an integer", property(json!({"format": "int32"})), integer),
        ("no type of a number", property(json!({"format": "double"})), number),
    ]);
}

#[test]
fn pages_have_the_shape_of_the_description() {
    let page = |required: Value, properties: Value| {
        at("/components/schemas/Page", json!({"type": "object", "required": required, "properties": properties}))
    };
    let paging = |required: Value, properties: Value| {
        at("/components/schemas/Paging", json!({"type": "object", "required": required, "properties": properties}))
    };
    let things = || list(refer("Thing"));
    check(vec![
        (
            "as it is",
            change(|_| ()),
            Ok(&[
                "more: response.paging.is_received(\"more\").then_some(response.paging.more), cursor: response.paging.cursor.clone()",
            ]),
        ),
        (
            "optional paging",
            at("/components/schemas/Page/required", json!(["items"])),
            Ok(&[
                "more: response.paging.as_ref().and_then(|part| part.is_received(\"more\").then_some(part.more))",
                "cursor: response.paging.as_ref().and_then(|part| part.cursor.clone())",
            ]),
        ),
        ("optional more", at("/components/schemas/Paging/required", json!([])), Ok(&["more: response.paging.more,"])),
        ("no more", paging(json!([]), json!({"cursor": text()})), Ok(&["more: None,"])),
        (
            "required cursor",
            paging(json!(["cursor"]), json!({"cursor": text()})),
            Ok(&["cursor: Some(response.paging.cursor.clone())"]),
        ),
        (
            "cursor in the page",
            page(json!([]), json!({"has_more": {"type": "boolean"}, "cursor": text(), "items": things()})),
            Ok(&["more: response.has_more, cursor: response.cursor.clone()", "unwrap_or_default()"]),
        ),
        (
            "nullable items",
            at(
                "/components/schemas/Page/properties/items",
                json!({"type": "array", "items": refer("Thing"), "nullable": true}),
            ),
            Ok(&["items: Option<Vec<Thing>>", "take(&mut response.items).unwrap_or_default()"]),
        ),
        (
            "integer cursor",
            paging(json!([]), json!({"cursor": {"type": "integer"}})),
            Err(&["`things_list`", "its `cursor` as `Option<i64>`", "corrections.yaml"]),
        ),
        (
            "another name",
            paging(json!([]), json!({"next": text()})),
            Err(&["`things_list`", "has no `cursor` that leads to the next page", "corrections.yaml"]),
        ),
        (
            "text",
            at("/components/schemas/Page/properties/paging", text()),
            Err(&["has no `cursor` that leads to the next page"]),
        ),
        (
            "integer parameter",
            at("/paths/~1things/get/parameters/0/schema", json!({"type": "integer"})),
            Err(&["`things_list`", "`cursor` is not text in the query"]),
        ),
        ("header", at("/paths/~1things/get/parameters/0/in", json!("header")), Err(&["is not text in the query"])),
    ]);
}

#[test]
fn items_of_a_page_stay_the_items() {
    let lists = |required: Value, names: &[&str]| {
        let lists = names.iter().map(|name| ((*name).to_owned(), list(refer("Thing"))));
        let properties: serde_json::Map<String, Value> =
            lists.chain([("paging".to_owned(), refer("Paging"))]).collect();
        at("/components/schemas/Page", json!({"type": "object", "required": required, "properties": properties}))
    };
    check(vec![
        ("required", lists(json!(["entries"]), &["archived", "entries"]), Ok(&["ITEMS: &'static str = \"entries\""])),
        ("usual name", lists(json!([]), &["archived", "results"]), Ok(&["ITEMS: &'static str = \"results\""])),
        (
            "usual name of two required",
            lists(json!(["archived", "items"]), &["archived", "items"]),
            Ok(&["ITEMS: &'static str = \"items\""]),
        ),
        (
            "no choice",
            lists(json!([]), &["archived", "entries"]),
            Err(&["`things_list`", "`archived`, `entries`", "corrections.yaml: `x-items: NAME`"]),
        ),
    ]);

    // The list of a page stays the same, even if the rule would choose another.
    let mut old = description();
    lists(json!([]), &["entries"])(&mut old);
    let committed = import(&old.to_string(), &json!({})).unwrap().document;
    let mut new = description();
    lists(json!(["items"]), &["entries", "items"])(&mut new);
    let imported = import(&new.to_string(), &committed).unwrap();
    assert_eq!(imported.document["paths"]["/things"]["get"]["x-items"], "entries");
    let again = import(&new.to_string(), &imported.document).unwrap();
    assert_eq!(again.document, imported.document);
    let model = |document: &Value| passes::model(document).unwrap();
    let named = |document: &Value| passes::courier(document, &[], &imported.sdk_methods).unwrap().document;
    let changes = compare(&model(&named(&committed)), &model(&named(&imported.document)));
    let changes: Vec<_> = changes.iter().map(|change| (change.effect, change.what.as_str())).collect();
    assert_eq!(changes, [(Effect::Breaking, "required property added, which is an argument")]);

    // And if a person chooses another, the report says so.
    let mut other = named(&imported.document);
    other["paths"]["/things"]["get"]["x-items"] = json!("items");
    let changes = compare(&model(&named(&imported.document)), &model(&other));
    let changes: Vec<_> = changes.iter().map(|change| (change.effect, change.what.as_str())).collect();
    assert_eq!(changes, [(Effect::Breaking, "lists `items`, was `entries`")]);
}

#[test]
fn property_that_is_always_null_is_reported() {
    let mut new = description();
    let was = corrected(&new, "").unwrap();
    schema(&mut new, "Thing")["properties"]["label"]["nullable"] = json!(true);
    schema(&mut new, "Thing")["required"] = json!(["id", "label"]);
    schema(&mut new, "Parts")["properties"]["names"]["nullable"] = json!(true);
    schema(&mut new, "Parts")["required"] = json!(["names"]);
    let is = corrected(&new, "").unwrap();
    let model = |document: &Value| passes::model(document).unwrap();
    let report = |old: &Value, new: &Value| -> Vec<String> {
        let changes = compare(&model(old), &model(new)).into_iter();
        changes.map(|change| format!("{:?} {} {}", change.effect, change.rust, change.what)).collect()
    };
    // `Parts` is only received.
    assert_eq!(report(&was, &is), ["Breaking types::Thing::label is now always sent, as null unless it is set"]);
    assert_eq!(report(&is, &was), ["Compatible types::Thing::label is no longer sent as null if it is not set"]);
    // The setter takes text before and after.
    for document in [was, is] {
        assert!(generated(&document).unwrap().contains(".label: impl Into<String>"));
    }
}

#[test]
fn names_that_rust_or_the_crate_has_are_refused() {
    let operation: Outcome =
        Err(&["is not a name in Rust", "names.yaml:\n- target: $.paths['/things'].post\n  update: {operationId: "]);
    let client: Outcome = Err(&["is a method of the client itself", "names.yaml:\n- target: $.paths['/things'].post"]);
    let keywords =
        ["things.match", "things.type", "things.self", "things.move", "loop.create", "things.use.create", "gen.list"];
    check(keywords.into_iter().map(|name| (name, method(name), operation)).collect());
    let methods =
        ["request.create", "builder.create", "clone.create", "default.create", "from_env.list", "perform.create"];
    check(methods.into_iter().map(|name| (name, method(name), client)).collect());
    check(vec![
        (
            "sub-resource",
            method("things.parts"),
            Err(&["`things.parts` is both an operation and a resource", "names.yaml"]),
        ),
        ("twins", method("things_parts.create"), Err(&["`things_parts`", "`things.parts`", "the type `ThingsParts`"])),
        (
            "twin of a call",
            method("things_list.all"),
            Err(&["`things_list`", "`things.list`", "the type `ThingsList`"]),
        ),
        (
            "one part",
            method("create"),
            Err(&["the `x-method` `create`, which is not the name of a resource and a method", "names.yaml"]),
        ),
        ("empty part", method("things."), Err(&["the `x-method` `things.`, which is not the name", "names.yaml"])),
        ("trait", method("response.body"), Err(&["`response.body` and a type of the crate", "`ResponseBody`"])),
        ("module", method("calls.create"), Ok(&["pub fn calls(&self) -> Calls"])),
    ]);
    let schema: Outcome = Err(&["which the crate needs itself", "types.yaml:\n- target: $.components.schemas['"]);
    let schemas = [
        "Map",
        "Value",
        "Object",
        "String",
        "Timestamp",
        "Millis",
        "Sensitive",
        "Serialize",
        "Nullable",
        "Extra",
        "Structure",
        "Default",
        "Into",
        "From",
        "Result",
        "Mismatch",
        "Box",
        "Vec",
        "Option",
        "Clone",
        "Self",
    ];
    check(schemas.into_iter().map(|name| (name, named(name), schema)).collect());
    check(vec![
        ("PathSegment", named("PathSegment"), Err(&["`PathSegment`, which the generator does not make", "x-name"])),
        ("ApiError", named("ApiError"), Err(&["`ApiError` is not Courier's error", "x-name"])),
        ("other case", named("THING"), Err(&["`Thing` and `THING` would both become the type `Thing`", "x-name"])),
        ("lower case", named("thing"), Err(&["`Thing` and `thing` would both become the type `Thing`"])),
    ]);
}

#[test]
fn client_methods_are_reserved() {
    fn of_client(folder: &Path, names: &mut Vec<String>) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                of_client(&path, names);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                for item in syn::parse_file(&fs::read_to_string(&path).unwrap()).unwrap().items {
                    let syn::Item::Impl(implementation) = item else { continue };
                    let syn::Type::Path(of) = &*implementation.self_ty else { continue };
                    if implementation.trait_.is_some() || !of.path.segments.last().unwrap().ident.eq("Client") {
                        continue;
                    }
                    names.extend(implementation.items.into_iter().filter_map(|item| match item {
                        syn::ImplItem::Fn(function) => Some(function.sig.ident.to_string()),
                        _ => None,
                    }));
                }
            }
        }
    }
    let mut names = Vec::new();
    of_client(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../src"), &mut names);
    assert!(names.len() > 5, "{names:?}");
    let missing: Vec<&String> = names.iter().filter(|name| !METHODS_OF_CLIENT.contains(&name.as_str())).collect();
    assert!(missing.is_empty(), "add to build/model/checks.rs: {missing:?}");
}

#[test]
fn imported_types_are_reserved() {
    fn leaves(tree: syn::UseTree, names: &mut Vec<String>) {
        match tree {
            syn::UseTree::Path(path) => leaves(*path.tree, names),
            syn::UseTree::Name(name) => names.push(name.ident.to_string()),
            syn::UseTree::Rename(rename) => names.push(rename.rename.to_string()),
            syn::UseTree::Group(group) => group.items.into_iter().for_each(|tree| leaves(tree, names)),
            syn::UseTree::Glob(_) => {}
        }
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../src/generated.rs");
    let modules = syn::parse_file(&fs::read_to_string(path).unwrap()).unwrap().items.into_iter();
    let mut count = 0;
    for module in modules {
        let syn::Item::Mod(module) = module else { continue };
        let reserved = if module.ident == "types" { RESERVED } else { TYPES_OF_CALLS };
        for item in module.content.unwrap().1 {
            let syn::Item::Use(import) = item else { continue };
            let mut names = Vec::new();
            leaves(import.tree, &mut names);
            // Macros and modules have other names than types.
            for name in names.iter().filter(|name| name.starts_with(char::is_uppercase)) {
                assert!(reserved.contains(&name.as_str()), "reserve `{name}` of `{}` in build/model", module.ident);
                count += 1;
            }
        }
    }
    assert!(count > 15, "{count}");
}

#[test]
fn properties_and_parameters_have_distinct_names() {
    let named = |name: &'static str| change(move |new| schema(new, "Thing")["properties"][name] = text());
    let parameter = |name: &'static str| at("/paths/~1things/get/parameters/1/name", json!(name));
    check(vec![
        ("new", named("new"), Err(&["`new` cannot become the field `new`", "corrections.yaml", "`extra`"])),
        ("send", named("send"), Err(&["`things_create`", "`send` twice", "corrections.yaml", "`extra`"])),
        ("spelling", named("Label"), Err(&["`Label` and `label`", "corrections.yaml"])),
        ("keyword", named("self"), Ok(&["self_: Option<String>"])),
        ("trait method", named("clone"), Ok(&["clone: Option<String>"])),
        ("empty", named(""), Ok(&[": Option<String>"])),
        ("body", parameter("body"), Err(&["`body` twice"])),
        ("header", parameter("trace"), Err(&["`trace` twice"])),
        (
            "parameter twice",
            parameter("cursor"),
            Err(&["GET /things has the parameters `cursor` and `cursor`", "[?@.name == 'cursor']\n  remove: true"]),
        ),
        (
            "parameter in another case",
            parameter("CURSOR"),
            Err(&["the parameters `cursor` and `CURSOR`", "remove: true"]),
        ),
        ("parameter without a name", parameter(""), Err(&["which cannot become a name", "remove: true"])),
        ("keyword of 2024", named("gen"), Ok(&["gen_: Option<String>"])),
        (
            "parameter of a path only",
            change(|new| {
                let parameter = json!({"name": "ghost", "in": "path", "required": true, "schema": {"type": "string"}});
                new["paths"]["/things"]["get"]["parameters"].as_array_mut().unwrap().push(parameter);
            }),
            Err(&["the parameter `ghost`, which is not in its path", "remove: true"]),
        ),
        (
            "parameter of path and query",
            change(|new| {
                let parameter = json!({"name": "thing_id", "in": "query", "schema": {"type": "string"}});
                let parts = &mut new["paths"]["/things/{thing_id}/parts"]["get"]["parameters"];
                parts.as_array_mut().unwrap().push(parameter);
            }),
            Err(&["the parameters `thing_id` and `thing_id`", "remove: true"]),
        ),
        (
            "many",
            change(|new| {
                for number in 0..70 {
                    schema(new, "Thing")["properties"][format!("p{number}")] = text();
                }
            }),
            Err(&["the schema `Thing`: it has more than 64 properties", "corrections.yaml", "`extra`"]),
        ),
        (
            "required twice",
            at("/components/schemas/Thing/required", json!(["id", "id"])),
            Ok(&["struct Thing::new(id: impl Into<String>) "]),
        ),
        (
            "constant required twice",
            change(|new| {
                schema(new, "Thing")["properties"]["odd"] = json!({"type": "string", "enum": ["x"]});
                schema(new, "Thing")["required"] = json!(["odd", "id", "odd"]);
            }),
            Ok(&["\"odd\" = \"x\"", "constants [\"odd\" = \"x\"]"]),
        ),
        (
            "read only",
            at("/components/schemas/Thing/properties/id/readOnly", json!(true)),
            Ok(&["call things.create() -> Thing", "id: Option<String>"]),
        ),
        (
            "write only",
            change(|new| {
                for name in ["Thing", "Paging"] {
                    schema(new, name)["properties"]["odd"] = json!({"type": "string", "writeOnly": true});
                    schema(new, name)["required"].as_array_mut().unwrap().push(json!("odd"));
                }
            }),
            Ok(&[
                "call things.create(id: impl Into<String>) -> Thing",
                "odd: Option<String>",
                "struct Paging::new(more: bool)",
            ]),
        ),
        (
            "write only in requests",
            change(|new| {
                new["paths"]["/things"]["post"]["requestBody"] = content(refer("Square"));
                schema(new, "Thing")["properties"].as_object_mut().unwrap().shift_remove("shape");
                schema(new, "Square")["properties"]["width"]["writeOnly"] = json!(true);
            }),
            Ok(&["width: i64"]),
        ),
        (
            "read only in responses",
            change(|new| {
                new["paths"]["/things"]["post"].as_object_mut().unwrap().shift_remove("requestBody");
                schema(new, "Thing")["properties"]["id"]["readOnly"] = json!(true);
            }),
            Ok(&["id: String"]),
        ),
    ]);
}

#[test]
fn maps_and_lists_are_converted() {
    check(vec![
        (
            "map of lists",
            property(map(list(text()))),
            Ok(&[
                "odd: Option<BTreeMap<String, Vec<String>>>",
                ".map(|(name, value)| (name.into(), value.into_iter().map(Into::into).collect())).collect()",
            ]),
        ),
        ("map of maps", property(map(map(text()))), Ok(&["odd: Option<BTreeMap<String, BTreeMap<String, String>>>"])),
        ("list of maps", property(list(map(text()))), Ok(&["odd: Option<Vec<BTreeMap<String, String>>>"])),
        (
            "map of lists of unions",
            property(map(list(refer("Shape")))),
            Ok(&["(impl Into<String>, impl IntoIterator<Item = impl Into<Shape>>)"]),
        ),
        (
            "body that is a map",
            body(map(refer("Thing"))),
            Ok(&[
                "create(body: impl IntoIterator<Item = (impl Into<String>, Thing)>)",
                "ThingsCreate::with_body(&self.client, body.into_iter()",
                "with_body(client: &Client, body: BTreeMap<String, types::Thing>)",
            ]),
        ),
        (
            "body that is a list",
            body(list(refer("Thing"))),
            Ok(&[
                "create(body: impl IntoIterator<Item = Thing>)",
                "with_body(client: &Client, body: Vec<types::Thing>)",
                "not:self.body.label",
            ]),
        ),
        (
            "body that may be null",
            body(nullable("Thing")),
            Ok(&["create(body: Option<Thing>)", "body: Option<types::Thing>", "not:self.body.label"]),
        ),
        ("body that is a union", body(refer("Shape")), Ok(&["create(body: impl Into<Shape>)"])),
        ("map in a response", response(map(refer("Thing"))), Ok(&["-> BTreeMap<String, Thing>"])),
        ("list in a response", response(list(refer("Thing"))), Ok(&["-> Vec<Thing>"])),
        ("null in a response", response(nullable("Thing")), Ok(&["-> Option<Thing>"])),
    ]);
}

#[test]
fn parameters_that_cannot_be_text_are_refused() {
    let refused: Outcome = Err(&[
        "`things_list`",
        "cannot be sent as text",
        "- target: $.paths['/things'].get\n  update: {x-omit: REASON}",
    ]);
    check(vec![
        ("union", query(refer("Shape")), refused),
        ("list of lists", query(list(list(text()))), refused),
        ("nullable items", query(list(json!({"type": "string", "nullable": true}))), refused),
        ("any", query(json!({})), refused),
        ("milliseconds", query(json!({"type": "integer", "format": "milliseconds"})), refused),
        ("header of an object", header(refer("Square")), refused),
        ("header of a list", header(list(text())), refused),
        ("number", query(json!({"type": "number"})), Ok(&[".kind: impl Into<f64>"])),
        ("nullable", query(json!({"type": "string", "nullable": true})), Ok(&[".kind: impl Into<String>"])),
        ("enum", query(refer("Color")), Ok(&[".kind: Color", "argument!(types::Color);"])),
        ("list of enums", query(list(refer("Color"))), Ok(&["argument!(types::Color);"])),
        ("header of an enum", header(refer("Color")), Ok(&[".trace: Color", "argument!(types::Color);"])),
        ("header of a number", header(json!({"type": "number"})), Ok(&[".trace: impl Into<f64>"])),
        (
            "header with a space",
            at("/paths/~1things/get/parameters/2/name", json!("X Ümlaut")),
            Err(&["the header \"X Ümlaut\" has a character", "x-omit"]),
        ),
        (
            "cookie",
            at("/paths/~1things/get/parameters/1/in", json!("cookie")),
            Err(&[
                "the cookie parameter `kind` at GET /things",
                "corrections.yaml:\n- target: $.paths['/things'].get\n  update: {x-omit: REASON}",
            ]),
        ),
        (
            "header of HTTP",
            at("/paths/~1things/get/parameters/2/name", json!("Content-Length")),
            Err(&["part of HTTP", "x-omit"]),
        ),
        ("header of the client", at("/paths/~1things/get/parameters/2/name", json!("accept")), Ok(&["not:accept"])),
        (
            "header with a digit",
            at("/paths/~1things/get/parameters/2/name", json!("X-2fa")),
            Ok(&[".x_2fa: impl Into<String>"]),
        ),
        (
            "header with a keyword",
            at("/paths/~1things/get/parameters/2/name", json!("X-Type")),
            Ok(&[".x_type: impl Into<String>"]),
        ),
        (
            "header with a style",
            at("/paths/~1things/get/parameters/2/style", json!("form")),
            Err(&["the style `form`", "x-omit"]),
        ),
        (
            "path with a style",
            at("/paths/~1things~1{thing_id}~1parts/get/parameters/0/style", json!("matrix")),
            Err(&[
                "the style `matrix` of the parameter `thing_id` in the path at GET /things/{thing_id}/parts",
                "x-omit",
            ]),
        ),
        (
            "optional in the path",
            at("/paths/~1things~1{thing_id}~1parts/get/parameters/0/required", json!(false)),
            Ok(&["list(thing_id: impl Into<String>)"]),
        ),
        (
            "content",
            at(
                "/paths/~1things/get/parameters/1",
                json!({"name": "kind", "in": "query", "content": {"application/json": {}}}),
            ),
            Err(&["the query parameter `kind` at GET /things", "x-omit: REASON"]),
        ),
        (
            "required",
            at("/paths/~1things/get/parameters/1/required", json!(true)),
            Err(&["the parameter `kind` is required", "corrections.yaml"]),
        ),
    ]);
    let style = |style: &'static str, schema: Value| {
        change(move |new| {
            let parameter = &mut new["paths"]["/things"]["get"]["parameters"][1];
            parameter["style"] = json!(style);
            parameter["schema"] = schema.clone();
        })
    };
    let unknown_style: Outcome = Err(&["of the ", "`kind` in the query at GET /things", "x-omit: REASON"]);
    check(vec![
        ("object", query(refer("Square")), unknown_style),
        ("map", query(map(text())), unknown_style),
        ("deepObject", style("deepObject", refer("Square")), unknown_style),
        ("pipeDelimited", style("pipeDelimited", list(text())), unknown_style),
        ("spaceDelimited", style("spaceDelimited", list(text())), unknown_style),
        ("form", style("form", list(text())), Ok(&[".kind: impl IntoIterator<Item = impl Into<String>>"])),
    ]);
    let path_of: Outcome = Err(&["is not a path that can be sent", "x-omit: REASON"]);
    let paths = ["/things#a", "/a/../b", "/a?b=c", "/a b", "/a/{}", "/a/{unknown}", "/a//b", "/a%2fb", "/ä", "a"];
    check(paths.into_iter().map(|route| (route, path(route), path_of)).collect());
}

#[test]
fn type_that_contains_itself_is_boxed() {
    let boxed: Outcome = Ok(&["odd: Option<Box<", "boxed!(", "Some(Box::new(odd"]);
    let with = |schema_name: &'static str, value: Value| {
        change(move |new| schema(new, schema_name)["properties"]["odd"] = value.clone())
    };
    check(vec![
        ("optional", property(refer("Thing")), boxed),
        ("nullable", property(nullable("Thing")), boxed),
        ("through a list", property(list(refer("Thing"))), Ok(&["odd: Option<Vec<Thing>>", "not:boxed!"])),
        ("through a map", property(map(refer("Thing"))), Ok(&["odd: Option<BTreeMap<String, Thing>>", "not:boxed!"])),
        ("union", with("Square", refer("Shape")), Ok(&["Box<types::S", "boxed!("])),
        ("nullable union", with("Square", nullable("Shape")), Ok(&["Box<types::S", "boxed!(", "not:Box<Option"])),
        (
            "list of itself in a union",
            change(|new| schema(new, "Shape")["oneOf"].as_array_mut().unwrap().push(list(refer("Shape")))),
            Ok(&["List(Vec<types::Shape>)"]),
        ),
        (
            "required",
            change(|new| {
                schema(new, "Thing")["properties"]["odd"] = refer("Thing");
                schema(new, "Thing")["required"] = json!(["id", "odd"]);
            }),
            Err(&["`Thing`", "requires itself: Thing → Thing", "corrections.yaml"]),
        ),
    ]);
}

#[test]
fn circles_of_references_are_refused() {
    let circle: Outcome = Err(&["only refers to itself", "→", "corrections.yaml"]);
    let refused: Outcome = Err(&["corrections.yaml"]);
    let parts = |kind: &str| {
        let of = |name: &str| json!({"$ref": format!("#/components/{kind}/{name}")});
        json!({"A": of("B"), "B": of("A")})
    };
    let odd = json!({"$ref": "#/components/schemas/Thing/properties/odd"});
    let (parameters, responses) = (parts("parameters"), parts("responses"));
    check(vec![
        ("allOf of itself", at("/components/schemas/Square", json!({"allOf": [refer("Square")]})), circle),
        ("reference to itself", at("/components/schemas/Square", refer("Square")), circle),
        (
            "two",
            change(|new| {
                *schema(new, "Square") = json!({"allOf": [refer("Circle")]});
                *schema(new, "Circle") = json!({"allOf": [refer("Square")]});
            }),
            circle,
        ),
        (
            "allOf of itself and more",
            at(
                "/components/schemas/Square",
                json!({"allOf": [refer("Square"), {"type": "object", "properties": {"b": {}}}]}),
            ),
            Err(&["`allOf` of several parts at /components/schemas/Square"]),
        ),
        ("choice of itself", at("/components/schemas/Shape", json!({"oneOf": [refer("Shape"), text()]})), refused),
        ("list of itself", at("/components/schemas/Square", list(refer("Square"))), refused),
        ("map of itself", at("/components/schemas/Square", map(refer("Square"))), refused),
        (
            "parameters",
            change(move |new| {
                new["components"]["parameters"] = parameters.clone();
                new["paths"]["/things"]["get"]["parameters"][1] = json!({"$ref": "#/components/parameters/A"});
            }),
            Err(&["a parameter by `$ref` at GET /things", "x-omit"]),
        ),
        (
            "responses",
            change(move |new| {
                new["components"]["responses"] = responses.clone();
                new["paths"]["/things"]["get"]["responses"]["200"] = json!({"$ref": "#/components/responses/A"});
            }),
            Err(&["GET /things: the response 200 is a `$ref`"]),
        ),
        ("deep reference", property(json!({"$ref": "#/components/schemas/Thing/properties/size"})), refused),
        ("deep circle", property(odd.clone()), refused),
        ("deeper circle", property(json!({"type": "object", "properties": {"a": odd}})), refused),
    ]);
}

#[test]
fn enums_have_a_name_for_each_value() {
    let one = || json!({"type": "string", "enum": ["only"]});
    let required = |value: Value| {
        change(move |new| {
            schema(new, "Thing")["properties"]["odd"] = value.clone();
            schema(new, "Thing")["required"] = json!(["id", "odd"]);
        })
    };
    check(vec![
        ("one value", property(one()), Ok(&["odd: Option<ThingOdd>", "enum ThingOdd Only = \"only\""])),
        (
            "one nullable value",
            property(json!({"type": "string", "enum": ["only"], "nullable": true})),
            Ok(&["Option<ThingOdd>"]),
        ),
        ("constant", property(json!({"const": "only"})), Ok(&["odd: Option<ThingOdd>"])),
        ("list of one value", property(list(one())), Ok(&["odd: Option<Vec<ThingOddItem>>"])),
        ("parameter", query(one()), Ok(&[".kind: ThingsListKind"])),
        (
            "letter case",
            values(json!(["SENT", "sent"])),
            Err(&[
                "`Color`",
                "\"SENT\" and \"sent\"",
                "both be `Sent`",
                "corrections.yaml:\n- target: $.components.schemas['Color']\n  update: {x-values: {\"sent\": SentOther}}",
            ]),
        ),
        ("signs", values(json!(["FOO_BAR", "foo-bar"])), Err(&["both be `FooBar`", "x-values"])),
        ("no letters", values(json!(["", "*"])), Err(&["which cannot become a name", "x-values"])),
        ("twice", values(json!(["a", "a", "b"])), Err(&["has the value \"a\" twice"])),
        (
            "integers",
            property(json!({"type": "integer", "enum": [1, 2]})),
            Err(&["has the value 1, which is not text", "remove: true"]),
        ),
        ("mixed", property(json!({"enum": [1, "a"]})), Err(&["has the value 1, which is not text"])),
        ("unrecognized", values(json!(["unrecognized"])), Err(&["reserved for unknown values", "x-values"])),
        (
            "constant number",
            required(json!({"const": 1})),
            Err(&["has the value 1, which is not text", "remove: true"]),
        ),
        ("constant boolean", required(json!({"const": true})), Err(&["has the value true, which is not text"])),
        ("names of associated types", values(json!(["Err", "Ok", "String"])), Ok(&["Err = \"Err\""])),
    ]);

    // As the sentences say.
    let mut new = description();
    values(json!(["SENT", "sent", "unrecognized"]))(&mut new);
    let correction =
        "- target: $.components.schemas['Color']\n  update: {x-values: {\"sent\": SentLater, unrecognized: Unknown}}\n";
    let text = corrected(&new, correction).and_then(|document| generated(&document)).unwrap();
    assert!(text.contains("Sent = \"SENT\" SentLater = \"sent\" Unknown = \"unrecognized\""), "{text}");
    let error = corrected(&new, "- target: $.components.schemas['Color']\n  update: {x-values: {sent: sent later}}\n");
    let error = error.and_then(|document| generated(&document)).unwrap_err();
    assert!(error.contains("which is not the name of a variant"), "{error}");
}

#[test]
fn unions_are_generated_or_refused() {
    let shape = |choices: Value| at("/components/schemas/Shape", json!({"oneOf": choices}));
    let refused: Outcome = Err(&["the union `Shape`", "is not supported", "corrections.yaml"]);
    check(vec![
        (
            "implicit mapping",
            change(|new| {
                for name in ["Square", "Circle"] {
                    schema(new, name)["properties"]["kind"] = text();
                }
                schema(new, "Shape")["discriminator"] = json!({"propertyName": "kind"});
            }),
            Ok(&["Object(&[(\"kind\", &[\"Circle\"])]", "Object(&[(\"kind\", &[\"Square\"])]"]),
        ),
        ("enums", shape(json!([refer("Color"), {"type": "integer"}])), Ok(&["Color(types::Color)"])),
        ("numbers", shape(json!([{"type": "integer"}, {"type": "number"}])), Ok(&["Integer(i64)", "Number(f64)"])),
        ("maps", shape(json!([map(text()), text()])), refused),
        (
            "nullable",
            shape(json!([{"type": "string", "nullable": true}, {"type": "integer"}])),
            Ok(&["Text(String)", "Integer(i64)", "shape: Option<Shape>"]),
        ),
        ("nullable type", shape(json!([nullable("Square"), refer("Circle")])), Ok(&["Square(types::Square)"])),
        (
            "twice the same",
            property(json!({"oneOf": [refer("Square"), refer("Square")]})),
            Ok(&["odd: Option<Square>"]),
        ),
        (
            "two enums",
            change(|new| {
                *schema(new, "Hue") = json!({"type": "string", "enum": ["PALE", "DARK"]});
                *schema(new, "Shape") = json!({"oneOf": [refer("Hue"), refer("Color")]});
            }),
            Err(&["the union `Shape` has two choices that are strings", "corrections.yaml"]),
        ),
        ("any", shape(json!([text(), {}])), Err(&["the choice {} has no `type`", "corrections.yaml"])),
        (
            "timestamp",
            shape(json!([{"type": "string", "format": "date-time"}, {"type": "integer"}])),
            Err(&["`types::Timestamp`, which is not supported", "remove its `format`"]),
        ),
        (
            "only required",
            change(|new| schema(new, "Square")["oneOf"] = json!([{"required": ["width"]}, {"required": ["height"]}])),
            Ok(&["struct Square::new(width: impl Into<i64>)"]),
        ),
        (
            "base",
            at("/components/schemas/Square/discriminator", json!({"propertyName": "width"})),
            Err(&["`discriminator` without `oneOf` at /components/schemas/Square", "corrections.yaml"]),
        ),
        ("properties", at("/components/schemas/Shape/properties", json!({"a": text()})), refused),
        (
            "lists",
            shape(json!([list(text()), list(json!({"type": "integer"}))])),
            Err(&["the union `Shape` has two choices that are lists in JSON", "corrections.yaml"]),
        ),
        (
            "required of a reference",
            property(json!({"allOf": [refer("Square"), {"required": ["width"]}]})),
            Ok(&["odd: Option<ThingOdd>"]),
        ),
    ]);
}

#[test]
fn texts_with_and_without_values_are_one_enum() {
    let values = || json!({"type": "string", "enum": ["a", "b"]});
    let one: Outcome = Ok(&["odd: Option<ThingOdd>", "enum ThingOdd A = \"a\" B = \"b\""]);
    let constants = || json!([{"const": "a", "title": "A"}, {"const": "b", "description": "B."}]);
    check(vec![
        ("oneOf", property(json!({"oneOf": [text(), values()]})), one),
        ("anyOf", property(json!({"anyOf": [values(), text()]})), one),
        ("constants", property(json!({"oneOf": constants()})), one),
        ("constants of anyOf", property(json!({"anyOf": constants()})), one),
        ("type", property(json!({"anyOf": [text(), refer("Color")]})), Ok(&["odd: Option<Color>"])),
        ("or null", property(json!({"anyOf": [text(), values(), {"type": "null"}]})), one),
        (
            "texts",
            property(json!({"oneOf": [text(), {"type": "string", "maxLength": 9}]})),
            Ok(&["odd: Option<String>"]),
        ),
        (
            "formats",
            property(json!({"oneOf": [text(), {"type": "string", "format": "date-time"}]})),
            Err(&["two choices that are strings"]),
        ),
    ]);
}

#[test]
fn parts_of_a_schema_are_joined_or_refused() {
    let all = |parts: Value| property(json!({"allOf": parts}));
    let with = |extra: Value| json!({"type": "object", "additionalProperties": extra, "properties": {"b": text()}});
    check(vec![
        ("description", all(json!([refer("Square"), {"description": "A."}])), Ok(&["odd: Option<Square>"])),
        ("default of an enum", all(json!([refer("Color"), {"default": "RED"}])), Ok(&["odd: Option<Color>"])),
        ("union", all(json!([refer("Shape"), {"title": "A"}])), Ok(&["odd: Option<Shape>"])),
        ("null", all(json!([refer("Square"), {"nullable": true}])), Ok(&["odd: Option<Square>"])),
        ("nothing", all(json!([])), Ok(&["odd: Option<serde_json::Value>"])),
        (
            "already required",
            property(json!({"allOf": [refer("Square")], "required": ["width"]})),
            Ok(&["odd: Option<Square>"]),
        ),
        (
            "now required",
            property(json!({"allOf": [refer("Parts")], "required": ["names"]})),
            Ok(&["struct ThingOdd::new(names: "]),
        ),
        ("closed", all(json!([refer("Square"), with(json!(false))])), Ok(&["struct ThingOdd::new(width: "])),
        ("open", all(json!([refer("Square"), with(json!(true))])), Ok(&["struct ThingOdd::new(width: "])),
        (
            "conflict",
            all(json!([refer("Square"), {"type": "object", "properties": {"width": text()}}])),
            Err(&["`allOf` of several parts at /components/schemas/Thing/properties/odd", "corrections.yaml"]),
        ),
    ]);
}

#[test]
fn null_of_a_type_belongs_to_what_refers_to_it() {
    let owner = |kind: Value| {
        change(move |new| {
            *schema(new, "Owner") = kind.clone();
            schema(new, "Owner")["nullable"] = json!(true);
            schema(new, "Thing")["properties"]["odd"] = refer("Owner");
            schema(new, "Thing")["properties"]["list"] = list(refer("Owner"));
            schema(new, "Thing")["required"] = json!(["id", "odd"]);
        })
    };
    let optional: Outcome = Ok(&["odd: Option<Owner>", "list: Option<Vec<Option<Owner>>>"]);
    check(vec![
        ("object", owner(json!({"type": "object", "properties": {"a": text()}})), optional),
        ("enum", owner(json!({"type": "string", "enum": ["a", "b", null]})), optional),
        ("union", owner(json!({"oneOf": [refer("Square"), refer("Parts")]})), optional),
        ("text", owner(text()), Ok(&["odd: Option<String>", "list: Option<Vec<Option<String>>>"])),
        (
            "response",
            at("/components/schemas/Thing/nullable", json!(true)),
            Ok(&["-> Option<Thing>", "Vec<Option<Thing>>"]),
        ),
    ]);
}

#[test]
fn malformed_schemas_are_refused_by_position() {
    let thing = |key: &'static str, value: Value| change(move |new| schema(new, "Thing")[key] = value.clone());
    check(vec![
        ("type", property(json!({"type": "file"})), Err(&["`type: file` at /components/schemas/Thing/properties/odd"])),
        (
            "required",
            thing("required", json!("id")),
            Err(&["`required` that is not a list at /components/schemas/Thing"]),
        ),
        (
            "required property",
            thing("required", json!(["ghost"])),
            Err(&["the required \"ghost\", which is not one of the `properties`, at /components/schemas/Thing"]),
        ),
        (
            "properties",
            thing("properties", json!([])),
            Err(&["`properties` that are not an object at /components/schemas"]),
        ),
        (
            "closed object",
            property(json!({"type": "object", "additionalProperties": false})),
            Ok(&["odd: Option<Object>"]),
        ),
        (
            "what OpenAPI 3.0 does not have",
            property(json!({"type": "string", "readOnly": "yes"})),
            Err(&["the schema `Thing`: the description is not OpenAPI 3.0", "\"yes\"", "corrections.yaml"]),
        ),
        (
            "what OpenAPI 3.0 does not have in an operation",
            at("/paths/~1things/get/parameters/1/explode", json!("yes")),
            Err(&["GET /things: the description is not OpenAPI 3.0", "x-omit: REASON"]),
        ),
        (
            "what OpenAPI 3.0 does not have at the top",
            at("/info/title", json!(["Things"])),
            Err(&["the description: the description is not OpenAPI 3.0", "corrections.yaml"]),
        ),
        (
            "operation",
            at("/paths/~1things/post", json!(null)),
            Err(&["`post` of the path /things", "corrections.yaml"]),
        ),
        (
            "method of 3.2",
            at("/paths/~1things/query", json!({"responses": {}})),
            Err(&["`query` of the path /things", "corrections.yaml"]),
        ),
    ]);
}

#[test]
fn deprecation_of_a_type_reaches_rust() {
    let mut new = description();
    let old = corrected(&new, "").unwrap();
    for name in ["Square", "Shape", "Color"] {
        schema(&mut new, name)["deprecated"] = json!(true);
    }
    schema(&mut new, "Thing")["properties"]["odd"] = json!({"type": "string", "enum": ["a"], "deprecated": true});
    new["paths"]["/things/{thing_id}/parts"]["get"]["parameters"][0]["deprecated"] = json!(true);
    let document =
        corrected(&new, "- target: $.components.schemas.Square\n  update: {x-replacement: Circle}\n").unwrap();
    let text = generated(&document).unwrap();
    for expected in [
        "#[deprecated(note = \"Courier has deprecated this type; use `Circle`\")] #[derive(Clone, Debug, PartialEq)] #[must_use] \
         #[non_exhaustive] pub struct Square {",
        "#[deprecated(note = \"Courier has deprecated this type\")] #[derive(Clone, Debug, PartialEq)] #[must_use] \
         #[non_exhaustive] pub enum Shape {",
        "#[deprecated(note = \"Courier has deprecated this type\")] #[derive(Clone, Debug, PartialEq, Eq, Hash)] \
         #[non_exhaustive] pub enum Color {",
        "enum Color, deprecated",
        "odd: Option<ThingOdd>, deprecated",
    ] {
        assert!(text.contains(expected), "{expected}\n{text}");
    }
    assert!(!text.contains("enum ThingOdd, deprecated"), "only the property is: {text}");
    let model = |document: &Value| passes::model(document).unwrap();
    let changes = |old: &Value, new: &Value| -> Vec<String> {
        let changes = compare(&model(old), &model(new)).into_iter();
        changes.map(|change| format!("{:?} {} {}", change.effect, change.rust, change.what)).collect()
    };
    let mut deprecated = changes(&old, &document);
    deprecated.retain(|change| change.contains("is deprecated"));
    assert_eq!(
        deprecated,
        [
            "Compatible resources::ThingsParts::list path parameter `thing_id` is deprecated: Courier has deprecated this parameter",
            "Compatible types::Color is deprecated: Courier has deprecated this type",
            "Compatible types::Shape is deprecated: Courier has deprecated this type",
            "Compatible types::Square is deprecated: Courier has deprecated this type; use `Circle`",
        ]
    );
    let again = changes(&document, &old);
    assert!(again.contains(&"Compatible types::Color is no longer deprecated".to_owned()), "{again:#?}");
    let error = corrected(&new, "- target: $.components.schemas.Square\n  update: {x-replacement: Ghost}\n");
    let error = error.and_then(|document| generated(&document)).unwrap_err();
    assert!(error.contains("the schema `Square`: its `x-replacement` names the type `Ghost`"), "{error}");
}

#[test]
fn changes_on_the_wire_alone_are_reported() {
    let changes = |one: Change, other: Change| -> Vec<String> {
        let model = |change: &Change| {
            let mut new = description();
            change(&mut new);
            passes::model(&corrected(&new, "").unwrap()).unwrap()
        };
        let changes = compare(&model(&one), &model(&other)).into_iter();
        changes.map(|change| format!("{:?} {} {}", change.effect, change.rust, change.what)).collect()
    };
    let as_kind = |kind: &'static str| {
        let mut content = json!({});
        content[kind] = json!({"schema": text()});
        at("/paths/~1things/post/requestBody/content", content)
    };
    assert_eq!(
        changes(as_kind("application/json"), as_kind("text/plain")),
        ["Compatible resources::Things::create sends its body as text, was as JSON"]
    );
    let tagged = |property: &'static str, square: &'static str| {
        change(move |new| {
            for name in ["Square", "Circle"] {
                schema(new, name)["properties"]["kind"] = text();
                schema(new, name)["properties"]["type"] = text();
            }
            let mut mapping = json!({"circle": "#/components/schemas/Circle"});
            mapping[square] = json!("#/components/schemas/Square");
            schema(new, "Shape")["discriminator"] = json!({"propertyName": property, "mapping": mapping});
        })
    };
    assert_eq!(
        changes(tagged("kind", "square"), tagged("kind", "quad")),
        ["Compatible types::Shape::Square is recognized by `kind` `quad`, was by `kind` `square`"]
    );
    assert_eq!(
        changes(tagged("kind", "square"), tagged("type", "square")),
        [
            "Compatible types::Shape::Square is recognized by `type` `square`, was by `kind` `square`",
            "Compatible types::Shape::Circle is recognized by `type` `circle`, was by `kind` `circle`",
        ]
    );
}

#[test]
fn differing_successes_are_refused() {
    let also = |status: &'static str, response: Value| {
        change(move |new| new["paths"]["/things"]["post"]["responses"][status] = response.clone())
    };
    check(vec![
        ("same", also("202", content(refer("Thing"))), Ok(&["-> Thing"])),
        ("empty", also("204", json!({"description": ""})), Ok(&["-> Thing"])),
        (
            "default alone",
            at("/paths/~1things/post/responses", json!({"default": content(refer("Parts"))})),
            Ok(&["-> Parts"]),
        ),
        ("default next to it", also("default", content(refer("Parts"))), Ok(&["-> Thing"])),
        (
            "default next to a redirect",
            at(
                "/paths/~1things/post/responses",
                json!({"302": {"description": ""}, "default": content(refer("Parts"))}),
            ),
            Ok(&["call things.create(id: impl Into<String>) -> ()"]),
        ),
        (
            "another",
            also("202", content(refer("Parts"))),
            Err(&[
                "POST /things: the response 202 has another body",
                "names.yaml:\n- target: $.paths['/things'].post.responses['202']\n  remove: true",
            ]),
        ),
        (
            "character set",
            at(
                "/paths/~1things/post/responses/200/content",
                json!({"application/json; charset=utf-8": {"schema": refer("Parts")}}),
            ),
            Ok(&["-> Parts"]),
        ),
    ]);
}

#[test]
fn other_content_types_are_refused_by_operation() {
    let only = |kind: &'static str, schema: Value| {
        let mut content = json!({});
        content[kind] = json!({"schema": schema});
        content
    };
    let binary = || json!({"type": "string", "format": "binary"});
    let response = |kind: &'static str| at("/paths/~1things/post/responses/200/content", only(kind, binary()));
    let body = |kind: &'static str, schema: Value| at("/paths/~1things/post/requestBody/content", only(kind, schema));
    check(vec![
        ("CSV", response("text/csv"), Err(&["the response `text/csv` at POST /things", "x-omit: REASON"])),
        ("events", response("text/event-stream"), Err(&["the response `text/event-stream` at POST /things", "x-omit"])),
        ("PDF", response("application/pdf"), Err(&["the response `application/pdf` at POST /things", "x-omit"])),
        ("HTML", response("text/html"), Err(&["the response `text/html` at POST /things", "x-omit"])),
        (
            "problem",
            response("application/problem+json"),
            Err(&["`application/problem+json` at POST /things", "x-omit"]),
        ),
        (
            "multipart",
            body("multipart/form-data", refer("Thing")),
            Err(&[
                "the body `multipart/form-data` at POST /things",
                "$.paths['/things'].post\n  update: {x-omit: REASON}",
            ]),
        ),
        (
            "form",
            body("application/x-www-form-urlencoded", refer("Thing")),
            Err(&["the body `application/x-www-form-urlencoded` at POST /things", "x-omit: REASON"]),
        ),
        (
            "merge patch",
            body("application/merge-patch+json", refer("Thing")),
            Err(&["the body `application/merge-patch+json` at POST /things", "x-omit: REASON"]),
        ),
        ("text", body("text/plain", text()), Ok(&["create(body: impl Into<String>)", "to.text(&mut self.body)"])),
        (
            "object as text",
            body("text/plain", refer("Thing")),
            Err(&["a body `text/plain` that is not a plain string at POST /things", "x-omit"]),
        ),
        (
            "enum as text",
            body("text/plain", refer("Color")),
            Err(&["that is not a plain string at POST /things", "x-omit"]),
        ),
        (
            "time as text",
            body("text/plain", json!({"type": "string", "format": "date-time"})),
            Err(&["that is not a plain string at POST /things", "x-omit"]),
        ),
        (
            "no body",
            at("/paths/~1things/post/requestBody/content", json!({})),
            Err(&["a body without a schema at POST /things", "x-omit"]),
        ),
        (
            "no schema",
            at("/paths/~1things/post/responses/200/content", json!({"application/json": {}})),
            Err(&["a response without a schema at POST /things", "x-omit"]),
        ),
    ]);
}

#[test]
fn omitted_operation_is_listed_instead() {
    let mut new = description();
    new["paths"]["/things/{thing_id}/export"] = json!({"get": {
        "operationId": "export", "x-sdk-method": "things.match",
        "parameters": [
            {"name": "thing_id", "in": "path", "required": true, "schema": {"type": "string"}},
            {"name": "session", "in": "cookie", "schema": {"type": "string"}}
        ],
        "responses": {"200": {"description": "", "content": {"text/csv": {"schema": {"type": "string"}}}}}
    }});
    let error = corrected(&new, "").unwrap_err();
    let (_, action) = error.split_once("in corrections.yaml:\n").unwrap();
    assert!(error.contains("the cookie parameter `session` at GET /things/{thing_id}/export"), "{error}");
    let document = corrected(&new, &action.replace("REASON", "it returns CSV")).unwrap();
    assert_eq!(
        document["x-omitted"],
        json!([{"method": "GET", "path": "/things/{thing_id}/export", "reason": "it returns CSV"}])
    );
    let model = passes::model(&document).unwrap();
    assert_eq!(model.operations.len(), 3);
    let table = coming_from::table(&document, &model);
    assert!(
        table.contains("`Client::request`") && table.contains("| `GET /things/{thing_id}/export` | it returns CSV |\n"),
        "{table}"
    );
    let error = corrected(&new, &action.replace("REASON", "''")).unwrap_err();
    assert!(error.contains("must give the reason"), "{error}");
}

/// The attributes of code, apart from documentation, in alphabetical order.
fn attributes(code: TokenStream) -> Vec<String> {
    let tokens: Vec<TokenTree> = code.into_iter().collect();
    let mut attributes = Vec::new();
    for (index, token) in tokens.iter().enumerate() {
        let TokenTree::Group(group) = token else { continue };
        let is_attribute = group.delimiter() == Delimiter::Bracket
            && index > 0
            && matches!(&tokens[index - 1], TokenTree::Punct(sign) if sign.as_char() == '#');
        let inner: Vec<TokenTree> = group.stream().into_iter().collect();
        match inner.as_slice() {
            [TokenTree::Ident(name), TokenTree::Punct(_), TokenTree::Literal(_)] if is_attribute && name == "doc" => {}
            _ if is_attribute => attributes.push(inner[0].to_string()),
            _ => attributes.extend(self::attributes(group.stream())),
        }
    }
    attributes.sort();
    attributes
}

/// The number of items and the attributes of each file of code.
fn outline(files: &BTreeMap<&'static str, String>) -> Vec<(&'static str, usize, Vec<String>)> {
    let code = files.iter().filter(|(name, _)| name.ends_with(".rs"));
    code.map(|(name, text)| {
        let items = syn::parse_file(text).unwrap_or_else(|error| panic!("{name}: {error}\n{text}")).items;
        (*name, items.len(), attributes(text.parse().unwrap()))
    })
    .collect()
}

/// A finished description with some texts: of upstream and of the overlays.
fn with_texts(texts: &[String]) -> Value {
    let mut texts = texts.iter().cycle().cloned();
    let mut next = move || texts.next().unwrap();
    let parameter = |name: String, location: &str| json!({"name": name, "in": location, "schema": {"type": "string"}, "description": "A."});
    let (value, constant, property, tag) = (next(), next(), next(), next());
    let mut things = json!({
        "type": "object", "required": ["id", "constant"], "additionalProperties": {}, "description": next(), "x-own": next(),
        "example": {"id": next(), "label": next()},
        "properties": {
            "id": {"type": "string", "description": next()}, "label": {"type": "string", "description": next()},
            "constant": {"type": "string", "enum": [constant]}, "color": refer("Color"), "shape": refer("Shape")
        }
    });
    things["properties"][format!("p{property}")] = json!({"type": "string"});
    let own = |tag: &str, other: &str| {
        json!({
            "type": "object", "required": ["tag"], "additionalProperties": {},
            "properties": {"tag": {"type": "string", "enum": [format!("{tag}{other}")]}}
        })
    };
    let mut mapping = json!({});
    mapping[format!("{tag}1")] = refer("Square")["$ref"].clone();
    mapping[format!("{tag}2")] = refer("Circle")["$ref"].clone();
    json!({
        "openapi": "3.0.3", "info": {"title": next(), "version": next(), "description": next()},
        "tags": [{"name": next(), "description": next()}],
        "x-resources": {"things": next()},
        "paths": {"/things": {"post": {
            "operationId": "things_create", "x-method": "things.create", "tags": [next()], "x-aliases": [next()],
            "summary": next(), "description": next(),
            "parameters": [parameter(format!("q{}", next()), "query"), parameter("x-header".to_owned(), "header")],
            "requestBody": content(refer("Thing")), "responses": {"2XX": content(refer("Thing"))}
        }}},
        "components": {"schemas": {
            "Thing": things,
            "Color": {"type": "string", "enum": [format!("v{value}"), "BLUE"], "description": next()},
            "Shape": {
                "oneOf": [refer("Square"), refer("Circle")], "description": next(),
                "discriminator": {"propertyName": "tag", "mapping": mapping}
            },
            "Square": own(&tag, "1"), "Circle": own(&tag, "2")
        }}
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_text_becomes_code(
        texts in prop::collection::vec(prop::collection::vec(select(vec![
            "a", "B", " ", "\n", "\r", "\r\n", "`", "```", "*/", "/*", "///", "//!", "\"", "\\", "'", "#[doc = env!(\"PATH\")]",
            "]", "[", "{", "}", "(", ")", "#", "\"#", "r#\"", "pub struct Evil;", "\u{202e}", "\u{2066}", "\u{2028}", "\u{0}",
            "\u{7f}", "\t", "ä", "\u{1f642}", "include_str!(\"/etc/hostname\")", "<script>", "$x", "..", "\u{feff}",
        ]), 0..6).prop_map(|pieces| pieces.concat()), 1..24)
    ) {
        let tame = files(&with_texts(&["text".to_owned()])).unwrap();
        match files(&with_texts(&texts)) {
            Ok(files) => {
                prop_assert_eq!(outline(&files), outline(&tame));
                for (_, text) in files.iter().filter(|(name, _)| name.ends_with(".rs")) {
                    // rustc rejects these even in comments and strings.
                    let is_refused = |sign: char| (sign.is_control() && !"\n\t".contains(sign))
                        || matches!(sign, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
                    prop_assert!(!text.contains(is_refused), "{text}");
                }
            }
            Err(error) => prop_assert!(!error.contains("cannot be parsed") && !error.contains("panicked"), "{error}"),
        }
    }
}

#[test]
fn value_with_a_line_break_stays_in_its_comment() {
    let evil = "x`\n    #[doc = env!(\"PATH\")]\n    #[doc = include_str!(\"/etc/hostname\")]\n    /// `";
    let mut new = description();
    values(json!([evil, "a\rb", "```\ncode\n```", "``"]))(&mut new);
    let files = files(&corrected(&new, "").unwrap()).unwrap();
    let types = &files["types.rs"];
    let lines: Vec<&str> = types.lines().map(str::trim).collect();
    for expected in [
        r#"/// `` x`\n    #[doc = env!("PATH")]\n    #[doc = include_str!("/etc/hostname")]\n    /// ` ``"#,
        r"/// `a\rb`",
        r"/// ```` ```\ncode\n``` ````",
        "/// ``` `` ```",
    ] {
        assert!(lines.contains(&expected), "{expected}\n{types}");
    }
    assert!(!types.contains("\n    #[doc = "));
}
