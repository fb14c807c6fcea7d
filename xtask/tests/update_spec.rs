//! `cargo xtask update-spec` in a temporary repository, with descriptions from files and over HTTP.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by a panic")]

mod repository;

use std::fs;
use std::path::Path;

use assert_cmd::Command;
use serde_json::{Value, json};
use tempfile::TempDir;

use self::repository::*;

#[test]
fn changes_are_reported_by_effect_on_callers() {
    let repository = Repository::new();
    let from = repository.describe(&description_with_changes());
    let report = repository.json_report(&description_with_changes());
    let changes: Vec<Value> = [
        (
            ["operation", "breaking", "changed", "resources::Things::update"],
            "takes the arguments `thing_id`, `id`, `size`, was `thing_id`, `id`",
        ),
        (["operation", "compatible", "added", "resources::Things::create"], "added: POST /things"),
        (["value", "compatible", "added", "types::Color::Green"], "value `GREEN` added"),
        (["property", "compatible", "added", "types::Owner::email"], "optional property added"),
        (["property", "breaking", "changed", "types::Thing::size"], "is now required, and an argument"),
        (["schema", "compatible", "added", "types::ThingsCreateRequest"], "added, a struct"),
    ]
    .into_iter()
    .map(|([subject, effect, kind, rust], what)| {
        json!({"subject": subject, "effect": effect, "kind": kind, "rust": rust, "what": what})
    })
    .collect();
    assert_eq!(report["changes"], json!(changes));
    assert_eq!((&report["bump"], &report["next_version"]), (&json!("minor"), &json!("0.2.0")));
    assert_eq!(findings(&report, "unused_type"), [""; 0]);
    insta::assert_snapshot!("text", repository.report(&from, "text"));
    insta::assert_snapshot!("markdown", repository.report(&from, "markdown"));
}

#[test]
fn file_and_http_give_the_same_report() {
    let repository = Repository::new();
    let changed = description_with_changes();
    let expected = repository.report(&repository.describe(&changed), "text");
    let yaml = yaml_serde::to_string(&changed).unwrap();
    for (content_type, body) in [("application/json", changed.to_string()), ("text/plain; charset=utf-8", yaml)] {
        let address = serve(http_response(&format!("200 OK\r\nContent-Type: {content_type}"), &body));
        assert_eq!(repository.report(&address, "text"), expected, "{content_type}");
    }
}

#[test]
fn second_update_changes_nothing() {
    let repository = Repository::new();
    let before = repository.files();
    let from = repository.describe(&description_with_changes());
    let stale = error(&mut repository.update(&["--check", "--from", &from]));
    assert!(
        stale.ends_with("error: the committed description is not the newest: run `cargo xtask update-spec`\n"),
        "{stale}"
    );
    assert_eq!(repository.files(), before, "a check writes nothing");

    repository.update(&["--from", &from]).assert().success();
    let after = repository.files();
    assert_ne!(after, before);
    repository.update(&["--check", "--from", &from]).assert().success();
    let again = repository.update(&["--from", &from]).assert().success();
    assert!(String::from_utf8_lossy(&again.get_output().stdout).starts_with("Nothing changes for callers."));
    assert_eq!(repository.files(), after);

    let unnamed = error(&mut repository.xtask(&["generate-spec", "--check"]));
    assert_eq!(unnamed, "error: openapi/overlay/names.yaml gives no `x-method` to:\n  POST /things\n");
    let named = "- target: $.paths['/things'].post\n  update: {operationId: things_create, x-method: things.create, tags: [Things]}\n";
    repository.write("openapi/overlay/names.yaml", &format!("{NAMES}{named}"));
    repository.xtask(&["generate-spec", "--check"]).assert().success();
}

