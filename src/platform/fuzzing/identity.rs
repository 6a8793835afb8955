//! Platforms' answers: an id is the platform's own, byte for byte and by the rule, or there is none (`T51` to `T55`).

use std::path::Path;
use std::sync::{Arc, LazyLock};

use serde_json::Value;
use toml::Table;

use crate::crypto::secret::SecretText;
use crate::platform::catalogue::{Catalogue, Overrides};
use crate::platform::entry::Entry;
use crate::platform::http::Answer;
use crate::platform::token::{self, Tokens};
use crate::platform::{PlatformIdentity, identity as reading};
use crate::settings::Origins;

const STATUSES: [u16; 8] = [200, 200, 200, 201, 400, 401, 429, 500];

static ENTRIES: LazyLock<Vec<Arc<Entry>>> = LazyLock::new(|| {
    let (platforms, origins) = (Table::new(), Origins::file("fuzz"));
    let overrides = Overrides { platforms: &platforms, origins: &origins, folder: Path::new("") };
    Catalogue::load(overrides).expect("it is the shipped one").iter().cloned().collect()
});

/// A byte that picks the platform, one that picks the statuses, the token endpoint's answer, and behind the first byte
/// of value 255 the identity endpoint's.
///
/// # Panics
/// Where the property does not hold.
pub fn identity(input: &[u8]) {
    let [platform, statuses, answers @ ..] = input else { return };
    let entry = &*ENTRIES[usize::from(*platform) % ENTRIES.len()];
    let status = |n: u8| STATUSES[usize::from(n) % STATUSES.len()];
    let mut answers = answers.splitn(2, |&byte| byte == 0xff).map(<[u8]>::to_vec);
    let mut next = |status| Answer { status, body: answers.next().unwrap_or_default().into() };
    let (token_answer, answer) = (next(status(statuses & 15)), next(status(statuses >> 4)));
    let tokens = token::read(entry, &token_answer);
    if let Ok(tokens) = &tokens {
        assert!(token_answer.is_success() && !tokens.access_token.expose().is_empty());
        let kept = token::read_kept(entry, &token_answer, tokens);
        assert_eq!(kept.scopes(), tokens.scopes.as_deref());
    }
    let tokens = tokens.unwrap_or_else(|_| any_tokens());
    if let Ok(identity) = reading::read(entry, &tokens, &answer) {
        assert!(answer.is_success());
        by_the_rules(entry, &tokens, &identity);
        is_what_the_answer_says(entry, &identity, &answer.body);
    }
}

fn any_tokens() -> Tokens {
    Tokens { access_token: SecretText::new("a".to_owned()), scopes: None, account: None, id_token: None }
}

fn by_the_rules(entry: &Entry, tokens: &Tokens, identity: &PlatformIdentity) {
    let id = identity.platform_id.as_str();
    assert!((1..=255).contains(&id.len()));
    assert!(id.bytes().all(|b| b.is_ascii_alphanumeric() || b"._~:@/-".contains(&b)), "{id:?}");
    let is_withheld = tokens
        .scopes
        .as_ref()
        .is_some_and(|granted| entry.identity.without_scope.keys().any(|scope| !granted.contains(scope)));
    assert!(identity.handle.0.is_empty() || !(is_withheld || entry.identity.handle.is_empty()));
}

/// By another reader of JSON, which loses digits over 64 bits and takes the last of members that stand there twice: where
/// it has an answer of its own, that is the same.
fn is_what_the_answer_says(entry: &Entry, identity: &PlatformIdentity, body: &[u8]) {
    let text = String::from_utf8_lossy(body);
    let id = identity.platform_id.as_str();
    assert!(text.contains('\\') || text.contains(id), "an id that nobody sent");
    let Ok(document) = serde_json::from_str::<Value>(&text) else { return };
    let first = |pointers: &[crate::platform::entry::Pointer]| {
        pointers.iter().filter_map(|at| document.pointer(at.as_str())).find(|value| !value.is_null()).cloned()
    };
    match first(&entry.identity.platform_id) {
        Some(Value::String(said)) => assert_eq!(said, id),
        Some(Value::Number(said)) => {
            assert!(said.as_u64().is_none_or(|said| said.to_string() == id), "{said}");
        }
        other => panic!("{other:?} is no id"),
    }
    if !identity.handle.0.is_empty() {
        assert_eq!(first(&entry.identity.handle), Some(Value::String(identity.handle.0.clone())));
    }
}
