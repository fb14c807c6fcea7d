//! The webhooks that Courier would post.

use std::time::{Duration, SystemTime};

use bytes::Bytes;
use http::{HeaderValue, Method, Request, header};
use serde_json::Value;
use tokio::task::JoinHandle;

use super::courier::Courier;
use crate::ext::webhook_signature::{SIGNATURE_HEADER, sign};
use crate::operation::{Operation, ResponseBody};
use crate::testing::engine::time::millis;
use crate::testing::resources::messages::take_events;
use crate::transport::{Attempt, Http, Settings, Transport};

/// The time between two searches for webhooks that are due.
const PERIOD: Duration = Duration::from_millis(100);
/// The time limit of one attempt to post a webhook, and the delays before the next ones.
const TIMEOUT: Duration = Duration::from_secs(10);
const DELAYS: [Duration; 3] = [Duration::from_millis(500), Duration::from_secs(2), Duration::from_secs(8)];

/// The webhook as an operation, which the transport needs.
static WEBHOOK: Operation = Operation {
    id: "webhook",
    method: "POST",
    path: "",
    secret_parameters: &[],
    response: ResponseBody::None,
    id_property: None,
    is_list: false,
    sensitive: true,
    repeatable: true,
    final_conflict: false,
    rate_limit: None,
};

/// The request of an event, signed if there is a secret.
fn request(event: &Value, secret: Option<&str>, now: SystemTime) -> Request<Bytes> {
    let body = event.to_string();
    let signature = secret.and_then(|secret| sign(secret, now, &body).ok()?.parse::<HeaderValue>().ok());
    let mut request = Request::new(body.into());
    *request.method_mut() = Method::POST;
    request.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    if let Some(signature) = signature {
        request.headers_mut().insert(SIGNATURE_HEADER, signature);
    }
    request
}

impl Courier {
    /// Collects webhooks from now on, for [`webhooks`](Self::webhooks) to return.
    pub fn collect_webhooks(&self) -> &Self {
        self.state().settings.webhooks = true;
        self
    }

    /// Returns the webhooks that have become due since the last time. They are signed if there is a secret that is not
    /// empty.
    ///
    /// They are complete except for the address, so you can pass them to your own handler.
    ///
    /// ```
    /// # use trycourier::testing::Courier;
    /// # use std::time::Duration;
    /// let courier = Courier::new();
    /// courier.collect_webhooks();
    /// // … something is sent …
    /// courier.advance(Duration::from_secs(5));
    /// for webhook in courier.webhooks(Some("secret")) {
    ///     println!("{:?}", webhook.headers().get("courier-signature"));
    /// }
    /// ```
    #[must_use]
    pub fn webhooks(&self, secret: Option<&str>) -> Vec<Request<Bytes>> {
        let now = self.now();
        let events = take_events(&mut self.state(), millis(now));
        events.iter().map(|event| request(event, secret, now)).collect()
    }

    /// Posts webhooks to a URL as they become due, signed if there is a secret.
    ///
    /// A webhook that cannot be delivered, or whose response is 408, 429 or 5xx, is posted up to three more times.
    /// After that, `failed` is called with the reason.
    pub fn post_webhooks(
        &self,
        url: impl Into<String>,
        secret: Option<String>,
        failed: impl Fn(&str) + Send + 'static,
    ) -> JoinHandle<()> {
        self.collect_webhooks();
        let (courier, url) = (self.clone(), url.into());
        tokio::spawn(async move {
            let settings = Settings {
                attempt_timeout: TIMEOUT,
                connect_timeout: TIMEOUT,
                keep_alive: None,
                is_local: true,
                authorities: Vec::new(),
            };
            let http = match Http::new(settings) {
                Ok(http) => http,
                Err(error) => return failed(&error.to_string()),
            };
            loop {
                for webhook in courier.webhooks(secret.as_deref()) {
                    if let Err(cause) = post(&http, &url, &webhook).await {
                        failed(&cause);
                    }
                }
                tokio::time::sleep(PERIOD).await;
            }
        })
    }
}

async fn post(http: &Http, url: &str, webhook: &Request<Bytes>) -> Result<(), String> {
    let mut request = webhook.clone();
    *request.uri_mut() = url.parse().map_err(|error| format!("invalid webhook URL: {error}"))?;
    let mut delays = DELAYS.into_iter();
    loop {
        let attempt = Attempt { request: request.clone(), url: None, operation: &WEBHOOK, number: 1, timeout: TIMEOUT };
        let (cause, is_transient) = match http.send(attempt).await.map(|response| response.status()) {
            Ok(status) if status.is_success() => return Ok(()),
            Ok(status) => (
                format!("the response to the webhook was {status}"),
                status.is_server_error() || matches!(status.as_u16(), 408 | 429),
            ),
            Err(error) => (format!("the webhook could not be posted: {error}"), true),
        };
        match delays.next().filter(|_| is_transient) {
            Some(delay) => tokio::time::sleep(delay).await,
            None => return Err(cause),
        }
    }
}
