//! `docs/coming-from.md`: the calls of the official SDKs beside ours.

use std::collections::BTreeMap;

use heck::ToLowerCamelCase;

use crate::generate::emit::surface::arguments;
use crate::generate::model::{Call, Model};

/// Its path in the repository.
pub const FILE: &str = "docs/coming-from.md";

const HEADING: &str = "\
<!-- Written by `cargo xtask generate-spec` alone. -->

# Coming from Node or Python

Every operation has the name that it has in the official SDKs. What is required is an argument here, what is optional is
a method of the call: `client.lists().list().cursor(\"next\").await?`.
";

/// The whole document: a table for each resource.
pub fn table(model: &Model) -> String {
    let mut by_resource: BTreeMap<&str, Vec<&Call>> = BTreeMap::new();
    for call in &model.calls {
        by_resource.entry(call.path.first().map_or("", String::as_str)).or_default().push(call);
    }
    let mut text = HEADING.to_owned();
    for (resource, calls) in by_resource {
        text += &format!("\n## `{resource}`\n\n| Node | Python | Rust | HTTP |\n|---|---|---|---|\n");
        calls.into_iter().for_each(|call| text += &row(model, call));
    }
    text
}

fn row(model: &Model, call: &Call) -> String {
    let node: Vec<String> = call.path.iter().map(|part| part.to_lower_camel_case()).collect();
    let resource: String = call.resource().iter().map(|name| format!(".{name}()")).collect();
    let arguments: Vec<String> = arguments(model, call).into_iter().map(|argument| argument.ident).collect();
    format!(
        "| `client.{}` | `client.{}` | `client{resource}.{}({})` | `{} {}` |\n",
        node.join("."),
        call.path.join("."),
        call.method(),
        arguments.join(", "),
        call.http_method,
        call.template
    )
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::table;
    use crate::generate;
    use crate::report::tests::document;

    #[test]
    fn an_operation_has_its_name_in_each_language_and_its_arguments_in_order() {
        let mut document = document(json!({"Thing": {
            "type": "object", "required": ["name", "id"], "additionalProperties": {},
            "properties": {"id": {"type": "string"}, "name": {"type": "string"}, "size": {"type": "integer"}}
        }}));
        let content = json!({"application/json": {"schema": {"$ref": "#/components/schemas/Thing"}}});
        document["paths"]["/lists/{list_id}/things"]["put"] = json!({
            "operationId": "lists_things_add_multiple", "x-method": "lists.things.add_multiple",
            "parameters": [{"name": "list_id", "in": "path", "required": true, "schema": {"type": "string"}}],
            "requestBody": {"required": true, "content": content},
            "responses": {"2XX": {"description": ""}}
        });
        let table = table(&generate::read(&document).unwrap());
        let row = "| `client.lists.things.addMultiple` | `client.lists.things.add_multiple` | \
                   `client.lists().things().add_multiple(list_id, name, id)` | `PUT /lists/{list_id}/things` |";
        assert!(table.contains(row), "{table}");
        assert!(table.contains("\n## `all`\n") && table.contains("\n## `lists`\n"), "{table}");
    }
}
