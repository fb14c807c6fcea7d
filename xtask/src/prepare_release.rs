//! `cargo xtask prepare-release`: the version of a release in the manifests, the lock files and CHANGELOG.md.

use std::path::Path;

use anyhow::{Context, Result, ensure};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use semver::Version;

use crate::files::read;
use crate::update_spec::{replace_files::replace, version};

/// The packages with the version of the crate, and the files that have it.
const PACKAGES: [&str; 2] = ["trycourier", "courier-local"];
const MANIFESTS: [&str; 2] = ["Cargo.toml", "courier-local/Cargo.toml"];
const LOCKS: [&str; 4] =
    ["Cargo.lock", "examples/limiter-redis/Cargo.lock", "examples/outbox-postgres/Cargo.lock", "fuzz/Cargo.lock"];
const CHANGELOG: &str = "CHANGELOG.md";

/// Sets the version, and begins its section in the changelog.
pub fn prepare(repository: &Path, new: &Version) -> Result<()> {
    let old = version(repository)?;
    ensure!(*new > old, "the version {new} is not above {old}, that of Cargo.toml");
    let mut files = Vec::new();
    for file in MANIFESTS.iter().chain(&LOCKS).filter(|file| repository.join(file).exists()) {
        let text = read(&repository.join(file))?;
        files.push((repository.join(file), with_version(&text, &old.to_string(), &new.to_string())));
    }
    let changelog = read(&repository.join(CHANGELOG))?;
    let (before, after) = changelog.split_once("## [Unreleased]\n").context("CHANGELOG.md has no `## [Unreleased]`")?;
    ensure!(after.trim_start().starts_with("### "), "CHANGELOG.md has nothing under `## [Unreleased]`");
    let today = Timestamp::now().to_zoned(TimeZone::UTC).date();
    let heading = format!("## [Unreleased]\n\n## [{new}] - {today}\n");
    files.push((repository.join(CHANGELOG), format!("{before}{heading}{after}")));
    replace(&files)?;
    eprintln!("Prepared {new}. Next: `git diff`, and a pull request.");
    Ok(())
}

/// A manifest or lock file with another version of our packages.
fn with_version(text: &str, old: &str, new: &str) -> String {
    let (old, new) = (format!("version = \"{old}\""), format!("version = \"{new}\""));
    let names = PACKAGES.map(|package| format!("name = \"{package}\""));
    let mut previous = "";
    let mut changed = String::new();
    for line in text.split_inclusive('\n') {
        let is_own = names.iter().any(|name| previous.trim_end() == name) || line.starts_with("trycourier = ");
        changed += &if is_own { line.replacen(&old, &new, 1) } else { line.to_owned() };
        previous = line;
    }
    changed
}

#[cfg(test)]
mod tests {
    use std::fs;

    use semver::Version;

    use super::prepare;

    #[test]
    fn version_is_written_everywhere_at_once() {
        let folder = tempfile::tempdir().unwrap();
        let write = |file: &str, text: &str| {
            fs::create_dir_all(folder.path().join(file).parent().unwrap()).unwrap();
            fs::write(folder.path().join(file), text).unwrap();
        };
        let read = |file: &str| fs::read_to_string(folder.path().join(file)).unwrap();
        write(
            "Cargo.toml",
            "[package]\nname = \"trycourier\"\nversion = \"0.1.0\"\n\n[dependencies]\nother = { version = \"0.1.0\" }\n",
        );
        write(
            "courier-local/Cargo.toml",
            "[package]\nname = \"courier-local\"\nversion = \"0.1.0\"\n[dependencies]\ntrycourier = { version = \"0.1.0\", path = \"..\" }\n",
        );
        write(
            "fuzz/Cargo.lock",
            "[[package]]\nname = \"other\"\nversion = \"0.1.0\"\n\n[[package]]\nname = \"trycourier\"\nversion = \"0.1.0\"\n",
        );
        write("CHANGELOG.md", "# Changelog\n\n## [Unreleased]\n\n### Added\n\n- A.\n\n## [0.1.0] - 2026-01-01\n");
        let new: Version = "0.2.0".parse().unwrap();
        prepare(folder.path(), &new).unwrap();
        assert_eq!(
            read("Cargo.toml"),
            "[package]\nname = \"trycourier\"\nversion = \"0.2.0\"\n\n[dependencies]\nother = { version = \"0.1.0\" }\n"
        );
        assert_eq!(read("courier-local/Cargo.toml").matches("\"0.2.0\"").count(), 2);
        assert_eq!(
            read("fuzz/Cargo.lock"),
            "[[package]]\nname = \"other\"\nversion = \"0.1.0\"\n\n[[package]]\nname = \"trycourier\"\nversion = \"0.2.0\"\n"
        );
        let changelog = read("CHANGELOG.md");
        assert!(changelog.starts_with("# Changelog\n\n## [Unreleased]\n\n## [0.2.0] - 20"), "{changelog}");
        assert!(changelog.ends_with("\n\n### Added\n\n- A.\n\n## [0.1.0] - 2026-01-01\n"), "{changelog}");

        assert_eq!(
            prepare(folder.path(), &new).unwrap_err().to_string(),
            "the version 0.2.0 is not above 0.2.0, that of Cargo.toml"
        );
        let error = prepare(folder.path(), &Version::new(0, 3, 0)).unwrap_err().to_string();
        assert_eq!(error, "CHANGELOG.md has nothing under `## [Unreleased]`");
        assert_eq!(read("CHANGELOG.md"), changelog);
    }
}
