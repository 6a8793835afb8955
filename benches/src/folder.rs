//! Where a server of a run keeps its files.

use std::fs;
use std::path::{Path, PathBuf};

use crate::Fault;

/// A folder that goes away with its server.
pub struct Folder(PathBuf);

impl Folder {
    pub fn path(&self) -> &Path {
        &self.0
    }

    pub fn config(&self) -> PathBuf {
        self.0.join("handleproof.toml")
    }

    pub fn create() -> Result<Self, Fault> {
        let nanos = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH)?.as_nanos();
        let path = std::env::temp_dir().join(format!("handleproof-bench-{}-{nanos}", std::process::id()));
        fs::create_dir(&path)?;
        Ok(Self(path))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What is left is in the system's temporary folder.
        let _cleared = fs::remove_dir_all(&self.0);
    }
}
