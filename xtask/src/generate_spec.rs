//! `cargo xtask generate-spec`: upstream.yaml and the overlays become courier.yaml and docs/coming-from.md.

use std::fs;

use anyhow::{Context, Result, ensure};
use similar::TextDiff;

use crate::files::{self, Files};
use crate::findings::Finding;
use crate::naming::operations::SdkMethods;
use crate::{coming_from, document, passes};

/// Writes courier.yaml and docs/coming-from.md. With `check`, fails with a diff if either is stale.
pub fn generate(files: &Files, check: bool) -> Result<()> {
    let courier = passes::courier(&files.read_upstream()?, &files.read_overlays()?, &SdkMethods::new())?;
    refuse(courier.findings)?;
    let table = coming_from::table(&courier.document, &passes::model(&courier.document)?);
    for (path, text) in
        [(&files.courier, document::print(&courier.document, files::COURIER_HEADER)?), (&files.coming_from, table)]
    {
        let name = path.display();
        if check {
            let diff = diff(&files::read(path)?, &text);
            ensure!(
                diff.is_empty(),
                "{name} is stale: run `cargo xtask generate-spec` and commit what it writes\n{diff}"
            );
        } else {
            fs::write(path, &text).with_context(|| format!("cannot write {name}"))?;
        }
    }
    if !check {
        println!("{}: {} operations", files.courier.display(), document::operations(&courier.document).len());
    }
    Ok(())
}

/// A unified diff, of which a long one is truncated; empty if the texts are equal.
fn diff(committed: &str, fresh: &str) -> String {
    const MAX_LINES: usize = 200;
    let diff = TextDiff::from_lines(committed, fresh);
    let unified = diff.unified_diff().context_radius(3).header("committed", "fresh").to_string();
    let (shown, rest) = (unified.lines().take(MAX_LINES), unified.lines().count().saturating_sub(MAX_LINES));
    let rest = (rest > 0).then(|| format!("and {rest} more lines"));
    shown.map(str::to_owned).chain(rest).collect::<Vec<_>>().join("\n")
}

/// Fails with the findings that only a person can resolve, by section.
fn refuse(mut findings: Vec<Finding>) -> Result<()> {
    findings.retain(|finding| finding.section.is_refused());
    findings.sort_by_key(|finding| finding.section);
    let groups = findings.chunk_by(|one, other| one.section == other.section).map(|group| {
        let title = group.first().map_or("", |finding| finding.section.title());
        group.iter().fold(format!("{title}:"), |text, finding| text + "\n  " + &finding.text)
    });
    let groups: Vec<String> = groups.collect();
    ensure!(groups.is_empty(), "{}", groups.join("\n"));
    Ok(())
}
