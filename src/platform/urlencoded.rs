//! Names and values as they stand in a query and in a form (WHATWG URL, application/x-www-form-urlencoded).

use url::form_urlencoded;

use crate::every_byte::every_byte;

/// A form that is being written, pair by pair.
#[derive(Default)]
pub(super) struct FormBody(String);

impl FormBody {
    /// One more pair.
    pub(super) fn append(&mut self, name: &str, value: &str) {
        if !self.0.is_empty() {
            self.0.push('&');
        }
        push(&mut self.0, name, "+");
        self.0.push('=');
        push(&mut self.0, value, "+");
    }

    /// The whole form.
    pub(super) fn into_text(self) -> String {
        self.0
    }
}

/// As in a form, but for the blank: `+` stands for it in forms only. A literal plus is `%2B`.
pub(super) fn push_in_query(query: &mut String, text: &str) {
    push(query, text, "%20");
}

fn push(to: &mut String, text: &str, blank: &str) {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    // Names, states and challenges are.
    if every_byte(text, is_plain) {
        to.push_str(text);
        return;
    }
    for piece in form_urlencoded::byte_serialize(text.as_bytes()) {
        to.push_str(if piece == "+" { blank } else { piece });
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_form_is_what_every_form_reader_takes_it_for(pairs in prop::collection::vec((".{0,12}", ".{0,24}"), 0..5)) {
            let mut form = FormBody::default();
            for (name, value) in &pairs {
                form.append(name, value);
            }
            let text = form.into_text();
            let mut expected = form_urlencoded::Serializer::new(String::new());
            expected.extend_pairs(&pairs);
            prop_assert_eq!(text, expected.finish());
        }

        #[test]
        fn a_value_in_a_query_reads_as_it_was(value in ".{0,40}") {
            let mut query = "v=".to_owned();
            push_in_query(&mut query, &value);
            prop_assert!(!query.contains('+'));
            let read = form_urlencoded::parse(query.as_bytes()).next();
            prop_assert_eq!(read.map(|(_, value)| value.into_owned()), Some(value));
        }
    }
}
