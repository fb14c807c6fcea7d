//! A schema keeps its name where its place in the API is the same, whatever upstream calls it now.
//!
//! The two descriptions are walked side by side, operation by operation, from bodies and answers into properties, items
//! and choices. Where one has a name at a place and the other has another or none, the place keeps what it had: a
//! renamed component gets its name back, an inlined one becomes a component again, and one that is newly given a name
//! is written out where it had none.

use std::collections::{BTreeMap, BTreeSet};

use heck::ToUpperCamelCase;
use serde_json::{Map, Value, json};

use crate::document::{SCHEMA_PREFIX, array_mut, operations, references, text};
use crate::paths::shape;

/// Where the names that upstream has for ours are kept in `openapi/upstream.yaml`, so that each is reported once.
pub const RENAMED: &str = "x-renamed";

/// Gives the schemas of a document the names that they have in the committed one.
pub fn keep_schema_names(document: &mut Value, committed: &Value) {
    let walk = Walk::over(document, committed);
    let Walk { named, written_out, votes, .. } = walk;
    let renamed = elect(&votes, document, committed);
    write_out(document, written_out);
    name(document, named);
    let renamed = rename(document, renamed);
    if let Some(document) = document.as_object_mut()
        && !renamed.is_empty()
    {
        document.insert(RENAMED.to_owned(), json!(renamed));
    }
}

/// A schema, and where it stands.
#[derive(Clone)]
struct Place<'a> {
    pointer: String,
    schema: &'a Value,
}

impl<'a> Place<'a> {
    fn inside(&self, key: &str) -> Option<Self> {
        let escaped = key.replace('~', "~0").replace('/', "~1");
        Some(Self { pointer: format!("{}/{escaped}", self.pointer), schema: self.schema.get(key)? })
    }

    fn elements(&self, key: &str) -> Vec<Self> {
        let array = self.schema.get(key).and_then(Value::as_array).into_iter().flatten();
        let pointer = format!("{}/{key}", self.pointer);
        array.enumerate().map(|(index, schema)| Self { pointer: format!("{pointer}/{index}"), schema }).collect()
    }

    /// The choices of a union, those of inner unions among them.
    fn variants(&self, document: &'a Value, depth: usize) -> Vec<Self> {
        const DEEPEST: usize = 8;
        let choices = ["oneOf", "anyOf"].into_iter().flat_map(|key| self.elements(key));
        choices
            .flat_map(|choice| {
                let inner = choice.follow(document).1;
                match inner.kind(document) {
                    Kind::Union if depth < DEEPEST => inner.variants(document, depth + 1),
                    _ => vec![choice],
                }
            })
            .collect()
    }

    /// The properties of an object, those of its parts among them.
    fn properties(&self, document: &'a Value, depth: usize) -> BTreeMap<String, Self> {
        const DEEPEST: usize = 8;
        let mut properties = BTreeMap::new();
        if depth < DEEPEST {
            for part in self.elements("allOf") {
                properties.extend(part.follow(document).1.properties(document, depth + 1));
            }
        }
        if let Some(own) = self.inside("properties") {
            let names = own.schema.as_object().into_iter().flat_map(Map::keys);
            properties.extend(names.filter_map(|name| Some((name.clone(), own.inside(name)?))));
        }
        properties
    }

    /// The first component that a place refers to, if it does, and the schema at the end of all references.
    fn follow(&self, document: &'a Value) -> (Option<&'a str>, Self) {
        const LONGEST_CHAIN: usize = 8;
        let mut place = self.clone();
        let mut name = None;
        for _ in 0..LONGEST_CHAIN {
            if let Some(target) = text(place.schema, "$ref").and_then(|target| target.strip_prefix(SCHEMA_PREFIX)) {
                let pointer = format!("/components/schemas/{target}");
                let Some(schema) = document.pointer(&pointer) else {
                    break;
                };
                name = name.or(Some(target));
                place = Place { pointer, schema };
            } else if let Some(only) = place.only_part() {
                place = only;
            } else {
                break;
            }
        }
        (name, place)
    }

    /// What a wrapper is around.
    fn only_part(&self) -> Option<Self> {
        if self.schema.get("properties").is_some_and(|properties| properties != &json!({})) {
            return None;
        }
        ["allOf", "oneOf", "anyOf"].into_iter().find_map(|key| match self.elements(key).as_slice() {
            [only] => Some(only.clone()),
            _ => None,
        })
    }

