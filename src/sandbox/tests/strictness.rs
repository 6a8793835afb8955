//! What a strict platform refuses, and that it refuses in its own words.

use reqwest::header::WWW_AUTHENTICATE;
use serde_json::Value;

use super::visitor::{Params, exchange, our_client, redirect_uri, request, returned, spelled, with_query};
use super::*;
use crate::platform::entry::{AuthMethod, Pkce};

async fn told(answer: reqwest::Response) -> (u16, Value) {
    (answer.status().as_u16(), answer.json().await.unwrap())
}

fn with(mut params: Params, name: &str, value: &str) -> Params {
    params.insert(name.to_owned(), value.to_owned());
    params
}

fn without(mut params: Params, name: &str) -> Params {
    params.remove(name);
    params
}

#[tokio::test]
async fn a_wrong_client_or_redirect_uri_ends_on_a_page_and_is_never_redirected() {
    let bench = Bench::start();
    for entry in &bench.entries {
        let good = request(entry);
        let client_id = spelled(entry, "client_id");
        for bad in [
            without(good.clone(), &client_id),
            with(good.clone(), &client_id, "sandbox-unknown"),
            without(good.clone(), "redirect_uri"),
            with(good.clone(), "redirect_uri", &format!("{}/", redirect_uri(entry))),
            with(good.clone(), "redirect_uri", "https://evil.example/"),
        ] {
            let page = bench.authorize(entry, &bad).await;
            assert_eq!(page.status(), 400, "{} {bad:?}", entry.name);
            assert!(page.headers().get("location").is_none());
        }
    }
    let tiktok = bench.entry("tiktok");
    let id = our_client(tiktok).client_id.clone();
    let rfc_spelling = with(without(request(tiktok), "client_key"), "client_id", &id);
    assert_eq!(bench.authorize(tiktok, &rfc_spelling).await.status(), 400, "client_id is not understood");
}

#[tokio::test]
async fn a_faulty_authorization_request_goes_back_with_the_error_and_the_state() {
    let bench = Bench::start();
    for entry in &bench.entries {
        let good = request(entry);
        let mut cases = vec![
            (with(good.clone(), "response_type", "token"), "unsupported_response_type"),
            (with(good.clone(), "scope", "everything"), "invalid_scope"),
        ];
        if entry.authorization.pkce != Pkce::None {
            cases.push((without(good.clone(), "code_challenge"), "invalid_request"));
            cases.push((with(good.clone(), "code_challenge_method", "plain"), "invalid_request"));
            cases.push((with(good.clone(), "code_challenge", "short"), "invalid_request"));
        }
        for (bad, error) in cases {
            let back = returned(&bench.authorize(entry, &bad).await);
            assert_eq!((back["error"].as_str(), back["state"].as_str()), (error, "the-state"), "{bad:?}");
            assert!(!back.contains_key("code"));
        }
        let stateless = returned(&bench.authorize(entry, &without(good, "state")).await);
        assert_eq!(stateless["error"], "invalid_request");
    }
    let linkedin = bench.entry("linkedin");
    let commas = with(request(linkedin), "scope", "openid,profile");
    assert_eq!(returned(&bench.authorize(linkedin, &commas).await)["error"], "invalid_scope");
}

#[tokio::test]
async fn client_authentication_works_in_the_documented_place_only() {
    let bench = Bench::start();
    for entry in &bench.entries {
        let code = bench.code(entry, Persona::Ordinary).await;
        let other = match entry.token.auth_method {
            Some(AuthMethod::Post) => AuthMethod::Basic,
            _ => AuthMethod::Post,
        };
        let refused = bench.exchange_by(entry, other, exchange(entry, &code)).await;
        assert!(refused.headers().contains_key(WWW_AUTHENTICATE), "{}", entry.name);
        let (status, body) = told(refused).await;
        assert!((400..=401).contains(&status), "{}", entry.name);
        assert!(body.get("access_token").is_none());

        let mut stranger = entry.clone();
        stranger.client.as_mut().unwrap().client_secret =
            crate::crypto::secret::SecretText::new("guessed".into());
        assert!(bench.exchange(&stranger, exchange(entry, &code)).await.status().is_client_error());
        // None of the refused attempts has spent the code: the client was not known.
        assert_eq!(bench.exchange(entry, exchange(entry, &code)).await.status(), 200, "{}", entry.name);
    }
}

