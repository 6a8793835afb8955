//! The one call to handleproof: make a session, get the link.

use std::error::Error;
use std::time::Duration;

use reqwest::Client;
use serde::Deserialize;
use serde_json::json;

use crate::settings::Settings;

pub(crate) struct Service {
    client: Client,
    sessions: String,
    api_key: String,
}

#[derive(Deserialize)]
struct Created {
    authorize_url: String,
}

impl Service {
    pub(crate) fn new(settings: &Settings) -> Result<Self, Box<dyn Error>> {
        let client = Client::builder()
            .timeout(Duration::from_secs(10))
            // The key is for the service alone: nobody may send this request on.
            .redirect(reqwest::redirect::Policy::none())
            .build()?;
        let sessions = settings.service_url.join("/api/oauth/delegate/sessions")?.into();
        Ok(Self { client, sessions, api_key: settings.api_key.clone() })
    }

    /// The link at which the browser begins. It works once.
    pub(crate) async fn begin(
        &self,
        platform: &str,
        state: &str,
        callback_url: &str,
    ) -> Result<String, reqwest::Error> {
        let body = json!({ "platform": platform, "state": state, "callback_url": callback_url });
        let sent = self.client.post(&self.sessions).bearer_auth(&self.api_key).json(&body).send().await?;
        let created: Created = sent.error_for_status()?.json().await?;
        Ok(created.authorize_url)
    }
}
