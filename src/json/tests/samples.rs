use std::collections::BTreeMap;

use crate::json::{boxed, string_enum, structure, union};
use crate::types::{Extra, Millis, Nullable, Object, Sensitive, Timestamp};

/// A page of users.
#[derive(Clone, Debug, PartialEq)]
pub struct Page {
    pub items: Vec<User>,
    pub paging: Paging,
    pub extra: Extra,
}
structure!(Page, required 0b11, constants [], { 0 items "items", 1 paging "paging" });

#[derive(Clone, Debug, PartialEq)]
pub struct Paging {
    pub more: bool,
    pub cursor: Option<String>,
    pub extra: Extra,
}
structure!(Paging, required 0b1, constants [], { 0 more "more", 1 cursor "cursor" });

/// A property that is required and may be null.
#[derive(Clone, Debug, PartialEq)]
pub struct Template {
    pub brand: Option<String>,
    pub name: Option<String>,
    pub extra: Extra,
}
structure!(Template, required 0b1, constants [], { 0 brand "brand", 1 name "name" });

#[derive(Clone, Debug, PartialEq)]
pub struct User {
    pub recipient: String,
    pub status: Status,
    pub message_id: Option<String>,
    pub data: Option<Object>,
    pub to: Option<Recipient>,
    pub preferences: Option<Preferences>,
    pub extra: Extra,
}
structure!(User, required 0b11, constants [], {
    0 recipient "recipient", 1 status "status", 2 message_id "messageId", 3 data "data", 4 to "to",
    5 preferences "preferences",
});

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Status {
    Pending,
    Enqueued,
    Unrecognized(String),
}
string_enum!(Status { Pending = "PENDING", Enqueued = "ENQUEUED" });

#[derive(Clone, Debug, PartialEq)]
pub struct Preferences {
    pub notifications: BTreeMap<String, Preference>,
    pub extra: Extra,
}
structure!(Preferences, required 0b1, constants [], { 0 notifications "notifications" });

#[derive(Clone, Debug, PartialEq)]
pub struct Preference {
    pub status: Status,
    pub extra: Extra,
}
structure!(Preference, required 0b1, constants [], { 0 status "status" });

/// A union without tags; the variant without required properties comes last.
#[derive(Clone, Debug, PartialEq)]
pub enum Recipient {
    List(ListRecipient),
    User(UserRecipient),
    Recipients(Vec<Recipient>),
    Address(String),
    Unrecognized(Object),
}
union!(Recipient {
    0 List = Object(&[], &["list_id"]), 1 User = Object(&[], &[]), 2 Recipients = Array, 3 Address = Text,
});

#[derive(Clone, Debug, PartialEq)]
pub struct ListRecipient {
    pub list_id: String,
    pub filters: Option<Vec<f64>>,
    pub extra: Extra,
}
structure!(ListRecipient, required 0b1, constants [], { 0 list_id "list_id", 1 filters "filters" });

#[derive(Clone, Debug, PartialEq)]
pub struct UserRecipient {
    pub user_id: Option<String>,
    pub email: Option<String>,
    pub locale: Option<Nullable<String>>,
    pub token: Option<Sensitive>,
    pub extra: Extra,
}
structure!(UserRecipient, required 0, constants [], {
    0 user_id "user_id", 1 email "email", 2 locale "locale", 3 token "token",
});

/// A union with a tag, of which some variants have two.
#[derive(Clone, Debug, PartialEq)]
pub enum Node {
    Text(TextNode),
    Group(GroupNode),
    Api(ApiTrigger),
    Segment(SegmentTrigger),
    Wait(Wait),
    WaitUntil(WaitUntil),
    Exit(Exit),
    Unrecognized(Object),
}
union!(Node {
    0 Text = Object(&[("type", &["text", "string"])], &["content"]),
    1 Group = Object(&[("type", &["group"])], &["elements"]),
    2 Api = Object(&[("type", &["trigger"]), ("trigger_type", &["api"])], &[]),
    3 Segment = Object(&[("type", &["trigger"]), ("trigger_type", &["segment"])], &[]),
    4 Wait = Object(&[("type", &["delay"])], &["duration"]),
    5 WaitUntil = Object(&[("type", &["delay"]), ("mode", &["until"])], &[]),
    6 Exit = Object(&[("type", &["exit"]), ("mode", &["now"])], &[]),
});

