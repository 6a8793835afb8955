//! What each signed value may look like: one set of rules for the signer and the verifier.
//! Nothing here repairs a value; it is right or it is refused.
//!
//! No rule lets `&` through. So a base string holds exactly the four that separate its five parts, and no other
//! five values give the same bytes: that is what keeps even a careless verifier safe from re-split strings.

use crate::byte_set::ByteSet;
use crate::handle;

/// What is wrong with a value, worded to follow its name: "`state` " + rule.
pub(crate) type Rule = &'static str;

pub(crate) const PLATFORM: Rule = "must be a lowercase name: a-z, then up to 31 of a-z, 0-9 and _";
pub(crate) const PLATFORM_ID: Rule = "must be 1 to 255 characters of A-Z a-z 0-9 . _ ~ : @ / -";
pub(crate) const HANDLE: Rule =
    "must be at most 512 bytes (before its escapes) with no `&`, control character or line break";
pub(crate) const HANDLE_ESCAPE: Rule = "must have passed encode_handle: every % begins %25 or %26";
pub(crate) const STATE: Rule = "must be 1 to 512 characters of printable ASCII without blank and `&`, \
     and not undefined, null, None or NaN";
pub(crate) const EXPIRES: Rule = "must be Unix seconds in 10 to 12 plain digits without a leading zero";
pub(crate) const SIG: Rule = "must be 64 lowercase hex digits";
pub(crate) const ERROR: Rule = "must be 1 to 64 characters of a-z and _";
pub(crate) const ENCODING: Rule = "must be percent-encoded UTF-8";

const PLATFORM_MAX: usize = 32;
const PLATFORM_ID_MAX: usize = 255;
const HANDLE_MAX: usize = 512;
const STATE_MAX: usize = 512;
const ERROR_MAX: usize = 64;
/// Longest `error_description` that is passed on.
const DESCRIPTION_MAX: usize = 512;

pub(crate) fn platform(value: &str) -> Result<(), Rule> {
    let fits = value.len() <= PLATFORM_MAX
        && ByteSet::PLATFORM.holds_all_of(value)
        && value.starts_with(|first: char| first.is_ascii_lowercase());
    fits.then_some(()).ok_or(PLATFORM)
}

pub(crate) fn platform_id(value: &str) -> Result<(), Rule> {
    let fits = (1..=PLATFORM_ID_MAX).contains(&value.len()) && ByteSet::PLATFORM_ID.holds_all_of(value);
    fits.then_some(()).ok_or(PLATFORM_ID)
}

/// The handle as signed, escapes included. The limit counts the bytes behind the escapes, since they may triple it.
pub(crate) fn handle(value: &str) -> Result<(), Rule> {
    let fits = (ByteSet::ASCII_HANDLE.holds_all_of(value) || value.chars().all(is_handle_char))
        && (value.len() <= HANDLE_MAX || handle::decoded_len(value) <= HANDLE_MAX);
    fits.then_some(()).ok_or(HANDLE)
}

fn is_handle_char(char: char) -> bool {
    !(char == '&' || char.is_control() || matches!(char, '\u{2028}' | '\u{2029}'))
}

pub(crate) fn state(value: &str) -> Result<(), Rule> {
    let fits =
        (1..=STATE_MAX).contains(&value.len()) && ByteSet::STATE.holds_all_of(value) && !is_absence(value);
    fits.then_some(()).ok_or(STATE)
}

/// Whether `value` is what common languages print for a variable that holds nothing. Such a state would match every
/// session that lost its own.
pub(crate) fn is_absence(value: &str) -> bool {
    matches!(value, "" | "undefined" | "null" | "None" | "NaN")
}

/// Reads canonical decimal: no sign, blank, exponent, leading zero or digit of another script.
pub(crate) fn expires(value: &str) -> Result<u64, Rule> {
    let canonical =
        (10..=12).contains(&value.len()) && !value.starts_with('0') && ByteSet::DIGITS.holds_all_of(value);
    if canonical { value.parse().map_err(|_| EXPIRES) } else { Err(EXPIRES) }
}

pub(crate) fn expires_in_range(value: u64) -> Result<(), Rule> {
    (1_000_000_000..=999_999_999_999).contains(&value).then_some(()).ok_or(EXPIRES)
}

