//! The three opaque handles of one session, and the way from each to the session's single store entry.
//!
//! A session is one entry in the store, under a 128-bit [`EntryKey`]. Three strangers to each other find it:
//! the browser by its request token, the platform's redirect by the OAuth `state`, the caller by the `session_id`.
//! * entry key = first half of SHA-256(request token): the store never sees the token (`T22`);
//! * `session_id` = the entry key, enciphered: whoever has the token cannot compute it, and it opens nothing;
//! * `state` = the entry key, enciphered under another key, followed by 256 random bits whose digest the entry holds.
//!
//! One AES block over a value that is itself random is a pseudo-random permutation, which is all that is needed
//! here: the handles are not authenticated by it. A forged one leads to an entry that does not exist.

use aes::Aes256;
use aes::cipher::{BlockCipherDecrypt, BlockCipherEncrypt, KeyInit};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq;

use super::entropy::{Entropy, NoEntropy};
use super::root_key::RootKey;
use crate::every_byte::every_byte;

const TOKEN_PREFIX: &str = "psd_";
/// The prefix and 256 bits at six a character.
const TOKEN_LENGTH: usize = 47;
const SESSION_PREFIX: &str = "ses_";
const BLOCK: usize = 16;
const SECRET: usize = 32;

/// The key of a session's entry in the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct EntryKey(pub [u8; BLOCK]);

/// A SHA-256 of something that the store must be able to recognise but not to know.
#[derive(Clone, Copy, Debug)]
pub struct Digest(pub [u8; 32]);

impl Digest {
    /// The digest of `bytes`.
    pub fn of(bytes: &[u8]) -> Self {
        Self(Sha256::digest(bytes).into())
    }
}

/// In constant time: one side may come from an attacker.
impl PartialEq for Digest {
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl Eq for Digest {}

impl std::hash::Hash for Digest {
    fn hash<H: std::hash::Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}

/// `psd_…`: the browser's single-use handle on a session, 256 bits from the generator, in base64url.
#[derive(Clone)]
pub struct RequestToken(String);

impl RequestToken {
    /// A fresh token.
    ///
    /// # Errors
    /// Where there is no entropy.
    pub fn fresh(entropy: &dyn Entropy) -> Result<Self, NoEntropy> {
        let secret: [u8; SECRET] = entropy.bytes()?;
        let mut text = String::with_capacity(TOKEN_LENGTH);
        text.push_str(TOKEN_PREFIX);
        URL_SAFE_NO_PAD.encode_string(secret, &mut text);
        Ok(Self(text))
    }

    /// The token, where it has the form of one: `psd_` and 43 to 128 base64url characters.
    pub fn parse(text: &str) -> Option<Self> {
        let secret = text.strip_prefix(TOKEN_PREFIX)?;
        let is_base64url = every_byte(secret, |b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_');
        (is_base64url && (43..=128).contains(&secret.len())).then(|| Self(text.to_owned()))
    }

    /// The text, for the answer to the caller and the page that posts it back.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Where the session lies, if there is one.
    pub fn entry_key(&self) -> EntryKey {
        let digest = Sha256::digest(self.0.as_bytes());
        let (half, _) = digest.split_at(BLOCK);
        let mut key = [0; BLOCK];
        key.copy_from_slice(half);
        EntryKey(key)
    }
}

impl std::fmt::Debug for RequestToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("psd_[secret]")
    }
}

/// The OAuth `state` that the service makes (RFC 6749, section 10.12): never the caller's own.
#[derive(Clone)]
pub struct OAuthState {
    text: String,
    digest: Digest,
}

impl OAuthState {
    fn of(text: String) -> Self {
        let digest = Digest::of(text.as_bytes());
        Self { text, digest }
    }

    /// The text, as it travels through the browser.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// What the session's entry keeps of it.
    pub fn digest(&self) -> Digest {
        self.digest
    }
}

impl std::fmt::Debug for OAuthState {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("[state]")
    }
}

/// Makes handles and finds entries by them. All instances with one registry agree.
pub struct Locator {
    session_ids: Aes256,
    states: Aes256,
}

impl Locator {
    /// The locator of a deployment.
    pub fn new(key: &RootKey) -> Self {
        Self {
            session_ids: Aes256::new(&(*key.derive("session id")).into()),
            states: Aes256::new(&(*key.derive("oauth state")).into()),
        }
    }

    /// The `session_id` of an entry.
    pub fn session_id(&self, key: EntryKey) -> String {
        [SESSION_PREFIX, &lower_hex(&encipher(&self.session_ids, key))].concat()
    }

