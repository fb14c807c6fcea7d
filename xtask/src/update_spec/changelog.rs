//! The draft of a report in CHANGELOG.md, and the number of operations in README.md.

use std::fs;
use std::path::{Path, PathBuf};

use crate::report::Report;

/// CHANGELOG.md and README.md as they change with an update, if the repository has them.
pub fn documents(repository: &Path, report: &Report, (old, new): (usize, usize)) -> Vec<(PathBuf, String)> {
    let read = |name: &str| Some((repository.join(name), fs::read_to_string(repository.join(name)).ok()?));
    let changelog = read("CHANGELOG.md").map(|(path, text)| (path, with_changes(&text, &report.changelog_sections)));
    let [old, new] = [old, new].map(|count| format!(" {count} operations"));
    let readme = read("README.md").map(|(path, text)| (path, text.replace(&old, &new)));
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
