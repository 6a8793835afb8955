//! The body of a JSON request: bounded in size and time, and read without losing a member.

use std::future::poll_fn;
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use actix_web::HttpRequest;
use actix_web::http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE};
use actix_web::web::{BytesMut, Payload};
use futures_util::StreamExt;
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::Value;
use tokio::time::timeout;
use zeroize::Zeroize;

use crate::error::{Code, FieldFault, Problem};

/// 16 KiB, as sent: a compressed body is not taken, so there is no other size (`T6`).
const MAX_BYTES: usize = 16 * 1024;
/// A body that takes longer than this is a slow attack or a broken line (`T89`).
const TIME_LIMIT: Duration = Duration::from_secs(10);

/// The members of a JSON object, in their order, also those that stand there twice.
#[derive(Debug)]
pub(in crate::web) struct Members(pub(super) Vec<(String, Value)>);

/// Reads the body as one JSON object.
pub(in crate::web) async fn read_object(request: &HttpRequest, payload: Payload) -> Result<Members, Problem> {
    read_object_within(MAX_BYTES, request, payload).await
}

/// The same with another limit, for the one request that carries many grants.
pub(super) async fn read_object_within(
    max_bytes: usize,
    request: &HttpRequest,
    payload: Payload,
) -> Result<Members, Problem> {
    check_headers(max_bytes, request)?;
    let mut body = in_time(collect(max_bytes, payload)).await?;
    let members = serde_json::from_slice(&body).map_err(|error| not_an_object(&error));
    // It may have held a password or a grant.
    body.as_mut().zeroize();
    members
}

impl Members {
    /// The names that stand there more than once, each once.
    pub(super) fn repeated(&self) -> Vec<&str> {
        let mut names: Vec<&str> = self.0.iter().map(|(name, _)| name.as_str()).collect();
        names.sort_unstable();
        let twice = names.windows(2).filter_map(|pair| match pair {
            [one, two] if one == two => Some(*one),
            _ => None,
        });
        let mut twice: Vec<&str> = twice.collect();
        twice.dedup();
        twice
    }
}

fn check_headers(max_bytes: usize, request: &HttpRequest) -> Result<(), Problem> {
    let header = |name| request.headers().get(name).map(|value| value.to_str().unwrap_or_default());
    let content_type = header(CONTENT_TYPE).unwrap_or_default();
    if !is_json(content_type) || header(CONTENT_ENCODING).is_some_and(|encoding| encoding != "identity") {
        let detail = "Send 'Content-Type: application/json', in UTF-8 and without Content-Encoding.";
        return Err(Problem::new(Code::UnsupportedMediaType, detail));
    }
    let length = header(CONTENT_LENGTH).and_then(|length| length.parse::<usize>().ok());
    if length.is_some_and(|length| length > max_bytes) { Err(too_large(max_bytes)) } else { Ok(()) }
}

fn is_json(content_type: &str) -> bool {
    if content_type == "application/json" {
        return true;
    }
    let mut parts = content_type.split(';').map(str::trim);
    let is_json = parts.next().is_some_and(|essence| essence.eq_ignore_ascii_case("application/json"));
    is_json
        && parts.all(|parameter| {
            // RFC 9110, section 5.6.6, allows a semicolon with nothing behind it.
            parameter.is_empty()
                || parameter.eq_ignore_ascii_case("charset=utf-8")
                || parameter.eq_ignore_ascii_case("charset=\"utf-8\"")
        })
}

/// Most bodies come right behind their heads, and are there when they are asked for once more: a timer is set where one
/// is not.
async fn in_time<T>(reading: impl Future<Output = Result<T, Problem>>) -> Result<T, Problem> {
    let mut reading = pin!(reading);
    let mut is_first = true;
    let early = poll_fn(|context| match reading.as_mut().poll(context) {
        Poll::Ready(read) => Poll::Ready(Some(read)),
        Poll::Pending if std::mem::take(&mut is_first) => {
            context.waker().wake_by_ref();
            Poll::Pending
        }
        Poll::Pending => Poll::Ready(None),
    });
    match early.await {
        Some(read) => read,
        None => timeout(TIME_LIMIT, reading).await.unwrap_or_else(|_| Err(too_slow())),
    }
}

async fn collect(max_bytes: usize, mut payload: Payload) -> Result<BytesMut, Problem> {
    let mut body = BytesMut::new();
    while let Some(chunk) = payload.next().await {
        let chunk = chunk.map_err(|_| Problem::new(Code::MalformedJson, "The body broke off."))?;
        if body.len() + chunk.len() > max_bytes {
            return Err(too_large(max_bytes));
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

fn too_large(max_bytes: usize) -> Problem {
    Problem::new(Code::PayloadTooLarge, format!("The body may have {max_bytes} bytes."))
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
