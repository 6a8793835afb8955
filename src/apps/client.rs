//! The OAuth client of one flow: the operator's, or the caller's own.

use super::{AppFault, Apps};
use crate::platform::entry::{Client, Entry};
use crate::session::{ApiKeyId, AppId};

/// Who asks at the platform, and where the platform sends the browser back to.
#[derive(Clone, Debug)]
pub struct FlowClient {
    /// The registration.
    pub client: Client,
    /// What is registered there.
    pub redirect_uri: String,
}

/// Why there is no client.
#[derive(Debug, thiserror::Error)]
pub enum NoClient {
    /// The operator has no credentials at this platform.
    #[error("the platform has no credentials here")]
    NotAvailable,
    /// This key has no such app at this platform: it never had, or it was deleted.
    #[error("there is no such app")]
    Gone,
    /// It cannot be told now.
    #[error(transparent)]
    Unknown(AppFault),
}

impl Apps {
    /// The client of a flow of `key` at this platform. Who names an app gets that app or none, never the operator's.
    ///
    /// # Errors
    /// [`NoClient`], for whoever asks to decide about.
    pub async fn client_for(
        &self,
        key: ApiKeyId,
        platform: &Entry,
        app: Option<AppId>,
    ) -> Result<FlowClient, NoClient> {
        let client = match app {
            None => platform.client.clone().ok_or(NoClient::NotAvailable)?,
            Some(id) => {
                let found = self.find(key, id).await.map_err(NoClient::Unknown)?;
                let found = found.filter(|app| app.platform == platform.name).ok_or(NoClient::Gone)?;
                found.client.clone()
            }
        };
        Ok(FlowClient { client, redirect_uri: self.redirect_uri(&platform.name, app) })
    }
}
