//! Texts stay texts.

use serde_json::Value;

use crate::generate::schema::objects_mut;

/// The formats for which typify has a type that does not keep the text as it came: `2024-01-01T00:00:00.000Z` would be
/// sent back without its milliseconds, and a date that is none would fail a whole page.
const PARSED: [&str; 8] = ["date", "date-time", "uuid", "ip", "ipv4", "ipv6", "byte", "binary"];

/// Takes these formats off every string.
pub fn keep_text(document: &mut Value) {
    objects_mut(document, &mut |object| {
        let is_text = object.get("type").is_some_and(|kind| kind == "string");
        let is_parsed = object.get("format").and_then(Value::as_str).is_some_and(|format| PARSED.contains(&format));
        if is_text && is_parsed {
            object.remove("format");
        }
    });
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::keep_text;

    #[test]
    fn a_date_stays_text_and_a_password_stays_one() {
        let mut document = json!({"properties": {
            "created": {"type": "string", "format": "date-time"},
            "secret": {"type": "string", "format": "password"},
            "format": {"type": "string", "enum": ["date"]}
        }});
        keep_text(&mut document);
        assert_eq!(
            document["properties"],
            json!({
                "created": {"type": "string"},
                "secret": {"type": "string", "format": "password"},
                "format": {"type": "string", "enum": ["date"]}
            })
        );
    }
}
