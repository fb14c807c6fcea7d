//! Whether a value is what the description says.

use serde_json::Value;

use crate::testing::engine::description::Description;

/// What is wrong with a value, in words that name the place, or nothing.
pub(crate) fn check(description: &Description, schema: &Value, value: &Value) -> Result<(), String> {
    at(description, schema, value, "")
}

fn at(description: &Description, schema: &Value, value: &Value, place: &str) -> Result<(), String> {
    let (schema, nullable) = description.resolve(schema);
    if value.is_null() && nullable {
        return Ok(());
    }
    if let Some(variants) = schema.get("oneOf").and_then(Value::as_array) {
        return union(description, schema, variants, value, place);
    }
    if let Some(allowed) = schema.get("enum").and_then(Value::as_array)
        && !allowed.contains(value)
    {
        let allowed: Vec<String> = allowed.iter().map(Value::to_string).collect();
        return Err(format!("{} must be one of {}", named(place), allowed.join(", ")));
    }
    let Some(kind) = schema.get("type").and_then(Value::as_str) else { return Ok(()) };
    let fits = match kind {
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_i64() || value.is_u64() || value.as_f64().is_some_and(|number| number.fract() == 0.0),
        "number" => value.is_number(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        _ => true,
    };
    if !fits {
        let article = if matches!(kind, "integer" | "array" | "object") { "an" } else { "a" };
        return Err(format!("{} must be {article} {kind}", named(place)));
    }
    match value {
        Value::Array(items) => match schema.get("items") {
            Some(schema) => items
                .iter()
                .enumerate()
                .try_for_each(|(index, item)| at(description, schema, item, &format!("{place}[{index}]"))),
            None => Ok(()),
        },
        Value::Object(members) => object(description, schema, members, place),
        _ => Ok(()),
    }
}

fn object(
    description: &Description,
    schema: &Value,
    members: &serde_json::Map<String, Value>,
    place: &str,
) -> Result<(), String> {
    let below = |name: &str| if place.is_empty() { name.to_owned() } else { format!("{place}.{name}") };
    let required: Vec<&str> =
        schema.get("required").and_then(Value::as_array).into_iter().flatten().filter_map(Value::as_str).collect();
    let properties = schema.get("properties").and_then(Value::as_object);
    // The official clients may leave out what has one possible value.
    let is_constant = |name: &str| {
        let allowed = properties.and_then(|properties| description.resolve(properties.get(name)?).0.get("enum"));
        allowed.and_then(Value::as_array).is_some_and(|allowed| allowed.len() == 1)
    };
    if let Some(missing) = required.iter().find(|name| !members.contains_key(**name) && !is_constant(name)) {
        return Err(format!("{} is required", named(&below(missing))));
    }
    let others = schema.get("additionalProperties").filter(|others| others.is_object());
    members.iter().try_for_each(|(name, value)| {
        match properties.and_then(|properties| properties.get(name)) {
            // An optional property may be null, which says the same as its absence.
            Some(_) if value.is_null() && !required.contains(&name.as_str()) => Ok(()),
            Some(schema) => at(description, schema, value, &below(name)),
            None => others.map_or(Ok(()), |schema| at(description, schema, value, &below(name))),
        }
    })
}

fn union(
    description: &Description,
    schema: &Value,
    variants: &[Value],
    value: &Value,
    place: &str,
) -> Result<(), String> {
    let tag = schema.pointer("/discriminator/propertyName").and_then(Value::as_str);
    let mapping = schema.pointer("/discriminator/mapping").and_then(Value::as_object);
    let (Some(tag), Some(mapping)) = (tag, mapping) else {
        let mut outcomes = variants.iter().map(|variant| at(description, variant, value, place));
        let fits = outcomes.any(|outcome| outcome.is_ok());
        return if fits { Ok(()) } else { Err(format!("{} is none of the things that it can be", named(place))) };
    };
    let kind = |target: &Value| serde_json::json!({"$ref": target});
    match (value.get(tag).and_then(Value::as_str), value) {
        (Some(told), _) => match mapping.get(told) {
            Some(target) => at(description, &kind(target), value, place),
            None => Err(format!("{} has a `{tag}` that is not known", named(place))),
        },
        // The official clients may leave the tag out, and so it need not be there.
        (None, Value::Object(members))
            if mapping.iter().any(|(told, target)| {
                let mut members = members.clone();
                members.insert(tag.to_owned(), told.as_str().into());
                at(description, &kind(target), &Value::Object(members), place).is_ok()
            }) =>
        {
            Ok(())
        }
        (None, _) => Err(format!("{} must have a `{tag}`", named(place))),
    }
}

fn named(place: &str) -> String {
    if place.is_empty() { "The body".to_owned() } else { format!("`{place}`") }
}
