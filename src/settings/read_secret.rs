//! Reading secrets: inline, or from the file that a twin key names.

use super::{Complaint, Reader, secret_file};
use crate::crypto::secret::SecretText;

impl Reader<'_> {
    /// A secret, from `key` or from the file that `key_file` names; both at once are a fault.
    pub fn secret(&self, key: &str) -> Option<SecretText> {
        let file_key = format!("{key}_file");
        let (inline, file) = (self.text(key), self.text(&file_key));
        if self.has(key) && self.has(&file_key) {
            self.fault(key, format!("is given together with {file_key}"), "keep one of the two");
            return None;
        }
        let (key, secret) = match (inline, file) {
            (Some(text), _) => (key, SecretText::new(text.to_owned())),
            (None, Some(path)) => {
                let read = secret_file::read(&self.source.folder.join(path));
                (file_key.as_str(), self.judge(&file_key, read)?)
            }
            (None, None) => return None,
        };
        let text = secret.expose();
        if text.is_empty() || text.chars().any(char::is_control) {
            self.fault(key, "is empty or has control characters in it", "give the secret alone, on one line");
            return None;
        }
        Some(secret)
    }

    /// A secret that a parser takes.
    pub fn parsed_secret<T>(
        &self,
        key: &str,
        parse: impl FnOnce(SecretText) -> Result<T, Complaint>,
    ) -> Option<T> {
        let parsed = parse(self.secret(key)?);
        self.judge(key, parsed)
    }
}
