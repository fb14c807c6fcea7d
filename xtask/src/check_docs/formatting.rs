//! The code in the documents that a reader's `cargo fmt` would change.

use std::fs;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result};

use crate::programs::{run, works};

/// The documents with complete blocks of code, without hidden lines.
const DOCUMENTS: [&str; 2] = ["README.md", "AGENTS.md"];

/// A message for each block that `cargo fmt` would change. Without rustfmt the check is skipped, with a note on stderr.
pub fn unformatted(repository: &Path) -> Result<Vec<String>> {
    if !works("rustfmt") {
        eprintln!("left out: the formatting of code in {}, because there is no rustfmt here", DOCUMENTS.join(" and "));
        return Ok(Vec::new());
    }
    // A folder without this repository's configuration, as in a reader's project.
    let elsewhere = tempfile::tempdir()?;
    let mut sentences = Vec::new();
    for document in DOCUMENTS {
        let Ok(text) = fs::read_to_string(repository.join(document)) else { continue };
        for (line, code) in blocks(&text) {
            let formatted = formatted(code, elsewhere.path()).with_context(|| format!("{document}:{line}"))?;
            if let Some(differing) = code.lines().zip(formatted.lines()).position(|(line, formatted)| line != formatted)
            {
                let expected = formatted.lines().nth(differing).unwrap_or_default();
                sentences.push(format!(
                    "{document}:{}: `cargo fmt` would change this line of code to:\n{expected}",
                    line + differing
                ));
            }
        }
    }
    Ok(sentences)
}

/// The blocks of Rust, each with the number of its first line.
fn blocks(text: &str) -> Vec<(usize, &str)> {
    let mut line = 1;
    let parts = text.split("```").enumerate().filter_map(|(index, part)| {
        let start = line + 1;
        line += part.matches('\n').count();
        // Every second part is a block.
        let (language, code) = part.split_once('\n').filter(|_| index % 2 == 1)?;
        language.starts_with("rust").then_some((start, code))
    });
    parts.collect()
}

fn formatted(code: &str, elsewhere: &Path) -> Result<String> {
    let file = elsewhere.join("code.rs");
    fs::write(&file, code)?;
    run(Command::new("rustfmt").args(["--edition", "2024"]).arg(&file))?;
    Ok(fs::read_to_string(file)?)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::unformatted;

    #[test]
    fn unformatted_line_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let text = "# Title\n```sh\ncargo  run\n```\n\n```rust,no_run\nfn main() {\n    let one  = 1;\n}\n```\n";
        fs::write(folder.path().join("README.md"), text).unwrap();
        assert_eq!(
            unformatted(folder.path()).unwrap(),
            ["README.md:8: `cargo fmt` would change this line of code to:\n    let one = 1;"]
        );
        fs::write(folder.path().join("README.md"), text.replace("one  =", "one =")).unwrap();
        assert_eq!(unformatted(folder.path()).unwrap(), Vec::<String>::new());
    }
}
