//! The channel of a bulk job, and the address that each user needs for it.

use std::fmt;

use serde_json::Value;

use crate::secrets::names::PUSH_TOKENS;
use crate::types::BulkUser;

/// The channel of a bulk job's message, which determines the address that each user needs.
///
/// Courier accepts a user without an address, or with an address outside of `profile`, and then silently sends nothing.
///
/// ```no_run
/// use trycourier::ext::bulk::{Channel, Job};
///
/// # fn example(job: Job) -> Job {
/// // Each user needs `profile.phone_number`.
/// job.channel(Channel::Sms)
/// # }
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Channel {
    /// Any of the addresses below.
    #[default]
    Any,
    /// `email` in `profile`.
    Email,
    /// `phone_number` in `profile`.
    Sms,
    /// A token in `profile`: `firebaseToken`, `apn`, `expo` and others.
    Push,
    /// `slack`, `ms_teams` or `discord` in `profile`.
    Chat,
    /// No address, because an inbox belongs to the user's id.
    Inbox,
}

const EMAIL: &[&str] = &["email"];
const SMS: &[&str] = &["phone_number"];
const CHAT: &[&str] = &["slack", "ms_teams", "discord"];

impl Channel {
    /// Returns `true` if a profile has an address for this channel. `has` returns `true` if the profile has a value
    /// other than null, an empty string or an empty object under a name.
    pub(super) fn is_addressed(self, has: impl Fn(&str) -> bool) -> bool {
        let any = |names: &[&str]| names.iter().any(|name| has(name));
        match self {
            Self::Any => [EMAIL, SMS, PUSH_TOKENS, CHAT].into_iter().any(any),
            Self::Email => any(EMAIL),
            Self::Sms => any(SMS),
            Self::Push => any(PUSH_TOKENS),
            Self::Chat => any(CHAT),
            Self::Inbox => true,
        }
    }
}

/// The missing address, for an error text.
impl fmt::Display for Channel {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Any => "an address in `profile`",
            Self::Email => "`profile.email`",
            Self::Sms => "`profile.phone_number`",
            Self::Push => "a push token in `profile`",
            Self::Chat => "`slack`, `ms_teams` or `discord` in `profile`",
            Self::Inbox => "nothing",
        })
    }
}

/// The treatment of a user who has no address for the job's channel.
///
/// ```no_run
/// use trycourier::ext::bulk::{Job, MissingAddress};
/// use trycourier::types::BulkUser;
///
/// # async fn example(job: Job, users: Vec<BulkUser>) -> Result<(), Box<dyn std::error::Error>> {
/// let report = job.missing_address(MissingAddress::Reject).send(users).await?;
/// println!("{} users have no address", report.rejected.len());
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum MissingAddress {
    /// Stops with an error that has the user's index. This is the default. The job has not run, and no messages were
    /// sent.
    #[default]
    Fail,
    /// Leaves the user out, and reports the user as rejected.
    Reject,
    /// Adds the user anyway, because Courier has the address in a stored profile.
    Add,
}

impl MissingAddress {
    /// Returns the reason to leave a user out, or as an error, the reason to stop the job.
    pub(super) fn check(self, user: &BulkUser, channel: Channel) -> Result<Option<String>, String> {
        let is_present = |value: &Value| match value {
            Value::Null => false,
            Value::String(text) => !text.trim().is_empty(),
            Value::Object(object) => !object.is_empty(),
            Value::Array(list) => !list.is_empty(),
            _ => true,
        };
        let has = |name: &str| user.profile.as_ref().and_then(|profile| profile.get(name)).is_some_and(is_present);
        match self {
            Self::Add => Ok(None),
            _ if channel.is_addressed(has) => Ok(None),
            Self::Reject => Ok(Some(format!("the user lacks {channel}"))),
            Self::Fail => Err(format!("lacks {channel}")),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Channel, MissingAddress};
    use crate::types::{BulkUser, Object, UserRecipient};

    #[test]
    fn address_belongs_to_its_channel() {
        let addressed = |channel: Channel, name: &str| channel.is_addressed(|candidate| candidate == name);
        for (channel, name) in [
            (Channel::Email, "email"),
            (Channel::Sms, "phone_number"),
            (Channel::Push, "firebaseToken"),
            (Channel::Push, "apn"),
            (Channel::Push, "expo"),
            (Channel::Chat, "slack"),
        ] {
            assert!(addressed(channel, name) && addressed(Channel::Any, name), "{name}");
            assert!(!addressed(channel, "locale"));
        }
        assert!(!addressed(Channel::Email, "phone_number") && !addressed(Channel::Sms, "email"));
        assert!(!addressed(Channel::Any, "locale") && addressed(Channel::Inbox, "locale"));
    }

    #[test]
    fn an_address_counts_in_the_profile_alone() {
        let profiles = [
            (json!({"email": "ada@example.com"}), true),
            (json!({"email": "  "}), false),
            (json!({"email": null}), false),
            (json!({"email": {}}), false),
            (json!({"phone_number": "+15551234567"}), false),
            (json!({}), false),
        ];
        for (profile, expected) in profiles {
            let user = BulkUser::new().profile(Object::from(profile.clone()));
            assert_eq!(MissingAddress::Fail.check(&user, Channel::Email).is_ok(), expected, "{profile}");
        }
        let user = BulkUser::new().recipient("u").to(UserRecipient::new().email("ada@example.com"));
        assert!(MissingAddress::Fail.check(&user, Channel::Email).is_err());
        assert!(matches!(MissingAddress::Reject.check(&user, Channel::Email), Ok(Some(_))));
        assert_eq!(MissingAddress::Add.check(&user, Channel::Email), Ok(None));
        assert_eq!(MissingAddress::Fail.check(&user, Channel::Inbox), Ok(None));
    }
}
