//! The verified proof. Only a `Verifier` makes one.

use alloc::borrow::Cow;
use alloc::string::String;

use crate::handle::decode_handle;
use crate::received::{Field, PerName, Received};

/// A verified proof that the user of this browser owns an account at a platform.
///
/// Take the values from here and never from the query again. Single use is the caller's part: drop the state from the
/// browser's session when a proof was accepted, and the same URL is worth nothing a second time.
#[must_use]
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Proof {
    base_string: String,
    platform: Span,
    platform_id: Span,
    handle: Span,
    state: Span,
    expires: u64,
}

type Span = (usize, usize);

impl Proof {
    /// `None` where a value is absent, which the verifier has excluded by then.
    pub(crate) fn new(received: Received, expires: u64) -> Option<Self> {
        let PerName { platform, platform_id, handle, state, .. } = received.fields;
        Some(Self {
            platform: span(platform)?,
            platform_id: span(platform_id)?,
            handle: span(handle)?,
            state: span(state)?,
            base_string: received.into_base_string(),
            expires,
        })
    }

    /// The proof of claims that were verified in their public form.
    #[cfg(feature = "jws")]
    pub(crate) fn of_claims(claims: &crate::claims::Claims<'_>) -> Self {
        let base_string = claims.base_string();
        let mut end = 0;
        let mut next = |name: &str, value: &str| {
            let start = end + name.len();
            end = start + value.len();
            (start, end)
        };
        Self {
            platform: next("platform=", claims.platform),
            platform_id: next("&platform_id=", claims.platform_id),
            handle: next("&handle=", claims.handle),
            state: next("&state=", claims.state),
            base_string,
            expires: claims.expires,
        }
    }

    /// The platform's name in the catalogue, such as `tiktok`.
    pub fn platform(&self) -> &str {
        self.text(self.platform)
    }

    /// The account's id, byte for byte as the platform gives it. Unique only together with
    /// [`platform`](Self::platform): two platforms may well use the same number.
    pub fn platform_id(&self) -> &str {
        self.text(self.platform_id)
    }

    /// The user name as signed, with `%` and `&` escaped as `%25` and `%26`; may be empty. For display, see
    /// [`handle_decoded`](Self::handle_decoded).
    pub fn handle(&self) -> &str {
        self.text(self.handle)
    }

    /// The user name as the platform shows it; may be empty. Display data: users rename themselves, and a name given
    /// up may become another's. Never look an account up by it.
    pub fn handle_decoded(&self) -> Cow<'_, str> {
        decode_handle(self.handle())
    }

    /// The state, which is the expected one.
    pub fn state(&self) -> &str {
        self.text(self.state)
    }

    /// The last second in which the proof is fresh, Unix time.
    pub fn expires(&self) -> u64 {
        self.expires
    }

    fn text(&self, (start, end): Span) -> &str {
        self.base_string.get(start..end).unwrap_or_default()
    }
}

fn span(field: Field) -> Option<Span> {
    match field {
        Field::At { start, end } => Some((start, end)),
        Field::Absent | Field::Repeated | Field::Undecodable => None,
    }
}
