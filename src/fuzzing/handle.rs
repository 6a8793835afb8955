//! Handles: whatever a platform calls an account, the proof has one reading and verifies (`T55`, `T61`).

use handleproof_verify::Verifier;

use crate::crypto::secret::SecretText;
use crate::platform::{DisplayName, Handle, PlatformIdentity};
use crate::proof::{ProofFacts, SignedProof, cleaned_handle};
use crate::session::{ApiKeyId, CallerState, PlatformId, PlatformName};

const SECRET: &str = "pss_fuzz_0123456789abcdefghijklmnopqrstuvwxyz";
const EXPIRES: u64 = 1_900_000_300;

/// One field: the handle as the platform sent it.
///
/// # Panics
/// Where the property does not hold.
pub fn handle(input: &[u8]) {
    let Ok(sent) = std::str::from_utf8(input) else { return };
    let clean = cleaned_handle(sent);
    assert_eq!(cleaned_handle(&clean), clean, "cleaning twice");
    assert!(clean.len() <= 512 && !clean.chars().any(char::is_control));
    assert!(!clean.starts_with(['@', ' ']) && !clean.ends_with(' ') && !clean.contains("  "));
    let state = "a1b2c3d4";
    let facts = ProofFacts {
        api_key: ApiKeyId(1),
        platform: &PlatformName::parse("acme").expect("it keeps the rule"),
        state: &CallerState::parse(state).expect("it keeps the rule"),
        identity: &PlatformIdentity {
            platform_id: PlatformId::parse("1").expect("it keeps the rule"),
            handle: Handle(sent.to_owned()),
            name: DisplayName::default(),
        },
        expires: EXPIRES,
    };
    let proof =
        SignedProof::new(&facts, &SecretText::new(SECRET.to_owned())).expect("every handle is signed");
    assert!(!proof.handle.contains('&'));
    let verifier = Verifier::new(SECRET).expect("it is long enough");
    let params = proof.parameters();
    let pairs = params.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let verified = verifier.verify_params_at(pairs, state, EXPIRES).expect("it was signed");
    assert_eq!(verified.handle_decoded(), clean);
}
