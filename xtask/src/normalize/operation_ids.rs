//! An operation id is in snake case, `resource_method`.

use heck::ToSnakeCase;
use serde_json::{Value, json};

use crate::document::operations_mut;

/// The names of the official SDKs come from the overlay; this is what an operation is called that no overlay names.
pub fn operation_ids(document: &mut Value) {
    operations_mut(document, |method, path, operation| {
        let id = match operation.get("operationId").and_then(Value::as_str) {
            Some(id) => id.to_snake_case(),
            None => format!("{path} {method}").to_snake_case(),
        };
        operation.insert("operationId".to_owned(), json!(id));
    });
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::operation_ids;
    use crate::normalise::tests::operation;

    #[test]
    fn ids_are_snake_case_and_never_missing() {
        for (described, expected) in [
            (json!({"operationId": "users_tenants_addMultiple"}), "users_tenants_add_multiple"),
            (json!({}), "things_get"),
        ] {
            let mut document = operation(described);
            operation_ids(&mut document);
            assert_eq!(document["paths"]["/things"]["get"]["operationId"], expected);
        }
    }
}
