//! `cargo xtask generate-spec`: upstream.yaml and the overlays become courier.yaml and docs/coming-from.md.

use std::fs;

use anyhow::{Context, Result, ensure};

use crate::files::{self, Files};
use crate::findings::Finding;
use crate::naming::operations::SdkMethods;
use crate::{coming_from, diff, document, passes};

/// Writes courier.yaml and docs/coming-from.md. With `check`, fails with a diff if either is stale.
pub fn generate(files: &Files, check: bool) -> Result<()> {
    let courier = passes::courier(&files.read_upstream()?, &files.read_overlays()?, &SdkMethods::new())?;
    refuse(courier.findings)?;
    let table = coming_from::table(&courier.document, &passes::model(&courier.document)?);
    for (path, text) in [(&files.courier, files::print_courier(&courier.document)?), (&files.coming_from, table)] {
        let name = path.display();
        if check {
            diff::require_equal(&files::read(path)?, &text).with_context(|| {
                format!("{name} is stale: run `cargo xtask generate-spec` and commit what it writes")
            })?;
        } else {
            fs::write(path, &text).with_context(|| format!("cannot write {name}"))?;
        }
    }
    if !check {
        println!("{}: {} operations", files.courier.display(), document::operations(&courier.document).len());
    }
    Ok(())
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
