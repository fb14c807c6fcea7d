//! Each way in which a description can change, and the line of the report about it.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by a panic")]

use serde_json::{Value, json};
use xtask::generator::{self, model::Model};
use xtask::report::changes::Effect::{self, Breaking, Compatible};
use xtask::report::changes::{Kind, compare, unused_types};

fn refer(name: &str) -> Value {
    json!({"$ref": format!("#/components/schemas/{name}")})
}

fn object(required: Value, properties: Value) -> Value {
    json!({"type": "object", "required": required, "additionalProperties": {}, "properties": properties})
}

/// A normalized description: things are sent and returned, and a page is only returned.
fn description() -> Value {
    let body = |name: &str| json!({"required": true, "content": {"application/json": {"schema": refer(name)}}});
    let response = |name: &str| json!({"description": "", "content": {"application/json": {"schema": refer(name)}}});
    let parameter = |name: &str| json!({"name": name, "in": "query", "schema": {"type": "string"}});
    json!({
        "openapi": "3.0.3",
        "info": {"title": "Things", "version": "1.0.0"},
        "paths": {
            "/things": {"get": {
                "operationId": "things_list", "x-method": "things.list",
                "parameters": [parameter("cursor"), parameter("kind")],
                "responses": {"2XX": response("Page")}
            }},
            "/things/{thing_id}": {"put": {
                "operationId": "things_update", "x-method": "things.update",
                "parameters": [{"name": "thing_id", "in": "path", "required": true, "schema": {"type": "string"}}],
                "requestBody": body("Thing"), "responses": {"2XX": {"description": ""}}
            }}
        },
        "components": {"schemas": {
            "Page": object(json!(["cursor"]), json!({
                "cursor": {"type": "string", "nullable": true}, "items": {"type": "array", "items": refer("Thing")},
                "part": refer("Part"), "nodes": {"type": "array", "items": {"type": "string"}}
            })),
            "Thing": object(json!(["id", "name"]), json!({
                "id": {"type": "string"}, "name": {"type": "string"}, "size": {"type": "integer"},
                "override": {"type": "string"}, "color": refer("Color")
            })),
            "Color": {"type": "string", "enum": ["RED", "BLUE"]},
            "Part": {"oneOf": [refer("BoltPart"), refer("NutPart")]},
            "BoltPart": object(json!(["kind"]), json!({
                "kind": {"type": "string", "enum": ["bolt"]}, "length": {"type": "integer"}
            })),
            "NutPart": object(json!(["kind", "width"]), json!({
                "kind": {"type": "string", "enum": ["nut"]}, "width": {"type": "integer"}
            }))
        }}
    })
}

fn model(document: &Value) -> Model {
    generator::read(document).unwrap()
}

fn changes(old: &Value, new: &Value) -> Vec<(Effect, String)> {
    let changes = compare(&model(old), &model(new));
    changes.into_iter().map(|change| (change.effect, format!("{} {}", change.rust, change.what))).collect()
}

/// The report of a change to the description.
fn changed(change: impl Fn(&mut Value)) -> Vec<(Effect, String)> {
    let mut new = description();
    change(&mut new);
    changes(&description(), &new)
}

fn schema<'a>(document: &'a mut Value, name: &str) -> &'a mut Value {
    &mut document["components"]["schemas"][name]
}

fn rename(object: &mut Value, from: &str, to: &str) {
    let object = object.as_object_mut().unwrap();
    let value = object.shift_remove(from).unwrap();
    object.insert(to.to_owned(), value);
}

fn one(effect: Effect, line: &str) -> Vec<(Effect, String)> {
    vec![(effect, line.to_owned())]
}

#[test]
fn equal_descriptions_have_no_changes() {
    assert_eq!(changed(|_| ()), []);
}