#[tokio::test]
async fn a_code_is_redeemed_once_and_only_for_the_redirect_uri_it_was_asked_with() {
    let bench = Bench::start();
    for entry in &bench.entries {
        let code = bench.code(entry, Persona::Ordinary).await;
        assert_eq!(bench.exchange(entry, exchange(entry, &code)).await.status(), 200);
        let again = bench.exchange(entry, exchange(entry, &code)).await;
        assert!(again.status().is_client_error(), "{}", entry.name);

        let code = bench.code(entry, Persona::Ordinary).await;
        let elsewhere = with(exchange(entry, &code), "redirect_uri", "http://127.0.0.1:8080/");
        assert!(bench.exchange(entry, elsewhere).await.status().is_client_error(), "{}", entry.name);
        let spent = bench.exchange(entry, exchange(entry, &code)).await;
        assert!(spent.status().is_client_error(), "{}: a wrong attempt spends the code", entry.name);
    }
}

#[tokio::test]
async fn pkce_is_demanded_where_documented_and_refused_where_not() {
    let bench = Bench::start();
    for entry in &bench.entries {
        let form = async || exchange(entry, &bench.code(entry, Persona::Ordinary).await);
        let wrong = "another-verifier-of-forty-three-characters-or-more";
        let faulty = match entry.authorization.pkce {
            Pkce::None => vec![with(form().await, "code_verifier", wrong)],
            _ => vec![
                with(form().await, "code_verifier", wrong),
                with(form().await, "code_verifier", "short"),
                without(form().await, "code_verifier"),
            ],
        };
        for form in faulty {
            let refused = bench.exchange(entry, form).await;
            assert!(refused.status().is_client_error(), "{}", entry.name);
        }
    }
}

#[tokio::test]
async fn refusals_are_said_in_the_platform_s_own_words() {
    let bench = Bench::start();
    let refused = async |platform: &str| {
        let entry = bench.entry(platform);
        told(bench.exchange(entry, exchange(entry, "unknown")).await).await
    };
    let (status, plain) = refused("plain").await;
    assert_eq!((status, &plain["error"]), (400, &"invalid_grant".into()));
    let (_, tiktok) = refused("tiktok").await;
    assert!(tiktok["log_id"].is_string());
    let (_, instagram) = refused("instagram").await;
    assert_eq!((&instagram["error_type"], &instagram["code"]), (&"OAuthException".into(), &400.into()));
    let (_, facebook) = refused("facebook").await;
    assert_eq!(facebook["error"]["code"], 100);
    let (_, twitter) = refused("twitter").await;
    assert_eq!(twitter["error"], "invalid_request");
    let (_, pinterest) = refused("pinterest").await;
    assert!(pinterest["code"].is_number() && pinterest.get("error").is_none());

    let linkedin = bench.entry("linkedin");
    let form = with(exchange(linkedin, "unknown"), "code_verifier", super::visitor::VERIFIER);
    let (status, body) = told(bench.exchange(linkedin, form).await).await;
    assert_eq!((status, &body["error"]), (401, &"invalid_client".into()), "unexpected PKCE");
}

#[tokio::test]
async fn the_identity_endpoint_wants_its_token_query_headers_and_proof() {
    let bench = Bench::start();
    for entry in &bench.entries {
        let bad_token = bench.ask(entry, "unknown").await;
        assert_eq!(bad_token.status(), 401, "{}", entry.name);
        let token = bench.access_token(entry, Persona::Ordinary).await;
        for name in entry.identity.query.keys() {
            let query = &entry.identity.query;
            for bad in [without(query.clone(), name), with(query.clone(), name, "email")] {
                let answer = bench.question(entry, &token, &bad).send().await.unwrap();
                assert_eq!(answer.status(), 400, "{} {bad:?}", entry.name);
            }
        }
    }
    for platform in ["facebook", "plain"] {
        let entry = bench.entry(platform);
        let token = bench.access_token(entry, Persona::Ordinary).await;
        let naked =
            bench.http.get(with_query(&format!("{}/identity", bench.base(entry)), &entry.identity.query));
        let naked = naked.bearer_auth(&token).send().await.unwrap();
        assert_eq!(naked.status(), 400, "{platform}: without the proof of the secret, or the header");
    }
    let (_, tiktok) = told(bench.ask(bench.entry("tiktok"), "unknown").await).await;
    assert_eq!(tiktok["error"]["code"], "access_token_invalid");
}
