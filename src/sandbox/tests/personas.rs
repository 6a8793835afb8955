//! Every persona, at every platform where it plays.

use std::time::Instant;

use serde_json::Value;

use super::visitor::{at, exchange};
use super::*;

impl Bench {
    /// The entries at which the persona plays; at least one.
    fn stages_of(&self, persona: Persona) -> Vec<&Entry> {
        let plays = |entry: &&Entry| self.sandbox.personas(&entry.name).contains(&persona);
        let stages: Vec<_> = self.entries.iter().filter(plays).collect();
        assert!(!stages.is_empty(), "{} plays somewhere", persona.name());
        stages
    }
}

fn text_at(body: &Value, candidates: &[crate::platform::entry::Pointer]) -> Option<String> {
    at(body, candidates).map(|value| value.as_str().map_or_else(|| value.to_string(), str::to_owned))
}

#[tokio::test]
async fn each_persona_has_an_account_of_its_own_that_outlives_a_restart() {
    let (bench, restarted) = (Bench::start(), Bench::start());
    for entry in &bench.entries {
        let id = async |bench: &Bench, persona| {
            let entry = bench.entry(entry.name.as_str());
            text_at(&bench.identity_of(entry, persona).await, &entry.identity.platform_id).unwrap()
        };
        let ordinary = id(&bench, Persona::Ordinary).await;
        assert_eq!(ordinary, id(&restarted, Persona::Ordinary).await);
        assert_ne!(ordinary, id(&bench, Persona::Another).await);
    }
}

#[tokio::test]
async fn handles_are_missing_or_awkward_as_announced() {
    let bench = Bench::start();
    for (persona, handle) in [
        (Persona::NoHandle, None),
        (Persona::AwkwardAmpersand, Some("Ben & Jerry's")),
        (Persona::AwkwardEmoji, Some("fam\u{1F469}\u{200D}\u{1F469}\u{200D}\u{1F467}ily")),
        (Persona::AwkwardQuery, Some("a&state=x")),
    ] {
        for entry in bench.stages_of(persona).into_iter().filter(|entry| !entry.identity.handle.is_empty()) {
            let identity = bench.identity_of(entry, persona).await;
            let found = text_at(&identity, &entry.identity.handle);
            assert_eq!(found.as_deref().map(|found| found.trim_start_matches('@')), handle, "{}", entry.name);
            assert!(at(&identity, &entry.identity.platform_id).is_some());
        }
    }
}

#[tokio::test]
async fn who_denies_comes_back_with_the_platform_s_own_no_and_no_code() {
    let bench = Bench::start();
    for entry in bench.stages_of(Persona::Denies) {
        let back = bench.answer_as(entry, Persona::Denies).await;
        assert!(!back.contains_key("code"));
        assert!(entry.authorization.access_denied.contains(&back["error"]), "{}: {back:?}", entry.name);
    }
    let linkedin = bench.answer_as(bench.entry("linkedin"), Persona::Denies).await;
    assert_eq!(linkedin["error"], "user_cancelled_authorize");
    let threads = bench.answer_as(bench.entry("threads"), Persona::Denies).await;
    assert_eq!(threads["error_reason"], "user_denied");
}

#[tokio::test]
async fn a_withheld_optional_scope_fails_the_full_question_and_answers_the_smaller_one() {
    let bench = Bench::start();
    for entry in bench.stages_of(Persona::WithheldHandle) {
        let tokens = bench.tokens(entry, Persona::WithheldHandle).await;
        let (scope, smaller) = entry.identity.without_scope.iter().next().unwrap();
        assert!(!text_at(&tokens, &entry.token.scope).unwrap().contains(scope.as_str()));
        let token = text_at(&tokens, &entry.token.access_token).unwrap();
        assert!(bench.ask(entry, &token).await.status().is_client_error());
        let answer = bench.question(entry, &token, &smaller.identity_query).send().await.unwrap();
        let identity: Value = answer.json().await.unwrap();
        assert!(at(&identity, &entry.identity.platform_id).is_some(), "{}", entry.name);
        assert_eq!(at(&identity, &entry.identity.handle), None);
    }
}

