//! How the generated types are read from JSON and written to it.
//!
//! The generated code states facts: a [`structure!`](structure) has its fields and their names, a [`string_enum!`](string_enum) its
//! words, a [`union!`](union) the shapes of its variants. What is done with the facts is written once, here.
//!
//! A response is read in one strict pass, directly from the text. Only when that fails is there a second, lenient one over a
//! tree of values, which loses nothing and lists each [`Mismatch`](crate::types::Mismatch). See [`decode`].

mod decode;
mod diagnostics;
mod encode;
pub(crate) mod extra;
mod fields;
mod memory_limit;
pub(crate) mod object;
mod sanitize;
mod source;
mod string_enum;
mod struct_codec;
#[cfg(test)]
mod tests;
mod traits;
mod union;
pub(crate) mod unrecognized_value;
mod values;

pub use decode::{DecodeError, Decoded, decode, decode_foreign, decode_within, from_value};
pub use diagnostics::Notes;
pub use encode::Writer;
pub(crate) use fields::bit;
pub use source::Read;
pub use string_enum::read_word;
pub use struct_codec::{Properties, Structure, read_structure, write_structure};
pub use traits::{Decode, Encode};
pub use union::{Shape, Union, lenient_union, read_union, text_union};

pub(crate) use string_enum::string_enum;
pub(crate) use struct_codec::structure;
pub(crate) use union::union;
