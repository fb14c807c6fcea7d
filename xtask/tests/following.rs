//! Changes that an API can make, each small: what `cargo xtask update-spec` reports, describes or refuses.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, clippy::panic, reason = "a test fails by a panic")]

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
        ("Union[str, date]", json!({"type": "string", "format": "date"})),
        ("Optional[str] = FieldInfo(None)", json!({"type": "string"})),
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
        ("negative value", thing("Literal[-1]"), format!("{operation}the annotation Literal[-1]")),
        (
            "factory",
            thing("List[str] = FieldInfo(default_factory=list)"),
            format!("{operation}the field id is FieldInfo("),
        ),
        (
            "computed alias",
            thing("str = FieldInfo(alias=NAME)"),
            format!("{operation}the field id is FieldInfo(alias=NAME)"),
        ),
        (
            "format",
            thing("Annotated[str, PropertyInfo(format=\"custom\")]"),
            format!("{operation}the annotation Annotated[str, PropertyInfo(format='custom')]"),
        ),
        (
            "generated aliases",
            with(7, "class Thing(BaseModel):\n    model_config = ConfigDict(alias_generator=camel)\n    id: str\n"),
            format!("{operation}Thing generates the names of its fields"),
        ),
        (
            "conditional field",
            with(7, "class Thing(BaseModel):\n    id: str\n    if NEW:\n        age: int\n"),
            format!("{operation}Thing has fields under a condition"),
        ),
        (
            "base",
            with(7, "class Thing(RootModel[str]):\n    pass\n"),
            format!("{operation}Thing inherits from RootModel[str]"),
        ),
        (
            "enum class",
            with(7, "class Thing(enum.StrEnum):\n    A = \"a\"\n"),
            format!("{operation}Thing inherits from enum.StrEnum"),
        ),
        ("no response", called("", "\"/things\""), format!("{operation}its call has no `cast_to`")),
        (
            "options",
            called("", "\"/things\", options={\"params\": {\"id\": id}}, cast_to=Thing"),
            format!("{operation}its options are {{'params': {{'id': id}}}}"),
        ),
        (
            "option",
            called("", "\"/things\", options=make_request_options(extra_query={\"beta\": 1}), cast_to=Thing"),
            format!("{operation}its options have extra_query={{'beta': 1}}"),
        ),
        (
            "constant in the query",
            called(
                "",
                "\"/things\", options=make_request_options(query=maybe_transform({\"beta\": 1}, thing_params.ThingParams)), cast_to=Thing",
            ),
            format!("{operation}it sends beta, which ThingParams does not have"),
        ),
        (
            "changed headers",
            called("        extra_headers.update({\"X-Now\": tenant})\n", CALL),
            format!("{operation}its headers change in extra_headers.update"),
        ),
        (
            "client",
            client_with(
                "    @property\n    def qs",
                "    def ping(self):\n        return self._get(\"/ping\", cast_to=str)\n\n    @property\n    def qs",
            ),
            "courier/_client.py:12: self._get calls the API, and is not in a method of a resource".to_owned(),
        ),
        (
            "other class",
            client(&format!("{}\n\nclass Extra(SyncAPIResource):\n{}", method("", CALL), method("", CALL))),
            "courier/resources/things.py:13: self._get calls the API, and is not".to_owned(),
        ),
        (
            "asynchronous alone",
            client(&format!("{}\n\nclass AsyncThings:\n{}", method("", CALL), method("", "\"/other\", cast_to=Thing"))),
            "courier/resources/things.py:13: self._get calls the API, and is not".to_owned(),
        ),
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

const TYPES: &str = "\
overlay: 1.0.0
info: {}
actions:
- target: $.components.schemas.ThingPage.properties.items.items
  update: {$ref: '#/components/schemas/Part'}
- target: $.components.schemas.Owner.properties.kind
  remove: true
- target: $.components.schemas.Owner.properties
  update: {kind: {allOf: [{$ref: '#/components/schemas/Kind'}]}}
- target: $.components.schemas
  update: {Kind: {type: string, enum: [big, small]}}
- target: $.components.schemas.Owner.properties.version
  update: {enum: ['1']}
";

const CORRECTIONS: &str = "\
overlay: 1.0.0
info: {}
actions:
- target: $.components.schemas.Thing.properties.created
  update: {format: milliseconds}
