//! The schemas for which Rust has a better type than typify's.

use progenitor::{GenerationSettings, TypeImpl};
use schemars08::schema::{InstanceType, ObjectValidation, Schema, SchemaObject};
use serde_json::json;

/// Registers them.
pub fn conversions(settings: &mut GenerationSettings) {
    let password = SchemaObject { format: Some("password".to_owned()), ..of(InstanceType::String) };
    settings.with_conversion(password, "crate::Sensitive", [].into_iter());

    let json = "::serde_json::Map<::std::string::String, ::serde_json::Value>";
    let texts = "::std::collections::HashMap<::std::string::String, ::std::string::String>";
    for (values, map) in [(Schema::Bool(true), json), (of(InstanceType::String).into(), texts)] {
        let sensitive_map = SchemaObject {
            object: Some(Box::new(ObjectValidation {
                additional_properties: Some(Box::new(values)),
                ..Default::default()
            })),
            extensions: [("x-sensitive".to_owned(), json!(true))].into_iter().collect(),
            ..of(InstanceType::Object)
        };
        settings.with_conversion(sensitive_map, format!("crate::Sensitive<{map}>"), [].into_iter());
    }

    // A float would make 5.0 of a 5.
    settings.with_conversion(of(InstanceType::Number), "::serde_json::Number", [TypeImpl::Display].into_iter());

    settings.with_replacement("PathSegment", "crate::PathSegment", [TypeImpl::Display, TypeImpl::FromStr].into_iter());
}

fn of(kind: InstanceType) -> SchemaObject {
    SchemaObject { instance_type: Some(kind.into()), ..Default::default() }
}
