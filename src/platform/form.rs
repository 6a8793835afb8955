//! What a credential must look like before it is sent anywhere: a small pattern that a platform's file is written in.
//!
//! `{a-z2-7:4}` stands for exactly four of these characters, `{A-Za-z0-9:8-64}` for 8 to 64 of them; everything else
//! stands for itself. A gap takes as much as it may and gives nothing back, so matching is linear whatever is sent.

/// A pattern for a whole text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Form(Vec<Piece>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Piece {
    Itself(u8),
    Gap { ranges: Vec<(u8, u8)>, min: usize, max: usize },
}

impl Form {
    /// Reads a pattern; `None` where it is none.
    pub fn parse(text: &str) -> Option<Self> {
        let mut pieces = Vec::new();
        let mut rest = text;
        while let Some(first) = rest.bytes().next() {
            if first == b'{' {
                let (gap, after) = rest.strip_prefix('{')?.split_once('}')?;
                pieces.push(gap_of(gap)?);
                rest = after;
            } else {
                pieces.push(Piece::Itself(first).filter_ascii()?);
                rest = rest.get(1..)?;
            }
        }
        (!pieces.is_empty()).then_some(Self(pieces))
    }

    /// Whether the whole of `text` is of this form.
    pub fn fits(&self, text: &str) -> bool {
        let mut rest = text.as_bytes();
        for piece in &self.0 {
            let taken = match piece {
                Piece::Itself(byte) => usize::from(rest.first() == Some(byte)),
                Piece::Gap { ranges, max, .. } => {
                    let is_in = |byte: &&u8| ranges.iter().any(|(low, high)| (low..=high).contains(byte));
                    rest.iter().take(*max).take_while(is_in).count()
                }
            };
            let least = if let Piece::Gap { min, .. } = piece { *min } else { 1 };
            match rest.get(taken..) {
                Some(after) if taken >= least => rest = after,
                _ => return false,
            }
        }
        rest.is_empty()
    }
}

impl Piece {
    fn filter_ascii(self) -> Option<Self> {
        matches!(self, Self::Itself(byte) if byte.is_ascii_graphic()).then_some(self)
    }
}

/// `CHARACTERS:LENGTH` or `CHARACTERS:LEAST-MOST`.
fn gap_of(text: &str) -> Option<Piece> {
    let (characters, length) = text.rsplit_once(':')?;
    let (min, max) = length.split_once('-').unwrap_or((length, length));
    let (min, max): (usize, usize) = (min.parse().ok()?, max.parse().ok()?);
    let mut ranges = Vec::new();
    let mut rest = characters.as_bytes();
    loop {
        rest = match *rest {
            [] => break,
            [low, b'-', high, ref after @ ..] if low < high => {
                ranges.push((low, high));
                after
            }
            [one, ref after @ ..] => {
                ranges.push((one, one));
                after
            }
        };
    }
    (!ranges.is_empty() && max > 0 && min <= max).then_some(Piece::Gap { ranges, min, max })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn form(text: &str) -> Form {
        Form::parse(text).unwrap()
    }

    #[test]
    fn a_form_takes_the_whole_text_or_nothing() {
        let app_password = form("{a-z2-7:4}-{a-z2-7:4}-{a-z2-7:4}-{a-z2-7:4}");
        assert!(app_password.fits("ix2i-x65l-5jpw-og7u"));
        for other in
            ["", "ix2i-x65l-5jpw-og7", "ix2i-x65l-5jpw-og7uu", "ix2i-x65l-5jpw-og8u", "IX2I-x65l-5jpw-og7u"]
        {
            assert!(!app_password.fits(other), "{other}");
        }
        assert!(!app_password.fits("ix2i-x65l-5jpw-og7u\n"));
        let key = form("{A-Za-z0-9_-:2-4}");
        assert_eq!(["a", "a-", "a-_Z", "a-_Z9"].map(|text| key.fits(text)), [false, true, true, false]);
        assert!(form("did:plc:{a-z2-7:3}").fits("did:plc:ab2"));
    }

    #[test]
    fn what_is_no_form_is_refused() {
        for text in ["", "{", "{a-z}", "{:3}", "{a-z:x}", "{a-z:4-3}", "{a-z:0}", "é", "a b"] {
            assert!(Form::parse(text).is_none(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_text_makes_matching_panic(text in ".{0,60}") {
            let _either = form("{a-z:1-5}.{0-9:0-3}x").fits(&text);
        }
    }
}