#[test]
fn operations() {
    assert_eq!(
        changed(|new| new["paths"]["/things"] = json!({})),
        one(Breaking, "resources::Things::list removed: GET /things")
    );
    assert_eq!(
        changed(|new| {
            let list = &mut new["paths"]["/things"]["get"];
            list["operationId"] = json!("things_all");
            list["x-method"] = json!("things.all");
        }),
        one(Breaking, "resources::Things::list is now resources::Things::all: GET /things")
    );
    assert_eq!(
        changed(|new| {
            new["paths"]["/things"]["delete"] = json!({"operationId": "things_clear", "x-method": "things.clear", "responses": {"2XX": {"description": ""}}});
        }),
        one(Compatible, "resources::Things::clear added: DELETE /things")
    );
    assert_eq!(
        changed(|new| rename(&mut new["paths"], "/things", "/v2/things")),
        one(Compatible, "resources::Things::list is sent to GET /v2/things, was to GET /things")
    );
    assert_eq!(
        changed(|new| {
            let response = &mut new["paths"]["/things/{thing_id}"]["put"]["responses"]["2XX"];
            response["content"] = json!({"application/json": {"schema": refer("Thing")}});
        }),
        one(Breaking, "resources::Things::update returns types::Thing, was ()")
    );
    assert_eq!(
        changed(|new| {
            new["paths"]["/things"]["get"]["requestBody"] =
                json!({"required": true, "content": {"application/json": {"schema": refer("BoltPart")}}});
        }),
        one(Breaking, "resources::Things::list now takes a body, types::BoltPart")
    );
}

#[test]
fn deprecated_operation_names_its_replacement() {
    let deprecated = |replacement: &'static str| {
        move |new: &mut Value| {
            let list = &mut new["paths"]["/things"]["get"];
            list["deprecated"] = json!(true);
            list["x-replacement"] = json!(replacement);
        }
    };
    assert_eq!(
        changed(deprecated("things.update")),
        one(
            Compatible,
            "resources::Things::list is deprecated: Courier has deprecated this operation; use `client.things().update`"
        )
    );
    let mut new = description();
    deprecated("things.find")(&mut new);
    let error = generator::read(&new).err().unwrap();
    assert!(error.contains("`x-replacement` names the operation `things.find`"), "{error}");
    let mut new = description();
    deprecated("things.update")(&mut new);
    let code = generator::emit::resources::resources(&model(&new));
    let attribute = "#[deprecated(note = \"Courier has deprecated this operation; use `client.things().update`\")]";
    assert!(code.contains(attribute), "{code}");
}

#[test]
fn deprecated_member_names_its_replacement() {
    let change = |new: &mut Value| {
        let thing = &mut schema(new, "Thing")["properties"];
        thing["size"] = json!({"type": "integer", "deprecated": true, "x-replacement": "override"});
        thing["name"]["deprecated"] = json!(true);
        new["paths"]["/things"]["get"]["parameters"][1]["deprecated"] = json!(true);
        new["paths"]["/things"]["get"]["parameters"][1]["x-replacement"] = json!("cursor");
    };
    let size = "Courier has deprecated this property; use `override_`";
    let kind = "Courier has deprecated this parameter; use `cursor`";
    assert_eq!(
        changed(change),
        [
            (Compatible, format!("resources::Things::list query parameter `kind` is deprecated: {kind}")),
            (Compatible, "types::Thing::name is deprecated: Courier has deprecated this property".to_owned()),
            (Compatible, format!("types::Thing::size is deprecated: {size}")),
        ]
    );
    let mut new = description();
    change(&mut new);
    let types = generator::emit::types::types(&model(&new));
    let attribute = format!("    #[deprecated(note = \"{size}\")]\n");
    assert!(types.contains(&format!("{attribute}    pub size: Option<i64>,\n")), "{types}");
    assert!(types.contains(&format!("{attribute}    #[inline]\n    pub fn size(mut self")), "{types}");
    let calls = generator::emit::calls::calls(&model(&new));
    let attribute = format!("    #[deprecated(note = \"{kind}\")]\n");
    assert!(calls.contains(&format!("{attribute}    pub kind: Option<String>,\n")), "{calls}");
    assert!(calls.contains(&format!("{attribute}    #[inline]\n    pub fn kind(mut self")), "{calls}");
    schema(&mut new, "Thing")["properties"]["size"]["x-replacement"] = json!("length");
    let error = generator::read(&new).err().unwrap();
    assert!(
        error.contains("`size`: its `x-replacement` names the property `length`, which does not exist there"),
        "{error}"
    );
}

