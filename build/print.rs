//! Prints tokens as readable Rust: "go to definition" on an item of the crate leads to this text.
//!
//! `prettyplease` produces a better layout, but takes longer than the rest of the build script.

use std::fmt::Write as _;

use proc_macro2::{Delimiter, Group, Spacing, TokenStream, TokenTree};
use syn::Lit;

/// Prints items in sequence.
pub fn print(items: impl IntoIterator<Item = TokenStream>) -> String {
    let mut printer = Printer::default();
    for item in items {
        printer.block(item);
        printer.text.push('\n');
    }
    printer.text
}

/// Prints a type or an expression on one line.
pub fn inline(tokens: TokenStream) -> String {
    let mut printer = Printer::default();
    printer.line(tokens);
    printer.text
}

#[derive(Default)]
struct Printer {
    text: String,
    indent: usize,
    /// `true` if the last token is a punctuation mark that belongs to the next one.
    is_joint: bool,
    /// `true` if the next `|` ends the arguments of a closure.
    in_closure: bool,
}

impl Printer {
    fn is_at_line_start(&self) -> bool {
        self.text.is_empty() || self.text.ends_with('\n')
    }

    fn new_line(&mut self) {
        if !self.is_at_line_start() {
            self.text.push('\n');
        }
    }

    /// Prints the indentation or the space before a token, which is given by its first character.
    fn gap(&mut self, next: char) {
        if self.is_at_line_start() {
            (0..self.indent).for_each(|_| self.text.push_str("    "));
        } else if self.is_spaced(next) {
            self.text.push(' ');
        }
    }

    fn is_spaced(&self, next: char) -> bool {
        let text = self.text.as_bytes();
        match (text.last().copied().unwrap_or_default(), next) {
            _ if self.is_joint => false,
            (b'(' | b'[' | b'.' | b'&' | b'<' | b'#' | b'!', _) => false,
            (_, ',' | ';' | '.' | '?' | ':' | '>') => false,
            (b'|', _) | (_, '|') if self.in_closure => false,
            (b':', _) => !text.ends_with(b"::"),
            (b'>', '(') => text.ends_with(b"->") || text.ends_with(b"=>"),
            (last, '!' | '<' | '(') => !last.is_ascii_alphanumeric() && last != b'_',
            _ => true,
        }
    }

    /// Prints the contents of braces, and items: one line for each statement, field and attribute.
    fn block(&mut self, tokens: TokenStream) {
        let mut tokens = tokens.into_iter().peekable();
        while let Some(token) = tokens.next() {
            let next = tokens.peek();
            let is_last_of_line = match (&token, next) {
                (TokenTree::Punct(punct), Some(TokenTree::Group(attribute))) if punct.as_char() == '#' => {
                    self.attribute(attribute);
                    tokens.next();
                    continue;
                }
                (TokenTree::Punct(punct), _) => matches!(punct.as_char(), ';' | ','),
                (TokenTree::Group(group), next) => {
                    group.delimiter() == Delimiter::Brace && !matches!(next, Some(TokenTree::Punct(_)))
                }
                _ => false,
            };
            self.token(&token);
            if is_last_of_line {
                self.new_line();
            }
        }
        self.new_line();
    }

    fn line(&mut self, tokens: TokenStream) {
        tokens.into_iter().for_each(|token| self.token(&token));
    }

    fn token(&mut self, token: &TokenTree) {
        let first = match token {
            TokenTree::Group(group) => return self.group(group),
            TokenTree::Ident(_) => 'a',
            TokenTree::Literal(_) => '"',
            TokenTree::Punct(punct) => punct.as_char(),
        };
        self.gap(first);
        // Writing to a `String` always succeeds.
        let _ = write!(self.text, "{token}");
        self.is_joint = matches!(token, TokenTree::Punct(punct) if punct.spacing() == Spacing::Joint);
        self.in_closure ^= first == '|';
    }

    fn group(&mut self, group: &Group) {
        let (open, close) = match group.delimiter() {
            Delimiter::Parenthesis => ('(', ')'),
            Delimiter::Bracket => ('[', ']'),
            Delimiter::Brace => ('{', '}'),
            Delimiter::None => return self.line(group.stream()),
        };
        self.gap(open);
        self.text.push(open);
        self.is_joint = false;
        if open != '{' {
            self.line(group.stream());
        } else if !group.stream().is_empty() {
            self.new_line();
            self.indent += 1;
            self.block(group.stream());
            self.indent -= 1;
            self.gap(close);
        }
        self.text.push(close);
    }

    /// Prints an attribute on a separate line, and documentation as comments.
    fn attribute(&mut self, attribute: &Group) {
        self.new_line();
        let mut tokens = attribute.stream().into_iter();
        if matches!(tokens.next(), Some(TokenTree::Ident(name)) if name == "doc")
            && let (Some(TokenTree::Punct(_)), Some(TokenTree::Literal(text))) = (tokens.next(), tokens.next())
            && let Lit::Str(text) = Lit::new(text)
        {
            let text = text.value();
            // `quote!` keeps the leading space of a comment in a template.
            for line in text.strip_prefix(' ').unwrap_or(&text).lines() {
                self.gap('/');
                self.text.push_str(if line.is_empty() { "///" } else { "/// " });
                self.text.push_str(line);
                self.text.push('\n');
            }
        } else {
            self.gap('#');
            self.text.push('#');
            self.group(attribute);
        }
        self.new_line();
    }
}

#[cfg(test)]
mod tests {
    use quote::quote;

    use super::{inline, print};

    #[test]
    fn items_are_printed_as_a_person_writes_them() {
        let setter = quote! {
            #[doc = "Text, with \"quotes\".\n\n- a list\n  that goes on"]
            #[deprecated(note = "old")]
            pub fn users<T: Into<types::User>>(mut self, users: impl IntoIterator<Item = T>) -> Vec<Option<T>> {
                let new: Self = Structure::empty();
                self.users = Some(users.into_iter().map(|(name, user)| (name.into(), user)).collect());
                Self { client: &'static self.client, users: None }
            }
        };
        let expected = r#"/// Text, with "quotes".
///
/// - a list
///   that goes on
#[deprecated(note = "old")]
pub fn users<T: Into<types::User>>(mut self, users: impl IntoIterator<Item = T>) -> Vec<Option<T>> {
    let new: Self = Structure::empty();
    self.users = Some(users.into_iter().map(|(name, user)| (name.into(), user)).collect());
    Self {
        client: &'static self.client,
        users: None
    }
}
"#;
        assert_eq!(print([setter]), format!("{expected}\n"));
        let macros = quote! {
            /// A comment.
            pub struct Empty {}
            paged!(Lists);
            union!(User { 0 Id = Object(&[("a", &["b"])], &["c"]), 1 Text = Text });
        };
        let expected = "/// A comment.\npub struct Empty {}\npaged!(Lists);\nunion!(User {\n    \
                        0 Id = Object(&[(\"a\", &[\"b\"])], &[\"c\"]),\n    1 Text = Text\n});\n\n";
        assert_eq!(print([macros]), expected);
    }

    #[test]
    fn a_type_is_printed_on_one_line() {
        let kind = quote!(BTreeMap<String, Vec<types::Sensitive<types::Object>>>);
        assert_eq!(inline(kind), "BTreeMap<String, Vec<types::Sensitive<types::Object>>>");
        assert_eq!(inline(quote!(impl Into<()>)), "impl Into<()>");
    }
}
