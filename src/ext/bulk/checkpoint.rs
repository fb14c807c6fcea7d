//! The progress of a bulk job, to save and to resume from.

use std::ops::Range;

use serde::{Deserialize, Serialize};

/// The progress of a bulk job, to save and to resume from.
///
/// A serialized checkpoint has a few hundred bytes, regardless of the size of the job. Overwrite the saved checkpoint
/// with each new checkpoint. It covers the requests sent before the next checkpoint, so after a crash, no user is added
/// twice or reported as a duplicate.
///
/// ```
/// use trycourier::ext::bulk::Checkpoint;
///
/// let saved = r#"{"job_id": "1-65f240a0", "done": [[0, 2000]], "reach": 6000, "rejected": 3, "stage": "created"}"#;
/// let checkpoint: Checkpoint = serde_json::from_str(saved)?;
/// assert_eq!((checkpoint.job_id(), checkpoint.seen(), checkpoint.rejected()), ("1-65f240a0", 2000, 3));
/// assert!(!checkpoint.is_ingested() && !checkpoint.has_run());
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[must_use]
pub struct Checkpoint {
    job_id: String,
    /// The indices in the input of the users who were added or rejected.
    #[serde(default)]
    pub(super) done: Indices,
    /// No user from this index on can have been added before the next checkpoint.
    #[serde(default)]
    pub(super) reach: u64,
    #[serde(default)]
    rejected: u64,
    #[serde(default)]
    stage: Stage,
}

/// The last completed step of the job.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Stage {
    #[default]
    Created,
    /// All users of the input were added or rejected.
    Ingested,
    Run,
}

impl Checkpoint {
    pub(super) fn new(job_id: String) -> Self {
        Self { job_id, done: Indices::default(), reach: 0, rejected: 0, stage: Stage::Created }
    }

    /// Returns the job's id.
    ///
    /// ```no_run
    /// # fn example(checkpoint: &trycourier::ext::bulk::Checkpoint) {
    /// println!("job {}", checkpoint.job_id());
    /// # }
    /// ```
    pub fn job_id(&self) -> &str {
        &self.job_id
    }

    /// Returns the number of processed users of the input, both added and rejected.
    ///
    /// ```no_run
    /// # fn example(checkpoint: &trycourier::ext::bulk::Checkpoint, all: u64) {
    /// println!("{} %", 100 * checkpoint.seen() / all);
    /// # }
    /// ```
    pub fn seen(&self) -> u64 {
        self.done.len()
    }

    /// Returns the number of rejected users.
    ///
    /// ```no_run
    /// # fn example(checkpoint: &trycourier::ext::bulk::Checkpoint) {
    /// println!("{} users are in the job", checkpoint.seen() - checkpoint.rejected());
    /// # }
    /// ```
    pub fn rejected(&self) -> u64 {
        self.rejected
    }

    /// Returns `true` if all users are in the job.
    ///
    /// ```no_run
    /// # fn example(checkpoint: &trycourier::ext::bulk::Checkpoint) {
    /// if checkpoint.is_ingested() && !checkpoint.has_run() {
    ///     println!("all users are in the job, and nothing is sent yet");
    /// }
    /// # }
    /// ```
    pub fn is_ingested(&self) -> bool {
        self.stage >= Stage::Ingested
    }

    /// Returns `true` if the job was run.
    ///
    /// ```no_run
    /// # fn example(checkpoint: &trycourier::ext::bulk::Checkpoint) {
    /// if checkpoint.has_run() {
    ///     println!("the job can no longer be stopped");
    /// }
    /// # }
    /// ```
    pub fn has_run(&self) -> bool {
        self.stage >= Stage::Run
    }

    pub(super) fn add(&mut self, indices: Range<u64>, rejected: u64) {
        self.done.insert(indices);
        self.rejected = self.rejected.saturating_add(rejected);
    }

    /// Covers the requests with this number of users after those who are done.
    pub(super) fn reaches(&mut self, ahead: u64) {
        self.reach = self.reach.max(self.done.end().saturating_add(ahead));
    }

