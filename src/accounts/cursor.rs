//! Cursors: where a page of a list ended, in a form that nobody can make or alter.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use subtle::ConstantTimeEq;
use uuid::Uuid;

use crate::crypto::mac::MacKey;
use crate::crypto::root_key::RootKey;
use crate::session::{ApiKeyId, RecordId};

const ID: usize = 16;

/// Makes cursors and reads them. All instances with one registry agree.
pub(super) struct Cursors(MacKey);

impl Cursors {
    pub(super) fn new(service_key: &RootKey) -> Self {
        Self(MacKey::new(service_key, "accounts cursor"))
    }

    /// The id and half of a MAC over it and the key, in base64url.
    pub(super) fn cursor(&self, key: ApiKeyId, last: RecordId) -> String {
        URL_SAFE_NO_PAD.encode([last.0.as_bytes().as_slice(), &self.tag(key, last)].concat())
    }

    /// `None` where it is not one of this key's.
    pub(super) fn read(&self, key: ApiKeyId, cursor: &str) -> Option<RecordId> {
        let bytes = URL_SAFE_NO_PAD.decode(cursor).ok()?;
        let (id, tag) = bytes.split_first_chunk::<ID>()?;
        let last = RecordId(Uuid::from_bytes(*id));
        let is_ours: bool = self.tag(key, last).ct_eq(tag).into();
        is_ours.then_some(last)
    }

    fn tag(&self, key: ApiKeyId, last: RecordId) -> Vec<u8> {
        let tag = self.0.tag(format!("{key}\n{last}").as_bytes());
        tag.into_iter().take(ID).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::crypto::entropy::SystemEntropy;

    #[test]
    fn a_cursor_that_was_altered_or_is_another_keys_is_none() {
        let cursors = Cursors::new(&RootKey::fresh(&SystemEntropy).unwrap());
        let (key, id) = (ApiKeyId(1), RecordId(Uuid::now_v7()));
        let cursor = cursors.cursor(key, id);
        assert_eq!(cursors.read(key, &cursor), Some(id));
        assert_eq!(cursors.read(ApiKeyId(2), &cursor), None);
        for at in 0..cursor.len() {
            let mut altered = cursor.clone().into_bytes();
            altered[at] = if altered[at] == b'A' { b'B' } else { b'A' };
            assert_eq!(cursors.read(key, std::str::from_utf8(&altered).unwrap()), None, "{at}");
        }
        for other in ["", "x", &cursor[1..], &format!("{cursor}AAAA")] {
            assert_eq!(cursors.read(key, other), None);
        }
    }
}
