//! The crate, generated from another description, and a program that is compiled with it.

use std::path::Path;

use serde_json::Value;
use xtask::crate_copy::CrateCopy;

/// A copy of the crate with another description, and a program that depends on it.
pub struct Copy(CrateCopy);

impl Copy {
    pub fn new(name: &str, document: &Value, program: &str, feature: &str) -> Self {
        let repository = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize().unwrap();
        let name = format!("callers/{name}");
        let copy = CrateCopy::new(&repository, &name, &document.to_string(), &["program"]).unwrap();
        let manifest = format!(
            "[package]\nname = \"program\"\nedition = \"2024\"\n\n[dependencies]\nserde = \"1\"\nserde_json = \"1\"\n\
             trycourier = {{ path = \"..\", default-features = false, features = [\"{feature}\"] }}\n"
        );
        copy.write("program/Cargo.toml", &manifest).unwrap();
        copy.write("program/src/lib.rs", program).unwrap();
        Self(copy)
    }

    /// The compiler's errors; empty without errors.
    pub fn check(&self) -> String {
        let errors = self.0.check(&["--offline", "--package", "program"]).unwrap();
        errors.iter().map(|error| format!("{}:{}: {}\n", error.file, error.line, error.text)).collect()
    }
}
