//! `/api/oauth/delegate/platforms`: for a caller's buttons.

use actix_web::web::Data;
use actix_web::{HttpRequest, HttpResponse};
use serde::Serialize;

use super::fields::Fields;
use super::query;
use crate::platform::entry::{Entry, IdScope};
use crate::web::WebState;
use crate::web::extract::Caller;
use crate::web::problem::ProblemAnswer;

#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = Platforms)]
pub(in crate::web) struct List<'a> {
    platforms: Vec<Item<'a>>,
}

#[derive(Serialize, utoipa::ToSchema)]
#[schema(as = Platform)]
struct Item<'a> {
    /// For requests and proofs.
    name: &'a str,
    /// For people.
    display_name: &'a str,
    /// Whether the operator set it up.
    available: bool,
    /// What the platform calls the id.
    id_kind: &'a str,
    /// Where the id is the same.
    id_scope: IdScope,
}

/// Every platform that the service knows, and whether it is set up here: for a caller's buttons.
///
/// Those with a consent page, which a session can be made for, unless `connect` asks for the others: there the user types
/// credentials instead (`POST /v1/connect/{platform}/credentials`).
#[utoipa::path(
    get,
    path = "/api/oauth/delegate/platforms",
    operation_id = "list_platforms",
    security(("api_key" = [])),
    params(("connect" = inline(Option<Way>), Query, description = "How an account there is proven; `redirect` where \
        nothing is said.")),
    responses((status = 200, description = "The platforms, in the order of their names.", body = List<'_>,
        example = json!({"platforms": [{
            "name": "tiktok", "display_name": "TikTok", "available": true, "id_kind": "open_id", "id_scope": "app",
        }]}))),
)]
pub(in crate::web) async fn list(
    _caller: Caller,
    state: Data<WebState>,
    request: HttpRequest,
) -> Result<HttpResponse, ProblemAnswer> {
    let mut fields = Fields::new(query::read(&request));
    let way = fields.parsed("connect", "must be redirect or credentials", Way::parse);
    fields.finish(&["connect"])?;
    let has_page = way != Some(Way::Credentials);
    let wanted = state.flow.platforms().entries().filter(|entry| entry.has_consent_page() == has_page);
    let platforms = wanted.map(|entry| item(entry)).collect();
    Ok(HttpResponse::Ok().json(List { platforms }))
}

/// How an account is proven.
#[derive(Clone, Copy, PartialEq, Eq, utoipa::ToSchema)]
#[schema(rename_all = "snake_case")]
enum Way {
    /// The user's browser is sent to the platform's consent page.
    Redirect,
    /// The user types credentials.
    Credentials,
}

impl Way {
    fn parse(text: &str) -> Option<Self> {
        match text {
            "redirect" => Some(Self::Redirect),
            "credentials" => Some(Self::Credentials),
            _ => None,
        }
    }
}

fn item(entry: &Entry) -> Item<'_> {
    Item {
        name: entry.name.as_str(),
        display_name: &entry.display_name,
        available: entry.is_available(),
        id_kind: &entry.id_kind,
        id_scope: entry.id_scope,
    }
}
