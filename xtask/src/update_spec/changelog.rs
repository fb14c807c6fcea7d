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
fn with_changes(changelog: &str, changes: &[(&str, String)]) -> String {
    const HEADING: &str = "## [Unreleased]";
    let Some((before, rest)) = changelog.split_once(HEADING) else { return changelog.to_owned() };
    let (unreleased, releases) = rest.split_at(rest.find("\n## ").unwrap_or(rest.len()));
    let mut sections: Vec<String> = unreleased.split("\n### ").map(|section| section.trim_end().to_owned()).collect();
    for (title, lines) in changes {
        match sections.iter_mut().find(|section| section.lines().next() == Some(title)) {
            Some(section) => *section += &format!("\n{lines}"),
            None => sections.push(format!("{title}\n\n{lines}")),
        }
    }
    format!("{before}{HEADING}{}\n{releases}", sections.join("\n\n### "))
}

/// The text of a document with another number of operations.
fn with_count(document: &str, (old, new): (usize, usize)) -> String {
    document.replace(&format!(" {old} operations"), &format!(" {new} operations"))
}
