//! Whether two things take the same time: Student's t over the differences of pairs that are measured close to each other.
//!
//! What a busy machine does meanwhile lasts longer than that and falls on both members of a pair; over all samples of each
//! it does not, and t is large where nothing differs. |t| below 4.5 is the usual bound of leakage tests (as in dudect).
//! A true leak grows with the number of pairs and shows in every attempt, chance does not.

use core::fmt;

/// The pairs with the slowest members are the machine's doing: an interrupt, another process.
const KEPT_PER_MILLE: usize = 950;
pub(crate) const BOUND: f64 = 4.5;
pub(crate) const ATTEMPTS: usize = 3;

/// How two times differ.
pub(crate) struct Difference {
    pub(crate) t: f64,
    /// The mean of the first one, and by how much the second one is quicker, in nanoseconds.
    mean: f64,
    by: f64,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "t = {:.2} (by {:.1} of {:.1} ns)", self.t, self.by, self.mean)
    }
}

/// Measures so many pairs by the numbers of their members, 0 and 1. Which one goes next is drawn, so that nothing periodic
/// falls on one of them alone and the processor cannot guess it; those that came at the same place make a pair.
///
/// # Errors
/// The first sample that cannot be taken.
pub(crate) fn difference<E>(
    pairs: usize,
    mut nanoseconds: impl FnMut(usize) -> Result<u64, E>,
) -> Result<Difference, E> {
    let mut times: [Vec<u64>; 2] = [Vec::with_capacity(pairs), Vec::with_capacity(pairs)];
    let mut draw = 0x9e37_79b9_7f4a_7c15_u64;
    while times.iter().any(|times| times.len() < pairs) {
        draw ^= draw << 13;
        draw ^= draw >> 7;
        draw ^= draw << 17;
        let which = usize::from(draw >> 63 == 1);
        let took = nanoseconds(which)?;
        if let Some(times) = times.get_mut(which).filter(|times| times.len() < pairs) {
            times.push(took);
        }
    }
    let [ones, others] = times;
    let mut times: Vec<_> = ones.into_iter().zip(others).collect();
    times.sort_unstable_by_key(|&(one, other)| one.max(other));
    times.truncate(pairs * KEPT_PER_MILLE / 1000);
    Ok(of_kept(&times))
}

#[allow(clippy::cast_precision_loss, reason = "nanoseconds and counts far below 2^52")]
fn of_kept(times: &[(u64, u64)]) -> Difference {
    let count = times.len() as f64;
    let differences = || times.iter().map(|&(one, other)| one as f64 - other as f64);
    let by = differences().sum::<f64>() / count;
    let variance = differences().map(|one| (one - by).powi(2)).sum::<f64>() / (count - 1.0);
    let mean = times.iter().map(|&(one, _)| one as f64).sum::<f64>() / count;
    Difference { t: by / (variance / count).sqrt(), mean, by }
}
