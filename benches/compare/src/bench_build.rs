//! The cost of the crate at build time: cold builds of the same small service with it, without it, and with others.
//!
//! The service has the crate as its users do: packaged, and from a registry. As a `path` dependency, cargo would
//! compile it incrementally, in more and smaller units and with lints: several seconds that no user waits for. Cargo
//! replaces the registry by a folder with the unpacked package. That takes neither git nor the network, and leaves
//! nothing in `~/.cargo`.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use clap::{Args, ValueEnum};
use serde::Deserialize;

use crate::measured::{circumstances, table};
use xtask::programs::{cargo, output, run, target};

#[derive(Args)]
pub struct Options {
    /// The services to build [default: all of them]. The first one is what the others are compared with.
    #[arg(value_enum)]
    services: Vec<Service>,
    /// The number of builds of each; the shortest time counts.
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    /// Keep the artifacts of the last round, in target/bench-build.
    #[arg(long)]
    keep: bool,
}

#[derive(Clone, Copy, PartialEq, ValueEnum)]
enum Service {
    /// By reqwest alone.
    Bare,
    /// With trycourier, and none of its resources.
    None,
    /// With `send` alone.
    Send,
    /// With all resources.
    All,
    /// Resend's client.
    Resend,
    /// A client of GitHub.
    Octocrab,
    /// Amazon's client of SES.
    Ses,
}

/// Cargo's configuration in the folder above the services.
const CONFIGURATION: &str = r#"[registries.packaged]
index = "https://packaged.invalid/"

[source.packaged]
registry = "https://packaged.invalid/"
replace-with = "unpacked"

[source.unpacked]
directory = "registry"
"#;

/// The dependencies of every service except its client.
const COMMON: &str = r#"serde = { version = "1", features = ["derive"] }
serde_json = "1"
tokio = { version = "1", features = ["macros", "rt-multi-thread"] }
"#;

impl Service {
    fn title(self) -> &'static str {
        match self {
            Self::Bare => "reqwest, tokio and serde",
            Self::None => "trycourier without a resource",
            Self::Send => "trycourier with `send`",
            Self::All => "trycourier with all resources",
            Self::Resend => "resend-rs",
            Self::Octocrab => "octocrab",
            Self::Ses => "aws-sdk-sesv2",
        }
    }

    /// Its client, as Cargo.toml names it. reqwest has the features that trycourier enables.
    fn dependencies(self) -> String {
        let own = |features: &str| {
            format!(
                "trycourier = {{ version = \"*\", registry = \"packaged\", default-features = false, features = [{features}] }}\n"
            )
        };
        match self {
            Self::Bare => {
                "reqwest = { version = \"0.13\", default-features = false, features = [\"http2\", \"json\", \"rustls\", \
                 \"system-proxy\"] }\n"
                    .to_owned()
            }
            Self::None => own("\"rustls\""),
            Self::Send => own("\"rustls\", \"send\""),
            Self::All => own("\"rustls\", \"all-resources\""),
            Self::Resend => "resend-rs = { version = \"=0.35.1\", default-features = false, features = [\"rustls-tls\"] }\n"
                .to_owned(),
            Self::Octocrab => "octocrab = \"=0.54.9\"\n".to_owned(),
            Self::Ses => "aws-config = \"=1.13.0\"\naws-sdk-sesv2 = \"=1.145.0\"\n".to_owned(),
        }
    }

    fn main(self) -> &'static str {
        match self {
            Self::Bare => include_str!("../services/bare.rs"),
            Self::None => include_str!("../services/none.rs"),
            Self::Send | Self::All => include_str!("../services/trycourier.rs"),
            Self::Resend => include_str!("../services/resend.rs"),
            Self::Octocrab => include_str!("../services/octocrab.rs"),
            Self::Ses => include_str!("../services/ses.rs"),
        }
    }
}

/// The cost of one build.
#[derive(Clone, Copy)]
struct Build {
    time: Duration,
    /// Of all processes, user and system; `None` if it is unknown.
    processor: Option<Duration>,
    crates: usize,
    /// The time of our build script alone, if the service has it.
    script: Option<Duration>,
}

