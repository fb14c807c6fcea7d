//! Receives requests: records them, and responds as the test has set or else as Courier does.

use std::time::Duration;

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Request, header};

use super::courier::Courier;
use super::recorded_call::RecordedCall;
use super::sent;
use super::stub::Action;
use crate::sync::lock;
use crate::testing::engine::description::DESCRIPTION;
use crate::testing::engine::dispatch::dispatch;
use crate::testing::engine::response::Response;
use crate::testing::resources;
use crate::transport::TransportError;

/// The cause of a connection that a test breaks.
const BROKEN: &str = "the test broke the connection";

const SHOULD_RETRY: HeaderName = HeaderName::from_static("x-should-retry");

impl Courier {
    /// Responds to one request, after the delay that the test has set.
    pub(super) async fn respond(
        &self,
        request: &Request<Bytes>,
        attempt: u32,
    ) -> Result<http::Response<Bytes>, TransportError> {
        let mut recording = self.record(request, attempt);
        let call = &recording.call;
        let stubs = lock(&self.shared.stubs).clone();
        let step = stubs.iter().rev().find_map(|stub| stub.next(call));
        if let (None, Some(unexpected)) = (&step, &mut lock(&self.shared.unexpected).0) {
            unexpected.push(call.request_line());
            let refusal = Response::error(501, "unexpected_call", "The test has set no response for this call");
            let refusal = refusal.header(SHOULD_RETRY, HeaderValue::from_static("false"));
            recording.call.status = Some(refusal.status);
            return Ok(refusal.into_http());
        }
        let (action, delay) = step.unwrap_or((Action::PassThrough, Duration::ZERO));
        let delay = delay.max(self.state().settings.latency);
        if delay > Duration::ZERO {
            let performs = matches!(action, Action::PassThrough | Action::DisconnectAfterActing);
            let key = call.stored_key().filter(|_| performs).map(|key| KeyInProgress::begin(self, key));
            // A second request under a key in progress is refused immediately.
            if !matches!(key, Some(None)) {
                tokio::time::sleep(delay).await;
            }
        }
        let response = match action {
            Action::PassThrough => self.perform(request, &mut recording.call),
            Action::Respond(respond) => {
                let response = respond(call);
                sent::record_stubbed(&mut self.state(), call, &response);
                response
            }
            Action::Disconnect => return Err(TransportError::broken(BROKEN)),
            Action::DisconnectAfterActing => {
                let _lost = self.perform(request, &mut recording.call);
                return Err(TransportError::broken(BROKEN));
            }
            Action::Unreachable => return Err(TransportError::connect(BROKEN)),
        };
        recording.call.status = Some(response.status().as_u16());
        Ok(response)
    }

    /// Responds to one request immediately, regardless of [`on`](Self::on). Only the path and the query of its URL
    /// matter.
    #[doc(alias = "answer")]
    #[must_use]
    pub fn handle(&self, request: &Request<Bytes>) -> http::Response<Bytes> {
        let mut recording = self.record(request, 1);
        let response = self.perform(request, &mut recording.call);
        recording.call.status = Some(response.status().as_u16());
        response
    }

    fn record(&self, request: &Request<Bytes>, attempt: u32) -> Recording<'_> {
        let route = DESCRIPTION.route(request.method().as_str(), request.uri().path());
        let mut headers = request.headers().clone();
        headers.remove(header::AUTHORIZATION);
        let call = RecordedCall {
            operation: route.operation().map(|operation| operation.id.as_str()),
            method: request.method().clone(),
            target: request.uri().path_and_query().map_or_else(String::new, ToString::to_string),
            headers,
            body: request.body().clone(),
            attempt,
            status: None,
            is_performed: false,
            at: self.now(),
            route,
        };
        Recording { courier: self, call }
    }

    fn perform(&self, request: &Request<Bytes>, call: &mut RecordedCall) -> http::Response<Bytes> {
        call.is_performed = true;
        let (key, now) = (call.stored_key(), self.now_millis());
        let mut state = self.state();
        state.cause = call.cause();
        let response = dispatch(&mut state, resources::handler, &call.route, request, key.as_deref(), now);
        state.cause = None;
        state.trim();
        drop(state);
        response.into_http()
    }
}

/// Records a call when it is dropped, so also one whose caller does not wait for the response.
struct Recording<'a> {
    courier: &'a Courier,
    call: RecordedCall,
}

impl Drop for Recording<'_> {
    fn drop(&mut self) {
        lock(&self.courier.shared.calls).push_back(self.call.clone());
        self.courier.trim_calls();
        let observer = lock(&self.courier.shared.observer).clone();
        if let Some(observer) = observer {
            observer(&self.call);
        }
    }
}

/// An idempotency key that is in progress until this is dropped.
struct KeyInProgress<'a> {
    courier: &'a Courier,
    key: String,
}

impl<'a> KeyInProgress<'a> {
    /// Returns `None` if another request has the key in progress.
    fn begin(courier: &'a Courier, key: String) -> Option<Self> {
        let is_free = courier.state().keys.in_progress.insert(key.clone());
        is_free.then(|| Self { courier, key })
    }
}

impl Drop for KeyInProgress<'_> {
    fn drop(&mut self) {
        self.courier.state().keys.in_progress.remove(&self.key);
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use http::Request;

    use super::Courier;
    use crate::testing::engine::description::DESCRIPTION;

    /// Stores, reads, changes and deletes everything with the examples of the description.
    #[test]
    fn every_response_matches_the_description() {
        let courier = Courier::new();
        let mut conforming = 0;
        for method in ["PUT", "POST", "PUT", "PATCH", "GET", "DELETE"] {
            for operation in DESCRIPTION.operations.iter().filter(|operation| operation.method == method) {
                let body = operation.body.as_ref().map(|schema| DESCRIPTION.example(schema).to_string());
                let segments = operation.segments().map(|segment| if segment.starts_with('{') { "x" } else { segment });
                let path = segments.fold(String::new(), |path, segment| path + "/" + segment);
                let request = Request::builder().method(method).uri(path).header("authorization", "Bearer test");
                let request = request.body(body.unwrap_or_default().into());
                let response = request.map(|request: Request<Bytes>| courier.handle(&request)).unwrap_or_default();
                let id = &operation.id;
                let body = serde_json::from_slice(response.body()).unwrap_or_default();
                assert_ne!(response.status(), 405, "{id}");
                if let Some(schema) = operation.response.as_ref().filter(|_| response.status().is_success()) {
                    assert_eq!(DESCRIPTION.validate(schema, &body), Ok(()), "{id}: {body}");
                    conforming += 1;
                }
            }
        }
        assert!(conforming > 60, "{conforming}");
    }

    #[test]
    fn untaken_webhooks_go_with_their_messages() {
        let courier = Courier::new();
        courier.collect_webhooks().keep(10);
        let body = r#"{"message": {"to": {"email": "ada@example.com"}, "template": "nt"}}"#;
        for _ in 0..3_000 {
            let request = Request::post("/send").header("authorization", "Bearer test").body(body.into());
            assert_eq!(courier.handle(&request.unwrap_or_default()).status(), 202);
        }
        assert!((10..=40).contains(&courier.webhooks(None).len()));
        let state = courier.state();
        assert_eq!((state.sent.len(), state.events.len(), courier.calls().len()), (10, 0, 10));
    }
}
