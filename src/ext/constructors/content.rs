//! Constructors for inline content.

use crate::types::{Content, ElementalContent, ElementalNode, TextContent};

/// The two kinds of inline content.
impl Content {
    /// Creates content with a title and a body. The title is the subject of an email.
    ///
    /// ```
    /// use trycourier::types::{Content, Message, Recipient};
    ///
    /// let content = Content::new("Hello", "Your order is on its way.");
    /// let message = Message::new().to(Recipient::user("user_123")).content(content);
    /// ```
    pub fn new(title: impl Into<String>, body: impl Into<String>) -> Self {
        TextContent::new(body).title(title).into()
    }

    /// Creates content from Elemental nodes, which each channel renders appropriately.
    ///
    /// ```
    /// use trycourier::types::{Content, ElementalNode};
    ///
    /// let content = Content::elemental([
    ///     ElementalNode::meta("Your order"),
    ///     ElementalNode::text("It is on its way."),
    ///     ElementalNode::action("Track it", "https://example.com/orders/A-1007"),
    /// ]);
    /// ```
    pub fn elemental(elements: impl IntoIterator<Item = impl Into<ElementalNode>>) -> Self {
        ElementalContent::new(elements).into()
    }
}
