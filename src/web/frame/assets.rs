//! Style sheet, scripts and icons: inside the executable, below one address that changes with any of them, compressed
//! once at start.

use std::collections::BTreeMap;
use std::io::Write;

use actix_web::http::header::{
    AcceptEncoding, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_TYPE, ETAG, Encoding, EntityTag, Header,
    IfNoneMatch, VARY,
};
use actix_web::{HttpRequest, HttpResponse, web};
use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use rust_embed::Embed;

use crate::web::frame::refusal::Refusal;

/// Everything in `static/`, as it was when the program was built.
#[derive(Embed)]
#[folder = "static/"]
pub(super) struct Static;

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

/// A file as browsers get it; empty where there is none of that name.
pub(super) fn served(name: &str) -> Vec<u8> {
    let bytes = Static::get(name).map(|file| file.data.into_owned()).unwrap_or_default();
    match String::from_utf8(bytes) {
        Ok(script) if name.rsplit('.').next() == Some("mjs") => without_comments(&script).into_bytes(),
        Ok(text) => text.into_bytes(),
        Err(other) => other.into_bytes(),
    }
}

/// A script without its comments, a third of what would be sent. It has as many lines as in the source, so that a browser
/// tells the right one. Comments have lines of their own.
fn without_comments(script: &str) -> String {
    let mut is_within = false;
    let mut bare = String::with_capacity(script.len());
    for line in script.lines() {
        let begins = line.trim_start();
        if is_within || begins.starts_with("/**") {
            is_within = !line.contains("*/");
        } else if !begins.starts_with("//") {
            bare.push_str(line);
        }
        bare.push('\n');
    }
    bare
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
    let asset = assets.files.get(&name).filter(|_| version == assets.version).ok_or(Refusal::NotFound)?;
    // Weak, because it is the same for both encodings.
    let etag = EntityTag::new_weak(version);
    let known = match IfNoneMatch::parse(&request) {
        Ok(IfNoneMatch::Any) => true,
        Ok(IfNoneMatch::Items(tags)) => tags.iter().any(|tag| tag.weak_eq(&etag)),
        Err(_) => false,
    };
    let mut answer = if known { HttpResponse::NotModified() } else { HttpResponse::Ok() };
    answer
        .insert_header((CACHE_CONTROL, "public, max-age=31536000, immutable"))
        .insert_header((ETAG, etag))
        .insert_header((VARY, "Accept-Encoding"));
    if known {
        return Ok(answer.finish());
    }
    answer.insert_header((CONTENT_TYPE, asset.media_type));
    let body = match &asset.gzip {
        Some(gzip) if takes_gzip(&request) => {
            answer.insert_header((CONTENT_ENCODING, "gzip"));
            gzip
        }
        _ => &asset.plain,
    };
    Ok(answer.body(body.clone()))
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

/// Compressed fast, for pages that are written anew each time.
pub fn gzip_fast(plain: &[u8]) -> Option<Bytes> {
    let mut encoder = GzEncoder::new(Vec::with_capacity(plain.len() / 4), Compression::fast());
    encoder.write_all(plain).ok()?;
    encoder.finish().ok().map(Bytes::from)
}

fn media_type(extension: &str) -> &'static str {
    match extension {
        "css" => "text/css; charset=utf-8",
        "mjs" => "text/javascript; charset=utf-8",
        "svg" => "image/svg+xml",
        "webmanifest" => "application/manifest+json",
        _ => "application/octet-stream",
    }
}

#[cfg(test)]
mod tests {
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
    fn scripts_are_sent_without_comments_and_line_by_line() {
        let script =
            "// Why.\n\n/** What\n * more. */\nconst one = 1; // stays\n  /** One line. */\n  two(`//`);\n";
        assert_eq!(without_comments(script), "\n\n\n\nconst one = 1; // stays\n\n  two(`//`);\n");
        for name in Static::iter().filter(|name| name.starts_with("script/")) {
            let source = Static::get(&name).map(|file| file.data.into_owned()).unwrap_or_default();
            let (source, served) = (String::from_utf8_lossy(&source), served(&name));
            let served = String::from_utf8_lossy(&served);
            assert_eq!(served.lines().count(), source.lines().count(), "{name}");
            // What looks like a comment within a text of several lines would be lost.
            let within_text = served.lines().any(|line| line.matches('`').count() % 2 == 1);
            assert!(!within_text && !served.contains("/*"), "{name}");
        }
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
            ["script/guest/", "script/letters/", "script/sealing/"].iter().any(|one| name.starts_with(one))
        });
        assert!((1_000..24_000).contains(&guest), "{guest} bytes of scripts for a counterparty");
        let sealed = sent(|name| name.starts_with("script/sealed/"));
        assert!((1_000..13_000).contains(&sealed), "{sealed} bytes of scripts where something is sealed");
        let style = sent(|name| name.starts_with("style"));
        assert!((1_000..14_000).contains(&style), "{style} bytes of style");
    }
}
