//! `cargo xtask update-spec` on a repository of its own, with descriptions from files and over HTTP.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "that is how a test fails")]

use std::collections::BTreeMap;
use std::fs;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::path::Path;
use std::thread;

use assert_cmd::Command;
use serde_json::{Value, json};
use tempfile::TempDir;

const NAMES: &str = "\
overlay: 1.0.0
info: {title: Names, version: 1.0.0}
actions:
- target: $.paths[*][*].tags
  remove: true
- target: $.paths['/things'].get
  update: {operationId: things_list, tags: [Things]}
- target: $.paths['/things/{thing_id}'].put
  update: {operationId: things_update, tags: [Things]}
";

const WORDS: &str = "\
overlay: 1.0.0
info: {title: Words, version: 1.0.0}
actions:
- target: $.paths['/things'].get
  update: {summary: List things, description: All of them.}
- target: $.paths['/things/{thing_id}'].put
  update: {summary: Change a thing, description: All of it.}
- target: $.components.schemas.Thing
  update:
    description: A thing.
    properties:
      colour: {description: Its colour.}
";

/// A description of two operations and four schemas.
fn description() -> Value {
    let answer = |schema: &str| json!({"200": {"description": "OK", "content": {"application/json": {"schema": {"$ref": format!("#/components/schemas/{schema}")}}}}});
    json!({
        "openapi": "3.0.3",
        "info": {"title": "Things", "version": "1"},
        "paths": {
            "/things": {"get": {
                "operationId": "listThings", "tags": ["Thing"],
                "parameters": [{"name": "cursor", "in": "query", "schema": {"type": "string"}}],
                "responses": answer("ThingPage")
            }},
            "/things/{thing_id}": {"put": {
                "operationId": "updateThing", "tags": ["Thing"],
                "parameters": [{"name": "thing_id", "in": "path", "required": true, "schema": {"type": "string"}}],
                "requestBody": {"required": true, "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Thing"}}}},
                "responses": answer("Thing")
            }}
        },
        "components": {"schemas": {
            "ThingPage": {"type": "object", "properties": {
                "items": {"type": "array", "items": {"$ref": "#/components/schemas/Thing"}}
            }},
            "Thing": {"type": "object", "required": ["id"], "properties": {
                "id": {"type": "string"},
                "size": {"type": "integer"},
                "colour": {"$ref": "#/components/schemas/Colour"},
                "owner": {"$ref": "#/components/schemas/Owner"}
            }},
            "Colour": {"type": "string", "enum": ["RED", "BLUE"]},
            "Owner": {"type": "object", "properties": {"name": {"type": "string"}}}
        }}
    })
}

/// The same with one operation, one property, one required property and one enum value more, and a schema renamed.
fn description_with_five_changes() -> Value {
    let text = description().to_string().replace("schemas/Owner", "schemas/Proprietor");
    let mut changed: Value = serde_json::from_str(&text).unwrap();
    changed["paths"]["/things"]["post"] = json!({
        "operationId": "createThing", "tags": ["Thing"],
        "requestBody": {"content": {"application/json": {"schema": {
            "type": "object", "properties": {"thing": {"$ref": "#/components/schemas/Thing"}}
        }}}},
        "responses": {"201": {"description": ""}}
    });
    let schemas = changed["components"]["schemas"].as_object_mut().unwrap();
    let owner = schemas.remove("Owner").unwrap();
    schemas.insert("Proprietor".to_owned(), owner);
    schemas["Proprietor"]["properties"]["email"] = json!({"type": "string"});
    schemas["Thing"]["required"] = json!(["id", "size"]);
    schemas["Colour"]["enum"] = json!(["RED", "BLUE", "GREEN"]);
    changed
}

/// A repository whose description is [`description`].
struct Repository {
    folder: TempDir,
}

impl Repository {
    fn new() -> Self {
        let repository = Self { folder: tempfile::tempdir().unwrap() };
        repository.write(
            "Cargo.toml",
            "[package]\nname = \"things\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n[workspace]\n",
        );
        repository.write("src/lib.rs", "");
        repository.write("openapi/overlay/names.yaml", NAMES);
        repository.write("openapi/overlay/things.yaml", WORDS);
        repository.write("openapi/upstream.yaml", "openapi: 3.0.3\npaths: {}\n");
        repository.write("openapi/courier.yaml", "openapi: 3.0.3\npaths: {}\n");
        repository.update(&["--no-verify", "--from", &repository.describe(&description())]).assert().success();
        repository
    }

    fn write(&self, path: &str, text: &str) -> String {
        let path = self.folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        path.display().to_string()
    }

    /// Writes a description outside of `openapi`, and says where.
    fn describe(&self, description: &Value) -> String {
        self.write("target/description.json", &description.to_string())
    }

    fn xtask(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
        command.args(arguments).arg("--repository").arg(self.folder.path());
        command.env("CARGO_TARGET_DIR", self.folder.path().join("target"));
        command
    }

