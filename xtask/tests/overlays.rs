//! Overlays: what their actions change, and the findings about targets and corrections.

#![allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a test fails by a panic")]

use serde_json::json;
use xtask::overlay::{Overlay, Replaced, Scope, parse};

fn overlay(actions: &str) -> Overlay {
    parse(&format!("overlay: 1.0.0\ninfo: {{}}\nactions:\n{actions}"), "test.yaml".to_owned()).unwrap()
}

#[test]
fn update_merges_objects_and_appends_to_arrays() {
    let mut document = json!({"a": {"b": 1, "tags": ["x"]}, "c": 2});
    let overlay = overlay("- target: $.a\n  update: {b: {d: 3}, tags: [y]}\n");
    assert_eq!(overlay.apply(&mut document, Scope::Anything, &mut Replaced::new()).unwrap(), []);
    assert_eq!(document, json!({"a": {"b": {"d": 3}, "tags": ["x", "y"]}, "c": 2}));
}

#[test]
fn removal_takes_every_match() {
    let mut document = json!({"list": [{"n": 1}, {"n": 2}, {"n": 1}]});
    overlay("- target: $.list[?@.n == 1]\n  remove: true\n")
        .apply(&mut document, Scope::Anything, &mut Replaced::new())
        .unwrap();
    assert_eq!(document, json!({"list": [{"n": 2}]}));
}

#[test]
fn unmatched_target_is_named_with_its_line() {
    let mut document = json!({"a": 1});
    let gone = overlay("- target: $.b\n  update: 1\n- target: $.a\n  remove: true\n- target: $['c']\n  update: 1\n")
        .apply(&mut document, Scope::Anything, &mut Replaced::new())
        .unwrap();
    let gone: Vec<&str> = gone.iter().map(|finding| &*finding.text).collect();
    assert_eq!(gone, ["test.yaml:4: $.b matches nothing", "test.yaml:8: $['c'] matches nothing"]);
    assert_eq!(document, json!({}));
}

#[test]
fn each_name_of_a_list_must_match() {
    let mut document = json!({"a": {"x": 1}, "b": {"x": 1, "y": 2}});
    let gone = overlay("- target: $['a', 'b']['x', 'y']\n  remove: true\n")
        .apply(&mut document, Scope::Anything, &mut Replaced::new())
        .unwrap();
    let targets: Vec<&str> = gone.iter().map(|finding| finding.target.as_str()).collect();
    assert_eq!(targets, ["$['a']['y']"]);
    assert_eq!(document, json!({"a": {}, "b": {}}));
}

#[test]
fn descriptions_are_added_to_what_exists_only() {
    let mut document = json!({"Thing": {"properties": {"description": {"type": "string"}}, "type": "object"}});
    let gone = overlay(
        "- target: $.Thing\n  update:\n    description: A thing.\n    type: array\n    properties:\n      \
         description: {description: What it is.}\n      color: {description: Misspelled.}\n",
    )
    .apply(&mut document, Scope::Descriptions, &mut Replaced::new())
    .unwrap();
    let targets: Vec<&str> = gone.iter().map(|finding| finding.target.as_str()).collect();
    assert_eq!(targets, ["/Thing/type", "/Thing/properties/color"]);
    assert_eq!(
        document["Thing"],
        json!({
            "properties": {"description": {"type": "string", "description": "What it is."}},
            "type": "object",
            "description": "A thing."
        })
    );
}

#[test]
fn upstream_value_is_superfluous_and_added_once() {
    let text = "overlay: 1.0.0\ninfo: {}\nactions:\n- target: $.Status\n  update: {enum: [A, B]}\n";
    let overlay = parse(text, "test.yaml".to_owned()).unwrap();
    let mut document = json!({"Status": {"enum": ["A"]}});
    let findings = overlay.apply(&mut document, Scope::Anything, &mut Replaced::new()).unwrap();
    let texts: Vec<&str> = findings.iter().map(|finding| &*finding.text).collect();
    assert_eq!(texts, ["test.yaml:4: $.Status.enum now has \"A\" itself"]);
    assert_eq!(document, json!({"Status": {"enum": ["A", "B"]}}));
}
