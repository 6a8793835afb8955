//! The public id of a caller's own OAuth app.

/// Names an app in the API, in redirect URIs and in logs; opens nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct AppId(pub u64);

impl AppId {
    /// Reads `app_` and 16 lower-case hex digits: an app has one spelling, so that its redirect URI has one.
    pub fn parse(text: &str) -> Option<Self> {
        let mut bytes = [0; 8];
        hex::decode_to_slice(text.strip_prefix("app_")?, &mut bytes).ok()?;
        let id = Self(u64::from_be_bytes(bytes));
        (id.to_string() == text).then_some(id)
    }
}

impl std::fmt::Display for AppId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "app_{:016x}", self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn t41_an_app_has_one_spelling() {
        let id = AppId(0x00ab_cdef_0123_4567);
        assert_eq!(AppId::parse(&id.to_string()), Some(id));
        for bad in
            ["", "app_", "app_00ABCDEF01234567", "app_1", "key_00abcdef01234567", "app_00abcdef01234567 "]
        {
            assert_eq!(AppId::parse(bad), None, "{bad}");
        }
    }
}
