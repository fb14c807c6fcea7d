//! Foreign text in an error, made suitable for a single log line.

/// The maximum length of the server's text that an error shows.
pub(crate) const MAX_MESSAGE: usize = 500;

/// Returns a text as one line, without characters that control a terminal, cut after `longest` characters.
pub(crate) fn on_one_line(text: &str, longest: usize) -> String {
    let mut characters = text.trim().chars().map(|c| if is_unsafe_to_print(c) { ' ' } else { c });
    let mut line: String = characters.by_ref().take(longest).collect();
    if characters.next().is_some() {
        line.push('…');
    }
    line
}

/// Returns `true` for control characters, line separators, and characters that change the direction of a text.
fn is_unsafe_to_print(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{2028}' | '\u{2029}' | '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::on_one_line;

    #[test]
    fn a_text_is_one_line_of_limited_length() {
        for (text, shown) in [
            ("plain", "plain"),
            (" a\r\nb\u{1b}[31mc\u{2028}d\u{202e}e\u{85}f\u{61c}g\t", "a  b [31mc d e f g"),
            ("0123456789ü", "0123456789…"),
            ("0123456789", "0123456789"),
        ] {
            let longest = if text.starts_with('0') { 10 } else { 100 };
            assert_eq!(on_one_line(text, longest), shown);
        }
    }
}
