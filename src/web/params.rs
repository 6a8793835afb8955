//! The parameters of a browser's request, each at most once.

use std::borrow::Cow;

use url::form_urlencoded;

use crate::every_byte::every_byte;

/// Decoded names and values.
pub(in crate::web) struct Params<'q>(Vec<(Cow<'q, str>, Cow<'q, str>)>);

impl<'q> Params<'q> {
    /// Reads a query or a form; `None` where any name stands there twice, since readers disagree about which one counts
    /// (`T27`, `T38`).
    pub(in crate::web) fn parse(encoded: &'q str) -> Option<Self> {
        let pairs: Vec<_> = match is_decoded(encoded) {
            true => split(encoded).collect(),
            false => form_urlencoded::parse(encoded.as_bytes()).collect(),
        };
        let mut names: Vec<&str> = pairs.iter().map(|(name, _)| &**name).collect();
        names.sort_unstable();
        let is_twice = names.windows(2).any(|pair| matches!(pair, [one, two] if one == two));
        (!is_twice).then_some(Self(pairs))
    }

    /// The same, apart from what it was read from.
    pub(in crate::web) fn into_owned(self) -> Params<'static> {
        let owned = |text: Cow<'_, str>| Cow::Owned(text.into_owned());
        Params(self.0.into_iter().map(|(name, value)| (owned(name), owned(value))).collect())
    }

    /// The value of a name, where it is there and not empty.
    pub(in crate::web) fn value(&self, name: &str) -> Option<&str> {
        let found = self.0.iter().find(|(one, _)| one == name);
        found.map(|(_, value)| &**value).filter(|value| !value.is_empty())
    }
}

/// Whether there is nothing to decode, as in the queries of a flow's links.
fn is_decoded(encoded: &str) -> bool {
    every_byte(encoded, |byte| byte != b'%' && byte != b'+')
}

/// The names and values as they stand there.
fn split(encoded: &str) -> impl Iterator<Item = (Cow<'_, str>, Cow<'_, str>)> {
    let pairs = encoded.split('&').filter(|pair| !pair.is_empty());
    pairs
        .map(|pair| pair.split_once('=').unwrap_or((pair, "")))
        .map(|(name, value)| (name.into(), value.into()))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn what_needs_no_decoding_reads_as_the_decoder_reads_it(query in "([&=?a-c ä\\x00]|\\PC){0,12}") {
            prop_assume!(is_decoded(&query));
            let decoded: Vec<_> = form_urlencoded::parse(query.as_bytes()).collect();
            prop_assert_eq!(split(&query).collect::<Vec<_>>(), decoded);
        }
    }
}
