//! Users who are not in the job.

use std::collections::HashMap;

use serde_json::Value;

/// A user who was not added to the job.
///
/// ```
/// use trycourier::ext::bulk::Refused;
///
/// /// The refused among the users of the job.
/// fn again<'a, T>(users: &'a [T], refused: &[Refused]) -> Vec<&'a T> {
///     let places = refused.iter().filter_map(|user| usize::try_from(user.place?).ok());
///     places.filter_map(|place| users.get(place)).collect()
/// }
/// ```
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Refused {
    /// The user's place in the input, from 0; `None` if Courier's answer does not say which user it means.
    pub place: Option<u64>,
    /// Courier's reason, such as `Duplicate user`, or this crate's own.
    pub reason: String,
}

/// A user whom Courier refused, as the answer has it.
pub(super) struct Refusal {
    pub reason: String,
    pub user: Value,
}

impl Refusal {
    pub(super) fn is_of_a_duplicate(&self) -> bool {
        self.reason.to_ascii_lowercase().contains("duplicate")
    }
}

/// Finds the users that an answer means among those that were sent, whose places are given too.
pub(super) fn located(refusals: &[Refusal], sent: &[Value], places: &[u64]) -> Vec<Refused> {
    // By identity, because an answer can name more users than were sent.
    let mut left: HashMap<Option<&str>, Vec<(&Value, u64)>> = HashMap::new();
    for (user, place) in sent.iter().zip(places) {
        left.entry(identity(user)).or_default().push((user, *place));
    }
    let mut found: Vec<Refused> = refusals
        .iter()
        .rev()
        .map(|refusal| {
            let id = identity(&refusal.user);
            let place = left.get_mut(&id).and_then(|alike| {
                // From the end: of two that are equal, it is the second who is a duplicate.
                let same = alike.iter().rposition(|(user, _)| **user == refusal.user);
                let at = same.or_else(|| id.and(alike.len().checked_sub(1)))?;
                Some(alike.remove(at).1)
            });
            Refused { place, reason: refusal.reason.clone() }
        })
        .collect();
    found.reverse();
    found
}

/// By what Courier knows a user. Its answers have some of it at another place than it was sent.
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
    PLACES.iter().find_map(|place| user.pointer(place)?.as_str())
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use serde_json::{Value, json};

    use super::{Refusal, located};

    fn places(refused: &[Value], sent: &[Value]) -> Vec<Option<u64>> {
        let refusals = refused.iter().map(|user| Refusal { reason: "Duplicate user".to_owned(), user: user.clone() });
        let places: Vec<u64> = (100..).take(sent.len()).collect();
        located(&refusals.collect::<Vec<_>>(), sent, &places).into_iter().map(|refused| refused.place).collect()
    }

    #[test]
    fn a_user_is_found_as_sent_or_by_id() {
        let sent = [
            json!({"to": {"user_id": "a"}, "profile": {"email": "a@example.com"}}),
            json!({"recipient": "b"}),
            json!({"profile": {"email": "c@example.com"}}),
        ];
        assert_eq!(places(&[sent[2].clone(), sent[0].clone()], &sent), [Some(102), Some(100)]);
        let otherwise =
            [json!({"user_id": "a", "email": "x"}), json!({"email": "c@example.com"}), json!({"user_id": "b"})];
        assert_eq!(places(&otherwise, &sent), [Some(100), Some(102), Some(101)]);
        assert_eq!(places(&[json!({"user_id": "z"}), json!({}), Value::Null], &sent), [None; 3]);
    }

    #[test]
    fn an_answer_that_names_more_than_were_sent_takes_no_longer_to_read() {
        let user =
            |name: &str, number: usize| json!({"recipient": format!("{name}{number}"), "profile": {"a": number}});
        let sent: Vec<Value> = (0..1000).map(|number| user("u", number)).collect();
        let refused: Vec<Value> = (0..25_000).map(|number| user("nobody", number)).collect();
        let begun = Instant::now();
        assert!(places(&refused, &sent).iter().all(Option::is_none));
        assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
    }

    #[test]
    fn of_equal_users_the_later_ones_are_meant() {
        let user = json!({"recipient": "a"});
        let other = json!({"recipient": "b"});
        let sent = [user.clone(), other, user.clone(), user.clone()];
        assert_eq!(places(&[user.clone(), user.clone()], &sent), [Some(102), Some(103)]);
        assert_eq!(places(&vec![user; 4], &sent), [None, Some(100), Some(102), Some(103)]);
    }
}
