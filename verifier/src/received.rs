//! Takes the parameters of a callback apart: each of our names once, decoded once. It judges no value.
//!
//! The five signed values are laid out as the base string they were signed in, in one buffer that later becomes the
//! proof's own.

use alloc::string::String;

use crate::percent;

/// The parameters as they came.
#[derive(Debug)]
pub(crate) struct Received {
    /// The base string over the received values, and behind it what is not signed.
    text: String,
    base_len: usize,
    pub(crate) fields: PerName<Field>,
}

/// One entry for each name that means something to us. Every other parameter is the caller's own and passed over.
#[derive(Debug, Default)]
pub(crate) struct PerName<T> {
    pub(crate) platform: T,
    pub(crate) platform_id: T,
    pub(crate) handle: T,
    pub(crate) state: T,
    pub(crate) expires: T,
    pub(crate) sig: T,
    pub(crate) error: T,
    pub(crate) error_description: T,
}

/// A parameter after decoding: where its value stands, or why there is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Field {
    Absent,
    Repeated,
    Undecodable,
    At { start: usize, end: usize },
}

impl Received {
    /// Reads a query in its wire form. Names are compared decoded, so that `platform%5Fid` is a second `platform_id`.
    pub(crate) fn from_query(query: &str) -> Self {
        let mut slots = PerName::default();
        let query = query.strip_prefix('?').unwrap_or(query);
        let mut rest = Some(query);
        while let Some(query) = rest {
            let (pair, after) = split_once(query, b'&');
            rest = after;
            let (name, value) = split_once(pair, b'=');
            let value = value.unwrap_or_default();
            if name.bytes().any(|byte| byte == b'%') {
                let mut decoded = String::new();
                if percent::decode_into(name, &mut decoded).is_ok() {
                    slots.put(&decoded, RawValue(value));
                }
            } else {
                slots.put(name, RawValue(value));
            }
        }
        Self::lay_out(slots)
    }

    /// Reads pairs that a framework has decoded.
    pub(crate) fn from_params<N: AsRef<str>, V: AsRef<str>>(
        params: impl IntoIterator<Item = (N, V)>,
    ) -> Self {
        let mut slots = PerName::default();
        for (name, value) in params {
            slots.put(name.as_ref(), DecodedValue(value));
        }
        Self::lay_out(slots)
    }

    /// The value of a field, where it has one.
    pub(crate) fn value(&self, field: Field) -> Option<&str> {
        match field {
            Field::At { start, end } => self.text.get(start..end),
            Field::Absent | Field::Repeated | Field::Undecodable => None,
        }
    }

    /// What the service signed if the proof is genuine. It means something only if all five values are there.
    pub(crate) fn base_string(&self) -> &str {
        self.text.get(..self.base_len).unwrap_or_default()
    }

    /// Gives up the buffer, cut down to the base string.
    pub(crate) fn into_base_string(self) -> String {
        let mut text = self.text;
        text.truncate(self.base_len);
        text
    }

    fn lay_out<V: Value>(slots: PerName<Slot<V>>) -> Self {
        let mut text = String::with_capacity(slots.capacity());
        let platform = append(&mut text, "platform=", slots.platform);
        let platform_id = append(&mut text, "&platform_id=", slots.platform_id);
        let handle = append(&mut text, "&handle=", slots.handle);
        let state = append(&mut text, "&state=", slots.state);
        let expires = append(&mut text, "&expires=", slots.expires);
        let base_len = text.len();
        let sig = append(&mut text, "", slots.sig);
        let error = append(&mut text, "", slots.error);
        let error_description = append(&mut text, "", slots.error_description);
        let fields = PerName { platform, platform_id, handle, state, expires, sig, error, error_description };
        Self { text, base_len, fields }
    }
}

/// What stands before the first `separator`, and what behind it where there is one. The pieces of a query are too short for
/// the standard library's search, which is made for long texts, to pay.
fn split_once(text: &str, separator: u8) -> (&str, Option<&str>) {
    let at = text.bytes().position(|byte| byte == separator);
    let pieces = at.and_then(|at| Some((text.get(..at)?, text.get(at + 1..)?)));
    pieces.map_or((text, None), |(before, behind)| (before, Some(behind)))
}

fn append<V: Value>(text: &mut String, prefix: &str, slot: Slot<V>) -> Field {
    text.push_str(prefix);
    let value = match slot {
        Slot::Empty => return Field::Absent,
        Slot::Twice => return Field::Repeated,
        Slot::Once(value) => value,
    };
    let start = text.len();
    if let Err(percent::Undecodable) = value.append_to(text) {
        text.truncate(start);
        return Field::Undecodable;
    }
    Field::At { start, end: text.len() }
}

/// How often a name was met, and its value if once.
#[derive(Debug, Default)]
enum Slot<V> {
    #[default]
    Empty,
    Once(V),
    Twice,
}

impl<V: Value> Slot<V> {
    fn max_len(&self) -> usize {
        match self {
            Self::Once(value) => value.max_len(),
            Self::Empty | Self::Twice => 0,
        }
    }
}

impl<V: Value> PerName<Slot<V>> {
    fn put(&mut self, name: &str, value: V) {
        let slot = match name {
            "platform" => &mut self.platform,
            "platform_id" => &mut self.platform_id,
            "handle" => &mut self.handle,
            "state" => &mut self.state,
            "expires" => &mut self.expires,
            "sig" => &mut self.sig,
            "error" => &mut self.error,
            "error_description" => &mut self.error_description,
            _ => return,
        };
        *slot = match slot {
            Slot::Empty => Slot::Once(value),
            Slot::Once(_) | Slot::Twice => Slot::Twice,
        };
    }

    /// Room for everything, so that the buffer is allocated once.
    fn capacity(&self) -> usize {
        let Self { platform, platform_id, handle, state, expires, sig, error, error_description } = self;
        [platform, platform_id, handle, state, expires, sig, error, error_description]
            .iter()
            .map(|slot| slot.max_len())
            .fold("platform=&platform_id=&handle=&state=&expires=".len(), usize::saturating_add)
    }
}

/// A value as the caller of this crate has it.
trait Value {
    /// No fewer bytes than [`append_to`](Self::append_to) appends.
    fn max_len(&self) -> usize;
    fn append_to(self, text: &mut String) -> Result<(), percent::Undecodable>;
}

struct RawValue<'a>(&'a str);

impl Value for RawValue<'_> {
    fn max_len(&self) -> usize {
        self.0.len()
    }

    fn append_to(self, text: &mut String) -> Result<(), percent::Undecodable> {
        percent::decode_into(self.0, text)
    }
}

struct DecodedValue<V>(V);

impl<V: AsRef<str>> Value for DecodedValue<V> {
    fn max_len(&self) -> usize {
        self.0.as_ref().len()
    }

    fn append_to(self, text: &mut String) -> Result<(), percent::Undecodable> {
        text.push_str(self.0.as_ref());
        Ok(())
    }
}
