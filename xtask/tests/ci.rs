//! The scripts of `.ci/` that a workflow runs, in temporary repositories and with a `gh` that records its arguments.

#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test fails by a panic")]

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use assert_cmd::Command;
use tempfile::TempDir;

fn script(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../.ci").join(name)
}

/// A clone of a repository, and a `gh` that lists one pull request or none.
struct Clone {
    folder: TempDir,
}

impl Clone {
    fn new() -> Self {
        let clone = Self { folder: tempfile::tempdir().unwrap() };
        clone.gh(0);
        fs::create_dir_all(clone.path("work/openapi")).unwrap();
        clone.git(&["init", "--quiet", "--bare", "../origin"]);
        clone.git(&["init", "--quiet", "--initial-branch=main"]);
        clone.git(&["remote", "add", "origin", "../origin"]);
        clone.describe("one");
        clone.commit("Begin");
        clone.git(&["push", "--quiet", "origin", "main"]);
        clone
    }

    fn path(&self, path: &str) -> PathBuf {
        self.folder.path().join(path)
    }

    fn gh(&self, pull_requests: usize) {
        fs::create_dir_all(self.path("bin")).unwrap();
        let script = format!(
            "#!/bin/sh\necho \"$1 $2\" >> '{}'\nif [ \"$2\" = list ]; then echo {pull_requests}; fi\n",
            self.path("commands").display()
        );
        fs::write(self.path("bin/gh"), script).unwrap();
        fs::set_permissions(self.path("bin/gh"), fs::Permissions::from_mode(0o755)).unwrap();
    }

    /// The commands of `gh` since the previous call.
    fn gh_commands(&self) -> String {
        let commands = fs::read_to_string(self.path("commands")).unwrap_or_default();
        let _ = fs::remove_file(self.path("commands"));
        commands
    }

    fn git(&self, arguments: &[&str]) -> String {
        let identity = ["-c", "user.name=Somebody", "-c", "user.email=somebody@example.com"];
        let mut command = Command::new("git");
        let run = command.args(identity).args(arguments).current_dir(self.path("work")).assert().success();
        String::from_utf8(run.get_output().stdout.clone()).unwrap().trim().to_owned()
    }

    fn describe(&self, text: &str) {
        fs::write(self.path("work/openapi/upstream.yaml"), text).unwrap();
    }

    fn commit(&self, subject: &str) {
        self.git(&["add", "--all"]);
        self.git(&["commit", "--quiet", "--message", subject]);
    }

    /// Starts again at main, as each run of the workflow does, with an update in the working tree.
    fn propose(&self, update: &str, report: &str) -> Command {
        self.git(&["checkout", "--quiet", "--force", "main"]);
        self.describe(update);
        fs::write(self.path("report.md"), report).unwrap();
        let path = format!("{}:{}", self.path("bin").display(), std::env::var("PATH").unwrap());
        let mut command = Command::new(script("propose-update"));
        command.arg(self.path("report.md")).arg(self.path("body.md")).env("PATH", path).current_dir(self.path("work"));
        command
    }

    fn branch(&self) -> String {
        self.git(&["ls-remote", "origin", "refs/heads/update-spec"])
    }
}

#[test]
fn each_update_is_proposed_once() {
    let clone = Clone::new();
    clone.propose("one", "Nothing.").assert().success();
    assert_eq!((clone.branch(), clone.gh_commands()), (String::new(), String::new()), "nothing has changed");

    clone.propose("two", "Two.").assert().success();
    let first = clone.branch();
    assert_ne!(first, "");
    assert_eq!(clone.gh_commands(), "pr list\npr create\n");
    assert_eq!(fs::read_to_string(clone.path("body.md")).unwrap(), "Two.");

    clone.gh(1);
    clone.propose("two", "Two.").assert().success();
    assert_eq!((clone.branch(), clone.gh_commands()), (first.clone(), String::new()), "it has this already");

    clone.propose("three", "Three.").assert().success();
    assert_ne!(clone.branch(), first);
    assert_eq!(clone.gh_commands(), "pr list\npr edit\n");
}

