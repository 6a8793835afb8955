//! Requests per minute: per API key for sessions, per client address for everything that needs no key.
//!
//! The table of each limit is bounded, so that no number of addresses fills the memory (`T91`): the least used are
//! forgotten, and start anew with a full allowance.

use std::hash::Hash;
use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::time::Duration;

use governor::clock::{Clock as _, DefaultClock};
use governor::nanos::Nanos;
use governor::state::{InMemoryState, NotKeyed, StateStore};
use governor::{Quota, RateLimiter};
use moka::sync::Cache;

use crate::config::Limits;
use crate::crypto::locator::Digest;
use crate::session::{ApiKeyId, PlatformName};

const MAX_TRACKED: u64 = 100_000;

/// A failed authentication counts as this many requests, since nobody fails often by mistake (`T2`).
const FAILURE_WEIGHT: NonZeroU32 = NonZeroU32::new(2).unwrap();

/// Whoever guesses a password tries one account often; whoever connects accounts tries each once or twice.
const TRIES_PER_ACCOUNT: NonZeroU32 = NonZeroU32::new(5).unwrap();

/// The limits of this instance.
pub struct RateLimits {
    sessions: Option<Limiter<ApiKeyId>>,
    addresses: Option<Limiter<IpAddr>>,
    credentials: Limiter<Digest>,
}

/// Too many; another try makes sense after this many seconds.
#[derive(Clone, Copy, Debug)]
pub struct Limited(pub u64);

impl RateLimits {
    /// The limits of a configuration; 0 means no limit.
    pub fn new(limits: &Limits) -> Self {
        Self {
            sessions: NonZeroU32::new(limits.sessions_per_key_per_minute).map(Limiter::new),
            addresses: NonZeroU32::new(limits.requests_per_ip_per_minute).map(Limiter::new),
            credentials: Limiter::new(TRIES_PER_ACCOUNT),
        }
    }

    /// One more session of a key.
    ///
    /// # Errors
    /// [`Limited`] over the limit.
    pub fn session(&self, key: ApiKeyId) -> Result<(), Limited> {
        self.sessions.as_ref().map_or(Ok(()), |limiter| limiter.count(key, NonZeroU32::MIN))
    }

    /// One more try of credentials at an account; this limit is not the operator's to switch off.
    ///
    /// # Errors
    /// [`Limited`] over the limit.
    pub fn credentials(
        &self,
        key: ApiKeyId,
        platform: &PlatformName,
        account: Digest,
    ) -> Result<(), Limited> {
        let Digest(account) = account;
        let subject = Digest::of(format!("{key}\n{platform}\n{}", hex::encode(account)).as_bytes());
        self.credentials.count(subject, NonZeroU32::MIN)
    }

    /// One more request from an address.
    ///
    /// # Errors
    /// [`Limited`] over the limit.
    pub fn request(&self, address: IpAddr) -> Result<(), Limited> {
        self.addresses.as_ref().map_or(Ok(()), |limiter| limiter.count(network(address), NonZeroU32::MIN))
    }

    /// One more failed authentication from an address.
    ///
    /// # Errors
    /// [`Limited`] over the limit.
    pub fn failure(&self, address: IpAddr) -> Result<(), Limited> {
        self.addresses.as_ref().map_or(Ok(()), |limiter| limiter.count(network(address), FAILURE_WEIGHT))
    }
}

/// A person with IPv6 has a /64 to choose addresses from.
pub(super) fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => {
            let [a, b, c, d, ..] = v6.segments();
            IpAddr::from([a, b, c, d, 0, 0, 0, 0])
        }
        v4 @ IpAddr::V4(_) => v4,
    }
}

/// A limit per minute, with a burst of a whole minute's worth.
struct Limiter<K: Hash + Eq + Clone + Send + Sync + 'static>(RateLimiter<K, Table<K>, DefaultClock>);

impl<K: Hash + Eq + Clone + Send + Sync + 'static> Limiter<K> {
    fn new(per_minute: NonZeroU32) -> Self {
        let table = Cache::builder().max_capacity(MAX_TRACKED).time_to_idle(Duration::from_secs(120)).build();
        Self(RateLimiter::new(Quota::per_minute(per_minute), Table(table), DefaultClock::default()))
    }

    fn count(&self, key: K, weight: NonZeroU32) -> Result<(), Limited> {
        match self.0.check_key_n(&key, weight) {
            Ok(Err(not_until)) => {
                let wait = not_until.wait_time_from(DefaultClock::default().now());
                Err(Limited(wait.as_secs() + 1))
            }
            Ok(Ok(())) => Ok(()),
            // One request outweighs the whole limit.
            Err(_) => Err(Limited(60)),
        }
    }
}

/// The limiter's arithmetic is the library's; where its cells are kept is ours.
struct Table<K: Hash + Eq + Clone + Send + Sync + 'static>(Cache<K, Arc<InMemoryState>>);

impl<K: Hash + Eq + Clone + Send + Sync + 'static> StateStore for Table<K> {
    type Key = K;

    fn measure_and_replace<T, F, E>(&self, key: &K, f: F) -> Result<T, E>
    where
        F: Fn(Option<Nanos>) -> Result<(T, Nanos), E>,
    {
        self.0.get_with_by_ref(key, Arc::default).measure_and_replace(&NotKeyed::NonKey, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn limits() -> RateLimits {
        let limits =
            Limits { sessions_per_key_per_minute: 5, requests_per_ip_per_minute: 6, ..Limits::default() };
        RateLimits::new(&limits)
    }

    #[test]
    fn t87_a_key_over_its_limit_is_refused_and_another_is_not() {
        let limits = limits();
        assert!((0..5).all(|_| limits.session(ApiKeyId(1)).is_ok()));
        assert!(limits.session(ApiKeyId(1)).unwrap_err().0 >= 1);
        assert!(limits.session(ApiKeyId(2)).is_ok());
    }

    #[test]
    fn t91_all_addresses_of_one_64_share_one_allowance() {
        let limits = limits();
        assert!((0..6).all(|n| limits.request(format!("2001:db8::{n}").parse().unwrap()).is_ok()));
        assert!(limits.request("2001:db8::99".parse().unwrap()).is_err());
        assert!(limits.request("2001:db8:0:1::".parse().unwrap()).is_ok());
    }

    #[test]
    fn t2_failures_weigh_double() {
        let limits = limits();
        let address = "192.0.2.1".parse().unwrap();
        assert!((0..3).all(|_| limits.failure(address).is_ok()));
        assert!(limits.failure(address).is_err());
    }

    #[test]
    fn zero_means_no_limit() {
        let none =
            Limits { sessions_per_key_per_minute: 0, requests_per_ip_per_minute: 0, ..Limits::default() };
        let limits = RateLimits::new(&none);
        assert!((0..10_000).all(|_| limits.session(ApiKeyId(1)).is_ok()));
    }
}
