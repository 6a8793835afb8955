//! The short table.

use crate::results::{Results, Row, Target};

pub fn print(results: &Results) {
    println!(
        "\n{:<34} {:>14} {:>14} {:>10} {:>12} {:>12}",
        "", "control", "service", "measured", "must", "goal"
    );
    for row in results.rows() {
        let (must, goal) = verdicts(row);
        println!(
            "{:<34} {:>14} {:>14} {:>10} {must:>12} {goal:>12}",
            row.what,
            row.control,
            row.service,
            short(row.measured)
        );
    }
}

fn verdicts(row: &Row) -> (String, String) {
    let verdict =
        |sign, bound: f64, holds| format!("{sign}{} {}", short(bound), if holds { "yes" } else { "NO" });
    match row.target {
        Target::AtLeast { must, goal } => {
            (verdict("≥", must, row.measured >= must), verdict("≥", goal, row.measured >= goal))
        }
        Target::AtMost { must, goal } => {
            (verdict("≤", must, row.measured <= must), verdict("≤", goal, row.measured <= goal))
        }
        Target::None => (String::new(), String::new()),
    }
}

fn short(number: f64) -> String {
    match number {
        n if n.is_nan() => String::new(),
        n if n.abs() < 10.0 => format!("{n:.2}"),
        n if n.abs() < 100.0 => format!("{n:.1}"),
        n => format!("{n:.0}"),
    }
}
