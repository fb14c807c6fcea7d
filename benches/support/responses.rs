//! Responses with the properties in Courier's order, which is not alphabetical.

use std::fmt::Write as _;

/// Returns a page of a bulk job's users, about 700 bytes each.
pub fn bulk_users(users: usize) -> String {
    page(&bulk_job_users(users), Some("MTpFWUNFRkRRN0c1WERTRTU2"))
}

/// Returns the users of a page.
pub fn bulk_job_users(users: usize) -> String {
    let user = |number: usize| {
        format!(
            r#"{{"recipient":"user_{number:06}","status":"ENQUEUED","messageId":"1-65f240a0-{number:024x}","profile":{{"email":"ada.lovelace.{number}@example.com","phone_number":"+44 20 7946 {number:04}","locale":"en-GB","address":{{"street":"12 St James's Square","city":"London","postal_code":"SW1Y 4JH","country":"GB"}}}},"data":{{"order":"A-{number}","total":{total}.25,"paid":true,"items":["notebook","pencil","\"Notes by the Translator\""]}},"to":{{"user_id":"user_{number:06}","email":"ada.lovelace.{number}@example.com","locale":"en-GB","data":{{"plan":"pro","seats":{number}}},"preferences":{{"notifications":{{"nt_welcome":{{"status":"OPTED_IN"}}}},"categories":{{}}}}}},"preferences":{{"notifications":{{"nt_welcome":{{"status":"OPTED_IN","channel_preferences":[{{"channel":"email"}},{{"channel":"push"}}]}}}},"categories":{{}}}}}}"#,
            total = number * 3
        )
    };
    list(users, user)
}

/// Returns a page with items. A page without a cursor is the last one.
pub fn page(items: &str, cursor: Option<&str>) -> String {
    match cursor {
        Some(cursor) => format!(r#"{{"items":{items},"paging":{{"cursor":"{cursor}","more":true}}}}"#),
        None => format!(r#"{{"items":{items},"paging":{{"cursor":null,"more":false}}}}"#),
    }
}

/// Returns a page of messages, both delivered and undeliverable.
pub fn messages(messages: usize) -> String {
    let message = |number: usize| {
        let timestamp = 1_785_312_000_000_u64 + number as u64 * 61_003;
        let head = format!(
            r#""id":"1-65f240a0-{number:024x}","recipient":"user_{number:06}","event":"nt_welcome","notification":"01HZX5M4J9Q2W8K3R7T6V1B0NC","enqueued":{timestamp}"#
        );
        if number % 10 == 9 {
            format!(
                r#"{{{head},"status":"UNDELIVERABLE","reason":"NO_PROVIDERS","error":"No provider is configured for the channel \"sms\""}}"#
            )
        } else {
            format!(
                r#"{{{head},"status":"DELIVERED","sent":{sent},"delivered":{delivered},"opened":null,"clicked":null,"providers":[{{"provider":"sendgrid","status":"DELIVERED","sent":{sent},"delivered":{delivered},"channel":{{"key":"email","name":"Email","template":"01HZX5M4J9Q2W8K3R7T6V1B0ND"}},"reference":{{"x-message-id":"kVzPq7b0T5e-{number}"}}}}]}}"#,
                sent = timestamp + 321,
                delivered = timestamp + 4_567,
            )
        }
    };
    format!(r#"{{"paging":{{"cursor":"WzE3ODUzMTIwMDBd","more":true}},"results":{}}}"#, list(messages, message))
}

/// Returns a journey with a number of nodes of each of six kinds, some of them in the paths of others.
pub fn journey(nodes: usize) -> String {
    let node = |number: usize| {
        let id = format!("PK5BA6NV424BAYN58R6C{number:08}");
        let send = |template: &str| {
            format!(
                r#"{{"type":"send","id":"{id}S","message":{{"template":"{template}","data":{{"order":"{{{{order_id}}}}"}}}}}}"#
            )
        };
        [
            send("nt_01kmrbhc8cezrvc9t6m3hvz1r1"),
            format!(r#"{{"type":"delay","mode":"duration","id":"{id}D","duration":"P1D"}}"#),
            format!(
                r#"{{"id":"{id}F","type":"fetch","method":"get","url":"https://api.example.com/users/{{{{user_id}}}}/setup","merge_strategy":"soft-merge","conditions":["data.plan","is equal","pro"]}}"#
            ),
            format!(
                r#"{{"type":"throttle","scope":"user","id":"{id}T","max_allowed":3,"period":"P1D","conditions":{{"AND":[["data.plan","is equal","pro"],["data.seats","is greater than","4"]]}}}}"#
            ),
            format!(
                r#"{{"type":"branch","id":"{id}B","paths":[{{"label":"Setup is complete","conditions":["data.setup_complete","is equal","true"],"nodes":[{{"type":"exit"}}]}}],"default":{{"label":"Setup is not complete","nodes":[{}]}}}}"#,
                send("nt_01kmrbhc8cezrvc9t6m3hvz1r2")
            ),
            format!(r#"{{"type":"add-to-digest","id":"{id}A","subscription_topic_id":"topic_weekly"}}"#),
        ]
        .join(",")
    };
    let nodes = list(nodes, node);
    let rest = nodes.strip_prefix('[').unwrap_or(&nodes);
    format!(
        r#"{{"id":"jn_01kmrbhc8cezrvc9t6m3hvz1r1","name":"Welcome","enabled":true,"state":"PUBLISHED","nodes":[{{"id":"PK5BA6NV424BAYN58R6CVM2GTH10","type":"trigger","trigger_type":"api-invoke"}},{rest},"created":1785312000000,"creator":"user_1","updated":1785312345678,"updater":"user_1","published":1785312345999}}"#
    )
}

/// Returns a template with a number of Elemental nodes.
pub fn template(nodes: usize) -> String {
    let node = |number: usize| match number % 4 {
        0 => format!(
            r##"{{"type":"text","content":"Paragraph {number}: your order is on its way.","align":"left","color":"#222222"}}"##
        ),
        1 => format!(
            r#"{{"type":"action","content":"Track the parcel","href":"https://example.com/parcels/{number}","style":"button"}}"#
        ),
        2 => format!(
            r#"{{"type":"image","src":"https://example.com/images/{number}.png","alt_text":"The parcel","width":"300px"}}"#
        ),
        _ => format!(
            r#"{{"type":"channel","channel":"sms","elements":[{{"type":"text","content":"Your order {number} is on its way."}}]}}"#
        ),
    };
    format!(
        r#"{{"id":"nt_01kmrbhc8cezrvc9t6m3hvz1r1","name":"On its way","tags":["orders"],"brand":null,"subscription":null,"state":"PUBLISHED","content":{{"version":"2022-01-01","scope":"default","elements":{}}},"created":1785312000000,"creator":"user_1"}}"#,
        list(nodes, node)
    )
}

/// The response to an accepted message.
pub const ACCEPTED: &str = r#"{"requestId":"1-65f240a0-9f8e7d6c5b4a392817060504"}"#;

fn list(length: usize, item: impl Fn(usize) -> String) -> String {
    let mut list = String::from("[");
    for number in 0..length {
        let comma = if number == 0 { "" } else { "," };
        let _ = write!(list, "{comma}{}", item(number));
    }
    list + "]"
}