    pub(super) fn enters(&mut self, stage: Stage) {
        self.stage = self.stage.max(stage);
    }
}

/// A set of indices as sorted ranges: one range, plus at most one for each chunk in flight.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Vec<(u64, u64)>")]
pub(super) struct Indices(Vec<(u64, u64)>);

impl Indices {
    pub(super) fn contains(&self, index: u64) -> bool {
        let after = self.0.partition_point(|(start, _)| *start <= index);
        after.checked_sub(1).and_then(|index| self.0.get(index)).is_some_and(|(_, end)| index < *end)
    }

    pub(super) fn len(&self) -> u64 {
        self.0.iter().fold(0, |sum, (start, end)| sum.saturating_add(end - start))
    }

    /// Returns the index after the last index.
    fn end(&self) -> u64 {
        self.0.last().map_or(0, |(_, end)| *end)
    }

    pub(super) fn insert(&mut self, new: Range<u64>) {
        if new.is_empty() {
            return;
        }
        let (mut start, mut end) = (new.start, new.end);
        self.0.retain(|range| {
            let touches = range.0 <= end && start <= range.1;
            if touches {
                (start, end) = (start.min(range.0), end.max(range.1));
            }
            !touches
        });
        let index = self.0.partition_point(|range| range.0 < start);
        self.0.insert(index, (start, end));
    }
}

impl From<Vec<(u64, u64)>> for Indices {
    fn from(ranges: Vec<(u64, u64)>) -> Self {
        let mut indices = Self::default();
        ranges.into_iter().for_each(|(start, end)| indices.insert(start..end));
        indices
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Checkpoint, Indices, Stage};

    #[test]
    fn indices_merge_into_few_ranges() {
        let mut indices = Indices::default();
        for start in [3, 1, 5, 0, 2, 4, 9] {
            indices.insert(start..start + 1);
        }
        assert_eq!(serde_json::to_value(&indices).unwrap(), json!([[0, 6], [9, 10]]));
        indices.insert(4..9);
        assert_eq!(serde_json::to_value(&indices).unwrap(), json!([[0, 10]]));
        indices.insert(20..20);
        #[allow(clippy::reversed_empty_ranges, reason = "a file can have anything in it")]
        indices.insert(40..30);
        assert_eq!(serde_json::to_value(&indices).unwrap(), json!([[0, 10]]));
        assert_eq!(indices.len(), 10);
    }

    #[test]
    fn indices_contain_what_was_inserted() {
        let mut indices = Indices::default();
        let mut expected = [false; 64];
        let mut number = 1_u64;
        for _ in 0..200 {
            number = number.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
            let start = number >> 58;
            let end = (start + (number >> 40) % 3).min(64);
            indices.insert(start..end);
            (start..end).for_each(|index| expected[index as usize] = true);
            let found: Vec<bool> = (0..64).map(|index| indices.contains(index)).collect();
            assert_eq!(found, expected);
            assert_eq!(indices.len() as usize, expected.iter().filter(|is| **is).count());
        }
    }

    #[test]
    fn checkpoint_is_read_by_later_versions() {
        let mut checkpoint = Checkpoint::new("job".to_owned());
        checkpoint.add(0..1000, 3);
        checkpoint.reaches(4000);
        checkpoint.reaches(3000);
        checkpoint.enters(Stage::Run);
        checkpoint.enters(Stage::Ingested);
        let saved = serde_json::to_value(&checkpoint).unwrap();
        let expected = json!({"job_id": "job", "done": [[0, 1000]], "reach": 5000, "rejected": 3, "stage": "run"});
        assert_eq!(saved, expected);
        assert_eq!(serde_json::from_value::<Checkpoint>(saved).unwrap(), checkpoint);
        let least: Checkpoint = serde_json::from_value(json!({"job_id": "job", "new": 1})).unwrap();
        assert_eq!(least, Checkpoint::new("job".to_owned()));
        assert!(checkpoint.is_ingested() && checkpoint.has_run() && !least.is_ingested());
        assert_eq!((checkpoint.seen(), checkpoint.rejected(), checkpoint.job_id()), (1000, 3, "job"));
    }
}
