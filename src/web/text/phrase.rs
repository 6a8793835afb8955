//! A sentence with gaps for values, which may be hostile.

use std::fmt;

use askama::filters::{Escaper, Html, HtmlSafe};

/// A sentence with the gaps `{0}`, `{1}`, … so that each language has its own order. That all `N` gaps are there, and
/// no others, is checked when the constant is compiled.
#[derive(Clone, Copy, Debug)]
pub(in crate::web) struct Phrase<const N: usize>(&'static str);

/// A filled sentence as HTML.
#[derive(Debug)]
pub(in crate::web) struct Markup(String);

impl<const N: usize> Phrase<N> {
    /// The sentence.
    pub(in crate::web) const fn new(text: &'static str) -> Self {
        let mut seen = 0_u32;
        let mut rest = text.as_bytes();
        while let [byte, tail @ ..] = rest {
            rest = tail;
            if *byte == b'{' {
                assert!(matches!(tail, [b'0'..=b'9', b'}', ..]), "a gap is a digit in braces");
                if let [digit, _, after @ ..] = tail {
                    seen |= 1 << (*digit - b'0');
                    rest = after;
                }
            }
        }
        assert!(seen == (1 << N) - 1, "the sentence has other gaps than its type says");
        Self(text)
    }

    /// Escaped, and each value isolated, so that a name in a right-to-left script turns no sentence around (`T36`).
    pub(in crate::web) fn html(&self, values: &[&str; N]) -> Markup {
        let mut markup = String::with_capacity(self.0.len() * 2);
        for piece in self.pieces(values) {
            let (before, after) = match piece {
                Piece::Own(_) => ("", ""),
                Piece::Value(_) => ("<bdi>", "</bdi>"),
            };
            markup.push_str(before);
            // Writing to a string does not fail.
            let _always_fits = Html.write_escaped_str(&mut markup, piece.text());
            markup.push_str(after);
        }
        Markup(markup)
    }

    /// Plain text, for a title or an attribute, which the template escapes.
    pub(in crate::web) fn plain(&self, values: &[&str; N]) -> String {
        self.pieces(values).into_iter().map(Piece::text).collect()
    }

    fn pieces<'a>(&self, values: &[&'a str; N]) -> Vec<Piece<'a>> {
        let mut parts = self.0.split('{');
        let mut pieces = vec![Piece::Own(parts.next().unwrap_or_default())];
        for part in parts {
            let (gap, own) = part.split_once('}').unwrap_or_default();
            let value = gap.parse().ok().and_then(|index: usize| values.get(index).copied());
            pieces.push(Piece::Value(value.unwrap_or_default()));
            pieces.push(Piece::Own(own));
        }
        pieces
    }
}

#[derive(Clone, Copy)]
enum Piece<'a> {
    Own(&'static str),
    Value(&'a str),
}

impl<'a> Piece<'a> {
    fn text(self) -> &'a str {
        match self {
            Self::Own(text) => text,
            Self::Value(text) => text,
        }
    }
}

impl fmt::Display for Markup {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl askama::FastWritable for Markup {
    fn write_into(&self, dest: &mut dyn fmt::Write, _: &dyn askama::Values) -> askama::Result<()> {
        Ok(dest.write_str(&self.0)?)
    }
}

impl HtmlSafe for Markup {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn t36_a_value_is_escaped_and_isolated_wherever_the_language_puts_it() {
        const SENTENCE: Phrase<2> = Phrase::new("{1} & {0}.");
        let hostile = "<script>alert('x')</script>";
        let html = SENTENCE.html(&[hostile, "{0}"]).to_string();
        assert_eq!(
            html,
            "<bdi>{0}</bdi> &#38; <bdi>&#60;script&#62;alert(&#39;x&#39;)&#60;/script&#62;</bdi>."
        );
        assert_eq!(SENTENCE.plain(&["a", "b"]), "b & a.");
    }
}
