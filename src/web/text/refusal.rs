//! Texts of the pages on which a way ends, or pauses.

use super::Texts;
use crate::error::Refusal;

/// One page: what happened, why, and what to do now.
#[derive(Debug)]
pub(in crate::web) struct Explanation {
    pub(in crate::web) title: &'static str,
    pub(in crate::web) what: &'static str,
    pub(in crate::web) now: &'static str,
}

/// All of these pages.
#[derive(Debug)]
pub(in crate::web) struct RefusalText {
    /// The heading over what to do.
    pub(in crate::web) what_now: &'static str,
    /// Loads the same address again.
    pub(in crate::web) try_again: &'static str,
    pub(in crate::web) request_id: &'static str,
    pub(in crate::web) request_id_use: &'static str,
    link_malformed: Explanation,
    link_gone: Explanation,
    response_unusable: Explanation,
    other_browser: Explanation,
    consent_forged: Explanation,
    caller_gone: Explanation,
    not_found: Explanation,
    method_not_allowed: Explanation,
    too_many_requests: Explanation,
    unavailable: Explanation,
    server_error: Explanation,
}

impl RefusalText {
    /// The page of a refusal.
    pub(in crate::web) const fn page(&self, refusal: Refusal) -> &Explanation {
        match refusal {
            Refusal::LinkMalformed => &self.link_malformed,
            Refusal::LinkGone => &self.link_gone,
            Refusal::ResponseUnusable => &self.response_unusable,
            Refusal::OtherBrowser => &self.other_browser,
            Refusal::ConsentForged => &self.consent_forged,
            Refusal::CallerGone => &self.caller_gone,
            Refusal::NotFound => &self.not_found,
            Refusal::MethodNotAllowed => &self.method_not_allowed,
            Refusal::TooManyRequests => &self.too_many_requests,
            Refusal::Unavailable => &self.unavailable,
            Refusal::ServerError => &self.server_error,
        }
    }
}