#[test]
fn parameters() {
    let list = "resources::Things::list";
    let of = |change: fn(&mut Vec<Value>)| {
        changed(move |new| change(new["paths"]["/things"]["get"]["parameters"].as_array_mut().unwrap()))
    };
    assert_eq!(
        of(|parameters| drop(parameters.remove(1))),
        one(Breaking, &format!("{list} query parameter `kind` removed"))
    );
    assert_eq!(
        of(|parameters| parameters[1]["schema"]["type"] = json!("integer")),
        one(Breaking, &format!("{list} query parameter `kind` is i64, was String"))
    );
    assert_eq!(
        of(|parameters| parameters.push(json!({"name": "limit", "in": "query", "schema": {"type": "integer"}}))),
        one(Compatible, &format!("{list} optional query parameter `limit` added"))
    );
    // The same setter with a different spelling on the wire.
    assert_eq!(
        of(|parameters| parameters[1]["name"] = json!("Kind")),
        one(Compatible, &format!("{list} query parameter `kind` is sent as `Kind`, was as `kind`"))
    );
    assert_eq!(
        changed(|new| {
            rename(&mut new["paths"], "/things/{thing_id}", "/things/{thingId}");
            new["paths"]["/things/{thingId}"]["put"]["parameters"][0]["name"] = json!("thingId");
        }),
        one(Compatible, "resources::Things::update is sent to PUT /things/{thingId}, was to PUT /things/{thing_id}")
    );
}

#[test]
fn fields() {
    let of = |change: fn(&mut Value)| changed(move |new| change(&mut schema(new, "Thing")["properties"]));
    assert_eq!(
        of(|thing| thing["note"] = json!({"type": "string"})),
        one(Compatible, "types::Thing::note optional property added")
    );
    assert_eq!(
        of(|thing| drop(thing.as_object_mut().unwrap().shift_remove("size"))),
        one(Breaking, "types::Thing::size removed")
    );
    assert_eq!(
        of(|thing| thing["size"]["type"] = json!("string")),
        one(Breaking, "types::Thing::size is Option<String>, was Option<i64>")
    );
    assert_eq!(
        of(|thing| rename(thing, "size", "Size")),
        one(Compatible, "types::Thing::size is sent as `Size`, was as `size`")
    );
    // A keyword has an underscore, as in Rust.
    assert_eq!(
        of(|thing| drop(thing.as_object_mut().unwrap().shift_remove("override"))),
        one(Breaking, "types::Thing::override_ removed")
    );
    let page = |items: Value| changed(move |new| schema(new, "Page")["properties"]["nodes"]["items"] = items.clone());
    assert_eq!(
        page(json!({"type": "string", "nullable": true})),
        one(Breaking, "types::Page::nodes is Option<Vec<Option<String>>>, was Option<Vec<String>>")
    );
}

#[test]
fn required_property_is_an_argument() {
    assert_eq!(
        changed(|new| schema(new, "Thing")["required"] = json!(["id", "name", "size"])),
        [
            (
                Breaking,
                "resources::Things::update takes the arguments `thing_id`, `id`, `name`, `size`, was `thing_id`, `id`, `name`"
                    .to_owned()
            ),
            (Breaking, "types::Thing::size is now required, and an argument".to_owned()),
        ]
    );
    assert_eq!(
        changed(|new| schema(new, "Thing")["required"] = json!(["name", "id"])),
        [
            (
                Breaking,
                "resources::Things::update takes the arguments `thing_id`, `name`, `id`, was `thing_id`, `id`, `name`"
                    .to_owned()
            ),
            (Breaking, "types::Thing takes its arguments in the order `name`, `id`, was `id`, `name`".to_owned()),
        ]
    );
    assert_eq!(
        changed(|new| schema(new, "NutPart")["required"] = json!(["kind"])),
        one(Breaking, "types::NutPart::width is now optional, and no longer an argument")
    );
}

#[test]
fn values() {
    let of = |values: Value| changed(move |new| schema(new, "Color")["enum"] = values.clone());
    assert_eq!(
        of(json!(["RED", "DARK_GREEN", "BLUE"])),
        one(Compatible, "types::Color::DarkGreen value `DARK_GREEN` added")
    );
    assert_eq!(of(json!(["RED"])), one(Breaking, "types::Color::Blue value `BLUE` removed"));
    assert_eq!(of(json!(["red", "BLUE"])), one(Compatible, "types::Color::Red is sent as `red`, was as `RED`"));
}

