//! Whether this Redis keeps what it is given: one that evicts drops live sessions without a word (`T93`).
//!
//! `volatile-lru`, a common default of managed services, evicts exactly our entries, since each has a time to live.

use redis::{Value, from_redis_value};

use super::link::Link;
use crate::store::StoreFault;

/// Refuses a Redis that evicts, or does not tell, unless the operator allows it.
///
/// # Errors
/// [`StoreFault::Unavailable`] with the remedy.
pub(super) async fn check(link: &Link, allow_eviction: bool) -> Result<(), StoreFault> {
    let told = told_policies(link).await;
    let complaint = match &told {
        Ok(policies) => policies
            .iter()
            .find(|policy| policy.evicts())
            .map(|policy| format!("it evicts sessions when it is full (maxmemory-policy {})", policy.name)),
        Err(fault) => Some(format!("whether it evicts sessions cannot be told ({fault})")),
    };
    match complaint {
        None => Ok(()),
        Some(complaint) if allow_eviction => {
            tracing::warn!("Redis: {complaint}; stores.allow_eviction accepts that");
            Ok(())
        }
        Some(complaint) => Err(StoreFault::Unavailable(format!(
            "Redis: {complaint}; set its maxmemory-policy to noeviction, or accept lost sessions with \
             stores.allow_eviction = true"
        ))),
    }
}

struct Policy {
    name: String,
    has_limit: bool,
}

impl Policy {
    fn evicts(&self) -> bool {
        self.has_limit && self.name != "noeviction"
    }
}

/// `INFO` and not `CONFIG`, which managed services forbid.
async fn told_policies(link: &Link) -> Result<Vec<Policy>, StoreFault> {
    let answers = link.send_to_all(redis::cmd("INFO").arg("memory")).await?;
    answers.into_iter().map(|answer| read(answer).ok_or_else(silent)).collect()
}

fn read(answer: Value) -> Option<Policy> {
    let info: String = from_redis_value(answer).ok()?;
    let field = |name| info.lines().find_map(|line| line.trim().strip_prefix(name)?.strip_prefix(':'));
    let has_limit = field("maxmemory")? != "0";
    Some(Policy { name: field("maxmemory_policy")?.to_owned(), has_limit })
}

fn silent() -> StoreFault {
    StoreFault::Corrupt("INFO memory names no maxmemory_policy".to_owned())
}