#[test]
fn proposal_has_everything_that_changed() {
    let clone = Clone::new();
    fs::write(clone.path("work/CHANGELOG.md"), "one").unwrap();
    clone.commit("Add a changelog");
    let mut propose = clone.propose("two", "Two.");
    fs::write(clone.path("work/CHANGELOG.md"), "two").unwrap();
    fs::create_dir_all(clone.path("work/openapi/overlay")).unwrap();
    fs::write(clone.path("work/openapi/overlay/new.yaml"), "new").unwrap();
    propose.assert().success();
    let files = clone.git(&["show", "--name-only", "--format=", "update-spec"]);
    assert_eq!(files, "CHANGELOG.md\nopenapi/overlay/new.yaml\nopenapi/upstream.yaml");
    assert_eq!(clone.git(&["status", "--short"]), "");
}

#[test]
fn workflow_compiles_what_it_proposes() {
    let workflow = fs::read_to_string(script("../.github/workflows/update-spec.yml")).unwrap();
    let update = workflow.lines().find(|line| line.contains("cargo xtask update-spec")).unwrap();
    assert!(update.contains("--write-skeletons") && !workflow.contains("--no-verify"), "{update}");
}

#[test]
fn commits_of_others_are_kept() {
    let clone = Clone::new();
    clone.propose("two", "Two.").assert().success();
    fs::write(clone.path("work/openapi/names.yaml"), "names").unwrap();
    clone.commit("Name what is new");
    clone.git(&["push", "--quiet", "origin", "update-spec"]);
    let (theirs, _) = (clone.branch(), clone.gh_commands());

    let refused = clone.propose("three", "Three.").assert().failure();
    let message = String::from_utf8_lossy(&refused.get_output().stderr).into_owned();
    assert!(message.contains("has commits of others") && message.contains("Somebody: Name what is new"), "{message}");
    assert_eq!((clone.branch(), clone.gh_commands()), (theirs, String::new()));
}

#[test]
fn long_report_keeps_its_beginning() {
    let clone = Clone::new();
    let report = format!("The draft.\n{}", "A line of the report.\n".repeat(4000));
    clone.propose("two", &report).assert().success();
    let body = fs::read_to_string(clone.path("body.md")).unwrap();
    assert!(body.len() < 65_536 && body.starts_with("The draft.\n"), "{}", body.len());
    assert!(body.ends_with("is in the artifact `report` of the workflow run.\n"));
}

#[test]
fn repeated_failure_is_one_issue() {
    let clone = Clone::new();
    fs::write(clone.path("log.txt"), "error: nothing is written\n").unwrap();
    let report = || {
        let path = format!("{}:{}", clone.path("bin").display(), std::env::var("PATH").unwrap());
        let mut command = Command::new(script("report-failure"));
        command.arg("It has failed").arg(clone.path("log.txt")).arg("https://example.com/run").env("PATH", path);
        command.assert().success();
        clone.gh_commands()
    };
    clone.gh(7);
    assert_eq!(report(), "issue list\nissue comment\n");
    let none = fs::read_to_string(clone.path("bin/gh")).unwrap().replace("echo 7", "echo");
    fs::write(clone.path("bin/gh"), none).unwrap();
    assert_eq!(report(), "issue list\nissue create\n");
}

#[test]
fn release_notes_are_the_section_of_the_tag() {
    let folder = tempfile::tempdir().unwrap();
    let copy = folder.path().join(".ci/release-notes");
    fs::create_dir(folder.path().join(".ci")).unwrap();
    fs::copy(script("release-notes"), &copy).unwrap();
    fs::write(
        folder.path().join("Cargo.toml"),
        "[workspace.package]\nversion = \"9.9.9\"\n[package]\nversion = \"1.2.0\"\n",
    )
    .unwrap();
    fs::write(
        folder.path().join("CHANGELOG.md"),
        "# Changelog\n\n## [Unreleased]\n\n## [1.2.0] - 2026-01-01\n\n### Added\n\n- A thing.\n\n## [1.1.0]\n\n- Old.\n",
    )
    .unwrap();
    let notes = Command::new(&copy).arg("v1.2.0").assert().success();
    assert_eq!(String::from_utf8_lossy(&notes.get_output().stdout).trim(), "### Added\n\n- A thing.");
    let other = Command::new(&copy).arg("v1.3.0").assert().failure();
    let message = String::from_utf8_lossy(&other.get_output().stderr).into_owned();
    assert_eq!(message, "The tag says 1.3.0, and Cargo.toml 1.2.0.\n");
    fs::write(folder.path().join("CHANGELOG.md"), "# Changelog\n\n## [1.2.0]\n\n## [1.1.0]\n\n- Old.\n").unwrap();
    Command::new(&copy).arg("v1.2.0").assert().failure();
}