#[test]
fn constant_that_gains_a_value_is_preset() {
    let many = |new: &mut Value| {
        schema(new, "NutPart")["properties"]["kind"] = json!({"allOf": [refer("NutKind")], "x-constant": "nut"});
        new["components"]["schemas"]["NutKind"] = json!({"type": "string", "enum": ["wing", "nut"]});
    };
    assert_eq!(
        changed(many),
        [
            (Compatible, "types::NutPart::kind property added, types::NutKind::Nut unless it is set".to_owned()),
            (Compatible, "types::NutPart `kind` is no longer always sent as `nut`".to_owned()),
            (Compatible, "types::NutKind added, an enum".to_owned()),
        ]
    );
    let mut new = description();
    many(&mut new);
    let code = generator::emit::types::types(&model(&new));
    assert!(code.contains("pub fn new(width: impl Into<i64>) -> Self {"), "{code}");
    assert!(code.contains("            kind: types::NutKind::Nut,\n"), "{code}");
    assert!(code.contains("        self.kind = kind;\n"), "{code}");
    schema(&mut new, "NutPart")["properties"]["kind"]["x-constant"] = json!("cap");
    let error = generator::read(&new).err().unwrap();
    assert!(error.contains("`NutPart`: `kind` has the `x-constant` cap, which is not a value of its type"), "{error}");
}

#[test]
fn changed_constant_is_reported() {
    assert_eq!(
        changed(|new| schema(new, "BoltPart")["properties"]["kind"]["enum"] = json!(["screw"])),
        [(Compatible, "types::BoltPart is sent with `kind` `screw`, was `bolt`".to_owned()),]
    );
}

#[test]
fn variant_is_named_after_its_type() {
    assert_eq!(
        changed(|new| {
            schema(new, "Part")["oneOf"].as_array_mut().unwrap().push(refer("Washer"));
            new["components"]["schemas"]["Washer"] =
                object(json!(["kind"]), json!({"kind": {"type": "string", "enum": ["washer"]}}));
        }),
        [
            (Compatible, "types::Part::Washer variant of types::Washer added".to_owned()),
            (Compatible, "types::Washer added, a struct".to_owned()),
        ]
    );
    assert_eq!(changed(|new| schema(new, "Part")["oneOf"].as_array_mut().unwrap().reverse()), []);
    assert_eq!(
        changed(|new| schema(new, "BoltPart")["required"] = json!(["kind", "length"])),
        one(Breaking, "types::BoltPart::length is now required, and an argument")
    );
    let mut old = description();
    old["components"]["schemas"]["Washer"] = object(json!(["size"]), json!({"size": {"type": "integer"}}));
    schema(&mut old, "Part")["oneOf"].as_array_mut().unwrap().push(refer("Washer"));
    let mut new = old.clone();
    schema(&mut new, "Part")["oneOf"] = json!([refer("BoltPart"), refer("Washer")]);
    new["components"]["schemas"].as_object_mut().unwrap().shift_remove("NutPart");
    assert_eq!(changes(&old, &new), one(Breaking, "types::Part::Nut variant of types::NutPart removed"));
    assert_eq!(unused_types(&model(&old), &model(&new)), ["types::NutPart"]);
}

#[test]
fn type_of_another_kind_is_one_change() {
    assert_eq!(
        changed(|new| *schema(new, "Color") = object(json!([]), json!({"hue": {"type": "integer"}}))),
        one(Breaking, "types::Color is a struct, was an enum")
    );
}

#[test]
fn renamed_property_is_not_an_addition() {
    let mut new = description();
    rename(&mut schema(&mut new, "Thing")["properties"], "size", "Size");
    let changes = compare(&model(&description()), &model(&new));
    assert_eq!(changes.iter().map(|change| change.kind).collect::<Vec<_>>(), [Kind::Changed]);
    assert!(changes.iter().all(|change| !change.is_addition()));
}

#[test]
fn colliding_names_are_refused() {
    type Collision = (&'static str, fn(&mut Value), &'static str);
    let collisions: [Collision; 9] = [
        (
            "_id next to id",
            |new| schema(new, "Thing")["properties"]["_id"] = json!({"type": "string"}),
            "the properties `_id` and `id` would both become the field `id`",
        ),
        ("extra", |new| schema(new, "Thing")["properties"]["extra"] = json!({"type": "string"}), "`extra`"),
        (
            "createdAt next to created_at",
            |new| {
                let thing = &mut schema(new, "Thing")["properties"];
                thing["createdAt"] = json!({"type": "string"});
                thing["created_at"] = json!({"type": "string"});
            },
            "`Thing`",
        ),
        ("unrecognized", |new| schema(new, "Color")["enum"] = json!(["RED", "unrecognized"]), "`unrecognized`"),
        (
            "schemas that differ in case",
            |new| {
                new["components"]["schemas"]["thing"] = object(json!([]), json!({"a": {"type": "string"}}));
                schema(new, "Page")["properties"]["other"] = refer("thing");
            },
            "`Thing`",
        ),
        ("client", |new| new["paths"]["/things"]["get"]["parameters"][1]["name"] = json!("client"), "`client`"),
        ("send", |new| new["paths"]["/things"]["get"]["parameters"][1]["name"] = json!("send"), "`send`"),
        ("new", |new| schema(new, "Thing")["properties"]["new"] = json!({"type": "string"}), "`new`"),
        (
            "an argument twice",
            |new| {
                let thing = schema(new, "Thing");
                thing["properties"]["thing_id"] = json!({"type": "string"});
                thing["required"] = json!(["thing_id"]);
            },
            "`thing_id`",
        ),
    ];
    for (what, collide, sentence) in collisions {
        let mut new = description();
        collide(&mut new);
        let error = generator::read(&new).err().unwrap_or_default();
        assert!(error.contains(sentence), "{what}: {error}");
    }
    // The generated code does not use these names.
    for free in ["request", "gen"] {
        let mut new = description();
        new["paths"]["/things"]["get"]["parameters"][1]["name"] = json!(free);
        generator::read(&new).unwrap();
    }
}

