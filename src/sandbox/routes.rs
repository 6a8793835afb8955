//! The sandbox's whole route table.

use actix_web::web::{PayloadConfig, ServiceConfig, get, post, put, resource, route};

use super::{atproto, authorize, consent, identity, oidc, page, register, revoke, swap, token};

const LARGEST_BODY: usize = 64 * 1024;

/// Every platform under its own name.
pub(super) fn configure(config: &mut ServiceConfig) {
    config
        .app_data(PayloadConfig::new(LARGEST_BODY))
        .service(resource("/sandbox.css").route(get().to(page::stylesheet)))
        .service(resource("/{platform}/authorize").route(get().to(authorize::authorize)))
        .service(resource("/{platform}/consent").route(post().to(consent::consent)))
        .service(resource("/{platform}/token").route(post().to(token::token)))
        .service(resource("/{platform}/long_lived").route(get().to(swap::long_lived)))
        .service(resource("/{platform}/renew").route(get().to(swap::renew)))
        .service(resource("/{platform}/identity").route(get().to(identity::identity)))
        .service(
            resource("/{platform}/xrpc/com.atproto.server.createSession").route(post().to(atproto::open)),
        )
        .service(resource("/{platform}/xrpc/com.atproto.server.deleteSession").route(post().to(atproto::end)))
        .service(
            resource("/{platform}/xrpc/com.atproto.identity.resolveHandle").route(get().to(atproto::resolve)),
        )
        .service(resource("/{platform}/directory/{did}").route(get().to(atproto::did_document)))
        .service(resource("/{platform}/revoke").route(route().to(revoke::revoke)))
        .service(resource("/{platform}/register").route(post().to(register::register)))
        .service(resource("/{platform}/register/{client_id}").route(put().to(register::change)))
        .service(resource("/{platform}/jwks").route(get().to(oidc::keys)))
        .service(
            resource("/{platform}/.well-known/openid-configuration").route(get().to(oidc::configuration)),
        );
}
