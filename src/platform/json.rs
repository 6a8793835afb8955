//! Reading single values out of a platform's JSON, exactly as they stand there.
//!
//! Values are looked up in the text itself and never pass through a number type: ids over 2^53, and over 2^64, keep
//! every digit (`T53`). A broken escape spoils only the value that holds it (`T55`).

use std::ops::{Deref, Range};

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::value::RawValue;
use zeroize::Zeroizing;

use super::entry::Pointer;

/// A JSON object, read where it stands.
pub(super) struct Document<'b> {
    text: Text<'b>,
    /// Its own members and where their values stand in the text: each lookup would read all of it anew otherwise.
    members: Vec<(String, Range<usize>)>,
}

/// The text of a document. It may hold a token, so a copy of it is wiped when dropped.
enum Text<'b> {
    Given(&'b str),
    Copied(Zeroizing<String>),
}

impl Deref for Text<'_> {
    type Target = str;

    fn deref(&self) -> &str {
        match self {
            Self::Given(text) => text,
            Self::Copied(text) => text,
        }
    }
}

/// A value that an id or a handle may be.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Scalar {
    /// A string without its quotes; `None` where its escapes or its bytes make no text.
    Text(Option<String>),
    /// A non-negative integer of up to 39 digits, digit by digit.
    Integer(String),
    /// Anything else but `null`: a fraction, an exponent, an object, an array, a boolean.
    Other,
}

impl<'b> Document<'b> {
    /// The document, where `body` is one JSON object and nothing else.
    pub(super) fn parse(body: &'b [u8]) -> Option<Self> {
        let text = match std::str::from_utf8(body) {
            Ok(text) => Text::Given(text),
            // Bytes that are no UTF-8 become U+FFFD, which no id may have and which empties a handle.
            Err(_) => Text::Copied(Zeroizing::new(String::from_utf8_lossy(body).into_owned())),
        };
        let mut deserializer = serde_json::Deserializer::from_str(&text);
        let members = Members { text: &text }.deserialize(&mut deserializer);
        let members = match members.and_then(|members| deserializer.end().map(|()| members)) {
            Ok(members) => members,
            // A name that is no text spoils the whole object: what it might have been is anybody's guess.
            Err(_) if is_object(&text) => Vec::new(),
            Err(_) => return None,
        };
        Some(Self { text, members })
    }

    /// The same, apart from what it was read from.
    pub(super) fn into_owned(self) -> Document<'static> {
        Document { text: Text::Copied(Zeroizing::new(self.text.to_owned())), members: self.members }
    }

    /// The first candidate that is there and not `null`.
    pub(super) fn first(&self, candidates: &[Pointer]) -> Option<Scalar> {
        candidates.iter().find_map(|pointer| self.scalar(pointer))
    }

    /// The text at the first candidate that is there: a string's, or an integer's digits.
    pub(super) fn first_text(&self, candidates: &[Pointer]) -> Option<String> {
        match self.first(candidates)? {
            Scalar::Text(text) => text,
            Scalar::Integer(digits) => Some(digits),
            Scalar::Other => None,
        }
    }

    /// The words of a list at the first candidate: an array of strings, or one string with blanks or commas.
    pub(super) fn first_list(&self, candidates: &[Pointer]) -> Option<Vec<String>> {
        let raw = candidates.iter().find_map(|pointer| self.at(pointer))?;
        if !raw.starts_with('"') {
            return serde_json::from_str(raw).ok();
        }
        let text = unquoted(raw)?;
        let words = text.split([' ', ',']).filter(|word| !word.is_empty());
        Some(words.map(str::to_owned).collect())
    }

    /// The string of a member of the document itself.
    pub(super) fn member(&self, name: &'static str) -> Option<String> {
        match self.scalar(&Pointer::parse(&format!("/{name}"))?)? {
            Scalar::Text(text) => text,
            _ => None,
        }
    }

    /// The member's list of strings; empty where there is none.
    pub(super) fn member_list(&self, name: &'static str) -> Vec<String> {
        Pointer::parse(&format!("/{name}"))
            .and_then(|pointer| self.first_list(&[pointer]))
            .unwrap_or_default()
    }

    /// Whether the value there is this text, or this number, byte for byte.
    pub(super) fn says(&self, pointer: &Pointer, value: &str) -> bool {
        match self.scalar(pointer) {
            Some(Scalar::Text(Some(text)) | Scalar::Integer(text)) => text == value,
            _ => false,
        }
    }

    /// Whether the value there is `false`.
    pub(super) fn is_false(&self, pointer: &Pointer) -> bool {
        self.at(pointer) == Some("false")
    }

    /// Whether there is a value that is not `null`. Two of one name are there as well: an error that is told twice is told.
    pub(super) fn has(&self, pointer: &Pointer) -> bool {
        !matches!(self.find(pointer), Found::Nothing)
    }

    fn scalar(&self, pointer: &Pointer) -> Option<Scalar> {
        let raw = self.at(pointer)?;
        Some(match raw.as_bytes().first()? {
            b'"' => Scalar::Text(
                unquoted(raw).filter(|text| text.is_ascii() || !text.contains(char::REPLACEMENT_CHARACTER)),
            ),
            b'0'..=b'9' if is_integer(raw) => Scalar::Integer(raw.to_owned()),
            _ => Scalar::Other,
        })
    }

    /// The value's own text; `None` for `null`, for what is not there, and for what stands there twice, since readers
    /// disagree about which one counts.
    fn at(&self, pointer: &Pointer) -> Option<&str> {
        match self.find(pointer) {
            Found::Once(text) => Some(text),
            Found::Nothing | Found::Twice => None,
        }
    }

    fn find(&self, pointer: &Pointer) -> Found<'_> {
        let mut tokens = pointer.tokens();
        let mut found = match tokens.next() {
            Some(name) => self.value_of(&name),
            None => Found::Once(self.text.trim_ascii()),
        };
        for token in tokens {
            let Found::Once(text) = found else { return found };
            let mut deserializer = serde_json::Deserializer::from_str(text);
            found = Member(&token).deserialize(&mut deserializer).unwrap_or(Found::Nothing);
        }
        if matches!(found, Found::Once("null")) { Found::Nothing } else { found }
    }

    fn value_of(&self, name: &str) -> Found<'_> {
        let mut found = self.members.iter().filter(|(member, _)| member == name);
        match (found.next(), found.next()) {
            (Some((_, at)), None) => self.text.get(at.clone()).map_or(Found::Nothing, Found::Once),
            (Some(_), Some(_)) => Found::Twice,
            (None, _) => Found::Nothing,
        }
    }
}

