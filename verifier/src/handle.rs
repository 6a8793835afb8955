//! The reversible escape that keeps `&` out of a signed handle. It does not clean: that is the signer's task.

use alloc::borrow::Cow;
use alloc::string::String;

/// Escapes a cleaned handle for signing: `%` becomes `%25`, then `&` becomes `%26`.
///
/// Handles without either come back unchanged. [`Proof::handle_decoded`](crate::Proof::handle_decoded) undoes it.
///
/// ```
/// assert_eq!(handleproof_verify::encode_handle("Ben & Jerry's"), "Ben %26 Jerry's");
/// assert_eq!(handleproof_verify::encode_handle("100%26 real"), "100%2526 real");
/// ```
#[must_use]
pub fn encode_handle(handle: &str) -> String {
    handle.replace('%', "%25").replace('&', "%26")
}

/// Undoes [`encode_handle`]. A `%` that it did not write stays as it is.
///
/// ```
/// assert_eq!(handleproof_verify::decode_handle("Ben %26 Jerry's"), "Ben & Jerry's");
/// ```
#[must_use]
pub fn decode_handle(handle: &str) -> Cow<'_, str> {
    if handle.contains('%') {
        // In this order: the other one would turn the `%2526` of a genuine `%26` into `&`.
        Cow::Owned(handle.replace("%26", "&").replace("%25", "%"))
    } else {
        Cow::Borrowed(handle)
    }
}

/// Bytes that the handle has without its escapes.
pub(crate) fn decoded_len(handle: &str) -> usize {
    let escapes = handle.split('%').skip(1).filter(|tail| is_escape_tail(tail)).count();
    handle.len().saturating_sub(escapes.saturating_mul(2))
}

/// Whether every `%` begins an escape, as in all that [`encode_handle`] returns.
pub(crate) fn is_encoded(handle: &str) -> bool {
    handle.split('%').skip(1).all(is_escape_tail)
}

fn is_escape_tail(tail: &str) -> bool {
    tail.starts_with("25") || tail.starts_with("26")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stray_percent_sign_is_seen_and_left_alone() {
        assert!(!is_encoded("100%"));
        assert!(!is_encoded("100%2"));
        assert!(is_encoded("100%25 %26"));
        assert_eq!(decode_handle("100%"), "100%");
        assert_eq!(decoded_len("100%"), 4);
        assert_eq!(decoded_len("100%25"), 4);
    }
}