#[test]
fn unnamed_schema_stops_generate_spec_alone() {
    let repository = Repository::new();
    let mut changed = description();
    let inline = json!({"oneOf": [
        {"type": "object", "properties": {"type": {"type": "string", "enum": ["square"]}}},
        {"type": "object", "properties": {"type": {"type": "string", "enum": ["circle"]}, "radius": {"type": "integer"}}}
    ]});
    changed["components"]["schemas"]["Thing"]["properties"]["shape"] = inline;
    changed["components"]["schemas"]["Thing"]["properties"]["maker"] =
        json!({"type": "object", "properties": {"name": {"type": "string"}}});
    let from = repository.describe(&changed);
    let report = repository.json_report(&changed);
    let shape = "it has the shape of";
    let reason = "`x-name` joins them, `x-apart` gives the reason not to; it could be called Owner";
    assert_eq!(
        findings(&report, "schema_name"),
        [
            "ThingShapeVariant0: its name depends on the number 0; it could be called ThingShapeSquare".to_owned(),
            "ThingShapeVariant1: its name depends on the number 1; it could be called ThingShapeCircle".to_owned(),
            format!("Owner: {shape} ThingMaker: {reason}"),
            format!("ThingMaker: {shape} Owner: {reason}"),
        ]
    );
    let names = block(&repository.report(&from, "text"), "review and add to openapi/overlay/types.yaml").to_owned();
    assert!(names.contains("x-name: ThingShapeSquare"), "{names}");
    repository.update(&["--from", &from]).assert().success();
    let refused = error(&mut repository.xtask(&["generate-spec"]));
    let expected = "ThingShapeVariant0: its name depends on the number 0; it could be called ThingShapeSquare";
    assert!(refused.contains(expected), "{refused}");

    let types = "overlay: 1.0.0\ninfo: {}\nactions:\n\
        - target: $.components.schemas.ThingShapeVariant0\n  update: {x-name: Square}\n\
        - target: $.components.schemas.ThingShapeVariant1\n  update: {x-name: Circle}\n\
        - target: $.components.schemas['Owner', 'ThingMaker']\n  update: {x-name: Person}\n";
    repository.write("openapi/overlay/types.yaml", types);
    repository.xtask(&["generate-spec"]).assert().success();
    let courier: Value = yaml_serde::from_str(&repository.file("openapi/courier.yaml")).unwrap();
    let names: Vec<&String> = courier["components"]["schemas"].as_object().unwrap().keys().collect();
    assert_eq!(
        names,
        ["ThingPage", "Thing", "Color", "Person", "ApiError", "Square", "Circle", "ThingShape", "PathSegment"]
    );

    // Schemas that now differ are no longer joined, and are reported.
    changed["components"]["schemas"]["Thing"]["properties"]["maker"]["properties"]["town"] = json!({"type": "string"});
    assert_eq!(
        findings(&repository.json_report(&changed), "schema_name"),
        ["ThingMaker: types.yaml calls it Person, as Owner, from which it differs in `town`"]
    );
}

#[test]
fn order_of_arguments_is_kept() {
    let repository = Repository::new();
    let mut changed = description();
    changed["components"]["schemas"]["Thing"]["required"] = json!(["id", "size"]);
    repository.update(&["--from", &repository.describe(&changed)]).assert().success();
    changed["components"]["schemas"]["Thing"]["required"] = json!(["color", "size", "id"]);
    let from = repository.describe(&changed);
    let report: Value = serde_json::from_str(&repository.report(&from, "json")).unwrap();
    assert_eq!(
        report["changes"],
        json!([
            {
                "subject": "operation", "effect": "breaking", "kind": "changed", "rust": "resources::Things::update",
                "what": "takes the arguments `thing_id`, `id`, `size`, `color`, was `thing_id`, `id`, `size`"
            },
            {
                "subject": "property", "effect": "breaking", "kind": "changed", "rust": "types::Thing::color",
                "what": "is now required, and an argument"
            }
        ])
    );
    repository.update(&["--from", &from]).assert().success();
    let required = |repository: &Repository| {
        let courier: Value = yaml_serde::from_str(&repository.file("openapi/courier.yaml")).unwrap();
        courier["components"]["schemas"]["Thing"]["required"].clone()
    };
    assert_eq!(required(&repository), json!(["id", "size", "color"]));
    let order = "overlay: 1.0.0\ninfo: {}\nactions:\n\
        - target: $.components.schemas.Thing\n  update: {x-order: [color, id, size]}\n";
    repository.write("openapi/overlay/order.yaml", order);
    repository.xtask(&["generate-spec"]).assert().success();
    assert_eq!(required(&repository), json!(["color", "id", "size"]));
}

#[test]
fn other_spelling_of_a_description_changes_nothing() {
    let repository = Repository::new();
    let before = repository.file("openapi/courier.yaml");
    let mut changed = description();
    // A path parameter with another name, a composed schema, a choice of one, a map as a component, limits, and 3.1.
    let path = changed["paths"].as_object_mut().unwrap().shift_remove("/things/{thing_id}").unwrap();
    changed["paths"]["/things/{thingId}"] = path;
    changed["paths"]["/things/{thingId}"]["put"]["parameters"][0]["name"] = json!("thingId");
    changed["openapi"] = json!("3.1.0");
    let schemas = changed["components"]["schemas"].as_object_mut().unwrap();
    let mut thing = schemas.shift_remove("Thing").unwrap();
    thing["properties"]["owner"] = json!({"anyOf": [{"$ref": "#/components/schemas/Owner"}, {"type": "null"}]});
    thing["properties"]["id"] = json!({"$ref": "#/components/schemas/Id"});
    schemas.insert("ThingBase".to_owned(), thing);
    schemas.insert("Id".to_owned(), json!({"type": "string", "maxLength": 40}));
    schemas.insert(
        "Thing".to_owned(),
        json!({"oneOf": [{"allOf": [{"$ref": "#/components/schemas/ThingBase"}, {"type": "object"}]}]}),
    );
    let from = repository.describe(&changed);
    assert_eq!(repository.report(&from, "text"), "Nothing changes for callers.\n");
    repository.update(&["--from", &from]).assert().success();
    let (before, after): (Value, Value) = (
        yaml_serde::from_str(&before).unwrap(),
        yaml_serde::from_str(&repository.file("openapi/courier.yaml")).unwrap(),
    );
    assert_eq!(after["paths"], before["paths"]);
    assert_eq!(after["components"]["schemas"], before["components"]["schemas"]);
}

