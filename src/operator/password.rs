//! The operator's password: argon2id (RFC 9106), and the rule of a new one. Never called on a thread that serves requests.

use argon2::password_hash::{CustomizedPasswordHasher, PasswordVerifier};
use argon2::{Argon2, Params, PasswordHash};
use unicode_normalization::UnicodeNormalization;
use zeroize::Zeroizing;

use crate::crypto::entropy::{Entropy, NoEntropy};
use crate::crypto::secret::SecretText;

/// Shorter passwords are guessed from a stolen hash.
const MIN_CHARACTERS: usize = 12;
/// Nobody types more; a form could be made to cost memory otherwise.
const MAX_BYTES: usize = 1024;

/// What one hash costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cost {
    /// For passwords that people choose: 64 MiB, three passes, four lanes (RFC 9106, section 4, the second recommended
    /// option).
    Chosen,
    /// For passwords of 128 random bits or more, which no stretching makes harder to guess: the least there is.
    Random,
}

/// Why a password was not hashed.
#[derive(Debug, thiserror::Error)]
pub enum PasswordFault {
    /// Too short or too long.
    #[error("a password has at least {MIN_CHARACTERS} characters and at most {MAX_BYTES} bytes")]
    Length,
    /// No salt could be drawn.
    #[error(transparent)]
    Entropy(#[from] NoEntropy),
    /// Not enough memory, most likely.
    #[error("the password could not be hashed: {0}")]
    Hash(String),
}

/// The hash of a new password, in the PHC format. Takes a noticeable part of a second.
///
/// # Errors
/// A password outside the rule, or the machine's trouble.
pub fn hash(password: &SecretText, cost: Cost, entropy: &dyn Entropy) -> Result<SecretText, PasswordFault> {
    let password = normal(password.expose());
    if password.chars().count() < MIN_CHARACTERS || password.len() > MAX_BYTES {
        return Err(PasswordFault::Length);
    }
    let salt: [u8; 16] = entropy.bytes()?;
    let hash = params(cost)
        .map_err(|error| error.to_string())
        .and_then(|params| {
            let hasher = Argon2::default();
            hasher
                .hash_password_with_params(password.as_bytes(), &salt, params)
                .map_err(|error| error.to_string())
        })
        .map_err(PasswordFault::Hash)?;
    Ok(SecretText::new(hash.to_string()))
}

/// Whether this is the password of the hash, which says its own cost. Compared in constant time.
pub fn is_right(password: &SecretText, hash: &SecretText) -> bool {
    let Ok(hash) = PasswordHash::new(hash.expose()) else { return false };
    let password = normal(password.expose());
    password.len() <= MAX_BYTES && Argon2::default().verify_password(password.as_bytes(), &hash).is_ok()
}

fn params(cost: Cost) -> argon2::Result<Params> {
    match cost {
        Cost::Chosen => Params::new(64 * 1024, 3, 4, None),
        Cost::Random => Params::new(Params::MIN_M_COST, 1, 1, None),
    }
}

/// The same letters typed on two keyboards are the same password (NIST SP 800-63B).
fn normal(password: &str) -> Zeroizing<String> {
    Zeroizing::new(password.nfc().collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::entropy::SystemEntropy;

    fn secret(text: &str) -> SecretText {
        SecretText::new(text.to_owned())
    }

    #[test]
    fn a_hash_takes_its_password_in_every_normal_form_and_no_other() {
        let hash = hash(&secret("caf\u{e9} and a biscuit"), Cost::Random, &SystemEntropy).unwrap();
        assert!(is_right(&secret("caf\u{e9} and a biscuit"), &hash));
        assert!(is_right(&secret("cafe\u{301} and a biscuit"), &hash));
        for wrong in ["cafe and a biscuit", "", "caf\u{e9} and a biscuit "] {
            assert!(!is_right(&secret(wrong), &hash), "{wrong:?}");
        }
    }

    #[test]
    fn t84_a_chosen_password_is_stretched_as_rfc_9106_recommends() {
        let hash = hash(&secret("correct horse battery"), Cost::Chosen, &SystemEntropy).unwrap();
        assert!(hash.expose().starts_with("$argon2id$v=19$m=65536,t=3,p=4$"), "{}", hash.expose());
        assert!(is_right(&secret("correct horse battery"), &hash));
    }

    #[test]
    fn short_and_endless_passwords_are_refused() {
        for bad in ["eleven char", &"x".repeat(1025)] {
            let refusal = hash(&secret(bad), Cost::Random, &SystemEntropy).unwrap_err();
            assert!(matches!(refusal, PasswordFault::Length));
        }
    }
}
