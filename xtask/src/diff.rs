//! Differences between texts, for human readers.

use anyhow::{Result, bail};
use similar::{ChangeTag, TextDiff};

/// Fails with a unified diff when the texts differ; a long diff is truncated.
pub fn require_equal(committed: &str, fresh: &str) -> Result<()> {
    if committed == fresh {
        return Ok(());
    }
    const MAX_LINES: usize = 200;
    let diff = TextDiff::from_lines(committed, fresh);
    let unified = diff.unified_diff().context_radius(3).header("committed", "fresh").to_string();
    let shown: Vec<&str> = unified.lines().take(MAX_LINES).collect();
    let changed = diff.iter_all_changes().filter(|change| change.tag() != ChangeTag::Equal).count();
    bail!("{}\n{changed} changed lines", shown.join("\n"));
}

#[cfg(test)]
mod tests {
    use super::require_equal;

    #[test]
    fn require_equal_fails_with_the_changed_lines() {
        assert!(require_equal("a\nb\n", "a\nb\n").is_ok());
        let error = require_equal("a\nb\n", "a\nc\n").unwrap_err().to_string();
        assert!(error.contains("-b\n+c"), "{error}");
        assert!(error.ends_with("2 changed lines"), "{error}");
    }
}