#[test]
fn renamed_schema_is_gone_and_new_until_named() {
    let repository = Repository::new();
    let changed = renamed(&description(), "Owner", "Proprietor");
    let from = repository.describe(&changed);
    let report = repository.json_report(&changed);
    assert_eq!(findings(&report, "unused_type"), ["types::Owner"]);
    let added = json!({
        "subject": "schema", "effect": "compatible", "kind": "added", "rust": "types::Proprietor", "what": "added, a struct"
    });
    assert!(report["changes"].as_array().unwrap().contains(&added), "{report}");
    let proposal = "Proprietor is like Owner, which is gone: `x-name: Owner` keeps the name";
    assert_eq!(findings(&report, "renamed_schema"), [proposal]);

    let report = repository.report(&from, "text");
    let names = block(&report, "review and add to openapi/overlay/types.yaml");
    repository.write("openapi/overlay/types.yaml", &format!("overlay: 1.0.0\ninfo: {{}}\nactions:\n{names}\n"));
    assert_eq!(repository.report(&from, "text"), "Nothing changes for callers.\n");
}

#[test]
fn unsupported_construct_is_refused_by_position() {
    let repository = Repository::new();
    let before = repository.files();
    let mut changed = description();
    changed["components"]["schemas"]["Owner"]["properties"]["name"] =
        json!({"anyOf": [{"type": "string"}, {"type": "integer"}]});
    let from = repository.describe(&changed);
    let refused = error(&mut repository.update(&["--from", &from]));
    let sentence = "not supported: `anyOf` at /components/schemas/Owner/properties/name; correct it in \
                    openapi/overlay/corrections.yaml, or add a rule to xtask/src/normalize\n";
    assert!(refused.ends_with(sentence), "{refused}");
    assert_eq!(repository.files(), before);

    let correction = "overlay: 1.0.0\ninfo: {}\nactions:\n- target: $.components.schemas.Owner.properties.name.anyOf\n  \
                      remove: true\n- target: $.components.schemas.Owner.properties.name\n  update: {type: string}\n";
    repository.write("openapi/overlay/corrections.yaml", correction);
    // The correction precedes the value that upstream had before.
    let hidden =
        "openapi/overlay/corrections.yaml:6: /components/schemas/Owner/properties/name/type is nothing, was \"string\"";
    let report = repository.report(&from, "text");
    assert!(report.starts_with("Nothing changes for callers.\n") && report.contains(hidden), "{report}");
}

#[test]
fn gone_target_stops_generate_spec_alone() {
    let repository = Repository::new();
    let mut changed = description();
    changed["paths"].as_object_mut().unwrap().shift_remove("/things");
    changed["components"]["schemas"]["Thing"]["properties"].as_object_mut().unwrap().shift_remove("color");
    let from = repository.describe(&changed);
    let report = repository.json_report(&changed);
    assert_eq!(
        findings(&report, "gone_target"),
        [
            "openapi/overlay/names.yaml:6: $.paths['/things'].get matches nothing",
            "openapi/overlay/things.yaml:4: $.paths['/things'].get matches nothing",
            "openapi/overlay/things.yaml:8: /components/schemas/Thing/properties/color matches nothing",
        ]
    );
    assert_eq!(findings(&report, "unused_type"), ["types::Color", "types::ThingPage"]);
    repository.update(&["--allow-removals", "--from", &from]).assert().success();
    let strict = error(&mut repository.xtask(&["generate-spec"]));
    assert!(strict.contains("openapi/overlay/names.yaml:6: $.paths['/things'].get matches nothing"), "{strict}");
}

