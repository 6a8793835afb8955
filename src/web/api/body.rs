//! The body of a JSON request: bounded in size and time, and read without losing a member.

use std::time::Duration;

use actix_web::HttpRequest;
use actix_web::http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE};
use actix_web::web::{BytesMut, Payload};
use futures_util::StreamExt;
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::Value;
use tokio::time::timeout;

use crate::error::{Code, FieldFault, Problem};

/// 16 KiB, as sent: a compressed body is not taken, so there is no other size (`T6`).
const MAX_BYTES: usize = 16 * 1024;
/// A body that takes longer than this is a slow attack or a broken line (`T89`).
const TIME_LIMIT: Duration = Duration::from_secs(10);

/// The members of a JSON object, in their order.
#[derive(Debug)]
pub(in crate::web) struct Members(pub(super) Vec<(String, Value)>);

/// Reads the body as one JSON object.
pub(in crate::web) async fn read_object(request: &HttpRequest, payload: Payload) -> Result<Members, Problem> {
    check_headers(request)?;
    let body = timeout(TIME_LIMIT, collect(payload)).await.unwrap_or_else(|_| Err(too_slow()))?;
    let Members(members) = serde_json::from_slice(&body).map_err(|error| not_an_object(&error))?;
    Members::once_each(members)
}

impl Members {
    /// The members, where none stands there twice.
    pub(super) fn once_each(members: Vec<(String, Value)>) -> Result<Self, Problem> {
        let mut names: Vec<&str> = members.iter().map(|(name, _)| name.as_str()).collect();
        names.sort_unstable();
        let twice = names.windows(2).filter_map(|pair| match pair {
            [one, two] if one == two => Some(FieldFault::new(*one, "stands there twice; send it once")),
            _ => None,
        });
        let twice: Vec<_> = twice.collect();
        if twice.is_empty() { Ok(Self(members)) } else { Err(Problem::invalid(twice)) }
    }
}

fn check_headers(request: &HttpRequest) -> Result<(), Problem> {
    let header = |name| request.headers().get(name).map(|value| value.to_str().unwrap_or_default());
    let content_type = header(CONTENT_TYPE).unwrap_or_default();
    if !is_json(content_type) || header(CONTENT_ENCODING).is_some_and(|encoding| encoding != "identity") {
        let detail = "Send 'Content-Type: application/json', in UTF-8 and without Content-Encoding.";
        return Err(Problem::new(Code::UnsupportedMediaType, detail));
    }
    let length = header(CONTENT_LENGTH).and_then(|length| length.parse::<usize>().ok());
    if length.is_some_and(|length| length > MAX_BYTES) { Err(too_large()) } else { Ok(()) }
}

fn is_json(content_type: &str) -> bool {
    let mut parts = content_type.split(';').map(str::trim);
    let is_json = parts.next().is_some_and(|essence| essence.eq_ignore_ascii_case("application/json"));
    is_json
        && parts.all(|parameter| {
            parameter.eq_ignore_ascii_case("charset=utf-8")
                || parameter.eq_ignore_ascii_case("charset=\"utf-8\"")
        })
}

async fn collect(mut payload: Payload) -> Result<BytesMut, Problem> {
    let mut body = BytesMut::new();
    while let Some(chunk) = payload.next().await {
        let chunk = chunk.map_err(|_| Problem::new(Code::MalformedJson, "The body broke off."))?;
        if body.len() + chunk.len() > MAX_BYTES {
            return Err(too_large());
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

fn too_large() -> Problem {
    Problem::new(Code::PayloadTooLarge, "The body may have 16,384 bytes.")
}

fn too_slow() -> Problem {
    Problem::new(Code::MalformedJson, "The body did not arrive within ten seconds.")
}

fn not_an_object(error: &serde_json::Error) -> Problem {
    if error.is_data() {
        return Problem::invalid(vec![FieldFault::new("", "the body must be a JSON object")]);
    }
    let detail = format!("The body stops being JSON in line {}, column {}.", error.line(), error.column());
    Problem::new(Code::MalformedJson, detail)
}

/// Keeps duplicates, which a map would swallow.
impl<'de> Deserialize<'de> for Members {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Object;
        impl<'de> Visitor<'de> for Object {
            type Value = Members;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Members, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Members(members))
            }
        }
        deserializer.deserialize_map(Object)
    }
}
