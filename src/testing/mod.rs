//! A Courier in this process, to test one's own code with.
//!
//! [`Courier`] takes the place of the network below the real client: retries, idempotency keys, paging, time limits and
//! errors are those of production, and there is no socket, no port and no sleep. Unless a test says otherwise it behaves as
//! Courier does. It stores profiles, lists, tenants, tokens, preferences, templates, brands and journeys, takes sends and bulk
//! jobs, checks requests by the API's description, and lets messages go their way by a clock that a test can set ahead.
//!
//! It is in the feature `testing`, for `[dev-dependencies]`:
//!
//! ```toml
//! [dev-dependencies]
//! trycourier = { version = "0.1", features = ["testing"] }
//! ```
//!
//! # Checks
//!
//! The code under test gets its [`Client`](crate::Client) from outside. In a test that is [`Courier::client`]; what was sent
//! by it is in [`Courier::sent`] and [`Courier::calls`]. The checks that begin with `expect` fail with a list of what did go
//! out.
//!
//! ```
//! use trycourier::testing::Courier;
//! use trycourier::types::{Message, Recipient};
//!
//! # #[tokio::main]
//! # async fn main() -> trycourier::Result<()> {
//! let courier = Courier::new();
//! courier.client().send().message(Message::new().to(Recipient::user("ada")).template("nt_order")).await?;
//!
//! let sent = courier.expect_sent(|sent| sent.recipient == "ada");
//! assert_eq!(sent.message.template.as_deref(), Some("nt_order"));
//! # Ok(())
//! # }
//! ```
//!
//! The guide has a [service with its test](crate::guide::testing). Each `Courier::new()` is a workspace of its own, so tests can
//! run in parallel. A template that a test only names need not be there; what becomes of such a message is Courier's `UNMAPPED`,
//! until [`Courier::template`] stores one.
//!
//! # Faults
//!
//! [`Courier::on`] sets what the calls of one operation are answered with: a [success](On::reply), an [error](On::fail),
//! [any bytes](On::raw), or none, since the connection breaks [before](On::disconnect) or
//! [after](On::disconnect_after_acting) the work is done or [cannot be made](On::unreachable). An answer can come
//! [late](On::delay), so many [times](On::times), and only to [some calls](On::when).
//!
//! ```
//! use trycourier::calls;
//! use trycourier::testing::Courier;
//! use trycourier::types::{Message, Recipient};
//!
//! # #[tokio::main]
//! # async fn main() -> trycourier::Result<()> {
//! let courier = Courier::new();
//! // The server does its work, and its answer is lost; then it is down; then all is well.
//! courier.on::<calls::SendMessage>().disconnect_after_acting().fail(503).act();
//!
//! let message = Message::new().to(Recipient::user("ada")).template("nt_welcome");
//! courier.client().send().message(message).await?;
//!
//! // Three attempts under one idempotency key, and one message.
//! assert_eq!(courier.calls().len(), 3);
//! assert_eq!(courier.sent().len(), 1);
//! # Ok(())
//! # }
//! ```
//!
//! [`Courier::limit_rate`] is Courier's 429, [`Courier::latency`] slows every answer down, and [`Courier::strict`] fails a test
//! that makes a call for which it has set no answer.
//!
//! # Pages
//!
//! [`On::pages`] gives the rows of a list in pages, in the operation's own shape. What is stored comes in pages too, of as many
//! rows as [`Courier::page_size`] says. [`example`] makes rows and other answers of which a test says only what matters.
//!
//! ```
//! use futures::TryStreamExt as _;
//! use trycourier::testing::Courier;
//!
//! # #[tokio::main]
//! # async fn main() -> trycourier::Result<()> {
//! let courier = Courier::new();
//! courier.page_size(2);
//! let client = courier.client();
//! for list in ["a", "b", "c"] {
//!     client.lists().update(list, "Name").await?;
//! }
//! let lists: Vec<_> = client.lists().list().items().try_collect().await?;
//! assert_eq!(lists.len(), 3);
//! # Ok(())
//! # }
//! ```
//!
//! # Time
//!
//! A Courier has a clock. [`Courier::advance`] sets it ahead: messages are delivered, delays end, idempotency keys expire. So
//! do the waits of its client between two attempts, which take no time themselves. The clock follows tokio's, so a runtime with
//! paused time (`#[tokio::test(start_paused = true)]`) stops this one too, and lets even a long [delay](On::delay) or time
//! limit pass at once.
//!
//! ```
//! use std::time::Duration;
//! use trycourier::testing::Courier;
//! use trycourier::types::{Content, Message, MessageStatus, Recipient};
//!
//! # #[tokio::main]
//! # async fn main() -> trycourier::Result<()> {
//! let courier = Courier::new();
//! let client = courier.client();
//! let message = Message::new().to(Recipient::email("ada@example.com")).content(Content::new("Hello", "World"));
//! let id = client.send().message(message).await?.request_id.clone();
//! assert_eq!(client.messages().retrieve(&id).await?.status, MessageStatus::Enqueued);
//!
//! courier.advance(Duration::from_secs(5));
//! assert_eq!(client.messages().retrieve(&id).await?.status, MessageStatus::Delivered);
//! # Ok(())
//! # }
//! ```
//!
//! # Webhooks
//!
//! [`Courier::webhooks`] gives what Courier would post to an address of yours by now, for your own handler to be called with;
//! [`Courier::post_webhooks`] posts it.
//!
//! # Coming from other mocks
//!
//! | there | here |
//! |---|---|
//! | a trait of one's own around the client, for a mocking crate to implement | none: the code under test has the real [`Client`](crate::Client) |
//! | aws-smithy-mocks: `mock!(Client::get_object).then_output(…)` | `courier.on::<calls::ListsRetrieve>().reply(…)` |
//! | `.then_error(…)`, `.then_http_response(…)` | [`On::fail_with`], [`On::raw`] |
//! | `.match_requests(…)` | [`On::when`] |
//! | `.sequence().http_status(503, None).times(2).output(…)` | `.fail(503).times(2).reply(…)` |
//! | wiremock: `Mock::given(method("POST")).and(path("/send"))` | `courier.on::<calls::SendMessage>()` |
//! | `.expect(1)`, `received_requests()` | [`Courier::expect`], [`Courier::calls`] |
//! | mockall: `expect_send().withf(…).times(1).returning(…)` | `.when(…).reply_with(…)`, then `courier.expect::<…>().once()` |
//! | a mock server in a container | [`Courier::serve`], for a program in any language |
//!
//! ```
//! use trycourier::testing::{Courier, example};
//! use trycourier::{calls, types};
//!
//! # #[tokio::main]
//! # async fn main() -> trycourier::Result<()> {
//! let courier = Courier::new();
//! courier.on::<calls::ListsRetrieve>().when(|call| call.list_id == "customers").reply_with(|call| {
//!     let mut list = example::<types::SubscriptionList>();
//!     list.id = call.list_id.clone();
//!     list
//! });
//! assert_eq!(courier.client().lists().retrieve("customers").await?.id, "customers");
//! courier.expect::<calls::ListsRetrieve>().once();
//! # Ok(())
//! # }
//! ```
//!
//! # What it leaves out
//!
//! What the description does not say, it does not guess: opening hours of a delay, what a digest holds, conditions of journeys.
//! Bulk jobs take no notice of idempotency keys: users who are added again are refused as duplicates, as Courier may do it.
//! Audit events, digest instances, metrics, preview runs, devices and the catalog of providers are answered with a valid value
//! made from the description.

mod answer;
mod answering;
mod audiences;
mod automations;
mod brands;
mod broadcasts;
mod bulk;
mod call;
mod check;
mod clock;
mod content;
mod courier;
mod description;
mod device_sets;
mod elements;
mod example;
mod expect;
mod idempotency;
mod journeys;
mod json_patch;
mod lists;
mod mailbox;
mod messages;
mod moment;
mod paging;
mod preferences;
mod profiles;
mod providers;
mod request;
mod routes;
mod routing_strategies;
mod runs;
mod sections;
mod send;
mod sent;
mod serve;
mod settings;
mod state;
mod strict;
mod stub;
mod table;
mod templates;
mod tenants;
mod tokens;
mod track_events;
mod translations;
mod transport;
mod values;
mod versions;
mod webhooks;

pub use call::{Call, Received};
pub use courier::Courier;
pub use example::{Example, example};
pub use expect::Expect;
pub use sent::Sent;
pub use serve::Server;
pub use stub::On;
