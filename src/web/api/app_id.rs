//! `app_id` in a request: which of the caller's own apps is to be used.

use super::fields::Fields;
use crate::apps::Apps;
use crate::error::Problem;
use crate::keys::ApiKey;
use crate::platform::Platform;
use crate::session::AppId;

/// Of this key and of this platform; where the platform is at fault, that is told and this is not.
pub(super) async fn find_app(
    fields: &mut Fields,
    apps: &Apps,
    key: &ApiKey,
    platform: Option<&Platform>,
) -> Result<Option<AppId>, Problem> {
    let Some(text) = fields.text("app_id") else { return Ok(None) };
    let found = match AppId::parse(&text) {
        None => None,
        Some(id) => apps.find(key.id, id).await.map_err(|fault| {
            tracing::error!(%fault, "an app cannot be looked up");
            Problem::store_unavailable()
        })?,
    };
    match &found {
        None => fields.fault("app_id", "is not one of this key's own apps; GET /v1/apps lists them"),
        Some(app) if platform.is_some_and(|platform| platform.entry().name != app.platform) => {
            fields.fault("app_id", "is an app of another platform");
        }
        Some(_) => {}
    }
    Ok(found.map(|app| app.id))
}
