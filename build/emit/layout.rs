//! Layout of code on one line if it fits, or else on several, as `cargo fmt` would format it.

use serde_json::Value;

/// The line width that the documentation shows.
pub const WIDTH: usize = 80;

/// The longest chain of calls that stays on one line.
const LONGEST_CHAIN: usize = 60;

/// An expression, or part of one.
#[derive(Clone, Debug)]
pub enum Code {
    Word(String),
    /// A list in brackets: `new(a, b)`, `[a, b]`.
    Group {
        open: String,
        items: Vec<Code>,
        close: char,
    },
    /// A prefix and its value: `"name": 1`.
    Named(String, Box<Code>),
    /// Chained calls: `Message::new().to(…).data(…)`.
    Chain(Vec<Code>),
}

impl Code {
    pub fn word(word: impl Into<String>) -> Self {
        Self::Word(word.into())
    }

    /// `head(a, b)`.
    pub fn call(head: impl Into<String>, items: Vec<Self>) -> Self {
        Self::Group { open: head.into() + "(", items, close: ')' }
    }

    /// `[a, b]`.
    pub fn list(items: Vec<Self>) -> Self {
        Self::Group { open: "[".to_owned(), items, close: ']' }
    }

    /// `Message::new().to(…)`.
    pub fn chain(mut links: Vec<Self>) -> Self {
        match (links.len(), links.pop()) {
            (1, Some(alone)) => alone,
            (_, last) => Self::Chain(links.into_iter().chain(last).collect()),
        }
    }

    /// `json!({"a": 1})`.
    pub fn json(value: &Value) -> Self {
        Self::call("json!", vec![Self::literal(value)])
    }

    fn literal(value: &Value) -> Self {
        match value {
            Value::Array(items) => Self::list(items.iter().map(Self::literal).collect()),
            Value::Object(members) => {
                let named = |(name, value)| Self::Named(format!("{name:?}: "), Box::new(Self::literal(value)));
                Self::Group { open: "{".to_owned(), items: members.iter().map(named).collect(), close: '}' }
            }
            value => Self::Word(value.to_string()),
        }
    }

    /// The code on one line.
    fn flat(&self) -> String {
        match self {
            Self::Word(word) => word.clone(),
            Self::Named(name, value) => name.clone() + &value.flat(),
            Self::Chain(links) => links.iter().map(Self::flat).collect(),
            Self::Group { open, items, close } => {
                format!("{open}{}{close}", items.iter().map(Self::flat).collect::<Vec<_>>().join(", "))
            }
        }
    }

    /// The code after `column` characters of a line with `indent` leading spaces, followed by `after` more characters.
    pub fn laid_out(&self, indent: usize, column: usize, after: usize) -> String {
        let flat = self.flat();
        let is_long_chain = matches!(self, Self::Chain(links) if links.len() > 2) && flat.len() > LONGEST_CHAIN;
        if !is_long_chain && column + flat.len() + after <= WIDTH {
            return flat;
        }
        let deeper = indent + 4;
        let line = format!("\n{}", " ".repeat(deeper));
        match self {
            Self::Word(_) => flat,
            Self::Named(name, value) => name.clone() + &value.laid_out(indent, column + name.len(), after),
            Self::Chain(links) => {
                let mut links = links.iter();
                let mut text = links.next().map(|first| first.laid_out(indent, column, 0)).unwrap_or_default();
                for link in links {
                    text += &line;
                    text += &link.laid_out(deeper, deeper, after);
                }
                text
            }
            Self::Group { open, items, close } => match items.as_slice() {
                // A single value begins on the line of its bracket.
                [alone @ Self::Group { .. }] => {
                    format!("{open}{}{close}", alone.laid_out(indent, column + open.len(), after + 1))
                }
                items => {
                    let items = items.iter().map(|item| format!("{line}{},", item.laid_out(deeper, deeper, 1)));
                    let items: String = items.collect();
                    // JSON does not allow trailing commas.
                    let items = if *close == '}' { items.trim_end_matches(',') } else { &items };
                    format!("{open}{items}\n{}{close}", " ".repeat(indent))
                }
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::Code;

    fn message(words: &str) -> Code {
        Code::Chain(vec![
            Code::call("Message::new", Vec::new()),
            Code::call(".to", vec![Code::call("Recipient::user", vec![Code::word("\"user_123\"")])]),
            Code::call(".data", vec![Code::json(&json!({"name": words}))]),
        ])
    }

    #[test]
    fn code_that_fits_stays_on_one_line() {
        let short = Code::call("client.get", vec![Code::word("1"), Code::list(vec![Code::word("2"), Code::word("3")])]);
        assert_eq!(short.laid_out(0, 0, 1), "client.get(1, [2, 3])");
    }

    #[test]
    fn a_long_chain_has_a_line_for_each_call() {
        assert_eq!(
            message("Ada").laid_out(0, 14, 1),
            "Message::new()\n    .to(Recipient::user(\"user_123\"))\n    .data(json!({\"name\": \"Ada\"}))"
        );
    }

    #[test]
    fn single_value_stays_on_the_line_of_its_bracket() {
        let long = "a name that is so long that it does not fit on the line of the others";
        let send = Code::call("client.send", vec![Code::list(vec![message(long), Code::word("2")])]);
        let expected = format!(
            "client.send([\n    Message::new()\n        .to(Recipient::user(\"user_123\"))\n        .data(json!({{\n            \
             \"name\": \"{long}\"\n        }})),\n    2,\n])"
        );
        assert_eq!(send.laid_out(0, 0, 0), expected);
    }
}
