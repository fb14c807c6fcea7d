//! Calls for which a test has set no response.

#![allow(clippy::panic, reason = "a check of a test fails by a panic")]

/// The maximum number of lines of a failure.
const MAX_LINES: usize = 30;

/// The refused calls; `None` if calls without a response are allowed.
#[derive(Default)]
pub(super) struct Unexpected(pub Option<Vec<String>>);

impl Unexpected {
    /// Takes the calls so far, and panics if there are any.
    #[track_caller]
    pub fn check(&mut self) {
        let calls = self.0.as_mut().map(std::mem::take).unwrap_or_default();
        if !calls.is_empty() {
            panic!("calls for which the test has set no response:{}", lines(&calls));
        }
    }
}

impl Drop for Unexpected {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            self.check();
        }
    }
}

/// Formats the last lines, which are closest to the failure.
pub(super) fn lines(all: &[String]) -> String {
    let left_out = all.len().saturating_sub(MAX_LINES);
    let first = if left_out > 0 { format!("\n  … {left_out} before") } else { String::new() };
    all.iter().skip(left_out).fold(first, |text, line| text + "\n  " + line)
}