- target: $.components.schemas.Thing.properties.data
  update: {type: object, additionalProperties: true}
- target: $.components.schemas.Owner.properties.settings
  update: {x-sensitive: true}
- target: $.components.schemas.Owner.properties.pin
  update: {format: password}
- target: $.paths['/things'].get
  update: {parameters: [{name: X-Key, in: header, required: false, schema: {type: string}}]}
- target: $.components.schemas
  update: {Report: {type: object, properties: {owner: {$ref: '#/components/schemas/Owner'}}}}
- target: $.components.schemas.Thing.properties
  update: {report: {$ref: '#/components/schemas/Report'}}
";

/// A description with something of everything that the overlays correct, and a repository that follows it.
fn corrected() -> (Repository, Value) {
    let repository = Repository::new();
    let mut document = description();
    let schemas = document["components"]["schemas"].as_object_mut().unwrap();
    schemas.insert("Part".to_owned(), json!({"type": "object", "properties": {"size": {"type": "integer"}}}));
    schemas["ThingPage"]["properties"]["items"]["items"] = json!({"$ref": "#/components/schemas/Row"});
    schemas.insert("Row".to_owned(), json!({"type": "object", "properties": {"id": {"type": "string"}}}));
    let thing = schemas["Thing"]["properties"].as_object_mut().unwrap();
    thing.insert("created".to_owned(), json!({"type": "integer"}));
    thing.insert("data".to_owned(), json!({}));
    thing.insert("part".to_owned(), json!({"$ref": "#/components/schemas/Part"}));
    schemas["Owner"]["properties"] = json!({
        "name": {"type": "string"}, "kind": {"type": "string", "enum": ["big", "small"]}, "version": {"type": "string"},
        "settings": {"type": "object", "additionalProperties": true}, "pin": {"type": "string"}
    });
    schemas["Owner"]["required"] = json!(["version"]);
    repository.write("openapi/overlay/types.yaml", TYPES);
    repository.write("openapi/overlay/corrections.yaml", CORRECTIONS);
    repository.update(&["--from", &repository.describe(&document)]).assert().success();
    assert_eq!(repository.report(&repository.describe(&document), "text"), "Nothing changes for callers.\n");
    (repository, document)
}

#[test]
fn each_change_is_in_the_report() {
    let (repository, document) = corrected();
    let list = "/paths/~1things/get";
    let schema = |pointer: &str| format!("/components/schemas/{pointer}");
    let set = |name: &'static str, pointer: String, value: Value, section: &'static str, expected: &'static str| {
        (name, pointer, value, section, expected)
    };
    let string = json!({"type": "string"});
    for (name, pointer, value, section, expected) in [
        // Behind an overlay.
        set(
            "row",
            schema("Row/properties/preview"),
            string.clone(),
            "replaced_value",
            "the overlays: /components/schemas/Row differs in `preview`",
        ),
        set(
            "row type",
            schema("Row/properties/id/type"),
            json!("integer"),
            "replaced_value",
            "the overlays: /components/schemas/Row differs in `id`",
        ),
        set(
            "enum",
            schema("Owner/properties/kind/enum"),
            json!(["big", "small", "huge"]),
            "replaced_value",
            "the overlays: /components/schemas/OwnerKind differs in `enum`",
        ),
        set(
            "unit",
            schema("Thing/properties/created/format"),
            json!("unix-time"),
            "replaced_value",
            "openapi/overlay/corrections.yaml:4: /components/schemas/Thing/properties/created/format is \"unix-time\", was nothing",
        ),
        set(
            "list",
            schema("Thing/properties/data"),
            json!({"type": "array", "items": {}}),
            "replaced_value",
            "openapi/overlay/corrections.yaml:6: /components/schemas/Thing/properties/data/type is \"array\", was nothing",
        ),
        set(
            "reference",
            schema("ThingPage/properties/items/items"),
            json!({"$ref": "#/components/schemas/Owner"}),
            "replaced_value",
            "openapi/overlay/types.yaml:4: /components/schemas/ThingPage/properties/items/items differs in `$ref`",
        ),
        set(
            "own value",
            schema("Owner/properties/version/enum"),
            json!(["1"]),
            "superfluous_correction",
            "openapi/overlay/types.yaml:12: $.components.schemas.Owner.properties.version.enum now has \"1\" itself",
        ),
        set(
            "own header",
            format!("{list}/parameters/1"),
            json!({"name": "x-key", "in": "header", "schema": {"type": "string"}}),
            "superfluous_correction",
            "openapi/overlay/corrections.yaml:12: $.paths['/things'].get.parameters now has ",
        ),
        // Secrets.
        set("secret", schema("Thing/properties/apiKey"), string.clone(), "secret", "types::Thing::api_key"),
        set(
            "container",
            schema("Thing/properties/settings"),
            json!({"type": "object", "additionalProperties": true}),
            "secret",
            "types::Thing::settings",
        ),
        set("sibling", schema("Thing/properties/pin"), string.clone(), "secret", "types::Thing::pin"),
        set(
            "query",
            format!("{list}/parameters/1"),
            json!({"name": "access_token", "in": "query", "schema": string}),
            "secret",
            "the parameter `access_token` of resources::Things::list",
        ),
        set(
            "header",
            format!("{list}/parameters/1"),
            json!({"name": "X-Api-Key", "in": "header", "schema": string}),
            "secret",
            "the parameter `X-Api-Key` of resources::Things::list",
        ),
        // The service.
        set(
            "server",
            "/servers".to_owned(),
            json!([{"url": "https://eu.courier.com"}]),
            "service",
            "servers is [{\"url\":\"https://eu.courier.com\"}], was nothing",
        ),
        set(
            "style",
            format!("{list}/parameters/0/explode"),
            json!(false),
            "service",
            "`explode` of \"cursor\" of GET /things is false, was nothing",
        ),
    ] {
        let mut changed = document.clone();
        put(&mut changed, &pointer, value);
        let report = repository.json_report(&changed);
        let texts = findings(&report, section);
        assert!(texts.iter().any(|text| text.starts_with(expected)), "{name}: {texts:#?}\n{report:#}");
    }
}

