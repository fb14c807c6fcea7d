//! The code in the documents that a reader's `cargo fmt` would change.

use std::fs;
use std::io::Write;
use std::path::Path;
use std::process::{Command, Stdio};

use anyhow::{Context, Result};

/// The documents with complete blocks of code, without hidden lines.
const DOCUMENTS: [&str; 2] = ["README.md", "AGENTS.md"];

/// A message for each block that `cargo fmt` would change. Without rustfmt the check is skipped, with a note on stderr.
pub fn unformatted(repository: &Path) -> Result<Vec<String>> {
    let has_rustfmt = Command::new("rustfmt").arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status();
    if !has_rustfmt.is_ok_and(|status| status.success()) {
        eprintln!("left out: the formatting of code in {}, because there is no rustfmt here", DOCUMENTS.join(" and "));
        return Ok(Vec::new());
    }
    // A folder without this repository's configuration, as in a reader's project.
    let elsewhere = tempfile::tempdir()?;
    let mut sentences = Vec::new();
    for document in DOCUMENTS {
        let Ok(text) = fs::read_to_string(repository.join(document)) else { continue };
        for (line, code) in blocks(&text) {
            let formatted = formatted(&code, elsewhere.path()).with_context(|| format!("{document}:{line}"))?;
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
fn blocks(text: &str) -> Vec<(usize, String)> {
    let mut blocks: Vec<(usize, String)> = Vec::new();
    let mut is_in_block = false;
    for (index, line) in text.lines().enumerate() {
        if line.starts_with("```") {
            is_in_block = !is_in_block && line.starts_with("```rust");
            if is_in_block {
                blocks.push((index + 2, String::new()));
            }
        } else if let Some((_, code)) = blocks.last_mut().filter(|_| is_in_block) {
            code.push_str(line);
            code.push('\n');
        }
    }
    blocks
}

fn formatted(code: &str, elsewhere: &Path) -> Result<String> {
    let mut rustfmt = Command::new("rustfmt")
        .args(["--edition", "2024"])
        .current_dir(elsewhere)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?;
    rustfmt.stdin.take().context("rustfmt takes no input")?.write_all(code.as_bytes())?;
    let output = rustfmt.wait_with_output()?;
    anyhow::ensure!(output.status.success(), "rustfmt cannot read this code");
    Ok(String::from_utf8(output.stdout)?)
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
