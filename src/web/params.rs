//! The parameters of a browser's request, each at most once.

use std::borrow::Cow;

use url::form_urlencoded;

/// Decoded names and values.
pub(in crate::web) struct Params<'q>(Vec<(Cow<'q, str>, Cow<'q, str>)>);

impl<'q> Params<'q> {
    /// Reads a query or a form; `None` where any name stands there twice, since readers disagree about which one counts
    /// (`T27`, `T38`).
    pub(in crate::web) fn parse(encoded: &'q str) -> Option<Self> {
        let pairs: Vec<_> = form_urlencoded::parse(encoded.as_bytes()).collect();
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
