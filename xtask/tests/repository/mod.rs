//! A temporary repository in which `cargo xtask` runs, and the descriptions that it follows.

#![allow(dead_code, reason = "each test uses a part of it")]

use std::collections::BTreeMap;
use std::fs;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::thread;

use assert_cmd::Command;
use serde_json::{Value, json};
use tempfile::TempDir;

pub const NAMES: &str = "\
overlay: 1.0.0
info: {title: Names, version: 1.0.0}
actions:
- target: $.paths[*][*].tags
  remove: true
- target: $.paths['/things'].get
  update: {operationId: things_list, x-method: things.list, tags: [Things]}
- target: $.paths['/things/{thing_id}'].put
  update: {operationId: things_update, x-method: things.update, tags: [Things]}
";

pub const WORDS: &str = "\
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
      color: {description: Its color.}
";

/// A description of two operations and four schemas.
pub fn description() -> Value {
    let responses = |schema: &str| json!({"200": {"description": "OK", "content": {"application/json": {"schema": {"$ref": format!("#/components/schemas/{schema}")}}}}});
    json!({
        "openapi": "3.0.3",
        "info": {"title": "Things", "version": "1"},
        "paths": {
            "/things": {"get": {
                "operationId": "listThings", "tags": ["Thing"],
                "parameters": [{"name": "cursor", "in": "query", "schema": {"type": "string"}}],
                "responses": responses("ThingPage")
            }},
            "/things/{thing_id}": {"put": {
                "operationId": "updateThing", "tags": ["Thing"],
                "parameters": [{"name": "thing_id", "in": "path", "required": true, "schema": {"type": "string"}}],
                "requestBody": {"required": true, "content": {"application/json": {"schema": {"$ref": "#/components/schemas/Thing"}}}},
                "responses": responses("Thing")
            }}
        },
        "components": {"schemas": {
            "ThingPage": {"type": "object", "properties": {
                "cursor": {"type": "string"},
                "items": {"type": "array", "items": {"$ref": "#/components/schemas/Thing"}}
            }},
            "Thing": {"type": "object", "required": ["id"], "properties": {
                "id": {"type": "string"},
                "size": {"type": "integer"},
                "color": {"$ref": "#/components/schemas/Color"},
                "owner": {"$ref": "#/components/schemas/Owner"}
            }},
            "Color": {"type": "string", "enum": ["RED", "BLUE"]},
            "Owner": {"type": "object", "properties": {"name": {"type": "string"}}}
        }}
    })
}

/// The same, with an additional operation, property, required property and enum value.
pub fn description_with_changes() -> Value {
    let mut changed = description();
    changed["paths"]["/things"]["post"] = json!({
        "operationId": "createThing", "tags": ["Thing"],
        "requestBody": {"content": {"application/json": {"schema": {
            "type": "object", "properties": {"thing": {"$ref": "#/components/schemas/Thing"}}
        }}}},
        "responses": {"201": {"description": ""}}
    });
    let schemas = changed["components"]["schemas"].as_object_mut().unwrap();
    schemas["Owner"]["properties"]["email"] = json!({"type": "string"});
    schemas["Thing"]["required"] = json!(["id", "size"]);
    schemas["Color"]["enum"] = json!(["RED", "BLUE", "GREEN"]);
    changed
}

/// Renames a component everywhere.
pub fn renamed(description: &Value, old: &str, new: &str) -> Value {
    let text = description.to_string().replace(&format!("schemas/{old}\""), &format!("schemas/{new}\""));
    let mut renamed: Value =
        serde_json::from_str(&text.replace(&format!("\"{old}\":"), &format!("\"{new}\":"))).unwrap();
    renamed["info"]["title"] = json!("Things");
    renamed
}

/// A repository whose description is [`description`].
pub struct Repository {
    pub folder: TempDir,
}

impl Repository {
    pub fn new() -> Self {
        let repository = Self { folder: tempfile::tempdir().unwrap() };
        repository.write(
            "Cargo.toml",
            "[package]\nname = \"things\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n[workspace]\n",
        );
        repository.write("src/lib.rs", "");
        repository.write("openapi/overlay/names.yaml", NAMES);
        repository.write("openapi/overlay/things.yaml", WORDS);
        let empty = "openapi: 3.0.3\ninfo: {title: Things, version: '1'}\npaths: {}\n";
        repository.write("openapi/upstream.yaml", empty);
        repository.write("openapi/courier.yaml", empty);
        repository.write("docs/coming-from.md", "");
        repository.update(&["--from", &repository.describe(&description())]).assert().success();
        repository
    }

    pub fn write(&self, path: &str, text: &str) -> String {
        let path = self.folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        path.display().to_string()
    }

    /// Writes a description outside of `openapi`, and returns its path.
    pub fn describe(&self, description: &Value) -> String {
        self.write("target/description.json", &description.to_string())
    }

    pub fn xtask(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_xtask"));
        command.args(arguments).arg("--repository").arg(self.folder.path());
        command.env("CARGO_TARGET_DIR", self.folder.path().join("target"));
        command
    }

    pub fn update(&self, arguments: &[&str]) -> Command {
        let mut command = self.xtask(&["update-spec"]);
        command.args(arguments);
        command
    }

    /// The report of a dry run as JSON.
    pub fn json_report(&self, description: &Value) -> Value {
        serde_json::from_str(&self.report(&self.describe(description), "json")).unwrap()
    }

    /// The report of a dry run, from standard output.
    pub fn report(&self, from: &str, format: &str) -> String {
        let run = self.update(&["--dry-run", "--from", from, "--format", format]).assert().success();
        String::from_utf8(run.get_output().stdout.clone()).unwrap()
    }

    /// The files that a maintainer would commit.
    pub fn files(&self) -> BTreeMap<String, String> {
        let folder = self.folder.path().join("openapi");
        let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).filter(|path| path.is_file());
        entries.map(|path| (path.display().to_string(), fs::read_to_string(&path).unwrap())).collect()
    }

    pub fn file(&self, path: &str) -> String {
        fs::read_to_string(self.folder.path().join(path)).unwrap()
    }
}

/// Responds to every request on this machine with the same bytes, and returns the address.
pub fn serve(response: Vec<u8>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = format!("http://{}/openapi.yml", listener.local_addr().unwrap());
    thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut request = [0; 4096];
            let _ = stream.read(&mut request);
            let _ = stream.write_all(&response);
        }
    });
    address
}

pub fn http_response(head: &str, body: &str) -> Vec<u8> {
    let length = body.len();
    format!("HTTP/1.1 {head}\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n{body}").into_bytes()
}

/// The texts of the findings in a section of a report.
pub fn findings(report: &Value, section: &str) -> Vec<String> {
    let findings = report["findings"].as_array().unwrap().iter().filter(|finding| finding["section"] == section);
    findings.map(|finding| finding["text"].as_str().unwrap().to_owned()).collect()
}

pub fn error(command: &mut Command) -> String {
    let run = command.assert().failure();
    String::from_utf8(run.get_output().stderr.clone()).unwrap()
}

/// The Python that the tests of releases need. Without it these tests are skipped.
pub fn python() -> Option<&'static str> {
    let has_pip = |python: &&str| {
        let arguments = ["-c", "import sys; sys.exit(sys.version_info < (3, 9) or __import__('pip') is None)"];
        Command::new(python).args(arguments).output().is_ok_and(|output| output.status.success())
    };
    let found = ["python3", "python", "py"].into_iter().find(has_pip);
    if found.is_none() {
        eprintln!("left out: there is no Python with pip here");
    }
    found
}
