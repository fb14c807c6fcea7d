//! The newest release of the official Python client, and the description derived from its types.
//!
//! The description behind the official SDKs is not published. The Python client is generated from it, and is the most
//! exact public specification of Courier's API. pip finds and fetches it, with the mirrors and proxies that are
//! configured on the machine; `xtask/derive/derive.py` reads it without running any of it.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use anyhow::{Context, Result, bail, ensure};
use semver::Version;
use tempfile::TempDir;

use crate::programs::python;

/// The name of the official Python client on PyPI.
pub const PACKAGE: &str = "trycourier";

/// A downloaded release.
pub struct Release {
    pub version: Version,
    python: &'static str,
    wheel: PathBuf,
    /// Holds the wheel, and removes it when dropped.
    _folder: TempDir,
}

impl Release {
    /// Requests the newest release from pip, without previews.
    pub fn newest() -> Result<Self> {
        let python = python().with_context(|| {
            format!(
                "there is no Python 3.9 or newer here, which reads the types of the official Python client: install it, or {FROM}"
            )
        })?;
        let pip = run(python, ["-m", "pip", "--version"]).ok().filter(|output| output.status.success());
        let pip = pip.with_context(|| {
            format!("`{python}` has no pip, which finds the official Python client: install it, or {FROM}")
        })?;
        require_new_pip(&String::from_utf8_lossy(&pip.stdout))?;
        let folder = tempfile::tempdir().context("cannot make a folder for the download")?;
        let to = folder.path().to_string_lossy().into_owned();
        let download = ["-m", "pip", "download", PACKAGE, "--no-deps", "--only-binary", ":all:"];
        // None of its code runs, so the Python version that it requires does not matter.
        let quietly = ["--ignore-requires-python", "--no-input", "--disable-pip-version-check", "--dest", &to];
        let output = run(python, download.into_iter().chain(quietly))?;
        if !output.status.success() {
            let text = String::from_utf8_lossy(&output.stderr);
            // pip warns of each failed connection, and ends as if the package did not exist.
            if let Some(warning) = text.lines().find(|line| line.contains("connection broken by")) {
                bail!("pip cannot reach its package index: {}", warning.trim());
            }
            bail!("pip finds no release of {PACKAGE}: {}", last_line(&output.stderr));
        }
        let mut files = fs::read_dir(folder.path())?.flatten().map(|entry| entry.path());
        let wheel = files.find(|path| path.extension().is_some_and(|extension| extension == "whl"));
        let wheel = wheel.with_context(|| format!("pip downloaded no wheel of {PACKAGE}"))?;
        Ok(Self { version: version_of(&wheel)?, python, wheel, _folder: folder })
    }

    /// Derives the description of the release.
    pub fn describe(&self) -> Result<String> {
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("derive/derive.py");
        let output = run(self.python, [OsStr::new("-I"), script.as_os_str(), self.wheel.as_os_str()])?;
        if !output.status.success() {
            bail!("{} does not understand it: {}", script.display(), last_line(&output.stderr));
        }
        String::from_utf8(output.stdout).context("the derived description is not text")
    }
}

const FROM: &str = "give a description with `--from`";

/// Older versions of pip cannot download a package regardless of the Python version that it requires.
const MIN_PIP: (u64, u64) = (21, 3);

/// Checks the output of `pip --version`, such as `pip 23.2.1 from /usr/lib/python3`.
fn require_new_pip(output: &str) -> Result<()> {
    let version = output.split_whitespace().nth(1).unwrap_or_default();
    let mut numbers = version.split('.').map(|number| number.parse().unwrap_or(0));
    let number = (numbers.next().unwrap_or(0), numbers.next().unwrap_or(0));
    let (major, minor) = MIN_PIP;
    ensure!(number >= MIN_PIP, "pip {version} is too old: install pip {major}.{minor} or newer, or {FROM}");
    Ok(())
}

fn run(python: &str, arguments: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Result<Output> {
    Command::new(python).args(arguments).output().with_context(|| format!("`{python}` cannot be run"))
}

/// The line in which programs report an error.
fn last_line(stderr: &[u8]) -> String {
    let text = String::from_utf8_lossy(stderr);
    text.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or("it does not say why").trim().to_owned()
}

/// The second part of a wheel's name.
fn version_of(wheel: &Path) -> Result<Version> {
    let name = wheel.file_name().unwrap_or_default().to_string_lossy();
    let version = name.split('-').nth(1).unwrap_or_default();
    version.parse().with_context(|| format!("{name} has no version that can be compared"))
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::{last_line, require_new_pip, version_of};

    #[test]
    fn wheel_name_has_the_version() {
        let version = version_of(Path::new("/tmp/trycourier-9.13.0-py3-none-any.whl")).unwrap();
        assert_eq!(version.to_string(), "9.13.0");
        assert!(version_of(Path::new("trycourier.whl")).is_err());
    }

    #[test]
    fn old_pip_is_named_with_its_version() {
        assert!(require_new_pip("pip 21.3 from /usr/lib (python 3.9)\n").is_ok());
        let error = require_new_pip("pip 20.3.4 from /usr/lib (python 3.9)\n").unwrap_err().to_string();
        assert!(error.starts_with("pip 20.3.4 is too old: install pip 21.3 or newer, or give"), "{error}");
    }

    #[test]
    fn last_line_is_the_error() {
        assert_eq!(last_line(b"WARNING: old\nERROR: No matching distribution\n\n"), "ERROR: No matching distribution");
        assert_eq!(last_line(b""), "it does not say why");
    }
}
