//! Which operations page, and how: the rows of the table in `src/ext/paginate.rs`.

use heck::ToUpperCamelCase;
use serde_json::Value;

use crate::generate::schema::{operations, properties, reference, resolve, setter_name, success_body, text};

/// A call of `paged!` with a row for each operation that takes a `cursor`. One whose answer has none of the shapes has no
/// row, and the test of the pages says so.
pub fn paged(document: &Value) -> String {
    let paged = operations(document).filter(|(.., operation)| takes_cursor(operation));
    let rows = paged.filter_map(|(.., operation)| row(document, operation));
    let rows: String = rows.map(|row| format!("    {row}\n")).collect();
    format!("paged! {{\n{rows}}}\n")
}

/// The operations that take a cursor.
pub fn takes_cursor(operation: &Value) -> bool {
    let parameters = operation.get("parameters").and_then(Value::as_array).into_iter().flatten();
    parameters.into_iter().any(|parameter| text(parameter, "name") == Some("cursor"))
}

fn row(document: &Value, operation: &Value) -> Option<String> {
    let id = text(operation, "operationId")?;
    let answer = success_body(operation)?;
    let fields = properties(resolve(document, answer))?;
    let shape =
        ["paging", "has_more", "next_cursor", "cursor"].into_iter().find(|shape| fields.contains_key(*shape))?;
    let (items, item) = fields.iter().find_map(|(name, field)| Some((name, reference(field.get("items")?)?)))?;
    Some(format!(
        "{id} {}: {}.{} of {}, by {shape};",
        id.to_upper_camel_case(),
        reference(answer)?.to_upper_camel_case(),
        setter_name(items),
        item.to_upper_camel_case(),
    ))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::paged;

    fn rows(answer: Value, parameters: Value) -> String {
        paged(&json!({
            "paths": {"/things": {"get": {
                "operationId": "things_list",
                "parameters": parameters,
                "responses": {"2XX": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/ThingList"}}}}}
            }}},
            "components": {"schemas": {"ThingList": {"type": "object", "properties": answer}}}
        }))
    }

    #[test]
    fn each_shape_has_its_row() {
        let things = json!({"type": "array", "items": {"$ref": "#/components/schemas/Thing"}});
        let cursor = json!([{"name": "cursor", "in": "query"}]);
        for (answer, expected) in [
            (json!({"items": things, "paging": {}}), "ThingList.items of Thing, by paging;"),
            (json!({"has_more": {}, "cursor": {}, "items": things}), "ThingList.items of Thing, by has_more;"),
            (json!({"cursor": {}, "templates": things}), "ThingList.templates of Thing, by cursor;"),
            (json!({"next_cursor": {}, "runs": things}), "ThingList.runs of Thing, by next_cursor;"),
        ] {
            assert!(
                rows(answer, cursor.clone()).contains(&format!("things_list ThingsList: {expected}")),
                "{expected}"
            );
        }
        assert_eq!(rows(json!({"things": things}), cursor), "paged! {\n}\n");
        assert_eq!(rows(json!({"items": things, "paging": {}}), json!([])), "paged! {\n}\n");
    }
}
