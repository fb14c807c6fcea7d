//! The Rust SDK for [Courier](https://www.courier.com), the notification API: one API to send email, SMS, push, chat and
//! in-app messages, and to manage the users, lists, templates, journeys and bulk jobs behind them.
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
//! - **By task**: the [`guide`] has a page for each, from the [first send](guide::first_send) over [bulk jobs](guide::bulk),
//!   [paging](guide::paging) and [webhooks](guide::webhooks) to [tests of your own](guide::testing).
//! - **By resource**: [`resources`] has a page for each of the 23. The names are those of the official SDKs:
//!   `bulk.listUsers` is [`client.bulk().list_users(…)`](resources::Bulk::list_users). Coming from
//!   [Node or Python](guide::coming_from)? There is a table.
//! - **By type**: [`types`] has what calls take and answers hold, and [`calls`] what the methods of a resource give.
//!
//! # How a call is written
//!
//! A resource of the [`Client`] has a method for each operation. What the operation requires is an argument; what is
//! optional is a setter, whether it travels in the path, the query, a header or the body. `.await` sends the call.
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
//! A type is made by its `new`, which takes what is required, and has a setter for each optional field. What is missing or
//! misspelt does not compile. An answer is a [`Response`]: it dereferences to the type of the answer, and has the status and
//! the headers too. An optional field is an `Option`; `None` is not sent. Where null means something, such as taking a value
//! away, the field is a [`Nullable`](types::Nullable).
//!
//! # What it does for you
//!
//! - **Retries** what is worth it, twice, and never does the work twice: every `POST` has an idempotency key. See
//!   [`guide::retries`].
//! - **Walks pages**: `.items()` and `.pages()` on every list. See [`guide::paging`].
//! - **Sends to any number of users**: a bulk job from an iterator or a stream, which goes on after a crash. See
//!   [`guide::bulk`].
//! - **Waits**: until a message has arrived, or a job or run has ended. See [`ext::Wait`].
//! - **Takes Courier as it is**: an answer with unknown fields or values, or with values of another type than described, is
//!   no error, and nothing of it is lost. See [`guide::errors`].
//! - **Says what went wrong**: one [`Error`] for every operation, with an [`ErrorKind`] to branch on.
//! - **Keeps secrets**: keys and tokens are never printed, and neither an error nor a trace has a URL in it. See
//!   [`Sensitive`].
//!
//! # Features
//!
//! | feature | what it adds |
//! |---|---|
//! | `all-resources` | every resource of the API; on by default |
//! | `send`, `bulk`, `users`, … | one resource and the types that it needs, to compile less |
//! | `rustls` | TLS by rustls and the platform's certificates; on by default |
//! | `rustls-no-provider` | the same with the crypto provider that your program installs, such as ring |
//! | `native-tls` | TLS by the platform's own library |
//! | `gzip` | answers may come compressed |
//! | `reqwest-0-13` | [`ClientBuilder::http_client`], which takes a client of reqwest 0.13 |
//! | `jiff`, `chrono` | conversions between their moments and [`Timestamp`](types::Timestamp) and [`Millis`](types::Millis) |
//! | `schemars` | `schemars::JsonSchema` for every type of [`types`] |
//! | `testing` | a Courier on this machine, for tests: the module `testing` |
//! | `tracing` | a span for each call and an event for each retry, named as OpenTelemetry names them |
//! | `webhook` | verifying and reading what Courier sends to your webhooks: the module `ext::webhook` |
//!
//! # Glossary
//!
//! | word | what Courier means by it |
//! |---|---|
//! | audience | the users whose profiles match a filter, kept up to date by Courier |
//! | automation | an older kind of workflow; see journey |
//! | brand | logo, colors and texts that templates are rendered with |
//! | broadcast | one message to a list or an audience, which is written and scheduled by itself |
//! | bulk job | one message to many users, each with data of their own |
//! | channel | a way to reach somebody: email, SMS, push, inbox, chat |
//! | digest | messages held back and sent together |
//! | Elemental | Courier's JSON for the content of a message, for all channels at once |
//! | journey | a workflow of sends, delays and conditions that runs for one user |
//! | list | users who subscribed to it |
//! | profile | what Courier knows about a user: addresses and whatever else you store |
//! | provider | the service that a channel delivers with, such as SendGrid or Twilio |
//! | recipient | whom a message is for: a user, a list, an audience, or an address |
//! | routing | which channels a message may take, and whether one is enough |
//! | section | a group of topics on the preference page |
//! | template | the content of a message, made once, `nt_…`; a notification in the API's paths |
//! | tenant | a customer of yours, with users, brand and preferences of its own |
//! | topic | a kind of message that users can choose to receive or not |
//! | workspace | your account's space in Courier, with a test and a production environment |

#![deny(missing_docs)]
#![cfg_attr(docsrs, feature(doc_cfg))]
// The documentation speaks of all resources and features, also where some of them are not compiled.
#![cfg_attr(not(all(feature = "all-resources", feature = "reqwest-0-13")), allow(rustdoc::broken_intra_doc_links))]
// What the calls and types share is compiled whole, and with few resources some of it has no user.
#![cfg_attr(not(feature = "all-resources"), allow(dead_code, unused_imports, unused_macros))]

mod base_url;
mod call;
mod client;
mod client_builder;
mod deviation;
mod error;
mod error_kind;
mod error_text;
mod exchange;
pub mod ext;
mod extra;
#[cfg(fuzzing)]
#[doc(hidden)]
pub mod fuzzing;
mod generated;
#[cfg(doc)]
pub mod guide;
mod http_date;
mod idempotency;
mod iso_8601;
mod json;
mod millis;
mod nullable;
mod object;
mod observe;
mod operation;
mod options;
mod prepared;
mod proxy;
mod rate_limit;
mod redaction;
mod request;
mod response;
pub mod retry;
mod retry_budget;
mod secret_names;
mod sensitive;
#[cfg(feature = "testing")]
#[cfg_attr(docsrs, doc(cfg(feature = "testing")))]
pub mod testing;
mod timestamp;
pub mod transport;
mod unrecognized_value;
#[cfg(any(feature = "testing", feature = "webhook"))]
mod webhook_signature;

pub use bytes::Bytes;
pub use client::Client;
pub use client_builder::ClientBuilder;
pub use error::{Error, Result};
pub use error_kind::ErrorKind;
pub use generated::{calls, resources, types};
pub use http;
pub use observe::Call;
pub use options::Options;
pub use prepared::Prepared;
pub use request::RequestBuilder;
#[cfg(feature = "reqwest-0-13")]
#[cfg_attr(docsrs, doc(cfg(feature = "reqwest-0-13")))]
pub use reqwest;
pub use response::Response;
pub use sensitive::Sensitive;
pub use types::Deviation;

/// The code blocks of the README are tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;

/// What those are shown who come from another SDK is a test.
#[cfg(doctest)]
#[doc = include_str!("../docs/coming-from.md")]
struct ComingFrom;

/// The calls that coding agents are told to make are tests.
#[cfg(doctest)]
#[doc = include_str!("../AGENTS.md")]
struct Agents;
