//! What a platform granted, as words.

/// Scope tokens (RFC 6749, section 3.3), in the platform's order, with a blank between them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Scopes(Box<str>);

/// More are nobody's grant; the rest is left out, so that a record has a bound.
const MAX_BYTES: usize = 2048;

impl Scopes {
    /// The words that are scope tokens. A platform's answer can hold anything; what is none of them is left out.
    pub fn of<'s>(words: impl IntoIterator<Item = &'s str>) -> Self {
        let mut text = String::new();
        for word in words.into_iter().filter(|word| is_token(word)) {
            if text.len() + word.len() + 1 > MAX_BYTES {
                break;
            }
            if !text.is_empty() {
                text.push(' ');
            }
            text.push_str(word);
        }
        Self(text.into())
    }

    /// Reads what [`Scopes::as_str`] gave.
    pub fn parse(text: &str) -> Self {
        Self::of(text.split(' '))
    }

    /// The words, one blank between them.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The words.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        self.0.split(' ').filter(|word| !word.is_empty())
    }
}

fn is_token(word: &str) -> bool {
    !word.is_empty() && word.bytes().all(|b| b.is_ascii_graphic() && b != b'"' && b != b'\\')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_scope_token_is_left_out_and_there_is_an_end() {
        let scopes = Scopes::of(["user.info.basic", "", "a b", "q\"", "https://x.example/auth"]);
        assert_eq!(scopes.as_str(), "user.info.basic https://x.example/auth");
        assert_eq!(Scopes::parse(scopes.as_str()), scopes);
        assert_eq!(scopes.iter().count(), 2);
        assert_eq!(Scopes::default().iter().count(), 0);
        let long = vec!["s".repeat(100); 100];
        assert!(Scopes::of(long.iter().map(String::as_str)).as_str().len() <= MAX_BYTES);
    }
}
