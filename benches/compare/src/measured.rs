//! The circumstances of a measurement, and tables of figures.

use std::fmt::Write as _;

/// The date and the machine, in one sentence.
pub fn circumstances() -> String {
    let date = jiff::Zoned::now().date();
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let (system, architecture) = (std::env::consts::OS, std::env::consts::ARCH);
    format!("Measured on {date} on {}, {cores} cores, {system} {architecture}.", processor())
}

/// The name of the processor, if it can be read.
fn processor() -> String {
    let described = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let name = described.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": "));
    name.map_or_else(|| "an unknown processor".to_owned(), |(_, name)| name.to_owned())
}

/// A table in Markdown. The first column is text, and the others are figures.
pub fn table(head: &[&str], rows: &[Vec<String>]) -> String {
    let mut table = format!("| {} |\n|---|{}\n", head.join(" | "), "--:|".repeat(head.len().saturating_sub(1)));
    for row in rows {
        let _ = writeln!(table, "| {} |", row.join(" | "));
    }
    table
}
