//! Percent-encoding of values, both ways. Decoding is strict: what is not UTF-8 behind its escapes is refused, never
//! replaced.

use alloc::string::String;

/// A value that is not percent-encoded UTF-8.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Undecodable;

/// Appends `value` with every byte outside `A-Z a-z 0-9 - . _ ~` encoded (RFC 3986, section 2.3; blank is `%20`).
pub(crate) fn encode_into(value: &str, out: &mut String) {
    // As with decoding: most values are plain.
    if value.bytes().fold(true, |all, byte| all & is_unreserved(byte)) {
        out.push_str(value);
        return;
    }
    for byte in value.bytes() {
        if is_unreserved(byte) {
            out.push(char::from(byte));
        } else {
            out.push('%');
            out.extend([upper_hex(byte >> 4), upper_hex(byte & 0x0f)]);
        }
    }
}

fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~')
}

fn upper_hex(nibble: u8) -> char {
    char::from(if nibble < 10 { b'0' + nibble } else { b'A' + (nibble - 10) })
}

/// Appends what `raw` stands for. `+` is a blank, as in every form decoder.
///
/// On an error `out` holds a part of the value.
pub(crate) fn decode_into(raw: &str, out: &mut String) -> Result<(), Undecodable> {
    let mut open = OpenChar::default();
    let mut rest = raw;
    while let Some((plain, special, after)) = split_at_special(rest) {
        open.push_plain(plain, out)?;
        if special == "+" {
            open.push_plain(" ", out)?;
            rest = after;
        } else {
            let (digits, after) = after.split_at_checked(2).ok_or(Undecodable)?;
            open.push(hex_byte(digits)?, out)?;
            rest = after;
        }
    }
    open.push_plain(rest, out)?;
    open.must_be_closed()
}

/// What stands before the first `%` or `+`, which of the two it is, and what stands behind it.
fn split_at_special(text: &str) -> Option<(&str, &str, &str)> {
    let at = text.bytes().position(|byte| matches!(byte, b'%' | b'+'))?;
    let (plain, special_and_after) = text.split_at_checked(at)?;
    Some((plain, special_and_after.get(..1)?, special_and_after.get(1..)?))
}

fn hex_byte(digits: &str) -> Result<u8, Undecodable> {
    let mut byte = [0];
    hex::decode_to_slice(digits, &mut byte).map_err(|_| Undecodable)?;
    Ok(u8::from_be_bytes(byte))
}

/// The bytes of a character whose escapes are still coming.
#[derive(Default)]
struct OpenChar {
    bytes: [u8; 4],
    len: usize,
}

impl OpenChar {
    fn push_plain(&mut self, plain: &str, out: &mut String) -> Result<(), Undecodable> {
        if !plain.is_empty() {
            self.must_be_closed()?;
            out.push_str(plain);
        }
        Ok(())
    }

    fn push(&mut self, byte: u8, out: &mut String) -> Result<(), Undecodable> {
        *self.bytes.get_mut(self.len).ok_or(Undecodable)? = byte;
        self.len += 1;
        match core::str::from_utf8(self.bytes.get(..self.len).unwrap_or_default()) {
            Ok(char) => {
                out.push_str(char);
                self.len = 0;
                Ok(())
            }
            Err(error) if error.error_len().is_none() => Ok(()),
            Err(_) => Err(Undecodable),
        }
    }

    fn must_be_closed(&self) -> Result<(), Undecodable> {
        if self.len == 0 { Ok(()) } else { Err(Undecodable) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(raw: &str) -> Result<String, Undecodable> {
        let mut out = String::new();
        decode_into(raw, &mut out).map(|()| out)
    }

    #[test]
    fn escapes_plus_and_raw_text_decode_as_forms_do() {
        assert_eq!(decoded("a%20b+c%2Bd").as_deref(), Ok("a b c+d"));
        assert_eq!(decoded("%F0%9F%91%a9é%C3%A9").as_deref(), Ok("\u{1f469}éé"));
        assert_eq!(decoded("").as_deref(), Ok(""));
        assert_eq!(decoded("%00").as_deref(), Ok("\0"));
    }

    #[test]
    fn what_is_no_utf8_or_no_escape_is_refused() {
        for raw in
            ["%", "%4", "%zz", "%+1", "%FF", "%C3", "%C3x", "%C3é", "%C3%28", "%ED%A0%80", "%C0%AF", "%F0%9F"]
        {
            assert_eq!(decoded(raw), Err(Undecodable), "{raw}");
        }
    }

    #[test]
    fn every_byte_outside_the_unreserved_set_is_encoded() {
        let mut out = String::new();
        encode_into("aZ9-._~ +&=%/:@\u{e9}\n", &mut out);
        assert_eq!(out, "aZ9-._~%20%2B%26%3D%25%2F%3A%40%C3%A9%0A");
        assert_eq!(decoded(&out).as_deref(), Ok("aZ9-._~ +&=%/:@\u{e9}\n"));
    }
}
