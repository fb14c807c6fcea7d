//! A rule that makes inline bodies, objects and enums named components.

use heck::ToUpperCamelCase;
use serde_json::{Map, Value, json};

use crate::document::{SCHEMA_PREFIX, array_mut, elements, entry, object, operations_mut};
use crate::generator::description::lookup::required;
use crate::import::constants::CONSTANT;

/// Keeps Rust names stable: a name comes from the position in the API, not from the order of generation. With `constants`,
/// enums of one value get names as well, except required ones: such a tag means nothing outside its object.
pub fn inline_schemas(document: &mut Value, constants: bool) {
    let components = object(document, "components").and_then(|components| components.get("schemas")?.as_object());
    let components = components.cloned().unwrap_or_default();
    let mut named = Named { schemas: components.clone(), constants };
    for (name, mut schema) in components {
        named.inside(&mut schema, &name);
        named.schemas.insert(name, schema);
    }
    operations_mut(document, |_, _, operation| {
        let id = operation.get("operationId").and_then(Value::as_str).unwrap_or_default();
        let id = id.to_upper_camel_case();
        for parameter in array_mut(operation.get_mut("parameters")) {
            let name = parameter.get("name").and_then(Value::as_str).unwrap_or_default();
            let name = format!("{id}{}", name.to_upper_camel_case());
            if let Some(schema) = parameter.get_mut("schema") {
                named.hoist(schema, name);
            }
        }
        if let Some(body) = operation.get_mut("requestBody") {
            named.content(body, &format!("{id}Request"));
        }
        let responses = operation.get_mut("responses").and_then(Value::as_object_mut);
        for (_, success) in responses.into_iter().flatten().filter(|(status, _)| status.starts_with('2')) {
            named.content(success, &format!("{id}Response"));
        }
    });
    if let Some(schemas) = entry(document, "components").and_then(|components| entry(components, "schemas")) {
        *schemas = Value::Object(named.schemas);
    }
}

/// The members that stay behind when a schema becomes a component.
const STAY: [&str; 3] = ["nullable", "deprecated", CONSTANT];

struct Named {
    schemas: Map<String, Value>,
    /// `true` if enums of one value get names as well.
    constants: bool,
}

impl Named {
    fn content(&mut self, carrier: &mut Value, name: &str) {
        let media = carrier.get_mut("content").and_then(|content| content.get_mut("application/json"));
        if let Some(schema) = media.and_then(|media| media.get_mut("schema")) {
            self.hoist(schema, name.to_owned());
        }
    }

    /// Names what is inside a schema, and then the schema itself if it is an object or a choice of strings.
    fn hoist(&mut self, schema: &mut Value, name: String) {
        self.inside(schema, &name);
        let Some(object) = schema.as_object_mut() else {
            return;
        };
        let values = object.get("enum").and_then(Value::as_array).map_or(0, Vec::len);
        let is_choice = values > 1 || (values == 1 && self.constants);
        if !(object.contains_key("properties") || object.contains_key("oneOf") || is_choice) {
            return;
        }
        let staying: Vec<(&str, Value)> =
            STAY.into_iter().filter_map(|key| Some((key, object.shift_remove(key)?))).collect();
        let target = self.insert(&name, Value::Object(std::mem::take(object)));
        let reference = json!({"$ref": format!("{SCHEMA_PREFIX}{target}")});
        if staying.is_empty() {
            *schema = reference;
            return;
        }
        object.insert("allOf".to_owned(), json!([reference]));
        object.extend(staying.into_iter().map(|(key, value)| (key.to_owned(), value)));
    }

    fn inside(&mut self, schema: &mut Value, name: &str) {
        let required: Vec<String> = required(schema).map(str::to_owned).collect();
        let properties = schema.get_mut("properties").and_then(Value::as_object_mut);
        for (property, inner) in properties.into_iter().flatten() {
            let is_constant = matches!(elements(inner, "enum").as_slice(), [Value::String(_)]);
            if !(is_constant && required.contains(property)) {
                self.hoist(inner, format!("{name}{}", property.to_upper_camel_case()));
            }
        }
        for (key, suffix) in [("items", "Item"), ("additionalProperties", "Value")] {
            if let Some(inner) = schema.get_mut(key) {
                self.hoist(inner, format!("{name}{suffix}"));
            }
        }
        for (index, inner) in array_mut(schema.get_mut("oneOf")).enumerate() {
            self.hoist(inner, format!("{name}Variant{index}"));
        }
    }

    /// Adds a component under the name, or under the name and a number if another schema has it.
    fn insert(&mut self, name: &str, schema: Value) -> String {
        let numbered = (2..).map(|number| format!("{name}{number}"));
        let mut names = std::iter::once(name.to_owned()).chain(numbered);
        let is_free = |name: &String| self.schemas.get(name).is_none_or(|taken| *taken == schema);
        let name = names.find(is_free).unwrap_or_default();
        self.schemas.entry(name.clone()).or_insert(schema);
        name
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::inline_schemas;
    use crate::normalize::tests::{operation, schemas};

    #[test]
    fn schemas_are_named_after_their_position() {
        let mut document = operation(json!({
            "operationId": "things_create",
            "parameters": [{"name": "sort_by", "in": "query", "schema": {"type": "string", "enum": ["a", "b"], "nullable": true}}],
            "requestBody": {"content": {"application/json": {"schema": {"type": "object", "properties": {
                "owner": {"type": "object", "properties": {"id": {"type": "string"}}, "nullable": true},
                "colors": {"type": "array", "items": {"type": "string", "enum": ["red", "green"]}},
                "type": {"type": "string", "enum": ["thing"]}
            }}}}}
        }));
        inline_schemas(&mut document, false);
        let operation = &document["paths"]["/things"]["get"];
        assert_eq!(
            operation["requestBody"]["content"]["application/json"]["schema"],
            json!({"$ref": "#/components/schemas/ThingsCreateRequest"})
        );
        assert_eq!(
            operation["parameters"][0]["schema"],
            json!({"allOf": [{"$ref": "#/components/schemas/ThingsCreateSortBy"}], "nullable": true})
        );
        let schemas = &document["components"]["schemas"];
        assert_eq!(
            schemas["ThingsCreateRequest"]["properties"],
            json!({
                "owner": {"allOf": [{"$ref": "#/components/schemas/ThingsCreateRequestOwner"}], "nullable": true},
                "colors": {"type": "array", "items": {"$ref": "#/components/schemas/ThingsCreateRequestColorsItem"}},
                "type": {"type": "string", "enum": ["thing"]}
            })
        );
        assert_eq!(schemas["ThingsCreateRequestColorsItem"], json!({"type": "string", "enum": ["red", "green"]}));
    }

    #[test]
    fn taken_name_gets_a_number_unless_equal() {
        let mut document = schemas(json!({
            "Thing": {"type": "object", "properties": {"kind": {"type": "string", "enum": ["a", "b"]}}},
            "ThingKind": {"type": "string", "enum": ["x", "y"]},
            "Other": {"type": "object", "properties": {"kind": {"type": "string", "enum": ["c", "d"]}}},
            "OtherKind": {"type": "string", "enum": ["c", "d"]}
        }));
        inline_schemas(&mut document, false);
        let schemas = &document["components"]["schemas"];
        assert_eq!(schemas["Thing"]["properties"]["kind"]["$ref"], "#/components/schemas/ThingKind2");
        assert_eq!(schemas["Other"]["properties"]["kind"]["$ref"], "#/components/schemas/OtherKind");
        assert_eq!(schemas["ThingKind"]["enum"], json!(["x", "y"]));
    }
}
