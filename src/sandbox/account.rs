//! A persona's account at a platform: the same at every start, made of nothing but the two names.

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::persona::Persona;
use super::stage::Stage;

/// What a platform knows about a persona.
pub(super) struct Account {
    /// The permanent id.
    pub(super) id: String,
    /// The id that token and identity answers have in common; usually `id`.
    pub(super) shared_id: String,
    /// The unique user name.
    pub(super) handle: Option<String>,
    /// The display name.
    pub(super) name: String,
}

impl Account {
    pub(super) fn of(persona: Persona, stage: &Stage) -> Self {
        let identity = &stage.entry.identity;
        let is_the_id = identity.account.is_empty()
            || identity.account.iter().any(|at| identity.platform_id.contains(at));
        let id = made_from(&stage.dialect.account.id, persona, stage, "id");
        let shared_id = if is_the_id {
            id.clone()
        } else {
            made_from(&stage.dialect.account.account, persona, stage, "account")
        };
        let handle = handle(persona).map(|handle| format!("{}{handle}", stage.dialect.account.handle_prefix));
        let name = match persona {
            Persona::AwkwardAmpersand | Persona::AwkwardEmoji | Persona::AwkwardQuery => {
                handle.clone().unwrap_or_default()
            }
            _ => format!("Sandbox {}", persona.name().replace('_', " ")),
        };
        Self { id, shared_id, handle, name }
    }
}

/// An id as the platform's JSON has it: digits stay digits, whatever their size.
pub(super) fn as_json(id: &str, numeric: bool) -> Value {
    match id.parse::<u64>() {
        Ok(number) if numeric => json!(number),
        _ => json!(id),
    }
}

fn handle(persona: Persona) -> Option<String> {
    match persona {
        Persona::NoHandle => None,
        Persona::AwkwardAmpersand => Some("Ben & Jerry's".into()),
        Persona::AwkwardEmoji => Some("fam\u{1F469}\u{200D}\u{1F469}\u{200D}\u{1F467}ily".into()),
        Persona::AwkwardQuery => Some("a&state=x".into()),
        plain => Some(format!("sandbox_{}", plain.name())),
    }
}

fn made_from(pattern: &str, persona: Persona, stage: &Stage, what: &str) -> String {
    match persona {
        Persona::HugeId => u64::MAX.to_string(),
        Persona::BrokenId => "1&2".into(),
        _ => {
            let seed = format!("{}/{}/{what}", stage.entry.name, persona.name());
            from_pattern(pattern, &Sha256::digest(seed))
        }
    }
}

/// Replaces each `{kind:length}` by characters drawn from the seed.
pub(super) fn from_pattern(pattern: &str, seed: &[u8]) -> String {
    let mut pieces = pattern.split('{');
    let mut made = pieces.next().unwrap_or_default().to_owned();
    let mut seed = seed.iter().copied().cycle();
    for piece in pieces {
        let (place, rest) = piece.split_once('}').unwrap_or((piece, ""));
        let (kind, length) = place.split_once(':').unwrap_or((place, "32"));
        let length: usize = length.parse().unwrap_or(32);
        let first = if kind == "digits" { b"123456789" } else { letters(kind) };
        made.push_str(&drawn(first, 1, &mut seed));
        made.push_str(&drawn(letters(kind), length.max(1) - 1, &mut seed));
        made.push_str(rest);
    }
    made
}

fn letters(kind: &str) -> &'static [u8] {
    match kind {
        "digits" => b"0123456789",
        "hex" => b"0123456789abcdef",
        "base32" => b"abcdefghijklmnopqrstuvwxyz234567",
        _ => b"ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz0123456789-_",
    }
}

fn drawn(letters: &[u8], length: usize, seed: &mut impl Iterator<Item = u8>) -> String {
    seed.take(length)
        .filter_map(|byte| letters.get(usize::from(byte) % letters.len()))
        .map(|letter| char::from(*letter))
        .collect()
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used)]

    use super::*;

    #[test]
    fn a_pattern_gives_ids_of_its_shape() {
        let seed = Sha256::digest("x");
        let id = from_pattern("-000{hex:8}-{digits:17}", &seed);
        assert_eq!(id.len(), 4 + 8 + 1 + 17);
        assert!(id.starts_with("-000"));
        assert!(id.rsplit('-').next().unwrap().parse::<u64>().unwrap() >= 10_000_000_000_000_000);
        assert_eq!(from_pattern("UC{text:22}", &seed).len(), 24);
    }

    #[test]
    fn a_number_beyond_2_to_53_keeps_its_digits() {
        assert_eq!(as_json("9007199254740993", true).to_string(), "9007199254740993");
        assert_eq!(as_json("18446744073709551615", true).to_string(), "18446744073709551615");
        assert_eq!(as_json("1&2", true), json!("1&2"));
        assert_eq!(as_json("17", false), json!("17"));
    }
}
