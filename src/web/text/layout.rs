//! Texts of the frame around every page.

use super::Texts;

/// The frame.
#[derive(Debug)]
pub(in crate::web) struct LayoutText {
    /// The link past the navigation.
    pub(in crate::web) skip_to_content: &'static str,
    /// What the service is, at the foot of pages that users see.
    pub(in crate::web) about: &'static str,
    /// The label of the navigation.
    pub(in crate::web) navigation: &'static str,
}

impl Texts for LayoutText {
    const ENGLISH: &'static Self = &Self {
        skip_to_content: "Skip to content",
        about: "handleproof confirms that an account is yours and keeps no access to it.",
        navigation: "Sections",
    };
    const GERMAN: &'static Self = &Self {
        skip_to_content: "Zum Inhalt",
        about: "handleproof bestätigt, dass ein Konto Ihnen gehört, und behält keinen Zugriff darauf.",
        navigation: "Bereiche",
    };
}
