//! `handleproof check`: what is wrong with a deployment, before users find out. A line for each fault.

use std::path::Path;

use super::{Outcome, existing_master_key, fail, load, sources};
use crate::app::App;
use crate::platform::Credentials;

pub(super) async fn run(config: &Path) -> Outcome {
    let config = load(config)?;
    let master_key = existing_master_key(&config)?;
    let app = App::build(&config, &master_key, &sources()).await.map_err(fail)?;
    let mut faults = 0;
    let mut say = |holds: bool, what: &str, otherwise: &str| {
        if holds {
            println!("ok    {what}");
        } else {
            faults += 1;
            println!("FAIL  {what}: {otherwise}");
        }
    };
    say(app.keys().check().await.is_ok(), "registry", "it does not answer; see stores.registry");
    let opens = app.keys().check_secrets().await.is_ok()
        && app.apps().check_secrets().await.is_ok()
        && app.signing_keys().check_secrets().await.is_ok();
    say(
        opens,
        "master key",
        "the registry did not answer, or a signing secret or key in it was sealed under another one",
    );
    say(app.sessions_answer().await, "session store", "it does not answer; see stores.sessions");
    let platforms = app.platforms();
    for entry in platforms.entries() {
        let Some(platform) = platforms.named(&entry.name).filter(|_| entry.is_available()) else {
            println!("-     {}: no {}, so callers cannot use it", entry.name, entry.missing().join(" and "));
            continue;
        };
        if !entry.has_consent_page() {
            println!("-     {}: users bring their own credentials, so there is nothing to check", entry.name);
            continue;
        }
        let (holds, otherwise) = match platform.check_credentials(config.public_url.origin()).await {
            Credentials::NotRefused => (true, ""),
            Credentials::Refused => (false, "the platform refuses client_id and client_secret"),
            Credentials::Unreachable => (false, "the platform's token endpoint cannot be reached from here"),
        };
        say(holds, entry.name.as_str(), otherwise);
    }
    if faults == 0 { Ok(()) } else { Err(fail(format_args!("{faults} of the checks failed"))) }
}
