//! The fuzz targets' properties on the corpus that they gathered, so that what was found once stays found.

#[path = "../../fuzz/properties.rs"]
mod properties;

fn replay(target: &str, holds: fn(&[u8])) {
    let folder = format!("{}/fuzz/corpus/{target}", env!("CARGO_MANIFEST_DIR"));
    let files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()).collect();
    assert!(!files.is_empty());
    for file in files {
        holds(&std::fs::read(file).unwrap());
    }
}

#[test]
fn t70_no_query_of_the_corpus_panics_or_verifies() {
    replay("query", properties::query);
}

#[test]
fn t61_what_the_corpus_can_sign_has_one_reading_and_verifies() {
    replay("claims", properties::claims);
}
