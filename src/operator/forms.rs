//! The hidden field of the console's forms: bound to the cookie of the browser that was shown the form (`T84`).

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use subtle::ConstantTimeEq;

use crate::crypto::entropy::{Entropy, NoEntropy};
use crate::crypto::mac::MacKey;
use crate::crypto::root_key::RootKey;

/// Tells one shown form from the next, so that a reload does not do a thing twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FormId([u8; 16]);

/// Makes form tokens and recognises them: `{id}.{tag over the cookie and the id}`.
pub(super) struct FormTokens(MacKey);

impl FormTokens {
    pub(super) fn new(service_key: &RootKey) -> Self {
        Self(MacKey::new(service_key, "console form"))
    }

    /// A fresh token for the browser of this cookie.
    pub(super) fn fresh(&self, cookie: &str, entropy: &dyn Entropy) -> Result<String, NoEntropy> {
        Ok(self.text(cookie, FormId(entropy.bytes()?)))
    }

    /// The form that a token stands for, where this browser was shown it.
    pub(super) fn check(&self, cookie: &str, token: &str) -> Option<FormId> {
        let (id, _) = token.split_once('.')?;
        let id = FormId(URL_SAFE_NO_PAD.decode(id).ok()?.try_into().ok()?);
        let is_ours: bool = self.text(cookie, id).as_bytes().ct_eq(token.as_bytes()).into();
        is_ours.then_some(id)
    }

    fn text(&self, cookie: &str, FormId(id): FormId) -> String {
        let tag = self.0.tag(&[cookie.as_bytes(), b"\n", &id].concat());
        format!("{}.{}", URL_SAFE_NO_PAD.encode(id), URL_SAFE_NO_PAD.encode(tag))
    }
}

#[cfg(test)]
impl FormId {
    pub(super) fn of_test(n: u8) -> Self {
        Self([n; 16])
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::entropy::SystemEntropy;

    #[test]
    fn t84_a_form_belongs_to_one_cookie() {
        let forms = FormTokens::new(&RootKey::fresh(&SystemEntropy).unwrap());
        let token = forms.fresh("cookie", &SystemEntropy).unwrap();
        assert!(forms.check("cookie", &token).is_some());
        let id = token.split_once('.').unwrap().0;
        let (other_id, other_tag) = (forms.fresh("cookie", &SystemEntropy).unwrap(), format!("{id}.{id}"));
        let mixed = format!("{id}.{}", other_id.split_once('.').unwrap().1);
        for (cookie, token) in [
            ("other", token.as_str()),
            ("cookie", ""),
            ("cookie", "."),
            ("cookie", &mixed),
            ("cookie", &other_tag),
        ] {
            assert!(forms.check(cookie, token).is_none(), "{cookie} {token}");
        }
    }
}
