//! The Rust SDK for [Courier](https://www.courier.com), the notification API: one API to send email, SMS, push, chat
//! and in-app messages, and to manage the users, lists, templates, journeys and bulk jobs behind them.
//!
//! ```no_run
//! use trycourier::Client;
//! use trycourier::types::{Content, Message, Recipient};
//!
//! # async fn example() -> trycourier::Result<()> {
//! let client = Client::from_env()?; // reads COURIER_API_KEY
//!
//! let content = Content::new("Hello", "Your order is on its way.");
//! let message = Message::new().to(Recipient::email("ada@example.com")).content(content);
//! let sent = client.send().message(message).await?;
//!
//! println!("{}", sent.request_id);
//! # Ok(())
//! # }
//! ```
//!
//! # Where to look
//!
//! - **By task**: the [`guide`] has a page for each, such as the [first send](guide::first_send), [bulk
//!   jobs](guide::bulk), [paging](guide::paging), [webhooks](guide::webhooks) and [testing](guide::testing).
//! - **By resource**: [`resources`] has a page for each of the 23. The names match the official SDKs: `bulk.listUsers`
//!   is [`client.bulk().list_users(…)`](resources::Bulk::list_users). If you come from Node or Python, see the [table
//!   of all calls](guide::coming_from).
//! - **By type**: [`types`] has the types of arguments and responses, and [`calls`] has one type for each operation,
//!   which the methods of the resources return.
//!
//! # The form of a call
//!
//! A resource of the [`Client`] has a method for each operation. Required parameters are arguments, and optional ones
//! are setters, whether they belong to the path, the query, a header or the body. `.await` sends the call.
//!
//! ```no_run
//! # async fn example(client: &trycourier::Client) -> trycourier::Result<()> {
//! let brand = client.brands().update("brand_1", "Acme").await?; // path, then body
//! let lists = client.lists().list().pattern("customers.**").await?; // query
//! let run = client.journeys().invoke("jn_1").user_id("user_123").await?; // path, body
//! # Ok(())
//! # }
//! ```
//!
//! `new` of a type takes the required fields, and each optional field has a setter. A missing or misspelled field does
//! not compile. A response is a [`Response`], which dereferences to the response's type and also has the status and the
//! headers. An optional field is an `Option`; `None` is not sent. If null has a separate meaning, such as clearing a
//! value, the field is a [`Nullable`](types::Nullable).
//!
//! # What the client does for you
//!
//! - **Retries** temporary failures up to twice. Courier still does the work only once, because every `POST` has an
//!   idempotency key. See [`guide::retries`].
//! - **Pages** through lists: each has `.items()` and `.pages()`. See [`guide::paging`].
//! - **Sends to any number of users**: a bulk job takes an iterator or a stream, and resumes after a crash. See
//!   [`guide::bulk`].
//! - **Waits** until a message is delivered, or a job or run has ended. See [`ext::Wait`].
//! - **Accepts unexpected responses**: unknown fields and values, and values of an unexpected type, are kept instead of
//!   causing an error. See [`guide::errors`].
//! - **Reports failures** with one [`Error`] type for every operation, and an [`ErrorKind`] to branch on.
//! - **Keeps secrets**: keys and tokens are never printed, and errors and traces do not contain URLs. See
//!   [`Sensitive`].
//!
//! # Features
//!
//! | feature | what it adds |
//! |---|---|
//! | `all-resources` | every resource of the API; on by default |
//! | `send`, `bulk`, `users`, … | one resource and the types that it needs, to compile less |
//! | `rustls` | TLS by rustls and the platform's certificates; on by default |
//! | `rustls-no-provider` | the same, with the crypto provider that your program installs, such as ring |
//! | `native-tls` | TLS by the platform's library |
//! | `gzip` | compressed responses |
//! | `reqwest-0-13` | [`ClientBuilder::http_client`], which takes a client of reqwest 0.13 |
//! | `jiff`, `chrono` | conversions to and from [`Timestamp`](types::Timestamp) and [`Millis`](types::Millis) |
//! | `opentelemetry` | metrics by OpenTelemetry 0.33, and `traceparent`: [`guide::observability`] |
//! | `schemars` | `schemars::JsonSchema` for every type of [`types`] |
//! | `testing` | a fake Courier for your tests, without sockets: the module `testing` |
//! | `tracing` | a span for each call and each attempt, and an event for each retry, named as OpenTelemetry names them |
//! | `webhook` | verifying and parsing the events that Courier posts to your webhooks: the module `ext::webhook` |
//!
//! Features of dependencies that other crates turn on change little. The client does not use the decoders of
//! `reqwest/gzip` and similar features. With `serde_json/arbitrary_precision`, a whole number in exponent notation
//! (`1e3`) can be a [mismatch](types::Mismatch) in a union.
//!
//! # Glossary
//!
//! | term | meaning |
//! |---|---|
//! | audience | the users whose profiles match a filter, kept up to date by Courier |
//! | automation | an older kind of workflow; see journey |
//! | brand | the logo, colors and texts that style templates |
//! | broadcast | one message to a list or an audience, with its own content and schedule |
//! | bulk job | one message to many users, each with separate data |
//! | channel | a way to reach a user: email, SMS, push, inbox, chat |
//! | digest | messages that are collected and sent together |
//! | Elemental | Courier's JSON for the content of a message, for all channels at once |
//! | journey | a workflow of sends, delays and conditions that runs for one user |
//! | list | a named group of subscribed users |
//! | profile | the data that Courier has about a user: addresses and any other properties that you store |
//! | provider | the service that delivers the messages of a channel, such as SendGrid or Twilio |
//! | recipient | the target of a message: a user, a list, an audience, or an address |
//! | routing | the channels that a message may use, and whether one of them is enough |
//! | section | a group of topics on the preference page |
//! | template | stored content for messages, with an id such as `nt_…`; the API's paths call it a notification |
//! | tenant | one of your customers, with separate users, brand and preferences |
//! | topic | a kind of message that users can choose to receive or not |
//! | workspace | your account's space in Courier, with a test and a production environment |

