//! The tester in German.

use super::{Phrase, TesterText, TrialText};

pub(super) const TEXT: TesterText = TesterText {
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