    fn kind(&self, document: &'a Value) -> Kind {
        let values = self.schema.get("enum").and_then(Value::as_array).map_or(0, Vec::len);
        if self.schema.get("oneOf").or_else(|| self.schema.get("anyOf")).is_some() {
            Kind::Union
        } else if values > 1 {
            Kind::Enum
        } else if self.schema.get("properties").is_some() || !self.properties(document, 0).is_empty() {
            Kind::Object
        } else {
            Kind::Other(text(self.schema, "type").unwrap_or_default().to_owned())
        }
    }

    /// The constants by which a variant of a union is known.
    fn constants(&self, document: &'a Value) -> BTreeMap<String, String> {
        let properties = self.follow(document).1.properties(document, 0);
        let constant = |place: &Place<'_>| match place.schema.get("enum")?.as_array()?.as_slice() {
            [only] => Some(only.to_string()),
            _ => None,
        };
        properties.iter().filter_map(|(name, place)| Some((name.clone(), constant(place)?))).collect()
    }
}

/// What Rust makes of a schema. A place where it has changed has got another type, not another name.
#[derive(PartialEq)]
enum Kind {
    Object,
    Enum,
    Union,
    Other(String),
}

/// By what a variant of a union is known to be the same as another.
enum Way {
    Name,
    Constants,
    Kind,
    Properties,
}

struct Walk<'a> {
    document: &'a Value,
    committed: &'a Value,
    seen: BTreeSet<(String, String)>,
    /// Inline schemas by pointer, with the name that their place has.
    named: BTreeMap<String, String>,
    /// Pointers of references at places that have no name.
    written_out: BTreeSet<String>,
    /// How often a component stands where another name stood.
    votes: BTreeMap<String, BTreeMap<String, usize>>,
}

impl<'a> Walk<'a> {
    fn over(document: &'a Value, committed: &'a Value) -> Self {
        let mut walk = Self {
            document,
            committed,
            seen: BTreeSet::new(),
            named: BTreeMap::new(),
            written_out: BTreeSet::new(),
            votes: BTreeMap::new(),
        };
        let theirs = operations(committed);
        for operation in operations(document) {
            let same = theirs
                .iter()
                .find(|other| other.method == operation.method && shape(other.path) == shape(operation.path));
            if let Some(same) = same {
                let ours = carried(operation.path, operation.method, operation.value, document);
                let mut theirs = carried(same.path, same.method, same.value, committed);
                for (key, place) in ours {
                    if let Some(other) = theirs.remove(&key) {
                        walk.compare(&place, &other);
                    }
                }
            }
        }
        walk
    }

    fn compare(&mut self, place: &Place<'a>, other: &Place<'a>) {
        let (name, end) = place.follow(self.document);
        let (other_name, other_end) = other.follow(self.committed);
        let pair = (end.pointer.clone(), other_end.pointer.clone());
        if end.kind(self.document) == other_end.kind(self.committed) {
            match (name, other_name) {
                (Some(name), Some(other)) => {
                    *self.votes.entry(name.to_owned()).or_default().entry(other.to_owned()).or_default() += 1;
                }
                (None, Some(other)) => {
                    self.named.insert(place.pointer.clone(), other.to_owned());
                }
                (Some(_), None) => {
                    self.written_out.insert(place.pointer.clone());
                }
                (None, None) => {}
            }
        }
        if !self.seen.insert(pair) {
            return;
        }
        let mut properties = other_end.properties(self.committed, 0);
        for (name, property) in end.properties(self.document, 0) {
            if let Some(other) = properties.remove(&name) {
                self.compare(&property, &other);
            }
        }
        for key in ["items", "additionalProperties"] {
            if let (Some(inner), Some(other)) = (end.inside(key), other_end.inside(key)) {
                self.compare(&inner, &other);
            }
        }
        for (variant, other) in self.pairs(end.variants(self.document, 0), other_end.variants(self.committed, 0)) {
            self.compare(&variant, &other);
        }
    }

    /// Which variant of a union is which, as the surest way tells.
    fn pairs(&self, variants: Vec<Place<'a>>, mut others: Vec<Place<'a>>) -> Vec<(Place<'a>, Place<'a>)> {
        let mut pairs = Vec::new();
        let mut left = variants;
        for way in [Way::Name, Way::Constants, Way::Kind, Way::Properties] {
            let mut still = Vec::new();
            for one in left {
                match others.iter().position(|other| self.is_same(&way, &one, other)) {
                    Some(index) => pairs.push((one, others.remove(index))),
                    None => still.push(one),
                }
            }
            left = still;
        }
        pairs
    }

