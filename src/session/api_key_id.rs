//! The public id of an API key.

/// Names a key in lists, logs and proofs (`aud`); opens nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ApiKeyId(pub u64);

impl ApiKeyId {
    /// Reads `key_` and 16 hex digits.
    pub fn parse(text: &str) -> Option<Self> {
        Self::parse_digits(text.strip_prefix("key_")?)
    }

    /// Reads the 16 lower-case hex digits alone, as they stand in an API key. A key has one spelling.
    pub fn parse_digits(digits: &str) -> Option<Self> {
        let mut bytes = [0; 8];
        hex::decode_to_slice(digits, &mut bytes).ok()?;
        let is_lower = !digits.bytes().any(|digit| digit.is_ascii_uppercase());
        is_lower.then_some(Self(u64::from_be_bytes(bytes)))
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_has_one_spelling() {
        let id = ApiKeyId(0x00ab_cdef_0123_4567);
        assert_eq!(ApiKeyId::parse(&id.to_string()), Some(id));
        for bad in ["", "key_", "key_00ABCDEF01234567", "key_1", "app_00abcdef01234567", "00abcdef01234567"] {
            assert_eq!(ApiKeyId::parse(bad), None, "{bad}");
        }
    }
}
