//! Texts of the tester, for developers.

use super::{Phrase, Texts};
use crate::error::Failure;

/// A variation to try: its name, what is done, and which check has to stop it.
#[derive(Debug)]
pub(in crate::web) struct TrialText {
    pub(in crate::web) title: &'static str,
    pub(in crate::web) what: &'static str,
}

/// All pages of the tester.
#[derive(Debug)]
pub(in crate::web) struct TesterText {
    pub(in crate::web) title: &'static str,
    pub(in crate::web) lead: &'static str,
    pub(in crate::web) key: &'static str,
    pub(in crate::web) key_offered: &'static str,
    pub(in crate::web) key_given: &'static str,
    pub(in crate::web) key_none: &'static str,
    pub(in crate::web) key_other: &'static str,
    pub(in crate::web) api_key: &'static str,
    pub(in crate::web) api_key_hint: &'static str,
    pub(in crate::web) api_key_fault: &'static str,
    pub(in crate::web) use_key: &'static str,
    pub(in crate::web) forget_key: &'static str,
    pub(in crate::web) platform: &'static str,
    pub(in crate::web) no_platform: &'static str,
    pub(in crate::web) begin: &'static str,
    pub(in crate::web) begin_hint: &'static str,
    pub(in crate::web) not_made: &'static str,
    pub(in crate::web) runs: &'static str,
    /// `{0}` the number, `{1}` the platform.
    pub(in crate::web) run: Phrase<2>,
    pub(in crate::web) run_waiting: &'static str,
    pub(in crate::web) run_answered: &'static str,
    pub(in crate::web) own_sessions: &'static str,
    pub(in crate::web) own_sessions_how: &'static str,
    pub(in crate::web) own_sessions_note: &'static str,
    pub(in crate::web) button: &'static str,
    pub(in crate::web) button_what: &'static str,
    /// `{0}` the platform.
    pub(in crate::web) accepted: Phrase<1>,
    /// `{0}` the platform.
    pub(in crate::web) refused: Phrase<1>,
    /// `{0}` the platform.
    pub(in crate::web) no_proof: Phrase<1>,
    pub(in crate::web) accepted_what: &'static str,
    pub(in crate::web) refused_what: &'static str,
    /// `{0}` the code of the error.
    pub(in crate::web) error_what: Phrase<1>,
    pub(in crate::web) error_unsigned: &'static str,
    pub(in crate::web) error_foreign: &'static str,
    pub(in crate::web) opened_only: &'static str,
    pub(in crate::web) checks: &'static str,
    pub(in crate::web) passed: &'static str,
    pub(in crate::web) failed: &'static str,
    pub(in crate::web) not_checked: &'static str,
    check_parameters: &'static str,
    check_platform: &'static str,
    check_state: &'static str,
    check_freshness: &'static str,
    check_signature: &'static str,
    check_replay: &'static str,
    pub(in crate::web) replay_passed: &'static str,
    pub(in crate::web) replay_failed: &'static str,
    pub(in crate::web) replay_not_checked: &'static str,
    pub(in crate::web) account: &'static str,
    pub(in crate::web) account_id: &'static str,
    pub(in crate::web) handle: &'static str,
    pub(in crate::web) no_handle: &'static str,
    pub(in crate::web) received: &'static str,
    pub(in crate::web) parameter: &'static str,
    pub(in crate::web) value: &'static str,
    pub(in crate::web) base_string: &'static str,
    pub(in crate::web) base_string_what: &'static str,
    pub(in crate::web) base_string_none: &'static str,
    pub(in crate::web) raw_query: &'static str,
    pub(in crate::web) expected_state: &'static str,
    pub(in crate::web) expected_state_what: &'static str,
    pub(in crate::web) altered: &'static str,
    pub(in crate::web) trials: &'static str,
    pub(in crate::web) trials_what: &'static str,
    /// `{0}` the variation.
    pub(in crate::web) trial_shown: Phrase<1>,
    pub(in crate::web) trial_back: &'static str,
    altered_handle: TrialText,
    altered_id: TrialText,
    foreign_state: TrialText,
    aged: TrialText,
    replay: TrialText,
    pub(in crate::web) code: &'static str,
    pub(in crate::web) code_what: &'static str,
    /// `{0}` the name of the file.
    pub(in crate::web) verifier_file: Phrase<1>,
    pub(in crate::web) again: &'static str,
    pub(in crate::web) open: &'static str,
    pub(in crate::web) waiting: &'static str,
    pub(in crate::web) waiting_what: &'static str,
    pub(in crate::web) key_gone: &'static str,
    pub(in crate::web) nothing: &'static str,
    pub(in crate::web) nothing_what: &'static str,
    access_denied: &'static str,
    account_mismatch: &'static str,
    no_account: &'static str,
    temporarily_unavailable: &'static str,
    platform_error: &'static str,
    invalid_identity: &'static str,
    server_error: &'static str,
    unknown_error: &'static str,
}

