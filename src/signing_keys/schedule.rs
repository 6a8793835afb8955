//! Which signing key does what at which time. Everything follows from the rows and the clock, so that any number of
//! instances agree without telling each other: nothing is switched, and a key only ever is added or withdrawn.

use crate::store::registry::SigningKeyRow;

const HOUR: u64 = 3600;
const DAY: u64 = 24 * HOUR;

/// How long a key signs.
pub(super) const SIGNS: u64 = 90 * DAY;
/// How long a key is published before it signs, so that whoever keeps a copy of the key set has it in time.
pub(super) const AHEAD: u64 = DAY;
/// The same for a key that has to sign soon: instances know a new key within five seconds.
pub(super) const AHEAD_AT_ONCE: u64 = 10;
/// How long a key is published after the last proof that it signed has expired: archives are checked that long.
const ARCHIVE: u64 = 365 * DAY;
/// The longest life that a proof can have.
const LONGEST_PROOF: u64 = 300;
/// An instance whose clock is behind may sign for a while after the next key took over.
const SLOW_CLOCK: u64 = HOUR;

/// What a key does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyState {
    /// Published, and signs from its time on.
    Next,
    /// Signs.
    Active,
    /// Signs no more, and is published until then, in Unix seconds.
    Retired {
        /// Unix seconds.
        published_until: u64,
    },
    /// Neither signs nor is published: its proofs are worth nothing any more.
    Withdrawn,
}

impl KeyState {
    /// A stable name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Next => "next",
            Self::Active => "active",
            Self::Retired { .. } => "retired",
            Self::Withdrawn => "withdrawn",
        }
    }

    /// Whether the key stands in the key set at `now`.
    pub(super) fn is_published(self, now: u64) -> bool {
        match self {
            Self::Next | Self::Active => true,
            Self::Retired { published_until } => now <= published_until,
            Self::Withdrawn => false,
        }
    }
}

/// What `row`, one of `rows`, does at `now`.
pub(super) fn state(row: &SigningKeyRow, rows: &[SigningKeyRow], now: u64) -> KeyState {
    if row.withdrawn_at.is_some() {
        return KeyState::Withdrawn;
    }
    match retired_at(row, rows) {
        _ if row.active_from > now => KeyState::Next,
        Some(at) if at <= now => KeyState::Retired { published_until: at + LONGEST_PROOF + ARCHIVE },
        _ => KeyState::Active,
    }
}

/// The key that signs at `now`. There is none before the first, and none where the one that should was withdrawn.
pub(super) fn active(rows: &[SigningKeyRow], now: u64) -> Option<&SigningKeyRow> {
    rows.iter().find(|row| state(row, rows, now) == KeyState::Active)
}

/// From when the next key has to sign, where it is time to publish it.
pub(super) fn next_is_due(rows: &[SigningKeyRow], now: u64) -> Option<u64> {
    let last = rows.iter().filter(|row| takes_over(row)).max_by_key(|row| order(row))?;
    let from = last.active_from + SIGNS;
    (from <= now + AHEAD).then_some(from.max(now + AHEAD))
}

/// The key that the next one is made to follow.
pub(super) fn end_of_chain(rows: &[SigningKeyRow]) -> Option<&str> {
    let is_followed = |kid: &str| rows.iter().any(|row| row.follows.as_deref() == Some(kid));
    rows.iter().map(|row| row.kid.as_str()).find(|kid| !is_followed(kid))
}

/// Whether the private half can be forgotten.
pub(super) fn seed_is_spent(row: &SigningKeyRow, rows: &[SigningKeyRow], now: u64) -> bool {
    row.seed.is_some() && retired_at(row, rows).is_some_and(|at| at + SLOW_CLOCK <= now)
}

fn retired_at(row: &SigningKeyRow, rows: &[SigningKeyRow]) -> Option<u64> {
    let later = rows.iter().filter(|other| takes_over(other) && order(other) > order(row));
    later.map(|other| other.active_from).min()
}

/// A key that was withdrawn before its time came never signed and replaced none.
fn takes_over(row: &SigningKeyRow) -> bool {
    row.withdrawn_at.is_none_or(|at| at >= row.active_from)
}

fn order(row: &SigningKeyRow) -> (u64, &str) {
    (row.active_from, &row.kid)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(kid: &str, active_from: u64) -> SigningKeyRow {
        SigningKeyRow {
            kid: kid.to_owned(),
            follows: None,
            public_key: [0; 32],
            seed: Some(vec![1]),
            created_at: 0,
            active_from,
            withdrawn_at: None,
        }
    }

    fn active_kid(rows: &[SigningKeyRow], now: u64) -> Option<&str> {
        active(rows, now).map(|row| row.kid.as_str())
    }

    #[test]
    fn a_key_signs_from_its_time_on_and_until_the_next_does() {
        let rows = [row("a", 1000), row("b", 2000)];
        for (now, expected) in [(999, None), (1000, Some("a")), (1999, Some("a")), (2000, Some("b"))] {
            assert_eq!(active_kid(&rows, now), expected, "{now}");
        }
    }

    #[test]
    fn a_retired_key_is_published_for_a_year_after_its_last_proof_expired() {
        let rows = [row("a", 1000), row("b", 2000)];
        let retired = state(&rows[0], &rows, 2000);
        let until = 2000 + 300 + 365 * DAY;
        assert_eq!(retired, KeyState::Retired { published_until: until });
        assert!(retired.is_published(until) && !retired.is_published(until + 1));
        assert!(state(&rows[1], &rows, 1500).is_published(1500), "published before used");
    }

    #[test]
    fn the_next_key_is_due_a_day_before_it_signs_and_once() {
        let mut rows = vec![row("a", 1000)];
        assert_eq!(next_is_due(&rows, 1000 + SIGNS - AHEAD - 1), None);
        assert_eq!(next_is_due(&rows, 1000 + SIGNS - AHEAD), Some(1000 + SIGNS));
        assert_eq!(
            next_is_due(&rows, 1000 + SIGNS + 5),
            Some(1000 + SIGNS + 5 + AHEAD),
            "a service that slept"
        );
        rows.push(row("b", 1000 + SIGNS));
        assert_eq!(next_is_due(&rows, 1000 + SIGNS), None);
        assert_eq!(next_is_due(&[], 1000), None);
    }

    #[test]
    fn a_key_withdrawn_before_its_time_replaces_none_and_one_withdrawn_in_use_leaves_none() {
        let mut rows = [row("a", 1000), row("b", 2000)];
        rows[1].withdrawn_at = Some(1500);
        assert_eq!(active_kid(&rows, 3000), Some("a"));
        rows[1].withdrawn_at = Some(2500);
        assert_eq!(active_kid(&rows, 3000), None);
        assert_eq!(state(&rows[1], &rows, 3000), KeyState::Withdrawn);
    }

    #[test]
    fn a_seed_is_forgotten_an_hour_after_the_next_key_took_over() {
        let rows = [row("a", 1000), row("b", 2000)];
        assert!(!seed_is_spent(&rows[0], &rows, 2000 + HOUR - 1));
        assert!(seed_is_spent(&rows[0], &rows, 2000 + HOUR));
        assert!(!seed_is_spent(&rows[1], &rows, 99_000));
    }

    #[test]
    fn the_chain_ends_at_the_key_that_none_follows() {
        let mut rows = [row("a", 1000), row("b", 500)];
        rows[1].follows = Some("a".to_owned());
        assert_eq!(end_of_chain(&rows), Some("b"));
        assert_eq!(end_of_chain(&[]), None);
    }
}
