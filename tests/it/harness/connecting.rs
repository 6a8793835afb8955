//! Connects as a caller's server makes them: begin, let the user consent, hand the code in.

use reqwest::Method;
use serde_json::{Value, json};
use url::Url;

use super::{Answer, Browser, HostilePlatform, Service};

/// The caller's own redirect URI.
pub const BACK: &str = "https://app.example.com/oauth/back";

/// A connect, begun.
#[derive(Clone, Debug)]
pub struct Begun {
    pub platform: String,
    pub auth_url: String,
    pub state: String,
}

impl Service {
    /// `GET /v1/connect/{platform}` with these parameters and no others.
    pub async fn start_connect_with(&self, api_key: &str, platform: &str, params: &[(&str, &str)]) -> Answer {
        let query = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(params).finish();
        let path = format!("/v1/connect/{platform}?{query}");
        Answer::of(self.request(Method::GET, &path).bearer_auth(api_key)).await
    }

    /// A connect of the service's own key, with the usual redirect URI.
    pub async fn start_connect(&self, platform: &str) -> Begun {
        self.start_connect_for(platform, &[]).await
    }

    pub async fn start_connect_for(&self, platform: &str, more: &[(&str, &str)]) -> Begun {
        let params = [&[("redirect_uri", BACK)], more].concat();
        Begun::of(platform, &self.start_connect_with(&self.key.api_key, platform, &params).await)
    }

    /// `POST /v1/connect/{platform}`.
    pub async fn post_connect(&self, api_key: &str, platform: &str, body: &Value) -> Answer {
        let path = format!("/v1/connect/{platform}");
        Answer::of(self.request(Method::POST, &path).bearer_auth(api_key).json(body)).await
    }

    /// Hands a code in as the caller that began it.
    pub async fn finish_connect(&self, begun: &Begun, code: &str) -> Answer {
        self.post_connect(&self.key.api_key, &begun.platform, &begun.body(code)).await
    }

    /// A whole connect at the sandbox, as `persona`.
    pub async fn connect_as(&self, platform: &str, persona: &str, more: &[(&str, &str)]) -> Value {
        let begun = self.start_connect_for(platform, more).await;
        let code = begun.code_as(persona).await;
        let answer = self.finish_connect(&begun, &code).await;
        assert_eq!(answer.status, 201, "{platform} {}", answer.text());
        answer.json()
    }

    pub async fn redeem(&self, api_key: &str, proof: &Value) -> Answer {
        let request = self.request(Method::POST, "/api/oauth/delegate/proofs/redeem");
        Answer::of(request.bearer_auth(api_key).json(proof)).await
    }
}

impl Begun {
    #[track_caller]
    pub fn of(platform: &str, answer: &Answer) -> Self {
        assert_eq!(answer.status, 200, "{}", answer.text());
        let document = answer.json();
        assert_eq!(document["expires_in"], 600);
        let text = |name: &str| document[name].as_str().unwrap().to_owned();
        Self { platform: platform.to_owned(), auth_url: text("auth_url"), state: text("state") }
    }

    pub fn body(&self, code: &str) -> Value {
        json!({"code": code, "state": self.state, "redirect_uri": BACK})
    }

    /// The code that the hostile platform gives the user's browser.
    pub fn code_at(&self, platform: &HostilePlatform) -> String {
        self.code_in(&platform.consent(&self.auth_url))
    }

    /// The code that the sandbox gives the user's browser.
    pub async fn code_as(&self, persona: &str) -> String {
        self.code_in(&Browser::new().answer_as(&self.auth_url, persona).await)
    }

    /// What the caller's own page at the redirect URI reads.
    fn code_in(&self, back: &str) -> String {
        let back = Url::parse(back).unwrap();
        assert!(back.as_str().starts_with(BACK), "{back}");
        let value =
            |wanted: &str| back.query_pairs().find(|(name, _)| name == wanted).unwrap().1.into_owned();
        assert_eq!(value("state"), self.state);
        value("code")
    }
}
