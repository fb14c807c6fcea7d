//! Digests: `/digests`. The fake holds nothing back, and responds with examples.

use crate::testing::engine::Handler;
use crate::testing::engine::dispatch::respond_with_example;

pub(super) const HANDLERS: &[(&str, Handler)] =
    &[("digests.schedules.list_instances", respond_with_example), ("digests.schedules.release", respond_with_example)];
