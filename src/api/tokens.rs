//! A channel's tokens.

use actix_web::{HttpRequest, HttpResponse, web};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::json as value;

use crate::api::guards::{AccountOwner, channel};
use crate::api::json::{self, Members};
use crate::api::query::Query;
use crate::auth::error::AuthError;
use crate::domain::id::TokenId;
use crate::domain::secret::BearerToken;
use crate::domain::time::{Clock, Timestamp};
use crate::domain::token::{ApiToken, Description, History, MAX_DESCRIPTION_CHARS, NewToken, Permissions};
use crate::http::body::BodyLimits;
use crate::http::failure::Failure;
use crate::service::channels::Channels;
use crate::service::tokens::Tokens;

#[derive(Serialize, JsonSchema)]
#[schemars(rename = "Token")]
pub(super) struct TokenJson<'a> {
    /// A string, because the iOS client decodes nothing else.
    id: String,
    token: &'a str,
    description: &'a str,
    can_read: bool,
    can_write: bool,
    /// Only where it is false: clients of the reference know nothing of it.
    #[serde(skip_serializing_if = "Option::is_none")]
    can_delete: Option<bool>,
    /// Only where it ends by itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    expires_at: Option<String>,
}

impl<'a> From<&'a ApiToken> for TokenJson<'a> {
    fn from(token: &'a ApiToken) -> Self {
        Self {
            id: token.id.to_string(),
            token: token.secret.expose(),
            description: &token.description,
            can_read: token.permissions.read,
            can_write: token.permissions.write,
            can_delete: (!token.permissions.delete).then_some(false),
            expires_at: token.expires.map(|expires| expires.to_string()),
        }
    }
}

pub(super) async fn issue(
    owner: AccountOwner,
    request: HttpRequest,
    body: web::Payload,
    limits: web::Data<BodyLimits>,
    channels: web::Data<Channels>,
    tokens: web::Data<Tokens>,
    clock: web::Data<dyn Clock>,
) -> Result<HttpResponse, Failure> {
    let id = channel(&request)?;
    // Whose channel it is comes before what is wrong with the body.
    channels.require(&owner.0, &id)?;
    let new = json::read(&request, body, &limits, |members| new_token(members, clock.now())).await?;
    let issued = tokens.issue(&owner.0, &id, new).await?;
    Ok(json::answer(&TokenJson::from(&issued)))
}

/// All unrevoked tokens, or with `?token=` the one with that secret, in an array as well.
pub(super) async fn list(
    owner: AccountOwner,
    request: HttpRequest,
    tokens: web::Data<Tokens>,
) -> Result<HttpResponse, Failure> {
    let id = channel(&request)?;
    let query = Query::new(request.query_string());
    let found = match query.get("token") {
        Some(secret) => vec![tokens.find_by_secret(&owner.0, &id, BearerToken::new(secret)).await?],
        None => tokens.list(&owner.0, &id).await?,
    };
    Ok(json::answer(&found.iter().map(TokenJson::from).collect::<Vec<_>>()))
}

pub(super) async fn get(
    owner: AccountOwner,
    request: HttpRequest,
    tokens: web::Data<Tokens>,
) -> Result<HttpResponse, Failure> {
    let found = tokens.get(&owner.0, &channel(&request)?, token_id(&request)?).await?;
    Ok(json::answer(&TokenJson::from(&found)))
}

pub(super) async fn revoke(
    owner: AccountOwner,
    request: HttpRequest,
    tokens: web::Data<Tokens>,
) -> Result<HttpResponse, Failure> {
    tokens.revoke(&owner.0, &channel(&request)?, token_id(&request)?).await?;
    Ok(HttpResponse::NoContent().finish())
}

pub(super) fn new_token(members: &mut Members, now: Timestamp) -> Option<NewToken> {
    let text = members.text("description").unwrap_or_default();
    members.note_limits(
        "description",
        || value!({ "minLength": 1, "maxLength": MAX_DESCRIPTION_CHARS, "pattern": "\\S" }),
    );
    let permissions = Permissions {
        read: members.flag("can_read"),
        write: members.flag("can_write"),
        // An extension: in the reference every writer deletes.
        delete: members.flag_or("can_delete", true),
    };
    // An extension: the reference knows only the hidden history.
    let history = if members.flag("history") { History::Included } else { History::Hidden };
    // An extension: in the reference a token ends by hand only.
    let end = members.text("expires_at");
    members.note_limits("expires_at", || value!({ "format": "date-time" }));
    let expires = end.map(|text| Timestamp::parse(&text).filter(|end| *end > now));
    if expires == Some(None) {
        members.reject("expires_at", "The value must be a time to come, as RFC 3339 writes it");
    }
    let description = Description::new(&text);
    if let Err(reason) = &description {
        members.reject("description", reason.to_string());
    }
    Some(NewToken { description: description.ok()?, permissions, history, expires: expires.flatten() })
}

/// A text that is no integer is a token that does not exist: 403, as in the reference.
fn token_id(request: &HttpRequest) -> Result<TokenId, AuthError> {
    let id = request.match_info().get("token").and_then(|text| text.parse().ok());
    id.ok_or(AuthError::Forbidden)
}
