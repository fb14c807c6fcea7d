//! Changes that an API can make, each small: what `cargo xtask update-spec` reports, describes or refuses.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by a panic")]

mod repository;

use std::fs;
use std::path::Path;

use assert_cmd::Command;
use serde_json::{Value, json};

use self::repository::*;

/// The client of the official SDK's generator, with one operation.
fn client(method: &str) -> Vec<(&'static str, String)> {
    let things = format!(
        "from .._resource import SyncAPIResource\nfrom ..types import thing_params\nfrom ..types.thing import Thing\n\n\n\
         class ThingsResource(SyncAPIResource):\n{method}\n"
    );
    let client = include_str!("fixtures/client/courier/_client.py").to_owned();
    let params =
        "from typing_extensions import TypedDict\n\n\nclass ThingParams(TypedDict, total=False):\n    ids: List[str]\n";
    vec![
        ("courier/__init__.py", String::new()),
        ("courier/_version.py", "__version__ = \"2.0.0\"\n".to_owned()),
        ("courier/_client.py", client),
        ("courier/resources/__init__.py", String::new()),
        ("courier/resources/things.py", things),
        ("courier/types/__init__.py", String::new()),
        ("courier/types/thing_params.py", params.to_owned()),
        (
            "courier/types/thing.py",
            "from .._models import BaseModel\n\n\nclass Thing(BaseModel):\n    id: str\n".to_owned(),
        ),
    ]
}

/// A method that calls the API with these parts.
fn method(before: &str, arguments: &str) -> String {
    format!(
        "    def get(self, id: str, *, ids: List[str] | Omit = omit, tenant: str, size: int | Omit = omit) -> Thing:\n\
         {before}        return self._get({arguments})\n"
    )
}

