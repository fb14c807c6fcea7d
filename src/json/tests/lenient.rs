use serde_json::{Value, json};

use super::samples::*;
use super::{comes_back, leniently, written};
use crate::json::{DecodeError, decode, decode_within};
use crate::types::{Nullable, Object, Sensitive};

fn user(json: &str) -> String {
    format!(r#"{{"recipient":"r","status":"PENDING",{json}}}"#)
}

#[test]
fn mismatched_value_is_kept_in_extra() {
    for (value, text) in [("5", Some("5")), ("-7", Some("-7")), ("1.5", None), ("true", None)] {
        let json = user(&format!(r#""messageId":{value}"#));
        let user: User = leniently(&json, &["messageId"]);
        // The text of a number stays readable as an id.
        assert_eq!(user.message_id.as_deref(), text);
        assert_eq!(user.extra["messageId"].to_string(), value);
        assert_eq!(written(&user), json);
    }
}

#[test]
fn mismatched_required_value_is_kept_in_extra() {
    let json = r#"{"recipient":{"a":1},"status":2}"#;
    let user: User = leniently(json, &["recipient", "status"]);
    assert_eq!((user.recipient.as_str(), &user.status), ("", &Status::Unrecognized(String::new())));
    assert_eq!(user.extra["status"], 2);
    assert_eq!(written(&user), json);
}

#[test]
fn missing_required_property_is_not_encoded() {
    let mut user: User = leniently(r#"{"messageId":"m"}"#, &["recipient", "status"]);
    assert_eq!(user.recipient, "");
    assert!(user.extra.is_empty());
    assert_eq!(written(&user), r#"{"messageId":"m"}"#);
    user.recipient = "changed".to_owned();
    assert_eq!(written(&user), r#"{"recipient":"changed","messageId":"m"}"#);
    user.extra.insert("status", "kept");
    assert_eq!(written(&user), r#"{"recipient":"changed","status":"kept","messageId":"m"}"#);
}

#[test]
fn required_null_stays_null() {
    let json = r#"{"more":null,"cursor":"c"}"#;
    let paging: Paging = leniently(json, &["more"]);
    assert_eq!(paging.extra.get("more"), Some(&Value::Null));
    assert_eq!(written(&paging), json);
}

#[test]
fn mismatch_inside_a_box_is_kept() {
    let json = r#"{"name":"a","parent":{"name":5,"parent":{"name":"c","other":1}}}"#;
    let folder: Folder = leniently(json, &["parent.name"]);
    assert_eq!(folder.parent.as_ref().unwrap().extra["name"], 5);
    assert_eq!(written(&folder), json);
    let json = r#"{"name":"a","parent":"b"}"#;
    assert_eq!(written(&leniently::<Folder>(json, &["parent"])), json);
}

#[test]
fn nullable_null_survives_a_mismatch_beside_it() {
    let json = r#"{"email":5,"locale":null}"#;
    assert_eq!(leniently::<UserRecipient>(json, &["email"]).locale, Some(Nullable::Null));
    comes_back::<UserRecipient>(json);
}

#[test]
fn array_with_lost_elements_is_kept_whole() {
    let json = r#"{"list_id":"l","filters":[1,"two",3,null]}"#;
    let list: ListRecipient = leniently(json, &["filters[1]", "filters[3]"]);
    assert_eq!(list.filters, Some(vec![1.0, 3.0]));
    assert_eq!(list.extra["filters"], json!([1, "two", 3, null]));
    assert_eq!(written(&list), json);
}

#[test]
fn map_with_lost_values_is_kept_whole() {
    let json = r#"{"notifications":{"a":{"status":"PENDING"},"b":7}}"#;
    let preferences: Preferences = leniently(json, &["notifications.b"]);
    assert_eq!(preferences.notifications.len(), 1);
    assert_eq!(written(&preferences), json);
}

#[test]
fn only_the_nearest_object_keeps_a_lost_value() {
    let json = r#"{"items":[{"recipient":"r","status":"PENDING","to":[{"list_id":"l","filters":["x"]}]}],"paging":{"more":true}}"#;
    let page: Page = leniently(json, &["items[0].to[0].filters[0]"]);
    assert!(page.extra.is_empty());
    let Some(Recipient::Recipients(to)) = page.items.first().and_then(|user| user.to.as_ref()) else {
        panic!("{page:?}")
    };
    assert!(matches!(to.as_slice(), [Recipient::List(list)] if list.extra["filters"] == json!(["x"])));
    assert_eq!(written(&page), json);
}

#[test]
fn lost_element_does_not_fail_the_page() {
    let json = r#"{"items":[{"recipient":"r","status":"PENDING"},"no row"],"paging":{"more":true}}"#;
    let page: Page = leniently(json, &["items[1]"]);
    assert_eq!(page.items.len(), 1);
    assert_eq!(written(&page), json);
}

#[test]
fn variant_is_chosen_despite_mismatches_inside() {
    let json = r#"{"type":"group","elements":[{"type":"text","content":5},{"type":"text"}],"ratio":"x"}"#;
    let node: Node = leniently(json, &["elements[0].content", "elements[1].content", "ratio"]);
    assert!(matches!(&node, Node::Group(group) if group.elements.iter().all(|node| matches!(node, Node::Text(_)))));
    comes_back::<Node>(json);
    // By its shape, with the tag last, and by its required properties.
    let json = r#"{"content":[],"type":"text"}"#;
    assert!(matches!(leniently(json, &["content"]), Node::Text(_)));
    let json = r#"{"list_id":5}"#;
    assert!(matches!(leniently(json, &["list_id"]), Recipient::List(_)));
}

#[test]
fn other_kinds_of_json_in_a_union_are_unrecognized() {
    for json in ["5", "true", "1.5"] {
        assert_eq!(leniently::<Vec<Recipient>>(&format!("[{json}]"), &["[0]"]).len(), 1);
        comes_back::<Vec<Recipient>>(&format!("[{json}]"));
    }
    for json in [r#""text""#, "[1]", "5"] {
        assert!(matches!(leniently::<Vec<Node>>(&format!("[{json}]"), &["[0]"]).as_slice(), [Node::Unrecognized(_)]));
    }
    for json in [r#"[{"a":1}]"#, "[[]]", "[18446744073709551615]"] {
        assert_eq!(leniently::<Vec<Scalar>>(json, &["[0]"]).len(), 1, "{json}");
        comes_back::<Vec<Scalar>>(json);
    }
}

#[test]
fn numbers_that_would_change_are_kept() {
    for (json, place) in [
        (r#"{"type":"text","content":"","size":3.5}"#, "size"),
        (r#"{"type":"text","content":"","size":18446744073709551615}"#, "size"),
        (r#"{"type":"text","content":"","created":1e300}"#, "created"),
    ] {
        leniently::<TextNode>(json, &[place]);
        comes_back::<TextNode>(json);
    }
    let json = r#"{"list_id":"l","filters":[9007199254740993,18446744073709551615]}"#;
    leniently::<ListRecipient>(json, &["filters[0]", "filters[1]"]);
    comes_back::<ListRecipient>(json);
}

#[test]
fn array_in_place_of_an_object_is_kept() {
    let page: Page = leniently(r#"[{"items":1}]"#, &[""]);
    assert!(page.items.is_empty());
    assert_eq!(written(&page), r#"[{"items":1}]"#);
    assert_eq!(written(&leniently::<Object>("[1]", &[""])), "[1]");
    assert_eq!(written(&leniently::<Node>("[1]", &[""])), "[1]");
}

#[test]
fn scalar_without_an_extra_is_an_error() {
    for json in ["5", r#""text""#, "null", "true"] {
        assert!(matches!(decode::<Page>(json.as_bytes()), Err(DecodeError::Data(_))), "{json}");
    }
    assert!(matches!(decode::<Vec<Page>>(br#"{"a":1}"#), Err(DecodeError::Data(_))));
    assert!(matches!(decode::<Vec<i64>>(br#"[1,"a"]"#), Err(DecodeError::Data(_))));
}

#[test]
fn mismatches_show_no_values() {
    let json = user(r#""to":{"list_id":"l","filters":[1,{"secret":"value"}]}"#);
    let mismatches = decode::<User>(json.as_bytes()).unwrap().mismatches;
    assert_eq!(mismatches.iter().map(ToString::to_string).collect::<Vec<_>>(), ["to.filters[1]: expected a number"]);
    let error = decode::<Vec<i64>>(br#"[1,"a"]"#).unwrap_err();
    assert_eq!(error.to_string(), "the body is not as described: [1]: expected an integer");
}

#[test]
fn syntax_errors_show_nothing_of_the_text() {
    for (body, expected) in [
        (&br#"{"more":tru"#[..], DecodeError::Ended),
        (b"", DecodeError::Ended),
        (b"{\"more\":\n secret}", DecodeError::Syntax { line: 2, column: 2 }),
        (br#"{"more":true}}"#, DecodeError::Syntax { line: 1, column: 14 }),
        (br#"{"more":01}"#, DecodeError::Syntax { line: 1, column: 10 }),
    ] {
        let error = decode::<Paging>(body).unwrap_err();
        assert_eq!(error, expected);
        assert!(!error.to_string().contains("secret"));
    }
}

#[test]
fn mismatched_secret_is_not_shown() {
    let recipient: UserRecipient = leniently(r#"{"token":["hidden"]}"#, &["token"]);
    assert!(!format!("{recipient:?}").contains("hidden"));
    let json = r#"{"addresses":{"a":["hidden"]},"credentials":["hidden"]}"#;
    let Ok(decoded) = decode::<Everything>(json.as_bytes()) else { panic!("total") };
    assert!(!format!("{:?}", decoded.value).contains("hidden"), "{:?}", decoded.value);
    assert_eq!(written(&decoded.value), json);
    assert_eq!(decoded.value.credentials, Sensitive::from(Object::from(json!(["hidden"]))));
}

#[test]
fn paths_are_shown_as_in_code() {
    let json = r#"{"notifications":{"a b":1,"":2,"ü-1":3,"x\n":4}}"#;
    let decoded = decode::<Preferences>(json.as_bytes()).unwrap();
    // Another crate of the build may make `serde_json` keep the original order of the members.
    let mut places: Vec<&str> = decoded.mismatches.iter().map(crate::types::Mismatch::path).collect();
    places.sort_unstable();
    assert_eq!(
        places,
        ["notifications.ü-1", r#"notifications[""]"#, r#"notifications["a b"]"#, r#"notifications["x\n"]"#]
    );
}

#[test]
fn few_bytes_do_not_take_much_memory() {
    let budget = 1 << 20;
    let many = |element: &str, count| format!(r#"{{"more":true,"x":[{}0]}}"#, format!("{element},").repeat(count));
    for dear in [r#"{"":0}"#, "[]", "{}", r#"[{"a":[]}]"#] {
        let error = decode_within::<Paging>(many(dear, 2000).as_bytes(), budget).unwrap_err();
        assert_eq!(error, DecodeError::TooLarge, "{dear}");
        assert!(decode_within::<Paging>(many(dear, 200).as_bytes(), budget).is_ok(), "{dear}");
    }
    // As much text, and no more memory than that.
    assert!(decode_within::<Paging>(many(r#""a long text""#, 1000).as_bytes(), budget).is_ok());
}

#[test]
fn values_kept_at_every_level_are_limited() {
    // Each array has an element that does not fit, so that each is kept whole with all that is in it.
    let text = "x".repeat(10_000);
    let json =
        (0..100).fold(format!(r#""{text}""#), |inner, _| format!(r#"{{"type":"group","elements":[null,{inner}]}}"#));
    assert_eq!(decode_within::<Node>(json.as_bytes(), 1 << 19).unwrap_err(), DecodeError::TooLarge);
    assert!(decode::<Node>(json.as_bytes()).is_ok());
}

#[test]
fn mismatches_are_limited_in_number() {
    for element in [r#""x""#, "1e400"] {
        let json = format!(r#"{{"list_id":"l","filters":[{}1]}}"#, format!("{element},").repeat(5000));
        assert_eq!(decode::<ListRecipient>(json.as_bytes()).unwrap().mismatches.len(), 1000);
    }
}

#[test]
fn long_keys_take_linear_time() {
    let key = "k".repeat(4 << 20);
    let json = format!(r#"{{"more":true,"{key}":[{}""]}}"#, r#""\ud800","#.repeat(1000));
    let start = std::time::Instant::now();
    let decoded = decode::<Paging>(json.as_bytes()).unwrap();
    assert_eq!(decoded.mismatches.len(), 1000);
    assert_eq!(decoded.mismatches[0].path(), format!("{}…[0]", "k".repeat(64)));
    // If each mismatch scanned the whole key, this would take far longer.
    assert!(start.elapsed().as_secs() < 10, "{:?}", start.elapsed());
}

#[test]
fn lost_elements_are_recorded() {
    let user = r#"{"recipient":"r","status":"PENDING","to":[{"list_id":"l","filters":[1,"x"]}]}"#;
    let json = format!(r#"{{"items":[{user},1,{user},null],"paging":{{"more":true}}}}"#);
    let page = decode::<Page>(json.as_bytes()).unwrap().value;
    assert_eq!(page.extra.lost_elements("items"), [1, 3]);
    assert!(page.extra.lost_elements("paging").is_empty());
    let Some(Recipient::Recipients(to)) = &page.items[1].to else { panic!("{page:?}") };
    assert!(matches!(to.as_slice(), [Recipient::List(list)] if list.extra.lost_elements("filters") == [1]));
    // An array inside of an array or of a map is not the array of the field.
    let nested: Preferences = decode(br#"{"notifications":{"a":{"status":[1]}}}"#).unwrap().value;
    assert!(nested.extra.lost_elements("notifications").is_empty());
}

#[test]
fn frequent_entries_take_linear_time() {
    let often = |entry: &str, count| format!(r#"{{"content":"c",{}"size":1}}"#, format!("{entry},").repeat(count));
    for entry in [r#""type":"trigger""#, r#""type":"new""#, r#""unknown":1"#] {
        let node = decode::<Node>(often(entry, 100_000).as_bytes()).unwrap();
        assert!(matches!(node.value, Node::Unrecognized(_)));
    }
    let names: String = (0..100_000).map(|number| format!(r#""name{number}":true,"#)).collect();
    let json = format!(r#"{{{names}"more":1e400}}"#);
    assert_eq!(decode::<Paging>(json.as_bytes()).unwrap().value.extra.len(), 100_001);
    let json = format!(r#"{{"more":true,"x":[{}1]}}"#, "1e400,".repeat(5000));
    assert_eq!(decode::<Paging>(json.as_bytes()).unwrap().mismatches.len(), 1000);
}
