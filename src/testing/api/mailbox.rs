//! A page that shows the messages.

use std::fmt::Write;

use crate::testing::engine::{Response, State, iso};
use crate::testing::resources::content::{escaped, render};
use crate::testing::resources::messages::Message;

/// The maximum number of messages that the page shows.
const MAX_SHOWN: usize = 200;

/// Allows its style only: no script, no image, no frame around it.
const POLICY: &str =
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

const STYLE: &str = "\
:root{color-scheme:light dark}\
body{font:16px/1.5 system-ui,sans-serif;max-width:46rem;margin:2rem auto;padding:0 1rem}\
h1{font-size:1.4rem}h2{font-size:1.1rem;margin:0;overflow-wrap:anywhere}\
article{border:1px solid #8884;border-radius:.5rem;padding:.8rem 1rem;margin:1rem 0}\
p{margin:.3rem 0;white-space:pre-wrap;overflow-wrap:anywhere}\
.about{color:#777;font-size:.85rem}\
pre{overflow:auto;font-size:.8rem;background:#8881;padding:.6rem;border-radius:.3rem}";

/// Renders the page, without scripts. Everything in it that comes from a request is escaped.
pub(super) fn page(state: &State, now: i64) -> Response {
    let count = state.table::<Message>().len();
    let mut articles = String::new();
    for (id, message) in state.table::<Message>().iter().rev().take(MAX_SHOWN) {
        let (to, source) = (&message.draft.to, &*message.draft.message);
        let (title, body) = render(state, source, to);
        let title = if title.is_empty() { message.template().unwrap_or("(no title)") } else { &title };
        let source = serde_json::json!({"to": to, "message": source});
        let source = serde_json::to_string_pretty(&source).unwrap_or_default();
        // Writing to a string does not fail.
        let _ = writeln!(
            articles,
            "<article><h2>{title}</h2>\
             <p class=\"about\">to <strong>{to}</strong>{channel} · {status} · <time>{at}</time> · {id}</p>\
             <p>{body}</p><details><summary>JSON</summary><pre>{source}</pre></details></article>",
            title = escaped(title),
            to = escaped(&message.recipient),
            channel = message.channel.map(|channel| format!(" by {channel}")).unwrap_or_default(),
            status = escaped(message.status(now)),
            at = iso(message.enqueued),
            id = escaped(id),
            body = escaped(&body),
            source = escaped(&source),
        );
    }
    if count == 0 {
        articles.push_str("<p>Nothing has been sent yet. Reload the page after a send.</p>");
    }
    let page = format!(
        "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><title>Local Courier</title>\
         <meta name=\"viewport\" content=\"width=device-width\"><style>{STYLE}</style></head>\
         <body><h1>Local Courier: {count} sent</h1>\n{articles}</body></html>\n"
    );
    Response::text(200, "text/html; charset=utf-8", page)
        .header(http::header::CACHE_CONTROL, http::HeaderValue::from_static("no-store"))
        .header(http::header::CONTENT_SECURITY_POLICY, http::HeaderValue::from_static(POLICY))
}
