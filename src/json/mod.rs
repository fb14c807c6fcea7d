//! Decoding and encoding of the generated types.
//!
//! The generated code states facts: a [`structure!`](structure) has its fields and their names, a
//! [`string_enum!`](string_enum) its values, a [`union!`](union) the shapes of its variants. The rules are written
//! once, here.
//!
//! A response is decoded in one strict pass, directly from the text. Only if that fails, a lenient pass decodes a tree
//! of values. It loses nothing, and lists each [`Mismatch`](crate::types::Mismatch). See [`decode`].

mod decode;
mod diagnostics;
mod encode;
pub(crate) mod extra;
mod fields;
pub(crate) mod finite;
mod inline_schema;
mod memory_limit;
pub(crate) mod object;
mod properties;
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

pub use decode::{DecodeError, Decoded, decode, decode_foreign, decode_within, from_value, without_byte_order_mark};
pub use diagnostics::Diagnostics;
pub use encode::FieldWriter;
pub use properties::{IndexSet, Properties};
pub use source::ValueSource;
pub use string_enum::decode_string_enum;
pub use struct_codec::{Structure, decode_structure, encode_structure};
pub use traits::{Decode, Encode};
pub use union::{Shape, Union, decode_union, decode_union_leniently, union_from_value};

pub(crate) use inline_schema::inline_schema;
pub(crate) use string_enum::string_enum;
pub(crate) use struct_codec::structure;
pub(crate) use union::union;
#[allow(unused_imports, reason = "the description has no type that contains itself today")]
pub(crate) use values::boxed;
pub(crate) use values::decode_as;
