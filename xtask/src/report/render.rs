//! The report in words.

use semver::Version;

use crate::report::{Bump, Change, Effect, Report, Subject};

const SUBJECTS: [(Subject, &str); 6] = [
    (Subject::Operation, "Operations"),
    (Subject::Parameter, "Parameters"),
    (Subject::Schema, "Schemas"),
    (Subject::Property, "Properties"),
    (Subject::Value, "Enum values"),
    (Subject::Name, "Renamed schemas"),
];

pub fn text(report: &Report) -> String {
    let mut text = format!("{}\n", headline(report));
    for (title, changes) in sections(report) {
        text += &format!("\n{title}\n");
        for change in changes {
            text += &format!("  {:<12}{} {}\n", effect(change), change.rust, change.what);
        }
    }
    for (title, lines) in lists(report) {
        text += &format!("\n{title}\n");
        lines.iter().for_each(|line| text += &format!("  {line}\n"));
    }
    for (title, block) in blocks(report) {
        text += &format!("\n{title}\n\n{}", indent(block));
    }
    text
}

pub fn markdown(report: &Report) -> String {
    let mut text = format!("{}\n", headline(report));
    for (title, changes) in sections(report) {
        text += &format!("\n### {title}\n\n");
        for change in changes {
            text += &format!("- **{}** `{}` {}\n", effect(change), change.rust, change.what);
        }
    }
    for (title, lines) in lists(report) {
        text += &format!("\n### {title}\n\n");
        lines.iter().for_each(|line| text += &format!("- `{line}`\n"));
    }
    for (title, block) in blocks(report) {
        let language = if block.starts_with("## ") { "markdown" } else { "yaml" };
        text += &format!("\n<details><summary>{title}</summary>\n\n```{language}\n{block}```\n\n</details>\n");
    }
    text
}

/// A section in the manner of <https://keepachangelog.com>; empty when nothing changes for callers.
pub fn changelog(changes: &[Change], unreachable: &[String], version: &Version) -> String {
    let mut section = String::new();
    for title in ["Breaking", "Added", "Changed"] {
        let lines: Vec<String> = changes
            .iter()
            .filter(|change| heading(change) == Some(title))
            .map(|change| format!("- `{}` {}", change.rust, change.what))
            .collect();
        if !lines.is_empty() {
            section += &format!("\n### {title}\n\n{}\n", lines.join("\n"));
        }
    }
    if !unreachable.is_empty() {
        section += &format!("\n### Removed with what led to them\n\n- `{}`\n", unreachable.join("`, `"));
    }
    if section.is_empty() { section } else { format!("## {version}\n{section}") }
}

/// Where a change stands in the changelog; one that no caller sees does not.
fn heading(change: &Change) -> Option<&'static str> {
    match change.effect {
        _ if change.subject == Subject::Name => None,
        Effect::Breaking => Some("Breaking"),
        Effect::Compatible if change.is_addition() => Some("Added"),
        Effect::Compatible => Some("Changed"),
    }
}

fn headline(report: &Report) -> String {
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

fn sections(report: &Report) -> impl Iterator<Item = (&'static str, Vec<&Change>)> {
    SUBJECTS.into_iter().filter_map(|(subject, title)| {
        let changes: Vec<&Change> = report.changes.iter().filter(|change| change.subject == subject).collect();
        (!changes.is_empty()).then_some((title, changes))
    })
}

fn lists(report: &Report) -> Vec<(String, Vec<String>)> {
    let gone: Vec<String> = report.gone.iter().map(ToString::to_string).collect();
    let lists = [
        (
            format!("{} types that no operation leads to any more (breaking)", report.unreachable.len()),
            report.unreachable.clone(),
        ),
        (format!("{} overlay targets that are gone: take them out, or point them elsewhere", gone.len()), gone),
    ];
    lists.into_iter().filter(|(_, lines)| !lines.is_empty()).collect()
}

fn blocks(report: &Report) -> Vec<(&'static str, &str)> {
    let blocks = [
        ("Operations without a name of ours: to add to openapi/overlay/names.yaml", report.unnamed.as_deref()),
        ("New and without words: to fill in and add to an overlay", report.undescribed.as_deref()),
        ("Draft for CHANGELOG.md", Some(report.changelog.as_str())),
    ];
    blocks.into_iter().filter_map(|(title, block)| Some((title, block.filter(|block| !block.is_empty())?))).collect()
}

fn effect(change: &Change) -> &'static str {
    match change.effect {
        Effect::Breaking => "breaking",
        Effect::Compatible => "compatible",
    }
}

fn indent(block: &str) -> String {
    block.lines().map(|line| if line.is_empty() { "\n".to_owned() } else { format!("  {line}\n") }).collect()
}