/// Reads the MAC. Upper case is refused, so that a copy cannot pass by a replay cache keyed on the text.
pub(crate) fn sig(value: &str) -> Result<[u8; 32], Rule> {
    let digits: &[u8; 64] = value.as_bytes().try_into().map_err(|_| SIG)?;
    if !digits.iter().fold(true, |all, digit| all & matches!(digit, b'0'..=b'9' | b'a'..=b'f')) {
        return Err(SIG);
    }
    let values = digits.map(|digit| (digit & 0x0f) + 9 * (digit >> 6));
    let mut mac = [0; 32];
    for (byte, [high, low]) in mac.iter_mut().zip(values.as_chunks().0) {
        *byte = (high << 4) | low;
    }
    Ok(mac)
}

pub(crate) fn error_code(value: &str) -> Result<(), Rule> {
    let fits = (1..=ERROR_MAX).contains(&value.len()) && ByteSet::ERROR.holds_all_of(value);
    fits.then_some(()).ok_or(ERROR)
}

pub(crate) fn is_error_description(value: &str) -> bool {
    (1..=DESCRIPTION_MAX).contains(&value.len()) && !value.contains(char::is_control)
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing)]
mod tests {
    use alloc::string::String;

    use super::*;

    fn repeated(piece: &str, times: usize) -> String {
        piece.repeat(times)
    }

    #[test]
    fn platform_names_are_short_and_lowercase() {
        for good in ["x", "tiktok", "a_1", &repeated("a", 32)] {
            assert_eq!(platform(good), Ok(()), "{good}");
        }
        for bad in ["", "TikTok", "1a", "_a", "a-b", "ａ", &repeated("a", 33)] {
            assert_eq!(platform(bad), Err(PLATFORM), "{bad}");
        }
    }

    #[test]
    fn platform_ids_keep_to_their_set() {
        for good in ["1", "did:plc:z72", "a.b_c~d:e@f/g-h", &repeated("9", 255)] {
            assert_eq!(platform_id(good), Ok(()), "{good}");
        }
        for bad in ["", "1,2", "a b", "a&b", "a=b", "a%20", "é", "1\n", &repeated("9", 256)] {
            assert_eq!(platform_id(bad), Err(PLATFORM_ID), "{bad}");
        }
    }

    #[test]
    fn the_handle_limit_counts_bytes_before_the_escapes() {
        assert_eq!(handle(""), Ok(()));
        assert_eq!(handle(&repeated("é", 256)), Ok(()));
        assert_eq!(handle(&repeated("%26", 512)), Ok(()));
        for bad in ["a&b", "a\nb", "a\u{0}", "\u{85}", "\u{2028}", &repeated("%26", 513), &repeated("é", 257)]
        {
            assert_eq!(handle(bad), Err(HANDLE), "{bad:?}");
        }
    }

    #[test]
    fn states_are_printable_ascii_and_never_the_print_of_nothing() {
        for good in ["a1b2c3d4", "qL8R4QIcQ/ZsRqOAbeRf==", "!\"#$%'()*+,~", "nullable", &repeated("s", 512)] {
            assert_eq!(state(good), Ok(()), "{good}");
        }
        for bad in ["", "a b", "a&b", "é", "a\u{7f}", "undefined", "null", "None", "NaN", &repeated("s", 513)]
        {
            assert_eq!(state(bad), Err(STATE), "{bad}");
        }
    }

    #[test]
    fn a_signature_is_sixty_four_lowercase_hex_digits_and_each_counts() {
        for byte in 0..=u8::MAX {
            let digits = alloc::format!("{byte:02x}");
            assert_eq!(sig(&digits.repeat(32)), Ok([byte; 32]));
            let mut first = [0; 32];
            first[0] = byte;
            assert_eq!(sig(&alloc::format!("{digits}{}", "0".repeat(62))), Ok(first));
            let char = char::from(byte);
            if !matches!(char, '0'..='9' | 'a'..='f') {
                assert_eq!(
                    sig(&alloc::format!("{}{char}", "0".repeat(64 - char.len_utf8()))),
                    Err(SIG),
                    "{char:?}"
                );
            }
        }
        for length in [0, 63, 65, 128] {
            assert_eq!(sig(&"0".repeat(length)), Err(SIG), "{length}");
        }
    }

    #[test]
    fn the_number_and_text_forms_of_expires_have_the_same_range() {
        for edge in [1_000_000_000_u64, 1_900_000_300, 999_999_999_999] {
            assert_eq!(expires_in_range(edge), Ok(()));
            assert_eq!(expires(&alloc::format!("{edge}")), Ok(edge));
        }
        for outside in [0, 999_999_999, 1_000_000_000_000, u64::MAX] {
            assert_eq!(expires_in_range(outside), Err(EXPIRES));
            assert_eq!(expires(&alloc::format!("{outside}")), Err(EXPIRES));
        }
    }
}
