//! A session as bytes, for stores outside this process. Nothing is sealed here.
//!
//! A list of fields, each a tag, a length in two bytes (big-endian) and a value, so that releases can follow each other
//! in one fleet (`T97`): a reader passes over a field it does not know where the tag says that it may
//! ([`MAY_BE_IGNORED`]), and gives the session up where the tag says that it must not.

use std::sync::Arc;

use crate::session::{
    ApiKeyId, AppId, CallbackUrl, CallerState, ForCallback, ForConnect, PlatformId, PlatformName, ProfileId,
    Purpose, Session,
};

/// Tags from here on are fields that a release which does not know them serves the session well without.
const MAY_BE_IGNORED: u8 = 128;

const API_KEY: u8 = 1;
const PLATFORM: u8 = 2;
const CALLBACK_URL: u8 = 3;
const CALLER_STATE: u8 = 4;
const EXPECTED_PLATFORM_ID: u8 = 5;
const INTERSTITIAL: u8 = 6;
const JWS: u8 = 7;
// A release that passed over it would use the operator's app in the place of the caller's.
const APP: u8 = 8;
/// Stands in connects alone, which a release that knows none must not take for anything else.
const REDIRECT_URI: u8 = 9;
const KEEP_GRANT: u8 = 10;
const PROFILE_ID: u8 = 128;
const CREATED_AT: u8 = 129;
const EXPIRES_AT: u8 = 130;

/// The bytes of a session.
pub(super) fn encode(session: &Session) -> Vec<u8> {
    let Session { api_key, platform, app, purpose, profile_id, created_at, expires_at } = session;
    let mut bytes = Vec::with_capacity(512);
    put(&mut bytes, API_KEY, &api_key.0.to_be_bytes());
    put(&mut bytes, PLATFORM, platform.as_str().as_bytes());
    if let Some(app) = app {
        put(&mut bytes, APP, &app.0.to_be_bytes());
    }
    match purpose {
        Purpose::Callback(callback) => put_callback(&mut bytes, callback),
        Purpose::Connect(connect) => {
            put(&mut bytes, REDIRECT_URI, connect.redirect_uri.as_str().as_bytes());
            if connect.keep_grant {
                put(&mut bytes, KEEP_GRANT, &[]);
            }
        }
    }
    if let Some(id) = profile_id {
        put(&mut bytes, PROFILE_ID, id.as_str().as_bytes());
    }
    put(&mut bytes, CREATED_AT, &created_at.to_be_bytes());
    put(&mut bytes, EXPIRES_AT, &expires_at.to_be_bytes());
    bytes
}

fn put_callback(bytes: &mut Vec<u8>, callback: &ForCallback) {
    put(bytes, CALLBACK_URL, callback.callback_url.as_str().as_bytes());
    put(bytes, CALLER_STATE, callback.caller_state.as_str().as_bytes());
    if let Some(id) = &callback.expected_platform_id {
        put(bytes, EXPECTED_PLATFORM_ID, id.as_str().as_bytes());
    }
    if callback.interstitial {
        put(bytes, INTERSTITIAL, &[]);
    }
    if callback.jws {
        put(bytes, JWS, &[]);
    }
}

/// The session of such bytes; `None` where they are none, or need a newer release.
pub(super) fn decode(mut bytes: &[u8]) -> Option<Session> {
    let mut read = Fields::default();
    while let Some((&tag, rest)) = bytes.split_first() {
        let (length, rest) = rest.split_first_chunk::<2>()?;
        let (value, rest) = rest.split_at_checked(usize::from(u16::from_be_bytes(*length)))?;
        read.take(tag, value)?;
        bytes = rest;
    }
    Some(Session {
        api_key: read.api_key?,
        purpose: read.purpose()?,
        platform: read.platform?,
        app: read.app,
        profile_id: read.profile_id,
        created_at: read.created_at?,
        expires_at: read.expires_at?,
    })
}

/// The rule of every field keeps it far below the 65,535 bytes that a length can say.
fn put(bytes: &mut Vec<u8>, tag: u8, value: &[u8]) {
    let [.., high, low] = value.len().to_be_bytes();
    bytes.extend_from_slice(&[tag, high, low]);
    bytes.extend_from_slice(value);
}

/// What was read so far.
#[derive(Default)]
struct Fields {
    api_key: Option<ApiKeyId>,
    platform: Option<PlatformName>,
    app: Option<AppId>,
    callback_url: Option<CallbackUrl>,
    caller_state: Option<CallerState>,
    profile_id: Option<ProfileId>,
    expected_platform_id: Option<PlatformId>,
    interstitial: bool,
    jws: bool,
    redirect_uri: Option<CallbackUrl>,
    keep_grant: bool,
    created_at: Option<u64>,
    expires_at: Option<u64>,
}