impl Build {
    /// The shortest of each.
    fn least(self, other: Self) -> Self {
        Self {
            time: self.time.min(other.time),
            processor: self.processor.min(other.processor),
            crates: self.crates,
            script: self.script.min(other.script),
        }
    }
}

pub fn bench(repository: &Path, options: &Options) -> Result<()> {
    ensure!(options.rounds > 0, "a service that is built 0 times takes no time");
    let services = match options.services.as_slice() {
        [] => Service::value_variants(),
        some => some,
    };
    let folder = target(repository).join("bench-build");
    registry(repository, &folder)?;
    let mut projects = Vec::new();
    for service in services {
        projects.push(project(repository, &folder, *service)?);
    }
    let mut builds: Vec<Option<Build>> = vec![None; services.len()];
    for round in 1..=options.rounds {
        // In turn, so that a machine that becomes slower is slower for all.
        for ((service, project), least) in services.iter().zip(&projects).zip(&mut builds) {
            eprint!("{} ({round}/{}): ", service.title(), options.rounds);
            let build = build(project, options.keep && round == options.rounds)?;
            eprintln!("{}", seconds(build.time));
            *least = Some(least.map_or(build, |least| least.least(build)));
        }
    }
    print(services, &builds.into_iter().flatten().collect::<Vec<_>>())
}

