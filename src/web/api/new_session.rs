//! The members of a session request become typed values, or faults: every one of them, all at once.

use std::sync::Arc;

use super::app_id::find_app;
use super::body::Members;
use super::fields::Fields;
use crate::error::Problem;
use crate::flow::{Flow, NewSession};
use crate::keys::ApiKey;
use crate::platform::Platform;
use crate::session::{CallbackUrl, CallerState, PlatformId, ProfileId};
use crate::web::WebState;

/// The members, for the description of the API; [`parse`] is what reads them.
#[derive(utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "described and never made")]
pub(super) struct SessionRequest {
    /// A name that the list of platforms gives; `x` is taken for `twitter`.
    #[schema(schema_with = platforms)]
    platform: String,
    /// Where the proof goes. Required unless the key has exactly one registered callback URL, and one of them: an entry
    /// that is a bare origin allows any path there, an entry with a path that path alone. Absolute and https, in the form
    /// in which the WHATWG URL standard writes it, with a public host name, without fragment and user name, and without a
    /// parameter of a name that the service adds itself.
    #[schema(required = false, format = "uri", max_length = 2048)]
    callback_url: String,
    /// The caller's own, echoed unchanged: unguessable, and kept in the user's own browser session. Not `undefined`,
    /// `null`, `None` or `NaN`.
    #[schema(min_length = 1, max_length = 512, pattern = "^(?!(undefined|null|None|NaN)$)[!-%'-~]+$")]
    state: String,
    /// One of the caller's own OAuth apps, of this platform: it is used in the place of the operator's.
    #[schema(required = false, pattern = "^app_[0-9a-f]{16}$")]
    app_id: String,
    /// The caller's own reference, given back wherever the session is read; it is not part of the proof.
    #[schema(required = false, min_length = 1, max_length = 128, pattern = "^[A-Za-z0-9._:-]+$")]
    profile_id: String,
    /// The only account that a proof may be made for, by its id: for verifying again.
    #[schema(required = false, min_length = 1, max_length = 255, pattern = "^[A-Za-z0-9._~:@/-]+$")]
    expected_platform_id: String,
    /// Ask the user on a page of the service's own even where that page would not be shown.
    #[schema(required = false)]
    interstitial: bool,
    /// Add a publicly verifiable proof to the callback.
    #[schema(required = false)]
    jws: bool,
}

/// The built-in catalogue's names and aliases. A deployment may have more of its own.
pub(super) fn platforms() -> utoipa::openapi::Object {
    utoipa::openapi::ObjectBuilder::new()
        .schema_type(utoipa::openapi::Type::String)
        .min_length(Some(1))
        .max_length(Some(32))
        .pattern(Some("^[a-z][a-z0-9_]*$"))
        .examples(["tiktok", "youtube", "x"])
        .build()
}

/// Reads the members of a request of `key`.
pub(super) async fn parse(members: Members, state: &WebState, key: &ApiKey) -> Result<NewSession, Problem> {
    let flow = &state.flow;
    let mut fields = Fields::new(members);
    let platform = fields.text("platform");
    let platform = platform.and_then(|text| find_platform(&mut fields, &text, flow));
    let app = find_app(&mut fields, &state.apps, key, platform.as_deref()).await?;
    let callback_url = find_callback(&mut fields, flow, key);
    let caller_state = fields.parsed("state", CallerState::RULE, CallerState::parse);
    let profile_id = fields.parsed("profile_id", ProfileId::RULE, ProfileId::parse);
    let expected_platform_id = fields.parsed("expected_platform_id", PlatformId::RULE, PlatformId::parse);
    let interstitial = fields.flag("interstitial");
    let jws = fields.flag("jws");
    for name in ["platform", "state"] {
        fields.required(name);
    }
    fields.finish(&KNOWN)?;
    let (Some(platform), Some(callback_url), Some(caller_state)) = (platform, callback_url, caller_state)
    else {
        return Err(Problem::invalid(Vec::new()));
    };
    Ok(NewSession {
        platform,
        app,
        callback_url,
        caller_state,
        profile_id,
        expected_platform_id,
        interstitial,
        jws,
    })
}

const KNOWN: [&str; 8] = [
    "platform",
    "app_id",
    "callback_url",
    "state",
    "profile_id",
    "expected_platform_id",
    "interstitial",
    "jws",
];

pub(super) fn find_platform(fields: &mut Fields, text: &str, flow: &Flow) -> Option<Arc<Platform>> {
    let platform = flow.platforms().find(text).cloned();
    if platform.is_none() {
        fields.fault(
            "platform",
            "is not a platform of this service; GET /api/oauth/delegate/platforms lists them",
        );
    }
    platform
}

fn find_callback(fields: &mut Fields, flow: &Flow, key: &ApiKey) -> Option<CallbackUrl> {
    if !fields.has("callback_url") {
        let only = flow.only_callback(key);
        if only.is_none() {
            let message = "is required, since this key does not have exactly one registered callback URL";
            fields.fault("callback_url", message);
        }
        return only;
    }
    let text = fields.text("callback_url")?;
    let parsed = flow.rules().callbacks.parse(&text);
    parsed.map_err(|fault| fields.fault("callback_url", fault.to_string())).ok()
}

#[cfg(test)]
mod tests {
    use utoipa::PartialSchema;

    use super::*;

    #[test]
    fn the_described_members_are_the_ones_that_are_read() {
        let schema = serde_json::to_value(SessionRequest::schema()).unwrap();
        let mut described: Vec<&str> =
            schema["properties"].as_object().unwrap().keys().map(String::as_str).collect();
        let mut known = KNOWN.to_vec();
        described.sort_unstable();
        known.sort_unstable();
        assert_eq!(described, known);
        assert_eq!(schema["required"], serde_json::json!(["platform", "state"]));
    }
}
