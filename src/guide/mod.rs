//! The guide: one page for each task, with examples.
//!
//! A test compiles every example on these pages. The [glossary](crate#glossary) explains Courier's terms.
//!
//! | page | topic |
//! |---|---|
//! | [`first_send`] | the first message, its status, and how to cancel it |
//! | [`recipients`] | users, addresses, lists, audiences, several at once |
//! | [`templates`] | templates, data, content without a template |
//! | [`routing`] | channels, providers, delays, expiry, one-time passwords |
//! | [`users`] | profiles, push tokens, tokens for browsers |
//! | [`lists`] | lists and audiences |
//! | [`tenants`] | tenants and brands |
//! | [`preferences`] | what users want to receive |
//! | [`bulk`] | one message to any number of users |
//! | [`journeys`] | journeys and automations |
//! | [`paging`] | reading lists of any length |
//! | [`errors`] | what can go wrong, and what to do |
//! | [`retries`] | retries, idempotency keys, what to do when the outcome is unknown |
//! | [`webhooks`] | verifying and handling the events that Courier posts to your service |
//! | [`testing`] | testing your own code |
//! | [`production`] | services of several processes: stored calls, limits, keys |
//! | [`observability`] | traces, metrics and logs, without secrets |
//! | [`blocking`] | calls from synchronous code |
//! | [`upgrading`] | what a new version may change |
//! | [`coming_from`] | coming from the Node or the Python SDK |

macro_rules! pages {
    ($($page:ident: $($alias:literal),+;)+) => {$(
        #[doc = include_str!(concat!(stringify!($page), ".md"))]
        $(#[doc(alias = $alias)])+
        pub mod $page {}
    )+};
}

pages! {
    first_send: "quick start", "send email", "send sms", "getting started";
    recipients: "to", "send to a list", "send to several users";
    templates: "data", "variables", "Elemental", "button";
    routing: "channels", "providers", "override", "delay", "schedule", "otp", "one-time password", "verification code";
    users: "profiles", "push token", "device token", "jwt", "authentication", "inbox token";
    lists: "audiences", "subscribe", "unsubscribe";
    tenants: "brands", "organization", "workspace";
    preferences: "topics", "opt out", "unsubscribe link";
    bulk: "batch", "mass mailing", "import";
    journeys: "automations", "workflow", "drip campaign";
    paging: "pagination", "cursor", "paginate", "stream", "iterate";
    errors: "exceptions", "status codes", "ApiError";
    retries: "idempotency", "timeout", "duplicate", "send twice", "cancellation", "drop";
    webhooks: "webhook", "signature", "verify", "callback", "delivery status", "bounce";
    testing: "mock", "fake", "stub", "unit test";
    production: "outbox", "workers", "queue", "multi-tenant", "key rotation", "Redis";
    observability: "logging", "metrics", "OpenTelemetry", "tracing", "redaction";
    blocking: "sync", "synchronous", "block_on";
    upgrading: "semver", "non_exhaustive", "breaking changes";
    coming_from: "node", "python", "typescript", "migration";
}
