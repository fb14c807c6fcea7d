//! Accessors for what both kinds of templates in a list have.

use crate::types::NotificationListItem;

impl NotificationListItem {
    /// The id of the template, of either kind.
    ///
    /// ```
    /// # use serde_json::json;
    /// use trycourier::types::NotificationListItem;
    ///
    /// let item = NotificationListItem::from(json!({"id": "nt_1", "title": "Welcome"}));
    /// assert_eq!((item.id(), item.name()), (Some("nt_1"), Some("Welcome")));
    /// ```
    pub fn id(&self) -> Option<&str> {
        match self {
            Self::Notification(template) => Some(&template.id),
            Self::TemplateSummary(template) => Some(&template.id),
            Self::Unrecognized(object) => object.get("id")?.as_str(),
        }
    }

    /// The name of the template in the Courier app, which templates of the legacy designer have as `title`.
    pub fn name(&self) -> Option<&str> {
        match self {
            Self::Notification(template) => template.title.as_deref(),
            Self::TemplateSummary(template) => Some(&template.name),
            Self::Unrecognized(object) => object.get("name").or_else(|| object.get("title"))?.as_str(),
        }
    }
}
