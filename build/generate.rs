//! From the description to Rust: passes over the document, progenitor, passes over its code.
//!
//! The document says what is true on the wire; what is about Rust alone is decided here, a pass a file. Each pass is a
//! function with its tests below it, which `tests/build_passes.rs` runs.

mod answers;
mod closed_enums;
mod conversions;
mod documentation;
mod formats;
mod non_exhaustive;
mod open_enums;
mod paged;
mod schema;
mod send;
mod setters;
mod tagged_unions;
mod tests_of_everything;
mod union_order;

use std::panic::catch_unwind;

use progenitor::{GenerationSettings, Generator, HooksMode, InterfaceStyle};
use serde_json::Value;

/// What depends on the crate's features.
pub struct Options {
    /// Derive `schemars::JsonSchema` for every type.
    pub schemars: bool,
}

/// A file to write.
pub struct Generated {
    pub name: &'static str,
    pub text: String,
}

/// Generates everything, or says why not.
pub fn generate(description: &str, options: &Options) -> Result<Vec<Generated>, String> {
    let mut document: Value = yaml_serde::from_str(description).map_err(|error| format!("not YAML: {error}"))?;
    let answers = answers::answers(&document);
    let words = documentation::Words::of(&document);

    formats::keep_text(&mut document);
    union_order::most_telling_first(&mut document);
    let closed = closed_enums::closed_enums(&document);
    let unions = tagged_unions::without_tags(&mut document);

    let tokens = progenitor(&document, options)?;
    let mut code: syn::File = syn::parse2(tokens).map_err(|error| format!("progenitor's code: {error}"))?;
    open_enums::open_enums(&mut code, &closed);
    tagged_unions::tagged_unions(&mut code, &unions);
    send::send(&mut code, &answers)?;
    setters::setters(&mut code);
    non_exhaustive::non_exhaustive(&mut code);
    documentation::document(&mut code, &words);
    let files = [
        // The client's operations and their types.
        ("courier.rs", prettyplease::unparse(&code)),
        // Which of them page, for `ext`.
        ("paged.rs", paged::paged(&document)),
        // The rest is for the tests.
        ("every_operation.rs", tests_of_everything::every_operation(&document)),
        ("every_list.rs", tests_of_everything::every_list(&document)),
        ("every_type.rs", tests_of_everything::every_type(&code)),
        ("every_shape.rs", tests_of_everything::every_shape(&code)),
        ("every_method.txt", tests_of_everything::every_method(&code)),
    ];
    Ok(files.map(|(name, text)| Generated { name, text }).into())
}

fn progenitor(document: &Value, options: &Options) -> Result<proc_macro2::TokenStream, String> {
    let spec = serde_json::from_value(document.clone()).map_err(|error| format!("not OpenAPI 3.0: {error}"))?;
    let mut settings = GenerationSettings::default();
    settings.with_interface(InterfaceStyle::Builder).with_hooks(HooksMode::Expected).with_derive("PartialEq");
    if options.schemars {
        settings.with_derive("::schemars::JsonSchema");
    }
    conversions::conversions(&mut settings);
    // progenitor asserts where a description is beyond it; the maintainer needs a sentence.
    catch_unwind(move || Generator::new(&settings).generate_tokens(&spec))
        .map_err(|panic| {
            let cause = panic.downcast_ref::<String>().map(String::as_str).or(panic.downcast_ref::<&str>().copied());
            format!("progenitor cannot read it: {}", cause.unwrap_or("it panicked"))
        })?
        .map_err(|error| format!("progenitor: {error}"))
}
