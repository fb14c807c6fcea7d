//! Documentation comments.

/// Markdown as a documentation comment, each line behind the indent.
///
/// What the API has just gained has no description yet, and still has to compile.
pub fn documentation(indent: &str, said: &str) -> String {
    let said = if said.trim().is_empty() { "Not described yet." } else { said };
    let lines = wrapped(said.trim_end(), 116 - indent.len());
    let lines = lines.iter().map(|line| match line.as_str() {
        "" => format!("{indent}///\n"),
        line => format!("{indent}/// {line}\n"),
    });
    lines.collect()
}

/// The first sentence of a text, if it stands alone.
pub fn first_sentence(said: &str) -> Option<&str> {
    let paragraph = said.split("\n\n").next().unwrap_or_default();
    let sentence = paragraph.split_inclusive(". ").next().unwrap_or_default().trim();
    // One that leads on to a list or a block does not.
    (sentence.ends_with('.') && !sentence.contains('\n')).then_some(sentence)
}

/// Markdown in lines of a readable length; code, tables and whatever else has its own lines keep them.
fn wrapped(said: &str, width: usize) -> Vec<String> {
    let mut lines = Vec::new();
    let mut in_code = false;
    for line in said.lines() {
        in_code ^= line.trim_start().starts_with("```");
        if in_code || line.len() <= width || line.starts_with('|') {
            lines.push(line.to_owned());
            continue;
        }
        let is_item = line.trim_start().starts_with("- ");
        let indent = " ".repeat(line.len() - line.trim_start().len() + if is_item { 2 } else { 0 });
        let mut words = line.split(' ');
        let mut current = words.next().unwrap_or_default().to_owned();
        for word in words {
            // A word that would begin a list, a heading or a quotation stays where it is.
            let is_text = word.starts_with(|first: char| first.is_alphabetic() || "`[(\"'".contains(first));
            if is_text && !current.trim().is_empty() && current.len() + word.len() >= width {
                lines.push(std::mem::replace(&mut current, indent.clone()));
            } else {
                current.push(' ');
            }
            current.push_str(word);
        }
        lines.push(current);
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::{documentation, first_sentence, wrapped};

    #[test]
    fn long_lines_are_wrapped_and_code_is_not() {
        let long = "word ".repeat(40);
        let said = format!("{long}\n\n- {long}\n\n```json\n{long}\n```");
        let lines = wrapped(&said, 110);
        assert!(lines.iter().filter(|line| line.len() > 115).count() == 1, "{lines:#?}");
        let item = lines.iter().position(|line| line.starts_with("- ")).unwrap();
        assert!(lines[item + 1].starts_with("  word"), "{lines:#?}");
        let words = |text: &str| text.split_whitespace().map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(words(&lines.join("\n")), words(&said));
    }

    #[test]
    fn an_empty_line_has_no_space_behind_it() {
        assert_eq!(documentation("    ", "One.\n\nTwo."), "    /// One.\n    ///\n    /// Two.\n");
    }

    #[test]
    fn what_is_not_described_is_documented_all_the_same() {
        assert_eq!(documentation("    ", ""), "    /// Not described yet.\n");
    }

    #[test]
    fn a_sentence_that_leads_on_does_not_stand_alone() {
        assert_eq!(first_sentence("A list. Of things."), Some("A list."));
        assert_eq!(first_sentence("One of:\n- a"), None);
    }
}