#[derive(Clone, Debug, PartialEq)]
pub struct TextNode {
    pub kind: Kind,
    pub content: String,
    pub at: Option<Timestamp>,
    pub created: Option<Millis>,
    pub size: Option<i64>,
    pub extra: Extra,
}
structure!(TextNode, required 0b11, constants [], {
    0 kind "type", 1 content "content", 2 at "at", 3 created "created", 4 size "size",
});

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    Text,
    String,
    Unrecognized(std::string::String),
}
string_enum!(Kind { Text = "text", String = "string" });

#[derive(Clone, Debug, PartialEq)]
pub struct GroupNode {
    pub elements: Vec<Node>,
    pub ratio: Option<f64>,
    pub visible: Option<bool>,
    pub extra: Extra,
}
structure!(GroupNode, required 0b1, constants ["type" = "group"], {
    0 elements "elements", 1 ratio "ratio", 2 visible "visible",
});

#[derive(Clone, Debug, PartialEq)]
pub struct ApiTrigger {
    pub schema: Option<serde_json::Value>,
    pub extra: Extra,
}
structure!(ApiTrigger, required 0, constants ["type" = "trigger", "trigger_type" = "api"], { 0 schema "schema" });

#[derive(Clone, Debug, PartialEq)]
pub struct SegmentTrigger {
    pub event: String,
    pub extra: Extra,
}
structure!(SegmentTrigger, required 0b1, constants ["type" = "trigger", "trigger_type" = "segment"], {
    0 event "event",
});

#[derive(Clone, Debug, PartialEq)]
pub struct Wait {
    pub duration: i64,
    pub extra: Extra,
}
structure!(Wait, required 0b1, constants ["type" = "delay"], { 0 duration "duration" });

#[derive(Clone, Debug, PartialEq)]
pub struct WaitUntil {
    pub extra: Extra,
}
structure!(WaitUntil, required 0, constants ["type" = "delay", "mode" = "until"], {});

#[derive(Clone, Debug, PartialEq)]
pub struct Exit {
    pub extra: Extra,
}
structure!(Exit, required 0, constants ["type" = "exit", "mode" = "now"], {});

/// A union of scalars.
#[derive(Clone, Debug, PartialEq)]
pub enum Scalar {
    Text(Timestamp),
    Integer(i64),
    Number(f64),
    Boolean(bool),
    Unrecognized(Object),
}
union!(Scalar { 0 Text = Text, 1 Integer = Integer, 2 Number = Number, 3 Boolean = Boolean });

#[derive(Clone, Debug, PartialEq)]
pub struct Everything {
    pub node: GroupNode,
    pub scalars: Vec<Scalar>,
    pub addresses: BTreeMap<String, Sensitive<String>>,
    pub credentials: Sensitive<Object>,
    pub object: Object,
    pub recipient: Recipient,
    pub any: serde_json::Value,
    pub nullable: Nullable<Vec<i64>>,
    pub extra: Extra,
}
structure!(Everything, required 0b1111_1111, constants [], {
    0 node "node", 1 scalars "scalars", 2 addresses "addresses", 3 credentials "credentials", 4 object "object",
    5 recipient "recipient", 6 any "any", 7 nullable "nullable",
});

/// A type that contains itself.
#[derive(Clone, Debug, PartialEq)]
pub struct Folder {
    pub name: String,
    pub parent: Option<Box<Folder>>,
    pub extra: Extra,
}
structure!(Folder, required 0b1, constants [], { 0 name "name", 1 parent "parent" });
boxed!(Folder);
