//! One file per resource of the API, with its handlers.

pub(crate) mod audiences;
pub(crate) mod automations;
pub(crate) mod brands;
pub(crate) mod broadcasts;
pub(crate) mod bulk;
pub(crate) mod content;
pub(crate) mod device_sets;
pub(crate) mod elements;
pub(crate) mod journeys;
pub(crate) mod lists;
pub(crate) mod messages;
pub(crate) mod preferences;
pub(crate) mod profiles;
pub(crate) mod providers;
pub(crate) mod routing_strategies;
pub(crate) mod runs;
pub(crate) mod sections;
pub(crate) mod send;
pub(crate) mod templates;
pub(crate) mod tenants;
pub(crate) mod tokens;
pub(crate) mod track_events;
pub(crate) mod translations;
pub(crate) mod webhooks;
