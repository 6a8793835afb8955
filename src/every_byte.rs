//! Texts of few kinds of characters, which most texts of a flow are.

/// Whether every byte of `text` is of a kind. Without an early exit the compiler looks at many bytes at a time.
pub fn every_byte(text: &str, is_of_kind: impl Fn(u8) -> bool) -> bool {
    text.bytes().fold(true, |all, byte| all & is_of_kind(byte))
}
