//! The workspace over time: what the seed and the calls have stored, and the file that keeps it over restarts.
//!
//! The file has the steps that changed the workspace, one per line, and not the tables that they led to: a newer version
//! of this program can read it, whatever its tables look like.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::{self, File, TryLockError};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};
use trycourier::http::Method;
use trycourier::testing::{Courier, RecordedCall};

use crate::seed::{Seed, Step};

/// The headers that have an effect when a call is repeated.
const HEADERS: [&str; 2] = ["idempotency-key", "x-idempotency-expiration"];

/// The version of the file's format.
const FORMAT: u32 = 1;

/// The first line of the file.
#[derive(Deserialize, Serialize)]
struct Head {
    courier_local: u32,
    /// Milliseconds since 1970, by the workspace's clock.
    saved_at: u64,
    /// The milliseconds by which the workspace's clock is fast.
    advanced: u64,
}

/// Any other line.
#[derive(Deserialize, Serialize)]
struct Entry {
    /// Milliseconds since 1970, by the workspace's clock.
    at: u64,
    /// The path of the seed's entry that it comes from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    seed: Option<String>,
    step: Step,
}

/// A Courier with its seed and its file.
pub struct Workspace {
    pub courier: Courier,
    seed: Seed,
    file: Option<PathBuf>,
    /// Locked as long as the program runs, even if it is killed.
    _lock: Option<File>,
    journal: Mutex<Journal>,
}

#[derive(Default)]
struct Journal {
    lines: Vec<String>,
    /// The entries of the seed that are stored.
    seeded: BTreeSet<String>,
    advanced: Duration,
    /// `false` while the seed or the file is read, whose steps are recorded otherwise.
    is_recording: bool,
    is_changed: bool,
}

impl Workspace {
    /// Reads the file if it exists, and then stores what the seed has in addition.
    pub fn open(courier: Courier, seed: Seed, file: Option<PathBuf>) -> Result<Self, String> {
        let lock = file.as_deref().map(lock).transpose()?;
        let workspace = Self { courier, seed, file, _lock: lock, journal: Mutex::default() };
        if let Some(file) = workspace.file.as_deref() {
            workspace.restore(file)?;
        }
        workspace.store_seed()?;
        Ok(workspace)
    }

