//! Content as it can be written, from content as it was read.

#[cfg(has_type = "ContentElements")]
use crate::types::ContentElements;
use crate::types::ElementalContent;
use serde::Serialize;
use serde_json::Value;

#[cfg(has_type = "ContentElements")]
impl ContentElements {
    /// Returns the content in the form in which it can be written, for instance with
    /// [`notifications.put_content`](crate::resources::Notifications::put_content).
    ///
    /// Courier rejects content as it returns it, with the message ``Unrecognized key: "checksum"``. This function
    /// removes the `checksum` of every element and translation, and the keys in `locales` that begin with an
    /// underscore, which Courier's own editor adds. It keeps the ids and the translations: without them, Courier would
    /// give the elements new ids and delete their translations.
    ///
    /// ```
    /// use serde_json::json;
    /// use trycourier::types::ContentElements;
    ///
    /// let read: ContentElements = serde_json::from_value(json!({
    ///     "version": "2022-01-01",
    ///     "elements": [{"type": "text", "checksum": "8b1a", "locales": {"fr": {"content": "Hé", "_sourceHash": "1f3a"}}}],
    /// }))?;
    /// let written = json!({
    ///     "version": "2022-01-01",
    ///     "elements": [{"type": "text", "locales": {"fr": {"content": "Hé"}}}],
    /// });
    /// assert_eq!(serde_json::to_value(read.normalized())?, written);
    /// # Ok::<(), serde_json::Error>(())
    /// ```
    #[doc(alias = "checksum")]
    #[doc(alias = "templates as code")]
    pub fn normalized(&self) -> ElementalContent {
        normalized(self)
    }
}

impl ElementalContent {
    /// Returns the content without the keys that Courier adds and rejects when they are written: `checksum`, and those
    /// in `locales` that begin with an underscore. Use it for content from a response. Content that you wrote yourself
    /// does not need it.
    ///
    /// ```
    /// use serde_json::json;
    /// use trycourier::types::ElementalContent;
    ///
    /// let stored = json!({"version": "2022-01-01", "elements": [{"type": "divider", "id": "line", "checksum": "d41d"}]});
    /// let content: ElementalContent = serde_json::from_value(stored)?;
    /// assert_eq!(
    ///     serde_json::to_value(content.normalized())?,
    ///     json!({"version": "2022-01-01", "elements": [{"type": "divider", "id": "line"}]})
    /// );
    /// # Ok::<(), serde_json::Error>(())
    /// ```
    pub fn normalized(&self) -> Self {
        normalized(self)
    }
}

fn normalized(content: &impl Serialize) -> ElementalContent {
    let mut value = serde_json::to_value(content).unwrap_or_default();
    strip_elements(&mut value);
    crate::json::from_value(&value).unwrap_or_else(|| ElementalContent::new([Value::Null; 0]))
}

/// Strips the elements inside a document, an element or a translation.
///
/// Other values are left alone, because the raw content of a channel can have any keys.
fn strip_elements(parent: &mut Value) {
    let elements = parent.get_mut("elements").and_then(Value::as_array_mut);
    for element in elements.into_iter().flatten() {
        if let Some(element) = element.as_object_mut() {
            element.remove("checksum");
        }
        strip_elements(element);
        let Some(locales) = element.get_mut("locales").and_then(Value::as_object_mut) else { continue };
        locales.retain(|code, _| !code.starts_with('_'));
        for locale in locales.values_mut() {
            if let Some(translation) = locale.as_object_mut() {
                translation.retain(|key, _| key != "checksum" && !key.starts_with('_'));
            }
            strip_elements(locale);
        }
    }
}
