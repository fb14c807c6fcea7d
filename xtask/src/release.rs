//! The newest release of the official Python client, and the description that its types give.
//!
//! The description behind the official SDKs is not published. The Python client is generated from it, and is the most
//! exact statement of Courier's API that anyone can get. pip finds and fetches it, so that the mirrors and proxies that
//! a machine is configured for are used; `xtask/derive/derive.py` reads it and runs nothing of it.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use anyhow::{Context, Result, bail, ensure};
use semver::Version;
use tempfile::TempDir;

/// The name of the official Python client on PyPI.
const PACKAGE: &str = "trycourier";

/// The script reads types in the way that Python 3.9 writes them.
const OLDEST_PYTHON: &str = "import sys; sys.exit(sys.version_info < (3, 9))";

/// A release, downloaded.
pub struct Release {
    pub version: Version,
    python: &'static str,
    wheel: PathBuf,
    /// Where the wheel is until nobody needs it any more.
    _folder: TempDir,
}

impl Release {
    /// Asks pip for the newest release that is no preview.
    pub fn newest() -> Result<Self> {
        let python = python()?;
        let has_pip = run(python, ["-m", "pip", "--version"]).is_ok_and(|output| output.status.success());
        ensure!(has_pip, "`{python}` has no pip, which finds the official Python client: install it, or {FROM}");
        let folder = tempfile::tempdir().context("there is no place for a download")?;
        let to = folder.path().to_string_lossy().into_owned();
        let download = ["-m", "pip", "download", PACKAGE, "--no-deps", "--only-binary", ":all:"];
        // Nothing of it is run, so that the Python that it asks for does not matter.
        let quietly =
            ["--ignore-requires-python", "--no-input", "--disable-pip-version-check", "--quiet", "--dest", &to];
        let output = run(python, download.into_iter().chain(quietly))?;
        if !output.status.success() {
            bail!("pip finds no release of {PACKAGE}: {}", last_line(&output.stderr));
        }
        let wheel = wheel(folder.path())?;
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

/// The command that starts a Python that is new enough.
fn python() -> Result<&'static str> {
    let is_new_enough = |python: &&str| run(python, ["-c", OLDEST_PYTHON]).is_ok_and(|output| output.status.success());
    ["python3", "python", "py"].into_iter().find(is_new_enough).with_context(|| {
        format!(
            "there is no Python 3.9 or newer here, which reads the types of the official Python client: install it, or {FROM}"
        )
    })
}

fn run(python: &str, arguments: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Result<Output> {
    Command::new(python).args(arguments).output().with_context(|| format!("`{python}` cannot be run"))
}

/// Where programs say what went wrong.
fn last_line(stderr: &[u8]) -> String {
    let text = String::from_utf8_lossy(stderr);
    text.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or("it does not say why").trim().to_owned()
}

fn wheel(folder: &Path) -> Result<PathBuf> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "whl") {
            return Ok(path);
        }
    }
    bail!("pip downloaded no wheel of {PACKAGE}")
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

    use super::{last_line, version_of};

    #[test]
    fn a_wheel_is_named_for_its_version() {
        let version = version_of(Path::new("/tmp/trycourier-9.13.0-py3-none-any.whl")).unwrap();
        assert_eq!(version.to_string(), "9.13.0");
        assert!(version_of(Path::new("trycourier.whl")).is_err());
    }

    #[test]
    fn the_last_line_says_what_went_wrong() {
        assert_eq!(last_line(b"WARNING: old\nERROR: No matching distribution\n\n"), "ERROR: No matching distribution");
        assert_eq!(last_line(b""), "it does not say why");
    }
}
