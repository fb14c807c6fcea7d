//! Users who are not in the job.

use std::collections::HashMap;

use serde_json::Value;

use crate::types::BulkUserError;

/// A user who was not added to the job.
///
/// ```
/// use trycourier::ext::bulk::Rejected;
///
/// /// The rejected among the users of the job.
/// fn again<'a, T>(users: &'a [T], rejected: &[Rejected]) -> Vec<&'a T> {
///     let indices = rejected.iter().filter_map(|user| usize::try_from(user.index?).ok());
///     indices.filter_map(|index| users.get(index)).collect()
/// }
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Rejected {
    /// The user's zero-based index in the input, or `None` if Courier's response does not identify the user.
    pub index: Option<u64>,
    /// Courier's reason, such as `Duplicate user`, or this crate's reason.
    pub reason: String,
}

pub(super) fn is_duplicate(error: &BulkUserError) -> bool {
    error.error.as_ref().is_some_and(|reason| reason.to_ascii_lowercase().contains("duplicate"))
}

/// Finds the rejected users among the users in the request's body, given their indices in the input.
pub(super) fn locate(errors: Vec<BulkUserError>, body: &[u8], indices: &[u64]) -> Vec<Rejected> {
    let body: Value = serde_json::from_slice(body).unwrap_or_default();
    let sent = body.get("users").and_then(Value::as_array).map_or(&[][..], Vec::as_slice);
    // Grouped by identity: a response can name more users than were sent, and comparing each pair would take too long.
    let mut unmatched: HashMap<Option<String>, Vec<(&Value, u64)>> = HashMap::new();
    for (user, index) in sent.iter().zip(indices) {
        unmatched.entry(identity(user)).or_default().push((user, *index));
    }
    let mut rejected: Vec<Rejected> = errors
        .into_iter()
        .rev()
        .map(|error| {
            let rejected = serde_json::to_value(error.user).unwrap_or_default();
            let id = identity(&rejected);
            let index = unmatched.get_mut(&id).and_then(|alike| {
                // The search starts at the end, because the second of two equal users is the duplicate.
                let same = alike.iter().rposition(|(user, _)| **user == rejected);
                let position = same.or_else(|| id.and(alike.len().checked_sub(1)))?;
                Some(alike.remove(position).1)
            });
            Rejected { index, reason: error.error.unwrap_or_else(|| "Courier gave no reason".to_owned()) }
        })
        .collect();
    rejected.reverse();
    rejected
}

/// Returns the id or address by which Courier identifies a user. Its name in a response can differ from its name in the
/// request.
fn identity(user: &Value) -> Option<String> {
    const POINTERS: [&str; 9] = [
        "/to/user_id",
        "/user_id",
        "/recipient",
        "/profile/email",
        "/to/email",
        "/email",
        "/profile/phone_number",
        "/to/phone_number",
        "/phone_number",
    ];
    POINTERS.iter().find_map(|pointer| user.pointer(pointer)?.as_str().map(str::to_owned))
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use serde_json::{Value, json};

    use super::{is_duplicate, locate};
    use crate::types::BulkUserError;

    fn error(reason: &str, user: &Value) -> BulkUserError {
        serde_json::from_value(json!({"error": reason, "user": user})).unwrap()
    }

    fn indices(rejected: &[Value], sent: &[Value]) -> Vec<Option<u64>> {
        let errors = rejected.iter().map(|user| error("Duplicate user", user)).collect();
        let indices: Vec<u64> = (100..).take(sent.len()).collect();
        locate(errors, json!({"users": sent}).to_string().as_bytes(), &indices)
            .into_iter()
            .map(|rejected| rejected.index)
            .collect()
    }

    #[test]
    fn user_is_located_as_sent_or_by_id() {
        let sent = [
            json!({"to": {"user_id": "a"}, "profile": {"email": "a@example.com"}}),
            json!({"recipient": "b"}),
            json!({"profile": {"email": "c@example.com"}}),
        ];
        assert_eq!(indices(&[sent[2].clone(), sent[0].clone()], &sent), [Some(102), Some(100)]);
        let otherwise =
            [json!({"user_id": "a", "email": "x"}), json!({"email": "c@example.com"}), json!({"user_id": "b"})];
        assert_eq!(indices(&otherwise, &sent), [Some(100), Some(102), Some(101)]);
        assert_eq!(indices(&[json!({"user_id": "z"}), json!({}), Value::Null], &sent), [None; 3]);
    }

    #[test]
    fn surplus_rejections_take_linear_time() {
        let user =
            |name: &str, number: usize| json!({"recipient": format!("{name}{number}"), "profile": {"a": number}});
        let sent: Vec<Value> = (0..1000).map(|number| user("u", number)).collect();
        let rejected: Vec<Value> = (0..25_000).map(|number| user("nobody", number)).collect();
        let begun = Instant::now();
        assert!(indices(&rejected, &sent).iter().all(Option::is_none));
        assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
    }

    #[test]
    fn later_of_equal_users_is_the_duplicate() {
        let user = json!({"recipient": "a"});
        let other = json!({"recipient": "b"});
        let sent = [user.clone(), other, user.clone(), user.clone()];
        assert_eq!(indices(&[user.clone(), user.clone()], &sent), [Some(102), Some(103)]);
        assert_eq!(indices(&vec![user; 4], &sent), [None, Some(100), Some(102), Some(103)]);
    }

    #[test]
    fn duplicate_is_known_by_its_reason() {
        let rejection = |reason: &str| is_duplicate(&error(reason, &Value::Null));
        assert!(rejection("Duplicate user") && rejection("user is a duplicate") && !rejection("Invalid user"));
    }
}