/// Puts a value at a pointer into objects and lists.
fn put(document: &mut Value, pointer: &str, value: Value) {
    let (parent, key) = pointer.rsplit_once('/').unwrap();
    match document.pointer_mut(parent).unwrap() {
        Value::Object(object) => {
            object.insert(key.replace("~1", "/"), value);
        }
        Value::Array(array) => {
            array.truncate(key.parse().unwrap());
            array.push(value);
        }
        other => panic!("{pointer} is in {other}"),
    }
}

#[test]
fn change_without_effect_is_no_change() {
    let (repository, document) = corrected();
    let post = "/paths/~1things~1{thing_id}/put";
    for (name, pointer, value) in [
        ("summary of a path", "/paths/~1things/summary", json!("All things")),
        ("extension of a path", "/paths/~1things/x-internal", json!({"a": 1})),
        ("emoji", "/info/description", json!("\u{1f642}")),
        ("servers of an operation", "/paths/~1things/get/description", json!("Other")),
        ("security of an operation", &format!("{post}/security"), json!([{"BearerAuth": []}])),
        ("style", "/paths/~1things/get/parameters/0/style", json!("form")),
    ] {
        let mut changed = document.clone();
        put(&mut changed, pointer, value);
        put(&mut changed, "/components/securitySchemes", json!({"BearerAuth": {"type": "http", "scheme": "bearer"}}));
        let text = changed.to_string().replace('\u{1f642}', "\\ud83d\\ude42");
        let report = repository.report(&repository.write("target/description.json", &text), "text");
        assert!(report.starts_with("Nothing changes for callers."), "{name}: {report}");
    }
}

