//! Parameters of a query or a form: each at most once (RFC 6749, section 3.1).

use std::collections::BTreeMap;

use actix_web::HttpRequest;
use actix_web::http::header::CONTENT_TYPE;

/// Decoded parameters.
#[derive(Debug)]
pub(super) struct Params(BTreeMap<String, String>);

/// A parameter came twice, so that two readers could read different things.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Repeated;

impl Params {
    pub(super) fn parse(encoded: &[u8]) -> Result<Self, Repeated> {
        let mut params = BTreeMap::new();
        for (name, value) in url::form_urlencoded::parse(encoded) {
            if params.insert(name.into_owned(), value.into_owned()).is_some() {
                return Err(Repeated);
            }
        }
        Ok(Self(params))
    }

    /// The value, where it is there and not empty: RFC 6749 treats an empty parameter as an absent one.
    pub(super) fn find(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }
}

/// Whether the body says that it is a form.
pub(super) fn is_form(request: &HttpRequest) -> bool {
    request
        .headers()
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split(';').next())
        .is_some_and(|kind| kind.trim().eq_ignore_ascii_case("application/x-www-form-urlencoded"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_repeated_parameter_is_refused_and_an_empty_one_is_absent() {
        assert_eq!(Params::parse(b"a=1&a=1").err(), Some(Repeated));
        let params = Params::parse(b"a=x%20y&b=");
        assert_eq!(params.as_ref().ok().and_then(|p| p.find("a")), Some("x y"));
        assert_eq!(params.as_ref().ok().and_then(|p| p.find("b")), None);
    }
}
