//! Everything that the fake remembers.

use std::collections::{BTreeMap, HashSet, VecDeque};
use std::sync::Arc;

use serde_json::{Map, Value};

use crate::testing::api::recorded_call::Call;
use crate::testing::api::sent::{Cause, Posted};
use crate::testing::api::settings::Settings;
use crate::testing::engine::idempotency::Keys;
use crate::testing::engine::table::Table;
use crate::testing::engine::time as moment;
use crate::testing::resources::audiences::Audience;
use crate::testing::resources::bulk::Job;
use crate::testing::resources::journeys::Journey;
use crate::testing::resources::lists::List;
use crate::testing::resources::messages::Message;
use crate::testing::resources::preferences::Choices;
use crate::testing::resources::runs::Run;
use crate::testing::resources::sections::Section;
use crate::testing::resources::templates::Template;
use crate::testing::resources::tenants::Tenant;
use crate::testing::resources::webhooks::Event;

#[derive(Default)]
pub(crate) struct State {
    pub settings: Settings,
    made: u64,
    pub calls: VecDeque<Call>,
    /// The request that is being answered.
    pub cause: Option<Arc<Cause>>,
    pub sent: VecDeque<Posted>,
    pub keys: Keys,
    pub events: VecDeque<Event>,
    /// The messages whose status can still change by itself, for the webhooks.
    pub moving: HashSet<String>,

    pub audiences: Table<Audience>,
    pub automations: Table<Value>,
    pub automation_runs: Table<Run>,
    pub brands: Table<Value>,
    pub broadcasts: Table<crate::testing::resources::broadcasts::Broadcast>,
    pub checks: BTreeMap<(String, String), Vec<Value>>,
    pub device_sets: Table<Value>,
    pub journeys: Table<Journey>,
    pub journey_runs: Table<Run>,
    pub jobs: Table<Job>,
    pub lists: Table<List>,
    pub messages: Table<Message>,
    pub preferences: BTreeMap<Choices, BTreeMap<String, Map<String, Value>>>,
    pub preference_log: Table<Value>,
    pub published_preferences: u64,
    pub profiles: BTreeMap<String, Map<String, Value>>,
    pub providers: Table<Value>,
    pub routing_strategies: Table<Value>,
    pub sections: Table<Section>,
    pub templates: Table<Template>,
    pub tenants: Table<Tenant>,
    pub tokens: BTreeMap<String, Table<Map<String, Value>>>,
    pub track_events: Table<()>,
    pub translations: BTreeMap<(String, String), String>,
}

impl State {
    /// A new id with a prefix. The ids of a double are the same in every run.
    pub fn id(&mut self, prefix: &str) -> String {
        self.made += 1;
        format!("{prefix}{:026}", self.made)
    }

    /// A new id of a request or a message, in the form that Courier gives them.
    pub fn request_id(&mut self, now: i64) -> String {
        self.made += 1;
        format!("1-{:08x}-{:024x}", now / 1_000, self.made)
    }

    /// The milliseconds from a request to its message's delivery.
    pub fn delivery(&self) -> i64 {
        moment::length(self.settings.delivery)
    }

    /// Drops the oldest of what every call makes more of.
    pub fn forget(&mut self) {
        let keep = self.settings.keep;
        while self.calls.len() > keep {
            self.calls.pop_front();
        }
        while self.sent.len() > keep {
            self.sent.pop_front();
        }
        while self.events.len() > keep {
            self.events.pop_front();
        }
        self.messages.keep(keep);
        self.keys.keep(keep);
        self.automation_runs.keep(keep);
        self.journey_runs.keep(keep);
        self.preference_log.keep(keep);
        self.track_events.keep(keep);
        // Not at each message that goes, because all are looked at.
        if self.moving.len() > 2 * self.messages.len() + 1_000 {
            self.moving.retain(|id| self.messages.contains(id));
        }
    }
}

#[cfg(test)]
mod tests {
    use crate::testing::api::courier::Courier;
    use http::Request;

    #[test]
    fn webhooks_that_nobody_takes_are_forgotten_with_their_messages() {
        let courier = Courier::new();
        courier.collect_webhooks().keep(10);
        let body = r#"{"message": {"to": {"email": "ada@example.com"}, "template": "nt"}}"#;
        for _ in 0..3_000 {
            let request = Request::post("/send").header("authorization", "Bearer test").body(body.into());
            let answer = courier.answer(&request.unwrap_or_default());
            assert_eq!(answer.status(), 202);
        }
        let state = courier.state();
        assert!(state.moving.len() < 1_100 && state.messages.len() == 10, "{}", state.moving.len());
    }
}
