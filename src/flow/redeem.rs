//! Redeeming: the caller's server hands a proof in, and of any number of times it is accepted once.
//!
//! Whoever has an API key can have that key's own proofs checked here and learns nothing that its signing secret does not
//! tell it anyway: no MAC that was computed leaves this file, and another key's proof is a wrong one.

use handleproof_verify::{Check, Outcome, Verifier, decode_handle};

use super::Flow;
use super::recording::{ConfirmedAccount, Recording};
use crate::error::{Code, Problem};
use crate::keys::ApiKey;
use crate::proof::PresentedJws;
use crate::session::{PlatformId, PlatformName, ProfileId, ProofId};

/// A proof as a caller hands it in.
pub enum PresentedProof {
    /// The parameters of the callback.
    Parameters(Box<[(&'static str, String); 6]>),
    /// The publicly verifiable form.
    Jws(String),
}

/// What came of it.
pub struct Redeemed {
    /// Whether everything about the proof is right and this is the first time.
    pub valid: bool,
    /// Every check.
    pub checks: Vec<RedeemCheck>,
    /// Unix seconds of the first time, where there was one.
    pub redeemed_at: Option<u64>,
    /// The session that the proof ended.
    pub session_id: Option<String>,
    /// The caller's own reference.
    pub profile_id: Option<ProfileId>,
    /// Whether the account is in the caller's list now.
    pub recording: Recording,
}

/// One check.
pub struct RedeemCheck {
    /// `parameters`, `state`, `freshness`, `signature`, `audience`, `redemption`.
    pub name: &'static str,
    /// How it ended.
    pub outcome: Outcome,
    /// Why, for people.
    pub reason: String,
}

/// All checks of one proof, and which proof it is.
struct Judged {
    checks: Vec<RedeemCheck>,
    id: Option<ProofId>,
    /// Whose account a good proof proves.
    account: Option<ConfirmedAccount>,
}

impl RedeemCheck {
    fn new(name: &'static str, outcome: Outcome, reason: impl Into<String>) -> Self {
        Self { name, outcome, reason: reason.into() }
    }

    fn of(name: &'static str, holds: bool, reasons: (&str, &str)) -> Self {
        match holds {
            true => Self::new(name, Outcome::Passed, reasons.0),
            false => Self::new(name, Outcome::Failed, reasons.1),
        }
    }

    /// The service cannot know which browser the caller's server speaks to (`T28`).
    fn state() -> Self {
        let reason = "only your server can tell: compare it with the state in this browser's own session";
        Self::new("state", Outcome::NotChecked, reason)
    }
}

impl Flow {
    /// Redeems a proof of `key`. A proof with a fault is not valid, and nothing is taken.
    ///
    /// # Errors
    /// The key has no signing secret; the store's trouble, after which the proof may count as redeemed.
    pub async fn redeem(&self, key: &ApiKey, presented: PresentedProof) -> Result<Redeemed, Problem> {
        let judged = match presented {
            PresentedProof::Parameters(params) => self.judge_parameters(key, &params)?,
            PresentedProof::Jws(text) => self.judge_jws(key, &text).await?,
        };
        let Judged { mut checks, id, account } = judged;
        let is_good = checks.iter().all(|check| check.name == "state" || check.outcome == Outcome::Passed);
        let Some(id) = id.filter(|_| is_good) else {
            let reason = "not asked: the proof itself is at fault, and nothing was redeemed";
            checks.push(RedeemCheck::new("redemption", Outcome::NotChecked, reason));
            return Ok(Redeemed {
                valid: false,
                checks,
                redeemed_at: None,
                session_id: None,
                profile_id: None,
                recording: Recording::NotWanted,
            });
        };
        self.take(key, id, account, checks).await
    }

    async fn take(
        &self,
        key: &ApiKey,
        id: ProofId,
        account: Option<ConfirmedAccount>,
        mut checks: Vec<RedeemCheck>,
    ) -> Result<Redeemed, Problem> {
        let now = self.clock.unix_seconds();
        let redemption = self.sessions.redeem(id, now, self.redeemable_for()).await.map_err(|fault| {
            tracing::error!(%fault, "a proof cannot be redeemed");
            Problem::store_unavailable()
        })?;
        let valid = redemption.as_ref().is_some_and(|redemption| redemption.before.is_none());
        let reason = match &redemption {
            Some(redemption) if redemption.before.is_none() => "redeemed now, for the first time",
            Some(_) => "it was redeemed before; see redeemed_at",
            None => "the service does not know this proof any more; let the user verify again",
        };
        let outcome = if valid { Outcome::Passed } else { Outcome::Failed };
        checks.push(RedeemCheck::new("redemption", outcome, reason));
        let redeemed_at = redemption.as_ref().map(|redemption| redemption.before.unwrap_or(now));
        let session_id = redemption
            .as_ref()
            .and_then(|redemption| redemption.proof.session)
            .map(|entry| self.locator.session_id(entry));
        let (profile_id, read) = redemption
            .map(|redemption| (redemption.proof.profile_id, redemption.proof.read))
            .unwrap_or_default();
        let recording = match account.filter(|_| valid) {
            Some(account) => self.record(key, account, profile_id.as_ref(), read.as_ref()).await,
            None => Recording::NotWanted,
        };
        Ok(Redeemed { valid, checks, redeemed_at, session_id, profile_id, recording })
    }

    fn judge_parameters(
        &self,
        key: &ApiKey,
        params: &[(&'static str, String); 6],
    ) -> Result<Judged, Problem> {
        let value = |wanted| {
            let found = params.iter().find(|(name, _)| *name == wanted);
            found.map(|(_, value)| value.as_str()).unwrap_or_default()
        };
        let secret = key.signing_secret.as_ref().ok_or_else(|| {
            Problem::new(Code::NoSigningSecret, "This key has no signing secret, so no proof of it exists.")
        })?;
        let verifier = Verifier::new(secret.expose()).map_err(|fault| {
            tracing::error!(%fault, "a signing secret is unusable");
            Problem::server_error()
        })?;
        // The state is held against itself: it is the caller's part, and reported as not checked.
        let (state, platform) = (value("state"), value("platform"));
        let report = verifier.expect_platform(platform).report_params_at(
            params.iter().map(|(name, value)| (*name, value)),
            state,
            self.clock.unix_seconds(),
        );
        let told = |check: &Check| match check.name() {
            "platform" => None,
            "state" => Some(RedeemCheck::state()),
            name => Some(RedeemCheck::new(name, check.outcome(), check.reason())),
        };
        let checks = report.checks().iter().filter_map(told).collect();
        let id = report.passed().then(|| ProofId::of(key.id, value("sig")));
        let account = confirmed(platform, value("platform_id"), value("handle"));
        Ok(Judged { checks, id, account })
    }

    async fn judge_jws(&self, key: &ApiKey, text: &str) -> Result<Judged, Problem> {
        let jws = PresentedJws::parse(text);
        let reasons =
            ("a JWS in the form of an ownership proof", "it is no JWS in the form of an ownership proof");
        let parameters = RedeemCheck::of("parameters", jws.is_some(), reasons);
        let public_key = match &jws {
            None => None,
            Some(jws) => self.signing_keys.public_key(&jws.kid).await.map_err(|fault| {
                tracing::error!(%fault, "the signing keys cannot be read");
                Problem::store_unavailable()
            })?,
        };
        let claims = jws.as_ref().zip(public_key).and_then(|(jws, key)| jws.signed_by(&key));
        let reasons =
            ("made with a published key over these claims", "no published key made it over these claims");
        let signature = RedeemCheck::of("signature", claims.is_some(), reasons);
        let Some(claims) = claims else {
            return Ok(Judged {
                checks: vec![parameters, RedeemCheck::state(), signature],
                id: None,
                account: None,
            });
        };
        let is_ours = claims.iss == self.rules.public_url && claims.aud == key.id.to_string();
        let audience =
            RedeemCheck::of("audience", is_ours, ("made for this API key", "made for another API key"));
        let is_fresh = self.clock.unix_seconds() <= claims.exp;
        let freshness = RedeemCheck::of("freshness", is_fresh, ("still fresh", "it has expired"));
        let checks = vec![parameters, RedeemCheck::state(), freshness, signature, audience];
        let account = confirmed(&claims.platform, &claims.platform_id, &claims.handle);
        Ok(Judged { checks, id: ProofId::parse(&claims.jti), account })
    }
}

/// The account of a proof whose signature held, so that it has the form of one.
fn confirmed(platform: &str, platform_id: &str, handle: &str) -> Option<ConfirmedAccount> {
    Some(ConfirmedAccount {
        platform: PlatformName::parse(platform)?,
        platform_id: PlatformId::parse(platform_id)?,
        username: decode_handle(handle).into_owned(),
    })
}
