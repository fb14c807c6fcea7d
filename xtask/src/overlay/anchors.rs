//! The parts of an overlay that use an anchor of another action.

use std::ops::Range;

use crate::overlay::{Overlay, line};

impl Overlay {
    /// The anchors (`&name`) that an action defines and others use (`*name`), with the numbers of the lines of the uses.
    pub fn used_elsewhere(&self, action: usize) -> Vec<(String, Vec<usize>)> {
        let action = self.lines_of(action);
        let lines = || self.text.lines().enumerate();
        let inside = lines().filter(|(index, _)| action.contains(index));
        let mut defined: Vec<&str> = inside.flat_map(|(_, text)| marked(text, '&')).collect();
        defined.sort();
        let outside = || lines().filter(|(index, _)| !action.contains(index));
        let uses = |name: &str| {
            let uses = outside().filter(|(_, text)| marked(text, '*').any(|used| used == name));
            uses.map(|(index, _)| index + 1).collect()
        };
        let used = defined.into_iter().map(|name| (name.to_owned(), uses(name)));
        used.filter(|(_, lines): &(_, Vec<usize>)| !lines.is_empty()).collect()
    }

    /// The indices of the lines of an action.
    pub fn lines_of(&self, action: usize) -> Range<usize> {
        let start = |action: usize| self.actions.get(action).map(|action| line(action).saturating_sub(1));
        let end = self.text.lines().count();
        start(action).unwrap_or(end)..start(action + 1).unwrap_or(end)
    }
}

/// The names after a sigil at the start of a token, as in `key: &name` or `[*name, *other]`.
fn marked(line: &str, mark: char) -> impl Iterator<Item = &str> {
    let tokens = line.split([' ', ',', '[', ']', '{', '}']);
    tokens.filter_map(move |token| token.strip_prefix(mark)).filter(|name| !name.is_empty())
}

#[cfg(test)]
mod tests {
    use crate::overlay::parse;

    #[test]
    fn shared_anchor_is_named_with_its_uses() {
        let overlay = "overlay: 1.0.0\ninfo: {}\nactions:\n- target: $.a\n  update:\n    description: &first First.\n    text: &text\n      \
                       x: *first\n- target: $.b\n  update: {a: *text, b: [*text]}\n- target: $.c\n  update: *text\n";
        let overlay = parse(overlay, "test.yaml".to_owned()).unwrap();
        assert_eq!(overlay.used_elsewhere(0), [("text".to_owned(), vec![10, 12])]);
        assert_eq!(overlay.used_elsewhere(1), []);
    }
}