/// Makes the package, and a registry with it for the services.
fn registry(repository: &Path, folder: &Path) -> Result<()> {
    let (packages, registry) = (folder.join("package"), folder.join("registry"));
    for old in [&packages, &registry] {
        if old.exists() {
            fs::remove_dir_all(old)?;
        }
    }
    // Without the lock file, which cargo ignores in a dependency and which only the network can complete.
    let package =
        ["package", "--package", "trycourier", "--no-verify", "--allow-dirty", "--exclude-lockfile", "--quiet"];
    run(cargo().args(package).arg("--target-dir").arg(folder).current_dir(repository))?;
    let files = fs::read_dir(&packages)?.collect::<Result<Vec<_>, _>>()?;
    let mut files = files.into_iter().map(|file| file.path());
    let package =
        files.find(|path| path.extension().is_some_and(|it| it == "crate")).context("cargo made no package")?;
    let unpacked = registry.join("trycourier");
    fs::create_dir_all(&unpacked)?;
    let mut tar = Command::new("tar");
    tar.args(["--strip-components", "1", "-xf"]).arg(package).current_dir(&unpacked);
    run(&mut tar).context("tar cannot unpack the package")?;
    fs::write(unpacked.join(".cargo-checksum.json"), r#"{"files":{}}"#)?;
    fs::create_dir_all(folder.join(".cargo"))?;
    fs::write(folder.join(".cargo/config.toml"), CONFIGURATION)?;
    Ok(())
}

/// Writes the service, fetches its dependencies, and returns its folder.
fn project(repository: &Path, folder: &Path, service: Service) -> Result<PathBuf> {
    let name = service.to_possible_value().context("a service without a name")?.get_name().to_owned();
    let project = folder.join(&name);
    fs::create_dir_all(project.join("src"))?;
    let manifest = format!(
        "[package]\nname = {name:?}\nversion = \"0.0.0\"\nedition = \"2024\"\n\n[workspace]\n\n[dependencies]\n{}{COMMON}",
        service.dependencies()
    );
    fs::write(project.join("Cargo.toml"), manifest)?;
    fs::write(project.join("src/main.rs"), service.main())?;
    // Shared dependencies have the same version in all services.
    fs::copy(repository.join("Cargo.lock"), project.join("Cargo.lock"))?;
    run(cargo().args(["fetch", "--quiet"]).current_dir(&project))?;
    Ok(project)
}

/// Builds from nothing.
fn build(project: &Path, keep: bool) -> Result<Build> {
    let target = project.join("target");
    if target.exists() {
        fs::remove_dir_all(&target)?;
    }
    let mut command = cargo();
    command.args(["build", "--offline", "--quiet", "--message-format", "json-render-diagnostics"]);
    command.current_dir(project).env("CARGO_TARGET_DIR", &target);
    let (start, before) = (Instant::now(), of_children());
    let messages = output(&mut command)?;
    let (time, after) = (start.elapsed(), of_children());

    let artifacts = messages.lines().map(serde_json::from_str::<Message>).collect::<Result<Vec<_>, _>>()?;
    let artifacts: Vec<Message> = artifacts.into_iter().filter(|it| it.reason == "compiler-artifact").collect();
    let crates = artifacts.iter().map(|artifact| &artifact.package_id).collect::<BTreeSet<_>>().len();
    let script = artifacts.iter().find(|artifact| artifact.is_our_script()).map(time_of_script).transpose()?;
    if !keep {
        fs::remove_dir_all(&target)?;
    }
    Ok(Build { time, processor: after.zip(before).map(|(after, before)| after - before), crates, script })
}

/// A message of cargo about one step of a build.
#[derive(Deserialize)]
struct Message {
    reason: String,
    #[serde(default)]
    package_id: String,
    #[serde(default)]
    manifest_path: PathBuf,
    #[serde(default)]
    target: Target,
    #[serde(default)]
    features: Vec<String>,
    #[serde(default)]
    filenames: Vec<PathBuf>,
}

#[derive(Default, Deserialize)]
struct Target {
    kind: Vec<String>,
}

impl Message {
    fn is_our_script(&self) -> bool {
        self.target.kind == ["custom-build"] && self.package_id.contains("trycourier@")
    }
}

/// Runs a build script once more, alone.
fn time_of_script(artifact: &Message) -> Result<Duration> {
    let program = artifact.filenames.first().context("cargo names no file of the build script")?;
    let out = tempfile::tempdir()?;
    let mut command = Command::new(program);
    let manifest = artifact.manifest_path.parent().context("the crate is in no folder")?;
    command.current_dir(manifest).env("CARGO_MANIFEST_DIR", manifest).env("OUT_DIR", out.path());
    for feature in &artifact.features {
        command.env(format!("CARGO_FEATURE_{}", feature.to_uppercase().replace('-', "_")), "1");
    }
    let start = Instant::now();
    output(&mut command)?;
    Ok(start.elapsed())
}

/// The processor time of all finished child processes.
#[cfg(unix)]
fn of_children() -> Option<Duration> {
    use nix::sys::resource::{UsageWho, getrusage};
    use nix::sys::time::TimeValLike;

    let usage = getrusage(UsageWho::RUSAGE_CHILDREN).ok()?;
    let microseconds = usage.user_time().num_microseconds() + usage.system_time().num_microseconds();
    Some(Duration::from_micros(microseconds.try_into().ok()?))
}

#[cfg(not(unix))]
fn of_children() -> Option<Duration> {
    None
}

fn print(services: &[Service], builds: &[Build]) -> Result<()> {
    let first = *builds.first().context("nothing was built")?;
    let rows = services.iter().zip(builds).map(|(service, build)| {
        let ratio = |of: Duration, to: Duration| format!("{:.2}", of.as_secs_f64() / to.as_secs_f64());
        let unknown = || "?".to_owned();
        vec![
            service.title().to_owned(),
            seconds(build.time),
            ratio(build.time, first.time),
            build.processor.map_or_else(unknown, seconds),
            build.processor.zip(first.processor).map_or_else(unknown, |(of, to)| ratio(of, to)),
            build.crates.to_string(),
            build.script.map_or_else(String::new, |time| format!("{:.2} s", time.as_secs_f64())),
        ]
    });
    let head = ["cold build of a service with", "time", "ratio", "processor", "ratio", "crates", "`build.rs`"];
    println!("{}\n{}", table(&head, &rows.collect::<Vec<_>>()), circumstances());
    println!("{}", output(Command::new("rustc").arg("--version"))?.trim());
    Ok(())
}

fn seconds(time: Duration) -> String {
    format!("{:.1} s", time.as_secs_f64())
}
