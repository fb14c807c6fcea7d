//! The JSON Schema of hand-written types.

/// Implements `JsonSchema` for a type with a fixed schema, which is inlined where the type is used.
macro_rules! inline_schema {
    ($type:ident, $($schema:tt)+) => {
        #[cfg(feature = "schemars")]
        impl schemars::JsonSchema for $type {
            fn schema_name() -> std::borrow::Cow<'static, str> {
                stringify!($type).into()
            }

            fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
                schemars::json_schema!($($schema)+)
            }

            fn inline_schema() -> bool {
                true
            }
        }
    };
}
pub(crate) use inline_schema;
