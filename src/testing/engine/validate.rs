//! Validates values against the description.

use serde_json::{Map, Value, json};

use super::description::Description;
use super::json::{at, list, text};

impl Description {
    /// Validates a value against a schema. The error names the path.
    pub fn validate(&self, schema: &Value, value: &Value) -> Result<(), String> {
        self.validate_at(schema, value, "")
    }

    pub fn validate_text(&self, schema: &Value, text: &str, name: &str) -> Result<(), String> {
        let (schema, _) = self.resolve(schema);
        let value = match self::text(schema, "type") {
            // A filter with unknown values matches nothing.
            Some("array") => return Ok(()),
            _ if text.is_empty() => return Ok(()),
            Some("integer" | "number" | "boolean") => {
                let parsed = serde_json::from_str(text).ok().filter(|value: &Value| !value.is_null());
                parsed.unwrap_or_else(|| text.into())
            }
            _ => Value::from(text),
        };
        self.validate_at(schema, &value, name)
    }

    fn validate_at(&self, schema: &Value, value: &Value, path: &str) -> Result<(), String> {
        let (schema, nullable) = self.resolve(schema);
        if value.is_null() && nullable {
            return Ok(());
        }
        let (variants, allowed) = (list(schema, "oneOf"), list(schema, "enum"));
        if !variants.is_empty() {
            return self.validate_union(schema, variants, value, path);
        }
        if !allowed.is_empty() && !allowed.contains(value) {
            return Err(format!("{} must be one of {}", name(path), one_of(allowed)));
        }
        let Some(kind) = text(schema, "type") else { return Ok(()) };
        let (article, fits) = match kind {
            "string" => ("a", value.is_string()),
            "boolean" => ("a", value.is_boolean()),
            "integer" => ("an", value.as_f64().is_some_and(|number| number.fract() == 0.0)),
            "number" => ("a", value.is_number()),
            "array" => ("an", value.is_array()),
            "object" => ("an", value.is_object()),
            _ => return Ok(()),
        };
        if !fits {
            return Err(format!("{} must be {article} {kind}", name(path)));
        }
        match (value, schema.get("items")) {
            (Value::Array(items), Some(schema)) => {
                let mut items = items.iter().enumerate();
                items.try_for_each(|(index, item)| self.validate_at(schema, item, &format!("{path}[{index}]")))
            }
            (Value::Object(members), _) => self.validate_object(schema, members, path),
            _ => Ok(()),
        }
    }

    fn validate_object(&self, schema: &Value, members: &Map<String, Value>, path: &str) -> Result<(), String> {
        let below = |name: &str| if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") };
        let required: Vec<&str> = list(schema, "required").iter().filter_map(Value::as_str).collect();
        let properties = at(schema, "properties");
        // The official clients may leave out a property with one possible value.
        let is_constant = |name: &str| list(self.resolve(at(properties, name)).0, "enum").len() == 1;
        if let Some(missing) = required.iter().find(|name| !members.contains_key(**name) && !is_constant(name)) {
            return Err(format!("{} is required", name(&below(missing))));
        }
        let others = schema.get("additionalProperties").filter(|others| others.is_object());
        members.iter().try_for_each(|(name, value)| {
            match properties.get(name) {
                // An optional property may be null, which means the same as its absence.
                Some(_) if value.is_null() && !required.contains(&name.as_str()) => Ok(()),
                Some(schema) => self.validate_at(schema, value, &below(name)),
                None => others.map_or(Ok(()), |schema| self.validate_at(schema, value, &below(name))),
            }
        })
    }

    fn validate_union(&self, schema: &Value, variants: &[Value], value: &Value, path: &str) -> Result<(), String> {
        let tag = schema.pointer("/discriminator/propertyName").and_then(Value::as_str);
        let mapping = schema.pointer("/discriminator/mapping").and_then(Value::as_object);
        let (Some(tag), Some(mapping)) = (tag, mapping) else {
            let fits = variants.iter().any(|variant| self.validate_at(variant, value, path).is_ok());
            return if fits { Ok(()) } else { Err(format!("{} matches none of its possible types", name(path))) };
        };
        let variant = |target: &Value| json!({"$ref": target});
        match (value.get(tag).and_then(Value::as_str), value) {
            // Courier has more types than the description, for instance of elements and of steps.
            (Some(kind), _) => {
                mapping.get(kind).map_or(Ok(()), |target| self.validate_at(&variant(target), value, path))
            }
            // The official clients may leave the tag out.
            (None, Value::Object(members))
                if !members.contains_key(tag)
                    && mapping.iter().any(|(kind, target)| {
                        let mut members = members.clone();
                        members.insert(tag.to_owned(), kind.as_str().into());
                        self.validate_at(&variant(target), &Value::Object(members), path).is_ok()
                    }) =>
            {
                Ok(())
            }
            (None, _) => Err(format!("{} must have a `{tag}`", name(path))),
        }
    }
}

fn name(path: &str) -> String {
    if path.is_empty() { "The body".to_owned() } else { format!("`{path}`") }
}

fn one_of(values: &[Value]) -> String {
    values.iter().map(Value::to_string).collect::<Vec<_>>().join(", ")
}