#[test]
fn unusable_change_is_refused_by_name() {
    let (repository, document) = corrected();
    let before = repository.files();
    let list = "/paths/~1things/get";
    for (name, pointer, value, expected) in [
        (
            "servers",
            format!("{list}/servers"),
            json!([{"url": "https://other.com"}]),
            "not supported: `servers` of GET /things; ",
        ),
        (
            "servers of a path",
            "/paths/~1things/servers".to_owned(),
            json!([{"url": "https://other.com"}]),
            "not supported: `servers` of the path /things; ",
        ),
        ("security", format!("{list}/security"), json!([{"Basic": []}]), "not supported: `security` of GET /things; "),
        (
            "secret of another kind",
            "/components/schemas/Owner/properties/settings".to_owned(),
            json!({"type": "object", "additionalProperties": {"type": "integer"}}),
            "not supported: `x-sensitive` on a schema that is neither a map nor any JSON at /components/schemas/Owner/properties/settings; ",
        ),
        (
            "secret text that becomes a number",
            "/components/schemas/Owner/properties/pin".to_owned(),
            json!({"type": "integer"}),
            "not supported: `format: password` on a type other than `string` at /components/schemas/Owner/properties/pin; ",
        ),
        (
            "secret text that becomes an object",
            "/components/schemas/Owner/properties/pin".to_owned(),
            json!({"type": "object", "properties": {"a": {"type": "string"}}}),
            "not supported: `format: password` on a type other than `string` at /components/schemas/Owner/properties/pin; ",
        ),
        (
            "milliseconds that become text",
            "/components/schemas/Thing/properties/created".to_owned(),
            json!({"type": "string"}),
            "not supported: `format: milliseconds` on a type other than `integer` at /components/schemas/Thing/properties/created; ",
        ),
        (
            "secret object",
            "/components/schemas/Owner/properties/settings".to_owned(),
            json!({"type": "object", "properties": {"auth": {"type": "string"}}}),
            "not supported: `x-sensitive` on a schema that is neither a map nor any JSON at /components/schemas/",
        ),
    ] {
        let mut changed = document.clone();
        put(&mut changed, &pointer, value);
        let error = error(&mut repository.update(&["--from", &repository.describe(&changed)]));
        assert!(error.contains(expected), "{name}: {error}");
        assert_eq!(repository.files(), before, "{name}");
    }
}

#[test]
fn resource_that_a_correction_needs_can_go() {
    let (repository, mut document) = corrected();
    let schemas = document["components"]["schemas"].as_object_mut().unwrap();
    schemas.shift_remove("Owner");
    schemas["Thing"]["properties"].as_object_mut().unwrap().shift_remove("owner");
    let gone = findings(&repository.json_report(&document), "gone_target");
    let expected = "openapi/overlay/corrections.yaml: /components/schemas/Report/properties/owner refers to \
                    #/components/schemas/Owner, which does not exist, because upstream no longer has it: remove the reference";
    assert!(gone.iter().any(|text| text == expected), "{gone:#?}");
}

