//! Whether a program's answer is the one that a document shows, where `…` stands for whatever there is.

use serde_json::Value;

/// An answer in JSON: the same members, and the same values where the document gives them whole.
#[track_caller]
pub fn fits(shown: &str, answer: &Value) {
    let text = shown.replace("{…}", "{\"…\":0}").replace("[…]", "[\"…\"]").replace(",…}", ",\"…\":0}");
    let expected: Value = serde_json::from_str(&text).unwrap_or_else(|error| panic!("{error}: {shown}"));
    if let Err(why) = compare(&expected, answer, "") {
        panic!("{why}\nshown: {shown}\nanswered: {answer}");
    }
}

fn compare(shown: &Value, answer: &Value, at: &str) -> Result<(), String> {
    match (shown, answer) {
        (Value::Object(shown), Value::Object(answer)) => {
            let is_open = shown.contains_key("…");
            for (name, value) in shown.iter().filter(|(name, _)| *name != "…") {
                let answered = answer.get(name).ok_or_else(|| format!("no {at}/{name}"))?;
                compare(value, answered, &format!("{at}/{name}"))?;
            }
            let more = answer.keys().find(|name| !is_open && !shown.contains_key(*name));
            more.map_or(Ok(()), |name| Err(format!("{at}/{name} is not shown")))
        }
        (Value::Array(shown), Value::Array(answer)) => {
            let is_open = shown.iter().any(|one| one == "…");
            if !is_open && shown.len() != answer.len() {
                return Err(format!("{at} has {} elements", answer.len()));
            }
            let pairs = shown.iter().zip(answer).filter(|(one, _)| *one != "…");
            pairs
                .enumerate()
                .try_for_each(|(n, (one, answered))| compare(one, answered, &format!("{at}/{n}")))
        }
        (Value::String(shown), Value::String(answer)) if fits_text(shown, answer) => Ok(()),
        _ if shown == answer => Ok(()),
        _ => Err(format!("{at}: {shown} is shown, {answer} was answered")),
    }
}

/// A text, where `…` is any text, `psd_Xk0…` any id with this prefix, and a time any time.
pub fn fits_text(shown: &str, answer: &str) -> bool {
    if is_time(shown) {
        return is_time(answer);
    }
    let parts: Vec<&str> = shown.split('…').collect();
    let (first, last) = (without_first_characters(parts[0]), parts[parts.len() - 1]);
    if parts.len() == 1 {
        return shown == answer;
    }
    let Some(rest) = answer.strip_prefix(first).and_then(|rest| rest.strip_suffix(last)) else {
        return false;
    };
    let inner = &parts[1..parts.len() - 1];
    inner.iter().try_fold(rest, |rest, part| rest.split_once(part).map(|(_, after)| after)).is_some()
}

/// `psd_Xk0` without what is not its prefix.
fn without_first_characters(text: &str) -> &str {
    let characters = text.len() - text.trim_end_matches(|c: char| c.is_ascii_alphanumeric()).len();
    let prefix = &text[..text.len() - characters];
    if (1..=4).contains(&characters) && prefix.ends_with('_') { prefix } else { text }
}

fn is_time(text: &str) -> bool {
    time::OffsetDateTime::parse(text, &time::format_description::well_known::Rfc3339).is_ok()
}

#[test]
fn an_answer_that_differs_from_what_is_shown_is_noticed() {
    let answer =
        serde_json::json!({"id": "app_1", "expires_in": 900, "at": "2026-01-01T00:00:00Z", "more": {"a": 1}});
    fits(r#"{"id":"app_…","expires_in":900,"at":"2025-11-22T08:20:00Z","more":{…}}"#, &answer);
    fits(r#"{"id":"…",…}"#, &answer);
    for wrong in [
        r#"{"id":"key_…",…}"#,
        r#"{"expires_in":901,…}"#,
        r#"{"gone":1,…}"#,
        r#"{"id":"app_1","expires_in":900,"at":"2025-11-22T08:20:00Z"}"#,
    ] {
        let shown = wrong.to_owned();
        let answer = answer.clone();
        assert!(std::panic::catch_unwind(move || fits(&shown, &answer)).is_err(), "{wrong}");
    }
}
