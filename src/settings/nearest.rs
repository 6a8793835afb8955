//! "Did you mean": the known name closest to a mistyped one.

/// The known name that a mistyped one most likely stands for.
pub fn nearest<N: AsRef<str>>(name: &str, known: impl Iterator<Item = N>) -> Option<N> {
    let close = known.map(|candidate| (strsim::damerau_levenshtein(name, candidate.as_ref()), candidate));
    let limit = (name.chars().count() / 3).max(1);
    close
        .filter(|(distance, _)| *distance <= limit)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, near)| near)
}