#[test]
fn update_leaves_only_words_to_write() {
    let (repository, mut document) = corrected();
    repository.write("README.md", "All 2 operations.\n");
    repository.write(
        "CHANGELOG.md",
        "# Changelog\n\n## [Unreleased]\n\n### Added\n\n- Things.\n\n## [0.1.0]\n\n### Added\n\n- All.\n",
    );
    document["paths"]["/things"]["post"] = json!({
        "operationId": "createThing", "description": "Makes a thing.",
        "parameters": [{"name": "dry", "in": "query", "description": "Makes none.", "schema": {"type": "boolean"}}],
        "requestBody": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Gadget"}}}},
        "responses": {"201": {"description": ""}}
    });
    document["paths"]["/gadgets/{id}"] = json!({"patch": {
        "operationId": "patchGadget", "parameters": [{"name": "id", "in": "path", "required": true, "schema": {"type": "string"}}],
        "requestBody": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/Gadget"}}}},
        "responses": {"204": {"description": ""}}
    }});
    let schemas = document["components"]["schemas"].as_object_mut().unwrap();
    schemas.insert(
        "Gadget".to_owned(),
        json!({"type": "object", "properties": {
            "settings": {"type": "object", "additionalProperties": true, "description": "How it\n works."},
            "created": {"type": "integer"}, "pin": {"type": "string"}, "size": {"type": "integer"},
            "alias": {"type": "string", "nullable": true}
        }}),
    );
    schemas["Thing"]["properties"].as_object_mut().unwrap().shift_remove("color");
    let from = repository.describe(&document);
    repository.update(&["--write-skeletons", "--from", &from]).assert().success();

    let words = repository.file("openapi/overlay/things.yaml");
    assert!(!words.contains("color:"), "{words}");
    for expected in [
        "- target: $.paths['/things'].post\n  update:\n    summary: ''\n    # Upstream: Makes a thing.\n    description: ''\n",
        "- target: $.paths['/things'].post.parameters[?@.name == 'dry']\n  update:\n    # Upstream: Makes none.\n    description: ''\n",
    ] {
        assert!(words.contains(expected), "{expected}{words}");
    }
    let shared = repository.file("openapi/overlay/shared.yaml");
    assert!(
        shared.contains("      settings:\n        # Upstream: How it works.\n        description: ''\n"),
        "{shared}"
    );
    let corrections = repository.file("openapi/overlay/corrections.yaml");
    for expected in [
        "$.components.schemas.Gadget.properties.settings\n  description: As similar items have it.\n  update:\n    x-sensitive: true\n",
        "$.components.schemas.Gadget.properties.created\n  description: As similar items have it.\n  update:\n    format: milliseconds\n",
        "$.components.schemas.Gadget.properties.pin\n  description: As similar items have it.\n  update:\n    format: password\n",
        "$.components.schemas.Gadget.properties.alias\n  description: As similar items have it.\n  update:\n    x-null: clears\n",
        "$.paths['/gadgets/{id}'].patch\n  description: As similar items have it.\n  update:\n    x-repeatable: true\n",
    ] {
        assert!(corrections.contains(expected), "{expected}{corrections}");
    }
    assert!(!corrections.contains("Gadget.properties.size"), "{corrections}");
    assert!(repository.file("openapi/overlay/names.yaml").contains("x-method: things.create\n"));
    repository.xtask(&["generate-spec", "--check"]).assert().success();
    assert_eq!(repository.file("README.md"), "All 4 operations.\n");
    let changelog = repository.file("CHANGELOG.md");
    let added = "### Added\n\n- Things.\n- `resources::Gadgets::update` added: PATCH /gadgets/{id}\n";
    assert!(changelog.contains(added) && changelog.ends_with("\n\n## [0.1.0]\n\n### Added\n\n- All.\n"), "{changelog}");
    assert!(changelog.contains("\n\n### Breaking\n\n- `types::Thing::color` removed\n"), "{changelog}");
    assert!(repository.file("target/update-spec.md").contains("resources::Things::create"));

    let before = (repository.files(), repository.file("CHANGELOG.md"));
    repository.update(&["--write-skeletons", "--from", &from]).assert().success();
    assert_eq!((repository.files(), repository.file("CHANGELOG.md")), before);
    assert!(repository.file("target/update-spec.md").contains("resources::Things::create"), "the report stays");
}

#[test]
fn gone_target_leaves_its_overlay() {
    let (repository, mut document) = corrected();
    let target = |names: &str| {
        format!("overlay: 1.0.0\ninfo: {{}}\nactions:\n- target: $.components.schemas[{names}]\n  update: {{x-a: 1}}\n")
    };
    repository.write("openapi/overlay/gadgets.yaml", &target("'Thing', 'Gone', 'Part'"));
    let anchors = "overlay: 1.0.0\ninfo: {}\nactions:\n- target: $.components.schemas.Gone\n  update: {description: &a A.}\n\
                   - target: $.components.schemas.Thing\n  update: {description: *a}\n";
    repository.write("openapi/overlay/anchors.yaml", anchors);
    let schemas = document["components"]["schemas"].as_object_mut().unwrap();
    schemas["Thing"]["properties"].as_object_mut().unwrap().shift_remove("created");
    let things =
        "- target: $.components.schemas.Thing\n  update:\n    properties:\n      created: {description: When.}\n";
    repository.write("openapi/overlay/words.yaml", &format!("overlay: 1.0.0\ninfo: {{}}\nactions:\n{things}- target: $.paths['/none'].get\n  update: {{summary: No.}}\n- target: $.components.schemas.Owner\n  update: {{description: One.}}\n"));
    repository.update(&["--write-skeletons", "--from", &repository.describe(&document)]).assert().success();
    let words = repository.file("openapi/overlay/words.yaml");
    assert_eq!(
        words,
        "overlay: 1.0.0\ninfo: {}\nactions:\n- target: $.components.schemas.Owner\n  update: {description: One.}\n"
    );
    let corrections = repository.file("openapi/overlay/corrections.yaml");
    assert!(!corrections.contains("properties.created"), "{corrections}");
    assert_eq!(repository.file("openapi/overlay/gadgets.yaml"), target("'Thing', 'Part'"));
    // Another action uses its anchor.
    assert_eq!(repository.file("openapi/overlay/anchors.yaml"), anchors);
}

