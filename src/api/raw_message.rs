//! One message as it was written, for downloading (an extension).

use actix_web::http::header::{CONTENT_DISPOSITION, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderValue};
use actix_web::{HttpRequest, HttpResponse, web};

use crate::api::guards::ChannelReader;
use crate::api::messages::sequence;
use crate::http::disposition::Disposition;
use crate::http::failure::Failure;
use crate::service::messages::Messages;

/// The payload with its own content type. Whatever it is, a browser only saves it and runs nothing in it.
pub(super) async fn download(
    reader: ChannelReader,
    request: HttpRequest,
    messages: web::Data<Messages>,
) -> Result<HttpResponse, Failure> {
    let sequence = sequence(&request).ok_or_else(|| Failure::not_found("There is no such message"))?;
    let message = messages.get(&reader.0, sequence)?;
    let content_type = HeaderValue::from_str(message.content_type.as_str())
        .unwrap_or(HeaderValue::from_static("application/octet-stream"));
    let disposition = Disposition::Attachment.named(&format!("message-{sequence}"));
    Ok(HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, content_type))
        .insert_header((CONTENT_DISPOSITION, disposition))
        .insert_header((CONTENT_SECURITY_POLICY, "default-src 'none'; sandbox"))
        .body(message.payload.as_bytes().clone()))
}
