//! Grants at rest: a platform's tokens sealed for one API key, in the caller's hands and nowhere else.
//!
//! The whole grant is inside the seal; outside there is only the prefix. The API key is part of what the seal is bound to,
//! and so another key's grant cannot be told from an altered one, from one of a lost key, or from noise.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::crypto::entropy::Entropy;
use crate::crypto::root_key::RootKey;
use crate::crypto::seal::Sealer;
use crate::crypto::secret::SecretText;
use crate::platform::grant::KeptTokens;
use crate::session::{ApiKeyId, AppId, PlatformId, PlatformName, ProfileId};

const PREFIX: &str = "hpg_";
/// Raised where the inside changes in a way that older code would misread.
const VERSION: u8 = 1;
/// Of the text. Platforms' tokens stay far below.
const LONGEST: usize = 8192;

/// Seals and opens grants. All instances with one registry agree.
pub struct GrantSeal(Sealer);

/// An open grant, for the time of a request.
#[derive(Clone, Debug)]
pub struct Grant {
    /// Where the account is.
    pub platform: PlatformName,
    /// The caller's own OAuth app; `None` for the operator's.
    pub app: Option<AppId>,
    /// Whose tokens they are.
    pub account_id: PlatformId,
    /// The handle at the last reading, as the platform sent it.
    pub username: String,
    /// The caller's own reference.
    pub profile_id: Option<ProfileId>,
    /// Unix seconds: when the access token ends, where the platform said.
    pub expires_at: Option<u64>,
    /// The tokens.
    pub tokens: KeptTokens,
}

/// Why there is no grant.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoGrant {
    /// The platform's tokens are longer than a grant may be.
    TooLarge,
    /// No nonce could be drawn.
    NoEntropy,
}

/// Everything but the tokens, which stand behind it after a line end.
#[derive(Serialize, Deserialize)]
struct Head {
    p: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    app: Option<String>,
    a: String,
    u: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    r: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    e: Option<u64>,
}

impl GrantSeal {
    /// The seal of a deployment.
    pub fn new(service_key: &RootKey) -> Self {
        Self(Sealer::new(service_key, "grants"))
    }

    /// The grant as text, for `key` alone.
    ///
    /// # Errors
    /// [`NoGrant`]; nothing is handed out then.
    pub fn seal(&self, key: ApiKeyId, grant: &Grant, entropy: &dyn Entropy) -> Result<SecretText, NoGrant> {
        let head = Head {
            p: grant.platform.to_string(),
            app: grant.app.map(|app| app.to_string()),
            a: grant.account_id.as_str().to_owned(),
            u: grant.username.clone(),
            r: grant.profile_id.as_ref().map(|id| id.as_str().to_owned()),
            e: grant.expires_at,
        };
        let head = serde_json::to_vec(&head).unwrap_or_default();
        let tokens = grant.tokens.write();
        let mut plain = Zeroizing::new(Vec::with_capacity(head.len() + tokens.len() + 1));
        plain.extend_from_slice(&head);
        plain.push(b'\n');
        plain.extend_from_slice(&tokens);
        let sealed = self.0.seal(&place(key), &plain, entropy).map_err(|_| NoGrant::NoEntropy)?;
        let text = format!("{PREFIX}{}", URL_SAFE_NO_PAD.encode(sealed));
        if text.len() > LONGEST { Err(NoGrant::TooLarge) } else { Ok(SecretText::new(text)) }
    }

