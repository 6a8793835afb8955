//! Whether two things take the same time: Welch's t over interleaved samples.
//!
//! |t| below 4.5 is the usual bound of leakage tests (as in dudect). A true leak grows with the number of samples and shows
//! in every attempt, chance does not.

/// The slowest are the machine's doing: an interrupt, another process.
const KEPT_PER_MILLE: usize = 950;
pub(crate) const BOUND: f64 = 4.5;
pub(crate) const ATTEMPTS: usize = 3;

/// How two times differ.
pub(crate) struct Difference {
    pub(crate) t: f64,
    /// Of each, in nanoseconds.
    pub(crate) means: [f64; 2],
}

/// Takes so many `samples` of each of the two, by their number. Which one goes next is drawn, so that nothing periodic falls
/// on one of them alone.
///
/// # Errors
/// The first sample that cannot be taken.
pub(crate) fn difference<E>(
    samples: usize,
    mut nanoseconds: impl FnMut(usize) -> Result<u64, E>,
) -> Result<Difference, E> {
    let mut times: [Vec<u64>; 2] = [Vec::with_capacity(samples), Vec::with_capacity(samples)];
    let mut draw = 0x9e37_79b9_7f4a_7c15_u64;
    while times.iter().any(|times| times.len() < samples) {
        draw ^= draw << 13;
        draw ^= draw >> 7;
        draw ^= draw << 17;
        let which = usize::from(draw >> 63 == 1);
        let took = nanoseconds(which)?;
        if let Some(times) = times.get_mut(which).filter(|times| times.len() < samples) {
            times.push(took);
        }
    }
    let [one, two] = times.map(Moments::of);
    let t = (one.mean - two.mean) / (one.variance / one.count + two.variance / two.count).sqrt();
    Ok(Difference { t, means: [one.mean, two.mean] })
}

/// Of the faster ones.
struct Moments {
    count: f64,
    mean: f64,
    variance: f64,
}

impl Moments {
    #[allow(clippy::cast_precision_loss, reason = "nanoseconds and counts far below 2^52")]
    fn of(mut times: Vec<u64>) -> Self {
        times.sort_unstable();
        times.truncate(times.len() * KEPT_PER_MILLE / 1000);
        let count = times.len() as f64;
        let mean = times.iter().map(|&time| time as f64).sum::<f64>() / count;
        let variance = times.iter().map(|&time| (time as f64 - mean).powi(2)).sum::<f64>() / (count - 1.0);
        Self { count, mean, variance }
    }
}
