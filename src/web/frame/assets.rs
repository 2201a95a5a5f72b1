//! Style sheet, scripts and icons: inside the executable, below one address that changes with any of them, compressed
//! once at start.

use std::collections::BTreeMap;
use std::io::Write;

use actix_web::http::header::{
    ACCESS_CONTROL_ALLOW_ORIGIN, AcceptEncoding, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE,
    CROSS_ORIGIN_RESOURCE_POLICY, ETAG, Encoding, EntityTag, Header, HeaderValue, IfNoneMatch, VARY,
};
use actix_web::{HttpRequest, HttpResponse, web};
use bytes::Bytes;
use flate2::write::GzEncoder;
use flate2::{Compression, GzBuilder};

use crate::auth::csrf;
use crate::web::frame::client_module;
use crate::web::frame::refusal::Refusal;
use crate::web::frame::source::{Static, served};

/// The files of `static/style/`, each a cascade layer of its name. Of two rules the one in the later layer holds.
const LAYERS: [&str; 13] = [
    "tokens",
    "base",
    "controls",
    "parts",
    "shell",
    "inbox",
    "message",
    "talk",
    "channels",
    "gate",
    "guest",
    "keys",
    "conditions",
];

/// What browser developers import, and its types, for pages of any origin: at addresses that stay.
const CLIENT: &str = "client.js";
const CLIENT_TYPES: &str = "client.d.ts";

/// How long such a file may be kept: whoever develops against a server that is upgraded sees it within the hour.
const FOR_AN_HOUR: &str = "public, max-age=3600";
const FOR_EVER: &str = "public, max-age=31536000, immutable";

/// The static files under the names that pages use, `style.css` for all layers.
pub struct Assets {
    files: BTreeMap<String, Asset>,
    /// What all files together are, as a part of their addresses. With it, the imports of a script are relative, and a
    /// page never mixes files of two versions.
    version: String,
}

struct Asset {
    plain: Bytes,
    /// `None` where compressing gains nothing.
    gzip: Option<Bytes>,
    media_type: &'static str,
}

impl Assets {
    /// Reads, joins and compresses them all.
    pub fn new() -> Self {
        let mut files: BTreeMap<String, Asset> = Static::iter()
            .filter(|name| !name.starts_with("style/"))
            .map(|name| (name.to_string(), Asset::new(&name, served(&name))))
            .collect();
        let layers = LAYERS.map(|layer| {
            let rules = served(&format!("style/{layer}.css"));
            format!("@layer {layer} {{\n{}}}\n", String::from_utf8_lossy(&rules))
        });
        files.insert("style.css".to_owned(), Asset::new("style.css", layers.concat().into_bytes()));
        files.insert(CLIENT.to_owned(), Asset::new(CLIENT, client_module::joined().into_bytes()));
        let mut hasher = blake3::Hasher::new();
        for (name, asset) in &files {
            for part in [name.as_bytes(), &asset.plain] {
                hasher.update(&(part.len() as u64).to_le_bytes()).update(part);
            }
        }
        Self { files, version: hasher.finalize().to_hex()[..12].to_owned() }
    }

    /// The address of a file below the base path.
    pub fn address(&self, base: &str, name: &str) -> String {
        format!("{}/{name}", self.folder(base))
    }

    /// The folder of all addresses.
    pub fn folder(&self, base: &str) -> String {
        format!("{base}/assets/{}", self.version)
    }

    /// The addresses of the scripts that every page has: told to the browser at once, so that it need not find one import after the other.
    pub fn scripts(&self, base: &str) -> Vec<String> {
        self.files.keys().filter(|name| is_on_every_page(name)).map(|name| self.address(base, name)).collect()
    }
}

/// Scripts in a folder belong to the pages that need them, which name its `main.mjs`, or are shared by such folders.
fn is_on_every_page(name: &str) -> bool {
    name.strip_prefix("script/").is_some_and(|name| !name.contains('/'))
}

impl Asset {
    fn new(name: &str, plain: Vec<u8>) -> Self {
        let plain = Bytes::from(plain);
        let gzip = gzip(&plain).filter(|gzip| gzip.len() < plain.len());
        let (_, extension) = name.rsplit_once('.').unwrap_or((name, ""));
        Self { plain, gzip, media_type: media_type(extension) }
    }
}

/// A file of this version, which a browser may keep for ever. There is no other: a page loads all it needs at once, and
/// one that was made before an upgrade has it already.
pub async fn serve(
    request: HttpRequest,
    path: web::Path<(String, String)>,
    assets: web::Data<Assets>,
) -> Result<HttpResponse, Refusal> {
    let (version, name) = path.into_inner();
    if version != assets.version {
        return Err(Refusal::NotFound);
    }
    assets.answer(&request, &name, FOR_EVER)
}

/// What developers import.
pub async fn client(request: HttpRequest, assets: web::Data<Assets>) -> Result<HttpResponse, Refusal> {
    assets.answer_to_all(&request, CLIENT)
}

/// The types of that.
pub async fn client_types(request: HttpRequest, assets: web::Data<Assets>) -> Result<HttpResponse, Refusal> {
    assets.answer_to_all(&request, CLIENT_TYPES)
}

impl Assets {
    /// Pages of other origins get it too.
    fn answer_to_all(&self, request: &HttpRequest, name: &str) -> Result<HttpResponse, Refusal> {
        let mut answer = self.answer(request, name, FOR_AN_HOUR)?;
        answer.headers_mut().insert(ACCESS_CONTROL_ALLOW_ORIGIN, HeaderValue::from_static("*"));
        answer.headers_mut().insert(CROSS_ORIGIN_RESOURCE_POLICY, HeaderValue::from_static("cross-origin"));
        Ok(answer)
    }