    fn is_same(&self, way: &Way, one: &Place<'a>, other: &Place<'a>) -> bool {
        let (name, end) = one.follow(self.document);
        let (other_name, other_end) = other.follow(self.committed);
        match way {
            Way::Name => match (name, other_name) {
                (Some(name), Some(other)) => name.to_upper_camel_case() == other.to_upper_camel_case(),
                _ => false,
            },
            Way::Constants => {
                let constants = one.constants(self.document);
                !constants.is_empty() && constants == other.constants(self.committed)
            }
            Way::Kind => {
                let kind = end.kind(self.document);
                matches!(kind, Kind::Other(_)) && kind == other_end.kind(self.committed)
            }
            Way::Properties => {
                let properties = end.properties(self.document, 0);
                let others = other_end.properties(self.committed, 0);
                let shared = properties.keys().filter(|name| others.contains_key(*name)).count();
                shared > 0 && 2 * shared >= properties.len().max(others.len())
            }
        }
    }
}

/// The schemas that an operation carries, by what for.
fn carried<'a>(path: &str, method: &str, operation: &'a Value, document: &'a Value) -> BTreeMap<String, Place<'a>> {
    let path = path.replace('~', "~0").replace('/', "~1");
    let operation = Place { pointer: format!("/paths/{path}/{method}"), schema: operation };
    let mut carried = BTreeMap::new();
    for parameter in operation.elements("parameters") {
        let parameter = shared(document, parameter);
        if let (Some(name), Some(schema)) = (text(parameter.schema, "name"), parameter.inside("schema")) {
            carried.insert(format!("parameter {name}"), schema);
        }
    }
    if let Some(body) = operation.inside("requestBody") {
        carried.extend(json_body(&shared(document, body)).map(|schema| ("request".to_owned(), schema)));
    }
    if let Some(responses) = operation.inside("responses") {
        let codes = responses.schema.as_object().into_iter().flat_map(Map::keys);
        let answers: Vec<Place<'a>> = codes
            .filter(|code| code.starts_with('2'))
            .filter_map(|code| json_body(&shared(document, responses.inside(code)?)))
            .collect();
        // As the rule `success` has it, the one that says most is the answer.
        let richest =
            answers.into_iter().rev().max_by_key(|answer| answer.follow(document).1.properties(document, 0).len());
        carried.extend(richest.map(|schema| ("answer".to_owned(), schema)));
    }
    carried
}

fn json_body<'a>(carrier: &Place<'a>) -> Option<Place<'a>> {
    carrier.inside("content")?.inside("application/json")?.inside("schema")
}

/// A parameter, body or response that stands in the components.
fn shared<'a>(document: &'a Value, place: Place<'a>) -> Place<'a> {
    let target = text(place.schema, "$ref").and_then(|target| target.strip_prefix('#'));
    match target.and_then(|pointer| Some((pointer, document.pointer(pointer)?))) {
        Some((pointer, schema)) => Place { pointer: pointer.to_owned(), schema },
        None => place,
    }
}

/// The new name of each component that gets one: no two the same, and none that upstream uses for the same still.
fn elect(
    votes: &BTreeMap<String, BTreeMap<String, usize>>,
    document: &Value,
    committed: &Value,
) -> BTreeMap<String, String> {
    let known = committed.pointer("/components/schemas");
    let is_known = |name: &str| known.is_some_and(|known| known.get(name).is_some());
    let keeps = |name: &str| votes.get(name).is_some_and(|others| others.contains_key(name));
    let mut winners: BTreeMap<&str, (&str, usize)> = BTreeMap::new();
    for (name, others) in votes.iter().filter(|(name, _)| !is_known(name)) {
        let best = others
            .iter()
            .filter(|(other, _)| !keeps(other))
            .max_by_key(|(other, votes)| (**votes, std::cmp::Reverse(*other)));
        if let Some((other, votes)) = best {
            let winner = winners.entry(other).or_insert((name, *votes));
            if *votes > winner.1 {
                *winner = (name, *votes);
            }
        }
    }
    let mut renamed: BTreeMap<String, String> =
        winners.iter().map(|(other, (name, _))| ((*name).to_owned(), (*other).to_owned())).collect();
    // A part of it may have had the name; nothing outside sees parts.
    let schemas = document.pointer("/components/schemas");
    for other in winners.keys() {
        if schemas.is_some_and(|schemas| schemas.get(*other).is_some()) && !renamed.contains_key(*other) {
            renamed.insert((*other).to_owned(), format!("{other}Part"));
        }
    }
    renamed
}

