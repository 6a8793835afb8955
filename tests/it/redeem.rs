//! Redeeming: a proof is accepted once, by its own caller, and the others are told why not.

use reqwest::Method;
use serde_json::{Value, json};

use crate::harness::landing::PROOF;
use crate::harness::service::{NOW, STATE};
use crate::harness::{Answer, Landing, Service, Setup};
use crate::public_proof;

async fn redeem_as(service: &Service, api_key: &str, body: &Value) -> Answer {
    let request = service.request(Method::POST, "/api/oauth/delegate/proofs/redeem");
    Answer::of(request.bearer_auth(api_key).json(body)).await
}

async fn redeem(service: &Service, body: &Value) -> Value {
    let answer = redeem_as(service, &service.key.api_key, body).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    answer.json()
}

fn parameters(landing: &Landing) -> Value {
    PROOF.iter().map(|name| ((*name).to_owned(), Value::from(landing.value(name)))).collect()
}

/// `name: outcome` of every check.
fn outcomes(answer: &Value) -> Vec<String> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let checks = answer["checks"].as_array().unwrap();
    assert!(checks.iter().all(|check| !text(&check["reason"]).is_empty()));
    checks.iter().map(|check| format!("{}: {}", text(&check["name"]), text(&check["outcome"]))).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn t66_a_proof_is_redeemed_once_in_whichever_form_and_then_says_when() {
    let service = Service::start(Setup::sandbox()).await;
    let landing = public_proof::land(&service, "ordinary").await;
    let first = redeem(&service, &parameters(&landing)).await;
    assert_eq!(first["valid"], true, "{first}");
    assert_eq!(
        outcomes(&first),
        [
            "parameters: passed",
            "state: not_checked",
            "freshness: passed",
            "signature: passed",
            "redemption: passed"
        ]
    );
    assert_eq!(
        (&first["redeemed_at"], &first["profile_id"]),
        (&json!("2030-03-17T17:46:40Z"), &json!("user-1"))
    );
    let session = service.show(first["session_id"].as_str().unwrap()).await.json();
    assert_eq!((&session["state"], &session["status"]), (&json!(STATE), &json!("verified")));
    service.pass_time(std::time::Duration::from_secs(5)).await;
    for again in [parameters(&landing), json!({"jws": landing.value("jws")})] {
        let second = redeem(&service, &again).await;
        assert_eq!(second["valid"], false);
        assert_eq!(second["redeemed_at"], first["redeemed_at"]);
        assert!(outcomes(&second).contains(&"redemption: failed".to_owned()), "{second}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_public_form_is_redeemed_for_its_own_audience_alone() {
    let service = Service::start(Setup::sandbox()).await;
    let landing = public_proof::land(&service, "ordinary").await;
    let body = json!({"jws": landing.value("jws")});
    let stranger = service.another_key(true).await;
    let refused = redeem_as(&service, &stranger.api_key, &body).await.json();
    assert_eq!((&refused["valid"], &refused["session_id"]), (&json!(false), &Value::Null));
    assert!(outcomes(&refused).contains(&"audience: failed".to_owned()));
    let first = redeem(&service, &body).await;
    assert_eq!(first["valid"], true, "{first}");
    assert_eq!(redeem(&service, &parameters(&landing)).await["valid"], false);
    for nonsense in ["", "a.b.c", "eyJhbGciOiJub25lIn0..", &landing.value("jws")[1..]] {
        let answer = redeem(&service, &json!({"jws": nonsense})).await;
        assert_eq!(answer["valid"], false);
        assert_eq!(outcomes(&answer).first().unwrap(), "parameters: failed");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn t68_a_proof_with_a_fault_is_not_valid_and_nothing_is_taken() {
    let service = Service::start(Setup::sandbox()).await;
    let created = service.session("tiktok").await;
    let landing = service.browser().land_as(&created, "ordinary").await;
    let good = parameters(&landing);
    let stranger = service.another_key(true).await;
    let refused = redeem_as(&service, &stranger.api_key, &good).await.json();
    assert!(outcomes(&refused).contains(&"signature: failed".to_owned()));
    for name in PROOF {
        let mut altered = good.clone();
        altered[name] = match name {
            "expires" => (NOW + 200).to_string().into(),
            "sig" => "0".repeat(64).into(),
            _ => "other".into(),
        };
        let answer = redeem(&service, &altered).await;
        assert_eq!((&answer["valid"], &answer["redeemed_at"]), (&json!(false), &Value::Null), "{name}");
        assert_eq!(outcomes(&answer).last().unwrap(), "redemption: not_checked", "{name}");
        assert!(!answer.to_string().contains(&landing.value("sig")), "no MAC is ever shown");
    }
    assert_eq!(redeem(&service, &good).await["valid"], true);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_expired_proof_is_not_redeemed() {
    let service = Service::start(Setup::sandbox()).await;
    let created = service.session("tiktok").await;
    let landing = service.browser().land_as(&created, "ordinary").await;
    service.pass_time(std::time::Duration::from_secs(301)).await;
    let late = redeem(&service, &parameters(&landing)).await;
    assert_eq!(late["valid"], false);
    assert!(outcomes(&late).contains(&"freshness: failed".to_owned()));
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_redemptions_at_once_one_is_valid() {
    let service = Service::start(Setup::sandbox()).await;
    let created = service.session("tiktok").await;
    let body = parameters(&service.browser().land_as(&created, "ordinary").await);
    let answers = futures_util::future::join_all((0..50).map(|_| redeem(&service, &body))).await;
    assert_eq!(answers.iter().filter(|answer| answer["valid"] == true).count(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_without_a_whole_proof_is_told_every_field() {
    let service = Service::start(Setup::bare()).await;
    let api_key = &service.key.api_key;
    assert_eq!(redeem_as(&service, api_key, &json!({})).await.bad_fields(), PROOF);
    let both = json!({"jws": "a.b.c", "sig": "x"});
    assert_eq!(redeem_as(&service, api_key, &both).await.bad_fields(), ["sig"]);
    let number = json!({"jws": 5});
    assert_eq!(redeem_as(&service, api_key, &number).await.bad_fields(), ["jws"]);
    assert_eq!(redeem_as(&service, "hpk_no", &json!({})).await.problem(401), "invalid_api_key");
}
