//! Documentation and other attributes of generated items.

use proc_macro2::TokenStream;
use quote::quote;

/// Markdown as a documentation comment.
///
/// A part of the API that was just added has no description yet, and must compile.
pub fn documentation(text: &str) -> TokenStream {
    let text = if text.trim().is_empty() { "Not described yet." } else { text.trim_end() };
    // Most texts have no other characters, and the build script is not optimized.
    if text.bytes().all(|byte| matches!(byte, b' '..=b'~' | b'\n')) {
        return quote!(#[doc = #text]);
    }
    let text: String =
        text.replace("\r\n", "\n").chars().filter(|sign| is_plain(*sign) || matches!(sign, '\n' | '\t')).collect();
    quote!(#[doc = #text])
}

/// Any text as code in Markdown, on one line.
pub fn code(text: &str) -> String {
    let text: String = text
        .chars()
        .map(|sign| if is_plain(sign) { sign.to_string() } else { sign.escape_default().to_string() })
        .collect();
    let longest = text.split(|sign| sign != '`').map(str::len).max().unwrap_or_default();
    let fence = "`".repeat(longest + 1);
    let gap = if text.starts_with('`') || text.ends_with('`') { " " } else { "" };
    format!("{fence}{gap}{text}{gap}{fence}")
}

fn is_plain(sign: char) -> bool {
    // Control characters, and characters that change the direction of the text.
    !sign.is_control() && !matches!(sign, '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// The first sentence of a text, if it makes sense without the rest.
pub fn first_sentence(text: &str) -> Option<&str> {
    let paragraph = text.split("\n\n").next().unwrap_or_default();
    let sentence = paragraph.split_inclusive(". ").next().unwrap_or_default().trim();
    // A sentence that introduces a list or a block does not.
    (sentence.ends_with('.') && !sentence.contains('\n')).then_some(sentence)
}

/// The documentation of an item, and the note if it is deprecated.
pub fn attributes(text: &str, deprecated: Option<&String>) -> TokenStream {
    let (documentation, deprecated) = (documentation(text), self::deprecated(deprecated));
    quote!(#documentation #deprecated)
}

/// The attribute of a deprecated item.
pub fn deprecated(note: Option<&String>) -> Option<TokenStream> {
    note.map(|note| quote!(#[deprecated(note = #note)]))
}

/// The note on docs.rs for an item that requires a feature.
pub fn needs_features(features: &[String]) -> Option<TokenStream> {
    match features {
        [] => None,
        [feature] => Some(quote!(#[cfg_attr(docsrs, doc(cfg(feature = #feature)))])),
        // With more than three features, readers do not need to search for one.
        features if features.len() > 3 => None,
        features => Some(quote!(#[cfg_attr(docsrs, doc(cfg(any(#(feature = #features),*))))])),
    }
}

#[cfg(test)]
mod tests {
    use super::{documentation, first_sentence};
    use crate::print::print;

    #[test]
    fn an_empty_line_has_no_trailing_space() {
        assert_eq!(print([documentation("One.\n\nTwo.")]), "/// One.\n///\n/// Two.\n\n");
    }

    #[test]
    fn missing_descriptions_are_documented_all_the_same() {
        assert_eq!(print([documentation("")]), "/// Not described yet.\n\n");
    }

    #[test]
    fn sentence_before_a_list_keeps_the_list() {
        assert_eq!(first_sentence("A list. Of things."), Some("A list."));
        assert_eq!(first_sentence("One of:\n- a"), None);
    }
}
