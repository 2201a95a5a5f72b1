//! Style sheet, script and icons: inside the executable, addressed by their content, compressed once at start.

use std::collections::HashMap;
use std::io::Write;

use actix_web::http::header::{
    ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, ETAG, HeaderValue, IF_NONE_MATCH, VARY,
};
use actix_web::{HttpRequest, HttpResponse, web};
use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use rust_embed::Embed;

use crate::web::frame::refusal::Refusal;

#[derive(Embed)]
#[folder = "static/"]
struct Static;

/// The static files under the names that pages use.
pub struct Assets {
    by_name: HashMap<String, Asset>,
    hashed: HashMap<String, String>,
}

struct Asset {
    plain: Bytes,
    /// `None` where compressing gains nothing.
    gzip: Option<Bytes>,
    media_type: &'static str,
    etag: HeaderValue,
}

impl Assets {
    pub fn new() -> Self {
        let mut assets = Self { by_name: HashMap::new(), hashed: HashMap::new() };
        for name in Static::iter() {
            let Some(file) = Static::get(&name) else { continue };
            let plain = Bytes::from(file.data.into_owned());
            let hash = blake3::hash(&plain).to_hex()[..12].to_owned();
            let (stem, extension) = name.rsplit_once('.').unwrap_or((name.as_ref(), ""));
            let hashed = format!("{stem}.{hash}.{extension}");
            let gzip = gzip(&plain).filter(|gzip| gzip.len() < plain.len());
            // A hash in quotes always fits into a header.
            let Ok(etag) = HeaderValue::try_from(format!("\"{hash}\"")) else { continue };
            let stored = Asset { plain, gzip, media_type: media_type(extension), etag };
            assets.by_name.insert(hashed.clone(), stored);
            assets.hashed.insert(name.into_owned(), hashed);
        }
        assets
    }

    /// The address of a file below the base path; it changes with the content.
    pub fn address(&self, base: &str, name: &str) -> String {
        let hashed = self.hashed.get(name).map_or(name, String::as_str);
        format!("{base}/assets/{hashed}")
    }
}

/// A file by its hashed name, or by its own name for those who cannot know the hash, such as the web manifest.
pub async fn serve(
    request: HttpRequest,
    name: web::Path<String>,
    assets: web::Data<Assets>,
) -> Result<HttpResponse, Refusal> {
    let (asset, cache) = match (assets.by_name.get(name.as_str()), assets.hashed.get(name.as_str())) {
        (Some(asset), _) => (asset, "public, max-age=31536000, immutable"),
        (None, Some(hashed)) => (assets.by_name.get(hashed).ok_or(Refusal::NotFound)?, "public, no-cache"),
        (None, None) => return Err(Refusal::NotFound),
    };
    let header = |name| request.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let mut answer =
        if header(IF_NONE_MATCH) == asset.etag { HttpResponse::NotModified() } else { HttpResponse::Ok() };
    answer
        .insert_header((CACHE_CONTROL, cache))
        .insert_header((ETAG, asset.etag.clone()))
        .insert_header((VARY, "Accept-Encoding"));
    if header(IF_NONE_MATCH) == asset.etag {
        return Ok(answer.finish());
    }
    answer.insert_header((CONTENT_TYPE, asset.media_type));
    let body = match &asset.gzip {
        Some(gzip) if header(ACCEPT_ENCODING).contains("gzip") => {
            answer.insert_header((CONTENT_ENCODING, "gzip"));
            gzip
        }
        _ => &asset.plain,
    };
    Ok(answer.body(body.clone()))
}

/// Compressed as tightly as gzip can.
pub fn gzip(plain: &[u8]) -> Option<Bytes> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(plain).ok()?;
    encoder.finish().ok().map(Bytes::from)
}

/// Compressed fast, for pages that are written anew each time.
pub fn gzip_fast(plain: &[u8]) -> Option<Bytes> {
    let mut encoder = GzEncoder::new(Vec::with_capacity(plain.len() / 4), Compression::fast());
    encoder.write_all(plain).ok()?;
    encoder.finish().ok().map(Bytes::from)
}

fn media_type(extension: &str) -> &'static str {
    match extension {
        "css" => "text/css; charset=utf-8",
        "js" => "text/javascript; charset=utf-8",
        "svg" => "image/svg+xml",
        "webmanifest" => "application/manifest+json",
        _ => "application/octet-stream",
    }
}
