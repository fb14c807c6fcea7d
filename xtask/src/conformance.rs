//! `cargo xtask conformance`: tests against other programs. The mock server of the official SDKs reads the description
//! and accepts every call; the official Python and Node clients talk to `courier-local`.

use std::fs;
use std::io::{BufRead, BufReader};
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use walkdir::WalkDir;

use crate::files::Files;
use crate::programs::{cargo, python, python_with, run, target, wait_for, works};

const MOCK: &str = "@stdy/cli@0.22.2";
const MOCK_STARTS_WITHIN: Duration = Duration::from_secs(60);
const NODE_CLIENT: &str = "@trycourier/courier@7.10.2";
const MARKER: &str = "@pytest.mark.skip(reason=\"Mock server tests are disabled\")";

/// The test that fails because of a defect in the client: its response type names a class that it does not import.
const FAILS_THERE: &str = "_retrieve_content";

pub fn check(repository: &Path) -> Result<()> {
    let mut left_out = Vec::new();
    run(cargo().args(["build", "--quiet", "--package", "courier-local"]).current_dir(repository))?;
    if works("npx") {
        mock_server(repository)?;
        node_client(repository)?;
    } else {
        left_out.push("the mock server of the official SDKs and the official Node client, which need node");
    }
    match python() {
        Some(python) => python_client(repository, python)?,
        None => left_out.push("the official Python client, which needs python3"),
    }
    for check in left_out {
        println!("Left out: {check}.");
    }
    Ok(())
}

fn mock_server(repository: &Path) -> Result<()> {
    println!("The mock server of the official SDKs reads the description.");
    run(Command::new("npx").args(["--yes", MOCK, "validate", "openapi/courier.yaml"]).current_dir(repository))?;

    println!("It is called by every operation with every parameter.");
    let calls = ["test", "--quiet", "--package", "trycourier", "--test", "conformance"];
    // Built before the server is started, so that a failed build leaves no server behind.
    run(cargo().args(calls).current_dir(repository))?;
    let mock = Server::mock(repository)?;
    let mut calls_to_it = cargo();
    calls_to_it.args(calls).args(["--", "--ignored", "--nocapture"]).env("MOCK_SERVER", &mock.url);
    run(calls_to_it.current_dir(repository)).context("the mock server and the crate disagree")
}

fn python_client(repository: &Path, python: &str) -> Result<()> {
    let folder = target(repository).join("conformance");
    fs::create_dir_all(&folder)?;
    let requirements = repository.join("xtask/conformance/requirements.txt").display().to_string();
    let client = Files::new(repository).python_client()?;
    let python = python_with(&folder, python, &[&client, "--requirement", &requirements])?;
    let suite = unskipped(&folder, &python, &client)?;

    println!("The test suite of {client} runs against courier-local.");
    let server = Server::start(repository, &["--respond-with-examples"])?;
    // Its default options start a process per core and forbid warnings, which newer versions of Python emit.
    let options =
        ["-m", "pytest", "-q", "-rA", "--tb=line", "-p", "no:cacheprovider", "-o", "addopts=", "tests/api_resources"];
    let mut tests = Command::new(&python);
    tests.args(options).current_dir(&suite).env("TEST_API_BASE_URL", &server.url);
    let output = tests.output().context("cannot run pytest")?;
    let report = String::from_utf8_lossy(&output.stdout);
    judge(&report).with_context(|| format!("{report}{}", String::from_utf8_lossy(&output.stderr)))?;
    drop(server);

    println!("The same client walks through it.");
    let server = Server::start(repository, &["--delivery-time", "300", "--page-size", "10"])?;
    run(Command::new(&python).arg(repository.join("xtask/conformance/walk.py")).env("COURIER_BASE_URL", &server.url))?;
    drop(server);

    println!("The example of a test in Python passes.");
    let server = Server::start(repository, &["--template", "nt_order"])?;
    let mut test = Command::new(&python);
    test.args(["-m", "unittest", "test_order"]).current_dir(repository.join("courier-local/suites"));
    run(test.env("PYTHONDONTWRITEBYTECODE", "1").env("COURIER_BASE_URL", &server.url))
}

fn node_client(repository: &Path) -> Result<()> {
    println!("The example of a test in Node passes.");
    let folder = target(repository).join("conformance/node");
    fs::create_dir_all(&folder)?;
    fs::write(folder.join("package.json"), "{\"private\": true}")?;
    let install = ["install", "--silent", "--no-audit", "--no-fund", NODE_CLIENT];
    run(Command::new("npm").args(install).current_dir(&folder))?;
    // Node looks for the client in the folder of the test.
    let test = folder.join("order.test.mjs");
    fs::copy(repository.join("courier-local/suites/order.test.mjs"), &test)?;
    let server = Server::start(repository, &["--template", "nt_order"])?;
    run(Command::new("node").arg("--test").arg(&test).env("COURIER_BASE_URL", &server.url))
}

