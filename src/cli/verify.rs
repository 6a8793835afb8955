//! `handleproof verify`: every check of a proof, printed.

use handleproof_verify::{Outcome as CheckOutcome, Verifier};

use super::{Outcome, fail, secret_input};

/// The signing secret is taken from `HANDLEPROOF_SIGNING_SECRET`, or asked for.
#[derive(Debug, clap::Args)]
pub(super) struct Args {
    /// The whole address that the browser landed on.
    #[arg(value_name = "CALLBACK_URL")]
    callback_url: String,
    /// The state that was sent when the session was made.
    #[arg(long)]
    state: String,
    /// The platform that was asked for.
    #[arg(long)]
    platform: Option<String>,
}

pub(super) fn run(args: &Args) -> Outcome {
    let secret = secret_input::read("signing secret", "HANDLEPROOF_SIGNING_SECRET")?;
    let mut verifier = Verifier::new(secret.expose()).map_err(fail)?;
    if let Some(platform) = &args.platform {
        verifier = verifier.expect_platform(platform.as_str());
    }
    let report = verifier.report_url(&args.callback_url, &args.state);
    for check in report.checks() {
        let mark = match check.outcome() {
            CheckOutcome::Passed => "ok  ",
            CheckOutcome::Failed => "FAIL",
            CheckOutcome::NotChecked => "-   ",
        };
        println!("{mark}  {:<12} {}", check.name(), check.reason());
    }
    match report.into_verdict() {
        Ok(proof) => {
            println!("\n{} {} {}", proof.platform(), proof.platform_id(), proof.handle_decoded());
            Ok(())
        }
        Err(error) => Err(fail(error)),
    }
}
