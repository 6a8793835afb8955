//! URLs of so few and so plain letters that no two parsers read them differently. Most callback URLs are, and to parse one
//! costs as much as all else that is read of a session's request.

use crate::every_byte::every_byte;

/// The host of a plain https URL; `None` for all others, good and bad.
///
/// Plain is: a name of labels of lower-case letters and digits, with single hyphens inside, none of them punycode, the
/// last one beginning with a letter (so that the whole is no address); no port; a path without dots and escapes; no query.
pub(super) fn plain_host(url: &str) -> Option<&str> {
    let (host, path) = url.strip_prefix("https://")?.split_once('/')?;
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'-' | b'_' | b'~');
    (every_byte(path, is_plain) && is_plain_name(host)).then_some(host)
}

fn is_plain_name(host: &str) -> bool {
    let Some((_, last)) = host.rsplit_once('.') else { return false };
    let is_public = last.starts_with(|first: char| first.is_ascii_lowercase()) && last != "localhost";
    is_public && are_plain_labels(host)
}

/// A dot or a hyphen stands between two letters or digits, never at an end or beside another.
fn are_plain_labels(host: &str) -> bool {
    let mut is_between = true;
    for byte in host.bytes() {
        let joins = matches!(byte, b'.' | b'-');
        let is_plain = byte.is_ascii_lowercase() || byte.is_ascii_digit() || (joins && !is_between);
        if !is_plain {
            return false;
        }
        is_between = joins;
    }
    !is_between
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use url::Url;

    use super::*;

    #[test]
    fn usual_callbacks_are_plain() {
        let host = plain_host("https://marketplace.example.com/accounts/verified/callback1");
        assert_eq!(host, Some("marketplace.example.com"));
        assert_eq!(plain_host("https://a-1.example/"), Some("a-1.example"));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4096))]
        #[test]
        fn t13_a_plain_url_is_what_the_parser_makes_of_it(
            host in "([a-z0-9-]{0,3}|xn--[a-z0-9]{0,3}|0x1|localhost)(\\.([a-z0-9-]{0,3}|[0-9]{1,3}|local|localhost)){0,4}",
            path in "(/[a-zA-Z0-9_~.%/-]{0,8})?",
            rest in "([?#:@]x?)?",
        ) {
            let text = format!("https://{host}{path}{rest}");
            if let Some(plain) = plain_host(&text) {
                let parsed = Url::parse(&text).unwrap();
                prop_assert_eq!(parsed.as_str(), text.as_str());
                prop_assert_eq!(parsed.domain(), Some(plain));
                prop_assert_eq!((parsed.port(), parsed.query(), parsed.fragment()), (None, None, None));
                prop_assert!(parsed.username().is_empty() && parsed.password().is_none());
                prop_assert!(plain.contains('.') && !plain.ends_with('.') && !plain.ends_with(".localhost"));
            }
        }
    }
}