/// Counts the passed tests. Fails if a test fails that is not a known failure of the client.
fn judge(report: &str) -> Result<()> {
    let passed = report.lines().filter_map(|line| line.strip_prefix("PASSED ")).collect::<Vec<_>>();
    let failed = report.lines().filter_map(|line| line.strip_prefix("FAILED ").or(line.strip_prefix("ERROR ")));
    let failed = failed.collect::<Vec<_>>();
    let (known, unexpected): (Vec<&str>, Vec<&str>) =
        failed.iter().partition(|test| test.contains("test_notifications.py") && test.contains(FAILS_THERE));
    // Each call is tested once: not async, not raw, and once for either kind of validation.
    let calls = |tests: &[&str]| {
        let calls = tests.iter().filter(|test| test.contains("::test_method_") && test.contains("[loose]"));
        calls.filter(|test| !test.contains("::TestAsync")).count()
    };
    let (right, wrong) = (calls(&passed), calls(&known));
    println!("{} tests passed; {} failed in the client itself.", passed.len(), known.len());
    println!("{right} of its {} calls get the response that it expects.", right + wrong + calls(&unexpected));
    ensure!(!passed.is_empty(), "no test ran");
    ensure!(unexpected.is_empty(), "{} tests failed: {}", unexpected.len(), unexpected.join(", "));
    Ok(())
}

/// Fetches the client's source, enables its tests against a server, and returns its folder.
fn unskipped(folder: &Path, python: &Path, client: &str) -> Result<PathBuf> {
    let name = client.replace("==", "-");
    let archive = folder.join(format!("{name}.tar.gz"));
    if !archive.exists() {
        let download =
            ["-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps", "--no-binary", ":all:"];
        run(Command::new(python).args(download).args(["--dest"]).arg(folder).arg(client))?;
    }
    let suite = folder.join(&name);
    if suite.exists() {
        fs::remove_dir_all(&suite)?;
    }
    run(Command::new(python).args(["-m", "tarfile", "--extract"]).arg(&archive).arg(folder))?;
    ensure!(unskip(&suite.join("tests"))? > 0, "the tests of {client} are not skipped the way they were");
    Ok(suite)
}

/// Removes the marker from every file, and counts the removals.
fn unskip(folder: &Path) -> Result<usize> {
    let mut count = 0;
    for entry in WalkDir::new(folder) {
        let path = entry?.into_path();
        if path.extension().is_some_and(|extension| extension == "py") {
            let text = fs::read_to_string(&path)?;
            let lines: Vec<&str> = text.lines().filter(|line| line.trim() != MARKER).collect();
            count += text.lines().count() - lines.len();
            fs::write(&path, lines.join("\n") + "\n")?;
        }
    }
    Ok(count)
}

/// A running server. Stopped when dropped.
struct Server {
    child: Child,
    url: String,
}

impl Server {
    fn spawn(command: &mut Command, url: String) -> Result<Self> {
        // npx starts other processes, which are terminated with their group.
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(command, 0);
        Ok(Self { child: command.spawn().with_context(|| format!("cannot run {command:?}"))?, url })
    }

    /// Starts the mock server of the official SDKs.
    fn mock(repository: &Path) -> Result<Self> {
        // It cannot choose a free port, so it gets a port that was free just before.
        let port = TcpListener::bind("127.0.0.1:0")?.local_addr()?.port();
        let mut command = Command::new("npx");
        command.args(["--yes", MOCK, "--host", "127.0.0.1", "--no-color", "--port", &port.to_string()]);
        command.arg("openapi/courier.yaml").current_dir(repository).stdout(Stdio::null());
        let mut mock = Self::spawn(&mut command, format!("http://127.0.0.1:{port}"))?;
        wait_for("the mock server", &mut mock.child, port, MOCK_STARTS_WITHIN)?;
        Ok(mock)
    }

    /// Starts courier-local.
    fn start(repository: &Path, options: &[&str]) -> Result<Self> {
        let mut command = Command::new(target(repository).join("debug/courier-local"));
        let mut server = Self::spawn(command.arg("127.0.0.1:0").args(options).stdout(Stdio::piped()), String::new())?;
        let mut lines = BufReader::new(server.child.stdout.take().context("it has no output")?).lines();
        let address = |line: &str| Some(line.split_once("COURIER_BASE_URL=")?.1.split(' ').next()?.to_owned());
        let url = lines.by_ref().map_while(Result::ok).find_map(|line| address(&line));
        server.url = url.context("courier-local ended")?;
        // Continued reading keeps it from blocking on a full pipe.
        std::thread::spawn(move || lines.for_each(drop));
        Ok(server)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if cfg!(unix) {
            let _ = Command::new("kill").args(["--", &format!("-{}", self.child.id())]).status();
        }
        // It may have exited by itself.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[cfg(test)]
mod tests {
    use super::judge;

    #[test]
    fn only_known_failures_of_the_client_may_fail() {
        let passed = "PASSED tests/api_resources/test_send.py::TestSend::test_method_message[loose]\n";
        let known = "FAILED tests/api_resources/test_notifications.py::TestNotifications::test_method_retrieve_content[loose] - E\n";
        assert!(judge(&format!("{passed}{known}")).is_ok());
        assert!(
            judge(&format!("{passed}FAILED tests/api_resources/test_send.py::TestSend::test_raw[loose]\n")).is_err()
        );
        assert!(judge("").is_err());
    }
}
