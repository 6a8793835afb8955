//! Texts of the page that asks before the browser goes to the platform.

use super::{Phrase, Texts};

/// The page. Gaps: `{0}` the platform or, where it is named first, the caller.
#[derive(Debug)]
pub(in crate::web) struct InterstitialText {
    /// `{0}` the platform.
    pub(in crate::web) title: Phrase<1>,
    /// `{0}` the caller, `{1}` the platform.
    pub(in crate::web) who_asks: Phrase<2>,
    pub(in crate::web) what_is_read: &'static str,
    /// `{0}` the platform.
    pub(in crate::web) id_and_handle: Phrase<1>,
    pub(in crate::web) what_is_never_done: &'static str,
    /// `{0}` the platform.
    pub(in crate::web) no_password: Phrase<1>,
    pub(in crate::web) no_token: &'static str,
    pub(in crate::web) no_posting: &'static str,
    pub(in crate::web) where_it_goes: &'static str,
    /// `{0}` the caller.
    pub(in crate::web) came_from: Phrase<1>,
    /// `{0}` the platform.
    pub(in crate::web) agree: Phrase<1>,
    pub(in crate::web) decline: &'static str,
}

impl Texts for InterstitialText {
    const ENGLISH: &'static Self = &Self {
        title: Phrase::new("Confirm your {0} account"),
        who_asks: Phrase::new("{0} wants to know that a {1} account is yours."),
        what_is_read: "What is read",
        id_and_handle: Phrase::new("The id and the user name of your {0} account, once."),
        what_is_never_done: "What is never done",
        no_password: Phrase::new("Your password is not seen: you sign in at {0} itself."),
        no_token: "No access to your account is kept.",
        no_posting: "Nothing is posted, changed or deleted.",
        where_it_goes: "Where the answer goes",
        came_from: Phrase::new(
            "Go on only if you came here from {0} yourself. If somebody sent you this link, decline.",
        ),
        agree: Phrase::new("Continue to {0}"),
        decline: "Decline",
    };
    const GERMAN: &'static Self = &Self {
        title: Phrase::new("Bestätigen Sie Ihr {0}-Konto"),
        who_asks: Phrase::new("{0} möchte wissen, dass ein {1}-Konto Ihnen gehört."),
        what_is_read: "Was gelesen wird",
        id_and_handle: Phrase::new("Die Kennung und der Benutzername Ihres {0}-Kontos, ein einziges Mal."),
        what_is_never_done: "Was nie geschieht",
        no_password: Phrase::new("Ihr Passwort sieht hier niemand: Sie melden sich direkt bei {0} an."),
        no_token: "Es bleibt kein Zugriff auf Ihr Konto bestehen.",
        no_posting: "Es wird nichts veröffentlicht, geändert oder gelöscht.",
        where_it_goes: "Wohin die Antwort geht",
        came_from: Phrase::new(
            "Fahren Sie nur fort, wenn Sie selbst von {0} hierhergekommen sind. Hat Ihnen jemand diesen Link \
             geschickt, lehnen Sie ab.",
        ),
        agree: Phrase::new("Weiter zu {0}"),
        decline: "Ablehnen",
    };
}
