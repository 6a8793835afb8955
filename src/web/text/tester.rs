//! Texts of the tester, for developers.

mod english;
mod german;

use super::{Phrase, Texts};
use crate::error::Failure;

/// A variation to try: its name, what is done, and which check has to stop it.
#[derive(Debug)]
pub(in crate::web) struct TrialText {
    pub(in crate::web) title: &'static str,
    pub(in crate::web) what: &'static str,
}

/// All pages of the tester.
#[derive(Debug)]
pub(in crate::web) struct TesterText {
    pub(in crate::web) title: &'static str,
    pub(in crate::web) lead: &'static str,
    pub(in crate::web) key: &'static str,
    pub(in crate::web) key_offered: &'static str,
    pub(in crate::web) key_given: &'static str,
    pub(in crate::web) key_none: &'static str,
    pub(in crate::web) key_other: &'static str,
    pub(in crate::web) api_key: &'static str,
    pub(in crate::web) api_key_hint: &'static str,
    pub(in crate::web) api_key_fault: &'static str,
    pub(in crate::web) use_key: &'static str,
    pub(in crate::web) forget_key: &'static str,
    pub(in crate::web) platform: &'static str,
    pub(in crate::web) no_platform: &'static str,
    pub(in crate::web) begin: &'static str,
    pub(in crate::web) begin_hint: &'static str,
    pub(in crate::web) not_made: &'static str,
    pub(in crate::web) runs: &'static str,
    /// `{0}` the number, `{1}` the platform.
    pub(in crate::web) run: Phrase<2>,
    pub(in crate::web) run_waiting: &'static str,
    pub(in crate::web) run_answered: &'static str,
    pub(in crate::web) own_sessions: &'static str,
    pub(in crate::web) own_sessions_how: &'static str,
    pub(in crate::web) own_sessions_note: &'static str,
    pub(in crate::web) button: &'static str,
    pub(in crate::web) button_what: &'static str,
    /// `{0}` the platform.
    pub(in crate::web) accepted: Phrase<1>,
    /// `{0}` the platform.
    pub(in crate::web) refused: Phrase<1>,
    /// `{0}` the platform.
    pub(in crate::web) no_proof: Phrase<1>,
    pub(in crate::web) accepted_what: &'static str,
    pub(in crate::web) refused_what: &'static str,
    /// `{0}` the code of the error.
    pub(in crate::web) error_what: Phrase<1>,
    pub(in crate::web) error_unsigned: &'static str,
    pub(in crate::web) error_foreign: &'static str,
    pub(in crate::web) opened_only: &'static str,
    pub(in crate::web) checks: &'static str,
    pub(in crate::web) passed: &'static str,
    pub(in crate::web) failed: &'static str,
    pub(in crate::web) not_checked: &'static str,
    check_parameters: &'static str,
    check_platform: &'static str,
    check_state: &'static str,
    check_freshness: &'static str,
    check_signature: &'static str,
    check_replay: &'static str,
    pub(in crate::web) replay_passed: &'static str,
    pub(in crate::web) replay_failed: &'static str,
    pub(in crate::web) replay_not_checked: &'static str,
    pub(in crate::web) account: &'static str,
    pub(in crate::web) account_id: &'static str,
    pub(in crate::web) handle: &'static str,
    pub(in crate::web) no_handle: &'static str,
    pub(in crate::web) received: &'static str,
    pub(in crate::web) parameter: &'static str,
    pub(in crate::web) value: &'static str,
    pub(in crate::web) base_string: &'static str,
    pub(in crate::web) base_string_what: &'static str,
    pub(in crate::web) base_string_none: &'static str,
    pub(in crate::web) raw_query: &'static str,
    pub(in crate::web) expected_state: &'static str,
    pub(in crate::web) expected_state_what: &'static str,
    pub(in crate::web) altered: &'static str,
    pub(in crate::web) trials: &'static str,
    pub(in crate::web) trials_what: &'static str,
    /// `{0}` the variation.
    pub(in crate::web) trial_shown: Phrase<1>,
    pub(in crate::web) trial_back: &'static str,
    altered_handle: TrialText,
    altered_id: TrialText,
    foreign_state: TrialText,
    aged: TrialText,
    replay: TrialText,
    pub(in crate::web) code: &'static str,
    pub(in crate::web) code_what: &'static str,
    /// `{0}` the name of the file.
    pub(in crate::web) verifier_file: Phrase<1>,
    pub(in crate::web) again: &'static str,
    pub(in crate::web) open: &'static str,
    pub(in crate::web) waiting: &'static str,
    pub(in crate::web) waiting_what: &'static str,
    pub(in crate::web) key_gone: &'static str,
    pub(in crate::web) nothing: &'static str,
    pub(in crate::web) nothing_what: &'static str,
    access_denied: &'static str,
    account_mismatch: &'static str,
    no_account: &'static str,
    temporarily_unavailable: &'static str,
    platform_error: &'static str,
    invalid_identity: &'static str,
    server_error: &'static str,
    unknown_error: &'static str,
}

impl TesterText {
    /// What a check is called.
    pub(in crate::web) fn check(&self, name: &str) -> &'static str {
        match name {
            "parameters" => self.check_parameters,
            "platform" => self.check_platform,
            "state" => self.check_state,
            "freshness" => self.check_freshness,
            "signature" => self.check_signature,
            _ => self.check_replay,
        }
    }

    /// How a check ended.
    pub(in crate::web) fn outcome(&self, outcome: &str) -> &'static str {
        match outcome {
            "passed" => self.passed,
            "failed" => self.failed,
            _ => self.not_checked,
        }
    }

    /// Why the replay check ended so.
    pub(in crate::web) fn replay_reason(&self, outcome: &str) -> &'static str {
        match outcome {
            "passed" => self.replay_passed,
            "failed" => self.replay_failed,
            _ => self.replay_not_checked,
        }
    }

    /// A variation.
    pub(in crate::web) fn trial(&self, name: &str) -> &TrialText {
        match name {
            "altered_handle" => &self.altered_handle,
            "altered_id" => &self.altered_id,
            "foreign_state" => &self.foreign_state,
            "aged" => &self.aged,
            _ => &self.replay,
        }
    }

    /// What an `error` means.
    pub(in crate::web) fn failure(&self, failure: Option<&Failure>) -> &'static str {
        match failure {
            Some(Failure::AccessDenied) => self.access_denied,
            Some(Failure::AccountMismatch) => self.account_mismatch,
            Some(Failure::NoAccount) => self.no_account,
            Some(Failure::TemporarilyUnavailable) => self.temporarily_unavailable,
            Some(Failure::PlatformError) => self.platform_error,
            Some(Failure::InvalidIdentity) => self.invalid_identity,
            Some(Failure::ServerError) => self.server_error,
            None => self.unknown_error,
        }
    }
}

impl Texts for TesterText {
    const ENGLISH: &'static Self = &english::TEXT;
    const GERMAN: &'static Self = &german::TEXT;
}