    fn answer(&self, request: &HttpRequest, name: &str, kept: &'static str) -> Result<HttpResponse, Refusal> {
        let asset = self.files.get(name).ok_or(Refusal::NotFound)?;
        // Weak, because it is the same for both encodings.
        let etag = EntityTag::new_weak(self.version.clone());
        Ok(asset.answer(request, etag, kept))
    }
}

impl Asset {
    fn answer(&self, request: &HttpRequest, etag: EntityTag, kept: &'static str) -> HttpResponse {
        let known = match IfNoneMatch::parse(request) {
            Ok(IfNoneMatch::Any) => true,
            Ok(IfNoneMatch::Items(tags)) => tags.iter().any(|tag| tag.weak_eq(&etag)),
            Err(_) => false,
        };
        let mut answer = if known { HttpResponse::NotModified() } else { HttpResponse::Ok() };
        answer
            .insert_header((CACHE_CONTROL, kept))
            .insert_header((ETAG, etag))
            .insert_header((VARY, "Accept-Encoding"));
        if known {
            return answer.finish();
        }
        answer.insert_header((CONTENT_TYPE, self.media_type));
        let body = match &self.gzip {
            Some(gzip) if takes_gzip(request) => {
                answer.insert_header((CONTENT_ENCODING, "gzip"));
                gzip
            }
            _ => &self.plain,
        };
        answer.body(body.clone())
    }
}

/// Whether an answer to this request may be compressed.
pub fn takes_gzip(request: &HttpRequest) -> bool {
    AcceptEncoding::parse(request)
        .is_ok_and(|accepted| accepted.negotiate([Encoding::gzip()].iter()) == Some(Encoding::gzip()))
}

/// Compressed as tightly as gzip can.
pub fn gzip(plain: &[u8]) -> Option<Bytes> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(plain).ok()?;
    encoder.finish().ok().map(Bytes::from)
}

/// Compressed fast, for pages that are written anew each time. What they hold beside the words of others is hard to guess
/// from how long they are on the wire (BREACH): a name of random length, which nobody reads, goes before them.
pub fn gzip_fast(plain: &[u8]) -> Option<Bytes> {
    let name = vec![b'-'; csrf::padding()];
    let room = Vec::with_capacity(plain.len() / 4);
    let mut encoder = GzBuilder::new().filename(name).write(room, Compression::fast());
    encoder.write_all(plain).ok()?;
    encoder.finish().ok().map(Bytes::from)
}

fn media_type(extension: &str) -> &'static str {
    match extension {
        "css" => "text/css; charset=utf-8",
        "js" | "mjs" => "text/javascript; charset=utf-8",
        "ts" => "application/typescript; charset=utf-8",
        "svg" => "image/svg+xml",
        "png" => "image/png",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::io::Read;

    use flate2::read::GzDecoder;

    use super::*;

    #[test]
    fn every_file_of_the_style_is_a_layer_and_every_layer_a_file() {
        let mut files: Vec<_> =
            Static::iter().filter_map(|name| Some(name.strip_prefix("style/")?.to_owned())).collect();
        let mut layers = LAYERS.map(|layer| format!("{layer}.css"));
        files.sort();
        layers.sort();
        assert_eq!(files, layers);
    }

    #[test]
    fn a_page_is_not_always_as_long_on_the_wire() {
        let page = b"<p>what others wrote beside a secret</p>".repeat(100);
        let mut lengths = BTreeSet::new();
        for _ in 0..50 {
            let sent = gzip_fast(&page).expect("room");
            let mut read = Vec::new();
            GzDecoder::new(&*sent).read_to_end(&mut read).expect("gzip");
            assert!(read == page);
            lengths.insert(sent.len());
        }
        assert!(lengths.len() > 10, "{lengths:?}");
    }

    #[test]
    fn what_a_browser_loads_is_small() {
        let assets = Assets::new();
        let sent = |of: fn(&str) -> bool| -> usize {
            let files = assets.files.iter().filter(|(name, _)| of(name));
            files.map(|(_, asset)| asset.gzip.as_ref().unwrap_or(&asset.plain).len()).sum()
        };
        let on_every_page = sent(is_on_every_page);
        assert!((1_000..10_000).contains(&on_every_page), "{on_every_page} bytes of scripts");
        let conversation = sent(|name| name.starts_with("script/conversation/"));
        assert!((1_000..11_000).contains(&conversation), "{conversation} bytes of scripts for conversations");
        let writing = sent(|name| name.starts_with("script/writing/"));
        assert!((500..1_500).contains(&writing), "{writing} bytes of scripts for long forms");
        let inbox = sent(|name| name.starts_with("script/inbox/"));
        assert!((1_000..5_000).contains(&inbox), "{inbox} bytes of scripts for the inbox");
        let guest = sent(|name| {
            let mine = ["calls", "news"].map(|file| format!("script/client/{file}.mjs"));
            let all = ["script/guest/", "script/letters/", "script/sealing/"];
            all.iter().any(|one| name.starts_with(one)) || mine.iter().any(|one| name == one)
        });
        assert!((1_000..24_000).contains(&guest), "{guest} bytes of scripts for a counterparty");
        let client = sent(|name| name == CLIENT);
        assert!((1_000..12_000).contains(&client), "{client} bytes for developers");
        let sealed = sent(|name| name.starts_with("script/sealed/"));
        assert!((1_000..13_000).contains(&sealed), "{sealed} bytes of scripts where something is sealed");
        let style = sent(|name| name.starts_with("style"));
        assert!((1_000..14_000).contains(&style), "{style} bytes of style");
    }
}
