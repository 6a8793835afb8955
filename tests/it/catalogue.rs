//! Every platform of the catalogue, by every persona that the sandbox plays there.

use std::time::{Duration, Instant};

use futures_util::future::join_all;
use handleproof::sandbox::{Pace, Persona};

use crate::harness::samples::Samples;
use crate::harness::service::{NOW, STATE};
use crate::harness::{Landing, Service, Setup, until};
use handleproof::session::PlatformName;

const ALL: [&str; 8] =
    ["facebook", "instagram", "linkedin", "pinterest", "threads", "tiktok", "twitter", "youtube"];
/// Where a handle never exists, since only a display name is to be had.
const NAMELESS: [&str; 2] = ["facebook", "linkedin"];

fn named(name: &str) -> PlatformName {
    PlatformName::parse(name).unwrap()
}

fn quick() -> Setup {
    Setup::sandbox().pace(Pace { slow: Duration::from_millis(50), hanging: Duration::from_secs(45) })
}

async fn land(service: &Service, platform: &str, persona: Persona) -> Landing {
    service.browser().land_as(&service.session(platform).await, persona.name()).await
}

fn offered(service: &Service, platform: &str) -> Vec<Persona> {
    service.sandbox.as_ref().unwrap().personas(&named(platform))
}

#[tokio::test]
async fn every_persona_of_every_platform_ends_as_it_must() {
    let service = Service::start(quick()).await;
    let mut played = 0;
    for platform in ALL {
        for persona in offered(&service, platform) {
            let expected = match persona {
                // Measured by itself, since it takes its time.
                Persona::Hanging => continue,
                Persona::Denies | Persona::WithheldRequired => Err("access_denied"),
                Persona::TokenFailing | Persona::IdentityFailing | Persona::RateLimited => {
                    Err("temporarily_unavailable")
                }
                Persona::NoAccount | Persona::SignupRequired => Err("no_account"),
                Persona::BrokenId => Err("invalid_identity"),
                Persona::NoHandle | Persona::WithheldHandle => Ok(""),
                Persona::AwkwardAmpersand => Ok("Ben %26 Jerry's"),
                Persona::AwkwardEmoji => Ok("fam\u{1F469}\u{200D}\u{1F469}\u{200D}\u{1F467}ily"),
                Persona::AwkwardQuery => Ok("a%26state=x"),
                other => Ok(other.name()),
            };
            let landing = land(&service, platform, persona).await;
            let what = format!("{platform} {}: {}", persona.name(), landing.url);
            assert_eq!(landing.value("platform"), platform, "{what}");
            match expected {
                Err(error) => assert_eq!(landing.value("error"), error, "{what}"),
                Ok(handle) => {
                    assert!(landing.value("error").is_empty(), "{what}");
                    let proof = landing.proof(&service.key.secret, STATE, NOW);
                    let handle = match handle {
                        _ if NAMELESS.contains(&platform) => String::new(),
                        name if name == persona.name() => format!("sandbox_{name}"),
                        text => text.to_owned(),
                    };
                    assert_eq!(proof.handle(), handle, "{what}");
                }
            }
            played += 1;
        }
    }
    assert!(played > 100, "{played}");
}

#[tokio::test]
async fn t53_a_numeric_id_of_twenty_digits_comes_out_digit_by_digit() {
    let service = Service::start(quick()).await;
    let mut played = 0;
    for platform in ALL {
        if offered(&service, platform).contains(&Persona::HugeId) {
            let landing = land(&service, platform, Persona::HugeId).await;
            assert_eq!(landing.value("platform_id"), u64::MAX.to_string(), "{platform}");
            played += 1;
        }
    }
    assert!(played > 0);
}

#[tokio::test]
async fn one_person_has_one_id_at_a_platform_and_another_person_another() {
    let service = Service::start(quick()).await;
    for platform in ALL {
        let first = land(&service, platform, Persona::Ordinary).await.value("platform_id");
        assert_eq!(land(&service, platform, Persona::Ordinary).await.value("platform_id"), first);
        assert_ne!(land(&service, platform, Persona::Another).await.value("platform_id"), first);
    }
}

#[tokio::test]
async fn f13_a_token_endpoint_that_hangs_is_given_up_after_five_seconds_everywhere() {
    const CALL_LIMIT: Duration = Duration::from_secs(5);
    let service = Service::start(quick()).await;
    let started = Instant::now();
    join_all(ALL.map(|platform| land(&service, platform, Persona::Ordinary))).await;
    let undisturbed = started.elapsed();
    let ends = ALL.map(|platform| {
        let service = &service;
        async move {
            let started = Instant::now();
            land(service, platform, Persona::Hanging).await.fails_with("temporarily_unavailable");
            let took = started.elapsed();
            assert!(took < CALL_LIMIT * 2 + undisturbed * 4, "{platform}: {took:?}, beside {undisturbed:?}");
            assert_eq!(service.sandbox.as_ref().unwrap().calls(&named(platform)).token, 2, "{platform}");
        }
    });
    join_all(ends).await;
}

#[tokio::test]
async fn t60_each_platform_that_takes_tokens_back_gets_them_back() {
    let service = Service::start(quick()).await;
    let sandbox = service.sandbox.as_ref().unwrap();
    for platform in ALL {
        land(&service, platform, Persona::Ordinary).await.proves(&service.key.secret, STATE, NOW);
        let name = named(platform);
        let calls = sandbox.calls(&name);
        assert_eq!((calls.token, calls.identity), (1, 1), "{platform}");
        if ["facebook", "linkedin", "tiktok", "twitter", "youtube"].contains(&platform) {
            until("the token was taken back", async || sandbox.live_tokens(&name).is_empty()).await;
            assert_eq!(sandbox.calls(&name).revoke, 1, "{platform}");
        } else {
            assert_eq!(sandbox.calls(&name).revoke, 0, "{platform}");
        }
    }
}

#[tokio::test]
async fn proofs_of_every_platform_convince_the_careless_samples_too() {
    let mut samples = Samples::default();
    let service = Service::start(quick()).await;
    for platform in ALL {
        for persona in [Persona::Ordinary, Persona::AwkwardQuery] {
            let landing = land(&service, platform, persona).await;
            samples.must_accept(&landing.url, &service.key.secret, STATE, NOW);
            samples.must_reject(&landing.url, &service.key.secret, "x", NOW);
        }
    }
    samples.check();
}

#[tokio::test]
async fn t33_platforms_that_can_be_told_to_ask_again_are_told() {
    let service = Service::start(quick()).await;
    for (platform, part) in [
        ("tiktok", "disable_auto_auth=1"),
        ("youtube", "prompt=consent%20select_account"),
        ("facebook", "auth_type=reauthenticate"),
        ("instagram", "force_reauth=true"),
    ] {
        let url = service.browser().open(&service.session(platform).await).await;
        assert!(url.contains(part), "{url}");
    }
}