#[test]
fn bad_source_is_refused_in_one_sentence() {
    let repository = Repository::new();
    let before = repository.files();
    let whole = yaml_serde::to_string(&description()).unwrap();
    let html = "<!doctype html><html></html>";
    let cut = whole.find("  schemas:").unwrap();
    let short =
        format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{}", whole.len(), &whole[..cut]);
    let file = |name: &str, text: &str| repository.write(&format!("target/{name}"), text);
    let page = "it is a web page, not a description";
    for (from, sentence) in [
        (serve(http_response("200 OK\r\nContent-Type: text/html", html)), page),
        (serve(http_response("200 OK\r\nContent-Type: text/plain", html)), page),
        (serve(http_response("404 Not Found", "")), "there is nothing at this address (404 Not Found)"),
        (serve(http_response("503 Service Unavailable", "")), "the server responded with 503 Service Unavailable"),
        (
            serve(http_response("200 OK\r\nContent-Type: image/png", "PNG")),
            "it has the content type image/png where YAML or JSON was expected",
        ),
        (serve(http_response("302 Found\r\nLocation: /again", "")), "it redirects more than 5 times"),
        (serve(short.into_bytes()), "the download was cut off before its end"),
        (serve(b"HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n".to_vec()), "it is larger than 33554432 bytes"),
        (serve(http_response("200 OK", "")), "it is empty"),
        (file("none", "name: things\n"), "not an OpenAPI document: there is no `openapi` version at the top"),
        (file("swagger", "swagger: '2.0'\n"), "not an OpenAPI 3 document but a Swagger"),
        (file("operations", "openapi: 3.1.0\npaths: {}\n"), "it is OpenAPI but describes no operation"),
        (
            file("references", &whole[..cut]),
            "3 references lead nowhere, as in a file that was cut off; the first, in line 22, is from /paths/~1things/get/responses/",
        ),
        (file("brackets", &description().to_string()[..900]), "it was cut off: it ends in the middle, in line 1"),
        (file("comma", "{\"openapi\": \"3.0.3\" \"paths\": {}}"), "neither YAML nor JSON"),
        (file("words", "openapi: 3.0.3\n: : :\npaths: {}\nmore: 1\n"), "neither YAML nor JSON"),
        ("no/such/file.yml".to_owned(), "cannot be opened"),
        ("http://example.com/openapi.yml".to_owned(), "it is not HTTPS"),
    ] {
        let error = error(&mut repository.update(&["--from", &from]));
        assert!(error.starts_with(&format!("error: {from}: {sentence}")), "{from} {sentence}:\n{error}");
        assert_eq!(error.lines().count(), 1, "{error}");
        assert_eq!(repository.files(), before, "{sentence}");
    }
}

#[test]
fn crate_that_does_not_compile_keeps_its_files() {
    let repository = Repository::new();
    let before = repository.files();
    repository.write("src/lib.rs", "this is not Rust");
    let from = repository.describe(&description_with_changes());
    for arguments in [vec!["--from", &from], vec!["--dry-run", "--from", &from]] {
        let refused = error(&mut repository.update(&arguments));
        assert!(
            refused.contains(
                "error: nothing is written: the crate does not compile with the new description:\nsrc/lib.rs:1: "
            ),
            "{refused}"
        );
        assert_eq!(repository.files(), before);
    }
}

#[test]
fn compiler_error_names_file_and_schema() {
    let repository = Repository::new();
    let generate = "fn main() {\n    println!(\"cargo::rerun-if-changed=openapi/courier.yaml\");\n    \
                    let text = std::fs::read_to_string(\"openapi/courier.yaml\").unwrap();\n    let (field, value) = \
                    if text.contains(\"email\") { (\"Missing\", \"\") } else { (\"i64\", \"Green\") };\n    \
                    let code = format!(\"pub struct Owner {{\\n    pub name: {field},\\n}}\\npub enum Color {{ {value} }}\\n\");\n    \
                    std::fs::write(format!(\"{}/types.rs\", std::env::var(\"OUT_DIR\").unwrap()), code).unwrap();\n}\n";
    repository.write("build.rs", generate);
    let with = |property: &str| {
        let mut changed = description();
        changed["components"]["schemas"]["Owner"]["properties"][property] = json!({"type": "string"});
        repository.describe(&changed)
    };
    let library =
        "#![allow(dead_code)]\npub mod types {\n    include!(concat!(env!(\"OUT_DIR\"), \"/types.rs\"));\n}\n";
    repository.write("src/lib.rs", library);
    let generated = error(&mut repository.update(&["--dry-run", "--from", &with("email")]));
    assert!(
        generated.contains("\nthe schema `Owner`: the generated code does not compile (cannot find type `Missing`"),
        "{generated}"
    );
    assert!(generated.contains("Correct the description in openapi/overlay/corrections.yaml, or leave"), "{generated}");
    repository.write("src/lib.rs", &format!("{library}pub fn red() -> types::Color {{\n    types::Color::Red\n}}\n"));
    let by_hand = error(&mut repository.update(&["--dry-run", "--from", &with("age")]));
    assert!(by_hand.contains("\nsrc/lib.rs:6: no variant"), "{by_hand}");
    assert!(
        by_hand.contains("It uses the schema `Color`. Change this line together with the description"),
        "{by_hand}"
    );
    repository.write("src/lib.rs", library);
    repository.update(&["--dry-run", "--from", &with("age")]).assert().success();
}

#[test]
fn commands_have_help() {
    let help = |arguments: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_xtask")).args(arguments).output().unwrap();
        String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap()
    };
    for command in ["generate-spec", "update-spec", "check-docs"] {
        assert!(help(&[]).contains(command), "{command}");
        assert!(help(&[command, "--help"]).contains("Usage: cargo xtask"), "{command}");
    }
    let update = help(&["update-spec", "--help"]);
    for option in ["--from <URL|FILE>", "--check", "--dry-run", "--allow-removals", "--format <FORMAT>"] {
        assert!(update.contains(option), "{option}");
    }
}

