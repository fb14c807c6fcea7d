//! Unions, and the distinction between their variants.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::description::lookup::{
    self, properties, reference, required, resolve, schemas, schemas_mut, text, values, variants,
};

/// The unions by the name of their schema: their variants, in the order in which they are tried.
pub type Unions = BTreeMap<String, Vec<Shape>>;

/// The expected JSON of one variant.
pub struct Shape {
    /// The schema of an object; `None` for scalars and arrays.
    pub schema: Option<String>,
    pub kind: Kind,
    /// The properties that distinguish the variant, with the values that only it has.
    pub tags: Vec<(String, Vec<String>)>,
    /// The properties that are always present in the variant.
    pub required: Vec<String>,
    /// The name that the description gives the variant, for types that cannot provide it.
    pub name: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    Object,
    Array,
    Text,
    Integer,
    Number,
    Boolean,
}

/// Each kind by its `type`, and several of it.
const KINDS: [(&str, Kind, &str); 6] = [
    ("object", Kind::Object, "objects"),
    ("array", Kind::Array, "lists"),
    ("string", Kind::Text, "strings"),
    ("integer", Kind::Integer, "integers"),
    ("number", Kind::Number, "numbers"),
    ("boolean", Kind::Boolean, "booleans"),
];

/// Finds the unions of the document.
pub fn unions(document: &Value) -> Result<Unions, String> {
    let mut unions = Unions::new();
    for (name, schema) in schemas(document) {
        if variants(schema).is_empty() {
            continue;
        }
        let shapes = variants(schema).iter().map(|variant| shape(document, schema, variant));
        let mut shapes: Vec<Shape> =
            shapes.collect::<Result<_, _>>().map_err(|error| format!("the union `{name}`: {error}"))?;
        let mut kinds = BTreeSet::new();
        let twin = shapes.iter().find(|shape| shape.kind != Kind::Object && !kinds.insert(shape.kind));
        if let Some((.., plural)) = twin.and_then(|twin| KINDS.iter().find(|(_, kind, _)| *kind == twin.kind)) {
            return Err(format!(
                "the union `{name}` has two choices that are {plural} in JSON, which cannot be told apart; describe both as \
                 one, in openapi/overlay/corrections.yaml"
            ));
        }
        if schema.get("discriminator").is_none() {
            tell_apart(document, &mut shapes);
        }
        only_what_tells(&mut shapes);
        // Variants with the most required properties are tried first; a variant without any accepts everything.
        shapes.sort_by_key(|shape| std::cmp::Reverse((shape.tags.len(), shape.required.len())));
        unions.insert(name.clone(), shapes);
    }
    Ok(unions)
}

fn shape(document: &Value, union: &Value, variant: &Value) -> Result<Shape, String> {
    let schema = resolve(document, variant);
    let kind = KINDS.iter().find(|(name, ..)| text(schema, "type") == Some(name)).map(|(_, kind, _)| *kind);
    let kind = kind.ok_or_else(|| {
        format!(
            "the choice {} has no `type`, so it cannot be told apart from the others; give it one in \
             openapi/overlay/corrections.yaml",
            reference(variant).map_or_else(|| variant.to_string(), |name| format!("`{name}`"))
        )
    })?;
    let name = reference(variant);
    let mut tags = Vec::new();
    if let Some(property) = union.get("discriminator").and_then(|discriminator| text(discriminator, "propertyName")) {
        let mapping = union.pointer("/discriminator/mapping").and_then(Value::as_object).into_iter().flatten();
        let own = mapping.filter(|(_, target)| target.as_str().and_then(|target| target.rsplit('/').next()) == name);
        let own: Vec<String> = own.map(|(value, _)| value.clone()).collect();
        if own.is_empty() {
            return Err(format!(
                "the discriminator `{property}` has no value for `{}`; add it to the `mapping` in \
                 openapi/overlay/corrections.yaml",
                name.unwrap_or("a choice without a name")
            ));
        }
        tags.push((property.to_owned(), own));
    }
    let required = required(schema).map(str::to_owned).collect();
    let own_name = text(variant, "x-variant").map(str::to_owned);
    Ok(Shape { schema: name.map(str::to_owned), kind, tags, required, name: own_name })
}

/// Gives the objects of a union without a discriminator the tags that distinguish them.
fn tell_apart(document: &Value, shapes: &mut [Shape]) {
    let tags = |one: &Shape| -> Vec<_> {
        let names = shapes.iter().filter_map(|other| told_apart_by(document, one, other)).collect::<BTreeSet<_>>();
        names.into_iter().map(|name| (name.clone(), choices(document, one, name))).collect()
    };
    let tags: Vec<_> = shapes.iter().map(tags).collect();
    for (shape, tags) in shapes.iter_mut().zip(tags) {
        shape.tags = tags;
    }
}

/// Keeps only the required properties that distinguish an object from the others: an object without the rest still has
/// this type, but deviates from the description.
fn only_what_tells(shapes: &mut [Shape]) {
    let objects = || shapes.iter().filter(|shape| shape.kind == Kind::Object);
    let of_all = |name: &String| objects().all(|shape| shape.required.contains(name));
    let alone = |shape: &Shape| objects().filter(|other| other.tags == shape.tags).count() == 1;
    let distinctive: Vec<Vec<String>> = shapes
        .iter()
        .map(|shape| match !shape.tags.is_empty() && alone(shape) {
            true => Vec::new(),
            false => shape.required.iter().filter(|name| objects().count() == 1 || !of_all(name)).cloned().collect(),
        })
        .collect();
    for (shape, distinctive) in shapes.iter_mut().zip(distinctive) {
        shape.required = distinctive;
    }
}

