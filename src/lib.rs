//! The Rust SDK for [Courier](https://www.courier.com), the notification API: one API to send email, SMS, push, chat and
//! in-app messages, and to manage the users, lists, templates, journeys and bulk jobs behind them.
//!
//! [`Client`] has a method for each of the API's 168 operations, named as in every official SDK: `bulk.listUsers` is
//! [`bulk_list_users`](Client::bulk_list_users). A method starts a call; setters give it its arguments, and `send` sends it.
//!
//! ```no_run
//! use trycourier::{Client, types};
//!
//! # async fn example() -> Result<(), trycourier::Error> {
//! // The key is taken from COURIER_API_KEY.
//! let client = Client::from_env()?;
//!
//! let recipient = types::UserRecipient::builder().user_id("user_123").build()?;
//! let message = types::Message::builder()
//!     .to(recipient)
//!     .template("nt_01kx4h2jdafq8bk9aftxak4b40")
//!     .build()?;
//! let sent = client
//!     .send_message()
//!     .body(types::SendMessageRequest::builder().message(message))
//!     .send()
//!     .await?;
//! println!("{}", sent.request_id);
//! # Ok(())
//! # }
//! ```
//!
//! # What it does for you
//!
//! - **Retries** what is worth it, twice, and never sends twice: every `POST` has an idempotency key. See [`retry`].
//! - **Walks pages**: `items()` and `pages()` on every list, see [`ext::Paginate`].
//! - **Takes Courier as it is**: an answer with fields, enum values or kinds that this version does not know is no error,
//!   and nothing of it is lost. New fields are in `extra`, new values in `Unrecognized`.
//! - **Says what went wrong**: one [`Error`] for every operation, with an [`ErrorKind`] to branch on.
//! - **Keeps secrets**: keys, tokens and credentials are never printed, and neither an error nor a trace has a URL in it.
//!   See [`Sensitive`].
//!
//! # Answers
//!
//! `send` gives a [`ResponseValue`], which is the answer's type and has the `status` and the `headers` too; `send_raw` gives
//! the bytes. An optional field is an `Option`: `null` and absence are `None`, and `None` is not sent. Where a `null` means
//! something, such as taking a value away, put it into the object's `extra` under the field's name.
//!
//! Types are `#[non_exhaustive]`, because Courier's API grows: make them with their `builder()`, and change them by their
//! public fields.
//!
//! # Calls from code that is not async
//!
//! ```no_run
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
//! let client = trycourier::Client::from_env()?;
//! let lists = runtime.block_on(client.lists_list().send())?;
//! println!("{} lists", lists.items.len());
//! # Ok(())
//! # }
//! ```
//!
//! # Features
//!
//! | feature | |
//! |---|---|
//! | `rustls` | TLS by rustls and the platform's certificates; on by default |
//! | `native-tls` | TLS by the platform's own library instead |
//! | `gzip` | answers may come compressed |
//! | `schemars` | `schemars::JsonSchema` for every type of [`types`] |
//! | `tracing` | a span for each call and an event for each retry, named as OpenTelemetry names them |
//!
//! # Glossary
//!
//! | word | what Courier means by it |
//! |---|---|
//! | audience | the users whose profiles match a filter, kept up to date by Courier |
//! | automation | an older kind of workflow; see journey |
//! | brand | logo, colors and texts that templates are rendered with |
//! | broadcast | one message to a list or an audience, written and scheduled as a thing of its own |
//! | bulk job | one message to many users, each with data of their own |
//! | channel | a way to reach somebody: email, SMS, push, inbox, chat |
//! | digest | messages held back and sent together |
//! | Elemental | Courier's JSON for the content of a message, for all channels at once |
//! | journey | a workflow of sends, delays and conditions that runs for one user |
//! | list | users who subscribed to it |
//! | profile | what Courier knows of a user: addresses and whatever else you store |
//! | provider | the service that a channel delivers with, such as SendGrid or Twilio |
//! | recipient | whom a message is for: a user, a list, an audience, or an address |
//! | routing | which channels a message may take, and whether one is enough |
//! | section | a group of topics on the preference page |
//! | template | the content of a message, made once, `nt_…`; a notification in the API's paths |
//! | tenant | a customer of yours, with users, brand and preferences of its own |
//! | topic | what a user can subscribe to or not |
//! | workspace | your account's space in Courier, with a test and a production environment |

#![deny(missing_docs)]
#![cfg_attr(docsrs, feature(doc_cfg))]

mod client;
mod client_builder;
mod error;
mod exchange;
pub mod ext;
#[cfg(fuzzing)]
#[doc(hidden)]
pub mod fuzzing;
mod generated;
mod observe;
mod operation;
mod options;
mod path_segment;
mod request;
pub mod retry;
mod sensitive;

pub use bytes::Bytes;
pub use client::Client;
pub use client_builder::ClientBuilder;
pub use error::{Error, ErrorKind, Result};
pub use generated::{builder, types};
pub use observe::Call;
pub use options::Options;
pub use path_segment::{PathSegment, PathSegmentError};
pub use progenitor_client::ResponseValue;
pub use request::RequestBuilder;
pub use reqwest;
pub use sensitive::Sensitive;

/// The README's code blocks are tests.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