#![deny(missing_docs)]
#![cfg_attr(docsrs, feature(doc_cfg))]
// The documentation links to all resources and features, even if some of them are not compiled.
#![cfg_attr(not(all(feature = "all-resources", feature = "reqwest-0-13")), allow(rustdoc::broken_intra_doc_links))]
// The code that calls and types share is always compiled, and with few resources some of it is unused.
#![cfg_attr(not(feature = "all-resources"), allow(dead_code, unused_imports, unused_macros))]

// From the top down: each module uses only the modules below it. `tests/rooms.rs` checks the order, which it reads
// here.

// The guide, one page per task.
#[cfg(any(doc, test))]
pub mod guide;

// Entry points for `fuzz/`; compiled only with `cfg(fuzzing)`.
#[cfg(fuzzing)]
#[doc(hidden)]
pub mod fuzzing;

// The fake: a Courier inside a test.
#[cfg(feature = "testing")]
#[cfg_attr(docsrs, doc(cfg(feature = "testing")))]
pub mod testing;

// Beyond single calls: waiting, bulk jobs, webhooks, token scopes, constructors.
pub mod ext;

// The generated types, calls and resources.
mod generated;

// Lists as streams of pages and of items.
mod pagination;

// From the arguments of a call to its request.
mod call;

// A call on the wire: its attempts, and its response.
mod execute;

// The client, its builder and its options.
mod client;

// The reports of calls and attempts, to the caller, to traces and to metrics.
mod telemetry;

// One attempt: below the retries.
pub mod transport;

// The decision to retry or to wait: backoff, retry budget, rate limits, idempotency keys.
pub mod retry;

// Timestamps, secrets, and values that can be null.
mod values;

// Encoding and decoding of the generated types.
mod json;

// The secrets of a call, and their removal from text.
mod secrets;

// The error of a call.
mod error;

// A response, its operation, and its mismatches with the description.
mod response;

mod operation;

mod mismatch;

// Locks.
mod sync;

pub use bytes::Bytes;
pub use call::prepared::{Prepared, PreparedCall};
pub use call::raw_request::RequestBuilder;
pub use client::Client;
pub use client::api_key::{ApiKeyProvider, ProvidedKey};
pub use client::builder::ClientBuilder;
pub use client::options::Options;
pub use error::ErrorKind;
pub use error::{Error, Result};
pub use ext::performed_call::PerformedCall;
pub use generated::{calls, resources, types};
pub use http;
#[cfg(feature = "opentelemetry")]
#[cfg_attr(docsrs, doc(cfg(feature = "opentelemetry")))]
pub use opentelemetry;
#[cfg(feature = "reqwest-0-13")]
#[cfg_attr(docsrs, doc(cfg(feature = "reqwest-0-13")))]
pub use reqwest;
pub use response::Response;
pub use telemetry::CallReport;
pub use types::Mismatch;
pub use values::Sensitive;

/// The code blocks of the README are tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

/// The code blocks of the page for users of other SDKs are tests.
#[cfg(doctest)]
#[doc = include_str!("../docs/coming-from.md")]
struct ComingFrom;

/// The code blocks of the page for coding agents are tests.
#[cfg(doctest)]
#[doc = include_str!("../AGENTS.md")]
struct Agents;
