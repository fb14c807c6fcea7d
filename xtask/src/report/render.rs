//! The report in words.

use semver::Version;

use crate::report::{Bump, Change, Effect, Report, Subject};

const CHANGELOG: &str = "Draft for CHANGELOG.md";

const SUBJECTS: [(Subject, &str); 7] = [
    (Subject::Operation, "Operations"),
    (Subject::Parameter, "Parameters"),
    (Subject::Schema, "Schemas"),
    (Subject::Property, "Properties"),
    (Subject::Variant, "Variants of unions"),
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
    let changelog = (CHANGELOG, report.changelog.as_str());
    for (title, block) in skeletons(report).chain([changelog].into_iter().filter(|(_, draft)| !draft.is_empty())) {
        // Not indented, so that it can be pasted as it is.
        text += &format!("\n{title}\n\n{block}");
    }
    text
}

pub fn markdown(report: &Report) -> String {
    let mut text = format!("{}\n", headline(report));
    // First, so that a pull request has it however long the rest is.
    if !report.changelog.is_empty() {
        text += &format!("\n### {CHANGELOG}\n\n```markdown\n{}```\n", report.changelog);
    }
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
    for (title, block) in skeletons(report) {
        text += &format!("\n<details><summary>{title}</summary>\n\n```yaml\n{block}```\n\n</details>\n");
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

/// The section of the changelog for a change. Changes that no caller sees have none.
fn heading(change: &Change) -> Option<&'static str> {
    match change.effect {
        _ if change.subject == Subject::Name => None,
        Effect::Breaking => Some("Breaking"),
        Effect::Compatible if change.is_addition() => Some("Added"),
        Effect::Compatible => Some("Changed"),
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

fn sections(report: &Report) -> impl Iterator<Item = (&'static str, Vec<&Change>)> {
    SUBJECTS.into_iter().filter_map(|(subject, title)| {
        let changes: Vec<&Change> = report.changes.iter().filter(|change| change.subject == subject).collect();
        (!changes.is_empty()).then_some((title, changes))
    })
}

fn lists(report: &Report) -> Vec<(String, Vec<String>)> {
    let gone: Vec<String> = report.gone.iter().map(ToString::to_string).collect();
    let superfluous: Vec<String> = report.superfluous.iter().map(ToString::to_string).collect();
    let misnamed: Vec<String> = report.misnamed.iter().map(ToString::to_string).collect();
    let lists = [
        ("Removals: nothing is written unless `--allow-removals` is given".to_owned(), report.removals.clone()),
        ("References without a target".to_owned(), report.broken.clone()),
        ("Names shared by two operations".to_owned(), report.doubled.clone()),
        (
            format!("{} types that no operation uses any more (breaking)", report.unreachable.len()),
            report.unreachable.clone(),
        ),
        (format!("{} overlay targets that no longer exist: remove them or change them", gone.len()), gone),
        ("Anchors that other actions use: move them before you remove the action".to_owned(), report.anchors.clone()),
        ("Corrections that Courier has made itself: remove these values".to_owned(), superfluous),
        (
            "New properties that look like secrets: if they are, give them `format: password` in corrections.yaml"
                .to_owned(),
            report.secrets.clone(),
        ),
        (
            "Servers and authorization: the client in src/ is written by hand and may need a change".to_owned(),
            report.service.clone(),
        ),
        (
            "Resources without a feature in Cargo.toml: they are not generated until they have one".to_owned(),
            report.resources.clone(),
        ),
        ("Changed enums whose descriptions list their values".to_owned(), report.listed_values.clone()),
        ("Lines that mention something that is gone, or a number that has changed".to_owned(), report.mentions.clone()),
        (format!("{} schemas that need a name in openapi/overlay/types.yaml", misnamed.len()), misnamed),
    ];
    lists.into_iter().filter(|(_, lines)| !lines.is_empty()).collect()
}

/// The overlays that are to be filled in.
fn skeletons(report: &Report) -> impl Iterator<Item = (&'static str, &str)> {
    let skeletons = [
        ("Operations that have no name yet: add to openapi/overlay/names.yaml", &report.unnamed),
        ("Proposed type names: review and add to openapi/overlay/types.yaml", &report.untyped),
        ("New and undescribed: fill in and add to an overlay", &report.undescribed),
    ];
    skeletons.into_iter().filter_map(|(title, skeleton)| Some((title, skeleton.as_deref()?)))
}

fn effect(change: &Change) -> &'static str {
    match change.effect {
        Effect::Breaking => "breaking",
        Effect::Compatible => "compatible",
    }
}
