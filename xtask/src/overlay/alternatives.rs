//! The single targets of a target that lists several names.

/// The target once for each combination of the names in its selectors, as `['A', 'B']` or as
/// `[?@.name == 'a' || @.name == 'b']`: otherwise a removed name among several would not be detected.
pub fn alternatives(target: &str) -> Vec<String> {
    for (start, end) in selectors(target) {
        let (before, inside, after) = match (target.get(..start), target.get(start..end), target.get(end..)) {
            (Some(before), Some(inside), Some(after)) => (before, inside, after),
            _ => continue,
        };
        let (prefix, parts) = match inside.trim_start().strip_prefix('?') {
            Some(condition) => ("?", split(condition, "||")),
            None => ("", split(inside, ",")),
        };
        if parts.len() > 1 {
            let single = parts.iter().map(|part| format!("{before}{prefix}{}{after}", part.trim()));
            return single.flat_map(|target| alternatives(&target)).collect();
        }
    }
    vec![target.to_owned()]
}

/// The contents of the outermost brackets.
fn selectors(target: &str) -> Vec<(usize, usize)> {
    let mut selectors = Vec::new();
    let (mut depth, mut start, mut quote) = (0_usize, 0, None);
    let mut escaped = false;
    for (index, letter) in target.char_indices() {
        match (quote, letter) {
            _ if escaped => escaped = false,
            (Some(_), '\\') => escaped = true,
            (Some(open), _) if letter == open => quote = None,
            (Some(_), _) => {}
            (None, '\'' | '"') => quote = Some(letter),
            (None, '[') => {
                depth += 1;
                if depth == 1 {
                    start = index + 1;
                }
            }
            (None, ']') => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    selectors.push((start, index));
                }
            }
            _ => {}
        }
    }
    selectors
}

/// Splits at a separator outside of quotes, brackets and parentheses.
fn split<'a>(text: &'a str, separator: &str) -> Vec<&'a str> {
    let mut parts = Vec::new();
    let (mut depth, mut start, mut quote) = (0_usize, 0, None);
    for (index, letter) in text.char_indices() {
        match (quote, letter) {
            (Some(open), _) if letter == open => quote = None,
            (Some(_), _) => {}
            (None, '\'' | '"') => quote = Some(letter),
            (None, '[' | '(') => depth += 1,
            (None, ']' | ')') => depth = depth.saturating_sub(1),
            _ => {
                if depth == 0 && index >= start && text.get(index..).is_some_and(|rest| rest.starts_with(separator)) {
                    parts.extend(text.get(start..index));
                    start = index + separator.len();
                }
            }
        }
    }
    parts.extend(text.get(start..));
    parts
}

#[cfg(test)]
mod tests {
    use super::alternatives;

    #[test]
    fn target_with_several_names_is_split() {
        assert_eq!(
            alternatives("$.schemas['A', \"B,]\"].properties['x', 'y']"),
            [
                "$.schemas['A'].properties['x']",
                "$.schemas['A'].properties['y']",
                "$.schemas[\"B,]\"].properties['x']",
                "$.schemas[\"B,]\"].properties['y']",
            ]
        );
        assert_eq!(
            alternatives("$.get.parameters[?@.name == 'a' || @.name == 'b||c'].schema"),
            ["$.get.parameters[?@.name == 'a'].schema", "$.get.parameters[?@.name == 'b||c'].schema"]
        );
        for one in ["$.paths['/a'].get", "$.paths[?!@.post.parameters[?@.name == 'x']].post", "$.paths[*][*].tags"] {
            assert_eq!(alternatives(one), [one]);
        }
    }
}