impl TesterText {
    /// What a check is called.
    pub(in crate::web) fn check(&self, name: &str) -> &'static str {
        match name {
            "parameters" => self.check_parameters,
            "platform" => self.check_platform,
            "state" => self.check_state,
            "freshness" => self.check_freshness,
            "signature" => self.check_signature,
            _ => self.check_replay,
        }
    }

    /// How a check ended.
    pub(in crate::web) fn outcome(&self, outcome: &str) -> &'static str {
        match outcome {
            "passed" => self.passed,
            "failed" => self.failed,
            _ => self.not_checked,
        }
    }

    /// Why the replay check ended so.
    pub(in crate::web) fn replay_reason(&self, outcome: &str) -> &'static str {
        match outcome {
            "passed" => self.replay_passed,
            "failed" => self.replay_failed,
            _ => self.replay_not_checked,
        }
    }

    /// A variation.
    pub(in crate::web) fn trial(&self, name: &str) -> &TrialText {
        match name {
            "altered_handle" => &self.altered_handle,
            "altered_id" => &self.altered_id,
            "foreign_state" => &self.foreign_state,
            "aged" => &self.aged,
            _ => &self.replay,
        }
    }

    /// What an `error` means.
    pub(in crate::web) fn failure(&self, failure: Option<&Failure>) -> &'static str {
        match failure {
            Some(Failure::AccessDenied) => self.access_denied,
            Some(Failure::AccountMismatch) => self.account_mismatch,
            Some(Failure::NoAccount) => self.no_account,
            Some(Failure::TemporarilyUnavailable) => self.temporarily_unavailable,
            Some(Failure::PlatformError) => self.platform_error,
            Some(Failure::InvalidIdentity) => self.invalid_identity,
            Some(Failure::ServerError) => self.server_error,
            None => self.unknown_error,
        }
    }
}