/// What stands at a pointer.
#[derive(Clone, Copy)]
enum Found<'d> {
    Nothing,
    /// The value's own text.
    Once(&'d str),
    /// An object has two members of this name.
    Twice,
}

/// Reads the names of an object's members, and where their values stand in `text`.
struct Members<'t> {
    text: &'t str,
}

impl<'de> DeserializeSeed<'de> for Members<'de> {
    type Value = Vec<(String, Range<usize>)>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_map(self)
    }
}

impl<'de> Visitor<'de> for Members<'de> {
    type Value = Vec<(String, Range<usize>)>;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut members = Vec::new();
        while let Some(name) = map.next_key::<String>()? {
            let value = map.next_value::<&RawValue>()?.get();
            // The value is a piece of the text.
            let start = value.as_ptr().addr().saturating_sub(self.text.as_ptr().addr());
            members.push((name, start..start + value.len()));
        }
        Ok(members)
    }
}

fn is_object(text: &str) -> bool {
    serde_json::from_str::<&RawValue>(text).is_ok_and(|whole| whole.get().starts_with('{'))
}

/// What a JSON string says; `None` where its escapes make no text.
fn unquoted(raw: &str) -> Option<String> {
    let inside = raw.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    match inside.filter(|inside| !inside.contains('\\')) {
        Some(plain) => Some(plain.to_owned()),
        None => serde_json::from_str(raw).ok(),
    }
}

/// JSON has no leading zeros, so all digits means canonical.
fn is_integer(raw: &str) -> bool {
    raw.len() <= 39 && raw.bytes().all(|b| b.is_ascii_digit())
}

/// Finds one member of an object, or one element of an array, and skips all others unread.
struct Member<'t>(&'t str);

impl<'de> DeserializeSeed<'de> for Member<'_> {
    type Value = Found<'de>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Member<'_> {
    type Value = Found<'de>;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("an object or an array")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut found = Found::Nothing;
        while let Some(key) = map.next_key::<String>()? {
            if key == self.0 {
                let value = map.next_value::<&RawValue>()?.get();
                found = if matches!(found, Found::Nothing) { Found::Once(value) } else { Found::Twice };
            } else {
                map.next_value::<IgnoredAny>()?;
            }
        }
        Ok(found)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        let mut found = Found::Nothing;
        let wanted = self.0.parse::<usize>().ok();
        let mut at = 0;
        while let Some(element) = seq.next_element::<Element<'de>>()? {
            if Some(at) == wanted {
                found = Found::Once(element.0.get());
            }
            at += 1;
        }
        Ok(found)
    }
}

#[derive(Deserialize)]
struct Element<'a>(#[serde(borrow)] &'a RawValue);

#[cfg(test)]
#[path = "json_tests.rs"]
mod tests;
