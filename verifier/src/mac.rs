//! HMAC-SHA256 with the key schedule done once. The key never leaves; comparison is the caller's, in constant time.

use core::fmt;

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};
use zeroize::Zeroizing;

/// A signing secret, turned into the two hash states that HMAC starts from. Wiped when dropped.
pub(crate) struct MacKey(Hmac<Sha256>);

impl MacKey {
    /// Takes a key of any length, as RFC 2104 does: a long one is hashed, a short one padded with zeros.
    pub(crate) fn new(secret: &[u8]) -> Self {
        let mut block = Zeroizing::new([0_u8; 64]);
        if secret.len() > block.len() {
            fill(&mut block, &Sha256::digest(secret));
        } else {
            fill(&mut block, secret);
        }
        Self(Hmac::new((&*block).into()))
    }

    /// The MAC of `message`.
    pub(crate) fn mac(&self, message: &[u8]) -> [u8; 32] {
        let mut mac = self.0.clone();
        mac.update(message);
        mac.finalize().into_bytes().into()
    }
}

fn fill(block: &mut [u8; 64], key: &[u8]) {
    for (target, byte) in block.iter_mut().zip(key) {
        *target = *byte;
    }
}

impl fmt::Debug for MacKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("MacKey(…)")
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
mod tests {
    use alloc::string::String;
    use alloc::vec::Vec;

    use serde::Deserialize;

    use super::*;

    #[derive(Deserialize)]
    struct Vectors {
        hmac_sha256: Vec<Vector>,
    }

    #[derive(Deserialize)]
    struct Vector {
        id: String,
        key_hex: String,
        data_hex: String,
        mac_hex: String,
    }

    #[test]
    fn the_mac_has_the_known_answers_of_rfc_4231() {
        let vectors: Vectors = serde_json::from_str(include_str!("../vectors.json")).unwrap();
        assert_eq!(vectors.hmac_sha256.len(), 7);
        for Vector { id, key_hex, data_hex, mac_hex } in vectors.hmac_sha256 {
            let key = MacKey::new(&hex::decode(key_hex).unwrap());
            let mac = hex::encode(key.mac(&hex::decode(data_hex).unwrap()));
            assert!(mac_hex.len() >= 32 && mac.starts_with(&mac_hex), "{id}");
        }
    }
}
