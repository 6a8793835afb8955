//! What must hold for whatever bytes arrive: one function a property. The targets in `fuzz/` search for bytes that break
//! one, an ordinary test runs them on the corpus that the search gathered. In no build that is shipped.
//!
//! An input of several fields has them between bytes of value 255, which no text has.

mod callback_url;
mod config;
mod handle;
#[cfg(test)]
#[path = "../../verifier/fuzz/replay.rs"]
mod replay;

use crate::crypto::entropy::{Entropy, NoEntropy};

pub use callback_url::callback_url;
pub use config::config;
pub use handle::handle;

pub use crate::platform::fuzzing::{id_token, identity, platform_file};
pub use crate::store::sessions::fuzzed_session as session;

/// Entropy that is always the same, where randomness plays no part.
pub(crate) struct FixedEntropy;

impl Entropy for FixedEntropy {
    fn fill(&self, bytes: &mut [u8]) -> Result<(), NoEntropy> {
        bytes.fill(5);
        Ok(())
    }
}

/// The fields of an input that has as many as are asked for, all of them text.
pub(crate) fn texts<const N: usize>(input: &[u8]) -> Option<[&str; N]> {
    let fields: Option<Vec<&str>> =
        input.split(|&byte| byte == 0xff).map(|field| std::str::from_utf8(field).ok()).collect();
    fields?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::replay::replay;
    use super::*;

    #[test]
    fn t12_t14_t15_callback_urls_of_the_corpus_are_what_they_seem() {
        replay("callback_url", callback_url);
    }

    #[test]
    fn t55_t61_handles_of_the_corpus_are_clean_and_have_one_reading() {
        replay("handle", handle);
    }

    #[test]
    fn t51_to_t55_answers_of_the_corpus_give_an_id_by_the_rules_or_none() {
        replay("identity", identity);
    }

    #[test]
    fn t57_id_tokens_of_the_corpus_are_taken_only_where_all_is_right() {
        replay("id_token", id_token);
    }

    #[test]
    fn t73_entries_of_the_corpus_are_read_back_as_they_were_or_not_at_all() {
        replay("session", session);
    }

    #[test]
    fn settings_of_the_corpus_make_faults_that_show_no_secret_or_a_sound_configuration() {
        replay("config", config);
    }

    #[test]
    fn platform_files_of_the_corpus_make_faults_or_requests_of_one_reading() {
        replay("platform_file", platform_file);
    }
}