/// Puts a copy of the component in the place of a reference.
fn write_out(document: &mut Value, mut pointers: BTreeSet<String>) {
    // What stands inside a component goes first, so that its copies have it too; a circle stays as it is.
    while !pointers.is_empty() {
        let ready: Vec<String> = pointers
            .iter()
            .filter(|pointer| {
                let inside = component(document, pointer).map(|name| format!("/components/schemas/{name}/"));
                inside.is_some_and(|inside| !pointers.iter().any(|other| other.starts_with(&inside)))
            })
            .cloned()
            .collect();
        if ready.is_empty() {
            return;
        }
        for pointer in ready {
            let copy = component(document, &pointer)
                .and_then(|name| document.pointer("/components/schemas")?.get(name))
                .and_then(Value::as_object)
                .cloned();
            if let (Some(copy), Some(place)) = (copy, document.pointer_mut(&pointer).and_then(Value::as_object_mut)) {
                for key in ["$ref", "allOf", "oneOf", "anyOf"] {
                    place.shift_remove(key);
                }
                copy.into_iter().for_each(|(key, value)| {
                    place.entry(key).or_insert(value);
                });
            }
            pointers.remove(&pointer);
        }
    }
}

fn component(document: &Value, pointer: &str) -> Option<String> {
    let place = Place { pointer: pointer.to_owned(), schema: document.pointer(pointer)? };
    place.follow(document).0.map(str::to_owned)
}

/// Makes components of inline schemas.
fn name(document: &mut Value, named: BTreeMap<String, String>) {
    let mut named: Vec<(String, String)> = named.into_iter().collect();
    // Inner ones first: their pointers end when the outer one moves.
    named.sort_by_key(|(pointer, _)| std::cmp::Reverse(pointer.matches('/').count()));
    for (pointer, name) in named {
        let Some(place) = document.pointer(&pointer) else {
            continue;
        };
        let mut schema = place.as_object().cloned().unwrap_or_default();
        let nullable = schema.shift_remove("nullable");
        let schema = Value::Object(schema);
        let target = format!("/components/schemas/{name}");
        let is_taken = document.pointer(&target).is_some_and(|taken| *taken != schema);
        let is_its_own_part =
            references(&schema).iter().any(|other| other.strip_prefix(SCHEMA_PREFIX) == Some(name.as_str()));
        if is_taken || is_its_own_part {
            continue;
        }
        let reference = json!({"$ref": format!("{SCHEMA_PREFIX}{name}")});
        if let Some(place) = document.pointer_mut(&pointer) {
            *place = match nullable {
                Some(nullable) => json!({"allOf": [reference], "nullable": nullable}),
                None => reference,
            };
        }
        if let Some(component) = crate::document::component_mut(document, "schemas", &name) {
            *component = schema;
        }
    }
}

/// Renames components, and says what each was called whose Rust name would have been another.
fn rename(document: &mut Value, renamed: BTreeMap<String, String>) -> BTreeMap<String, String> {
    if let Some(schemas) = document.pointer_mut("/components/schemas").and_then(Value::as_object_mut) {
        let taken = std::mem::take(schemas);
        schemas.extend(taken.into_iter().map(|(name, schema)| (renamed.get(&name).cloned().unwrap_or(name), schema)));
    }
    let targets =
        renamed.iter().map(|(name, other)| (format!("{SCHEMA_PREFIX}{name}"), format!("{SCHEMA_PREFIX}{other}")));
    redirect(document, &targets.collect());
    let is_part = |name: &str, other: &str| other == format!("{name}Part");
    renamed
        .into_iter()
        .filter(|(name, other)| name.to_upper_camel_case() != other.to_upper_camel_case() && !is_part(name, other))
        .map(|(name, other)| (other, name))
        .collect()
}

