//! JSON that matches a schema, as strictly or as loosely as a server may produce it.

use serde_json::{Map, Value, json};

/// The looseness of a server.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Style {
    /// Every property, with a described value.
    Full,
    /// Only the required properties.
    Required,
    /// Every optional property null.
    Nulls,
    /// Every property, and in every object some that are not described.
    UnknownFields,
    /// Every property, and in every enum a value that is not described.
    UnknownValues,
}

pub const STYLES: [Style; 5] = [Style::Full, Style::Required, Style::Nulls, Style::UnknownFields, Style::UnknownValues];

/// Deeper than any response; recursive schemas end here.
const DEEPEST: usize = 12;

pub struct Samples<'a> {
    pub description: &'a Value,
    pub style: Style,
}

impl Samples<'_> {
    /// Returns a value of a schema; for a union, of its first variant.
    pub fn of(&self, schema: &Value) -> Value {
        self.at(schema, 0, false)
    }

    /// Returns values of a schema: for a union, one of each variant and an unknown one.
    pub fn each(&self, schema: &Value) -> Vec<Value> {
        let schema = self.resolved(schema);
        let Some(variants) = schema["oneOf"].as_array() else { return vec![self.of(schema)] };
        let mut samples: Vec<Value> = variants.iter().map(|variant| self.at(variant, 1, true)).collect();
        if self.style == Style::UnknownValues {
            let tag = schema["discriminator"]["propertyName"].as_str().unwrap_or("kind");
            samples.push(json!({tag: "a-kind-that-is-new", "its_own": [1, {"field": true}]}));
        }
        samples
    }

    fn resolved<'b>(&'b self, schema: &'b Value) -> &'b Value {
        let reference = schema["$ref"].as_str().or_else(|| schema["allOf"][0]["$ref"].as_str());
        match reference {
            Some(reference) => self.description.pointer(reference.trim_start_matches('#')).unwrap(),
            None => schema,
        }
    }

    fn at(&self, schema: &Value, depth: usize, in_union: bool) -> Value {
        let schema = self.resolved(schema);
        if let Some(variants) = schema["oneOf"].as_array() {
            return self.at(&variants[0], depth + 1, true);
        }
        if let Some(values) = schema["enum"].as_array() {
            // A constant identifies its object.
            let constant = values.len() == 1 || in_union;
            return if self.style == Style::UnknownValues && !constant {
                json!("A_VALUE_THAT_IS_NEW")
            } else {
                values[0].clone()
            };
        }
        match schema["type"].as_str() {
            Some("string") => json!("text with \"quotes\", ünïcode and 🦀"),
            Some("integer") => json!(1_785_312_000_123_i64),
            Some("number") => json!(5),
            Some("boolean") => json!(true),
            Some("array") if depth > DEEPEST => json!([]),
            Some("array") => json!([self.at(&schema["items"], depth + 1, false)]),
            Some("object") => self.object(schema, depth, in_union),
            _ => json!({"any": ["thing", 1, null, {"at": "all"}]}),
        }
    }

    fn object(&self, schema: &Value, depth: usize, in_union: bool) -> Value {
        let mut object = Map::new();
        let required: Vec<&str> =
            schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        for (name, property) in schema["properties"].as_object().into_iter().flatten() {
            let needed = required.contains(&name.as_str());
            let value = match self.style {
                _ if needed => self.at(property, depth + 1, in_union),
                _ if depth > DEEPEST => continue,
                Style::Required => continue,
                Style::Nulls => Value::Null,
                _ => self.at(property, depth + 1, false),
            };
            object.insert(name.clone(), value);
        }
        let is_map = schema["properties"].is_null();
        if is_map && let values @ Value::Object(_) = &schema["additionalProperties"] {
            object.insert("some key".to_owned(), self.at(values, depth + 1, false));
        } else if is_map {
            object.insert("anything".to_owned(), json!({"nested": [1, 2.5, "three"]}));
        }
        if self.style == Style::UnknownFields && !is_map {
            object.insert("a_field_that_is_new".to_owned(), json!({"with": ["any", 1, "value"]}));
            object.insert("aNewFlag".to_owned(), json!(false));
        }
        Value::Object(object)
    }
}
