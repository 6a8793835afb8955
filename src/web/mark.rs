//! A platform's mark: its initials on its colour. Drawn here, so that no logo is copied and no platform is named in code.

use crate::platform::entry::{Entry, MarkColor};

/// What the template `mark.html` draws.
#[derive(Debug)]
pub(super) struct Mark {
    /// One or two characters.
    pub(super) initials: String,
    /// `#rrggbb`.
    pub(super) ground: String,
    /// Black or white, whichever can be read better on the ground.
    pub(super) ink: &'static str,
}

/// For platforms whose entry names no colour: white can be read on each of them.
const COLORS: [MarkColor; 6] = [
    MarkColor([0x3b, 0x5b, 0xa9]),
    MarkColor([0x8a, 0x3f, 0x7d]),
    MarkColor([0x2c, 0x70, 0x62]),
    MarkColor([0x9a, 0x4a, 0x2b]),
    MarkColor([0x5d, 0x4f, 0xa8]),
    MarkColor([0x4a, 0x5b, 0x6c]),
];

impl Mark {
    /// The mark of a platform.
    pub(super) fn of(entry: &Entry) -> Self {
        let by_name =
            entry.name.as_str().bytes().fold(0, |sum: usize, byte| sum.wrapping_mul(31) + usize::from(byte));
        let ours = COLORS.get(by_name % COLORS.len()).copied().unwrap_or(MarkColor([0; 3]));
        let color = entry.mark_color.unwrap_or(ours);
        let MarkColor([r, g, b]) = color;
        Self {
            initials: initials(&entry.display_name),
            ground: format!("#{r:02x}{g:02x}{b:02x}"),
            ink: if luminance(color) > 0.179 { "#000" } else { "#fff" },
        }
    }
}

/// The capitals of the first word where it has several, else its first two letters.
fn initials(name: &str) -> String {
    let word: Vec<char> =
        name.split(' ').next().unwrap_or_default().chars().filter(|c| c.is_alphanumeric()).collect();
    let capitals: String = word.iter().filter(|c| c.is_uppercase()).take(2).collect();
    if capitals.chars().count() == 2 { capitals } else { word.iter().take(2).collect() }
}

/// Relative luminance (WCAG 2.2); at 0.179 black and white have the same contrast.
fn luminance(MarkColor(channels): MarkColor) -> f64 {
    let linear = channels.map(|channel| {
        let share = f64::from(channel) / 255.0;
        if share <= 0.04045 { share / 12.92 } else { ((share + 0.055) / 1.055).powf(2.4) }
    });
    let [r, g, b] = linear;
    0.2126 * r + 0.7152 * g + 0.0722 * b
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn initials_tell_platforms_apart() {
        for (name, expected) in [
            ("TikTok", "TT"),
            ("Threads", "Th"),
            ("YouTube", "YT"),
            ("X (Twitter)", "X"),
            ("Acme ID", "Ac"),
            ("b", "b"),
            ("", ""),
            ("(…)", ""),
        ] {
            assert_eq!(initials(name), expected, "{name}");
        }
    }

    #[test]
    fn initials_can_be_read_on_every_colour_of_ours() {
        for color in COLORS {
            assert!(luminance(color) < 0.179, "{color:?}");
        }
        assert!(luminance(MarkColor([0xff, 0xfc, 0])) > 0.179);
    }
}
