//! Values that a caller gives and a proof carries, each with its rule.

use crate::every_byte::every_byte;

/// The caller's own state: 1–512 characters of printable ASCII without blank and `&`, echoed unchanged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CallerState(Box<str>);

impl CallerState {
    /// What a wrong one is told.
    pub const RULE: &'static str = "must be 1 to 512 characters of printable ASCII without blanks and '&', \
                                    and not one of undefined, null, None, NaN";

    /// The state, where it keeps the rule.
    ///
    /// `&` would give the base string a second reading (`T8`, `T61`); the four words are what a caller that lost
    /// its state prints, and would compare equal to a missing one.
    pub fn parse(text: &str) -> Option<Self> {
        let fits = (1..=512).contains(&text.len());
        let clean = every_byte(text, |b| b.is_ascii_graphic() && b != b'&');
        let is_lost = matches!(text, "undefined" | "null" | "None" | "NaN");
        (fits && clean && !is_lost).then(|| Self(text.into()))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// The caller's own reference: 1–128 of `A-Za-z0-9._:-`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProfileId(Box<str>);

impl ProfileId {
    /// What a wrong one is told.
    pub const RULE: &'static str = "must be 1 to 128 characters of A-Z, a-z, 0-9, '.', '_', ':', '-'";

    /// The id, where it keeps the rule.
    pub fn parse(text: &str) -> Option<Self> {
        let clean = every_byte(text, |b| b.is_ascii_alphanumeric() || b"._:-".contains(&b));
        ((1..=128).contains(&text.len()) && clean).then(|| Self(text.into()))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A platform's permanent id of an account: 1–255 of `A-Za-z0-9._~:@/-`, byte for byte as the platform sent it.
///
/// There is no way to repair one: two ids must never become one (`T54`).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlatformId(Box<str>);

impl PlatformId {
    /// What a wrong one is told.
    pub const RULE: &'static str =
        "must be 1 to 255 characters of A-Z, a-z, 0-9, '.', '_', '~', ':', '@', '/', '-'";

    /// The id, where it keeps the rule.
    pub fn parse(text: &str) -> Option<Self> {
        let clean = every_byte(text, |b| b.is_ascii_alphanumeric() || b"._~:@/-".contains(&b));
        ((1..=255).contains(&text.len()) && clean).then(|| Self(text.into()))
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn t8_a_caller_state_is_taken_as_it_is_or_not_at_all() {
        let long = "s".repeat(512);
        for good in
            ["a1b2c3", "4f1c-9d", "qL8R4QIcQ/ZsRqOAbeRfcZhilN==", "a.b.c", "St4te-_.~", "%26", long.as_str()]
        {
            assert_eq!(CallerState::parse(good).unwrap().as_str(), good);
        }
        let over = "s".repeat(513);
        for bad in
            ["", "a&b", "a b", "a\nb", "a\u{7f}", "é", "undefined", "null", "None", "NaN", over.as_str()]
        {
            assert!(CallerState::parse(bad).is_none(), "{bad:?}");
        }
    }

    #[test]
    fn t54_a_platform_id_is_never_repaired() {
        for good in ["_000abc", "17841400008460056", "did:plc:z72i7", "007", "-a", "AbC", "a@b.c/d~e"] {
            assert_eq!(PlatformId::parse(good).unwrap().as_str(), good);
        }
        for bad in ["", "1&handle=x", "1,2", " 1", "1 ", "é", "a%b", &"9".repeat(256)] {
            assert!(PlatformId::parse(bad).is_none(), "{bad:?}");
        }
    }
}
