//! Forms with files in them: read part by part, each bounded, and all of them together.

use actix_multipart::{Field, Multipart, MultipartError};
use actix_web::http::StatusCode;
use actix_web::{HttpRequest, web};
use bytes::Bytes;
use futures_util::TryStreamExt;

use crate::http::body::{BodyLimits, append};
use crate::http::failure::Failure;
use crate::http::gathered::Gathered;

/// What parts may hold. Time and room are those of a body.
pub struct PartLimits {
    pub parts: usize,
    /// Bytes of a part that is no file.
    pub text_bytes: usize,
    /// Bytes of a part that is a file.
    pub file_bytes: usize,
    /// Bytes of all together.
    pub all_bytes: usize,
    pub body: BodyLimits,
}

/// One field of a form.
pub struct Part {
    pub field: String,
    /// `None` for text that was typed in.
    pub file: Option<File>,
    /// `None` for one that is too long. What is behind it still comes.
    pub bytes: Option<Bytes>,
}

/// What a browser says of a file.
#[derive(Debug, Clone)]
pub struct File {
    pub name: String,
    pub content_type: String,
}

/// The parts that came.
#[derive(Default)]
pub struct Parts {
    pub list: Vec<Part>,
    /// Why no more of them came.
    pub failure: Option<Failure>,
}

/// Reads the parts until all are there or one reason is against more. Those before it count: what somebody typed in comes
/// before the files, and must not be lost with them.
pub async fn read(request: &HttpRequest, payload: web::Payload, limits: &PartLimits) -> Parts {
    let mut list = Vec::new();
    let reading = collect(Multipart::new(request.headers(), payload), limits, &mut list);
    let failure = match tokio::time::timeout(limits.body.timeout, reading).await {
        Ok(read) => read.err(),
        Err(_elapsed) => Some(Failure::new(
            StatusCode::REQUEST_TIMEOUT,
            "The form did not arrive in time; nothing was stored",
        )),
    };
    Parts { list, failure }
}

async fn collect(mut parts: Multipart, limits: &PartLimits, list: &mut Vec<Part>) -> Result<(), Failure> {
    let mut left = limits.all_bytes;
    while let Some(mut part) = parts.try_next().await.map_err(broken_off)? {
        if list.len() == limits.parts {
            return Err(Failure::bad_request(format!("A form has at most {} parts", limits.parts)));
        }
        let file = part.content_disposition().and_then(|disposition| disposition.get_filename());
        let file = file.map(|name| File {
            name: name.to_owned(),
            content_type: part.content_type().map(ToString::to_string).unwrap_or_default(),
        });
        let most = if file.is_some() { limits.file_bytes } else { limits.text_bytes };
        let bytes = gather(&mut part, most, &mut left, limits).await?;
        list.push(Part { field: part.name().unwrap_or_default().to_owned(), file, bytes });
    }
    Ok(())
}

/// A part to its end. One that gets too long gives its memory back, and the rest of it passes by.
async fn gather(
    part: &mut Field,
    most: usize,
    left: &mut usize,
    limits: &PartLimits,
) -> Result<Option<Bytes>, Failure> {
    let no_memory = |_| Failure::no_room();
    let limit = BodyLimits { bytes: most, ..limits.body.clone() };
    let mut gathered = Some((Gathered::new(most).map_err(no_memory)?, limit.room.share(most)));
    while let Some(chunk) = part.try_next().await.map_err(broken_off)? {
        *left = left.checked_sub(chunk.len()).ok_or_else(|| Failure::too_large(limits.all_bytes))?;
        if let Some((body, share)) = &mut gathered {
            if body.as_ref().len() + chunk.len() > most {
                gathered = None;
            } else {
                append(body, &chunk, share, &limit).await?;
            }
        }
    }
    Ok(gathered.map(|(body, share)| share.hold(body)))
}

fn broken_off(_: MultipartError) -> Failure {
    Failure::bad_request("The form broke off; nothing was stored")
}
