//! A fake Courier in memory, for tests of your own code.
//!
//! [`Courier`] replaces the network below the real client, so retries, idempotency keys, paging, time limits and errors
//! work as in production, without sockets or sleeps. By default it behaves like Courier. It stores profiles, lists,
//! tenants, tokens, preferences, templates, brands and journeys, accepts sends and bulk jobs, checks requests against
//! the API's description, and delivers messages as its clock advances.
//!
//! It needs the feature `testing`, usually in `[dev-dependencies]`:
//!
//! ```toml
//! [dev-dependencies]
//! trycourier = { git = "https://github.com/trycourier/courier-rust", features = ["testing"] }
//! ```
//!
//! # Checks
//!
//! Pass [`Courier::client`] to the code under test. [`Courier::sent`] and [`Courier::calls`] return its messages and
//! calls. If a check whose name begins with `expect` fails, it panics with a list of the messages or calls that were
//! sent instead.
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
//! The guide has a [service with its test](crate::guide::testing). Each `Courier::new()` is a separate workspace, so
//! tests can run in parallel. A message whose template is missing is accepted, and becomes `UNMAPPED`;
//! [`Courier::template`] stores a template. [`Courier::topic`] stores a subscription topic.
//!
//! # Faults
//!
//! [`Courier::on`] sets the responses for one operation: a [success](Stub::reply), an [error](Stub::fail), or [any
//! bytes](Stub::raw). It can also break the connection [before](Stub::disconnect) or
//! [after](Stub::disconnect_after_acting) the work is done, or [refuse](Stub::unreachable) it. A response can be
//! [delayed](Stub::delay), given a number of [times](Stub::times), and limited to [some calls](Stub::when).
//!
//! ```
//! use trycourier::calls;
//! use trycourier::testing::Courier;
//! use trycourier::types::{Message, Recipient};
//!
//! # #[tokio::main]
//! # async fn main() -> trycourier::Result<()> {
//! let courier = Courier::new();
//! // First the response is lost, then the server is down, then it works.
//! courier.on::<calls::SendMessage>().disconnect_after_acting().fail(503).pass_through();
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
//! [`Courier::limit_rate`] refuses calls with 429, [`Courier::limit_rates`] enforces the rate limits that Courier
//! documents, [`Courier::latency`] slows every response down, and [`Courier::strict`] fails the test if there is a call
//! without a response set by `on`.
//!
//! # Pages
//!
//! [`Stub::pages`] sets the rows of a list. Stored resources also come in pages, of [`Courier::page_size`] rows.
//! [`example`] makes rows and other responses, so a test only has to set the fields that matter.
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
//! A Courier has a clock. [`Courier::advance`] moves it forward: messages are delivered, delays end, idempotency keys
//! expire. When its client waits before a retry or in `until_delivered`, the clock moves forward as well, and no real
//! time passes. The clock follows tokio's, so in a test with paused time (`#[tokio::test(start_paused = true)]`) even a
//! long [delay](Stub::delay) or time limit passes immediately.
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
//! [`Courier::webhooks`] returns the requests that Courier would have posted to your service by now, so you can call
//! your own handler with them. [`Courier::post_webhooks`] posts them to a URL.
//!
//! # Coming from other mocks
//!
//! | there | here |
//! |---|---|
//! | your own trait around the client, for a mocking crate to implement | not needed: the code under test has the real [`Client`](crate::Client) |
//! | aws-smithy-mocks: `mock!(Client::get_object).then_output(…)` | `courier.on::<calls::ListsRetrieve>().reply(…)` |
//! | `.then_error(…)`, `.then_http_response(…)` | [`Stub::fail_with`], [`Stub::raw`] |
//! | `.match_requests(…)` | [`Stub::when`] |
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
//! # Limits
//!
//! It does not imitate parts that the API's description leaves open: timeouts and escalation between channels, the
//! content of a digest, and conditions of journeys. It does not check the names of channels in a routing, because any
//! name can be a provider; if none of them reaches the recipient, the message becomes `UNROUTABLE`. In opening hours,
//! it understands weekdays, times, `off` and `24/7`. Bulk jobs ignore idempotency keys: users who are added again are
//! rejected as duplicates, as Courier may do. Audit events, digest instances, metrics, preview runs, devices and the
//! catalog of providers are examples, made from the description.
//!
//! Courier does not document whether it refuses a message that has neither a template nor content, but an `override` of a
//! channel or a provider. The fake sends it.

// From the top down: `api` uses `resources`, and both use `engine`.
mod api;
mod resources;

mod engine;

pub use api::courier::Courier;
pub use api::expect::Expect;
pub use api::recorded_call::{Received, RecordedCall};
pub use api::sent::Sent;
pub use api::server::Server;
pub use api::stub::Stub;
pub use engine::example::{Example, example};