/// A folder with a wheel of the client in `fixtures/client`, which pip can find.
fn release(python: &str, version: &str) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    let information = folder.path().join(format!("trycourier-{version}.dist-info"));
    fs::create_dir(&information).unwrap();
    fs::write(
        information.join("METADATA"),
        format!("Metadata-Version: 2.1\nName: trycourier\nVersion: {version}\nRequires-Python: >=99\n"),
    )
    .unwrap();
    fs::write(information.join("WHEEL"), "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n").unwrap();
    fs::write(information.join("RECORD"), "").unwrap();
    let wheel = folder.path().join(format!("trycourier-{version}-py3-none-any.whl"));
    let client = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/client/courier");
    let zip = ["-m", "zipfile", "-c"].map(std::ffi::OsStr::new);
    Command::new(python).args(zip).arg(wheel).arg(client).arg(&information).assert().success();
    fs::remove_dir_all(information).unwrap();
    folder
}

/// Runs `update-spec` as on a machine whose pip only searches a folder.
fn update_from(repository: &Repository, wheels: &Path, arguments: &[&str]) -> Command {
    let mut command = repository.update(arguments);
    command.env("PIP_NO_INDEX", "1").env("PIP_FIND_LINKS", wheels);
    command
}

#[test]
fn newer_release_is_followed_once() {
    let Some(python) = python() else { return };
    let repository = Repository::new();
    let wheels = release(python, "2.0.0");
    let stale = error(&mut update_from(&repository, wheels.path(), &["--check"]));
    assert!(stale.contains("Followed: release 2.0.0 of the official Python client."), "{stale}");
    assert!(stale.ends_with("is not the newest: run `cargo xtask update-spec`\n"), "{stale}");
    let report = update_from(&repository, wheels.path(), &["--dry-run", "--format", "json"]).assert().success();
    let report: Value = serde_json::from_slice(&report.get_output().stdout).unwrap();
    let unnamed =
        report["findings"].as_array().unwrap().iter().find(|finding| finding["section"] == "unnamed_operation");
    assert_eq!(
        unnamed.unwrap()["action"],
        json!({"target": "$.paths['/things/{thing_id}/parts'].post", "update": {
            "operationId": "things_parts_add_all", "x-method": "things.parts.add_all", "tags": ["Things"]
        }})
    );
    update_from(&repository, wheels.path(), &[]).assert().success();
    insta::assert_snapshot!("derived", repository.file("openapi/upstream.yaml"));

    let before = repository.files();
    let newest = update_from(&repository, wheels.path(), &[]).assert().success();
    let message = String::from_utf8_lossy(&newest.get_output().stderr).into_owned();
    assert!(message.ends_with("newest\n"), "{message}");
    assert!(message.contains("On PyPI: release 2.0.0"), "{message}");
    assert_eq!(repository.files(), before);
}

#[test]
fn older_release_changes_nothing() {
    let Some(python) = python() else { return };
    let repository = Repository::new();
    let before = repository.files();
    let wheels = release(python, "0.9.0");
    let newest = update_from(&repository, wheels.path(), &[]).assert().success();
    let output = newest.get_output();
    assert!(String::from_utf8_lossy(&output.stderr).ends_with("newest\n"));
    assert_eq!(String::from_utf8_lossy(&output.stdout), "Nothing changes for callers.\n");
    assert_eq!(repository.files(), before);
}

#[test]
fn missing_python_or_release_is_named() {
    let repository = Repository::new();
    let empty = tempfile::tempdir().unwrap();
    let none = error(repository.update(&[]).env("PATH", empty.path()));
    assert!(none.starts_with("error: there is no Python 3.9 or newer here"), "{none}");
    assert!(none.ends_with("install it, or give a description with `--from`\n"), "{none}");
    if python().is_some() {
        let nothing = error(&mut update_from(&repository, empty.path(), &[]));
        assert!(nothing.starts_with("error: pip finds no release of trycourier: ERROR: No matching"), "{nothing}");
        assert_eq!(nothing.lines().count(), 1, "{nothing}");
        let mut offline = repository.update(&[]);
        // No server listens on the port of tcpmux.
        offline
            .env("PIP_INDEX_URL", "http://127.0.0.1:1/simple")
            .env("PIP_RETRIES", "1")
            .env("PIP_CONFIG_FILE", "/dev/null");
        let offline = error(&mut offline);
        assert!(offline.starts_with("error: pip cannot reach its package index: WARNING: "), "{offline}");
        assert_eq!(offline.lines().count(), 1, "{offline}");
    }
}