#[test]
fn second_source_is_compared_with_the_first() {
    let (repository, document) = corrected();
    let mut second = document.clone();
    // Another name and another place for the same type do not make a difference.
    let schemas = second["components"]["schemas"].as_object_mut().unwrap();
    let part = schemas.shift_remove("Part").unwrap();
    schemas["Thing"]["properties"]["part"] = part;
    schemas["Owner"]["properties"].as_object_mut().unwrap().shift_remove("pin");
    schemas["Owner"]["properties"]["age"] = json!({"type": "integer"});
    schemas["Color"]["enum"] = json!(["RED", "GREEN"]);
    second["paths"]["/things"]["get"]["parameters"] =
        json!([{"name": "limit", "in": "query", "schema": {"type": "integer"}}]);
    second["paths"]["/others"] = json!({"get": {"operationId": "x", "responses": {"204": {"description": ""}}}});
    let report = repository.json_report(&second);
    assert_eq!(
        findings(&report, "second_source"),
        [
            "GET /things: only upstream.yaml has query `cursor`; only the new one has query `limit`",
            "PUT /things/{thing_id}: only upstream.yaml has body `color`: \"BLUE\", body `pin`, response `color`: \"BLUE\", \
             response `pin`; only the new one has body `age`, body `color`: \"GREEN\", response `age`, response `color`: \"GREEN\"",
            "GET /others: only the new one has it",
        ]
    );
    // A description that has everything is newer, and its changes are in the report.
    let mut newer = document;
    put(&mut newer, "/components/schemas/Owner/properties/age", json!({"type": "integer"}));
    assert_eq!(findings(&repository.json_report(&newer), "second_source"), [""; 0]);
}

#[test]
fn renumbered_and_swapped_schemas_change_nothing() {
    let (repository, mut document) = corrected();
    let refer = |name: &str| json!({"$ref": format!("#/components/schemas/{name}")});
    let node = |kind: &str, property: &str| json!({"type": "object", "required": ["type"], "properties": {"type": {"type": "string", "enum": [kind]}, property: {"type": "string"}}});
    let with = |document: &Value, members: &[Value]| {
        let mut document = document.clone();
        let mut choices = Vec::new();
        for (index, member) in members.iter().enumerate() {
            let name = format!("NodeUnionMember{index}");
            choices.push(refer(&name));
            document["components"]["schemas"][name] = member.clone();
        }
        document["components"]["schemas"]["Thing"]["properties"]["node"] = json!({"oneOf": choices});
        document
    };
    let names = "- target: $.components.schemas.NodeUnionMember0\n  update: {x-name: TextNode}\n\
                 - target: $.components.schemas.NodeUnionMember1\n  update: {x-name: ImageNode}\n";
    repository.write("openapi/overlay/types.yaml", &format!("{TYPES}{names}"));
    let (text, image) = (node("text", "text"), node("image", "src"));
    let committed = with(&document, &[text.clone(), image.clone()]);
    repository.update(&["--from", &repository.describe(&committed)]).assert().success();
    let report = |document: &Value| repository.report(&repository.describe(document), "text");
    let swapped = report(&with(&document, &[image.clone(), text.clone()]));
    assert_eq!(swapped, "Nothing changes for callers.\n");
    let shifted = repository.json_report(&with(&document, &[node("video", "url"), text, image]));
    let changes: Vec<&Value> = shifted["changes"].as_array().unwrap().iter().collect();
    assert!(!changes.is_empty() && changes.iter().all(|change| change["effect"] == "compatible"), "{changes:#?}");
    // Two types that take each other's name.
    let text = committed
        .to_string()
        .replace("schemas/Owner\"", "schemas/@\"")
        .replace("schemas/Part\"", "schemas/Owner\"")
        .replace("schemas/@\"", "schemas/Part\"");
    document = serde_json::from_str(&text).unwrap();
    let schemas = document["components"]["schemas"].as_object_mut().unwrap();
    let (owner, part) = (schemas["Owner"].clone(), schemas["Part"].clone());
    schemas["Owner"] = part;
    schemas["Part"] = owner;
    assert_eq!(report(&document), "Nothing changes for callers.\n");
}
