//! Where the browser comes back with a proof, or with an error.

use std::time::{SystemTime, UNIX_EPOCH};

use actix_web::web::{Data, Path};
use actix_web::{HttpRequest, HttpResponse};
use handleproof_verify::VerifyError;

use crate::Marketplace;
use crate::channels::Claim;
use crate::home::to_the_start;

/// Whatever came of it, the answer is a redirect to a plain page: the proof leaves the address bar, the history, and the
/// `Referer` of whatever is clicked next.
pub(crate) async fn take(
    marketplace: Data<Marketplace>,
    request: HttpRequest,
    platform: Path<String>,
) -> HttpResponse {
    let Some(verifier) = marketplace.settings.verifier(&platform) else {
        return HttpResponse::NotFound().finish();
    };
    // The state is this browser's own, **never looked up by the state that came back**: Mallory begins a verification
    // and sends his link to Jane, her browser lands here with a genuine proof of her channel and his state, and the
    // look-up would give him her channel. It is taken out, so that the same address is worth nothing a second time.
    let taken = marketplace.sessions.of(&request, |session| {
        (session.pending.remove(platform.as_str()).unwrap_or_default(), session.creator.clone())
    });
    let Some((expected_state, creator)) = taken else {
        return to_the_start();
    };
    // The raw query: a framework's map hides a parameter that came twice.
    let message = match verifier.verify_query(request.query_string(), &expected_state) {
        Ok(proof) => match marketplace.channels.claim(&proof, &creator, now()) {
            Claim::Connected => "The channel is connected.",
            Claim::Used => "That proof was used already. Please start again.",
            Claim::Taken => "That channel belongs to another creator here.",
        },
        // Not signed, so it changes nothing. It is worth a sentence only if this browser began the flow.
        Err(VerifyError::Callback(error)) if error.state_matches() => match error.code() {
            "access_denied" => "You did not agree, so nothing was connected.",
            "no_account" => "There is no channel on that account.",
            "temporarily_unavailable" => {
                "The platform does not answer at the moment. Please try again later."
            }
            _ => "That did not work. Please start again.",
        },
        // The cause is for our log. Whoever sent the request learns nothing from it.
        Err(error) => {
            eprintln!("marketplace: a proof was refused: {error}");
            "That did not work. Please start again."
        }
    };
    marketplace.sessions.of(&request, |session| session.message = Some(message));
    to_the_start()
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}
