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

/// The last token before a gap, or the first one after it.
#[derive(Clone, Copy, PartialEq)]
enum Edge {
    /// The beginning of a line or a group.
    Start,
    /// A name, a keyword or a literal.
    Word,
    /// A group, by its opening bracket.
    Group(char),
    Punct(char),
    /// The `>` of `->` or `=>`.
    Arrow,
    /// The `::` of a path.
    PathSeparator,
    /// The `|` before and after the arguments of a closure.
    ClosureStart,
    ClosureEnd,
    /// A punctuation mark that belongs to the next one.
    Joint(char),
}

/// Returns `true` if a space goes between two tokens.
fn is_spaced(last: Edge, next: Edge) -> bool {
    use Edge::{Arrow, ClosureEnd, ClosureStart, Group, Joint, PathSeparator, Punct, Start, Word};
    match (last, next) {
        (Start | PathSeparator | ClosureStart | Joint(_) | Punct('.' | '&' | '<' | '#' | '!'), _) => false,
        (_, Punct(',' | ';' | '.' | '?' | ':' | '>') | Joint(':' | '>') | ClosureEnd) => false,
        (Word, Punct('!' | '<') | Group('(')) | (Punct('>'), Group('(')) => false,
        (Arrow | ClosureEnd | Word | Group(_) | Punct(_), _) => true,
    }
}

struct Printer {
    text: String,
    indent: usize,
    last: Edge,
    /// `true` if the next `|` ends the arguments of a closure.
    in_closure: bool,
}

impl Default for Printer {
    fn default() -> Self {
        Self { text: String::new(), indent: 0, last: Edge::Start, in_closure: false }
    }
}

impl Printer {
    fn new_line(&mut self) {
        if !self.text.ends_with('\n') {
            self.text.push('\n');
        }
        self.last = Edge::Start;
    }

    fn gap(&mut self, next: Edge) {
        if self.text.is_empty() || self.text.ends_with('\n') {
            (0..self.indent).for_each(|_| self.text.push_str("    "));
        } else if is_spaced(self.last, next) {
            self.text.push(' ');
        }
    }

    /// Prints the contents of braces, and items: one line for each statement, field and attribute.
    fn block(&mut self, tokens: TokenStream) {
        let mut tokens = tokens.into_iter().peekable();
        while let Some(token) = tokens.next() {
            match (&token, tokens.peek()) {
                (TokenTree::Punct(punct), Some(TokenTree::Group(attribute))) if punct.as_char() == '#' => {
                    self.attribute(attribute);
                    tokens.next();
                }
                (TokenTree::Punct(punct), _) if matches!(punct.as_char(), ';' | ',') => {
                    self.token(token);
                    self.new_line();
                }
                (TokenTree::Group(group), next) if group.delimiter() == Delimiter::Brace => {
                    let goes_on = matches!(next, Some(TokenTree::Punct(_)));
                    self.token(token);
                    if !goes_on {
                        self.new_line();
                    }
                }
                _ => self.token(token),
            }
        }
        self.new_line();
    }

    fn line(&mut self, tokens: TokenStream) {
        tokens.into_iter().for_each(|token| self.token(token));
    }

    fn token(&mut self, token: TokenTree) {
        // Writing to a `String` always succeeds.
        match token {
            TokenTree::Group(group) => self.group(&group),
            TokenTree::Ident(word) => {
                self.gap(Edge::Word);
                let _ = write!(self.text, "{word}");
                self.last = Edge::Word;
            }
            TokenTree::Literal(literal) => {
                self.gap(Edge::Word);
                let _ = write!(self.text, "{literal}");
                self.last = Edge::Word;
            }
            TokenTree::Punct(punct) => {
                let sign = punct.as_char();
                self.in_closure ^= sign == '|';
                let edge = match (self.last, sign, punct.spacing()) {
                    (Edge::Joint('-' | '='), '>', _) => Edge::Arrow,
                    (Edge::Joint(':'), ':', _) => Edge::PathSeparator,
                    (_, '|', _) => {
                        if self.in_closure {
                            Edge::ClosureStart
                        } else {
                            Edge::ClosureEnd
                        }
                    }
                    (_, _, Spacing::Joint) => Edge::Joint(sign),
                    (_, _, Spacing::Alone) => Edge::Punct(sign),
                };
                self.gap(edge);
                self.text.push(sign);
                self.last = edge;
            }
        }
    }

    fn group(&mut self, group: &Group) {
        let (open, close) = match group.delimiter() {
            Delimiter::Parenthesis => ('(', ')'),
            Delimiter::Bracket => ('[', ']'),
            Delimiter::Brace => ('{', '}'),
            Delimiter::None => return self.line(group.stream()),
        };
        self.gap(Edge::Group(open));
        self.text.push(open);
        self.last = Edge::Start;
        if open != '{' {
            self.line(group.stream());
        } else if !group.stream().is_empty() {
            self.new_line();
            self.indent += 1;
            self.block(group.stream());
            self.indent -= 1;
            self.gap(Edge::Start);
        }
        self.text.push(close);
        self.last = Edge::Group(open);
    }

    /// Prints an attribute on a separate line, and documentation as comments.
    fn attribute(&mut self, attribute: &Group) {
        self.new_line_unless_empty();
        let mut tokens = attribute.stream().into_iter();
        if matches!(tokens.next(), Some(TokenTree::Ident(name)) if name == "doc")
            && let (Some(TokenTree::Punct(_)), Some(TokenTree::Literal(text))) = (tokens.next(), tokens.next())
            && let Lit::Str(text) = Lit::new(text)
        {
            let text = text.value();
            // `quote!` keeps the leading space of a comment in a template.
            for line in text.strip_prefix(' ').unwrap_or(&text).lines() {
                self.gap(Edge::Start);
                self.text.push_str(if line.is_empty() { "///" } else { "/// " });
                self.text.push_str(line);
                self.text.push('\n');
            }
        } else {
            self.gap(Edge::Start);
            self.text.push('#');
            self.last = Edge::Punct('#');
            self.group(attribute);
        }
        self.new_line();
    }

    fn new_line_unless_empty(&mut self) {
        if !self.text.is_empty() {
            self.new_line();
        }
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