#[cfg(unix)]
#[test]
fn missing_pip_is_named() {
    use std::os::unix::fs::PermissionsExt as _;

    let repository = Repository::new();
    let folder = tempfile::tempdir().unwrap();
    let python = folder.path().join("python3");
    fs::write(&python, "#!/bin/sh\n[ \"$1\" = -c ]\n").unwrap();
    fs::set_permissions(&python, fs::Permissions::from_mode(0o755)).unwrap();
    let none = error(repository.update(&[]).env("PATH", folder.path()));
    assert!(none.starts_with("error: `python3` has no pip"), "{none}");
    fs::write(&python, "#!/bin/sh\n[ \"$1\" = -c ] || echo 'pip 20.3.4 from /usr/lib (python 3.9)'\n").unwrap();
    let old = error(repository.update(&[]).env("PATH", folder.path()));
    assert!(old.starts_with("error: pip 20.3.4 is too old: install pip 21.3 or newer"), "{old}");
}

#[test]
fn removals_need_to_be_allowed() {
    let repository = Repository::new();
    let before = repository.files();
    let mut changed = description();
    changed["paths"].as_object_mut().unwrap().shift_remove("/things");
    changed["info"]["version"] = json!("0.9.0");
    let from = repository.describe(&changed);
    let report: Value = serde_json::from_str(&repository.report(&from, "json")).unwrap();
    assert_eq!(findings(&report, "removal"), ["the version goes back from 1.0.0 to 0.9.0", "GET /things goes"]);
    let refused = error(&mut repository.update(&["--from", &from]));
    assert!(
        refused.ends_with(
            "error: nothing is written: the version goes back from 1.0.0 to 0.9.0, GET /things goes. \
             If this is intended, pass `--allow-removals`\n"
        ),
        "{refused}"
    );
    assert_eq!(repository.files(), before);
    repository.update(&["--allow-removals", "--from", &from]).assert().success();
    assert_ne!(repository.files(), before);
}

#[test]
fn moved_operation_keeps_its_name() {
    let repository = Repository::new();
    let mut changed = description();
    let mut list = changed["paths"].as_object_mut().unwrap().shift_remove("/things").unwrap();
    list["get"]["x-sdk-method"] = json!("things.list");
    changed["paths"]["/v2/things"] = list;
    let from = repository.describe(&changed);
    let report: Value = serde_json::from_str(&repository.report(&from, "json")).unwrap();
    assert_eq!(findings(&report, "removal"), [""; 0]);
    assert_eq!(
        report["changes"],
        json!([{
            "subject": "operation", "effect": "compatible", "kind": "changed", "rust": "resources::Things::list",
            "what": "is sent to GET /v2/things, was to GET /things"
        }])
    );
    let text = repository.report(&from, "text");
    let names = block(&text, "add to openapi/overlay/names.yaml");
    assert!(names.contains("$.paths['/v2/things'].get") && names.contains("x-method: things.list"), "{names}");
    repository.update(&["--from", &from]).assert().success();
}

#[test]
fn unknown_paging_stops_an_update() {
    let repository = Repository::new();
    let before = repository.files();
    let mut changed = description();
    let page = changed["components"]["schemas"]["ThingPage"]["properties"].as_object_mut().unwrap();
    let cursor = page.shift_remove("cursor").unwrap();
    page.insert("continue_with".to_owned(), cursor);
    let refused = error(&mut repository.update(&["--from", &repository.describe(&changed)]));
    let sentence = "error: nothing is written: no Rust can be generated: the operation `things_list`: it takes a `cursor`, and \
                    its response has none of `paging`, `has_more`, `next_cursor` and `cursor`, which lead to the next \
                    page; correct the response in openapi/overlay/corrections.yaml, or add this form of paging to \
                    build/description/paging.rs\n";
    assert!(refused.ends_with(sentence), "{refused}");
    assert_eq!(repository.files(), before);
}

#[test]
fn incomplete_source_is_refused() {
    let repository = Repository::new();
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("../openapi/upstream.yaml");
    let own = fs::read_to_string(own).unwrap();
    repository.write("openapi/upstream.yaml", &own);
    let mut less: Value = yaml_serde::from_str(&own).unwrap();
    let paths = less["paths"].as_object_mut().unwrap();
    let first = paths.iter().take(60).map(|(path, item)| (path.clone(), item.clone())).collect();
    *paths = first;
    let refused = error(&mut repository.update(&["--from", &repository.describe(&less)]));
    assert!(refused.contains("error: nothing is written: ") && refused.contains(" goes, and "), "{refused}");
    assert_eq!(repository.file("openapi/upstream.yaml"), own);
}

#[test]
fn description_without_a_version_keeps_ours() {
    let repository = Repository::new();
    let before = repository.files();
    let mut changed = description();
    changed["info"]["version"] = json!("");
    repository.update(&["--from", &repository.describe(&changed)]).assert().success();
    assert_eq!(repository.files(), before);
}

