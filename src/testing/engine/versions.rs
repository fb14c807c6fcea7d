//! A draft and its published versions.

use serde_json::{Value, json};

use super::json::text;
use super::request::Request;

/// The user that the fake names as the creator of everything.
pub(crate) const CREATOR: &str = "user_local";

#[derive(Clone)]
pub(crate) struct Versions {
    pub draft: Value,
    created: i64,
    /// The draft differs from the last version.
    changed: bool,
    published: Vec<Version>,
    /// The index of the version in use.
    live: usize,
}

#[derive(Clone)]
struct Version {
    content: Value,
    created: i64,
}

impl Versions {
    pub fn new(draft: Value, now: i64) -> Self {
        Self { draft, created: now, changed: true, published: Vec::new(), live: 0 }
    }

    pub fn write(&mut self, draft: Value) {
        self.changed |= self.draft != draft;
        self.draft = draft;
    }

    /// The content of the version in use.
    pub fn live(&self) -> Option<&Value> {
        self.published.get(self.live).map(|version| &version.content)
    }

    /// The time at which the version in use was published.
    pub fn published(&self) -> Option<i64> {
        self.published.get(self.live).map(|version| version.created)
    }

    pub fn is_published(&self) -> bool {
        !self.published.is_empty()
    }

    /// Returns `DRAFT` or `PUBLISHED`, the state of a version.
    pub fn state(&self, version: &str) -> &'static str {
        if version == "draft" || !self.is_published() { "DRAFT" } else { "PUBLISHED" }
    }

    /// Publishes the draft. An unchanged draft does not create a new version.
    pub fn publish(&mut self, now: i64) {
        if self.changed || self.published.is_empty() {
            self.published.push(Version { content: self.draft.clone(), created: now });
            self.changed = false;
        }
        self.live = self.published.len() - 1;
    }

    /// Publishes the draft if the request specifies so, and returns `true`.
    pub fn publish_if_requested(&mut self, request: &Request<'_>) -> bool {
        let is_requested = text(&request.body, "state") == Some("PUBLISHED");
        if is_requested {
            self.publish(request.now);
        }
        is_requested
    }

    /// Publishes an earlier version again, as a new one. Returns `false` if it does not exist.
    pub fn restore(&mut self, name: &str, now: i64) -> bool {
        let Some(content) = self.read(name).cloned() else { return false };
        self.published.push(Version { content, created: now });
        self.live = self.published.len() - 1;
        true
    }

    /// Puts an earlier version in use again. Returns `false` if it does not exist.
    pub fn select(&mut self, name: &str) -> bool {
        let known = self.index(name);
        self.live = known.unwrap_or(self.live);
        known.is_some()
    }

    /// Returns the content of `draft`, `published`, or a version by its name.
    pub fn read(&self, name: &str) -> Option<&Value> {
        match name {
            "draft" => Some(&self.draft),
            _ => self.published.get(self.index(name)?).map(|version| &version.content),
        }
    }

    fn index(&self, name: &str) -> Option<usize> {
        match name.strip_prefix("published:").unwrap_or(name) {
            "published" => Some(self.live),
            name => name.strip_prefix('v')?.parse::<usize>().ok()?.checked_sub(1),
        }
        .filter(|index| *index < self.published.len())
    }

    /// Returns the name of a version. The argument can be `published` or `draft` instead of a name.
    pub fn name(&self, name: &str) -> String {
        match name {
            "draft" => self.newest(),
            _ => self.index(name).map_or_else(|| name.to_owned(), named),
        }
    }

    /// The name of the version that the draft is, or will be.
    pub fn newest(&self) -> String {
        named(if self.changed { self.published.len() } else { self.published.len().saturating_sub(1) })
    }

    /// The history, the most recent first: the draft, then what was published.
    pub fn history(&self) -> impl Iterator<Item = Value> {
        let draft =
            json!({"version": "draft", "created": self.created, "creator": CREATOR, "has_changes": self.changed});
        let published = self.published.iter().enumerate().rev().map(|(index, version)| {
            let name = if index == self.live { format!("published:{}", named(index)) } else { named(index) };
            json!({"version": name, "created": version.created, "creator": CREATOR})
        });
        std::iter::once(draft).chain(published)
    }

    /// The published versions, the most recent first: name, content and time.
    pub fn all(&self) -> impl Iterator<Item = (String, &Value, i64)> {
        let published = self.published.iter().enumerate().rev();
        published.map(|(index, version)| (named(index), &version.content, version.created))
    }
}

fn named(index: usize) -> String {
    format!("v{:03}", index + 1)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::Versions;

    #[test]
    fn draft_is_in_use_once_published() {
        let mut versions = Versions::new(json!("one"), 1);
        assert_eq!((versions.live(), versions.state("published")), (None, "DRAFT"));
        versions.publish(2);
        versions.publish(3);
        versions.write(json!("two"));
        assert_eq!((versions.live(), &versions.draft), (Some(&json!("one")), &json!("two")));
        versions.publish(4);
        assert_eq!((versions.live(), versions.name("published")), (Some(&json!("two")), "v002".to_owned()));
        assert!(versions.restore("v001", 5));
        assert_eq!((versions.live(), versions.name("published")), (Some(&json!("one")), "v003".to_owned()));
        assert!(!versions.restore("v009", 6));
        assert_eq!(versions.history().count(), 4);
    }
}
