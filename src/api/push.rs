//! Push registrations.

use actix_web::http::StatusCode;
use actix_web::{HttpRequest, HttpResponse, web};
use percent_encoding::percent_decode_str;
use serde_json::json as value;

use crate::api::guards::{TokenBearer, by_device, verify_if_presented};
use crate::api::json::{self, Members};
use crate::api::query::Query;
use crate::auth::error::AuthError;
use crate::domain::id::ChannelId;
use crate::http::body::BodyLimits;
use crate::http::failure::Failure;
use crate::service::push::Push;

/// The longest device token; those of today's push services have some 200 characters.
const LONGEST_DEVICE: usize = 4096;

/// Any token that may do something in its channel may hear of it, not only those that write.
pub(super) async fn register(
    bearer: TokenBearer,
    request: HttpRequest,
    body: web::Payload,
    limits: web::Data<BodyLimits>,
    push: web::Data<Push>,
) -> Result<HttpResponse, Failure> {
    if !bearer.0.may_read_or_write() {
        return Err(AuthError::Unauthenticated.into());
    }
    let registered = json::read(&request, body, &limits, device).await?;
    push.register(&bearer.0, registered).await?;
    Ok(HttpResponse::Ok().finish())
}

/// Served without credentials, as existing clients call it: knowing the old device token is the permission.
pub(super) async fn rename(
    request: HttpRequest,
    body: web::Payload,
    limits: web::Data<BodyLimits>,
    push: web::Data<Push>,
) -> Result<HttpResponse, Failure> {
    verify_if_presented(&request)?;
    let old = device_of_path(&request)?;
    let new = json::read(&request, body, &limits.for_a_stranger(), device).await?;
    by_device(&request, push.move_device(old, new)).await?;
    Ok(HttpResponse::Ok().finish())
}

/// Likewise; with `?channelId=` only that channel's registration goes.
pub(super) async fn forget(request: HttpRequest, push: web::Data<Push>) -> Result<HttpResponse, Failure> {
    verify_if_presented(&request)?;
    let query = Query::new(request.query_string());
    let channel = query.get("channelId").map(str::parse::<ChannelId>).transpose();
    let channel =
        channel.map_err(|_| Failure::invalid_field("channelId", "The value is not a channel id"))?;
    by_device(&request, push.remove(device_of_path(&request)?, channel)).await?;
    Ok(HttpResponse::NoContent().finish())
}

pub(super) fn device(members: &mut Members) -> Option<String> {
    let device = members.text("token").unwrap_or_default();
    members.note_limits("token", || value!({ "minLength": 1, "maxLength": LONGEST_DEVICE }));
    if device.is_empty() {
        members.reject("token", "The device token is missing or empty");
    } else if device.len() > LONGEST_DEVICE {
        members.reject("token", "The device token is longer than 4096 bytes");
    } else {
        return Some(device);
    }
    None
}

fn device_of_path(request: &HttpRequest) -> Result<String, Failure> {
    let text = request.match_info().get("device").unwrap_or_default();
    let device = percent_decode_str(text).decode_utf8();
    device.map(std::borrow::Cow::into_owned).map_err(|_| Failure::silent(StatusCode::UNAUTHORIZED))
}
