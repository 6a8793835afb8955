//! The members of a redemption: the six parameters of a callback, or the one that anybody can verify.

use super::body::Members;
use super::fields::Fields;
use crate::error::Problem;
use crate::flow::PresentedProof;
use crate::web::openapi::seconds;

/// The members, for the description of the API; [`parse`] is what reads them.
#[derive(utoipa::ToSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "described and never made")]
pub(super) enum ProofRequest {
    /// What the callback received, decoded.
    Parameters(ProofParameters),
    /// The publicly verifiable form of it.
    Jws(PublicForm),
}

/// What the callback received, decoded.
#[derive(utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "described and never made")]
pub(super) struct ProofParameters {
    platform: String,
    platform_id: String,
    /// As received, its escapes included.
    handle: String,
    state: String,
    /// As received, as text or as a number.
    #[schema(schema_with = seconds)]
    expires: String,
    sig: String,
}

/// The publicly verifiable form of a proof.
#[derive(utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "described and never made")]
pub(super) struct PublicForm {
    /// As received.
    jws: String,
}

const PARAMETERS: [&str; 6] = ["platform", "platform_id", "handle", "state", "expires", "sig"];

/// Reads the members. What they say is judged later: a proof with a fault is not valid, and no fault of the request.
pub(super) fn parse(members: Members) -> Result<PresentedProof, Problem> {
    let mut fields = Fields::new(members);
    if fields.has("jws") {
        let jws = fields.text("jws").unwrap_or_default();
        fields.finish(&["jws"])?;
        return Ok(PresentedProof::Jws(jws));
    }
    let parameters = PARAMETERS.map(|name| {
        fields.required(name);
        let value = if name == "expires" { fields.text_or_number(name) } else { fields.text(name) };
        (name, value.unwrap_or_default())
    });
    fields.finish(&PARAMETERS)?;
    Ok(PresentedProof::Parameters(Box::new(parameters)))
}
