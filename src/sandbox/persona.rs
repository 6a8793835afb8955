//! Who can answer a consent page: ordinary people, awkward ones, and platforms on a bad day.

use super::stage::Stage;
use crate::platform::entry::Kind;

/// A person, or a platform's mood, chosen on the consent page.
///
/// Each has one permanent account per platform, the same at every start.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Persona {
    /// Grants everything; nothing is odd.
    Ordinary,
    /// Just as ordinary, with another account: for `expected_platform_id`.
    Another,
    /// Has no user name.
    NoHandle,
    /// Has the user name `Ben & Jerry's`.
    AwkwardAmpersand,
    /// Has a user name with an emoji that is joined from three.
    AwkwardEmoji,
    /// Has a user name that looks like a piece of a query.
    AwkwardQuery,
    /// Refuses.
    Denies,
    /// Unticks the optional scope behind which the user name sits.
    WithheldHandle,
    /// Unticks the scopes without which nothing can be read.
    WithheldRequired,
    /// Has the platform's characteristic junk glued to the code, encoded as if it belonged to it.
    GluedSuffix,
    /// Is served slowly, but in time.
    Slow,
    /// Gets no answer from the token endpoint.
    Hanging,
    /// Meets a token endpoint that answers 500.
    TokenFailing,
    /// Meets an identity endpoint that answers 500.
    IdentityFailing,
    /// Meets a platform that answers 429.
    RateLimited,
    /// Has a login and nothing to own there.
    NoAccount,
    /// The same as `NoAccount`, said by an error.
    SignupRequired,
    /// Has a numeric id that no float can hold.
    HugeId,
    /// Has an id that breaks the rule of proofs.
    BrokenId,
}

impl Persona {
    /// All of them, in the order of the consent page.
    pub const ALL: [Self; 19] = [
        Self::Ordinary,
        Self::Another,
        Self::NoHandle,
        Self::AwkwardAmpersand,
        Self::AwkwardEmoji,
        Self::AwkwardQuery,
        Self::Denies,
        Self::WithheldHandle,
        Self::WithheldRequired,
        Self::GluedSuffix,
        Self::Slow,
        Self::Hanging,
        Self::TokenFailing,
        Self::IdentityFailing,
        Self::RateLimited,
        Self::NoAccount,
        Self::SignupRequired,
        Self::HugeId,
        Self::BrokenId,
    ];

    /// The value of the form's field `persona`.
    pub fn name(self) -> &'static str {
        self.texts().0
    }

    /// What the consent page says beside the radio button.
    pub fn label(self) -> &'static str {
        self.texts().1
    }

    /// The persona of that name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|persona| persona.name() == name)
    }

    /// Whether the platform's facts leave room for this persona.
    pub(super) fn plays_at(self, stage: &Stage) -> bool {
        let entry = &stage.entry;
        let identity = &entry.identity;
        if !entry.has_consent_page() {
            // Each protocol has its own players; these can be anybody's.
            return matches!(self, Self::Ordinary | Self::Another);
        }
        match self {
            Self::WithheldHandle => !identity.without_scope.is_empty(),
            Self::WithheldRequired => !identity.required_scopes.is_empty(),
            Self::GluedSuffix => !entry.authorization.code_suffixes.is_empty(),
            Self::IdentityFailing => entry.kind == Kind::OAuth2,
            Self::NoAccount => identity.no_account_unless.is_some() || !identity.no_account_if.is_empty(),
            Self::SignupRequired => !identity.no_account_if.is_empty(),
            Self::HugeId => stage.dialect.identity.numeric_id || stage.dialect.token.numeric_account,
            _ => true,
        }
    }

    fn texts(self) -> (&'static str, &'static str) {
        match self {
            Self::Ordinary => ("ordinary", "An ordinary person who agrees"),
            Self::Another => ("another", "Another ordinary person, with another account"),
            Self::NoHandle => ("no_handle", "Somebody without a user name"),
            Self::AwkwardAmpersand => ("awkward_ampersand", "The user name is Ben & Jerry's"),
            Self::AwkwardEmoji => ("awkward_emoji", "The user name holds a joined emoji"),
            Self::AwkwardQuery => ("awkward_query", "The user name is a&state=x"),
            Self::Denies => ("denies", "Somebody who refuses"),
            Self::WithheldHandle => ("withheld_handle", "Somebody who keeps the user name private"),
            Self::WithheldRequired => ("withheld_required", "Somebody who unticks what must be read"),
            Self::GluedSuffix => {
                ("glued_suffix", "The code arrives with the platform's usual junk behind it")
            }
            Self::Slow => ("slow", "A slow platform: three seconds an answer"),
            Self::Hanging => ("hanging", "A platform that does not answer the exchange of the code"),
            Self::TokenFailing => ("token_failing", "A platform whose token endpoint answers 500"),
            Self::IdentityFailing => ("identity_failing", "A platform whose identity endpoint answers 500"),
            Self::RateLimited => ("rate_limited", "A platform that answers 429"),
            Self::NoAccount => ("no_account", "A login with nothing to own behind it"),
            Self::SignupRequired => ("signup_required", "A login with nothing behind it, told by an error"),
            Self::HugeId => ("huge_id", "A numeric id of twenty digits"),
            Self::BrokenId => ("broken_id", "An id with & in it, which no proof may carry"),
        }
    }
}
