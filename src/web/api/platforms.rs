//! `/api/oauth/delegate/platforms`: for a caller's buttons.

use actix_web::HttpResponse;
use actix_web::web::Data;
use serde::Serialize;

use crate::platform::entry::{Entry, IdScope};
use crate::web::WebState;
use crate::web::extract::Caller;
use crate::web::openapi::ways_to_connect;

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
    /// How an account there is proven: `redirect` sends the user's browser to its consent page, `credentials` takes what
    /// the user types (`POST /v1/connect/{platform}/credentials`).
    #[schema(schema_with = ways_to_connect)]
    connect: &'a str,
    /// What the platform calls the id.
    id_kind: &'a str,
    /// Where the id is the same.
    id_scope: IdScope,
}

/// Every platform that the service knows, and whether it is set up here: for a caller's buttons.
#[utoipa::path(
    get,
    path = "/api/oauth/delegate/platforms",
    operation_id = "list_platforms",
    security(("api_key" = [])),
    responses((status = 200, description = "The platforms, in the order of their names.", body = List<'_>,
        example = json!({"platforms": [{
            "name": "tiktok", "display_name": "TikTok", "available": true, "connect": "redirect", "id_kind": "open_id", "id_scope": "app",
        }]}))),
)]
pub(in crate::web) async fn list(_caller: Caller, state: Data<WebState>) -> HttpResponse {
    let platforms = state.flow.platforms().entries().map(|entry| item(entry)).collect();
    HttpResponse::Ok().json(List { platforms })
}

fn item(entry: &Entry) -> Item<'_> {
    Item {
        name: entry.name.as_str(),
        display_name: &entry.display_name,
        available: entry.is_available(),
        connect: if entry.has_consent_page() { "redirect" } else { "credentials" },
        id_kind: &entry.id_kind,
        id_scope: entry.id_scope,
    }
}
