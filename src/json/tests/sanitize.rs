use super::samples::*;
use super::{exactly, leniently, written};
use crate::json::decode;
use crate::types::Mismatch;

fn places(mismatches: &[Mismatch]) -> Vec<String> {
    mismatches.iter().map(ToString::to_string).collect()
}

#[test]
fn byte_order_mark_is_not_a_mismatch() {
    assert!(exactly::<Paging>("\u{FEFF}{\"more\":true}").more);
}

#[test]
fn invalid_utf8_is_replaced() {
    let decoded = decode::<Paging>(b"{\"more\":true,\"cursor\":\"a\xFFb\"}").unwrap();
    assert_eq!(decoded.value.cursor.as_deref(), Some("a\u{FFFD}b"));
    assert_eq!(places(&decoded.mismatches), ["expected valid UTF-8"]);
}

#[test]
fn lone_surrogates_are_replaced() {
    let json = r#"{"more":true,"\ud800k":["\uDC00","\ud83d\ude00","\\ud800","\ud800\u0041","\ud800\ud83d\ude00"],"cursor":"a\ud83dz"}"#;
    let decoded = decode::<Paging>(json.as_bytes()).unwrap();
    assert_eq!(decoded.value.cursor.as_deref(), Some("a\u{FFFD}z"));
    assert_eq!(
        decoded.value.extra["\u{FFFD}k"],
        serde_json::json!(["\u{FFFD}", "\u{1F600}", "\\ud800", "\u{FFFD}A", "\u{FFFD}\u{1F600}"])
    );
    let places: Vec<&str> = decoded.mismatches.iter().map(Mismatch::path).collect();
    let key = r#"["�k"]"#;
    assert_eq!(places, [key, &format!("{key}[0]"), &format!("{key}[3]"), &format!("{key}[4]"), "cursor"]);
}

#[test]
fn too_large_numbers_become_text() {
    let paging: Paging = leniently(r#"{"more":true,"x":[1, -1e400,1E+999],"y":1e-400}"#, &["x[1]", "x[2]"]);
    assert_eq!(paging.extra["x"], serde_json::json!([1, "-1e400", "1E+999"]));
    assert_eq!(paging.extra["y"], 0.0);
    let list: ListRecipient = leniently(r#"{"list_id":"l","filters":[1e400]}"#, &["filters[0]", "filters[0]"]);
    assert_eq!(written(&list), r#"{"list_id":"l","filters":["1e400"]}"#);
}

#[test]
fn too_deep_containers_become_text() {
    for (open, close) in [("[", "]"), (r#"{"a":"#, "}")] {
        for depth in [126, 127, 1_000, 100_000] {
            let deep = format!("{}{}{}", open.repeat(depth), r#""]\"}""#, close.repeat(depth));
            let json = format!(r#"{{"more":true,"x":{deep},"cursor":"c"}}"#);
            let decoded = decode::<Paging>(json.as_bytes()).unwrap();
            assert_eq!(decoded.value.cursor.as_deref(), Some("c"));
            assert_eq!(decoded.mismatches.len(), usize::from(depth > 126));
            let mut value = &decoded.value.extra["x"];
            let mut levels = 0;
            while let Some(inner) = value.get(0).or_else(|| value.get("a")) {
                value = inner;
                levels += 1;
            }
            assert_eq!(levels, depth.min(126));
            let rest = depth - levels;
            let text = if rest == 0 {
                r#"]"}"#.to_owned()
            } else {
                format!("{}{}{}", open.repeat(rest), r#""]\"}""#, close.repeat(rest))
            };
            assert_eq!(value.as_str(), Some(text.as_str()));
        }
    }
}

#[test]
fn other_invalid_text_stays_invalid() {
    for text in [
        r#"{"more":true,"x":1e400,}"#,
        r#"{"more":true,"x":"\ud800"#,
        r#"{"more":true,"x":+1e400}"#,
        r#"{"more":true,"x":1e400.}"#,
        r#"{"more":true,"x":01e400}"#,
        r#"{"more":true,"x":.1e400}"#,
        r#"{"more":true,"x":1.e400}"#,
        r#"{"more":true,"x":--1e400}"#,
        r#"{"more":true 1e400:"x"}"#,
        r#"{"more":true,1e400:"x"}"#,
        r#"{"more":true,"x":"\u12"}"#,
        r#"{"more":true,"x":"\"#,
        "\u{FEFF}\u{FEFF}{}",
        "]1e400[",
    ] {
        assert!(decode::<Paging>(text.as_bytes()).is_err(), "{text}");
    }
}