    /// The grant inside, where `text` is one that was sealed for `key`; `None` for every reason alike.
    pub fn open(&self, key: ApiKeyId, text: &str) -> Option<Grant> {
        let sealed = text.strip_prefix(PREFIX).filter(|_| text.len() <= LONGEST)?;
        let plain = self.0.open(&place(key), &URL_SAFE_NO_PAD.decode(sealed).ok()?).ok()?;
        let end = plain.iter().position(|byte| *byte == b'\n')?;
        let (head, tokens) = plain.split_at_checked(end)?;
        let head: Head = serde_json::from_slice(head).ok()?;
        let profile_id = match &head.r {
            Some(id) => Some(ProfileId::parse(id)?),
            None => None,
        };
        Some(Grant {
            platform: PlatformName::parse(&head.p)?,
            app: head.app.map(|app| AppId::parse(&app).ok_or(())).transpose().ok()?,
            account_id: PlatformId::parse(&head.a)?,
            username: head.u,
            profile_id,
            expires_at: head.e,
            tokens: KeptTokens::read(tokens.get(1..)?)?,
        })
    }
}

fn place(key: ApiKeyId) -> String {
    format!("grants/{VERSION}/{key}")
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::crypto::entropy::SystemEntropy;

    const KEY: ApiKeyId = ApiKeyId(7);

    fn seal() -> GrantSeal {
        GrantSeal::new(&RootKey::fresh(&SystemEntropy).unwrap())
    }

    fn grant(token: &str) -> Grant {
        let tokens = format!("{{\"t\":\"{token}\",\"r\":\"refresh-me\",\"s\":[\"a\",\"b\"]}}");
        Grant {
            platform: PlatformName::parse("tiktok").unwrap(),
            app: None,
            account_id: PlatformId::parse("_000abc").unwrap(),
            username: "jane\n".to_owned(),
            profile_id: ProfileId::parse("user-17"),
            expires_at: Some(1_900_000_000),
            tokens: KeptTokens::read(tokens.as_bytes()).unwrap(),
        }
    }

    #[test]
    fn a_grant_comes_out_as_it_went_in_and_shows_nothing() {
        let seal = seal();
        let text = seal.seal(KEY, &grant("secret-token"), &SystemEntropy).unwrap();
        assert!(text.expose().starts_with(PREFIX) && !text.expose().contains("tiktok"));
        let open = seal.open(KEY, text.expose()).unwrap();
        assert_eq!(open.tokens.write().as_slice(), grant("secret-token").tokens.write().as_slice());
        assert_eq!((open.username.as_str(), open.expires_at), ("jane\n", Some(1_900_000_000)));
        assert!(open.tokens.can_refresh() && open.tokens.scopes() == Some(&["a".to_owned(), "b".to_owned()]));
        let shown = format!("{open:?}");
        assert!(!shown.contains("secret-token") && !shown.contains("refresh-me"), "{shown}");
        let again = seal.seal(KEY, &grant("secret-token"), &SystemEntropy).unwrap();
        assert_ne!(again.expose(), text.expose());
    }

    #[test]
    fn another_key_s_grant_and_one_of_a_lost_key_are_no_grants() {
        let one = seal();
        let text = one.seal(KEY, &grant("t"), &SystemEntropy).unwrap();
        assert!(one.open(ApiKeyId(8), text.expose()).is_none());
        assert!(seal().open(KEY, text.expose()).is_none());
        for text in
            ["", "hpg_", "hpg_AAAA", "hpk_x", &text.expose().to_uppercase(), &format!("{} ", text.expose())]
        {
            assert!(one.open(KEY, text).is_none(), "{text}");
        }
    }

    #[test]
    fn a_grant_is_bounded() {
        let seal = seal();
        assert!(seal.seal(KEY, &grant(&"t".repeat(5000)), &SystemEntropy).is_ok());
        let refused = seal.seal(KEY, &grant(&"t".repeat(8000)), &SystemEntropy).map(|_| ());
        assert_eq!(refused, Err(NoGrant::TooLarge));
    }

    proptest! {
        #[test]
        fn no_changed_character_opens(at in 0_usize..200, with in "[A-Za-z0-9_-]") {
            let seal = seal();
            let text = seal.seal(KEY, &grant("secret-token"), &SystemEntropy).unwrap();
            let mut altered = text.expose().to_owned();
            let at = at % altered.len();
            altered.replace_range(at..=at, &with);
            prop_assert_eq!(seal.open(KEY, &altered).is_some(), altered == text.expose());
        }
    }
}
