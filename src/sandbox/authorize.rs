//! `GET /{platform}/authorize`: the authorization request, checked, then the consent page (RFC 6749, section 4.1.1).
//!
//! A request whose client or redirect URI is wrong ends on a page; it is never redirected anywhere (RFC 9700).

use actix_web::{HttpRequest, HttpResponse};

use super::granted::Asked;
use super::page;
use super::params::Params;
use super::pkce;
use super::redirect;
use super::stage::{OnStage, Stage, random_text};
use crate::platform::entry::Kind;

/// Shows the consent page, or refuses.
pub(super) async fn authorize(stage: OnStage, request: HttpRequest) -> HttpResponse {
    stage.counters.authorize.add_one();
    match asked(&stage, request.query_string()) {
        Ok(asked) => {
            let transaction = random_text();
            stage.asked.insert(transaction.clone(), asked.clone());
            page::consent(&stage, &asked, &transaction)
        }
        Err(Refused::Here(reason)) => page::refusal(&stage, reason),
        Err(Refused::Back(refusal)) => refusal.response(&stage),
    }
}

enum Refused {
    Here(&'static str),
    Back(Refusal),
}

/// An error for the client (RFC 6749, section 4.1.2.1).
struct Refusal {
    origin: Origin,
    error: &'static str,
    description: &'static str,
}

/// Who asks, known well enough that the browser may be sent back there.
#[derive(Clone)]
struct Origin {
    client_id: String,
    redirect_uri: String,
    state: Option<String>,
}

impl Refusal {
    fn response(self, stage: &Stage) -> HttpResponse {
        let params = [("error", self.error), ("error_description", self.description)];
        let echoed = self.origin.state.as_deref().map(|value| ("state", value));
        let iss = (stage.entry.kind == Kind::Oidc).then(|| ("iss", stage.issuer()));
        let params = params.into_iter().chain(echoed).chain(iss);
        let params = params.map(|(name, value)| (name.into(), value.into()));
        redirect::back(&self.origin.redirect_uri, params, &stage.dialect.authorization.suffix)
    }
}

impl Origin {
    fn read(stage: &Stage, params: &Params) -> Result<Self, Refused> {
        let find = |name: &str| params.find(stage.spelled(name)).map(str::to_owned);
        let client = find("client_id")
            .and_then(|client_id| stage.client(&client_id))
            .ok_or(Refused::Here("The client id is missing or unknown."))?;
        let redirect_uri = find("redirect_uri").filter(|uri| client.takes(uri)).ok_or(Refused::Here(
            "The redirect URI is missing or not one of the client's registered ones.",
        ))?;
        Ok(Self { client_id: client.client_id, redirect_uri, state: find("state") })
    }

    fn refuse(&self, error: &'static str, description: &'static str) -> Refused {
        Refused::Back(Refusal { origin: self.clone(), error, description })
    }
}

fn asked(stage: &Stage, query: &str) -> Result<Asked, Refused> {
    let params = Params::parse(query.as_bytes()).map_err(|_| Refused::Here("A parameter came twice."))?;
    let find = |name: &str| params.find(stage.spelled(name)).map(str::to_owned);
    let origin = Origin::read(stage, &params)?;
    if origin.state.is_none() {
        return Err(origin.refuse("invalid_request", "state is missing"));
    }
    if find("response_type").as_deref() != Some("code") {
        return Err(origin.refuse("unsupported_response_type", "response_type must be code"));
    }
    let code_challenge =
        pkce::challenge(stage, &params).map_err(|what| origin.refuse("invalid_request", what))?;
    let scopes = scopes(stage, &find("scope").unwrap_or_default())
        .ok_or_else(|| origin.refuse("invalid_scope", "a scope is missing, unknown or wrongly separated"))?;
    Ok(Asked {
        client_id: origin.client_id,
        redirect_uri: origin.redirect_uri,
        state: origin.state.unwrap_or_default(),
        scopes,
        code_challenge,
        nonce: find("nonce"),
    })
}

/// The scopes, where the platform knows each of them; a wrong separator makes one unknown scope out of two.
fn scopes(stage: &Stage, joined: &str) -> Option<Vec<String>> {
    let known = &stage.entry.authorization.scopes;
    let asked: Vec<String> = joined
        .split(stage.entry.authorization.scope_separator.as_str())
        .filter(|scope| !scope.is_empty())
        .map(str::to_owned)
        .collect();
    let all_known = asked.iter().all(|scope| known.contains(scope));
    let opens_id = stage.entry.kind != Kind::Oidc || asked.iter().any(|scope| scope == "openid");
    let enough = stage.entry.identity.required_scopes.iter().all(|scope| asked.contains(scope));
    (all_known && opens_id && enough).then_some(asked)
}