impl Texts for TesterText {
    const ENGLISH: &'static Self = &Self {
        title: "Tester",
        lead: "Run a whole verification in this browser and see every check of the proof that comes back.",
        key: "API key",
        key_offered: "The demo key of this process is used.",
        key_given: "The key that you gave is used, for an hour at most.",
        key_none: "Give an API key to begin.",
        key_other: "Use another key",
        api_key: "API key",
        api_key_hint: "Begins with hpk_. It is looked up and not kept; its signing secret never leaves the server.",
        api_key_fault: "This is not a good API key. It may be mistyped or revoked.",
        use_key: "Use this key",
        forget_key: "Forget it",
        platform: "Platform",
        no_platform: "No platform is set up on this service yet.",
        begin: "Start the verification",
        begin_hint: "You are asked first, as your users are, and then go on to the platform.",
        not_made: "No session was made",
        runs: "Runs of this browser",
        run: Phrase::new("Run {0}: {1}"),
        run_waiting: "no answer yet",
        run_answered: "answered",
        own_sessions: "Sessions of your own",
        own_sessions_how: "Make a session over the API with this callback_url and open its authorize_url in this \
                           browser. The answer is checked here.",
        own_sessions_note: "The key has to allow this callback URL.",
        button: "A button to copy",
        button_what: "It posts to your own server, which makes the session. No script, and nothing is loaded from here.",
        accepted: Phrase::new("{0}: proof accepted"),
        refused: Phrase::new("{0}: proof refused"),
        no_proof: Phrase::new("{0}: no proof"),
        accepted_what: "Every check passed. The account below belongs to whoever sits at this browser.",
        refused_what: "At least one check failed, so this proves nothing. The first failure below says why.",
        error_what: Phrase::new("The service answered with the error {0}."),
        error_unsigned: "An error is not signed: treat it as a hint, change nothing on its word, and offer to start \
                         again.",
        error_foreign: "Its state is not this browser's, so it may come from anybody.",
        opened_only: "This session was made outside the tester, so its state is taken from the link that this browser \
                      opened. Your app must compare with the state in the browser's own session instead: that is what \
                      stops a forwarded link.",
        checks: "Checks",
        passed: "passed",
        failed: "failed",
        not_checked: "not checked",
        check_parameters: "Parameters",
        check_platform: "Platform",
        check_state: "State",
        check_freshness: "Freshness",
        check_signature: "Signature",
        check_replay: "Replay",
        replay_passed: "the first time that this proof is accepted",
        replay_failed: "this proof was accepted before; remember each until it expires, or drop the state from the \
                        session once it is used",
        replay_not_checked: "not checked: only a good proof can be used up",
        account: "Account",
        account_id: "Account id",
        handle: "User name",
        no_handle: "none",
        received: "What came back",
        parameter: "Parameter",
        value: "Value, decoded",
        base_string: "Base string",
        base_string_what: "What the signature has to be over, from the values as received.",
        base_string_none: "It cannot be built: a value is missing, repeated or undecodable.",
        raw_query: "Raw query",
        expected_state: "Expected state",
        expected_state_what: "What the session of the browser holds, and state is compared with.",
        altered: "altered",
        trials: "Try to break it",
        trials_what: "Each button presents the accepted proof in another way and shows which check stops it.",
        trial_shown: Phrase::new("You see a trial: {0}"),
        trial_back: "Back to what really came",
        altered_handle: TrialText {
            title: "Altered user name",
            what: "Another user name under the same signature. The signature has to fail.",
        },
        altered_id: TrialText {
            title: "Altered account id",
            what: "Another account under the same signature. The signature has to fail.",
        },
        foreign_state: TrialText {
            title: "Another browser's state",
            what: "The same proof where the session holds another state, as with a forwarded link. The state has to \
                   fail.",
        },
        aged: TrialText {
            title: "Aged proof",
            what: "The same proof one second after its time. The freshness has to fail.",
        },
        replay: TrialText {
            title: "Replayed proof",
            what: "The same proof a second time. Only your memory of used proofs can stop it.",
        },
        code: "The same in your code",
        code_what: "With the values above. Put the signing secret into HANDLEPROOF_SIGNING_SECRET; a proof is fresh \
                    for a few minutes only.",
        verifier_file: Phrase::new("The file {0}, whole"),
        again: "Start another run",
        open: "Open the tester",
        waiting: "No answer yet",
        waiting_what: "Nothing came back for this run so far. Finish it in the browser, or start another one.",
        key_gone: "The key of this run was revoked or has no signing secret any more, so nothing can be checked.",
        nothing: "Nothing to check here",
        nothing_what: "The tester answers for sessions that this browser opened, and it knows of none, or cookies are \
                       switched off. This is the callback URL for your own sessions:",
        access_denied: "The user said no, at the platform or on our page.",
        account_mismatch: "The user agreed with another account than expected_platform_id.",
        no_account: "The user agreed, but has nothing to own at this platform.",
        temporarily_unavailable: "The platform was out of reach, too slow, or answered 5xx or 429. Offer to try later.",
        platform_error: "The platform refused the exchange, or answered something that cannot be used.",
        invalid_identity: "The platform's account id is missing or outside the rule of proofs.",
        server_error: "The service itself failed. The request id in its log says more.",
        unknown_error: "This is no error code of this service.",
    };
    const GERMAN: &'static Self = &Self {
        title: "Tester",
        lead: "Spielen Sie eine ganze Bestätigung in diesem Browser durch und sehen Sie jede Prüfung des Nachweises, \
               der zurückkommt.",
        key: "API-Schlüssel",
        key_offered: "Verwendet wird der Demo-Schlüssel dieses Prozesses.",
        key_given: "Verwendet wird der Schlüssel, den Sie angegeben haben, höchstens eine Stunde lang.",
        key_none: "Geben Sie zuerst einen API-Schlüssel an.",
        key_other: "Einen anderen Schlüssel verwenden",
        api_key: "API-Schlüssel",
        api_key_hint: "Beginnt mit hpk_. Er wird nachgeschlagen und nicht behalten; sein Signaturgeheimnis verlässt \
                       den Server nie.",
        api_key_fault: "Das ist kein gültiger API-Schlüssel. Vielleicht ist er vertippt oder widerrufen.",
        use_key: "Diesen Schlüssel verwenden",
        forget_key: "Vergessen",
        platform: "Plattform",
        no_platform: "In diesem Dienst ist noch keine Plattform eingerichtet.",
        begin: "Bestätigung beginnen",
        begin_hint: "Sie werden zuerst gefragt, wie Ihre Benutzer auch, und gehen dann weiter zur Plattform.",
        not_made: "Es wurde keine Sitzung angelegt",
        runs: "Durchläufe dieses Browsers",
        run: Phrase::new("Durchlauf {0}: {1}"),
        run_waiting: "noch keine Antwort",
        run_answered: "beantwortet",
        own_sessions: "Eigene Sitzungen",
        own_sessions_how: "Legen Sie über die API eine Sitzung mit dieser callback_url an und öffnen Sie ihre \
                           authorize_url in diesem Browser. Die Antwort wird hier geprüft.",
        own_sessions_note: "Der Schlüssel muss diese Callback-URL erlauben.",
        button: "Eine Schaltfläche zum Kopieren",
        button_what: "Sie sendet an Ihren eigenen Server, der die Sitzung anlegt. Kein Skript, und von hier wird nichts \
                      geladen.",
        accepted: Phrase::new("{0}: Nachweis angenommen"),
        refused: Phrase::new("{0}: Nachweis abgelehnt"),
        no_proof: Phrase::new("{0}: kein Nachweis"),
        accepted_what: "Jede Prüfung ist bestanden. Das Konto unten gehört der Person an diesem Browser.",
        refused_what: "Mindestens eine Prüfung ist nicht bestanden, also ist nichts bewiesen. Die erste davon sagt, \
                       warum.",
        error_what: Phrase::new("Der Dienst hat mit dem Fehler {0} geantwortet."),
        error_unsigned: "Ein Fehler ist nicht signiert: Nehmen Sie ihn als Hinweis, ändern Sie nichts auf sein Wort \
                         hin, und bieten Sie einen neuen Versuch an.",
        error_foreign: "Sein state ist nicht der dieses Browsers, er kann also von jedem stammen.",
        opened_only: "Diese Sitzung wurde außerhalb des Testers angelegt, deshalb stammt ihr state aus dem Link, den \
                      dieser Browser geöffnet hat. Ihre App muss stattdessen mit dem state in der eigenen Sitzung des \
                      Browsers vergleichen: Das hält weitergeleitete Links auf.",
        checks: "Prüfungen",
        passed: "bestanden",
        failed: "nicht bestanden",
        not_checked: "nicht geprüft",
        check_parameters: "Parameter",
        check_platform: "Plattform",
        check_state: "State",
        check_freshness: "Frische",
        check_signature: "Signatur",
        check_replay: "Wiederholung",
        replay_passed: "dieser Nachweis wird zum ersten Mal angenommen",
        replay_failed: "dieser Nachweis wurde schon angenommen; merken Sie sich jeden, bis er abläuft, oder entfernen \
                        Sie den state aus der Sitzung, sobald er verwendet ist",
        replay_not_checked: "nicht geprüft: Nur ein guter Nachweis kann verbraucht werden",
        account: "Konto",
        account_id: "Kontokennung",
        handle: "Benutzername",
        no_handle: "keiner",
        received: "Was zurückkam",
        parameter: "Parameter",
        value: "Wert, dekodiert",
        base_string: "Signierter Text",
        base_string_what: "Worüber die Signatur gehen muss, aus den Werten, wie sie ankamen.",
        base_string_none: "Er lässt sich nicht bilden: Ein Wert fehlt, steht doppelt oder ist nicht dekodierbar.",
        raw_query: "Rohe Query",
        expected_state: "Erwarteter state",
        expected_state_what: "Was die Sitzung des Browsers hält und womit state verglichen wird.",
        altered: "verändert",
        trials: "Versuchen Sie, ihn zu brechen",
        trials_what: "Jeder Knopf legt den angenommenen Nachweis auf andere Weise vor und zeigt, welche Prüfung das \
                      aufhält.",
        trial_shown: Phrase::new("Sie sehen einen Versuch: {0}"),
        trial_back: "Zurück zu dem, was wirklich kam",
        altered_handle: TrialText {
            title: "Veränderter Benutzername",
            what: "Ein anderer Benutzername unter derselben Signatur. Die Signatur darf nicht bestehen.",
        },
        altered_id: TrialText {
            title: "Veränderte Kontokennung",
            what: "Ein anderes Konto unter derselben Signatur. Die Signatur darf nicht bestehen.",
        },
        foreign_state: TrialText {
            title: "State eines anderen Browsers",
            what: "Derselbe Nachweis, wo die Sitzung einen anderen state hält, wie bei einem weitergeleiteten Link. Der \
                   State darf nicht bestehen.",
        },
        aged: TrialText {
            title: "Gealterter Nachweis",
            what: "Derselbe Nachweis eine Sekunde nach seiner Zeit. Die Frische darf nicht bestehen.",
        },
        replay: TrialText {
            title: "Wiederholter Nachweis",
            what: "Derselbe Nachweis ein zweites Mal. Nur Ihr Gedächtnis für verwendete Nachweise hält das auf.",
        },
        code: "Dasselbe in Ihrem Code",
        code_what: "Mit den Werten von oben. Das Signaturgeheimnis gehört in HANDLEPROOF_SIGNING_SECRET; ein Nachweis \
                    ist nur wenige Minuten frisch.",
        verifier_file: Phrase::new("Die ganze Datei {0}"),
        again: "Einen weiteren Durchlauf beginnen",
        open: "Tester öffnen",
        waiting: "Noch keine Antwort",
        waiting_what: "Zu diesem Durchlauf kam bisher nichts zurück. Führen Sie ihn im Browser zu Ende, oder beginnen \
                       Sie einen neuen.",
        key_gone: "Der Schlüssel dieses Durchlaufs wurde widerrufen oder hat kein Signaturgeheimnis mehr, also lässt \
                   sich nichts prüfen.",
        nothing: "Hier gibt es nichts zu prüfen",
        nothing_what: "Der Tester antwortet für Sitzungen, die dieser Browser geöffnet hat, und kennt keine, oder \
                       Cookies sind ausgeschaltet. Das ist die Callback-URL für Ihre eigenen Sitzungen:",
        access_denied: "Der Benutzer hat abgelehnt, bei der Plattform oder auf unserer Seite.",
        account_mismatch: "Der Benutzer hat mit einem anderen Konto als expected_platform_id zugestimmt.",
        no_account: "Der Benutzer hat zugestimmt, besitzt bei dieser Plattform aber nichts.",
        temporarily_unavailable: "Die Plattform war nicht erreichbar, zu langsam oder antwortete mit 5xx oder 429. \
                                  Bieten Sie einen späteren Versuch an.",
        platform_error: "Die Plattform hat den Austausch verweigert oder etwas Unbrauchbares geantwortet.",
        invalid_identity: "Die Kontokennung der Plattform fehlt oder verletzt die Regel für Nachweise.",
        server_error: "Der Dienst selbst ist gescheitert. Die Anfrage-Kennung in seinem Log sagt mehr.",
        unknown_error: "Das ist kein Fehlercode dieses Dienstes.",
    };
}
