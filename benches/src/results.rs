//! What was measured: every figure as a JSON line, the ones with a target as rows of the table.

use std::fs::File;
use std::io::Write;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::Fault;

pub struct Results {
    path: PathBuf,
    lines: File,
    rows: Vec<Row>,
}

/// One line of the table.
pub struct Row {
    pub what: String,
    pub control: String,
    pub service: String,
    /// What the target is about.
    pub measured: f64,
    pub target: Target,
}

#[derive(Clone, Copy)]
pub enum Target {
    AtLeast { must: f64, goal: f64 },
    AtMost { must: f64, goal: f64 },
    None,
}

impl Results {
    /// A fresh file beside the programs.
    pub fn create() -> Result<Self, Fault> {
        let path = std::env::current_exe()?.with_file_name("bench.jsonl");
        Ok(Self { lines: File::create(&path)?, path, rows: Vec::new() })
    }

    pub fn path(&self) -> &Path {
        &self.path
    }

    pub fn note(&mut self, line: &Value) -> Result<(), Fault> {
        Ok(writeln!(self.lines, "{line}")?)
    }

    pub fn row(&mut self, row: Row) {
        self.rows.push(row);
    }

    pub fn rows(&self) -> &[Row] {
        &self.rows
    }
}

/// The middle one, or the mean of the two in the middle; not a number where there is none.
pub fn median(figures: impl IntoIterator<Item = f64>) -> f64 {
    let mut sorted: Vec<f64> = figures.into_iter().collect();
    sorted.sort_unstable_by(f64::total_cmp);
    let upper = sorted.get(sorted.len() / 2).copied().unwrap_or(f64::NAN);
    match sorted.len().checked_sub(1).and_then(|last| sorted.get(last / 2)) {
        Some(lower) => f64::midpoint(*lower, upper),
        None => upper,
    }
}
