//! What pages say, in every language that pages speak.
//!
//! A subject (a page, or a family of pages) has one struct of texts here and one constant of it for each language, so a
//! text that is missing in one of them does not compile. Nothing here decides what is shown.

mod interstitial;
mod language;
mod layout;
mod phrase;
mod refusal;
mod tester;

pub(super) use interstitial::InterstitialText;
pub(super) use language::Language;
pub(super) use layout::LayoutText;
pub(super) use phrase::Phrase;
pub(super) use refusal::{Explanation, RefusalText};
pub(super) use tester::TesterText;

/// The texts of one subject.
pub(super) trait Texts: Sized + 'static {
    /// English, for everybody whose language is not here.
    const ENGLISH: &'static Self;
    /// German.
    const GERMAN: &'static Self;

    /// The texts in a language.
    fn of(language: Language) -> &'static Self {
        match language {
            Language::English => Self::ENGLISH,
            Language::German => Self::GERMAN,
        }
    }
}
