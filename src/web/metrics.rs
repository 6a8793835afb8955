//! `/metrics`, on a listener of its own and never on the public port (`T86`).

use std::net::TcpListener;

use actix_web::dev::Server;
use actix_web::web::{self, Data};
use actix_web::{App, HttpResponse, HttpServer};
use metrics_exporter_prometheus::PrometheusHandle;

/// The server of the metrics listener.
///
/// # Errors
/// Where the socket cannot be used.
pub fn metrics_server(listener: TcpListener, handle: PrometheusHandle) -> std::io::Result<Server> {
    let handle = Data::new(handle);
    let make = move || App::new().app_data(handle.clone()).route("/metrics", web::get().to(render));
    Ok(HttpServer::new(make).workers(1).disable_signals().listen(listener)?.run())
}

async fn render(handle: Data<PrometheusHandle>) -> HttpResponse {
    handle.run_upkeep();
    HttpResponse::Ok().content_type("text/plain; version=0.0.4; charset=utf-8").body(handle.render())
}
