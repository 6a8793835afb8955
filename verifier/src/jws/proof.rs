//! The verified public proof. Only a `PublicVerifier` makes one.

use alloc::string::String;

use super::parse::Claims;
use crate::proof::Proof;

/// A verified proof, with what else the service signed about it.
#[must_use]
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicProof {
    proof: Proof,
    id: String,
    issued_at: u64,
    auth_time: Option<u64>,
    id_kind: Option<String>,
    id_scope: Option<String>,
    app_id: Option<String>,
    name: Option<String>,
    token_revoked: Option<String>,
}

impl PublicProof {
    pub(super) fn new(proof: Proof, claims: Claims) -> Self {
        Self {
            proof,
            id: claims.jti,
            issued_at: claims.iat,
            auth_time: claims.auth_time,
            id_kind: claims.id_kind,
            id_scope: claims.id_scope,
            app_id: claims.app_id,
            name: claims.name,
            token_revoked: claims.token_revoked,
        }
    }

    /// The proof itself, the same that the six parameters give.
    pub fn proof(&self) -> &Proof {
        &self.proof
    }

    /// The proof by value.
    pub fn into_proof(self) -> Proof {
        self.proof
    }

    /// Names the proof (`jti`): no two proofs share it.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// When it was signed, Unix seconds.
    pub fn issued_at(&self) -> u64 {
        self.issued_at
    }

    /// When the user came back from the platform's consent page, Unix seconds.
    pub fn auth_time(&self) -> Option<u64> {
        self.auth_time
    }

    /// What the platform calls the id, such as `open_id` or `channel_id`.
    pub fn id_kind(&self) -> Option<&str> {
        self.id_kind.as_deref()
    }

    /// Where the id is the same: `app`, `developer` or `global`.
    pub fn id_scope(&self) -> Option<&str> {
        self.id_scope.as_deref()
    }

    /// The caller's own OAuth app, where one was used.
    pub fn app_id(&self) -> Option<&str> {
        self.app_id.as_deref()
    }

    /// The display name, which anyone may choose: it identifies nobody.
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// What had become of the platform's access token when the proof was signed: `yes`, `no`, `unsupported`, or
    /// `pending`.
    pub fn token_revoked(&self) -> Option<&str> {
        self.token_revoked.as_deref()
    }
}
