//! Texts of a certain format, which are checked before they are sent.

/// Defines a type of text. A text that was received is kept and sent back unchanged; any other must have the format.
macro_rules! checked_text {
    ($(#[$documentation:meta])* $name:ident, $format:literal, $is_valid:expr, $expected:literal) => {
        $(#[$documentation])*
        #[derive(Clone)]
        pub struct $name {
            text: String,
            /// `true` if the text is from JSON, such as a response.
            received: bool,
        }

        impl $name {
            /// The text.
            pub fn as_str(&self) -> &str {
                &self.text
            }

            /// Consumes the value, and returns the text.
            pub fn into_string(self) -> String {
                self.text
            }

            fn received(text: String) -> Self {
                Self { text, received: true }
            }

            /// Returns the reason why the text cannot be sent.
            #[allow(dead_code, reason = "not every type is an argument of a query")]
            pub(crate) fn defect(&self) -> Option<&'static str> {
                (!self.received && !$is_valid(&self.text)).then_some($expected)
            }
        }

        impl From<&str> for $name {
            fn from(text: &str) -> Self {
                text.to_owned().into()
            }
        }

        impl From<String> for $name {
            fn from(text: String) -> Self {
                Self { text, received: false }
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.text
            }
        }

        impl PartialEq for $name {
            fn eq(&self, other: &Self) -> bool {
                self.text == other.text
            }
        }

        impl Eq for $name {}

        impl std::hash::Hash for $name {
            fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
                self.text.hash(state);
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.pad(&self.text)
            }
        }

        impl std::fmt::Debug for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.debug_tuple(stringify!($name)).field(&self.text).finish()
            }
        }

        /// Fails if the text does not have the format, unless it was received.
        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                match self.defect() {
                    Some(defect) => Err(serde::ser::Error::custom(defect)),
                    None => to.serialize_str(&self.text),
                }
            }
        }

        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
                String::deserialize(from).map(Self::received)
            }
        }

        crate::json::decode_as!(String, $name, Self::received);

        impl crate::json::Encode for $name {}

        crate::json::inline_schema!($name, {"type": "string", "format": $format});
    };
}
pub(crate) use checked_text;