/// The first property that both require and for which they have no value in common; `type` takes precedence.
fn told_apart_by<'a>(document: &Value, one: &'a Shape, other: &Shape) -> Option<&'a String> {
    let mut candidates: Vec<&String> = one.required.iter().filter(|name| other.required.contains(name)).collect();
    candidates.sort_by_key(|name| (*name != "type", *name));
    candidates.into_iter().find(|name| {
        let (ours, theirs) = (choices(document, one, name), choices(document, other, name));
        !ours.is_empty() && !theirs.is_empty() && !ours.iter().any(|value| theirs.contains(value))
    })
}

fn choices(document: &Value, shape: &Shape, property: &str) -> Vec<String> {
    let schema = shape.schema.as_ref().and_then(|name| lookup::schema(document, name));
    let property = schema.and_then(properties).and_then(|all| all.get(property));
    let values = property.map(|property| values(resolve(document, property))).unwrap_or_default();
    values.into_iter().map(str::to_owned).collect()
}

/// Removes every discriminator, because typify would generate a different type from it.
pub fn plain(document: &mut Value) {
    for (_, schema) in schemas_mut(document) {
        if let Some(object) = schema.as_object_mut() {
            object.remove("discriminator");
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::{Kind, unions};

    /// The schema, the tags and the required properties of a variant.
    type Told = (Option<String>, Vec<(String, Vec<String>)>, Vec<String>);

    fn shapes(union: Value, schemas: Value) -> Vec<Told> {
        let mut document = json!({"components": {"schemas": schemas}});
        document["components"]["schemas"]["Union"] = union;
        let mut unions = unions(&document).unwrap();
        let shapes = unions.remove("Union").unwrap();
        shapes.into_iter().map(|shape| (shape.schema, shape.tags, shape.required)).collect()
    }

    fn refer(name: &str) -> Value {
        json!({"$ref": format!("#/components/schemas/{name}")})
    }

    #[test]
    fn least_specific_variant_is_tried_last() {
        let order = shapes(
            json!({"oneOf": [refer("User"), refer("List"), refer("Slack")]}),
            json!({
                "User": {"type": "object", "properties": {"user_id": {}}},
                "List": {"type": "object", "properties": {"list_id": {}}, "required": ["list_id"]},
                "Slack": {"type": "object", "properties": {"a": {}, "b": {}}, "required": ["a", "b"]}
            }),
        );
        let order: Vec<&str> = order.iter().filter_map(|(name, ..)| name.as_deref()).collect();
        assert_eq!(order, ["Slack", "List", "User"]);
    }

    #[test]
    fn objects_differ_by_type_before_anything_else() {
        let node = |kind: &str, modes: &[&str]| {
            json!({
                "type": "object",
                "properties": {"type": {"enum": [kind]}, "mode": {"enum": modes}},
                "required": ["mode", "type"]
            })
        };
        let found = shapes(
            json!({"oneOf": [refer("Wait"), refer("Until"), refer("Exit")]}),
            json!({"Wait": node("delay", &["for"]), "Until": node("delay", &["until"]), "Exit": node("exit", &["until"])}),
        );
        let tags = |name: &str| &found.iter().find(|(schema, ..)| schema.as_deref() == Some(name)).unwrap().1;
        let tag = |name: &str, value: &str| (name.to_owned(), vec![value.to_owned()]);
        assert_eq!(*tags("Wait"), [tag("mode", "for"), tag("type", "delay")]);
        assert_eq!(*tags("Exit"), [tag("type", "exit")]);
        assert!(found.iter().all(|(_, _, required)| required.is_empty()), "the tags are enough");
    }

    #[test]
    fn shared_required_properties_do_not_discriminate() {
        let found = shapes(
            json!({"oneOf": [refer("Channel"), refer("Email")]}),
            json!({
                "Channel": {"type": "object", "properties": {"token": {}, "channel": {}}, "required": ["token", "channel"]},
                "Email": {"type": "object", "properties": {"token": {}, "email": {}}, "required": ["token", "email"]}
            }),
        );
        let required: Vec<_> = found.iter().map(|(_, _, required)| required.join(",")).collect();
        assert_eq!(required, ["channel", "email"]);
    }

    #[test]
    fn a_discriminator_needs_a_value_for_each_variant() {
        let document = json!({"components": {"schemas": {
            "Union": {"oneOf": [refer("A")], "discriminator": {"propertyName": "type", "mapping": {}}},
            "A": {"type": "object"}
        }}});
        let error = unions(&document).err().unwrap();
        assert!(error.contains("`Union`") && error.contains("`type`"), "{error}");
    }

    #[test]
    fn scalars_have_their_kind() {
        let document =
            json!({"components": {"schemas": {"Expiry": {"oneOf": [{"type": "string"}, {"type": "integer"}]}}}});
        let kinds: Vec<Kind> = unions(&document).unwrap()["Expiry"].iter().map(|shape| shape.kind).collect();
        assert_eq!(kinds, [Kind::Text, Kind::Integer]);
    }
}