impl Texts for RefusalText {
    const ENGLISH: &'static Self = &Self {
        what_now: "What to do now",
        try_again: "Try again",
        request_id: "Request id",
        request_id_use: "Name it if you ask for help.",
        link_malformed: Explanation {
            title: "This link is incomplete",
            what: "Its address was cut short or changed on the way here.",
            now: "Go back to the app that sent you and open its link again, or start again there.",
        },
        link_gone: Explanation {
            title: "This link no longer works",
            what: "Each link works once, and only for a short time. Nothing about your account was read by opening \
                   it again.",
            now: "Go back to the app that sent you and start again. You get a fresh link there.",
        },
        response_unusable: Explanation {
            title: "This step is already over",
            what: "The answer that came back belongs to no confirmation that is under way. It may have been used \
                   already, or have taken too long.",
            now: "Go back to the app that sent you. If your account is not confirmed there yet, start again.",
        },
        other_browser: Explanation {
            title: "This was started in another browser",
            what: "A confirmation has to end in the browser in which it began. This one began somewhere else, or \
                   this browser did not keep our cookie.",
            now: "Go on in the browser in which you began. To use this one, allow cookies for this site, go back \
                  to the app that sent you and start again.",
        },
        consent_forged: Explanation {
            title: "This form cannot be used",
            what: "It was not opened in this browser, it is too old, or cookies are switched off.",
            now: "Allow cookies for this site, then open the link of the app that sent you again.",
        },
        caller_gone: Explanation {
            title: "The app cannot receive your answer",
            what: "The app that sent you here may no longer use this service. Nothing was passed on to it.",
            now: "Close this page, or contact the people who run that app.",
        },
        not_found: Explanation {
            title: "There is no page here",
            what: "The address is mistyped, or the page was never here.",
            now: "Check the address. If an app sent you, go back to it and start again.",
        },
        method_not_allowed: Explanation {
            title: "This address works another way",
            what: "The page is there, but it cannot be opened like this.",
            now: "Go back one page, or go back to the app that sent you and start again.",
        },
        too_many_requests: Explanation {
            title: "Too many requests",
            what: "More requests came from your network than we take in a minute.",
            now: "Wait a minute, then try again. Your link still works.",
        },
        unavailable: Explanation {
            title: "Not available right now",
            what: "A part of the service does not answer. Nothing was lost, and your link still works.",
            now: "Wait a moment, then try again.",
        },
        server_error: Explanation {
            title: "Something failed on our side",
            what: "This is not your fault. The confirmation could not be completed.",
            now: "Go back to the app that sent you and start again. If it fails again, tell the people who run it \
                  the request id below.",
        },
    };
    const GERMAN: &'static Self = &Self {
        what_now: "Was Sie jetzt tun können",
        try_again: "Noch einmal versuchen",
        request_id: "Anfrage-Kennung",
        request_id_use: "Nennen Sie sie, wenn Sie um Hilfe bitten.",
        link_malformed: Explanation {
            title: "Dieser Link ist unvollständig",
            what: "Seine Adresse wurde auf dem Weg hierher abgeschnitten oder verändert.",
            now: "Gehen Sie zurück zu der App, die Sie geschickt hat, und öffnen Sie ihren Link noch einmal, oder \
                  beginnen Sie dort von vorn.",
        },
        link_gone: Explanation {
            title: "Dieser Link gilt nicht mehr",
            what: "Jeder Link gilt einmal und nur für kurze Zeit. Beim erneuten Öffnen wurde nichts über Ihr Konto \
                   gelesen.",
            now: "Gehen Sie zurück zu der App, die Sie geschickt hat, und beginnen Sie von vorn. Dort bekommen Sie \
                  einen neuen Link.",
        },
        response_unusable: Explanation {
            title: "Dieser Schritt ist schon vorbei",
            what: "Die Antwort gehört zu keiner laufenden Bestätigung. Vielleicht wurde sie schon verwendet, oder \
                   es hat zu lange gedauert.",
            now: "Gehen Sie zurück zu der App, die Sie geschickt hat. Ist Ihr Konto dort noch nicht bestätigt, \
                  beginnen Sie von vorn.",
        },
        other_browser: Explanation {
            title: "Das wurde in einem anderen Browser begonnen",
            what: "Eine Bestätigung muss in dem Browser enden, in dem sie begonnen hat. Diese begann woanders, oder \
                   dieser Browser hat unser Cookie nicht behalten.",
            now: "Machen Sie in dem Browser weiter, in dem Sie begonnen haben. Soll es dieser sein, erlauben Sie \
                  Cookies für diese Seite, gehen Sie zurück zu der App und beginnen Sie von vorn.",
        },
        consent_forged: Explanation {
            title: "Dieses Formular ist nicht verwendbar",
            what: "Es wurde nicht in diesem Browser geöffnet, ist zu alt, oder Cookies sind ausgeschaltet.",
            now: "Erlauben Sie Cookies für diese Seite und öffnen Sie den Link der App, die Sie geschickt hat, noch \
                  einmal.",
        },
        caller_gone: Explanation {
            title: "Die App kann Ihre Antwort nicht empfangen",
            what: "Die App, die Sie hierher geschickt hat, darf diesen Dienst nicht mehr nutzen. Es wurde nichts an \
                   sie weitergegeben.",
            now: "Schließen Sie diese Seite, oder wenden Sie sich an die Betreiber der App.",
        },
        not_found: Explanation {
            title: "Hier ist keine Seite",
            what: "Die Adresse ist falsch geschrieben, oder es gab die Seite nie.",
            now: "Prüfen Sie die Adresse. Hat Sie eine App geschickt, gehen Sie zu ihr zurück und beginnen Sie von \
                  vorn.",
        },
        method_not_allowed: Explanation {
            title: "Diese Adresse wird anders verwendet",
            what: "Die Seite gibt es, aber so lässt sie sich nicht öffnen.",
            now: "Gehen Sie eine Seite zurück, oder zurück zu der App, die Sie geschickt hat, und beginnen Sie von \
                  vorn.",
        },
        too_many_requests: Explanation {
            title: "Zu viele Anfragen",
            what: "Aus Ihrem Netz kamen mehr Anfragen, als wir in einer Minute annehmen.",
            now: "Warten Sie eine Minute und versuchen Sie es noch einmal. Ihr Link gilt weiter.",
        },
        unavailable: Explanation {
            title: "Im Moment nicht verfügbar",
            what: "Ein Teil des Dienstes antwortet nicht. Nichts ging verloren, und Ihr Link gilt weiter.",
            now: "Warten Sie einen Augenblick und versuchen Sie es noch einmal.",
        },
        server_error: Explanation {
            title: "Bei uns ist etwas schiefgegangen",
            what: "Es liegt nicht an Ihnen. Die Bestätigung konnte nicht abgeschlossen werden.",
            now: "Gehen Sie zurück zu der App, die Sie geschickt hat, und beginnen Sie von vorn. Geht es wieder \
                  schief, nennen Sie ihren Betreibern die Anfrage-Kennung unten.",
        },
    };
}
