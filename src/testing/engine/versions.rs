//! A draft and its published versions.

use serde_json::{Value, json};

use super::json::{text, with};
use super::request::Request;
use super::response::Response;

/// The user that the fake names as the creator of everything.
pub(crate) const CREATOR: &str = "user_local";

#[derive(Clone)]
pub(crate) struct Versions {
    pub draft: Value,
    pub created: i64,
    /// The time of the last change of the draft.
    pub updated: Option<i64>,
    pub archived: bool,
    /// The draft differs from the last version.
    changed: bool,
    /// The content of each version, and the time at which it was published.
    published: Vec<(Value, i64)>,
    /// The index of the version in use.
    live: usize,
}

impl Versions {
    pub fn new(draft: Value, now: i64) -> Self {
        Self { draft, created: now, updated: None, archived: false, changed: true, published: Vec::new(), live: 0 }
    }

    pub fn write(&mut self, draft: Value, now: i64) {
        self.changed |= self.draft != draft;
        self.draft = draft;
        self.updated = Some(now);
    }

    /// The content of the version in use.
    pub fn live(&self) -> Option<&Value> {
        self.published.get(self.live).map(|(content, _)| content)
    }

    /// The time at which the version in use was published.
    pub fn published(&self) -> Option<i64> {
        self.published.get(self.live).map(|(_, at)| *at)
    }

    /// A version's content, with the properties that all of its kind have.
    pub fn details(&self, id: &str, version: &str, content: &Value) -> Value {
        let state = if version == "draft" || self.published.is_empty() { "DRAFT" } else { "PUBLISHED" };
        let about = json!({
            "id": id, "state": state, "created": self.created, "creator": CREATOR, "updated": self.updated,
            "updater": self.updated.map(|_| CREATOR),
        });
        with(content.clone(), about)
    }

    /// Publishes the draft. An unchanged draft does not create a new version.
    pub fn publish(&mut self, now: i64) {
        if self.changed || self.published.is_empty() {
            self.published.push((self.draft.clone(), now));
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

    /// Publishes an earlier version again, as a new one.
    pub fn restore(&mut self, name: &str, now: i64) -> Result<(), Response> {
        self.published.push((self.read(name)?.clone(), now));
        self.live = self.published.len() - 1;
        Ok(())
    }

    /// Puts an earlier version in use again.
    pub fn select(&mut self, name: &str) -> Result<(), Response> {
        self.live = self.index(name).ok_or_else(|| Response::not_found("version", name))?;
        Ok(())
    }

    /// Returns the content of `draft`, `published`, or a version by its name.
    pub fn read(&self, name: &str) -> Result<&Value, Response> {
        let version = || self.published.get(self.index(name)?).map(|(content, _)| content);
        let content = if name == "draft" { Some(&self.draft) } else { version() };
        content.ok_or_else(|| Response::not_found("version", name))
    }

    /// Returns the version that the request names, and its content.
    pub fn requested<'a>(&self, request: &'a Request<'_>) -> Result<(&'a str, &Value), Response> {
        let version = request.parameter("version").unwrap_or("published");
        Ok((version, self.read(version)?))
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
        let live = self.name("published");
        let published = self.all().map(move |(name, _, at)| {
            let name = if name == live { format!("published:{name}") } else { name };
            json!({"version": name, "created": at, "creator": CREATOR})
        });
        std::iter::once(draft).chain(published)
    }

    /// The published versions, the most recent first: name, content and time.
    pub fn all(&self) -> impl Iterator<Item = (String, &Value, i64)> {
        self.published.iter().enumerate().rev().map(|(index, (content, at))| (named(index), content, *at))
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
        assert_eq!(versions.live(), None);
        assert_eq!(versions.details("id", "published", &json!({}))["state"], "DRAFT");
        versions.publish(2);
        versions.publish(3);
        versions.write(json!("two"), 4);
        assert_eq!((versions.live(), &versions.draft), (Some(&json!("one")), &json!("two")));
        versions.publish(4);
        assert_eq!((versions.live(), versions.name("published")), (Some(&json!("two")), "v002".to_owned()));
        assert!(versions.restore("v001", 5).is_ok());
        assert_eq!((versions.live(), versions.name("published")), (Some(&json!("one")), "v003".to_owned()));
        assert!(versions.restore("v009", 6).is_err());
        assert_eq!(versions.history().count(), 4);
    }
}
