//! The walk over two descriptions side by side.

use std::collections::{BTreeMap, BTreeSet};

use heck::ToUpperCamelCase;
use serde_json::{Map, Value};

use crate::document::walk::step;
use crate::document::{operations, text};
use crate::import::paths::shape;
use crate::import::places::place::{Kind, Place, Way};

pub struct Walk<'a> {
    document: &'a Value,
    committed: &'a Value,
    seen: BTreeSet<(String, String)>,
    /// Inline schemas by pointer, with the name that their place has.
    pub named: BTreeMap<String, String>,
    /// Pointers of references at places that have no name.
    pub written_out: BTreeSet<String>,
    /// How often a component stands where another name stood.
    pub votes: BTreeMap<String, BTreeMap<String, usize>>,
}

impl<'a> Walk<'a> {
    pub fn over(document: &'a Value, committed: &'a Value) -> Self {
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
    let operation = Place { pointer: format!("/paths/{}/{method}", step(path)), schema: operation };
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
