//! The members of a session request become typed values, or faults: every one of them, all at once.

use std::sync::Arc;

use super::body::Members;
use super::fields::Fields;
use crate::error::Problem;
use crate::flow::{Flow, NewSession};
use crate::keys::ApiKey;
use crate::platform::Platform;
use crate::session::{CallbackUrl, CallerState, PlatformId, ProfileId};

/// Reads the members of a request of `key`.
pub(super) fn parse(members: Members, flow: &Flow, key: &ApiKey) -> Result<NewSession, Problem> {
    let mut fields = Fields::new(members);
    let platform = fields.text("platform");
    let platform = platform.and_then(|text| find_platform(&mut fields, &text, flow));
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
        callback_url,
        caller_state,
        profile_id,
        expected_platform_id,
        interstitial,
        jws,
    })
}

const KNOWN: [&str; 7] =
    ["platform", "callback_url", "state", "profile_id", "expected_platform_id", "interstitial", "jws"];

fn find_platform(fields: &mut Fields, text: &str, flow: &Flow) -> Option<Arc<Platform>> {
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
