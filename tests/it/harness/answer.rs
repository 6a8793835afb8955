//! An HTTP answer, read to its end, with what tests ask of it.

use reqwest::header::HeaderMap;
use serde_json::Value;

/// Status, headers and body.
#[derive(Clone, Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

/// A form of a page.
#[derive(Clone, Debug)]
pub struct Form {
    pub action: String,
    pub method: String,
    pub fields: Vec<(String, String)>,
}

impl Answer {
    pub async fn of(request: reqwest::RequestBuilder) -> Self {
        let response = request.send().await.unwrap();
        let (status, headers) = (response.status().as_u16(), response.headers().clone());
        let body = response.bytes().await.unwrap().to_vec();
        Self { status, headers, body }
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|_| panic!("no JSON: {} {}", self.status, self.text()))
    }

    /// A header's text; empty where there is none.
    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).map_or("", |value| value.to_str().unwrap())
    }

    pub fn location(&self) -> String {
        assert!(matches!(self.status, 302 | 303), "no redirect: {} {}", self.status, self.text());
        self.header("location").to_owned()
    }

    /// All `Set-Cookie` lines.
    pub fn set_cookies(&self) -> Vec<String> {
        let lines = self.headers.get_all("set-cookie").iter();
        lines.map(|line| line.to_str().unwrap().to_owned()).collect()
    }

    /// `code` of a problem document, checked for its form.
    #[track_caller]
    pub fn problem(&self, status: u16) -> String {
        assert_eq!(self.status, status, "{}", self.text());
        assert_eq!(self.header("content-type"), "application/problem+json");
        let document = self.json();
        for name in ["type", "title", "detail", "code", "request_id"] {
            assert!(document[name].as_str().is_some_and(|text| !text.is_empty()), "{name} of {document}");
        }
        assert_eq!(document["status"], status);
        assert_eq!(document["request_id"], self.header("x-request-id"));
        document["code"].as_str().unwrap().to_owned()
    }

    /// The fields of a 422, in their order.
    #[track_caller]
    pub fn bad_fields(&self) -> Vec<String> {
        assert_eq!(self.problem(422), "invalid_request");
        let errors = self.json()["errors"].as_array().unwrap().clone();
        assert!(errors.iter().all(|error| error["message"].as_str().is_some_and(|text| !text.is_empty())));
        errors.iter().map(|error| error["field"].as_str().unwrap().to_owned()).collect()
    }

    /// A page of ours that ends the way here.
    #[track_caller]
    pub fn refuses(&self, status: u16) {
        assert_eq!(self.status, status, "{} {}", self.header("location"), self.text());
        assert!(self.header("content-type").starts_with("text/html"), "{}", self.header("content-type"));
        assert!(self.headers.get("location").is_none());
    }

    pub fn forms(&self) -> Vec<Form> {
        let text = self.text();
        text.split("<form").skip(1).map(|rest| form(rest.split("</form>").next().unwrap())).collect()
    }
}

fn form(text: &str) -> Form {
    let (head, inner) = text.split_once('>').unwrap();
    let inputs = inner.split("<input").skip(1).map(|rest| rest.split('>').next().unwrap());
    let named = inputs.filter_map(|input| {
        let is_chosen = attribute(input, "type").as_deref() != Some("radio") || input.contains(" checked");
        let name = attribute(input, "name").filter(|_| is_chosen)?;
        Some((name, attribute(input, "value").unwrap_or_default()))
    });
    Form {
        action: attribute(head, "action").unwrap_or_default(),
        method: attribute(head, "method").unwrap_or_else(|| "get".into()),
        fields: named.collect(),
    }
}

fn attribute(tag: &str, name: &str) -> Option<String> {
    let (_, rest) = tag.split_once(&format!(" {name}=\""))?;
    Some(unescape(rest.split('"').next()?))
}

/// The character references that our templates and node's make.
pub fn unescape(text: &str) -> String {
    let named = [
        ("&#38;", "&"),
        ("&amp;", "&"),
        ("&#34;", "\""),
        ("&quot;", "\""),
        ("&#39;", "'"),
        ("&#60;", "<"),
        ("&#62;", ">"),
    ];
    named.iter().fold(text.to_owned(), |text, (from, to)| text.replace(from, to))
}
