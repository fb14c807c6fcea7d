//! Audit events: `/audit-events`. The fake records none, and responds with examples.

use crate::testing::engine::Handler;
use crate::testing::engine::dispatch::respond_with_example;

pub(super) const HANDLERS: &[(&str, Handler)] =
    &[("audit_events.list", respond_with_example), ("audit_events.retrieve", respond_with_example)];
