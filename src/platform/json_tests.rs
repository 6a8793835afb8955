//! Values out of odd documents.

use super::*;

fn at(json: &str, pointer: &str) -> Option<Scalar> {
    Document::parse(json.as_bytes()).unwrap().scalar(&Pointer::parse(pointer).unwrap())
}

fn text(text: &str) -> Scalar {
    Scalar::Text(Some(text.to_owned()))
}

#[test]
fn t53_numbers_keep_every_digit_or_are_refused() {
    for digits in ["0", "9007199254740993", "17841400008460057", "18446744073709551616", &"9".repeat(39)] {
        assert_eq!(at(&format!("{{\"id\": {digits} }}"), "/id"), Some(Scalar::Integer(digits.to_owned())));
    }
    for odd in ["1e3", "1.0", "-0", "-5", "true", "{}", "[]", &"9".repeat(40)] {
        assert_eq!(at(&format!("{{\"id\":{odd}}}"), "/id"), Some(Scalar::Other), "{odd}");
    }
    assert_eq!(at(r#"{"id":"007"}"#, "/id"), Some(text("007")));
    assert_eq!(at(r#"{"id":null}"#, "/id"), None);
}

#[test]
fn values_are_found_by_pointer_in_objects_and_arrays() {
    let json = r#"{"a":{"b/c":[{"x":1},{"x":"y"}]},"items":[]}"#;
    assert_eq!(at(json, "/a/b~1c/1/x"), Some(text("y")));
    for missing in ["/a/b~1c/2/x", "/a/b~1c/x", "/items/0/id", "/nope", "/a/b~1c/1/x/z"] {
        assert_eq!(at(json, missing), None, "{missing}");
    }
}

#[test]
fn what_stands_there_twice_is_there_and_has_no_value() {
    for (json, pointer) in [
        (r#"{"error":"x","error":null,"id":"1"}"#, "/error"),
        (r#"{"error":{"code":1,"code":2},"id":"1"}"#, "/error/code"),
    ] {
        let document = Document::parse(json.as_bytes()).unwrap();
        let pointer = Pointer::parse(pointer).unwrap();
        assert!(document.has(&pointer), "{json}");
        assert_eq!(document.scalar(&pointer), None, "{json}");
        assert_eq!(document.scalar(&Pointer::parse("/id").unwrap()), Some(text("1")));
    }
}

#[test]
fn t55_a_broken_text_spoils_only_itself() {
    let json = r#"{"handle":"\ud800x","id":"1"}"#;
    assert_eq!(at(json, "/handle"), Some(Scalar::Text(None)));
    assert_eq!(at(json, "/id"), Some(text("1")));
    let document = Document::parse(b"{\"handle\":\"\xff\",\"id\":\"1\"}").unwrap();
    assert_eq!(document.scalar(&Pointer::parse("/handle").unwrap()), Some(Scalar::Text(None)));
    assert_eq!(document.scalar(&Pointer::parse("/id").unwrap()), Some(text("1")));
}

#[test]
fn t51_what_is_not_one_json_object_is_no_document() {
    for body in ["", "[]", "false", "\"x\"", "{} {}", "\u{feff}{}", "<html>", "access_token=x", "{\"a\":}"] {
        assert!(Document::parse(body.as_bytes()).is_none(), "{body:?}");
    }
}

#[test]
fn t48_deep_nesting_is_skipped_without_recursion() {
    let deep = format!("{{\"a\":{}{},\"id\":\"1\"}}", "[".repeat(100_000), "]".repeat(100_000));
    assert_eq!(at(&deep, "/id"), Some(text("1")));
}
