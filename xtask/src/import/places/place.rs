//! A place in a description that can hold a schema, and what Rust makes of the schema there.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::document::walk::step;
use crate::document::{SCHEMA_PREFIX, text};

/// A schema, and where it stands.
#[derive(Clone)]
pub struct Place<'a> {
    pub pointer: String,
    pub schema: &'a Value,
}

impl<'a> Place<'a> {
    pub fn inside(&self, key: &str) -> Option<Self> {
        Some(Self { pointer: format!("{}/{}", self.pointer, step(key)), schema: self.schema.get(key)? })
    }

    pub fn elements(&self, key: &str) -> Vec<Self> {
        let array = self.schema.get(key).and_then(Value::as_array).into_iter().flatten();
        let pointer = format!("{}/{key}", self.pointer);
        array.enumerate().map(|(index, schema)| Self { pointer: format!("{pointer}/{index}"), schema }).collect()
    }

    /// The choices of a union, those of inner unions among them.
    pub fn variants(&self, document: &'a Value, depth: usize) -> Vec<Self> {
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
    pub fn properties(&self, document: &'a Value, depth: usize) -> BTreeMap<String, Self> {
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
    pub fn follow(&self, document: &'a Value) -> (Option<&'a str>, Self) {
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
    pub fn only_part(&self) -> Option<Self> {
        if self.schema.get("properties").is_some_and(|properties| properties != &json!({})) {
            return None;
        }
        ["allOf", "oneOf", "anyOf"].into_iter().find_map(|key| match self.elements(key).as_slice() {
            [only] => Some(only.clone()),
            _ => None,
        })
    }

    pub fn kind(&self, document: &'a Value) -> Kind {
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
    pub fn constants(&self, document: &'a Value) -> BTreeMap<String, String> {
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
pub enum Kind {
    Object,
    Enum,
    Union,
    Other(String),
}

/// By what a variant of a union is known to be the same as another.
pub enum Way {
    Name,
    Constants,
    Kind,
    Properties,
}
