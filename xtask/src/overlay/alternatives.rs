//! The single targets of a target that lists several names.

/// The target once for each combination of the names in its selectors, as `['A', 'B']` or as
/// `[?@.name == 'a' || @.name == 'b']`: otherwise a removed name among several would not be detected.
pub fn alternatives(target: &str) -> Vec<String> {
    // Every second part is a name.
    let parts: Vec<&str> = target.split(['\'', '"']).collect();
    let part = |index: usize| parts.get(index).copied().unwrap_or_default();
    let continues = |index: &usize| {
        let condition = part(*index).strip_prefix(" || ").filter(|condition| !condition.is_empty());
        part(*index).trim() == "," || condition.is_some_and(|condition| part(*index - 2).ends_with(condition))
    };
    let Some(second) = (2..parts.len()).step_by(2).find(continues) else { return vec![target.to_owned()] };
    let last = (second..parts.len()).step_by(2).take_while(continues).last().unwrap_or(second) + 1;
    let [before, after] = [0..second - 1, last + 1..parts.len()].map(|outside| parts.get(outside).unwrap_or_default());
    let names = (second - 1..=last).step_by(2).map(part);
    names.flat_map(|name| alternatives(&format!("{}'{name}'{}", before.join("'"), after.join("'")))).collect()
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
                "$.schemas['B,]'].properties['x']",
                "$.schemas['B,]'].properties['y']",
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
