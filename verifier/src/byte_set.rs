//! The characters that each kind of value is made of, as one table: a byte costs one look-up, whichever the set.

/// A set of ASCII bytes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ByteSet(u8);

impl ByteSet {
    pub(crate) const PLATFORM: Self = Self(1);
    pub(crate) const PLATFORM_ID: Self = Self(1 << 1);
    /// Handles may hold other scripts besides.
    pub(crate) const ASCII_HANDLE: Self = Self(1 << 2);
    pub(crate) const STATE: Self = Self(1 << 3);
    pub(crate) const DIGITS: Self = Self(1 << 4);
    pub(crate) const ERROR: Self = Self(1 << 5);

    /// Whether every byte of `value` is in the set. It looks at all of them: an early exit costs more than it saves.
    pub(crate) fn holds_all_of(self, value: &str) -> bool {
        let sets_of = |byte| SETS_OF.get(usize::from(byte)).copied().unwrap_or_default();
        value.bytes().fold(self.0, |all, byte| all & sets_of(byte)) != 0
    }
}

/// The sets that each byte is in.
static SETS_OF: [u8; 256] = {
    let mut table = [0; 256];
    let mut rest = table.as_mut_slice();
    let mut byte = 0_u8;
    while let Some((sets, after)) = rest.split_first_mut() {
        *sets = sets_of(byte);
        rest = after;
        byte = byte.wrapping_add(1);
    }
    table
};

const fn sets_of(byte: u8) -> u8 {
    let name = matches!(byte, b'a'..=b'z' | b'_');
    let id = byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'~' | b':' | b'@' | b'/' | b'-');
    let printable = matches!(byte, b'!'..=b'~') && byte != b'&';
    in_set(name || byte.is_ascii_digit(), ByteSet::PLATFORM)
        | in_set(id, ByteSet::PLATFORM_ID)
        | in_set(printable || byte == b' ', ByteSet::ASCII_HANDLE)
        | in_set(printable, ByteSet::STATE)
        | in_set(byte.is_ascii_digit(), ByteSet::DIGITS)
        | in_set(name, ByteSet::ERROR)
}

const fn in_set(is_in: bool, set: ByteSet) -> u8 {
    if is_in { set.0 } else { 0 }
}
