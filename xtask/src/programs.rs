//! Other programs that a command runs.

use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail, ensure};

/// The cargo that runs this program.
pub fn cargo() -> Command {
    Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()))
}

/// The folder of build artifacts.
pub fn target(repository: &Path) -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| repository.join("target"), |folder| repository.join(folder))
}

/// Returns `true` if the program is installed.
pub fn works(program: &str) -> bool {
    succeeds(Command::new(program).arg("--version"))
}

fn succeeds(command: &mut Command) -> bool {
    command.stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok_and(|status| status.success())
}

/// The command that starts a Python of at least version 3.9, as whose types `derive.py` parses those of the client.
pub fn python() -> Option<&'static str> {
    const CHECK: [&str; 2] = ["-c", "import sys; sys.exit(sys.version_info < (3, 9))"];
    ["python3", "python", "py"].into_iter().find(|python| succeeds(Command::new(python).args(CHECK)))
}

/// Runs a command, and fails if the command fails.
pub fn run(command: &mut Command) -> Result<()> {
    let status = command.status().with_context(|| format!("cannot run {command:?}"))?;
    ensure!(status.success(), "{command:?} ended with {status}");
    Ok(())
}

/// Runs a command, and returns its output.
pub fn output(command: &mut Command) -> Result<String> {
    let output = command.stderr(Stdio::inherit()).output().with_context(|| format!("cannot run {command:?}"))?;
    ensure!(output.status.success(), "{command:?} ended with {}", output.status);
    String::from_utf8(output.stdout).with_context(|| format!("{command:?} prints no text"))
}

/// Waits until a server accepts a connection: its output when it is ready can differ between a terminal and CI.
pub fn wait_for(name: &str, server: &mut Child, port: u16, within: Duration) -> Result<()> {
    let deadline = Instant::now() + within;
    while TcpStream::connect(("127.0.0.1", port)).is_err() {
        if let Some(status) = server.try_wait()? {
            bail!("{name} ended with {status}");
        }
        ensure!(Instant::now() < deadline, "{name} did not listen within {within:?}");
        std::thread::sleep(Duration::from_millis(20));
    }
    Ok(())
}

/// Creates a virtual environment with packages from pip in a folder, and returns the path of its Python.
pub fn python_with(folder: &Path, python: &str, install: &[&str]) -> Result<PathBuf> {
    let venv = folder.join("venv");
    // Every time, because an earlier failure may have left a partial environment.
    run(Command::new(python).args(["-m", "venv"]).arg(&venv)).context("Debian has it in python3-venv")?;
    let mut paths = ["bin/python", "Scripts/python.exe"].into_iter().map(|path| venv.join(path));
    let python = paths.find(|path| path.exists()).context("the virtual environment has no python")?;
    let pip = ["-m", "pip", "install", "--quiet", "--disable-pip-version-check"];
    run(Command::new(&python).args(pip).args(install))?;
    Ok(python)
}