/// The description that the crate is generated from.
fn courier() -> Value {
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../openapi/courier.yaml");
    xtask::document::parse(&std::fs::read_to_string(path).unwrap()).unwrap()
}

#[test]
fn report_names_every_changed_line_of_the_surface() {
    let old = courier();
    let mut new = old.clone();
    let path = old["paths"].as_object().unwrap().keys().find(|path| path.starts_with("/bulk/")).unwrap().clone();
    new["paths"].as_object_mut().unwrap().shift_remove(&path);
    let (mut places, mut count) = (0, 0);
    for (name, schema) in new["components"]["schemas"].as_object_mut().unwrap() {
        // A different change for every seventh schema.
        places += 1;
        if places % 7 != 0 || name.contains("Error") {
            continue;
        }
        count += 1;
        if let Some(values) = schema.get_mut("enum").and_then(Value::as_array_mut).filter(|values| values.len() > 2) {
            values.remove(0);
            values.push(json!("NEVER_SEEN"));
        } else if let Some(properties) = schema.get_mut("properties").and_then(Value::as_object_mut) {
            properties.insert("never_seen".to_owned(), json!({"type": "array", "items": {"type": "integer"}}));
        }
    }
    assert!(count > 30, "{count}");
    let (old, new) = (model(&old), model(&new));
    let changes = compare(&old, &new);
    let mut reported: String = changes.iter().map(|change| format!("{} {}\n", change.rust, change.what)).collect();
    reported += &unused_types(&old, &new).join("\n");

    let texts = [&old, &new].map(generator::emit::surface::surface);
    let lines = |text: &str| -> Vec<String> {
        let mut owner = String::new();
        let line = |line: &str| {
            if !line.starts_with(' ') {
                owner = line.split(['(', ':']).next().unwrap_or_default().to_owned();
            }
            format!("{owner}\t{line}")
        };
        text.lines().map(line).collect()
    };
    let [old_lines, new_lines] = [&texts[0], &texts[1]].map(|text| lines(text));
    let differing = old_lines.iter().filter(|line| !new_lines.contains(line));
    let differing: Vec<&String> = differing.chain(new_lines.iter().filter(|line| !old_lines.contains(line))).collect();
    assert!(differing.len() > count, "{differing:#?}");
    for line in &differing {
        let (owner, line) = line.split_once('\t').unwrap();
        let kind = owner.split(' ').next().unwrap();
        let name = owner.split(' ').nth(1).unwrap();
        let ident = line.trim_start_matches([' ', '.']).split([':', '(', ' ']).next().unwrap();
        // The report lists a setter of a call as the property of its body, or omits it with its call.
        let is_reported = match kind {
            "call" => {
                let method = name.rsplit('.').next().unwrap();
                reported.contains(&format!("::{method} ")) || reported.contains(&format!("::{ident} "))
            }
            _ if line.starts_with(' ') && !reported.lines().any(|reported| reported == format!("types::{name}")) => {
                reported.contains(&format!("types::{name}::{ident} "))
            }
            _ => reported.contains(&format!("types::{name}")),
        };
        assert!(is_reported, "no change reports {line} in {owner}:\n{reported}");
    }
    for change in &changes {
        let name = change.rust.rsplit("::").next().unwrap();
        assert!(differing.iter().any(|line| line.contains(name)), "{} {}", change.rust, change.what);
    }
}
