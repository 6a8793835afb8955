//! The members of a request about an app become typed values, or faults, all at once.

use super::body::Members;
use super::fields::Fields;
use crate::apps::{AppChange, ClientId, ClientSecret, NewApp};
use crate::error::{Code, FieldFault, Problem};
use crate::flow::Flow;
use crate::keys::{KeyFault, is_good_name};

/// The members of a new app, for the description of the API; [`parse_new`] is what reads them.
#[derive(utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "described and never made")]
pub(in crate::web) struct AppRequest {
    /// Where the app is registered: a name that the list of platforms gives.
    #[schema(schema_with = super::new_session::platforms)]
    platform: String,
    /// For yourself. No blanks around it, no control or formatting characters.
    #[schema(min_length = 1, max_length = 60)]
    name: String,
    /// As the platform shows it.
    #[schema(min_length = 1, max_length = 512, pattern = "^[!-~]+$")]
    client_id: String,
    /// As the platform shows it. Sealed, and never given back.
    #[schema(format = "password", min_length = 1, max_length = 2048, pattern = "^[!-~]([ -~]*[!-~])?$")]
    client_secret: String,
}

/// The members of a change, for the description of the API; [`parse_change`] is what reads them.
#[derive(utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "described and never made")]
pub(in crate::web) struct AppPatch {
    /// Another name.
    #[schema(required = false, min_length = 1, max_length = 60)]
    name: String,
    /// Another secret of the same client id: used from the next token request on.
    #[schema(
        required = false,
        format = "password",
        min_length = 1,
        max_length = 2048,
        pattern = "^[!-~]([ -~]*[!-~])?$"
    )]
    client_secret: String,
}

/// What an app is for as long as it exists.
const IMMUTABLE: [&str; 2] = ["platform", "client_id"];

/// Reads a new app.
pub(in crate::web) fn parse_new(members: Members, flow: &Flow) -> Result<NewApp, Problem> {
    let mut fields = Fields::new(members);
    let platform = fields.text("platform");
    let platform = platform.and_then(|text| super::new_session::find_platform(&mut fields, &text, flow));
    let name = fields.parsed("name", KeyFault::NAME_RULE, good_name);
    let client_id = fields.parsed("client_id", ClientId::RULE, ClientId::parse);
    let client_secret = fields.parsed("client_secret", ClientSecret::RULE, ClientSecret::parse);
    if let (Some(platform), Some(client_id)) = (&platform, &client_id)
        && client_id.is_operators(platform.entry())
    {
        fields.fault("client_id", ClientId::OPERATORS);
    }
    let known = ["platform", "name", "client_id", "client_secret"];
    for field in known {
        fields.required(field);
    }
    fields.finish(&known)?;
    let (Some(platform), Some(name), Some(client_id), Some(client_secret)) =
        (platform, name, client_id, client_secret)
    else {
        return Err(Problem::invalid(Vec::new()));
    };
    Ok(NewApp { platform: platform.entry().name.clone(), name, client_id, client_secret })
}

/// Reads a change. Naming what never changes is refused before everything else, even with the value it has.
pub(in crate::web) fn parse_change(members: Members) -> Result<AppChange, Problem> {
    let mut fields = Fields::new(members);
    let immutable: Vec<FieldFault> = IMMUTABLE
        .into_iter()
        .filter(|name| fields.has(name))
        .map(|name| FieldFault::new(name, "never changes; make another app, and leave this one out here"))
        .collect();
    if !immutable.is_empty() {
        let detail = "An app stays with its platform and client id: proofs of one app and of another may carry \
                      different ids of the same account. Make another app.";
        return Err(Problem { fields: immutable, ..Problem::new(Code::ImmutableField, detail) });
    }
    let change = AppChange {
        name: fields.parsed("name", KeyFault::NAME_RULE, good_name),
        client_secret: fields.parsed("client_secret", ClientSecret::RULE, ClientSecret::parse),
    };
    fields.finish(&["name", "client_secret"])?;
    Ok(change)
}

fn good_name(text: &str) -> Option<String> {
    is_good_name(text).then(|| text.to_owned())
}