#[test]
fn broken_reference_and_shared_name_are_reported() {
    let repository = Repository::new();
    let mut changed = description();
    changed["components"]["schemas"]["Thing"]["properties"]["maker"] = json!({"$ref": "#/components/schemas/Makr"});
    changed["paths"]["/others"] = json!({"get": {"operationId": "x", "responses": {"204": {"description": ""}}}});
    repository.write(
        "openapi/overlay/names.yaml",
        &format!("{NAMES}- target: $.paths['/others'].get\n  update: {{operationId: things_list, x-method: things.list, tags: [Things]}}\n"),
    );
    let from = repository.describe(&changed);
    let report: Value = serde_json::from_str(&repository.report(&from, "json")).unwrap();
    assert_eq!(
        findings(&report, "broken_reference"),
        ["/components/schemas/Thing/properties/maker refers to #/components/schemas/Makr, which does not exist: \
          any value is accepted there"]
    );
    assert_eq!(
        findings(&report, "operation_name"),
        [
            "GET /others and GET /things are both called things_list: give one another name in openapi/overlay/names.yaml"
        ]
    );
    let before = repository.files();
    let refused = error(&mut repository.update(&["--from", &from]));
    assert!(
        refused.contains("nothing is written: GET /others and GET /things are both called things_list"),
        "{refused}"
    );
    assert_eq!(repository.files(), before);
}

const CORRECTIONS: &str = "\
overlay: 1.0.0
info: {title: Corrections, version: 1.0.0}
actions:
- target: $.components.schemas['Thing', 'Owner', 'Gadget'].properties
  update: {note: {type: string}}
- target: $.components.schemas.Color
  update: {enum: [GREEN]}
";

#[test]
fn gone_and_superfluous_corrections_are_reported() {
    let repository = Repository::new();
    repository.write("openapi/overlay/corrections.yaml", CORRECTIONS);
    let report: Value =
        serde_json::from_str(&repository.report(&repository.describe(&description_with_changes()), "json")).unwrap();
    assert_eq!(
        findings(&report, "gone_target"),
        ["openapi/overlay/corrections.yaml:4: $.components.schemas['Gadget'].properties matches nothing"]
    );
    assert_eq!(
        findings(&report, "superfluous_correction"),
        ["openapi/overlay/corrections.yaml:6: $.components.schemas.Color.enum now has \"GREEN\" itself"]
    );
    let from = repository.describe(&description_with_changes());
    repository.update(&["--from", &from]).assert().success();
    let courier: Value = yaml_serde::from_str(&repository.file("openapi/courier.yaml")).unwrap();
    assert_eq!(courier["components"]["schemas"]["Color"]["enum"], json!(["RED", "BLUE", "GREEN"]));
}

#[test]
fn report_lists_what_to_do_by_hand() {
    let repository = Repository::new();
    repository.write("README.md", "All 2 operations of the API.\n`resources::Things::list` lists.\n");
    repository.write(
        "openapi/overlay/anchors.yaml",
        "overlay: 1.0.0\ninfo: {}\nactions:\n- target: $.paths['/things'].get\n  update:\n    description: &all All.\n\
         - target: $.components.schemas.Owner\n  update: {description: *all}\n\
         - target: $.components.schemas.Color\n  update: {description: RED or BLUE.}\n",
    );
    repository.xtask(&["generate-spec"]).assert().success();
    let mut changed = description_with_changes();
    changed["paths"].as_object_mut().unwrap().shift_remove("/things");
    changed["components"]["schemas"]["Thing"]["properties"]["access_token"] = json!({"type": "string"});
    let from = repository.describe(&changed);
    let report: Value = serde_json::from_str(&repository.report(&from, "json")).unwrap();
    assert_eq!(findings(&report, "secret"), ["types::Thing::access_token"]);
    assert_eq!(findings(&report, "listed_values"), ["types::Color"]);
    assert_eq!(
        findings(&report, "stale_reference"),
        ["README.md:1: `2 operations` are 1 now", "README.md:2: `resources::Things::list` is gone"]
    );
    assert_eq!(
        findings(&report, "shared_anchor"),
        ["openapi/overlay/anchors.yaml:4: &all is used in line 8: define it there first"]
    );
    for (format, line) in [("text", "  types::Thing::access_token\n"), ("markdown", "- `types::Thing::access_token`\n")]
    {
        assert!(repository.report(&from, format).contains(line), "{format}");
    }
}

/// The block below a title in the text of a report.
fn block<'a>(report: &'a str, title: &str) -> &'a str {
    let start = report.find(title).unwrap() + title.len() + 2;
    let block = &report[start..];
    block.split_once("\n\n").map_or(block, |(block, _)| block)
}