    fn journal(&self) -> MutexGuard<'_, Journal> {
        self.journal.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn restore(&self, file: &Path) -> Result<(), String> {
        let text = match fs::read_to_string(file) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(format!("cannot read {}: {error}", file.display())),
        };
        let invalid = |number: usize, cause: &dyn std::fmt::Display| {
            format!("{}, line {}: {cause}; remove the file to begin anew", file.display(), number + 1)
        };
        let mut lines = text.lines().enumerate();
        let (_, first) = lines.next().ok_or_else(|| invalid(0, &"the file is empty"))?;
        let head: Head = serde_json::from_str(first).map_err(|error| invalid(0, &error))?;
        if head.courier_local != FORMAT {
            return Err(invalid(0, &format!("format {} instead of {FORMAT}", head.courier_local)));
        }
        let mut journal = Journal { advanced: Duration::from_millis(head.advanced), ..Journal::default() };
        for (number, line) in lines {
            let Entry { at, seed, step } = serde_json::from_str(line).map_err(|error| invalid(number, &error))?;
            self.courier.clock(move || from_millis(at));
            // A call that was refused then is refused now.
            let _ = step.perform(&self.courier);
            journal.seeded.extend(seed);
            journal.lines.push(line.to_owned());
        }
        // The webhooks until then were posted.
        self.courier.clock(move || from_millis(head.saved_at));
        let _posted = self.courier.webhooks(None);
        self.courier.clock(SystemTime::now);
        self.courier.advance(journal.advanced);
        *self.journal() = journal;
        Ok(())
    }

    /// Stores the entries of the seed that are not stored yet.
    fn store_seed(&self) -> Result<(), String> {
        self.journal().is_recording = false;
        let mut refusals = String::new();
        for (path, steps) in self.seed.steps() {
            if self.journal().seeded.contains(&path) {
                continue;
            }
            for step in steps {
                if let Err(cause) = step.perform(&self.courier) {
                    refusals.push_str(&format!("\n  {path}: {cause}"));
                }
                self.push(Entry { at: millis(self.courier.now()), seed: Some(path.clone()), step });
            }
        }
        self.journal().is_recording = true;
        if refusals.is_empty() { Ok(()) } else { Err(format!("{} is refused:{refusals}", self.seed.source)) }
    }

    fn push(&self, entry: Entry) {
        let mut journal = self.journal();
        if self.file.is_some() {
            // Entries have only text keys, so they can be serialized.
            journal.lines.extend(serde_json::to_string(&entry));
        }
        journal.seeded.extend(entry.seed);
        journal.is_changed = true;
    }

    /// Records a call that may have changed the workspace.
    pub fn record(&self, call: &RecordedCall) {
        let can_change = call.is_performed && call.method != Method::GET && call.status != Some(401);
        if self.file.is_none() || !can_change || !self.journal().is_recording {
            return;
        }
        let header = |name: &&str| Some(((*name).to_owned(), call.headers.get(*name)?.to_str().ok()?.to_owned()));
        let headers: BTreeMap<_, _> = HEADERS.iter().filter_map(header).collect();
        let body = String::from_utf8_lossy(&call.body).into_owned();
        let step = Step::Call { method: call.method.to_string(), target: call.target.clone(), headers, body };
        self.push(Entry { at: millis(call.at), seed: None, step });
    }

    /// Empties the workspace, sets the clock to the present, and stores the seed again.
    pub fn reset(&self) -> Result<(), String> {
        self.courier.reset();
        self.courier.clock(SystemTime::now);
        *self.journal() = Journal { is_changed: true, ..Journal::default() };
        self.store_seed()
    }

    pub fn advance(&self, time: Duration) {
        self.courier.advance(time);
        let mut journal = self.journal();
        journal.advanced = journal.advanced.saturating_add(time);
        journal.is_changed = true;
    }

    /// Writes the file if the workspace has changed, or in any case if `always`.
    pub fn save(&self, always: bool) -> Result<(), String> {
        let Some(file) = self.file.as_deref() else { return Ok(()) };
        let mut journal = self.journal();
        if !(journal.is_changed || always) {
            return Ok(());
        }
        let advanced = u64::try_from(journal.advanced.as_millis()).unwrap_or(u64::MAX);
        let head = Head { courier_local: FORMAT, saved_at: millis(self.courier.now()), advanced };
        let mut text = serde_json::to_string(&head).map_err(|error| error.to_string())?;
        for line in &journal.lines {
            text.push('\n');
            text.push_str(line);
        }
        text.push('\n');
        journal.is_changed = false;
        drop(journal);
        write_whole(file, &text).map_err(|error| {
            self.journal().is_changed = true;
            format!("cannot write {}: {error}", file.display())
        })
    }
}

/// Returns the path of another file in the same folder.
fn sibling(file: &Path, suffix: &str) -> PathBuf {
    let mut name = file.file_name().unwrap_or_default().to_owned();
    name.push(suffix);
    file.with_file_name(name)
}

/// Reserves the file for this process. The lock is a separate file, because the file itself is replaced.
fn lock(file: &Path) -> Result<File, String> {
    let path = sibling(file, ".lock");
    let lock = File::create(&path).map_err(|error| format!("cannot write {}: {error}", path.display()))?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(TryLockError::WouldBlock) => Err(format!("{} is in use by another courier-local", file.display())),
        Err(TryLockError::Error(error)) => Err(format!("cannot lock {}: {error}", path.display())),
    }
}

/// Replaces a file atomically: a reader finds the old text or the new text, even after a crash.
fn write_whole(file: &Path, text: &str) -> io::Result<()> {
    let new = sibling(file, ".new");
    let mut output = File::create(&new)?;
    output.write_all(text.as_bytes())?;
    output.sync_all()?;
    fs::rename(new, file)
}

fn millis(time: SystemTime) -> u64 {
    let since = time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
    u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
}

fn from_millis(millis: u64) -> SystemTime {
    SystemTime::UNIX_EPOCH.checked_add(Duration::from_millis(millis)).unwrap_or(SystemTime::UNIX_EPOCH)
}
