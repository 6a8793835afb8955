//! One Ed25519 key pair (RFC 8032), and the name of its public half.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ring::signature::{Ed25519KeyPair, KeyPair};
use serde::Serialize;
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

use crate::crypto::seal::CannotOpen;

/// A key that can sign.
pub struct Signer {
    /// The `kid` of what it signs.
    pub kid: String,
    pair: Ed25519KeyPair,
}

/// The public half of a key, as it stands in a key set (RFC 7517; RFC 8037 for the curve).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct PublicKey {
    /// Always `OKP`.
    kty: &'static str,
    /// Always `Ed25519`.
    crv: &'static str,
    /// Always `EdDSA`.
    alg: &'static str,
    /// Always `sig`.
    r#use: &'static str,
    /// The thumbprint (RFC 7638); the header of a proof names it.
    kid: String,
    /// The key, base64url.
    x: String,
}

impl Signer {
    /// The key pair of 32 secret bytes.
    ///
    /// # Errors
    /// [`CannotOpen`] where these are no 32 bytes.
    pub(super) fn of_seed(seed: &Zeroizing<Vec<u8>>) -> Result<Self, CannotOpen> {
        let pair = Ed25519KeyPair::from_seed_unchecked(seed).map_err(|_| CannotOpen)?;
        let kid = thumbprint(pair.public_key().as_ref());
        Ok(Self { kid, pair })
    }

    pub(super) fn public_key(&self) -> Result<[u8; 32], CannotOpen> {
        self.pair.public_key().as_ref().try_into().map_err(|_| CannotOpen)
    }

    /// The signature of `message`.
    pub fn sign(&self, message: &[u8]) -> [u8; 64] {
        let mut bytes = [0; 64];
        for (to, from) in bytes.iter_mut().zip(self.pair.sign(message).as_ref()) {
            *to = *from;
        }
        bytes
    }
}

impl std::fmt::Debug for Signer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "[signing key {}]", self.kid)
    }
}

impl PublicKey {
    pub(super) fn new(kid: &str, public_key: &[u8; 32]) -> Self {
        Self {
            kty: "OKP",
            crv: "Ed25519",
            alg: "EdDSA",
            r#use: "sig",
            kid: kid.to_owned(),
            x: URL_SAFE_NO_PAD.encode(public_key),
        }
    }
}

/// The members that the key type requires, in the order of their names, hashed (RFC 7638; RFC 8037, appendix A.3).
fn thumbprint(public_key: &[u8]) -> String {
    let x = URL_SAFE_NO_PAD.encode(public_key);
    let members = format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{x}"}}"#);
    URL_SAFE_NO_PAD.encode(Sha256::digest(members))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn key_signature_and_thumbprint_are_those_of_rfc_8037() {
        let seed = URL_SAFE_NO_PAD.decode("nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A").unwrap();
        let signer = Signer::of_seed(&Zeroizing::new(seed)).unwrap();
        let key = PublicKey::new(&signer.kid, &signer.public_key().unwrap());
        assert_eq!(key.x, "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo");
        assert_eq!(signer.kid, "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
        let input = "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc";
        let expected =
            "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg";
        assert_eq!(URL_SAFE_NO_PAD.encode(signer.sign(input.as_bytes())), expected);
    }
}