/// Runs `derive.py` on a wheel with these files; its description, or its error.
fn derive(python: &str, files: &[(&str, String)]) -> Result<Value, String> {
    let folder = tempfile::tempdir().unwrap();
    for (path, text) in files {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    let wheel = folder.path().join("client.whl");
    let zip = ["-m", "zipfile", "-c"].map(std::ffi::OsStr::new);
    Command::new(python).args(zip).arg(&wheel).arg(folder.path().join("courier")).assert().success();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("derive/derive.py");
    let output = Command::new(python).arg("-I").arg(script).arg(&wheel).output().unwrap();
    if output.status.success() {
        return Ok(serde_json::from_slice(&output.stdout).unwrap());
    }
    Err(String::from_utf8(output.stderr).unwrap())
}

const CALL: &str = "\"/things\", cast_to=Thing";

#[test]
fn client_is_described_as_it_calls() {
    let Some(python) = python() else { return };
    let query = "\"/things\", options=make_request_options(query=maybe_transform({\"ids\": ids}, thing_params.ThingParams)), cast_to=Thing";
    let headers = "        extra_headers = {\"X-Tenant\": tenant, **strip_not_given({\"X-Size\": str(size) if is_given(size) else not_given}), **(extra_headers or {})}\n";
    let accept =
        |media: &str| format!("        extra_headers = {{\"Accept\": \"{media}\", **(extra_headers or {{}})}}\n");
    let multipart = "\"/things\", body=maybe_transform(body, thing_params.ThingParams), files=files, cast_to=Thing";
    let docstring = "        \"\"\"\n        Gets it.\n\n        Args:\n          ids: Which\n              of them.\n\n          size: How big.\n        \"\"\"\n";
    let deprecated = format!("    @typing_extensions.deprecated(\"no\")\n{}", method("", CALL));
    let nothing = json!(null);
    for (name, method, pointer, expected) in [
        ("deprecated", deprecated, "/deprecated", json!(true)),
        ("live", method("", CALL), "/deprecated", nothing.clone()),
        ("list", method("", query), "/parameters/0/explode", json!(false)),
        (
            "required header",
            method(headers, CALL),
            "/parameters/0",
            json!({"name": "X-Tenant", "in": "header", "required": true, "schema": {"type": "string"}}),
        ),
        (
            "optional header",
            method(headers, CALL),
            "/parameters/1",
            json!({"name": "X-Size", "in": "header", "required": false, "schema": {"type": "integer"}}),
        ),
        (
            "binary",
            method(&accept("application/pdf"), "\"/things\", cast_to=BinaryAPIResponse"),
            "/responses/200/content",
            json!({"application/pdf": {"schema": {"type": "string", "format": "binary"}}}),
        ),
        (
            "text",
            method(&accept("text/csv"), "\"/things\", cast_to=str"),
            "/responses/200/content",
            json!({"text/csv": {"schema": {"type": "string"}}}),
        ),
        (
            "stream",
            method("", "\"/things\", cast_to=Thing, stream=True, stream_cls=Stream[Thing]"),
            "/responses/200/content/text~1event-stream/schema/$ref",
            json!("#/components/schemas/Thing"),
        ),
        (
            "stream alone",
            method("", "\"/things\", cast_to=Thing, stream=True, stream_cls=Stream[Thing]"),
            "/responses/200/content/application~1json",
            nothing.clone(),
        ),
        (
            "files",
            method("", multipart),
            "/requestBody/content/multipart~1form-data/schema/$ref",
            json!("#/components/schemas/ThingRequest"),
        ),
        (
            "list of bodies",
            method("", "\"/things\", body=maybe_transform(ids, Iterable[str]), cast_to=Thing"),
            "/requestBody/content/application~1json/schema",
            json!({"type": "array", "items": {"type": "string"}}),
        ),
        (
            "nothing",
            method(&accept("*/*"), "\"/things\", cast_to=NoneType"),
            "/responses",
            json!({"204": {"description": ""}}),
        ),
        ("prose", method(docstring, CALL), "/description", json!("Gets it.")),
        ("prose of a parameter", method(docstring, query), "/parameters/0/description", json!("Which of them.")),
    ] {
        let document = derive(python, &client(&method)).unwrap_or_else(|error| panic!("{name}: {error}"));
        let found = document["paths"]["/things"]["get"].pointer(pointer).unwrap_or(&nothing);
        assert_eq!(found, &expected, "{name}: {document:#}");
    }
    for (name, arguments) in [
        ("f-string", "f\"/things/{id}\", cast_to=Thing"),
        ("template", "path_template(\"/things/{id}\", id=id), cast_to=Thing"),
    ] {
        let document = derive(python, &client(&method("", arguments))).unwrap();
        assert_eq!(document["paths"]["/things/{id}"]["get"]["parameters"][0]["name"], "id", "{name}");
    }
}

#[test]
fn annotations_of_every_kind_are_described() {
    let Some(python) = python() else { return };
    for (annotation, expected) in [
        ("builtins.str", json!({"type": "string"})),
        ("datetime.datetime", json!({"type": "string", "format": "date-time"})),
        ("FileTypes", json!({"type": "string", "format": "binary"})),
        ("Literal[\"a\", None]", json!({"type": "string", "enum": ["a"]})),
        ("typing.List[int]", json!({"type": "array", "items": {"type": "integer"}})),
    ] {
        let mut files = client(&method("", CALL));
        files[7].1 = format!("class Thing(BaseModel):\n    id: {annotation}\n    \"\"\"The\n    id.\"\"\"\n");
        let document = derive(python, &files).unwrap_or_else(|error| panic!("{annotation}: {error}"));
        let mut id = document["components"]["schemas"]["Thing"]["properties"]["id"].clone();
        assert_eq!(id.as_object_mut().unwrap().shift_remove("description"), Some(json!("The id.")), "{annotation}");
        id.as_object_mut().unwrap().shift_remove("nullable");
        assert_eq!(id, expected, "{annotation}");
    }
}

#[test]
fn client_beyond_derive_is_refused_by_operation() {
    let Some(python) = python() else { return };
    let with = |index: usize, text: &str| {
        let mut files = client(&method("", CALL));
        files[index].1 = text.to_owned();
        files
    };
    let client_with = |old: &str, new: &str| {
        let text = include_str!("fixtures/client/courier/_client.py");
        assert!(text.contains(old), "{old}");
        with(2, &text.replace(old, new))
    };
    let thing = |annotation: &str| with(7, &format!("class Thing(BaseModel):\n    id: {annotation}\n"));
    let called = |before: &str, arguments: &str| client(&method(before, arguments));
    let operation = "courier/resources/things.py:7: `things.get`: ";
    let list = method("", CALL).replace("_get(", "_get_api_list(");
    let twice = method("        self._get(\"/others\")\n", CALL);
    for (name, files, expected) in [
        ("paging helper", client(&list), format!("{operation}it calls self._get_api_list where one of")),
        ("two calls", client(&twice), format!("{operation}it calls self._get, self._get where one of")),
        ("no call", client("    def get(self):\n        pass\n"), format!("{operation}it calls nothing where one of")),
        (
            "decorator",
            client(&format!("    @cached\n{}", method("", CALL))),
            "courier/resources/things.py:8: `things.get`: it has the decorators cached".to_owned(),
        ),
        (
            "argument",
            called("", "\"/things\", cast_to=Thing, page=Thing"),
            format!("{operation}its call has the arguments page"),
        ),
        (
            "header",
            called("        extra_headers = {\"X-Now\": now(), **(extra_headers or {})}\n", CALL),
            format!("{operation}the header X-Now is now()"),
        ),
        (
            "headers",
            called("        extra_headers = merge(extra_headers)\n", CALL),
            format!("{operation}its headers are merge(extra_headers)"),
        ),
        (
            "files alone",
            called("", "\"/things\", files=files, cast_to=Thing"),
            format!("{operation}it sends files without a body"),
        ),
        ("path", called("", "path_of(self), cast_to=Thing"), format!("{operation}AttributeError: ")),
        (
            "address",
            called("", "\"https://other.com/things\", cast_to=Thing"),
            format!("{operation}its path is https://other.com/things"),
        ),
        ("annotation", thing("httpx.URL"), format!("{operation}the annotation httpx.URL")),
        ("enum", thing("Literal[1, \"a\"]"), format!("{operation}the annotation Literal[1, 'a']")),
        ("syntax", with(7, "class Thing(:\n"), "courier/types/thing.py:1: Python 3.".to_owned()),
        ("no client", with(2, ""), "courier/_client.py: courier/_client.py has no class Courier".to_owned()),
        (
            "key",
            client_with("\"Authorization\": f\"Bearer {api_key}\"", "\"Authorization\": f\"Basic {api_key}\""),
            "courier/_client.py: the authorization is Authorization: f'Basic {api_key}'".to_owned(),
        ),
        (
            "two keys",
            client_with("\"Authorization\": f\"Bearer {api_key}\"", "\"A\": api_key, \"B\": api_key"),
            "courier/_client.py: the authorization is A, B".to_owned(),
        ),
        (
            "every call",
            client_with("\"X-Stainless-Async\": \"false\"", "\"Courier-Version\": \"2\""),
            "courier/_client.py: every call sends 'Courier-Version'".to_owned(),
        ),
    ] {
        let error = derive(python, &files).err().unwrap_or_else(|| panic!("{name} is described"));
        assert!(error.starts_with(&expected), "{name}: {error}");
        assert_eq!(error.lines().count(), 1, "{name}: {error}");
    }
    let lists = client_with("comma", "brackets");
    let query = "\"/things\", options=make_request_options(query=maybe_transform({\"ids\": ids}, thing_params.ThingParams)), cast_to=Thing";
    let files =
        [vec![lists[2].clone()], called("", query).into_iter().filter(|file| file.0 != lists[2].0).collect()].concat();
    let error = derive(python, &files).unwrap_err();
    assert!(error.contains("`things.get`: lists in a query have the format ['brackets']"), "{error}");
}

#[test]
fn base_url_and_key_come_from_the_client() {
    let Some(python) = python() else { return };
    let mut files = client(&method("", CALL));
    files[2].1 = files[2]
        .1
        .replace("https://api.courier.com", "https://eu.courier.com")
        .replace("\"Authorization\": f\"Bearer {api_key}\"", "\"X-Key\": api_key");
    let document = derive(python, &files).unwrap();
    assert_eq!(document["servers"], json!([{"url": "https://eu.courier.com"}]));
    assert_eq!(
        document["components"]["securitySchemes"],
        json!({"ApiKeyAuth": {"type": "apiKey", "in": "header", "name": "X-Key"}})
    );
}
