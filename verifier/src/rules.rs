//! What each signed value may look like: one set of rules for the signer and the verifier.
//! Nothing here repairs a value; it is right or it is refused.
//!
//! No rule lets `&` through. So a base string holds exactly the four that separate its five parts, and no other
//! five values give the same bytes: that is what keeps even a careless verifier safe from re-split strings.

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
        && every_byte(value, |byte| matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'_'))
        && value.starts_with(|first: char| first.is_ascii_lowercase());
    fits.then_some(()).ok_or(PLATFORM)
}

pub(crate) fn platform_id(value: &str) -> Result<(), Rule> {
    let fits = (1..=PLATFORM_ID_MAX).contains(&value.len()) && every_byte(value, is_id_byte);
    fits.then_some(()).ok_or(PLATFORM_ID)
}

fn is_id_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'~' | b':' | b'@' | b'/' | b'-')
}

/// The handle as signed, escapes included. The limit counts the bytes behind the escapes, since they may triple it.
pub(crate) fn handle(value: &str) -> Result<(), Rule> {
    let plain = every_byte(value, |byte| matches!(byte, b' '..=b'~') && byte != b'&');
    let fits = (plain || value.chars().all(is_handle_char))
        && (value.len() <= HANDLE_MAX || handle::decoded_len(value) <= HANDLE_MAX);
    fits.then_some(()).ok_or(HANDLE)
}

fn is_handle_char(char: char) -> bool {
    !(char == '&' || char.is_control() || matches!(char, '\u{2028}' | '\u{2029}'))
}

pub(crate) fn state(value: &str) -> Result<(), Rule> {
    let fits = (1..=STATE_MAX).contains(&value.len())
        && every_byte(value, |byte| matches!(byte, b'!'..=b'~') && byte != b'&')
        && !is_absence(value);
    fits.then_some(()).ok_or(STATE)
}

/// Whether `value` is what common languages print for a variable that holds nothing. Such a state would match every
/// session that lost its own.
pub(crate) fn is_absence(value: &str) -> bool {
    matches!(value, "" | "undefined" | "null" | "None" | "NaN")
}

/// Reads canonical decimal: no sign, blank, exponent, leading zero or digit of another script.
pub(crate) fn expires(value: &str) -> Result<u64, Rule> {
    let canonical = (10..=12).contains(&value.len())
        && !value.starts_with('0')
        && every_byte(value, |byte| byte.is_ascii_digit());
    if canonical { value.parse().map_err(|_| EXPIRES) } else { Err(EXPIRES) }
}

pub(crate) fn expires_in_range(value: u64) -> Result<(), Rule> {
    (1_000_000_000..=999_999_999_999).contains(&value).then_some(()).ok_or(EXPIRES)
}

/// Reads the MAC. Upper case is refused, so that a copy cannot pass by a replay cache keyed on the text.
pub(crate) fn sig(value: &str) -> Result<[u8; 32], Rule> {
    let mut mac = [0; 32];
    let (digits, rest) = value.as_bytes().as_chunks::<2>();
    let mut all_digits = digits.len() == mac.len() && rest.is_empty();
    for (byte, [high, low]) in mac.iter_mut().zip(digits) {
        let (high, low) = (lower_hex_value(*high), lower_hex_value(*low));
        all_digits &= high < 16 && low < 16;
        *byte = (high << 4) | (low & 0x0f);
    }
    if all_digits { Ok(mac) } else { Err(SIG) }
}

/// 16 or more for what is no lowercase hex digit.
fn lower_hex_value(digit: u8) -> u8 {
    match digit {
        b'0'..=b'9' => digit - b'0',
        b'a'..=b'f' => digit - b'a' + 10,
        _ => u8::MAX,
    }
}

pub(crate) fn error_code(value: &str) -> Result<(), Rule> {
    let fits = (1..=ERROR_MAX).contains(&value.len())
        && every_byte(value, |byte| matches!(byte, b'a'..=b'z' | b'_'));
    fits.then_some(()).ok_or(ERROR)
}

pub(crate) fn is_error_description(value: &str) -> bool {
    (1..=DESCRIPTION_MAX).contains(&value.len()) && !value.contains(char::is_control)
}

/// Looks at every byte, without an early exit: the compiler then takes many at a time.
fn every_byte(value: &str, fits: impl Fn(u8) -> bool) -> bool {
    value.bytes().fold(true, |all, byte| all & fits(byte))
}

#[cfg(test)]
#[allow(clippy::unwrap_used)]
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
