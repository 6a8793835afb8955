//! Pages: compile-time-checked templates, and the policy that goes with each of them.

use actix_web::http::StatusCode;
use actix_web::http::header::{
    ACCEPT, ACCEPT_LANGUAGE, CONTENT_LANGUAGE, CONTENT_SECURITY_POLICY, HeaderName, HeaderValue, LOCATION,
    VARY,
};
use actix_web::web::Bytes;
use actix_web::{HttpMessage, HttpRequest, HttpResponse};
use askama::Template;

use super::assets;
use super::text::{Language, LayoutText, Texts};

pub(super) use super::refusal_page::{method_not_allowed, refusal};

/// What `layout.html` needs. Every page's template struct has a field `frame` of this type.
#[derive(Clone, Copy, Debug)]
pub(super) struct Frame {
    language: Language,
}

/// Whoever opened a window of ours is out of reach in it, and has it out of reach, from our first answer on.
static NO_OPENER: (HeaderName, HeaderValue) =
    (HeaderName::from_static("cross-origin-opener-policy"), HeaderValue::from_static("same-origin"));
/// What a page alone can do, and ours do not: be a part of another, use a device (`T77`). What every answer says besides
/// stands in `edge`.
const ISOLATION: [(&str, &str); 2] = [
    ("cross-origin-resource-policy", "same-origin"),
    ("permissions-policy", "camera=(), geolocation=(), microphone=(), payment=()"),
];

impl Frame {
    /// The frame in the language that the browser wants.
    pub(super) fn of(request: &HttpRequest) -> Self {
        Self::in_language(Language::preferred(request))
    }

    /// The frame in a language.
    pub(super) const fn in_language(language: Language) -> Self {
        Self { language }
    }

    /// The texts of a subject, in this frame's language.
    pub(super) fn texts<T: Texts>(self) -> &'static T {
        T::of(self.language)
    }

    /// The texts of the frame itself.
    pub(super) fn text(self) -> &'static LayoutText {
        self.texts()
    }

    /// For `<html lang>`.
    pub(super) fn lang(self) -> &'static str {
        self.language.tag()
    }

    /// The stylesheet's address.
    #[expect(clippy::unused_self, reason = "called from the template as the frame's own")]
    pub(super) fn stylesheet(self) -> &'static str {
        &assets::STYLESHEET
    }

    /// The icon's address.
    #[expect(clippy::unused_self, reason = "called from the template as the frame's own")]
    pub(super) fn icon(self) -> &'static str {
        &assets::ICON
    }

    /// A page without forms, or whose forms lead to pages of ours alone.
    pub(super) fn html(self, status: StatusCode, page: &impl Template) -> HttpResponse {
        self.html_with_forms_to(status, page, &[])
    }

    /// A page whose forms may lead to `form_targets` besides ourselves: some browsers hold the redirect after a form
    /// post against `form-action`.
    pub(super) fn html_with_forms_to(
        self,
        status: StatusCode,
        page: &impl Template,
        form_targets: &[String],
    ) -> HttpResponse {
        let Ok(body) = page.render() else {
            tracing::error!("a page could not be rendered");
            return HttpResponse::InternalServerError().finish();
        };
        let policy = format!(
            "default-src 'none'; style-src 'self'; img-src 'self'; form-action {}; base-uri 'none'; \
             frame-ancestors 'none'",
            [&["'self'".to_owned()], form_targets].concat().join(" ")
        );
        let mut response = HttpResponse::build(status);
        response.insert_header(NO_OPENER.clone());
        for header in ISOLATION {
            response.insert_header(header);
        }
        response
            .content_type("text/html; charset=utf-8")
            .insert_header((CONTENT_SECURITY_POLICY, policy))
            .insert_header((CONTENT_LANGUAGE, self.lang()))
            .insert_header((VARY, ACCEPT_LANGUAGE.as_str()))
            .body(body)
    }
}

/// To the platform, or back to the caller.
pub(super) fn redirect(location: impl Into<String>) -> HttpResponse {
    let mut response = HttpResponse::new(StatusCode::SEE_OTHER);
    // A URL has no character that a header may not have.
    let Ok(location) = HeaderValue::from_maybe_shared(Bytes::from(location.into())) else {
        return HttpResponse::InternalServerError().finish();
    };
    let (name, value) = NO_OPENER.clone();
    response.headers_mut().insert(name, value);
    response.headers_mut().insert(LOCATION, location);
    response
}

/// Whether the other end is a browser that shows pages.
pub(super) fn is_wanted(request: &impl HttpMessage) -> bool {
    let accept = request.headers().get(ACCEPT).and_then(|value| value.to_str().ok());
    accept.is_some_and(|accept| accept.contains("text/html"))
}