    /// The entry of a `session_id`; `None` where the text cannot be one. A session has one spelling.
    pub fn entry_of_session_id(&self, text: &str) -> Option<EntryKey> {
        let mut block = [0; BLOCK];
        let digits =
            text.strip_prefix(SESSION_PREFIX).filter(|digits| !digits.contains(char::is_uppercase))?;
        hex::decode_to_slice(digits, &mut block).ok()?;
        Some(decipher(&self.session_ids, block))
    }

    /// A fresh OAuth state for an entry.
    ///
    /// # Errors
    /// Where there is no entropy.
    pub fn state(&self, key: EntryKey, entropy: &dyn Entropy) -> Result<OAuthState, NoEntropy> {
        let secret: [u8; SECRET] = entropy.bytes()?;
        let bytes = [encipher(&self.states, key).as_slice(), &secret].concat();
        Ok(OAuthState::of(URL_SAFE_NO_PAD.encode(bytes)))
    }

    /// The state and its entry; `None` where the text cannot be one of ours.
    pub fn entry_of_state(&self, text: &str) -> Option<(OAuthState, EntryKey)> {
        let mut bytes = [0; BLOCK + SECRET];
        let length = URL_SAFE_NO_PAD.decode_slice(text, &mut bytes).ok()?;
        let (block, secret) = bytes.get(..length)?.split_first_chunk::<BLOCK>()?;
        (secret.len() == SECRET).then(|| (OAuthState::of(text.to_owned()), decipher(&self.states, *block)))
    }
}

/// As two digits a byte: [`hex::encode`] goes character by character, for ten times the price.
pub fn lower_hex(bytes: &[u8]) -> String {
    let mut digits = vec![0; bytes.len() * 2];
    // There is room for all of them, and they are ASCII.
    let _fits = hex::encode_to_slice(bytes, &mut digits);
    String::from_utf8(digits).unwrap_or_default()
}

fn encipher(cipher: &Aes256, key: EntryKey) -> [u8; BLOCK] {
    let mut block = key.0.into();
    cipher.encrypt_block(&mut block);
    block.into()
}

fn decipher(cipher: &Aes256, block: [u8; BLOCK]) -> EntryKey {
    let mut block = block.into();
    cipher.decrypt_block(&mut block);
    EntryKey(block.into())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::entropy::SystemEntropy;

    fn locator() -> Locator {
        Locator::new(&RootKey::fresh(&SystemEntropy).unwrap())
    }

    #[test]
    fn every_handle_leads_back_to_its_entry() {
        let locator = locator();
        let token = RequestToken::fresh(&SystemEntropy).unwrap();
        let key = token.entry_key();
        let state = locator.state(key, &SystemEntropy).unwrap();
        assert_eq!(RequestToken::parse(token.as_str()).unwrap().entry_key(), key);
        assert_eq!(locator.entry_of_session_id(&locator.session_id(key)), Some(key));
        assert_eq!(locator.entry_of_state(state.as_str()).unwrap().1, key);
    }

    #[test]
    fn t27_no_handle_is_taken_for_one_of_another_kind() {
        let locator = locator();
        let token = RequestToken::fresh(&SystemEntropy).unwrap();
        let state = locator.state(token.entry_key(), &SystemEntropy).unwrap();
        let session_id = locator.session_id(token.entry_key());
        assert!(RequestToken::parse(state.as_str()).is_none());
        assert!(RequestToken::parse(&session_id).is_none());
        assert!(locator.entry_of_session_id(token.as_str()).is_none());
        let shouted = format!("ses_{}", hex::encode_upper([0xab; BLOCK]));
        assert!(locator.entry_of_session_id(&shouted).is_none());
        assert!(locator.entry_of_session_id(&shouted.to_lowercase()).is_some());
        assert!(locator.entry_of_state(token.as_str()).is_none());
        assert!(locator.entry_of_state(&session_id).is_none());
    }

    #[test]
    fn t20_tokens_are_unique_and_every_position_is_uniform() {
        let mut seen = std::collections::HashSet::new();
        let mut counts = vec![[0_u32; 128]; 43];
        for _ in 0..64_000 {
            let token = RequestToken::fresh(&SystemEntropy).unwrap();
            for (position, byte) in token.as_str()[4..].bytes().enumerate() {
                counts[position][usize::from(byte)] += 1;
            }
            assert!(seen.insert(token.0));
        }
        // 63 degrees of freedom: a chi-square over 130 has a probability below one in a million. The last
        // character carries four bits only, so it has 16 values.
        for position in counts.iter().take(42) {
            let chi: f64 =
                position.iter().filter(|&&n| n > 0).map(|&n| (f64::from(n) - 1000.0).powi(2) / 1000.0).sum();
            assert!(chi < 130.0, "{chi}");
        }
    }
}
