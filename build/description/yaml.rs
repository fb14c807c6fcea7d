//! Reads the description's YAML into JSON.
//!
//! `cargo xtask generate-spec` writes the file, so only mappings, sequences and scalars need support.
//! Anchors, tags and scalars that YAML readers disagree about are errors.

use granit_parser::{Event, Parser, ScalarStyle, ScanError, Span};
use serde_json::{Map, Number, Value};

/// Parses a file with one document.
pub fn parse(text: &str) -> Result<Value, String> {
    let is_content = |event: &Result<_, _>| !matches!(event, Ok((Event::Comment(..), _)));
    let mut reader = Reader(Parser::new_from_str(text).filter(is_content));
    reader.expect(|event| matches!(event, Event::StreamStart))?;
    reader.expect(|event| matches!(event, Event::DocumentStart(..)))?;
    let (event, span) = reader.next()?;
    let document = reader.node(event, span)?;
    reader.expect(|event| matches!(event, Event::DocumentEnd))?;
    reader.expect(|event| matches!(event, Event::StreamEnd))?;
    Ok(document)
}

struct Reader<E>(E);

impl<'text, E: Iterator<Item = Result<(Event<'text>, Span), ScanError>>> Reader<E> {
    fn next(&mut self) -> Result<(Event<'text>, Span), String> {
        self.0.next().ok_or("it ends early")?.map_err(|error| error.to_string())
    }

    fn expect(&mut self, is_expected: impl FnOnce(&Event<'_>) -> bool) -> Result<(), String> {
        let (event, span) = self.next()?;
        if is_expected(&event) { Ok(()) } else { Err(at(span, "the file must have exactly one document")) }
    }

    /// The value that starts with an event.
    fn node(&mut self, event: Event<'text>, span: Span) -> Result<Value, String> {
        match event {
            Event::Scalar(text, style, 0, None) => {
                scalar(&text, style == ScalarStyle::Plain).map_err(|error| at(span, &error))
            }
            Event::SequenceStart(_, 0, None) => {
                let mut items = Vec::new();
                loop {
                    match self.next()? {
                        (Event::SequenceEnd, _) => return Ok(Value::Array(items)),
                        (event, span) => items.push(self.node(event, span)?),
                    }
                }
            }
            Event::MappingStart(_, 0, None) => {
                let mut members = Map::new();
                loop {
                    match self.next()? {
                        (Event::MappingEnd, _) => return Ok(Value::Object(members)),
                        (event, span) => self.member(&mut members, event, span)?,
                    }
                }
            }
            _ => Err(at(span, "anchors, aliases and tags are not supported")),
        }
    }

    fn member(&mut self, members: &mut Map<String, Value>, name: Event<'text>, span: Span) -> Result<(), String> {
        let Value::String(name) = self.node(name, span)? else {
            return Err(at(span, "the name of a member is not text; put it in quotes"));
        };
        if members.contains_key(&name) {
            return Err(at(span, &format!("there is another member `{name}`")));
        }
        let (event, span) = self.next()?;
        members.insert(name, self.node(event, span)?);
        Ok(())
    }
}

fn at(span: Span, error: &str) -> String {
    format!("line {}: {error}", span.start.line())
}

/// A scalar: quoted text and block text are strings, and a plain scalar is parsed as JSON.
fn scalar(text: &str, is_plain: bool) -> Result<Value, String> {
    if !is_plain {
        return Ok(Value::String(text.to_owned()));
    }
    match text {
        "null" => return Ok(Value::Null),
        "true" => return Ok(Value::Bool(true)),
        "false" => return Ok(Value::Bool(false)),
        "" | "~" => return Err("a value is missing; write `null` or `''`".to_owned()),
        _ => {}
    }
    let may_be_number = text.starts_with(|first: char| first.is_ascii_digit() || "+-.".contains(first));
    if may_be_number && let Ok(number) = text.parse::<Number>() {
        return Ok(Value::Number(number));
    }
    let unsigned = text.trim_start_matches(['+', '-']);
    let is_ambiguous = ["null", "true", "false"].iter().any(|word| text.eq_ignore_ascii_case(word))
        || [".inf", ".nan"].iter().any(|word| unsigned.eq_ignore_ascii_case(word))
        || [("0x", 16), ("0o", 8), ("0b", 2)].into_iter().any(|(prefix, radix)| {
            unsigned.strip_prefix(prefix).is_some_and(|digits| u64::from_str_radix(digits, radix).is_ok())
        })
        || (may_be_number && text.parse::<f64>().is_ok());
    if is_ambiguous {
        return Err(format!(
            "YAML readers disagree whether `{text}` is text; put it in quotes, or write it as in JSON"
        ));
    }
    Ok(Value::String(text.to_owned()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::parse;

    #[test]
    fn scalars_are_read_as_json_values() {
        let text = "# A comment.\n\
            plain: [a b, 1, -2.5, true, false, null, 2027-01-31, 9:30, 0b7f-1]\n\
            quoted: ['1', \"true\", 'it''s', \"tab\\tand \\u00e9\", '']\n\
            '200': {}\n\
            empty: []\n\
            literal: |-\n  one\n\n    two: 2\n  # three\n\
            kept: |\n  end\n\
            folded: >-\n  one\n  two\n";
        let expected = json!({
            "plain": ["a b", 1, -2.5, true, false, null, "2027-01-31", "9:30", "0b7f-1"],
            "quoted": ["1", "true", "it's", "tab\tand é", ""],
            "200": {},
            "empty": [],
            "literal": "one\n\n  two: 2\n# three",
            "kept": "end\n",
            "folded": "one two",
        });
        assert_eq!(parse(text).unwrap(), expected);
    }

    #[test]
    fn json_is_read_as_yaml() {
        let value = json!({"text": "a \"b\"\n\\ é", "list": [1, 2.5, null, {"deep": [true]}], "empty": {}});
        assert_eq!(parse(&value.to_string()).unwrap(), value);
    }

    #[test]
    fn unsupported_yaml_is_refused_with_its_line() {
        for (text, line, expected) in [
            ("a: 1\nb: &anchor 2\n", 2, "anchors"),
            ("a: &anchor 1\nb: *anchor\n", 1, "anchors"),
            ("a: !!str 1\n", 1, "tags"),
            ("a: 1\na: 2\n", 2, "another member `a`"),
            ("a:\nb: 1\n", 1, "a value is missing"),
            ("1: a\n", 1, "not text"),
            ("a: True\n", 1, "`True`"),
            ("a: 0x1F\n", 1, "`0x1F`"),
            ("a: .inf\n", 1, "`.inf`"),
            ("a: 007\n", 1, "`007`"),
            ("a: 1\n---\nb: 2\n", 2, "exactly one document"),
        ] {
            let error = parse(text).unwrap_err();
            assert!(error.starts_with(&format!("line {line}: ")) && error.contains(expected), "{text:?}: {error}");
        }
        assert!(parse("a: [1").is_err());
        assert!(parse("").is_err());
    }
}
