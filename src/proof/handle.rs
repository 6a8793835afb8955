//! Cleaning a handle for display in a proof. Only handles are ever repaired; ids never are.

use std::borrow::Cow;

use unicode_normalization::UnicodeNormalization;
use unicode_properties::{GeneralCategory, UnicodeGeneralCategory};

use crate::every_byte::every_byte;

const MAX_BYTES: usize = 512;

/// The handle as it is signed: cleaned, then encoded so that it cannot end its field (`T55`, `T61`).
///
/// Removal comes before composition, since composing first would not be idempotent (`P15`). A handle that is too long is
/// dropped and never cut: a cut name can equal somebody else's.
pub(super) fn signed(handle: &str) -> String {
    handleproof_verify::encode_handle(&cleaned(handle))
}

/// The text without anything invisible, on one line; empty where it is too long.
pub fn cleaned(handle: &str) -> String {
    let is_plain = every_byte(handle, |byte| matches!(byte, b' '..=b'~'));
    let visible: Cow<'_, str> = match is_plain {
        true => handle.into(),
        false => handle.chars().filter(|&c| !is_removed(c)).nfc().collect(),
    };
    let words: Vec<&str> = visible.split_whitespace().collect();
    let line = words.join(" ");
    let name = line.trim_start_matches(['@', ' ']);
    if name.len() > MAX_BYTES { String::new() } else { name.to_owned() }
}

/// Controls, formatting such as direction overrides, and line separators. Tabs and line ends are controls as well.
/// The two joiners stay: scripts and emoji need them.
fn is_removed(c: char) -> bool {
    let is_joiner = matches!(c, '\u{200c}' | '\u{200d}');
    let category = c.general_category();
    !is_joiner
        && matches!(
            category,
            GeneralCategory::Control
                | GeneralCategory::Format
                | GeneralCategory::LineSeparator
                | GeneralCategory::ParagraphSeparator
        )
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn shown(handle: &str) -> String {
        let signed = signed(handle);
        signed.replace("%26", "&").replace("%25", "%")
    }

    #[test]
    fn p3_to_p16_handles_are_cleaned_as_the_vectors_say() {
        for (from_platform, expected) in [
            ("jane", "jane"),
            ("Tom & Jerry", "Tom %26 Jerry"),
            ("100%26 real", "100%2526 real"),
            ("x&platform_id=UCvictim&handle=victim", "x%26platform_id=UCvictim%26handle=victim"),
            ("a+b=c#d?e/f;g,h'i\"j", "a+b=c#d?e/f;g,h'i\"j"),
            ("Жанна \u{1f469}\u{200d}\u{1f4bb}", "Жанна \u{1f469}\u{200d}\u{1f4bb}"),
            ("Jose\u{301}", "Jos\u{e9}"),
            ("ab\r\nSet-Cookie: x\u{202e}gnp\u{0}", "abSet-Cookie: xgnp"),
            (" \u{200b} a  \t b \u{feff}", "a b"),
            ("", ""),
            ("e\u{200b}\u{301}", "\u{e9}"),
            (&"\u{e9}".repeat(257), ""),
            ("@@ @mkbhd", "mkbhd"),
        ] {
            assert_eq!(signed(from_platform), expected, "{from_platform:?}");
        }
        assert_eq!(signed(&"\u{e9}".repeat(256)).len(), 512);
    }

    proptest! {
        #[test]
        fn cleaning_twice_is_cleaning_once(handle in "\\PC{0,40}|[@ \t\r\n&%a\u{301}\u{200b}\u{200d}\u{3000}é]{0,40}|.{0,40}") {
            let once = shown(&handle);
            prop_assert_eq!(shown(&once), once);
        }

        #[test]
        fn no_signed_handle_has_a_delimiter_or_a_control(handle in ".{0,200}") {
            let signed = signed(&handle);
            prop_assert!(!signed.contains('&') && !signed.chars().any(char::is_control));
        }
    }
}
