//! `/docs`: the document as a page. No script, and nothing from elsewhere.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse};
use askama::Template;
use serde_json::Value;

use super::document;
use crate::web::page::Frame;
use crate::web::text::Language;

#[derive(Template)]
#[template(path = "docs.html", config = "src/web/templates/askama.toml")]
struct DocsPage<'a> {
    frame: Frame,
    summary: &'a str,
    description: &'a str,
    operations: Vec<Operation<'a>>,
    schemas: Vec<Schema<'a>>,
}

struct Operation<'a> {
    method: String,
    path: &'a str,
    id: &'a str,
    summary: &'a str,
    description: &'a str,
    needs_key: bool,
    request: String,
    responses: Vec<Response<'a>>,
}

struct Response<'a> {
    status: &'a str,
    description: &'a str,
    headers: String,
    example: String,
}

struct Schema<'a> {
    name: &'a str,
    description: &'a str,
    members: Vec<Member<'a>>,
}

struct Member<'a> {
    name: &'a str,
    rule: String,
    is_required: bool,
    description: &'a str,
}

/// The page. The document is English, and so is the page around it.
pub(in crate::web) async fn show(_request: HttpRequest) -> HttpResponse {
    let document = document();
    let frame = Frame::in_language(Language::English);
    let page = DocsPage {
        frame,
        summary: text(&document["info"]["summary"]),
        description: text(&document["info"]["description"]),
        operations: operations(document),
        schemas: members_of(&document["components"]["schemas"])
            .map(|(name, schema)| Schema {
                name,
                description: text(&schema["description"]),
                members: members(schema),
            })
            .filter(|schema| !schema.members.is_empty())
            .collect(),
    };
    frame.html(StatusCode::OK, &page)
}

fn operations(document: &Value) -> Vec<Operation<'_>> {
    let of_path =
        |(path, item): (_, _)| members_of(item).map(move |(method, one)| operation(path, method, one));
    members_of(&document["paths"]).flat_map(of_path).collect()
}

fn operation<'a>(path: &'a str, method: &str, operation: &'a Value) -> Operation<'a> {
    let body = &operation["requestBody"]["content"]["application/json"];
    Operation {
        method: method.to_uppercase(),
        path,
        id: text(&operation["operationId"]),
        summary: text(&operation["summary"]),
        description: text(&operation["description"]),
        needs_key: operation.get("security").is_some(),
        request: pretty(&body["example"]),
        responses: members_of(&operation["responses"]).map(response).collect(),
    }
}

fn response<'a>((status, response): (&'a str, &'a Value)) -> Response<'a> {
    let content = members_of(&response["content"]).next();
    Response {
        status,
        description: text(&response["description"]),
        headers: members_of(&response["headers"]).map(|(name, _)| name).collect::<Vec<_>>().join(", "),
        example: content.map(|(_, content)| pretty(&content["example"])).unwrap_or_default(),
    }
}

fn members(schema: &Value) -> Vec<Member<'_>> {
    let required = schema["required"].as_array();
    let is_required =
        |name: &str| required.is_some_and(|names| names.iter().any(|required| text(required) == name));
    members_of(&schema["properties"])
        .map(|(name, member)| Member {
            name,
            rule: rule(member),
            is_required: is_required(name),
            description: text(&member["description"]),
        })
        .collect()
}

/// A member's type and limits in a line.
fn rule(member: &Value) -> String {
    let kind = match &member["type"] {
        Value::String(kind) => kind.clone(),
        Value::Array(kinds) => kinds.iter().map(text).collect::<Vec<_>>().join(" or "),
        _ => member["$ref"].as_str().and_then(|path| path.rsplit('/').next()).unwrap_or("value").to_owned(),
    };
    let words = member["enum"].as_array().map(|words| words.iter().map(text).collect::<Vec<_>>().join(" | "));
    let limits = ["format", "minLength", "maxLength", "pattern"].into_iter().filter_map(|name| {
        let limit = member.get(name)?;
        Some(format!("{name} {}", limit.as_str().map_or_else(|| limit.to_string(), str::to_owned)))
    });
    [kind].into_iter().chain(words).chain(limits).collect::<Vec<_>>().join(", ")
}

fn members_of(value: &Value) -> impl Iterator<Item = (&str, &Value)> {
    value.as_object().into_iter().flatten().map(|(name, member)| (name.as_str(), member))
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

fn pretty(value: &Value) -> String {
    if value.is_null() { String::new() } else { serde_json::to_string_pretty(value).unwrap_or_default() }
}