#[tokio::test]
async fn a_withheld_required_scope_shows_in_the_token_answer_and_nothing_can_be_read() {
    let bench = Bench::start();
    for entry in bench.stages_of(Persona::WithheldRequired) {
        let tokens = bench.tokens(entry, Persona::WithheldRequired).await;
        let granted = text_at(&tokens, &entry.token.scope).unwrap();
        assert!(entry.identity.required_scopes.iter().all(|scope| !granted.contains(scope)));
        let token = text_at(&tokens, &entry.token.access_token).unwrap();
        assert!(bench.ask(entry, &token).await.status().is_client_error(), "{}", entry.name);
    }
}

#[tokio::test]
async fn a_glued_suffix_is_no_part_of_the_code() {
    let bench = Bench::start();
    for entry in bench.stages_of(Persona::GluedSuffix) {
        let code = bench.answer_as(entry, Persona::GluedSuffix).await["code"].clone();
        assert!(code.ends_with(&entry.authorization.code_suffixes[0]));
        let refused = bench.exchange(entry, exchange(entry, &code)).await;
        assert!(refused.status().is_client_error(), "{}", entry.name);
        bench.identity_of(entry, Persona::GluedSuffix).await;
    }
}

#[tokio::test]
async fn the_slow_platform_answers_after_its_pace_and_the_hanging_one_not_in_time() {
    let bench = Bench::start();
    for entry in bench.stages_of(Persona::Slow) {
        let before = Instant::now();
        bench.identity_of(entry, Persona::Slow).await;
        assert!(before.elapsed() >= options().pace.slow * 2, "{}", entry.name);
    }
    let entry = bench.entry("plain");
    let code = bench.code(entry, Persona::Hanging).await;
    let exchange = bench.exchange(entry, exchange(entry, &code));
    assert!(tokio::time::timeout(Duration::from_millis(200), exchange).await.is_err());
}

#[tokio::test]
async fn a_failing_platform_answers_500_and_a_busy_one_429() {
    let bench = Bench::start();
    for entry in bench.stages_of(Persona::TokenFailing) {
        let code = bench.code(entry, Persona::TokenFailing).await;
        assert_eq!(bench.exchange(entry, exchange(entry, &code)).await.status(), 500);
    }
    for entry in bench.stages_of(Persona::IdentityFailing) {
        let token = bench.access_token(entry, Persona::IdentityFailing).await;
        assert_eq!(bench.ask(entry, &token).await.status(), 500);
        let token = bench.access_token(entry, Persona::RateLimited).await;
        let busy = bench.ask(entry, &token).await;
        assert_eq!((busy.status().as_u16(), busy.headers()["retry-after"].as_bytes()), (429, &b"60"[..]));
    }
    let oidc = bench.entry("acme");
    let code = bench.code(oidc, Persona::RateLimited).await;
    assert_eq!(bench.exchange(oidc, exchange(oidc, &code)).await.status(), 429);
}

#[tokio::test]
async fn who_has_no_account_is_told_by_absence_or_by_the_documented_error() {
    let bench = Bench::start();
    for entry in bench.stages_of(Persona::NoAccount) {
        let identity = bench.identity_of(entry, Persona::NoAccount).await;
        let needed = entry.identity.no_account_unless.as_ref().unwrap();
        assert_eq!(identity.pointer(needed.as_str()), None, "{}", entry.name);
    }
    for entry in bench.stages_of(Persona::SignupRequired) {
        let token = bench.access_token(entry, Persona::SignupRequired).await;
        let answer = bench.ask(entry, &token).await;
        assert!(answer.status().is_client_error());
        let body: Value = answer.json().await.unwrap();
        for (pointer, value) in &entry.identity.no_account_if {
            assert_eq!(body.pointer(pointer.as_str()).unwrap(), value.as_str());
        }
    }
}

#[tokio::test]
async fn t53_a_huge_number_keeps_its_digits_and_t54_a_broken_id_is_sent_as_it_is() {
    let bench = Bench::start();
    for entry in bench.stages_of(Persona::HugeId) {
        let code = bench.code(entry, Persona::HugeId).await;
        let text = bench.exchange(entry, exchange(entry, &code)).await.text().await.unwrap();
        let identity = bench.identity_of(entry, Persona::HugeId).await.to_string();
        assert!(text.contains(":18446744073709551615") || identity.contains(":18446744073709551615"));
    }
    for entry in bench.stages_of(Persona::BrokenId) {
        let identity = bench.identity_of(entry, Persona::BrokenId).await;
        assert_eq!(at(&identity, &entry.identity.platform_id).unwrap(), "1&2", "{}", entry.name);
    }
}