#[test]
fn templates_can_be_pasted() {
    let repository = Repository::new();
    let from = repository.describe(&description_with_changes());
    let report = repository.report(&from, "text");
    repository.update(&["--from", &from]).assert().success();
    let names = block(&report, "add to openapi/overlay/names.yaml");
    let words = block(&report, "New and undescribed: fill in and add to an overlay");
    assert!(names.contains("\n    - Things"), "the tag of the nearest path is proposed: {names}");
    repository.write("openapi/overlay/names.yaml", &format!("{NAMES}{names}\n"));
    repository.write("openapi/overlay/things.yaml", &format!("{WORDS}{words}\n"));
    repository.xtask(&["generate-spec"]).assert().success();
    let courier: Value = yaml_serde::from_str(&repository.file("openapi/courier.yaml")).unwrap();
    assert_eq!(courier["paths"]["/things"]["post"]["tags"], json!(["Things"]));

    repository.write("openapi/overlay/names.yaml", &format!("{NAMES}{}\n", names.replace("- Things", "- ''")));
    let refused = error(&mut repository.xtask(&["generate-spec"]));
    assert!(refused.contains("POST /things has an empty tag"), "{refused}");
}

#[test]
fn merge_keys_and_byte_order_marks_are_read() {
    let repository = Repository::new();
    repository.write(
        "openapi/overlay/things.yaml",
        &WORDS.replace(
            "color: {description: Its color.}",
            "color: &color {description: Its color.}\n      size: {<<: *color}",
        ),
    );
    repository.xtask(&["generate-spec"]).assert().success();
    let courier: Value = yaml_serde::from_str(&repository.file("openapi/courier.yaml")).unwrap();
    assert_eq!(courier["components"]["schemas"]["Thing"]["properties"]["size"]["description"], "Its color.");
    for text in [description().to_string(), yaml_serde::to_string(&description()).unwrap()] {
        let marked = format!("\u{feff}{text}");
        let file = repository.write("target/marked", &marked);
        assert_eq!(repository.report(&file, "text"), "Nothing changes for callers.\n");
        assert_eq!(
            repository.report(&serve(http_response("200 OK", &marked)), "text"),
            "Nothing changes for callers.\n"
        );
    }
}

#[test]
fn constant_that_gains_a_value_stays_preset() {
    let repository = Repository::new();
    let kind = |values: Value| {
        let mut document = description();
        let thing = &mut document["components"]["schemas"]["Thing"];
        thing["required"] = json!(["id", "kind"]);
        thing["properties"]["kind"] = json!({"type": "string", "enum": values});
        repository.describe(&document)
    };
    repository.update(&["--from", &kind(json!(["thing"]))]).assert().success();
    for values in [json!(["big", "thing"]), json!(["thing", "small", "big"])] {
        let from = kind(values);
        let report: Value = serde_json::from_str(&repository.report(&from, "json")).unwrap();
        let effects = report["changes"].as_array().unwrap().iter().map(|change| &change["effect"]);
        assert!(effects.clone().count() > 0 && effects.clone().all(|effect| effect == "compatible"), "{report}");
        repository.update(&["--from", &from]).assert().success();
        repository.update(&["--check", "--from", &from]).assert().success();
        let courier: Value = yaml_serde::from_str(&repository.file("openapi/courier.yaml")).unwrap();
        let thing = &courier["components"]["schemas"]["Thing"];
        assert_eq!(
            (&thing["properties"]["kind"]["x-constant"], &thing["required"][1]),
            (&json!("thing"), &json!("kind"))
        );
    }
}

#[test]
fn colliding_names_stop_an_update() {
    let repository = Repository::new();
    let before = repository.files();
    let mut changed = description();
    changed["components"]["schemas"]["Owner"]["properties"]["extra"] = json!({"type": "string"});
    changed["components"]["schemas"]["Owner"]["properties"]["apiKey"] = json!({"type": "string"});
    let from = repository.describe(&changed);
    for arguments in [vec!["--from", &from], vec!["--dry-run", "--format", "json", "--from", &from]] {
        let run = repository.update(&arguments).assert().failure();
        let error = String::from_utf8_lossy(&run.get_output().stderr).into_owned();
        assert!(error.starts_with("error: nothing is written: ") && error.contains("the property `extra`"), "{error}");
        let report = String::from_utf8_lossy(&run.get_output().stdout).into_owned();
        assert!(report.contains("the property `extra` cannot become the field"), "{report}");
    }
    assert_eq!(repository.files(), before);
}

#[test]
fn coming_from_table_is_written_and_checked() {
    let repository = Repository::new();
    let row = "| `client.things.update(thingId, { id })` | `client.things.update(thing_id, id=…)` | \
               `client.things().update(thing_id, id)` | `Thing` | `PUT /things/{thing_id}` |";
    assert!(repository.file("docs/coming-from.md").contains(row));
    repository.xtask(&["generate-spec", "--check"]).assert().success();
    repository.write("docs/coming-from.md", "| by hand |\n");
    let stale = error(&mut repository.xtask(&["generate-spec", "--check"]));
    assert!(stale.contains("docs/coming-from.md is stale: run `cargo xtask generate-spec`"), "{stale}");
    repository.xtask(&["generate-spec"]).assert().success();
    repository.xtask(&["generate-spec", "--check"]).assert().success();
}
