//! The public id of an API key.

/// Names a key in lists, logs and proofs (`aud`); opens nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ApiKeyId(pub u64);

impl ApiKeyId {
    /// Reads `key_` and 16 hex digits.
    pub fn parse(text: &str) -> Option<Self> {
        Self::parse_digits(text.strip_prefix("key_")?)
    }

    /// Reads the 16 hex digits alone, as they stand in an API key.
    pub fn parse_digits(digits: &str) -> Option<Self> {
        let mut bytes = [0; 8];
        hex::decode_to_slice(digits, &mut bytes).ok()?;
        Some(Self(u64::from_be_bytes(bytes)))
    }

    /// The 16 hex digits.
    pub fn digits(self) -> String {
        format!("{:016x}", self.0)
    }
}

impl std::fmt::Display for ApiKeyId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "key_{:016x}", self.0)
    }
}
