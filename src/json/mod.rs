//! How the generated types are read from JSON and written to it.
//!
//! The generated code states facts: a [`structure!`](structure) has its fields and their names, a [`words!`](words) its
//! words, a [`union!`](union) the shapes of its variants. What is done with the facts is written once, here.
//!
//! An answer is read in one strict pass, directly from the text. Only when that fails is there a second, lenient one over a
//! tree of values, which loses nothing and lists each [`Deviation`](crate::types::Deviation). See [`decode`].

mod cost;
mod decode;
mod found;
mod notes;
mod read;
mod repair;
mod structure;
#[cfg(test)]
mod tests;
mod traits;
mod union;
mod values;
mod words;
mod writer;

pub use decode::{DecodeError, Decoded, decode, decode_foreign, decode_within, from_value};
pub(crate) use found::bit;
pub use notes::Notes;
pub use read::Read;
pub use structure::{Properties, Structure, read_structure, write_structure};
pub use traits::{Decode, Encode};
pub use union::{Shape, Union, lenient_union, read_union, text_union};
pub use words::read_word;
pub use writer::Writer;

pub(crate) use structure::structure;
pub(crate) use union::union;
pub(crate) use words::words;
