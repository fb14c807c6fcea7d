//! The report as text and as Markdown.

use anyhow::{Context, Result};
use semver::Version;
use serde_json::Value;

use crate::findings::Finding;
use crate::report::changes::{Change, Effect, Kind, Subject};
use crate::report::{Bump, Report};

const CHANGELOG: &str = "Draft for CHANGELOG.md";

const SUBJECTS: [(Subject, &str); 6] = [
    (Subject::Operation, "Operations"),
    (Subject::Parameter, "Parameters"),
    (Subject::Schema, "Schemas"),
    (Subject::Property, "Properties"),
    (Subject::Variant, "Variants of unions"),
    (Subject::Value, "Enum values"),
];

pub fn text(report: &Report) -> Result<String> {
    let mut text = format!("{}\n", headline(report));
    let change = |change: &Change| format!("  {:<12}{} {}\n", effect(change), change.rust, change.what);
    for (title, lines) in lists(report, change, |finding| format!("  {}\n", finding.text)) {
        text += &format!("\n{title}\n{lines}");
    }
    for (title, block) in templates(report)? {
        // Not indented, so that it can be pasted.
        text += &format!("\n{title}\n\n{block}");
    }
    if !report.changelog.is_empty() {
        text += &format!("\n{CHANGELOG}\n\n{}", report.changelog);
    }
    Ok(text)
}

pub fn markdown(report: &Report) -> Result<String> {
    let mut text = format!("{}\n", headline(report));
    // First, so that a pull request includes it even if the rest is long.
    if !report.changelog.is_empty() {
        text += &format!("\n### {CHANGELOG}\n\n```markdown\n{}```\n", report.changelog);
    }
    let change = |change: &Change| format!("- **{}** `{}` {}\n", effect(change), change.rust, change.what);
    for (title, lines) in lists(report, change, |finding| format!("- `{}`\n", finding.text)) {
        text += &format!("\n### {title}\n\n{lines}");
    }
    for (title, block) in templates(report)? {
        text += &format!("\n<details><summary>{title}</summary>\n\n```yaml\n{block}```\n\n</details>\n");
    }
    Ok(text)
}

/// The titles and the lines of the changes by subject, and of the findings by section.
fn lists(
    report: &Report,
    change: impl Fn(&Change) -> String,
    finding: impl Fn(&Finding) -> String,
) -> Vec<(String, String)> {
    let changes = SUBJECTS.into_iter().map(|(subject, title)| {
        let changes = report.changes.iter().filter(|change| change.subject == subject);
        (title.to_owned(), changes.map(&change).collect())
    });
    let groups = report.findings.chunk_by(|one, other| one.section == other.section);
    let findings = groups.filter_map(|group| {
        let section = group.first()?.section;
        let title = format!("{} ({})", section.title(), group.len());
        (!section.is_template_only()).then(|| (title, group.iter().map(&finding).collect()))
    });
    changes.chain(findings).filter(|(_, lines): &(String, String)| !lines.is_empty()).collect()
}

/// The sections of a changelog in the manner of <https://keepachangelog.com>: their titles and lines.
pub fn changelog_sections(changes: &[Change], unused: &[String]) -> Vec<(&'static str, String)> {
    let mut sections = Vec::new();
    for title in ["Breaking", "Added", "Changed", "Deprecated"] {
        let lines: Vec<String> = changes
            .iter()
            .filter(|change| heading(change) == title)
            .map(|change| format!("- `{}` {}", change.rust, change.what))
            .collect();
        if !lines.is_empty() {
            sections.push((title, lines.join("\n")));
        }
    }
    if !unused.is_empty() {
        sections.push(("Removed with their last use", format!("- `{}`", unused.join("`, `"))));
    }
    sections
}

/// The section of a version; empty if nothing changes for callers.
pub fn changelog(sections: &[(&str, String)], version: &Version) -> String {
    let section: String = sections.iter().map(|(title, lines)| format!("\n### {title}\n\n{lines}\n")).collect();
    if section.is_empty() { section } else { format!("## {version}\n{section}") }
}

/// The section of the changelog for a change.
fn heading(change: &Change) -> &'static str {
    match change.effect {
        Effect::Breaking => "Breaking",
        Effect::Compatible if change.is_addition() => "Added",
        Effect::Compatible if change.kind == Kind::Deprecated => "Deprecated",
        Effect::Compatible => "Changed",
    }
}

fn headline(report: &Report) -> String {
    if let Some(cause) = &report.refused {
        return format!("The changes for callers are unknown: {cause}.");
    }
    let breaking = report.changes.iter().filter(|change| change.effect == Effect::Breaking).count();
    let compatible = report.changes.len() - breaking;
    match report.bump {
        Bump::None => "Nothing changes for callers.".to_owned(),
        bump => format!(
            "{breaking} breaking and {compatible} compatible changes: a {} version, {} after {}.",
            format!("{bump:?}").to_lowercase(),
            report.next_version,
            report.version
        ),
    }
}

/// The overlay actions to paste, in blocks; if two have the same target, the first.
fn templates(report: &Report) -> Result<Vec<(&'static str, String)>> {
    let mut blocks: Vec<(&'static str, Vec<&Value>)> = Vec::new();
    for finding in &report.findings {
        let (Some(title), Some(action)) = (finding.section.template(), &finding.action) else { continue };
        match blocks.last_mut().filter(|(last, _)| *last == title) {
            Some((_, actions)) if actions.iter().any(|other| other.get("target") == action.get("target")) => {}
            Some((_, actions)) => actions.push(action),
            None => blocks.push((title, vec![action])),
        }
    }
    let print = |actions| yaml_serde::to_string(&actions).context("cannot print the actions for an overlay");
    blocks.into_iter().map(|(title, actions)| Ok((title, print(actions)?))).collect()
}

fn effect(change: &Change) -> &'static str {
    match change.effect {
        Effect::Breaking => "breaking",
        Effect::Compatible => "compatible",
    }
}
