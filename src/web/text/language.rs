//! Which language a browser wants (RFC 9110, section 12.5.4).

use actix_web::HttpMessage;
use actix_web::http::header::{AcceptLanguage, Header, Quality};

/// A language that pages speak.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::web) enum Language {
    /// For everybody whose language is not here.
    English,
    /// Any German.
    German,
}

impl Language {
    /// The best of ours for this request; English where the header is missing, unreadable, or wants none of them.
    pub(in crate::web) fn preferred(request: &impl HttpMessage) -> Self {
        let Ok(wanted) = AcceptLanguage::parse(request) else { return Self::English };
        let mut best = (Self::English, Quality::ZERO);
        for wish in wanted.iter() {
            let tag = wish.item.item().map(|tag| tag.primary_language().to_ascii_lowercase());
            let language = match tag.as_deref() {
                Some("de") => Self::German,
                Some("en") | None => Self::English,
                Some(_) => continue,
            };
            // Of equal wishes the first counts.
            if wish.quality > best.1 {
                best = (language, wish.quality);
            }
        }
        best.0
    }

    /// For `lang` and `Content-Language` (BCP 47).
    pub(in crate::web) const fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::German => "de",
        }
    }
}

#[cfg(test)]
mod tests {
    use actix_web::test::TestRequest;

    use super::*;

    #[test]
    fn the_wish_with_the_greatest_weight_among_ours_counts() {
        for (header, expected) in [
            ("de", Language::German),
            ("de-AT", Language::German),
            ("DE", Language::German),
            ("en-US,en;q=0.9,de;q=0.8", Language::English),
            ("fr-CH, fr;q=0.9, de;q=0.7, en;q=0.5", Language::German),
            ("en;q=0.4, de;q=0.6", Language::German),
            ("de;q=0, en;q=0.1", Language::English),
            ("de;q=0", Language::English),
            ("fr, *;q=0.5", Language::English),
            ("fr", Language::English),
            ("*", Language::English),
            ("", Language::English),
            (";;;,q=1,de", Language::German),
            ("den", Language::English),
        ] {
            let request = TestRequest::get().insert_header(("accept-language", header)).to_http_request();
            assert_eq!(Language::preferred(&request), expected, "{header:?}");
        }
        assert_eq!(Language::preferred(&TestRequest::get().to_http_request()), Language::English);
    }
}
