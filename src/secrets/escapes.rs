//! Text with the escapes of a URL or of JSON undone once, and the origin of each byte.

/// A text without escapes.
pub(super) struct Reading {
    pub text: Vec<u8>,
    /// The position in the original of each byte, and the length of the original at the end.
    pub origins: Vec<usize>,
}

/// The bytes that an escape represents, how many they are, and the length of the escape.
pub(super) type Escape = ([u8; 4], usize, usize);

impl Reading {
    /// Undoes the escapes that a function finds at the beginning of a text.
    pub(super) fn new(original: &[u8], escape: impl Fn(&[u8]) -> Option<Escape>) -> Self {
        let mut reading =
            Self { text: Vec::with_capacity(original.len()), origins: Vec::with_capacity(original.len() + 1) };
        let mut at = 0;
        while let Some((rest, first)) = original.get(at..).and_then(|rest| Some((rest, rest.first()?))) {
            let (bytes, count, length) = escape(rest).unwrap_or(([*first, 0, 0, 0], 1, 1));
            reading.text.extend(bytes.iter().take(count));
            reading.origins.resize(reading.text.len(), at);
            at += length;
        }
        reading.origins.push(original.len());
        reading
    }
}

/// Reads `%C3`.
pub(super) fn percent_escape(text: &[u8]) -> Option<Escape> {
    let byte = hexadecimal(text.strip_prefix(b"%")?.get(..2)?)?;
    Some(([u8::try_from(byte).ok()?, 0, 0, 0], 1, 3))
}

/// Reads `\"`, `\n`, `\u00e9`, `\ud83e\udd80`.
pub(super) fn json_escape(text: &[u8]) -> Option<Escape> {
    let unit = |at: usize| {
        let unit = text.get(at..at + 6)?.strip_prefix(b"\\u")?;
        u16::try_from(hexadecimal(unit)?).ok()
    };
    let (c, length) = match text.strip_prefix(b"\\")?.first()? {
        c @ (b'"' | b'\\' | b'/') => (char::from(*c), 2),
        b'b' => ('\u{8}', 2),
        b'f' => ('\u{c}', 2),
        b'n' => ('\n', 2),
        b'r' => ('\r', 2),
        b't' => ('\t', 2),
        b'u' => {
            let c = char::decode_utf16([unit(0)?, unit(6).unwrap_or_default()]).next()?.ok()?;
            (c, c.len_utf16() * 6)
        }
        _ => return None,
    };
    let mut bytes = [0; 4];
    let count = c.encode_utf8(&mut bytes).len();
    Some((bytes, count, length))
}

/// Removes the beginning of an escape at the end of a text: `%`, `%2`, `\`, `\u00`, or the first half of a pair.
pub(super) fn without_cut_escape(mut text: &[u8], sign: u8) -> &[u8] {
    let is_in_escape = |byte: &u8| *byte == b'u' || byte.is_ascii_hexdigit();
    loop {
        let (before, escape) = text.split_at(text.iter().rposition(|byte| *byte == sign).unwrap_or(text.len()));
        text = match escape {
            [b'%', rest @ ..] if rest.len() < 2 && rest.iter().all(is_in_escape) => before,
            [b'\\', rest @ ..] if rest.len() < 5 && rest.iter().all(is_in_escape) => before,
            [b'\\', b'u', b'd' | b'D', b'8' | b'9' | b'a' | b'b' | b'A' | b'B', _, _] => before,
            _ => return text,
        };
    }
}

fn hexadecimal(digits: &[u8]) -> Option<u32> {
    digits.iter().try_fold(0, |number, digit| Some(number * 16 + char::from(*digit).to_digit(16)?))
}

#[cfg(test)]
mod tests {
    use super::{Escape, Reading, json_escape, percent_escape};

    #[test]
    fn escapes_are_undone_and_other_text_is_kept() {
        let read = |text: &str, escape: fn(&[u8]) -> Option<Escape>| {
            String::from_utf8_lossy(&Reading::new(text.as_bytes(), escape).text).into_owned()
        };
        assert_eq!(read(r#"a\"b\\c\/d\ne\u003c\u00E9\uD83E\uDD80\b"#, json_escape), "a\"b\\c/d\ne<é🦀\u{8}");
        assert_eq!(read("%2F%c3%a9%F0%9F%A6%80%41+", percent_escape), "/é🦀A+");
        for text in ["", "plain", "100 % of it", "%", "%4", "%zz", "%+4", "%é"] {
            assert_eq!(read(text, percent_escape), text);
        }
        for text in ["", r"\", r"\q", r"\u12", r"\u{1f980}", r"\u+123", r"\ud83e", r"\é"] {
            assert_eq!(read(text, json_escape), text);
        }
    }

    #[test]
    fn each_byte_has_its_origin() {
        let reading = Reading::new("ä%25x".as_bytes(), percent_escape);
        assert_eq!((reading.text, reading.origins), ("ä%x".into(), vec![0, 1, 2, 5, 6]));
        let reading = Reading::new(r"\u00e4x".as_bytes(), json_escape);
        assert_eq!((reading.text, reading.origins), ("äx".into(), vec![0, 0, 6, 7]));
    }
}
