//! The fuzz targets' properties on the corpus that they gathered, so that what was found once stays found.

#[path = "../../fuzz/properties.rs"]
mod properties;
#[path = "../../fuzz/replay.rs"]
mod replay;

use replay::replay;

#[test]
fn t70_no_query_of_the_corpus_panics_or_verifies() {
    replay("query", properties::query);
}

#[test]
fn t61_what_the_corpus_can_sign_has_one_reading_and_verifies() {
    replay("claims", properties::claims);
}
