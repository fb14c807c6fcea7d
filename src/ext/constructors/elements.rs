//! Constructors for the elements of content.

use crate::types::{
    ElementalAction, ElementalChannel, ElementalChild, ElementalDivider, ElementalHtml, ElementalImage, ElementalMeta,
    ElementalNode, ElementalQuote, ElementalText, TextFormat,
};

macro_rules! elements {
    ($kind:ident) => {
        /// Constructors for the elements, with their required properties. Their types have setters for all others.
        ///
        /// ```
        #[doc = concat!("use trycourier::types::", stringify!($kind), " as Element;")]
        ///
        /// let elements = [
        ///     Element::meta("Your order"),
        ///     Element::text("It is on its way."),
        ///     Element::markdown("Thank you for **waiting**."),
        ///     Element::action("Track it", "https://example.com/orders/A-1007"),
        ///     Element::image("https://example.com/box.png"),
        ///     Element::quote("Nothing is ever late."),
        ///     Element::html("<b>It is on its way.</b>"),
        ///     Element::divider(),
        /// ];
        /// ```
        ///
        /// An element that this version does not have is JSON:
        ///
        /// ```
        /// use serde_json::json;
        #[doc = concat!("use trycourier::types::", stringify!($kind), " as Element;")]
        ///
        /// let element = Element::from(json!({"type": "carousel", "images": ["https://example.com/box.png"]}));
        /// assert!(matches!(element, Element::Unrecognized(_)));
        /// ```
        impl $kind {
            /// Creates a title: the subject of an email, or the title of a push notification.
            pub fn meta(title: impl Into<String>) -> Self {
                ElementalMeta::new().title(title).into()
            }

            /// Creates a paragraph of plain text. For bold text and links, use [`markdown`](Self::markdown).
            pub fn text(content: impl Into<String>) -> Self {
                ElementalText::new().content(content).into()
            }

            /// Creates a paragraph in Markdown, with `**bold**`, `_italic_` and links.
            pub fn markdown(content: impl Into<String>) -> Self {
                ElementalText::new().content(content).format(TextFormat::Markdown).into()
            }

            /// Creates a button or link with a URL.
            pub fn action(content: impl Into<String>, href: impl Into<String>) -> Self {
                ElementalAction::new(content, href).into()
            }

            /// Creates an image with a URL.
            pub fn image(src: impl Into<String>) -> Self {
                ElementalImage::new(src).into()
            }

            /// Creates a quotation.
            pub fn quote(content: impl Into<String>) -> Self {
                ElementalQuote::new(content).into()
            }

            /// Creates raw HTML, for email only.
            pub fn html(content: impl Into<String>) -> Self {
                ElementalHtml::new(content).into()
            }

            /// Creates a horizontal line.
            pub fn divider() -> Self {
                ElementalDivider::new().into()
            }
        }
    };
}

elements!(ElementalNode);
elements!(ElementalChild);

impl ElementalNode {
    /// Creates content for one channel, such as `email`. The elements of a template must be such channels.
    ///
    /// ```
    /// use trycourier::types::{ElementalChild, ElementalContent, ElementalNode};
    ///
    /// let content = ElementalContent::new([
    ///     ElementalNode::channel("email", [
    ///         ElementalChild::meta("Your order"),
    ///         ElementalChild::markdown("It is **on its way**."),
    ///     ]),
    ///     ElementalNode::channel("sms", [ElementalChild::text("Your order is on its way.")]),
    /// ]);
    /// ```
    pub fn channel(channel: impl Into<String>, elements: impl IntoIterator<Item = impl Into<ElementalChild>>) -> Self {
        ElementalChannel::new().channel(channel).elements(elements).into()
    }
}