    fn update(&self, arguments: &[&str]) -> Command {
        let mut command = self.xtask(&["update-spec"]);
        command.args(arguments);
        command
    }

    /// The report of a dry run, as it is on standard output.
    fn report(&self, from: &str, format: &str) -> String {
        let run = self.update(&["--dry-run", "--from", from, "--format", format]).assert().success();
        String::from_utf8(run.get_output().stdout.clone()).unwrap()
    }

    /// The files that a maintainer would commit.
    fn files(&self) -> BTreeMap<String, String> {
        let folder = self.folder.path().join("openapi");
        let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_file());
        entries.map(|path| (path.display().to_string(), fs::read_to_string(&path).unwrap())).collect()
    }

    fn file(&self, path: &str) -> String {
        fs::read_to_string(self.folder.path().join(path)).unwrap()
    }
}

/// Answers every request on this machine with the same bytes, and says at what address.
fn serve(answer: Vec<u8>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}/openapi.yml", listener.local_addr().unwrap());
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut request = [0; 4096];
            let _ = stream.read(&mut request);
            let _ = stream.write_all(&answer);
        }
    });
    address
}

fn answer(head: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!("HTTP/1.1 {head}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}").into_bytes()
}

fn error(command: &mut Command) -> String {
    let run = command.assert().failure();
    String::from_utf8(run.get_output().stderr.clone()).unwrap()
}

#[test]
fn five_changes_are_five_lines_each_rightly_marked() {
    let repository = Repository::new();
    let from = repository.describe(&description_with_five_changes());
    let report: Value = serde_json::from_str(&repository.report(&from, "json")).unwrap();
    assert_eq!(
        report["changes"],
        json!([
            {"subject": "operation", "effect": "compatible", "rust": "Client::create_thing", "what": "added: POST /things"},
            {"subject": "property", "effect": "breaking", "rust": "types::Thing::size", "what": "made required"},
            {"subject": "value", "effect": "compatible", "rust": "types::Colour::Green", "what": "value `GREEN` added"},
            {"subject": "property", "effect": "compatible", "rust": "types::Owner::email", "what": "optional property added"},
            {"subject": "name", "effect": "compatible", "rust": "types::Owner", "what": "keeps its name; Courier calls it Proprietor now"},
        ])
    );
    assert_eq!((&report["bump"], &report["next_version"]), (&json!("minor"), &json!("0.2.0")));
    assert_eq!(report["unreachable"], json!([]));
    insta::assert_snapshot!("text", repository.report(&from, "text"));
    insta::assert_snapshot!("markdown", repository.report(&from, "markdown"));
}

#[test]
fn a_file_and_the_same_over_http_as_json_or_yaml_give_the_same_report() {
    let repository = Repository::new();
    let changed = description_with_five_changes();
    let expected = repository.report(&repository.describe(&changed), "text");
    let yaml = yaml_serde::to_string(&changed).unwrap();
    for (content_type, body) in [("application/json", changed.to_string()), ("text/plain; charset=utf-8", yaml)] {
        let address = serve(answer(&format!("200 OK\r\nContent-Type: {content_type}"), &body));
        assert_eq!(repository.report(&address, "text"), expected, "{content_type}");
    }
    let address = serve(answer("200 OK", &changed.to_string()));
    repository.write("openapi/source.yaml", &format!("url: {address}\n"));
    let run = repository.update(&["--dry-run"]).assert().success();
    assert_eq!(String::from_utf8_lossy(&run.get_output().stdout), expected);
}

#[test]
fn applied_once_it_is_the_newest_and_twice_changes_nothing() {
    let repository = Repository::new();
    let before = repository.files();
    let from = repository.describe(&description_with_five_changes());
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
    repository.xtask(&["generate-spec", "--check"]).assert().success();
}

#[test]
fn names_are_kept_by_place_however_upstream_writes_it() {
    let repository = Repository::new();
    let before = repository.file("openapi/courier.yaml");
    let mut changed = description();
    // A path parameter by another name, an inlined schema, a composed one, a choice of one, and 3.1.
    let path = changed["paths"].as_object_mut().unwrap().shift_remove("/things/{thing_id}").unwrap();
    changed["paths"]["/things/{thingId}"] = path;
    changed["paths"]["/things/{thingId}"]["put"]["parameters"][0]["name"] = json!("thingId");
    changed["openapi"] = json!("3.1.0");
    let schemas = changed["components"]["schemas"].as_object_mut().unwrap();
    let owner = schemas.shift_remove("Owner").unwrap();
    let mut thing = schemas.shift_remove("Thing").unwrap();
    thing["properties"]["owner"] = json!({"anyOf": [owner, {"type": "null"}]});
    schemas.insert("ThingBase".to_owned(), thing);
    schemas.insert(
        "Thing".to_owned(),
        json!({"oneOf": [{"allOf": [{"$ref": "#/components/schemas/ThingBase"}, {"type": "object"}]}]}),
    );
    let from = repository.describe(&changed);
    assert_eq!(repository.report(&from, "text"), "Nothing changes for callers.\n");
    repository.update(&["--no-verify", "--from", &from]).assert().success();
    let (before, after): (Value, Value) = (
        yaml_serde::from_str(&before).unwrap(),
        yaml_serde::from_str(&repository.file("openapi/courier.yaml")).unwrap(),
    );
    assert_eq!(after["paths"], before["paths"]);
    assert_eq!(after["components"]["schemas"], before["components"]["schemas"]);
}

