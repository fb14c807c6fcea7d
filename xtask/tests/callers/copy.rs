//! The crate, generated from another description, and a program that is compiled with it.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{env, fs};

use serde_json::Value;
use toml::Table;

/// A copy of the crate with another description, and a program that depends on it.
pub struct Copy {
    folder: PathBuf,
    target: PathBuf,
}

impl Copy {
    /// In a permanent folder below the folder of the build, so that it is compiled once.
    pub fn new(name: &str, document: &Value, program: &str, feature: &str) -> Self {
        let repository = Path::new(env!("CARGO_MANIFEST_DIR")).join("..").canonicalize().unwrap();
        let target =
            env::var_os("CARGO_TARGET_DIR").map_or_else(|| repository.join("target"), |folder| repository.join(folder));
        let copy = Self { folder: target.join("callers").join(name), target };
        for folder in ["src", "build"] {
            copy_folder(&repository.join(folder), &copy.folder.join(folder));
        }
        for file in ["Cargo.lock", "build.rs"] {
            write(&copy.folder.join(file), &fs::read_to_string(repository.join(file)).unwrap());
        }
        let manifest = fs::read_to_string(repository.join("Cargo.toml")).unwrap();
        let mut manifest: Table = manifest.parse().unwrap();
        for section in ["dev-dependencies", "example", "bench"] {
            manifest.remove(section);
        }
        manifest["workspace"]["members"] = toml::Value::from(vec!["program"]);
        write(&copy.folder.join("Cargo.toml"), &manifest.to_string());
        write(&copy.folder.join("openapi/courier.yaml"), &document.to_string());
        write(
            &copy.folder.join("program/Cargo.toml"),
            &format!(
                "[package]\nname = \"program\"\nedition = \"2024\"\n\n[dependencies]\nserde = \"1\"\nserde_json = \"1\"\n\
                 trycourier = {{ path = \"..\", default-features = false, features = [\"{feature}\"] }}\n"
            ),
        );
        write(&copy.folder.join("program/src/lib.rs"), program);
        copy
    }

    /// The compiler's errors; empty without errors.
    pub fn check(&self) -> String {
        let mut cargo = Command::new(env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
        cargo.args(["check", "--offline", "--quiet", "--package", "program", "--message-format", "short"]);
        cargo.current_dir(&self.folder).env("CARGO_TARGET_DIR", &self.target);
        let output = cargo.output().unwrap();
        let errors = String::from_utf8(output.stderr).unwrap();
        if output.status.success() { String::new() } else { errors }
    }
}

/// Writes a file unless it is unchanged: unchanged files are not compiled again.
fn write(path: &Path, text: &str) {
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    if fs::read_to_string(path).is_ok_and(|before| before == text) {
        return;
    }
    fs::write(path, text).unwrap();
}

fn copy_folder(from: &Path, to: &Path) {
    let names = |folder: &Path| -> BTreeSet<_> {
        fs::read_dir(folder).into_iter().flatten().map(|entry| entry.unwrap().file_name()).collect()
    };
    for name in names(from) {
        match from.join(&name) {
            folder if folder.is_dir() => copy_folder(&folder, &to.join(&name)),
            file => write(&to.join(&name), &fs::read_to_string(file).unwrap()),
        }
    }
    for gone in names(to).difference(&names(from)) {
        let gone = to.join(gone);
        if gone.is_dir() { fs::remove_dir_all(gone).unwrap() } else { fs::remove_file(gone).unwrap() }
    }
}
