//! The draft of a report in CHANGELOG.md, and the number of operations in README.md.

use std::fs;
use std::path::{Path, PathBuf};

use crate::report::Report;

/// CHANGELOG.md and README.md as they change with an update, if the repository has them.
pub fn documents(repository: &Path, report: &Report, counts: (usize, usize)) -> Vec<(PathBuf, String)> {
    let changed = |name: &str, change: &dyn Fn(&str) -> String| {
        let path = repository.join(name);
        let text = change(&fs::read_to_string(&path).ok()?);
        Some((path, text))
    };
    let changelog = changed("CHANGELOG.md", &|text| with_changes(text, &report.changelog_sections));
    let readme = changed("README.md", &|text| with_count(text, counts));
    changelog.into_iter().chain(readme).collect()
}

/// The text of CHANGELOG.md with the changes at the end of each section of `## [Unreleased]`.
fn with_changes(changelog: &str, sections: &[(&str, String)]) -> String {
    let mut text = changelog.to_owned();
    for (title, lines) in sections {
        let Some(start) = text.find("## [Unreleased]") else { return text };
        let end = text.get(start + 1..).and_then(|rest| rest.find("\n## ")).map_or(text.len(), |end| start + 1 + end);
        let heading = format!("\n### {title}\n");
        let section = text.get(start..end).and_then(|unreleased| unreleased.find(&heading));
        let new = match section.map(|section| start + section + heading.len()) {
            Some(section) => {
                let after = text.get(section..end).and_then(|rest| rest.find("\n### "));
                let last = after.map_or(end, |after| section + after);
                let at = text.get(..last).map_or(0, |text| text.trim_end().len());
                (at, format!("\n{lines}"))
            }
            None => (text.get(..end).map_or(0, |text| text.trim_end().len()), format!("\n\n### {title}\n\n{lines}")),
        };
        text.insert_str(new.0, &new.1);
    }
    text
}

/// The text of a document with another number of operations.
fn with_count(document: &str, (old, new): (usize, usize)) -> String {
    document.replace(&format!(" {old} operations"), &format!(" {new} operations"))
}