#[test]
fn an_overlay_target_that_is_gone_is_reported_by_line_and_stops_generate_spec_alone() {
    let repository = Repository::new();
    let mut changed = description();
    changed["paths"].as_object_mut().unwrap().shift_remove("/things");
    changed["components"]["schemas"]["Thing"]["properties"].as_object_mut().unwrap().shift_remove("colour");
    let from = repository.describe(&changed);
    let report: Value = serde_json::from_str(&repository.report(&from, "json")).unwrap();
    assert_eq!(
        report["gone"],
        json!([
            {"file": "openapi/overlay/names.yaml", "line": 6, "target": "$.paths['/things'].get"},
            {"file": "openapi/overlay/things.yaml", "line": 4, "target": "$.paths['/things'].get"},
            {"file": "openapi/overlay/things.yaml", "line": 8, "target": "/components/schemas/Thing/properties/colour"},
        ])
    );
    assert_eq!(report["unreachable"], json!(["types::ThingPage", "types::Colour"]));
    repository.update(&["--no-verify", "--from", &from]).assert().success();
    let strict = error(&mut repository.xtask(&["generate-spec"]));
    assert!(strict.contains("openapi/overlay/names.yaml:6: $.paths['/things'].get matches nothing"), "{strict}");
}

#[test]
fn each_bad_source_is_one_sentence_and_leaves_the_repository_alone() {
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
        (serve(answer("200 OK\r\nContent-Type: text/html", html)), page),
        (serve(answer("200 OK\r\nContent-Type: text/plain", html)), page),
        (serve(answer("404 Not Found", "")), "there is nothing at this address (404 Not Found)"),
        (serve(answer("503 Service Unavailable", "")), "the server answered 503 Service Unavailable"),
        (
            serve(answer("200 OK\r\nContent-Type: image/png", "PNG")),
            "it has the content type image/png where YAML or JSON was expected",
        ),
        (serve(answer("302 Found\r\nLocation: /again", "")), "it redirects more than 5 times"),
        (serve(short.into_bytes()), "the download was cut off before its end"),
        (serve(b"HTTP/1.1 200 OK\r\nContent-Length: 99999999\r\n\r\n".to_vec()), "it is larger than 33554432 bytes"),
        (serve(answer("200 OK", "")), "it is empty"),
        (file("none", "name: things\n"), "not an OpenAPI document: there is no `openapi` version at the top"),
        (file("swagger", "swagger: '2.0'\n"), "not an OpenAPI 3 document but a Swagger"),
        (file("operations", "openapi: 3.1.0\npaths: {}\n"), "it is OpenAPI but describes no operation"),
        (
            file("references", &whole[..cut]),
            "3 references lead nowhere, as in a file that was cut off; the first, in line 22, is from /paths/~1things/get/responses/",
        ),
        (file("brackets", &description().to_string()[..900]), "it was cut off: it ends in the middle, in line 1"),
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
fn a_crate_that_does_not_compile_keeps_its_description() {
    let repository = Repository::new();
    let before = repository.files();
    repository.write("src/lib.rs", "this is not Rust");
    let from = repository.describe(&description_with_five_changes());
    let refused = error(&mut repository.update(&["--from", &from]));
    assert!(refused.contains("the files are as they were; `--no-verify` keeps the new ones"), "{refused}");
    assert_eq!(repository.files(), before);
}

#[test]
fn the_commands_explain_themselves() {
    let help = |arguments: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_xtask")).args(arguments).output().unwrap();
        String::from_utf8(output.stdout).unwrap() + &String::from_utf8(output.stderr).unwrap()
    };
    for command in ["generate-spec", "update-spec", "check-docs"] {
        assert!(help(&[]).contains(command), "{command}");
        assert!(help(&[command, "--help"]).contains("Usage: cargo xtask"), "{command}");
    }
    let update = help(&["update-spec", "--help"]);
    for option in ["--from <URL|FILE>", "--check", "--dry-run", "--format <FORMAT>", "--no-verify"] {
        assert!(update.contains(option), "{option}");
    }
    assert!(Path::new(env!("CARGO_MANIFEST_DIR")).join("../openapi/source.yaml").exists());
}
