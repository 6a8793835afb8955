//! Times in answers and on pages, in UTC.

use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// `2030-03-17T17:46:40Z`. A time beyond the year 9999 reads as the start of 1970.
pub(super) fn rfc3339(unix_seconds: u64) -> String {
    let seconds = i64::try_from(unix_seconds).unwrap_or_default();
    let time = OffsetDateTime::from_unix_timestamp(seconds).unwrap_or(OffsetDateTime::UNIX_EPOCH);
    time.format(&Rfc3339).unwrap_or_default()
}

/// `2030-03-17 17:46 UTC`, for people.
pub(super) fn for_people(unix_seconds: u64) -> String {
    let text = rfc3339(unix_seconds);
    let (date, time) = text.split_once('T').unwrap_or_default();
    format!("{date} {} UTC", time.get(..5).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_time_reads_the_same_for_programs_and_people() {
        assert_eq!(rfc3339(1_900_000_000), "2030-03-17T17:46:40Z");
        assert_eq!(for_people(1_900_000_000), "2030-03-17 17:46 UTC");
    }
}
