//! Changes to the text of an overlay, which keep its comments and its layout.

use anyhow::{Context, Result};
use serde_json::Value;

use crate::findings::{Finding, Section};
use crate::overlay::alternatives::alternatives;
use crate::overlay::anchors::{action_lines, indent, used_elsewhere};
use crate::overlay::{Action, Overlay, parse};

impl Overlay {
    /// Appends actions, as a YAML list.
    pub fn append(&mut self, actions: &str) -> Result<()> {
        self.replace_text(&format!("{}\n{actions}", self.text.trim_end()))
    }

    /// Removes targets that match nothing, at most one of each action. Returns `true` if the overlay has changed.
    pub fn remove_targets(&mut self, findings: &[Finding]) -> Result<bool> {
        let mut is_changed = false;
        let mut lines: Vec<u64> = self.actions.iter().map(|action| action.line).collect();
        // From the last line, so that the other lines stay the same.
        while let Some(line) = lines.pop() {
            let position = format!("{}:{line}: ", self.file);
            let gone = findings.iter().filter(|finding| finding.section == Section::GoneTarget);
            for finding in gone.filter(|finding| finding.text.starts_with(&position)) {
                if self.remove_target(&finding.text)? {
                    is_changed = true;
                    break;
                }
            }
        }
        Ok(is_changed)
    }

    /// Removes a target by its finding: the action, one name of several, or the description of a property. Returns
    /// `false` if only a person can, for example because other actions use an anchor of the action.
    fn remove_target(&mut self, finding: &str) -> Result<bool> {
        let gone = self.actions.iter().find_map(|action| {
            let target = finding.strip_prefix(&format!("{}:{}: ", self.file, action.line))?;
            Some((action, target.strip_suffix(" matches nothing")?))
        });
        let Some((action, target)) = gone else { return Ok(false) };
        let line = usize::try_from(action.line).unwrap_or_default();
        if !used_elsewhere(&self.text, line).is_empty() {
            return Ok(false);
        }
        let mut lines: Vec<&str> = self.text.lines().collect();
        let range = action_lines(&lines, line);
        let without_name = action.without_name(target);
        let shorter;
        if target == action.target {
            lines.drain(range.start - 1..range.end - 1);
        } else if let (Some(name), Some(text)) = (without_name, lines.get_mut(line - 1)) {
            shorter = text.replace(&action.target, &name);
            *text = &shorter;
        } else if let Some(property) = property_lines(&lines, range.start..range.end, target) {
            lines.drain(property);
        } else {
            return Ok(false);
        }
        let text = lines.join("\n") + "\n";
        // The removal of its last property leaves an action without an update, or a list without an action.
        let Ok(edited) = parse(&text, self.file.clone()) else { return Ok(false) };
        let is_empty = |action: &Action| !action.remove && action.update.as_ref().is_none_or(Value::is_null);
        if let Some(empty) = edited.actions.iter().find(|action| is_empty(action)) {
            let line = usize::try_from(empty.line).unwrap_or_default();
            let mut lines: Vec<&str> = text.lines().collect();
            let range = action_lines(&lines, line);
            lines.drain(range.start - 1..range.end - 1);
            return self.replace_text(&(lines.join("\n") + "\n")).map(|()| true);
        }
        *self = edited;
        Ok(true)
    }

    fn replace_text(&mut self, text: &str) -> Result<()> {
        *self = parse(text, self.file.clone()).with_context(|| format!("{}, as changed", self.file))?;
        Ok(())
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
fn property_lines(lines: &[&str], action: std::ops::Range<usize>, pointer: &str) -> Option<std::ops::Range<usize>> {
    let (outer, key) = pointer.rsplit_once('/')?;
    let (outer, key) = (format!("{}:", outer.rsplit_once('/')?.1), format!("{key}:"));
    let (start, end) = (action.start - 1, (action.end - 1).min(lines.len()));
    let starts = |index: usize, key: &str| lines.get(index).is_some_and(|line| line.trim_start().starts_with(key));
    // An example can have the same key.
    let is_inside = |index: usize| {
        let depth = lines.get(index).map_or(0, |line| indent(line));
        let above = (start..index).rev().find(|above| lines.get(*above).is_some_and(|line| indent(line) < depth));
        above.is_some_and(|above| starts(above, &outer) || starts(above, "update:"))
    };
    let mut found = (start..end).filter(|index| starts(*index, &key) && is_inside(*index));
    let (first, None) = (found.next()?, found.next()) else { return None };
    let depth = indent(lines.get(first)?);
    let is_outside =
        |index: &usize| lines.get(*index).is_some_and(|line| !line.trim().is_empty() && indent(line) <= depth);
    Some(first..(first + 1..end).find(is_outside).unwrap_or(end))
}