impl Fields {
    /// Takes one field; `None` where it does not keep its own rule or must not be passed over.
    fn take(&mut self, tag: u8, value: &[u8]) -> Option<()> {
        let text = || std::str::from_utf8(value).ok();
        let number = || value.try_into().ok().map(u64::from_be_bytes);
        match tag {
            API_KEY => self.api_key = Some(ApiKeyId(number()?)),
            PLATFORM => self.platform = Some(PlatformName::parse(text()?)?),
            APP => self.app = Some(AppId(number()?)),
            CALLBACK_URL => self.callback_url = Some(CallbackUrl::from_store(text()?.into())),
            CALLER_STATE => self.caller_state = Some(CallerState::parse(text()?)?),
            EXPECTED_PLATFORM_ID => self.expected_platform_id = Some(PlatformId::parse(text()?)?),
            INTERSTITIAL => self.interstitial = true,
            JWS => self.jws = true,
            REDIRECT_URI => self.redirect_uri = Some(CallbackUrl::from_store(text()?.into())),
            KEEP_GRANT => self.keep_grant = true,
            PROFILE_ID => self.profile_id = Some(ProfileId::parse(text()?)?),
            CREATED_AT => self.created_at = Some(number()?),
            EXPIRES_AT => self.expires_at = Some(number()?),
            _ if tag >= MAY_BE_IGNORED => {}
            _ => return None,
        }
        Some(())
    }

    /// One purpose or the other; fields of both are nothing that [`encode`] wrote.
    fn purpose(&mut self) -> Option<Purpose> {
        match (self.callback_url.take(), self.redirect_uri.take()) {
            (Some(callback_url), None) => Some(Purpose::Callback(Arc::new(ForCallback {
                callback_url,
                caller_state: self.caller_state.take()?,
                expected_platform_id: self.expected_platform_id.take(),
                interstitial: self.interstitial,
                jws: self.jws,
            }))),
            (None, Some(redirect_uri)) => {
                Some(Purpose::Connect(ForConnect { redirect_uri, keep_grant: self.keep_grant }))
            }
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::suite;
    use super::*;

    prop_compose! {
        fn any_session()(
            numbers in any::<(u64, u64, u64)>(),
            platform in "[a-z][a-z0-9_]{0,31}",
            app in any::<Option<u64>>(),
            path in "[a-zA-Z0-9/?=&%._~-]{0,2000}",
            state in "[!-%'-~]{5,512}",
            profile in proptest::option::of("[A-Za-z0-9._:-]{1,128}"),
            expected in proptest::option::of("[A-Za-z0-9._~:@/-]{1,255}"),
            (interstitial, jws, is_connect, keep_grant) in any::<(bool, bool, bool, bool)>(),
        ) -> Session {
            let url = CallbackUrl::from_store(format!("https://app.example.com/{path}").into());
            let callback = ForCallback {
                callback_url: url.clone(),
                caller_state: CallerState::parse(&state).unwrap(),
                expected_platform_id: expected.map(|id| PlatformId::parse(&id).unwrap()),
                interstitial,
                jws,
            };
            Session {
                api_key: ApiKeyId(numbers.0),
                platform: PlatformName::parse(&platform).unwrap(),
                app: app.map(AppId),
                purpose: match is_connect {
                    true => Purpose::Connect(ForConnect { redirect_uri: url, keep_grant }),
                    false => Purpose::Callback(Arc::new(callback)),
                },
                profile_id: profile.map(|id| ProfileId::parse(&id).unwrap()),
                created_at: numbers.1,
                expires_at: numbers.2,
            }
        }
    }

    proptest! {
        #[test]
        fn every_session_is_read_back_as_it_was(session in any_session()) {
            prop_assert_eq!(format!("{:?}", decode(&encode(&session))), format!("{:?}", Some(session)));
        }

        #[test]
        fn no_bytes_make_the_reader_fail(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            let _any_answer = decode(&bytes);
        }

        #[test]
        fn a_cut_session_is_never_taken_for_another(session in any_session(), cut in 1_usize..400) {
            let whole = encode(&session);
            let cut = whole.len().saturating_sub(cut);
            prop_assert!(decode(&whole[..cut]).is_none());
        }
    }

    #[test]
    fn t97_an_unknown_field_is_passed_over_only_where_its_tag_allows_it() {
        let known = encode(&suite::session());
        let with = |tag| [known.as_slice(), &[tag, 0, 1, 9]].concat();
        assert_eq!(format!("{:?}", decode(&with(200)).unwrap()), format!("{:?}", suite::session()));
        assert!(decode(&with(100)).is_none());
    }

    #[test]
    fn a_session_of_two_purposes_or_of_none_is_given_up() {
        let mut both = encode(&suite::session());
        put(&mut both, REDIRECT_URI, b"https://app.example.com/back");
        assert!(decode(&both).is_none());
        let mut none = Vec::new();
        put(&mut none, API_KEY, &7_u64.to_be_bytes());
        put(&mut none, PLATFORM, b"acme");
        put(&mut none, CREATED_AT, &1_u64.to_be_bytes());
        put(&mut none, EXPIRES_AT, &2_u64.to_be_bytes());
        assert!(decode(&none).is_none());
    }
}
