use serde_json::json;

use super::samples::*;
use super::{exactly, leniently, written};
use crate::types::{Extra, Millis, Nullable, Object, Timestamp};

#[test]
fn page_round_trips() {
    let json = concat!(
        r#"{"items":[{"recipient":"a","status":"PENDING","messageId":"m","data":{"order":1},"to":{"user_id":"u"},"#,
        r#""preferences":{"notifications":{"welcome":{"status":"NEW"}}}}],"paging":{"more":true,"cursor":"c"}}"#
    );
    let page: Page = exactly(json);
    let user = page.items.first().unwrap();
    assert_eq!((user.status.as_str(), user.message_id.as_deref()), ("PENDING", Some("m")));
    assert_eq!(user.data.as_ref().unwrap()["order"], 1);
    assert!(matches!(&user.to, Some(Recipient::User(to)) if to.user_id.as_deref() == Some("u")));
    let welcome = &user.preferences.as_ref().unwrap().notifications["welcome"];
    assert_eq!(welcome.status, Status::Unrecognized("NEW".to_owned()));
    assert_eq!(written(&page), json);
}

#[test]
fn null_and_absence_are_none() {
    let paging: Paging = exactly(r#"{"more":false,"cursor":null}"#);
    assert_eq!(paging, exactly(r#"{"more":false}"#));
    assert_eq!(written(&paging), r#"{"more":false}"#);
}

#[test]
fn nullable_null_differs_from_absence() {
    let cleared: UserRecipient = exactly(r#"{"locale":null}"#);
    assert_eq!(cleared.locale, Some(Nullable::Null));
    assert_eq!(written(&cleared), r#"{"locale":null}"#);
    assert_eq!(exactly::<UserRecipient>("{}").locale, None);
    assert_eq!(exactly::<UserRecipient>(r#"{"locale":"en"}"#).locale, Some("en".into()));
}

#[test]
fn required_null_is_encoded_as_null() {
    let template = Template { brand: None, name: None, extra: Extra::new() };
    assert_eq!(written(&template), r#"{"brand":null}"#);
    assert_eq!(exactly::<Template>(r#"{"brand":null}"#), template);
    // It is missing here, so it is left out again.
    let template: Template = leniently(r#"{"name":"n"}"#, &["brand"]);
    assert_eq!(written(&template), r#"{"name":"n"}"#);
}

#[test]
fn unknown_properties_keep_their_order() {
    let json = r#"{"more":true,"z":1,"a":{"b":[null]},"m":"x"}"#;
    let paging: Paging = exactly(json);
    assert_eq!(paging.extra.iter().map(|(name, _)| name).collect::<Vec<_>>(), ["z", "a", "m"]);
    assert_eq!(written(&paging), json);
}

#[test]
fn fields_may_come_in_any_order() {
    let node: TextNode = exactly(r#"{"size":1,"at":"soon","content":"c","created":2,"type":"string"}"#);
    assert_eq!((node.size, node.at, node.created), (Some(1), Some("soon".into()), Some(Millis(2))));
    assert_eq!((node.kind, node.content.as_str()), (Kind::String, "c"));
}

#[test]
fn escaped_keys_are_the_same_keys() {
    let paging: Paging = exactly(r#"{"mo\u0072e":true,"\u0063ursor":"c"}"#);
    assert_eq!((paging.more, paging.cursor.as_deref()), (true, Some("c")));
}

#[test]
fn last_value_of_a_repeated_key_counts() {
    let paging: Paging = exactly(r#"{"more":true,"x":1,"more":false,"x":2,"cursor":"c","cursor":null}"#);
    assert_eq!(written(&paging), r#"{"more":false,"x":2}"#);
    let many: String = (0..40).map(|number| format!(r#","x{}":{number}"#, number % 20)).collect();
    let paging: Paging = exactly(&format!(r#"{{"more":true{many}}}"#));
    assert_eq!(paging.extra.len(), 20);
    assert_eq!(paging.extra["x3"], 23);
}

#[test]
fn extra_overrides_a_field() {
    let mut paging: Paging = exactly(r#"{"more":true,"cursor":"c"}"#);
    paging.extra = Extra::from([("cursor", json!(null)), ("more", json!("no")), ("new", json!(1))]);
    assert_eq!(written(&paging), r#"{"more":"no","cursor":null,"new":1}"#);
    let mut group: GroupNode = exactly(r#"{"type":"group","elements":[]}"#);
    group.extra.insert("type", "other");
    assert_eq!(written(&group), r#"{"type":"other","elements":[]}"#);
}

#[test]
fn constants_are_encoded_without_a_field() {
    let group: GroupNode = exactly(r#"{"elements":[],"type":"group"}"#);
    assert!(group.extra.is_empty());
    assert_eq!(written(&group), r#"{"type":"group","elements":[]}"#);
}

#[test]
fn missing_or_different_constant_is_kept() {
    for json in [
        r#"{"elements":[]}"#,
        r#"{"elements":[],"type":"other"}"#,
        r#"{"elements":[],"type":null}"#,
        r#"{"elements":[],"type":["group"]}"#,
    ] {
        let group: GroupNode = exactly(json);
        assert_eq!(
            serde_json::from_str::<serde_json::Value>(&written(&group)).unwrap(),
            serde_json::from_str::<serde_json::Value>(json).unwrap()
        );
    }
    for json in [r#"{"type":"a","type":"group","elements":[]}"#, r#"{"type":"group","type":"group","elements":[]}"#] {
        assert_eq!(written(&exactly::<GroupNode>(json)), r#"{"type":"group","elements":[]}"#);
    }
    assert_eq!(
        written(&exactly::<GroupNode>(r#"{"type":"group","type":"b","elements":[]}"#)),
        r#"{"type":"b","elements":[]}"#
    );
}

#[test]
fn whole_floats_decode_as_integers() {
    let node: TextNode = exactly(r#"{"type":"text","content":"","created":1.7e12,"size":3.0}"#);
    assert_eq!((node.created, node.size), (Some(Millis(1_700_000_000_000)), Some(3)));
    let node: TextNode = exactly(r#"{"type":"text","content":"","size":-9223372036854775808}"#);
    assert_eq!(node.size, Some(i64::MIN));
}

#[test]
fn whole_numbers_are_encoded_without_a_fraction() {
    let list: ListRecipient = exactly(r#"{"list_id":"l","filters":[5,5.0,-0.0,0,0.1,1e300,9007199254740992]}"#);
    let expected = r#"{"list_id":"l","filters":[5,5,-0.0,0,0.1,1e+300,9007199254740992]}"#;
    assert_eq!(written(&list), expected);
}

#[test]
fn tag_may_come_at_any_position() {
    for json in [
        r#"{"type":"text","content":"c","size":1}"#,
        r#"{"size":1,"type":"text","content":"c"}"#,
        r#"{"content":"c","size":1,"type":"text"}"#,
    ] {
        let node: Node = exactly(json);
        assert!(matches!(&node, Node::Text(text) if text.size == Some(1) && text.kind == Kind::Text), "{json}");
        assert_eq!(written(&node), r#"{"type":"text","content":"c","size":1}"#);
    }
    let json = r#"{"type":"group","elements":[{"type":"group","elements":[{"type":"string","content":"c"}],"x":1}]}"#;
    let node: Node = exactly(json);
    assert!(matches!(&node, Node::Group(group) if matches!(group.elements.as_slice(), [Node::Group(_)])));
    assert_eq!(written(&node), json);
}

#[test]
fn two_tags_tell_a_variant() {
    for json in [
        r#"{"type":"trigger","trigger_type":"segment","event":"e"}"#,
        r#"{"trigger_type":"segment","type":"trigger","event":"e"}"#,
        r#"{"event":"e","type":"trigger","trigger_type":"segment"}"#,
        r#"{"type":"trigger","event":"e","trigger_type":"segment"}"#,
    ] {
        assert!(matches!(exactly(json), Node::Segment(trigger) if trigger.event == "e" && trigger.extra.is_empty()));
    }
    assert!(matches!(exactly(r#"{"type":"trigger","trigger_type":"api","schema":[1]}"#), Node::Api(_)));
    assert!(matches!(exactly(r#"{"type":"exit","mode":"now"}"#), Node::Exit(_)));
    assert!(matches!(exactly(r#"{"type":"exit","mode":"later"}"#), Node::Unrecognized(_)));
}

#[test]
fn last_value_of_a_repeated_tag_counts() {
    let json = r#"{"trigger_type":"api","trigger_type":"segment","type":"trigger","event":"e"}"#;
    assert!(matches!(exactly(json), Node::Segment(trigger) if trigger.event == "e" && trigger.extra.is_empty()));
    let json = r#"{"trigger_type":"segment","event":"e","trigger_type":"api","type":"trigger"}"#;
    assert!(matches!(exactly(json), Node::Api(trigger) if trigger.extra["event"] == "e"));
    assert!(matches!(exactly(r#"{"mode":"now","mode":"until","type":"delay"}"#), Node::WaitUntil(_)));
    assert!(matches!(exactly(r#"{"mode":"until","mode":"now","type":"delay","duration":5}"#), Node::Wait(_)));
}

#[test]
fn required_properties_tell_variants_of_one_tag() {
    assert!(matches!(exactly(r#"{"type":"delay","mode":"until"}"#), Node::WaitUntil(_)));
    assert!(matches!(exactly(r#"{"type":"delay","duration":5}"#), Node::Wait(_)));
    assert!(matches!(leniently(r#"{"type":"delay"}"#, &["duration"]), Node::Wait(_)));
}

#[test]
fn unknown_variant_is_kept() {
    for json in [
        "{}",
        r#"{"content":"c"}"#,
        r#"{"type":"video","content":"c","size":"any"}"#,
        r#"{"type":"trigger","trigger_type":"new"}"#,
        r#"{"type":["text"]}"#,
        r#"{"type":null}"#,
    ] {
        let node: Node = exactly(json);
        assert!(matches!(node, Node::Unrecognized(_)), "{json}");
        super::comes_back::<Node>(json);
    }
}

#[test]
fn required_properties_tell_untagged_variants() {
    assert!(matches!(exactly(r#"{"user_id":"u","list_id":"l"}"#), Recipient::List(_)));
    assert!(matches!(exactly(r#"{"user_id":"u","list_id":null}"#), Recipient::User(_)));
    assert!(matches!(exactly("{}"), Recipient::User(_)));
    assert!(matches!(exactly(r#""a@example.com""#), Recipient::Address(address) if address == "a@example.com"));
    let several: Recipient = exactly(r#"[{"list_id":"l"},"a",[{}]]"#);
    assert!(matches!(&several, Recipient::Recipients(several) if matches!(several.as_slice(),
        [Recipient::List(_), Recipient::Address(_), Recipient::Recipients(_)])));
    assert_eq!(written(&several), r#"[{"list_id":"l"},"a",[{}]]"#);
}

#[test]
fn kind_of_scalar_tells_the_variant() {
    let json = r#"["a",1,1.5,true,-2,1e+300]"#;
    let scalars: Vec<Scalar> = exactly(json);
    let expected = [
        Scalar::Text(Timestamp::from("a")),
        Scalar::Integer(1),
        Scalar::Number(1.5),
        Scalar::Boolean(true),
        Scalar::Integer(-2),
        Scalar::Number(1e300),
    ];
    assert_eq!(scalars, expected);
    assert_eq!(written(&scalars), json);
}

#[test]
fn public_deserialize_is_strict() {
    assert!(serde_json::from_str::<Paging>(r#"{"more":true}"#).is_ok());
    assert!(serde_json::from_str::<Paging>(r#"{"more":1}"#).is_err());
    assert!(serde_json::from_str::<Status>("1").is_err());
    assert!(serde_json::from_str::<Recipient>("1").is_err());
    assert_eq!(serde_json::from_value::<Recipient>(json!({"list_id": "l"})).unwrap(), exactly(r#"{"list_id":"l"}"#));
    assert_eq!(serde_json::to_value(Status::Pending).unwrap(), "PENDING");
    assert_eq!(serde_json::to_value(exactly::<Recipient>(r#""a""#)).unwrap(), "a");
    assert_eq!(serde_json::to_value(exactly::<Paging>(r#"{"more":true}"#)).unwrap(), json!({"more": true}));
}

#[test]
fn from_str_accepts_only_known_values() {
    assert_eq!("PENDING".parse(), Ok(Status::Pending));
    let error = "pending".parse::<Status>().unwrap_err();
    assert_eq!(error.to_string(), "not one of the known values: PENDING, ENQUEUED");
    assert_eq!(format!("{:>8}", Status::Pending), " PENDING");
}

#[test]
fn object_must_be_an_object_unless_received() {
    let mut user: User = exactly(r#"{"recipient":"r","status":"PENDING"}"#);
    user.data = Some(json!("no object").into());
    assert!(serde_json::to_string(&user).unwrap_err().to_string().contains("not a JSON object"));
    let user: User = leniently(r#"{"recipient":"r","status":"PENDING","data":"no object"}"#, &["data"]);
    assert_eq!(user.data, Some(Object::from(json!("no object"))));
    assert_eq!(written(&user), r#"{"recipient":"r","status":"PENDING","data":"no object"}"#);
}

#[test]
fn unrecognized_value_is_encoded_unchanged() {
    for json in ["5", r#""text""#, r#"{"a":1}"#] {
        let value: serde_json::Value = serde_json::from_str(json).unwrap();
        assert_eq!(written(&Node::Unrecognized(value.into())), json);
    }
}
