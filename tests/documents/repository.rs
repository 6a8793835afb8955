//! The files of the repository, without what was built, installed or gathered.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

pub const ROOT: &str = env!("CARGO_MANIFEST_DIR");

/// Whether there is such a file or folder.
pub fn has(path: &str) -> bool {
    Path::new(ROOT).join(path).exists()
}

pub fn read(path: &str) -> String {
    std::fs::read_to_string(Path::new(ROOT).join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// Every file, by its path from the root, in order.
pub fn files() -> &'static [String] {
    static FILES: OnceLock<Vec<String>> = OnceLock::new();
    FILES.get_or_init(|| {
        let mut found = Vec::new();
        walk(Path::new(ROOT), &mut found);
        let from_root = |path: &PathBuf| path.strip_prefix(ROOT).unwrap().to_string_lossy().into_owned();
        let mut paths: Vec<String> = found.iter().map(from_root).collect();
        paths.sort();
        paths
    })
}

fn walk(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        let is_ours =
            !matches!(&*name, "target" | "node_modules" | ".git" | "corpus" | "artifacts" | "__pycache__");
        match path.is_dir() {
            true if is_ours => walk(&path, found),
            false if is_ours => found.push(path),
            _ => {}
        }
    }
}

/// The text of everything that is no document: where the words of documents must come from.
pub fn everything_but_documents() -> String {
    let is_text = |path: &&String| {
        let endings = [".md", ".png", ".svg", ".lock", ".woff2", ".ico", "package-lock.json"];
        !endings.iter().any(|ending| path.ends_with(ending)) && !path.starts_with("tests/documents/")
    };
    let texts = files();
    let texts = texts.iter().filter(is_text).map(|path| std::fs::read(Path::new(ROOT).join(path)).unwrap());
    texts.map(|bytes| String::from_utf8_lossy(&bytes).into_owned() + "\n").collect()
}
