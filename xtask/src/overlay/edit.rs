//! Changes to the text of an overlay, which keep its comments and its layout.

use std::ops::Range;

use anyhow::{Context, Result};
use serde_json::Value;
use serde_saphyr::Spanned;

use crate::findings::{Finding, Section};
use crate::overlay::alternatives::alternatives;
use crate::overlay::{Action, Overlay, line, parse};

impl Overlay {
    /// Appends actions, as a YAML list.
    pub fn append(&mut self, actions: &str) -> Result<()> {
        let text = format!("{}\n{actions}", self.text.trim_end());
        *self = parse(&text, self.file.clone()).with_context(|| format!("{}, as changed", self.file))?;
        Ok(())
    }

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

    /// Removes targets that match nothing, at most one of each action. Returns `true` if the overlay has changed.
    pub fn remove_targets(&mut self, findings: &[Finding]) -> bool {
        let before = self.text.clone();
        // From the last action, so that the other lines stay the same.
        for (index, action) in self.actions.clone().iter().enumerate().rev() {
            let position = format!("{}: ", self.position(action));
            let gone = findings.iter().filter(|finding| finding.section == Section::GoneTarget);
            let mut gone = gone.filter(|finding| finding.text.starts_with(&position));
            gone.any(|finding| self.remove_target(index, action, &finding.target).is_some());
        }
        self.text != before
    }

    /// Removes a target of an action: the action, one name of several, or the description of a property. Returns `None`
    /// if only a person can, for example because other actions use an anchor of the action.
    fn remove_target(&mut self, index: usize, action: &Spanned<Action>, target: &str) -> Option<()> {
        if !self.used_elsewhere(index).is_empty() {
            return None;
        }
        let range = self.lines_of(index);
        let mut lines: Vec<String> = self.text.lines().map(str::to_owned).collect();
        if target == action.value.target {
            lines.drain(range);
        } else if let Some(shorter) = action.value.without_name(target) {
            let lines = lines.get_mut(range).into_iter().flatten();
            lines.for_each(|line| *line = line.replace(&action.value.target, &shorter));
        } else {
            lines.drain(property_lines(&lines, range, target)?);
        }
        let mut edited = parse(&(lines.join("\n") + "\n"), self.file.clone()).ok()?;
        // The removal of its last property leaves an action without an update, or a list without an action.
        let is_empty = |action: &Action| !action.remove && action.update.as_ref().is_none_or(Value::is_null);
        if let Some(empty) = edited.actions.iter().position(|action| is_empty(&action.value)) {
            lines.drain(edited.lines_of(empty));
            edited = parse(&(lines.join("\n") + "\n"), self.file.clone()).ok()?;
        }
        *self = edited;
        Some(())
    }
}

impl Action {
    /// The target without the name, one of several, for which `gone` stands.
    fn without_name(&self, gone: &str) -> Option<String> {
        let expected: Vec<String> = alternatives(&self.target).into_iter().filter(|target| target != gone).collect();
        let names = self.target.split('\'').skip(1).step_by(2);
        let parts = names.flat_map(|name| {
            [
                format!("'{name}', "),
                format!(", '{name}'"),
                format!("@.name == '{name}' || "),
                format!(" || @.name == '{name}'"),
            ]
        });
        parts
            .map(|part| self.target.replacen(&part, "", 1))
            .find(|shorter| *shorter != self.target && alternatives(shorter) == expected)
    }
}

/// The indices of the lines that describe the last step of a pointer, if only one part of the action can.
fn property_lines(lines: &[String], action: Range<usize>, pointer: &str) -> Option<Range<usize>> {
    let (outer, key) = pointer.rsplit_once('/')?;
    let (outer, key) = (format!("{}:", outer.rsplit_once('/')?.1), format!("{key}:"));
    let text = |index: usize| lines.get(index).map_or("", |line| line.trim_start());
    let indent = |index: usize| lines.get(index).map_or(0, |line| line.len() - line.trim_start().len());
    // An example can have the same key.
    let is_inside = |index: usize| {
        let above = (action.start..index).rev().find(|above| indent(*above) < indent(index));
        above.is_some_and(|above| text(above).starts_with(&outer) || text(above).starts_with("update:"))
    };
    let mut matches = action.clone().filter(|index| text(*index).starts_with(&key) && is_inside(*index));
    let (first, None) = (matches.next()?, matches.next()) else { return None };
    let is_outside = |index: &usize| !text(*index).is_empty() && indent(*index) <= indent(first);
    Some(first..(first + 1..action.end).find(is_outside).unwrap_or(action.end))
}

/// The names after a sigil at the start of a token, as in `key: &name` or `[*name, *other]`.
fn marked(line: &str, mark: char) -> impl Iterator<Item = &str> {
    let tokens = line.split([' ', ',', '[', ']', '{', '}']);
    tokens.filter_map(move |token| token.strip_prefix(mark)).filter(|name| !name.is_empty())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::overlay::{Replaced, Scope, parse};

    #[test]
    fn shared_anchor_is_named_with_its_uses() {
        let overlay = "overlay: 1.0.0\ninfo: {}\nactions:\n- target: $.a\n  update:\n    description: &first First.\n    text: &text\n      \
                       x: *first\n- target: $.b\n  update: {a: *text, b: [*text]}\n- target: $.c\n  update: *text\n";
        let overlay = parse(overlay, "test.yaml".to_owned()).unwrap();
        assert_eq!(overlay.used_elsewhere(0), [("text".to_owned(), vec![10, 12])]);
        assert_eq!(overlay.used_elsewhere(1), []);
    }

    #[test]
    fn gone_name_leaves_a_target_of_several_lines() {
        let with = |names: &str| {
            let action = format!("- target: >-\n    $.schemas[{names}]\n  update: {{a: 1}}\n");
            format!("overlay: 1.0.0\ninfo: {{}}\nactions:\n{action}")
        };
        let mut overlay = parse(&with("'A', 'B'"), "test.yaml".to_owned()).unwrap();
        let mut document = json!({"schemas": {"A": {}}});
        let findings = overlay.apply(&mut document, Scope::Anything, &mut Replaced::new()).unwrap();
        assert!(overlay.remove_targets(&findings));
        assert_eq!(overlay.text, with("'A'"));
        assert!(!overlay.remove_targets(&findings), "nothing is left to remove");
    }
}
