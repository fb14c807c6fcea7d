//! The parts of an overlay that use an anchor of another action.

use std::collections::BTreeSet;
use std::ops::Range;

/// The anchors (`&name`) that are defined in the action whose target is in `line` and used (`*name`) outside of
/// it, with the lines of the uses.
pub fn used_elsewhere(overlay: &str, line: usize) -> Vec<(String, Vec<usize>)> {
    let lines: Vec<&str> = overlay.lines().collect();
    let numbered = || (1..).zip(lines.iter());
    let action = action_lines(&lines, line);
    let inside = |number: usize| action.contains(&number);
    let defined: BTreeSet<&str> =
        numbered().filter(|(number, _)| inside(*number)).flat_map(|(_, text)| marked(text, '&')).collect();
    let uses = |name: &str| -> Vec<usize> {
        numbered()
            .filter(|(number, text)| !inside(*number) && marked(text, '*').any(|used| used == name))
            .map(|(number, _)| number)
            .collect()
    };
    let used = defined.into_iter().map(|name| (name.to_owned(), uses(name)));
    used.filter(|(_, lines)| !lines.is_empty()).collect()
}

/// The numbers of the lines of the action whose target is in `line`.
pub fn action_lines(lines: &[&str], line: usize) -> Range<usize> {
    let is_start = |text: &&str| text.trim_start().starts_with("- ") && indent(text) == start_indent(lines);
    let numbered = || (1..).zip(lines.iter());
    let first = numbered().filter(|(number, text)| *number <= line && is_start(text)).last();
    let after = numbered().find(|(number, text)| *number > line && is_start(text));
    first.map_or(line, |start| start.0)..after.map_or(lines.len() + 1, |next| next.0)
}

pub fn indent(line: &str) -> usize {
    line.len() - line.trim_start().len()
}

/// The indentation of the actions.
fn start_indent(lines: &[&str]) -> usize {
    let after = lines.iter().skip_while(|line| !line.starts_with("actions:"));
    after.skip(1).find(|line| line.trim_start().starts_with("- ")).map_or(0, |line| indent(line))
}

/// The names after a sigil at the start of a token, as in `key: &name` or `[*name, *other]`.
fn marked(line: &str, mark: char) -> impl Iterator<Item = &str> {
    let tokens = line.split([' ', ',', '[', ']', '{', '}']).filter(|token| !token.is_empty());
    tokens.filter_map(move |token| token.strip_prefix(mark)).filter(|name| !name.is_empty())
}

#[cfg(test)]
mod tests {
    use super::used_elsewhere;

    #[test]
    fn shared_anchor_is_named_with_its_uses() {
        let overlay = "overlay: 1.0.0\nactions:\n- target: $.a\n  update:\n    description: &first First.\n    text: &text\n      \
                       x: *first\n- target: $.b\n  update: {a: *text, b: [*text]}\n- target: $.c\n  update: *text\n";
        assert_eq!(used_elsewhere(overlay, 3), [("text".to_owned(), vec![9, 11])]);
        assert_eq!(used_elsewhere(overlay, 8), []);
    }
}
