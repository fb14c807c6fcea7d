//! The guide: one page for each task, with examples.
//!
//! A test compiles every example on these pages. The [glossary](crate#glossary) explains Courier's terms.
//!
//! | page | topic |
//! |---|---|
//! | [`first_send`] | the first message, and its status |
//! | [`recipients`] | users, addresses, lists, audiences, several at once |
//! | [`templates`] | templates, data, content without a template |
//! | [`routing`] | channels, providers, one-time passwords |
//! | [`email`] | subject, sender, reply-to, cc, bcc, attachments |
//! | [`localization`] | messages in the language of each recipient |
//! | [`templates_as_code`] | templates in files, under version control |
//! | [`scheduling`] | delays, delivery windows, time zones, expiry, canceling |
//! | [`users`] | profiles, push tokens |
//! | [`inbox`] | messages in your own app, and tokens for it |
//! | [`lists`] | lists and audiences |
//! | [`tenants`] | tenants and brands |
//! | [`preferences`] | what users want to receive; unsubscribe links |
//! | [`digests`] | several messages as one, and throttling |
//! | [`providers`] | the services that deliver, and their settings |
//! | [`bulk`] | one message to any number of users |
//! | [`journeys`] | journeys and automations |
//! | [`paging`] | reading lists of any length |
//! | [`errors`] | what can go wrong, and what to do |
//! | [`retries`] | retries, idempotency keys, what to do when the outcome is unknown |
//! | [`limits`] | rates, sizes and retention |
//! | [`debugging`] | from a request id to the reason why a message did not arrive |
//! | [`metrics`] | deliveries, opens and clicks of a template |
//! | [`webhooks`] | verifying and handling the events that Courier posts to your service |
//! | [`testing`] | testing your own code |
//! | [`production`] | services that run in several processes: stored calls, limits, keys |
//! | [`observability`] | traces, metrics and logs, without secrets |
//! | [`regions`] | workspaces in the European Union |
//! | [`blocking`] | calls from synchronous code |
//! | [`upgrading`] | what a new version may change |
//! | [`coming_from`] | coming from the Node or the Python SDK |

macro_rules! pages {
    ($($page:ident: $($alias:literal),+;)+) => {$(
        #[doc = include_str!(concat!(stringify!($page), ".md"))]
        $(#[doc(alias = $alias)])+
        pub mod $page {}
    )+

    /// The pages, each with the words that find it in the documentation's search.
    #[cfg(test)]
    const PAGES: &[(&str, &[&str])] = &[$((stringify!($page), &[$($alias),+])),+];
    };
}

pages! {
    first_send: "quick start", "api key", "send email", "send sms", "getting started";
    recipients: "to", "send to a list", "send to several users";
    templates: "template", "data", "variables", "Elemental", "button";
    routing: "channels", "providers", "override", "otp", "sms", "failover", "fallback", "one-time password", "verification code";
    email: "attachment", "attachments", "cc", "bcc", "reply-to", "pdf", "sender";
    localization: "locale", "translation", "translations", "language", "i18n", "gettext", "po file";
    templates_as_code: "version control", "GitOps", "deploy templates", "checksum";
    scheduling: "send later", "delay", "expiry", "delivery window", "opening hours", "time zone", "timezone", "cancel";
    users: "profiles", "list users", "push token", "device token", "phone number";
    inbox: "in-app", "jwt", "authentication", "JSON Web Token", "Courier Create", "notification center";
    lists: "audiences", "subscribe", "csv";
    tenants: "brands", "multi-tenant", "organization", "workspace";
    preferences: "topics", "opt out", "unsubscribe link", "List-Unsubscribe", "unsubscribe";
    digests: "digest", "throttle", "throttling", "batching", "summary email";
    providers: "sendgrid", "twilio", "ses", "apns", "apn", "expo", "firebase", "provider settings";
    bulk: "batch", "mass mailing", "import";
    journeys: "automations", "workflow", "drip campaign";
    paging: "pagination", "cursor", "paginate", "stream", "iterate";
    errors: "exceptions", "status codes", "ApiError";
    retries: "retry", "outbox", "exactly once", "idempotency", "timeout", "duplicate", "send twice", "cancellation", "drop";
    limits: "rate limit", "429", "quota", "retention", "413";
    debugging: "troubleshooting", "UNMAPPED", "UNROUTABLE", "UNDELIVERABLE", "not delivered", "trace";
    metrics: "analytics", "open rate", "click rate", "delivery rate", "statistics";
    webhooks: "webhook", "axum", "signature", "verify", "callback", "delivery status", "bounce";
    testing: "mock", "fake", "stub", "unit test";
    production: "outbox", "workers", "queue", "multi-tenant", "key rotation", "Redis";
    observability: "logging", "prometheus", "OpenTelemetry", "tracing", "redaction";
    regions: "EU", "European Union", "GDPR", "base URL", "data residency";
    blocking: "sync", "synchronous", "block_on";
    upgrading: "semver", "non_exhaustive", "breaking changes";
    coming_from: "node", "python", "typescript", "migration";
}

#[cfg(test)]
mod tests {
    use super::PAGES;

    #[test]
    fn search_words_find_a_page() {
        for word in [
            "429",
            "EU",
            "api key",
            "apn",
            "apns",
            "axum",
            "csv",
            "delivery window",
            "digest",
            "exactly once",
            "expo",
            "failover",
            "fallback",
            "idempotency",
            "in-app",
            "jwt",
            "list users",
            "opening hours",
            "outbox",
            "pagination",
            "phone number",
            "prometheus",
            "rate limit",
            "retry",
            "send later",
            "sms",
            "template",
            "throttle",
            "timezone",
            "translation",
            "unsubscribe",
        ] {
            assert!(PAGES.iter().any(|(page, words)| *page == word || words.contains(&word)), "{word}");
        }
    }

    #[test]
    fn every_page_is_in_the_table() {
        let table = include_str!("mod.rs");
        for (page, _) in PAGES {
            assert!(table.contains(&format!("//! | [`{page}`] |")), "{page}");
        }
    }
}
