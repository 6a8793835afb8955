//! The inputs that a search gathered, run through a property: for the tests of each package that has a corpus.

/// Runs `holds` on each input of the package's corpus for `target`.
pub(crate) fn replay(target: &str, holds: fn(&[u8])) {
    let folder = format!("{}/fuzz/corpus/{target}", env!("CARGO_MANIFEST_DIR"));
    let files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|file| file.unwrap().path()).collect();
    assert!(!files.is_empty());
    for file in files {
        holds(&std::fs::read(file).unwrap());
    }
}
