//! The parameters of a browser's request, each at most once.

use url::form_urlencoded;

/// Decoded names and values.
pub(in crate::web) struct Params(Vec<(String, String)>);

impl Params {
    /// Reads a query or a form; `None` where any name stands there twice, since readers disagree about which one counts
    /// (`T27`, `T38`).
    pub(in crate::web) fn parse(encoded: &str) -> Option<Self> {
        let pairs: Vec<(String, String)> = form_urlencoded::parse(encoded.as_bytes()).into_owned().collect();
        let mut names: Vec<&str> = pairs.iter().map(|(name, _)| name.as_str()).collect();
        names.sort_unstable();
        let is_twice = names.windows(2).any(|pair| matches!(pair, [one, two] if one == two));
        (!is_twice).then_some(Self(pairs))
    }

    /// The value of a name, where it is there and not empty.
    pub(in crate::web) fn value(&self, name: &str) -> Option<&str> {
        let found = self.0.iter().find(|(one, _)| one == name);
        found.map(|(_, value)| value.as_str()).filter(|value| !value.is_empty())
    }
}
