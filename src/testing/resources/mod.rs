//! The API's resources: a file for each, with its handlers by the ids of their operations.
//!
//! A new resource is a new file, which is named here twice.

use crate::testing::engine::Handler;

mod audiences;
pub(crate) mod automations;
mod brands;
mod broadcasts;
mod bulk;
pub(crate) mod content;
mod device_sets;
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

const ALL: &[&[(&str, Handler)]] = &[
    audiences::HANDLERS,
    automations::HANDLERS,
    brands::HANDLERS,
    broadcasts::HANDLERS,
    bulk::HANDLERS,
    device_sets::HANDLERS,
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

pub(crate) fn handler(operation: &str) -> Option<Handler> {
    ALL.iter().copied().flatten().find(|(id, _)| *id == operation).map(|(_, handler)| *handler)
}

#[cfg(test)]
mod tests {
    use super::ALL;
    use crate::testing::engine::description::DESCRIPTION;

    /// The operations that the fake does not imitate: their responses are examples.
    const EXAMPLES: [&str; 10] = [
        "audit_events.list",
        "audit_events.retrieve",
        "digests.schedules.list_instances",
        "digests.schedules.release",
        "notifications.get_metrics",
        "notifications.previews.runs.create",
        "notifications.previews.runs.list",
        "notifications.previews.runs.retrieve",
        "previews.list_devices",
        "providers.catalog.list",
    ];

    #[test]
    fn each_other_operation_has_exactly_one_handler() {
        let mut handled: Vec<&str> = ALL.iter().copied().flatten().map(|(id, _)| *id).chain(EXAMPLES).collect();
        handled.sort_unstable();
        let mut described: Vec<&str> = DESCRIPTION.operations.iter().map(|operation| operation.id.as_str()).collect();
        described.sort_unstable();
        assert_eq!(handled, described);
        assert!(!described.is_empty());
    }
}
