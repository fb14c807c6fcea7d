//! Which function does what an operation asks for. An operation that has none answers an example.

use crate::testing::engine::request::Request;
use crate::testing::engine::response::Answer;
use crate::testing::engine::state::State;
use crate::testing::resources::{
    audiences, automations, brands, broadcasts, bulk, device_sets, journeys, lists, messages, preferences, profiles,
    providers, routing_strategies, sections, send, templates, tenants, tokens, track_events, translations,
};

pub(crate) type Handler = fn(&mut State, &Request<'_>) -> Result<Answer, Answer>;

/// The handler of the operation with this method and path; an argument in the path is `{}`.
pub(crate) fn handler(method: &str, path: &[&str]) -> Option<Handler> {
    let handler: Handler = match (method, path) {
        ("GET", ["audiences"]) => audiences::list_all,
        ("GET", ["audiences", "{}"]) => audiences::retrieve,
        ("PUT", ["audiences", "{}"]) => audiences::update,
        ("DELETE", ["audiences", "{}"]) => audiences::delete,
        ("GET", ["audiences", "{}", "members"]) => audiences::list_members,

        ("POST", ["auth", "issue-token"]) => tokens::issue,

        ("GET", ["automations"]) => automations::list_templates,
        ("POST", ["automations", "invoke"]) => automations::invoke,
        ("POST", ["automations", "{}", "invoke"]) => automations::invoke_template,
        ("GET", ["automations", "runs"]) => automations::list_runs,
        ("GET", ["automations", "runs", "{}", "steps"]) => automations::list_run_steps,

        ("POST", ["brands"]) => brands::create,
        ("GET", ["brands"]) => brands::list_all,
        ("GET", ["brands", "{}"]) => brands::retrieve,
        ("PUT", ["brands", "{}"]) => brands::update,
        ("DELETE", ["brands", "{}"]) => brands::delete,

        ("POST", ["broadcasts"]) => broadcasts::create,
        ("GET", ["broadcasts"]) => broadcasts::list_all,
        ("GET", ["broadcasts", "{}"]) => broadcasts::retrieve,
        ("PUT", ["broadcasts", "{}"]) => broadcasts::update,
        ("DELETE", ["broadcasts", "{}"]) => broadcasts::archive,
        ("POST", ["broadcasts", "{}", "cancel"]) => broadcasts::cancel,
        ("PUT", ["broadcasts", "{}", "content"]) => broadcasts::put_content,
        ("GET", ["broadcasts", "{}", "content"]) => broadcasts::retrieve_content,
        ("POST", ["broadcasts", "{}", "duplicate"]) => broadcasts::duplicate,
        ("POST", ["broadcasts", "{}", "schedule"]) => broadcasts::schedule,
        ("POST", ["broadcasts", "{}", "send"]) => broadcasts::send,

        ("POST", ["bulk"]) => bulk::create,
        ("POST", ["bulk", "{}"]) => bulk::add_users,
        ("GET", ["bulk", "{}"]) => bulk::retrieve,
        ("POST", ["bulk", "{}", "run"]) => bulk::run,
        ("GET", ["bulk", "{}", "users"]) => bulk::list_users,

        ("POST", ["inbound", "courier"]) => track_events::track,

        ("POST", ["journeys"]) => journeys::create,
        ("GET", ["journeys"]) => journeys::list_all,
        ("POST", ["journeys", "cancel"]) => journeys::cancel,
        ("GET", ["journeys", "runs"]) => journeys::list_runs,
        ("GET", ["journeys", "runs", "{}"]) => journeys::retrieve_run,
        ("GET", ["journeys", "runs", "{}", "steps"]) => journeys::list_run_steps,
        ("GET", ["journeys", "{}"]) => journeys::retrieve,
        ("DELETE", ["journeys", "{}"]) => journeys::archive,
        ("PUT", ["journeys", "{}"]) => journeys::replace,
        ("POST", ["journeys", "{}", "invoke"]) => journeys::invoke,
        ("POST", ["journeys", "{}", "publish"]) => journeys::publish,
        ("GET", ["journeys", "{}", "versions"]) => journeys::list_versions,
        ("POST", ["journeys", "{}", "templates"]) => journeys::create_template,
        ("GET", ["journeys", "{}", "templates"]) => journeys::list_templates,
        ("GET", ["journeys", "{}", "templates", "{}"]) => journeys::retrieve_template,
        ("DELETE", ["journeys", "{}", "templates", "{}"]) => journeys::archive_template,
        ("PUT", ["journeys", "{}", "templates", "{}"]) => journeys::replace_template,
        ("PUT", ["journeys", "{}", "templates", "{}", "content"]) => journeys::put_template_content,
        ("GET", ["journeys", "{}", "templates", "{}", "content"]) => journeys::retrieve_template_content,
        ("PUT", ["journeys", "{}", "templates", "{}", "locales", "{}"]) => journeys::put_template_locale,
        ("POST", ["journeys", "{}", "templates", "{}", "publish"]) => journeys::publish_template,
        ("GET", ["journeys", "{}", "templates", "{}", "versions"]) => journeys::list_template_versions,

        ("GET", ["lists"]) => lists::list_all,
        ("GET", ["lists", "{}"]) => lists::retrieve,
        ("PUT", ["lists", "{}"]) => lists::update,
        ("DELETE", ["lists", "{}"]) => lists::delete,
        ("PUT", ["lists", "{}", "restore"]) => lists::restore,
        ("GET", ["lists", "{}", "subscriptions"]) => lists::list_subscriptions,
        ("POST", ["lists", "{}", "subscriptions"]) => lists::add_subscriptions,
        ("PUT", ["lists", "{}", "subscriptions"]) => lists::replace_subscriptions,
        ("PUT", ["lists", "{}", "subscriptions", "{}"]) => lists::subscribe_user,
        ("DELETE", ["lists", "{}", "subscriptions", "{}"]) => lists::unsubscribe_user,

        ("GET", ["messages"]) => messages::list_all,
        ("GET", ["messages", "{}"]) => messages::retrieve,
        ("POST", ["messages", "{}", "cancel"]) => messages::cancel,
        ("GET", ["messages", "{}", "history"]) => messages::history,
        ("GET", ["messages", "{}", "output"]) => messages::output,
        ("POST", ["messages", "{}", "resend"]) => messages::resend,
        ("PUT", ["requests", "{}", "archive"]) => messages::archive_request,

        ("POST", ["notifications"]) => templates::create,
        ("GET", ["notifications"]) => templates::list_all,
        ("GET", ["notifications", "{}"]) => templates::retrieve,
        ("PUT", ["notifications", "{}"]) => templates::replace,
        ("DELETE", ["notifications", "{}"]) => templates::archive,
        ("POST", ["notifications", "{}", "publish"]) => templates::publish,
        ("GET", ["notifications", "{}", "versions"]) => templates::list_versions,
        ("PUT", ["notifications", "{}", "content"]) => templates::put_content,
        ("GET", ["notifications", "{}", "content"]) => templates::retrieve_content,
        ("PUT", ["notifications", "{}", "elements", "{}"]) => templates::put_element,
        ("PUT", ["notifications", "{}", "locales", "{}"]) => templates::put_locale,
        ("PUT", ["notifications", "{}", "{}", "checks"]) => templates::update_checks,
        ("GET", ["notifications", "{}", "{}", "checks"]) => templates::list_checks,
        ("DELETE", ["notifications", "{}", "{}", "checks"]) => templates::delete_checks,

        ("GET", ["preferences", "logs"]) => preferences::list_log,
        ("POST", ["preferences", "publish"]) => sections::publish,
        ("POST", ["preferences", "sections"]) => sections::create,
        ("GET", ["preferences", "sections"]) => sections::list_all,
        ("GET", ["preferences", "sections", "{}"]) => sections::retrieve,
        ("PUT", ["preferences", "sections", "{}"]) => sections::replace,
        ("DELETE", ["preferences", "sections", "{}"]) => sections::archive,
        ("POST", ["preferences", "sections", "{}", "topics"]) => sections::create_topic,
        ("GET", ["preferences", "sections", "{}", "topics"]) => sections::list_topics,
        ("GET", ["preferences", "sections", "{}", "topics", "{}"]) => sections::retrieve_topic,
        ("PUT", ["preferences", "sections", "{}", "topics", "{}"]) => sections::replace_topic,
        ("DELETE", ["preferences", "sections", "{}", "topics", "{}"]) => sections::archive_topic,
        ("DELETE", ["preferences", "sections", "{}", "topics", "{}", "digest"]) => sections::delete_digest,
        ("POST", ["preferences", "sections", "{}", "topics", "{}", "digest", "release"]) => sections::release_digest,

        ("POST", ["previews", "device-sets"]) => device_sets::create,
        ("GET", ["previews", "device-sets"]) => device_sets::list_all,
        ("GET", ["previews", "device-sets", "{}"]) => device_sets::retrieve,
        ("PUT", ["previews", "device-sets", "{}"]) => device_sets::update,
        ("DELETE", ["previews", "device-sets", "{}"]) => device_sets::archive,

        ("POST", ["profiles", "{}"]) => profiles::merge,
        ("GET", ["profiles", "{}"]) => profiles::retrieve,
        ("PATCH", ["profiles", "{}"]) => profiles::patch,
        ("PUT", ["profiles", "{}"]) => profiles::replace,
        ("DELETE", ["profiles", "{}"]) => profiles::delete,
        ("GET", ["profiles", "{}", "lists"]) => lists::of_profile,
        ("POST", ["profiles", "{}", "lists"]) => lists::subscribe_profile,
        ("DELETE", ["profiles", "{}", "lists"]) => lists::unsubscribe_profile,

        ("POST", ["providers"]) => providers::create,
        ("GET", ["providers"]) => providers::list_all,
        ("GET", ["providers", "{}"]) => providers::retrieve,
        ("PUT", ["providers", "{}"]) => providers::update,
        ("PATCH", ["providers", "{}"]) => providers::patch,
        ("DELETE", ["providers", "{}"]) => providers::delete,

        ("POST", ["routing-strategies"]) => routing_strategies::create,
        ("GET", ["routing-strategies"]) => routing_strategies::list_all,
        ("GET", ["routing-strategies", "{}"]) => routing_strategies::retrieve,
        ("PUT", ["routing-strategies", "{}"]) => routing_strategies::replace,
        ("DELETE", ["routing-strategies", "{}"]) => routing_strategies::archive,
        ("GET", ["routing-strategies", "{}", "notifications"]) => routing_strategies::list_templates,

        ("POST", ["send"]) => send::send,

        ("GET", ["tenants"]) => tenants::list_all,
        ("GET", ["tenants", "{}"]) => tenants::retrieve,
        ("PUT", ["tenants", "{}"]) => tenants::update,
        ("DELETE", ["tenants", "{}"]) => tenants::delete,
        ("PUT", ["tenants", "{}", "default_preferences", "items", "{}"]) => tenants::set_default,
        ("DELETE", ["tenants", "{}", "default_preferences", "items", "{}"]) => tenants::remove_default,
        ("GET", ["tenants", "{}", "users"]) => tenants::list_users,
        ("GET", ["tenants", "{}", "templates"]) => tenants::list_templates,
        ("GET", ["tenants", "{}", "templates", "{}"]) => tenants::retrieve_template,
        ("PUT", ["tenants", "{}", "templates", "{}"]) => tenants::replace_template,
        ("DELETE", ["tenants", "{}", "templates", "{}"]) => tenants::delete_template,
        ("POST", ["tenants", "{}", "templates", "{}", "publish"]) => tenants::publish_template,
        ("GET", ["tenants", "{}", "templates", "{}", "versions", "{}"]) => tenants::retrieve_template_version,

        ("GET", ["translations", "{}", "{}"]) => translations::retrieve,
        ("PUT", ["translations", "{}", "{}"]) => translations::update,

        ("GET", ["users", "{}", "preferences"]) => preferences::list_all,
        ("PUT", ["users", "{}", "preferences"]) => preferences::replace_all,
        ("POST", ["users", "{}", "preferences"]) => preferences::update_several,
        ("DELETE", ["users", "{}", "preferences", "{}"]) => preferences::delete,
        ("GET", ["users", "{}", "preferences", "{}"]) => preferences::retrieve,
        ("PUT", ["users", "{}", "preferences", "{}"]) => preferences::update,
        ("GET", ["users", "{}", "tenants"]) => tenants::of_user,
        ("PUT", ["users", "{}", "tenants"]) => tenants::add_user_to_several,
        ("DELETE", ["users", "{}", "tenants"]) => tenants::remove_user_from_all,
        ("PUT", ["users", "{}", "tenants", "{}"]) => tenants::add_user,
        ("DELETE", ["users", "{}", "tenants", "{}"]) => tenants::remove_user,
        ("GET", ["users", "{}", "tokens"]) => tokens::list_all,
        ("PUT", ["users", "{}", "tokens"]) => tokens::add_several,
        ("GET", ["users", "{}", "tokens", "{}"]) => tokens::retrieve,
        ("PUT", ["users", "{}", "tokens", "{}"]) => tokens::add,
        ("PATCH", ["users", "{}", "tokens", "{}"]) => tokens::patch,
        ("DELETE", ["users", "{}", "tokens", "{}"]) => tokens::delete,
        _ => return None,
    };
    Some(handler)
}

#[cfg(test)]
mod tests {
    use crate::testing::engine::description::DESCRIPTION;

    /// A path that has changed in the description would lose its handler silently.
    #[test]
    fn only_what_is_named_here_has_no_handler() {
        let without = DESCRIPTION.operations.iter().filter(|operation| operation.handler.is_none());
        let mut without: Vec<String> = without.map(|operation| operation.id.replace('.', "_")).collect();
        without.sort_unstable();
        let expected = [
            "audit_events_list",
            "audit_events_retrieve",
            "digests_schedules_list_instances",
            "digests_schedules_release",
            "notifications_get_metrics",
            "notifications_previews_runs_create",
            "notifications_previews_runs_list",
            "notifications_previews_runs_retrieve",
            "previews_list_devices",
            "providers_catalog_list",
        ];
        assert_eq!(without, expected);
    }
}
