//! The members of a session request become typed values, or faults: every one of them, all at once.

use std::sync::Arc;

use super::body::Members;
use super::fields::Fields;
use crate::error::Problem;
use crate::flow::{Flow, NewSession};
use crate::platform::Platform;
use crate::session::{CallerState, PlatformId, ProfileId};

/// Reads the members.
pub(super) fn parse(members: Members, flow: &Flow) -> Result<NewSession, Problem> {
    let mut fields = Fields::new(members);
    let platform = fields.text("platform");
    let platform = platform.and_then(|text| find_platform(&mut fields, &text, flow));
    let callback_url = fields.text("callback_url").and_then(|text| {
        let parsed = flow.rules().callbacks.parse(&text);
        parsed.map_err(|fault| fields.fault("callback_url", fault.to_string())).ok()
    });
    let caller_state = fields.parsed("state", CallerState::RULE, CallerState::parse);
    let profile_id = fields.parsed("profile_id", ProfileId::RULE, ProfileId::parse);
    let expected_platform_id = fields.parsed("expected_platform_id", PlatformId::RULE, PlatformId::parse);
    let interstitial = fields.flag("interstitial");
    for name in ["platform", "state"] {
        fields.required(name);
    }
    fields.finish(&KNOWN)?;
    let (Some(platform), Some(caller_state)) = (platform, caller_state) else {
        return Err(Problem::invalid(Vec::new()));
    };
    Ok(NewSession { platform, callback_url, caller_state, profile_id, expected_platform_id, interstitial })
}

const KNOWN: [&str; 6] =
    ["platform", "callback_url", "state", "profile_id", "expected_platform_id", "interstitial"];

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
