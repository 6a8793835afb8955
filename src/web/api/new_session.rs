//! The members of a session request become typed values, or faults: every one of them, all at once.

use std::sync::Arc;

use serde_json::Value;

use super::body::Members;
use crate::error::{FieldFault, Problem};
use crate::flow::{Flow, NewSession};
use crate::keys::ApiKey;
use crate::platform::Platform;
use crate::session::{CallbackUrl, CallerState, PlatformId, ProfileId};

/// Reads the members of a request of `key`.
pub(super) fn parse(members: Members, flow: &Flow, key: &ApiKey) -> Result<NewSession, Problem> {
    let mut fields = Fields { members: members.0, faults: Vec::new() };
    let platform = fields.text("platform").and_then(|text| fields.platform(&text, flow));
    let callback_url = fields.callback_url(flow, key);
    let caller_state = fields.parsed("state", CallerState::RULE, CallerState::parse);
    let profile_id = fields.parsed("profile_id", ProfileId::RULE, ProfileId::parse);
    let expected_platform_id = fields.parsed("expected_platform_id", PlatformId::RULE, PlatformId::parse);
    let interstitial = fields.flag("interstitial");
    for name in ["platform", "state"] {
        fields.required(name);
    }
    fields.refuse_the_rest();
    match (platform, callback_url, caller_state) {
        (Some(platform), Some(callback_url), Some(caller_state)) if fields.faults.is_empty() => {
            Ok(NewSession {
                platform,
                callback_url,
                caller_state,
                profile_id,
                expected_platform_id,
                interstitial,
            })
        }
        _ => Err(Problem::invalid(fields.faults)),
    }
}

const KNOWN: [&str; 6] =
    ["platform", "callback_url", "state", "profile_id", "expected_platform_id", "interstitial"];

struct Fields {
    members: Vec<(String, Value)>,
    faults: Vec<FieldFault>,
}

impl Fields {
    fn fault(&mut self, name: &str, message: impl Into<std::borrow::Cow<'static, str>>) {
        self.faults.push(FieldFault::new(name, message));
    }

    fn value(&self, name: &str) -> Option<&Value> {
        self.members.iter().find(|(member, _)| member == name).map(|(_, value)| value)
    }

    /// A string; anything else, `null` included, is a fault (`T7`).
    fn text(&mut self, name: &str) -> Option<String> {
        match self.value(name)? {
            Value::String(text) => Some(text.clone()),
            _ => {
                self.fault(name, "must be a JSON string, or left out where it is optional");
                None
            }
        }
    }

    fn flag(&mut self, name: &str) -> bool {
        match self.value(name) {
            None => false,
            Some(Value::Bool(flag)) => *flag,
            Some(_) => {
                self.fault(name, "must be true or false");
                false
            }
        }
    }

    fn parsed<T>(&mut self, name: &str, rule: &'static str, parse: impl Fn(&str) -> Option<T>) -> Option<T> {
        let text = self.text(name)?;
        let parsed = parse(&text);
        if parsed.is_none() {
            self.fault(name, rule);
        }
        parsed
    }

    fn platform(&mut self, text: &str, flow: &Flow) -> Option<Arc<Platform>> {
        let platform = flow.platforms().find(text).cloned();
        if platform.is_none() {
            self.fault(
                "platform",
                "is not a platform of this service; GET /api/oauth/delegate/platforms lists them",
            );
        }
        platform
    }

    fn callback_url(&mut self, flow: &Flow, key: &ApiKey) -> Option<CallbackUrl> {
        if self.value("callback_url").is_none() {
            let only = flow.only_callback(key);
            if only.is_none() {
                self.fault(
                    "callback_url",
                    "is required, since this key does not have exactly one registered callback URL",
                );
            }
            return only;
        }
        let text = self.text("callback_url")?;
        let parsed = flow.rules().callbacks.parse(&text);
        parsed.map_err(|fault| self.fault("callback_url", fault.to_string())).ok()
    }

    fn required(&mut self, name: &str) {
        if self.value(name).is_none() {
            self.fault(name, "is required");
        }
    }

    fn refuse_the_rest(&mut self) {
        let unknown: Vec<String> = self
            .members
            .iter()
            .map(|(name, _)| name.clone())
            .filter(|name| !KNOWN.contains(&name.as_str()))
            .collect();
        for name in unknown {
            self.fault(&name, "is not a field of this request");
        }
    }
}
