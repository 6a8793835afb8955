//! The sandbox's whole route table.

use actix_web::web::{PayloadConfig, ServiceConfig, get, post, put, resource, route};

use super::{authorize, consent, identity, oidc, page, register, revoke, token};

const LARGEST_BODY: usize = 64 * 1024;

/// Every platform under its own name.
pub(super) fn configure(config: &mut ServiceConfig) {
    config
        .app_data(PayloadConfig::new(LARGEST_BODY))
        .service(resource("/sandbox.css").route(get().to(page::stylesheet)))
        .service(resource("/{platform}/authorize").route(get().to(authorize::authorize)))
        .service(resource("/{platform}/consent").route(post().to(consent::consent)))
        .service(resource("/{platform}/token").route(post().to(token::token)))
        .service(resource("/{platform}/identity").route(get().to(identity::identity)))
        .service(resource("/{platform}/revoke").route(route().to(revoke::revoke)))
        .service(resource("/{platform}/register").route(post().to(register::register)))
        .service(resource("/{platform}/register/{client_id}").route(put().to(register::change)))
        .service(resource("/{platform}/jwks").route(get().to(oidc::keys)))
        .service(
            resource("/{platform}/.well-known/openid-configuration").route(get().to(oidc::configuration)),
        );
}
