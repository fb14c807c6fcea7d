//! The API's resources: a file for each, with its handlers by the ids of their operations.
//!
//! A new resource is a new file, which is named here twice.

use std::collections::HashMap;
use std::sync::LazyLock;

use crate::testing::engine::Handler;

mod audiences;
mod audit_events;
pub(crate) mod automations;
mod brands;
mod broadcasts;
mod bulk;
pub(crate) mod content;
mod device_sets;
mod digests;
mod elements;
mod journeys;
mod lists;
pub(crate) mod messages;
mod preferences;
mod profiles;
mod providers;
pub(crate) mod recipients;
mod routing_strategies;
mod runs;
pub(crate) mod sections;
mod send;
pub(crate) mod templates;
mod tenants;
mod tokens;
mod track_events;
mod translations;

static HANDLERS: LazyLock<HashMap<&str, Handler>> = LazyLock::new(|| ALL.iter().copied().flatten().copied().collect());

const ALL: &[&[(&str, Handler)]] = &[
    audiences::HANDLERS,
    audit_events::HANDLERS,
    automations::HANDLERS,
    brands::HANDLERS,
    broadcasts::HANDLERS,
    bulk::HANDLERS,
    device_sets::HANDLERS,
    digests::HANDLERS,
    journeys::HANDLERS,
    lists::HANDLERS,
    messages::HANDLERS,
    preferences::HANDLERS,
    profiles::HANDLERS,
    providers::HANDLERS,
    routing_strategies::HANDLERS,
    sections::HANDLERS,
    send::HANDLERS,
    templates::HANDLERS,
    tenants::HANDLERS,
    tokens::HANDLERS,
    track_events::HANDLERS,
    translations::HANDLERS,
];

/// Finds the handler of an operation.
pub(crate) fn handler(operation: &str) -> Option<Handler> {
    HANDLERS.get(operation).copied()
}

#[cfg(test)]
mod tests {
    use super::ALL;
    use crate::testing::engine::description::DESCRIPTION;

    #[test]
    fn each_operation_has_exactly_one_handler() {
        let mut handled: Vec<&str> = ALL.iter().copied().flatten().map(|(id, _)| *id).collect();
        handled.sort_unstable();
        let mut described: Vec<&str> = DESCRIPTION.operations.iter().map(|operation| operation.id.as_str()).collect();
        described.sort_unstable();
        assert_eq!(handled, described);
        assert!(!described.is_empty());
    }
}
