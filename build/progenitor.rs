//! progenitor's part: it names the types and fields in Rust, and detects types that contain themselves.

use std::cell::Cell;
use std::panic::{self, catch_unwind};
use std::sync::Once;

use progenitor::{GenerationSettings, Generator, InterfaceStyle};
use schemars08::schema::{InstanceType, ObjectValidation, Schema, SchemaObject};
use serde_json::{Value, json};

/// progenitor's code for the document.
pub fn generate(document: &Value) -> Result<syn::File, String> {
    let mut document = document.clone();
    without_number_formats(&mut document);
    let spec =
        serde_json::from_value(document).map_err(|error| format!("the description is not OpenAPI 3.0: {error}"))?;
    let mut settings = GenerationSettings::default();
    settings.with_interface(InterfaceStyle::Positional);
    conversions(&mut settings);
    // progenitor panics if a description exceeds its abilities; the maintainer needs a clear message.
    let tokens = without_panic_message(move || Generator::new(&settings).generate_tokens(&spec))
        .map_err(|panic| {
            let cause = panic.downcast_ref::<String>().map(String::as_str).or(panic.downcast_ref::<&str>().copied());
            format!("progenitor cannot read the description: {}", cause.unwrap_or("it panicked"))
        })?
        .map_err(|error| format!("progenitor cannot read the description: {error}"))?;
    syn::parse2(tokens).map_err(|error| format!("progenitor's code cannot be parsed: {error}"))
}

/// The formats of integers that have a type of the crate.
const INTEGER_FORMATS: [(&str, &str); 2] =
    [("milliseconds", "crate::Millis"), ("duration-milliseconds", "crate::DurationMillis")];

/// Every other integer becomes an `i64` and every number an `f64`: a value beyond the range of the type that its format names
/// would not decode. Other types have no formats.
fn without_number_formats(value: &mut Value) {
    match value {
        Value::Object(object) => {
            let is_known = |format: &Value| INTEGER_FORMATS.iter().any(|(known, _)| format == known);
            if object.get("type").is_some_and(|kind| kind.is_string() && kind != "string")
                && object.get("format").is_some_and(|format| format.is_string() && !is_known(format))
            {
                object.remove("format");
            }
            object.values_mut().for_each(without_number_formats);
        }
        Value::Array(array) => array.iter_mut().for_each(without_number_formats),
        _ => {}
    }
}

thread_local! {
    static IS_SILENT: Cell<bool> = const { Cell::new(false) };
}

/// Catches a panic, which would otherwise print a backtrace before the maintainer's message.
fn without_panic_message<T>(run: impl FnOnce() -> T + panic::UnwindSafe) -> std::thread::Result<T> {
    static HOOK: Once = Once::new();
    HOOK.call_once(|| {
        let others = panic::take_hook();
        panic::set_hook(Box::new(move |panic| {
            if !IS_SILENT.get() {
                others(panic);
            }
        }));
    });
    IS_SILENT.set(true);
    let result = catch_unwind(run);
    IS_SILENT.set(false);
    result
}

/// The schemas for which the crate has a better type than typify's.
fn conversions(settings: &mut GenerationSettings) {
    let mut convert = |schema: SchemaObject, name: &str| {
        settings.with_conversion(schema, name, [].into_iter());
    };
    let formatted = |kind, format: &str| SchemaObject { format: Some(format.to_owned()), ..of(kind) };
    convert(formatted(InstanceType::String, "password"), "crate::Sensitive");
    convert(formatted(InstanceType::String, "date-time"), "crate::Timestamp");
    for (format, name) in INTEGER_FORMATS {
        convert(formatted(InstanceType::Integer, format), name);
    }
    convert(formatted(InstanceType::String, "local-date-time"), "crate::LocalTime");
    convert(formatted(InstanceType::String, "time-zone"), "crate::TimeZone");
    convert(formatted(InstanceType::String, "delivery-time"), "crate::DeliveryTime");
    // Dates, UUIDs and addresses stay strings: an invalid value does not cause the response to fail.
    for format in ["date", "uuid", "ip", "ipv4", "ipv6", "byte", "binary"] {
        convert(formatted(InstanceType::String, format), "::std::string::String");
    }
    convert(of(InstanceType::Object), "crate::Object");
    convert(map(Schema::Bool(true)), "crate::Object");
    convert(map(SchemaObject::default().into()), "crate::Object");
    for (values, name) in [
        (Schema::Bool(true), "crate::Sensitive<crate::Object>"),
        (
            of(InstanceType::String).into(),
            "crate::Sensitive<::std::collections::BTreeMap<::std::string::String, ::std::string::String>>",
        ),
    ] {
        let extensions = [("x-sensitive".to_owned(), json!(true))].into_iter().collect();
        convert(SchemaObject { extensions, ..map(values) }, name);
    }
}

fn map(values: Schema) -> SchemaObject {
    let object = ObjectValidation { additional_properties: Some(Box::new(values)), ..Default::default() };
    SchemaObject { object: Some(Box::new(object)), ..of(InstanceType::Object) }
}

fn of(kind: InstanceType) -> SchemaObject {
    SchemaObject { instance_type: Some(kind.into()), ..Default::default() }
}
