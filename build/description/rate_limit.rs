//! The documented rate limit of an operation: its `x-rate-limit`, such as `20/minute`.

use serde_json::Value;

use crate::description::lookup::text;

/// The units that a limit can have, in seconds.
const UNITS: [(&str, u64); 3] = [("second", 1), ("minute", 60), ("hour", 3_600)];

/// The number of requests that Courier accepts in a period.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RateLimit {
    pub requests: u32,
    pub seconds: u64,
    unit: &'static str,
    /// `true` if larger plans allow more: `1/second or more`.
    by_plan: bool,
}

impl RateLimit {
    /// The sentence for the documentation of the operation.
    pub fn sentence(&self) -> String {
        let Self { requests, unit, .. } = self;
        let noun = if *requests == 1 { "request" } else { "requests" };
        let article = if *unit == "hour" { "an" } else { "a" };
        let more = if self.by_plan { "; larger plans allow more" } else { "" };
        format!("Courier limits this operation to {requests} {noun} {article} {unit}{more}.")
    }
}

/// The rate limit of an operation, if Courier documents one.
pub fn rate_limit(operation: &Value) -> Result<Option<RateLimit>, String> {
    let Some(described) = operation.get("x-rate-limit") else { return Ok(None) };
    let limit = text(operation, "x-rate-limit").and_then(parse);
    limit.map(Some).ok_or_else(|| format!("its `x-rate-limit` {described} is not a limit such as `20/minute`"))
}

fn parse(text: &str) -> Option<RateLimit> {
    let rate = text.strip_suffix(" or more");
    let (requests, unit) = rate.unwrap_or(text).split_once('/')?;
    let (unit, seconds) = UNITS.into_iter().find(|(name, _)| *name == unit)?;
    let requests = requests.parse().ok().filter(|requests| *requests > 0)?;
    Some(RateLimit { requests, seconds, unit, by_plan: rate.is_some() })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::rate_limit;

    #[test]
    fn a_limit_is_a_number_and_a_unit() {
        let read = |text: &str| rate_limit(&json!({"x-rate-limit": text}));
        let limit = read("20/minute").unwrap().unwrap();
        assert_eq!((limit.requests, limit.seconds), (20, 60));
        assert_eq!(limit.sentence(), "Courier limits this operation to 20 requests a minute.");
        let by_plan = read("1/second or more").unwrap().unwrap();
        let sentence = "Courier limits this operation to 1 request a second; larger plans allow more.";
        assert_eq!(by_plan.sentence(), sentence);
        assert_eq!(rate_limit(&json!({})), Ok(None));
        for wrong in ["20", "0/minute", "20/fortnight", "many/hour", "20/minute at most"] {
            let error = read(wrong).unwrap_err();
            assert_eq!(error, format!("its `x-rate-limit` {wrong:?} is not a limit such as `20/minute`"));
        }
    }
}
