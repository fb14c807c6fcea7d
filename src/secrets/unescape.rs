//! A text as whoever reads it may understand it: with its escapes undone, and where each byte of it came from.

/// A text to look for secrets in, [`folded`].
#[derive(Default)]
pub(super) struct Reading {
    pub text: String,
    /// Where in the original each byte of the text came from.
    from: Vec<usize>,
    /// The length of the original.
    end: usize,
}

impl Reading {
    /// A text with its escapes as they are.
    pub fn of(original: &str) -> Self {
        let mut reading = Self { end: original.len(), ..Self::default() };
        for (at, c) in original.char_indices() {
            reading.push(c, at);
        }
        reading
    }

    /// The text with the escapes of JSON, URLs and HTML undone once; none if there are none.
    pub fn unescaped(&self) -> Option<Self> {
        let mut next = Self { end: self.end, ..Self::default() };
        let mut at = 0;
        while let Some((rest, c)) = self.text.get(at..).and_then(|rest| Some((rest, rest.chars().next()?))) {
            let (c, length) = escaped(rest).unwrap_or((c, c.len_utf8()));
            next.push(c, self.original(at));
            at += length;
        }
        (next.text.len() < self.text.len()).then_some(next)
    }

    /// The place in the original that a place of the text came from.
    pub fn original(&self, at: usize) -> usize {
        self.from.get(at).copied().unwrap_or(self.end)
    }

    fn push(&mut self, c: char, from: usize) {
        self.text.extend(fold(c));
        self.from.resize(self.text.len(), from);
    }
}

/// A text in lower case, with spaces for what is a plus in a form.
pub(super) fn folded(text: &str) -> String {
    text.chars().flat_map(fold).collect()
}

fn fold(c: char) -> impl Iterator<Item = char> {
    if c == '+' { ' ' } else { c }.to_lowercase()
}

/// The character that an escape at the beginning of a text stands for, and the escape's length.
fn escaped(text: &str) -> Option<(char, usize)> {
    match text.as_bytes().first()? {
        b'\\' => in_string(text),
        b'%' => in_url(text),
        b'&' => in_html(text),
        _ => None,
    }
}

/// `\"`, `\n`, `\u00e9`, `\ud83e\udd80`, `\x1b`, and Rust's own `\u{1f980}`.
fn in_string(text: &str) -> Option<(char, usize)> {
    let unit = |at: usize| u16::from_str_radix(text.get(at..at + 6)?.strip_prefix("\\u")?, 16).ok();
    let of_code = |digits: &str| char::from_u32(u32::from_str_radix(digits, 16).ok()?);
    match text.chars().nth(1)? {
        c @ ('"' | '\\' | '/' | '\'') => Some((c, 2)),
        'n' => Some(('\n', 2)),
        'r' => Some(('\r', 2)),
        't' => Some(('\t', 2)),
        'x' => Some((of_code(text.get(2..4)?)?, 4)),
        'u' => match text.strip_prefix("\\u{") {
            Some(rest) => rest.split_once('}').and_then(|(digits, _)| Some((of_code(digits)?, digits.len() + 4))),
            None => {
                let units = [unit(0)?, unit(6).unwrap_or_default()];
                let c = char::decode_utf16(units).next()?.ok()?;
                Some((c, c.len_utf16() * 6))
            }
        },
        _ => None,
    }
}

/// `%C3%A9`: a percent sign for each byte of the character.
fn in_url(text: &str) -> Option<(char, usize)> {
    let byte = |at: usize| u8::from_str_radix(text.get(at * 3..at * 3 + 3)?.strip_prefix('%')?, 16).ok();
    let length = match byte(0)? {
        0..0x80 => 1,
        0x80..0xe0 => 2,
        0xe0..0xf0 => 3,
        _ => 4,
    };
    let bytes: Vec<u8> = (0..length).map_while(byte).collect();
    Some((std::str::from_utf8(&bytes).ok()?.chars().next()?, bytes.len() * 3))
}

/// `&amp;`, `&#233;`, `&#xe9;`.
fn in_html(text: &str) -> Option<(char, usize)> {
    const LONGEST: usize = 10;
    let end = text.bytes().take(LONGEST).position(|byte| byte == b';')?;
    let c = match text.get(1..end)? {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        name => {
            let digits = name.strip_prefix('#')?;
            let code = match digits.strip_prefix('x') {
                Some(digits) => u32::from_str_radix(digits, 16),
                None => digits.parse(),
            };
            char::from_u32(code.ok()?)?
        }
    };
    Some((c, end + 1))
}

#[cfg(test)]
mod tests {
    use super::Reading;

    fn unescaped(text: &str) -> Option<String> {
        Reading::of(text).unescaped().map(|reading| reading.text)
    }

    #[test]
    fn escapes_are_undone_and_everything_else_stays() {
        for (text, expected) in [
            (r#"a\"b\\c\/d\'e\nf"#, "a\"b\\c/d'e\nf"),
            (r"\u003c\u00E9\uD83E\uDD80\x41\u{1f980}", "<é🦀a🦀"),
            ("%2F%c3%a9%F0%9F%A6%80%41+%2B", "/é🦀a  "),
            ("&lt;&AMP;&quot;&#39;&#x27;&#233;&apos;", "<&\"''é'"),
        ] {
            assert_eq!(unescaped(text).as_deref(), Some(expected), "{text}");
        }
        for text in [
            "",
            "plain",
            "100 % of it",
            "%",
            "%4",
            "%zz",
            "%c3",
            "%c3%",
            "%ff%ff%ff%ff",
            r"\",
            r"\q",
            r"\u12",
            r"\u{",
            r"\u{}",
            r"\ud83e",
            r"\x4",
            "&",
            "&;",
            "&nbsp;",
            "&#;",
            "&#xd800;",
            "&amp",
            "a&very long text;",
            "%é",
            r"\é",
            "&é;",
        ] {
            assert_eq!(unescaped(text), None, "{text}");
        }
    }

    #[test]
    fn each_byte_knows_where_it_came_from() {
        let reading = Reading::of("ä%2525x").unescaped().and_then(|reading| reading.unescaped()).unwrap();
        assert_eq!(reading.text, "ä%x");
        assert_eq!([0, 2, 3, 4].map(|at| reading.original(at)), [0, 2, 7, 8]);
    }
}
