//! Users who are not in the job.

use std::collections::HashMap;

use serde_json::Value;

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
    /// The user's index in the input, from 0; `None` if Courier's response does not say which user it means.
    pub index: Option<u64>,
    /// Courier's reason, such as `Duplicate user`, or this crate's own.
    pub reason: String,
}

/// A user whom Courier rejected, as the response has it.
pub(super) struct Rejection {
    pub reason: String,
    pub user: Value,
}

impl Rejection {
    pub(super) fn is_of_a_duplicate(&self) -> bool {
        self.reason.to_ascii_lowercase().contains("duplicate")
    }
}

/// Finds the users that a response means among those that were sent, whose indices are given too.
pub(super) fn located(rejections: &[Rejection], sent: &[Value], indices: &[u64]) -> Vec<Rejected> {
    // By identity, because a response can name more users than were sent.
    let mut left: HashMap<Option<&str>, Vec<(&Value, u64)>> = HashMap::new();
    for (user, index) in sent.iter().zip(indices) {
        left.entry(identity(user)).or_default().push((user, *index));
    }
    let mut found: Vec<Rejected> = rejections
        .iter()
        .rev()
        .map(|rejection| {
            let id = identity(&rejection.user);
            let index = left.get_mut(&id).and_then(|alike| {
                // From the end: of two that are equal, it is the second who is a duplicate.
                let same = alike.iter().rposition(|(user, _)| **user == rejection.user);
                let at = same.or_else(|| id.and(alike.len().checked_sub(1)))?;
                Some(alike.remove(at).1)
            });
            Rejected { index, reason: rejection.reason.clone() }
        })
        .collect();
    found.reverse();
    found
}

/// By what Courier knows a user. Its answers have some of it at another index than it was sent.
fn identity(user: &Value) -> Option<&str> {
    const PLACES: [&str; 9] = [
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
    PLACES.iter().find_map(|index| user.pointer(index)?.as_str())
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use serde_json::{Value, json};

    use super::{Rejection, located};

    fn indices(rejected: &[Value], sent: &[Value]) -> Vec<Option<u64>> {
        let rejections =
            rejected.iter().map(|user| Rejection { reason: "Duplicate user".to_owned(), user: user.clone() });
        let indices: Vec<u64> = (100..).take(sent.len()).collect();
        located(&rejections.collect::<Vec<_>>(), sent, &indices).into_iter().map(|rejected| rejected.index).collect()
    }

    #[test]
    fn a_user_is_found_as_sent_or_by_id() {
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
    fn an_answer_that_names_more_than_were_sent_takes_no_longer_to_read() {
        let user =
            |name: &str, number: usize| json!({"recipient": format!("{name}{number}"), "profile": {"a": number}});
        let sent: Vec<Value> = (0..1000).map(|number| user("u", number)).collect();
        let rejected: Vec<Value> = (0..25_000).map(|number| user("nobody", number)).collect();
        let begun = Instant::now();
        assert!(indices(&rejected, &sent).iter().all(Option::is_none));
        assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
    }

    #[test]
    fn of_equal_users_the_later_ones_are_meant() {
        let user = json!({"recipient": "a"});
        let other = json!({"recipient": "b"});
        let sent = [user.clone(), other, user.clone(), user.clone()];
        assert_eq!(indices(&[user.clone(), user.clone()], &sent), [Some(102), Some(103)]);
        assert_eq!(indices(&vec![user; 4], &sent), [None, Some(100), Some(102), Some(103)]);
    }
}
