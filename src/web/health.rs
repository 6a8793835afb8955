//! Whether the process lives, and whether it should be sent requests. Tells nothing else to anybody.

use std::sync::atomic::Ordering;
use std::time::Duration;

use actix_web::{HttpResponse, web::Data};
use tokio::time::timeout;

use super::WebState;

/// How long a store may take to answer before the instance counts as not ready.
const LIMIT: Duration = Duration::from_secs(1);

/// The process answers.
pub(super) async fn alive() -> HttpResponse {
    HttpResponse::Ok().content_type("text/plain; charset=utf-8").body("alive\n")
}

/// The stores answer, the clock can be right, and the instance is not going down.
pub(super) async fn ready(state: Data<WebState>) -> HttpResponse {
    let stores = async { state.sessions.check().await.is_ok() && state.keys.check().await.is_ok() };
    let can_be = !state.draining.load(Ordering::Acquire) && state.flow.clock_is_plausible();
    let is_ready = can_be && timeout(LIMIT, stores).await.unwrap_or(false);
    let mut response = if is_ready { HttpResponse::Ok() } else { HttpResponse::ServiceUnavailable() };
    response.content_type("text/plain; charset=utf-8").body(if is_ready { "ready\n" } else { "not ready\n" })
}
