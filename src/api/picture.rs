//! The picture that whoever comes to a channel sees. Ours.

use actix_web::http::header::{CONTENT_SECURITY_POLICY, CONTENT_TYPE};
use actix_web::{HttpResponse, web};

use crate::api::guards::ChannelVisitor;
use crate::http::failure::Failure;
use crate::service::receptions::Receptions;

/// For whoever may read or write, with a token or without one.
pub(super) async fn get(
    visitor: ChannelVisitor,
    receptions: web::Data<Receptions>,
) -> Result<HttpResponse, Failure> {
    let picture = receptions.picture(&visitor.0).await?;
    let picture = picture.ok_or_else(|| Failure::not_found("This channel shows no picture"))?;
    Ok(HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, picture.content_type()))
        .insert_header((CONTENT_SECURITY_POLICY, "default-src 'none'; sandbox"))
        .body(picture.into_bytes()))
}