fn redirect(value: &mut Value, targets: &BTreeMap<String, String>) {
    match value {
        Value::String(text) => {
            if let Some(target) = targets.get(text) {
                text.clone_from(target);
            }
        }
        Value::Object(object) => object.values_mut().for_each(|inner| redirect(inner, targets)),
        Value::Array(_) => array_mut(Some(value)).for_each(|inner| redirect(inner, targets)),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{RENAMED, keep_schema_names};

    /// A document with one operation that answers with a schema.
    fn document(answer: Value, schemas: Value) -> Value {
        json!({
            "paths": {"/things": {"get": {"responses": {"200": {
                "content": {"application/json": {"schema": answer}}
            }}}}},
            "components": {"schemas": schemas}
        })
    }

    fn reference(name: &str) -> Value {
        json!({"$ref": format!("#/components/schemas/{name}")})
    }

    /// Our description has `Thing`, with a named owner and colour, and a map and a size without a name.
    fn committed() -> Value {
        document(
            reference("Thing"),
            json!({
                "Thing": {"type": "object", "properties": {
                    "owner": reference("Owner"),
                    "colour": reference("Colour"),
                    "data": {"type": "object", "additionalProperties": true},
                    "size": {"type": "string", "enum": ["S", "L"]}
                }},
                "Owner": {"type": "object", "properties": {"id": {"type": "string"}}},
                "Colour": {"type": "string", "enum": ["RED", "BLUE"]}
            }),
        )
    }

    #[test]
    fn a_renamed_schema_gets_its_name_back_and_the_other_name_is_kept_in_mind() {
        let mut renamed: Value =
            serde_json::from_str(&committed().to_string().replace("Owner", "Person").replace("Colour", "COLOUR"))
                .unwrap();
        keep_schema_names(&mut renamed, &committed());
        assert_eq!(renamed["components"], committed()["components"]);
        // A name that is the same in Rust is no other name.
        assert_eq!(renamed[RENAMED], json!({"Owner": "Person"}));
    }

    #[test]
    fn an_inlined_schema_is_named_again_and_a_newly_named_one_is_written_out() {
        let mut changed = document(
            json!({"type": "object", "properties": {
                "owner": {"type": "object", "properties": {"id": {"type": "string"}}, "nullable": true},
                "colour": {"type": "string", "enum": ["RED", "BLUE"]},
                "data": reference("Data"),
                "size": {"allOf": [reference("Size")], "nullable": true}
            }}),
            json!({
                "Data": {"type": "object", "additionalProperties": true},
                "Size": {"type": "string", "enum": ["S", "L"]}
            }),
        );
        keep_schema_names(&mut changed, &committed());
        let schemas = &changed["components"]["schemas"];
        assert_eq!(
            schemas["Thing"]["properties"],
            json!({
                "owner": {"allOf": [reference("Owner")], "nullable": true},
                "colour": reference("Colour"),
                "data": {"type": "object", "additionalProperties": true},
                "size": {"nullable": true, "type": "string", "enum": ["S", "L"]}
            })
        );
        assert_eq!(schemas["Owner"], committed()["components"]["schemas"]["Owner"]);
    }

    #[test]
    fn another_kind_at_the_same_place_is_another_type() {
        let mut changed = committed();
        changed["components"]["schemas"]["Thing"]["properties"]["owner"] = reference("OwnerName");
        changed["components"]["schemas"]["OwnerName"] = json!({"type": "string", "enum": ["me", "you"]});
        let expected = changed.clone();
        keep_schema_names(&mut changed, &committed());
        assert_eq!(changed, expected);
    }

    #[test]
    fn variants_are_told_by_name_by_constants_and_by_what_they_share() {
        let tagged = |tag: &str, property: &str| json!({"type": "object", "properties": {"type": {"type": "string", "enum": [tag]}, property: {"type": "string"}}});
        let plain = |property: &str| json!({"type": "object", "properties": {property: {"type": "string"}}});
        let committed = document(
            reference("Node"),
            json!({
                "Node": {"oneOf": [reference("TextNode"), reference("ImageNode"), reference("UserID"), reference("List")]},
                "TextNode": tagged("text", "content"),
                "ImageNode": tagged("image", "src"),
                "UserID": plain("user"),
                "List": plain("list")
            }),
        );
        let mut changed = document(
            json!({"anyOf": [
                reference("Lists"), reference("UserId"),
                {"allOf": [tagged("image", "src"), plain("alt")]},
                {"oneOf": [reference("Text")]}
            ]}),
            json!({"Text": tagged("text", "content"), "UserId": plain("user"), "Lists": plain("list")}),
        );
        keep_schema_names(&mut changed, &committed);
        let schemas = changed["components"]["schemas"].as_object().unwrap();
        let mut names: Vec<&String> = schemas.keys().collect();
        names.sort();
        assert_eq!(names, ["ImageNode", "List", "Node", "TextNode", "UserID"]);
        assert_eq!(changed[RENAMED], json!({"List": "Lists", "TextNode": "Text"}));
    }
}
