//! What browsers ask for to install the pages as an app: manifests, the worker, and the page that it shows without a network.

use actix_web::http::header::CACHE_CONTROL;
use actix_web::{HttpResponse, web};
use askama::Template;
use serde_json::json;

use crate::web::frame::answers::html;
use crate::web::frame::assets::Assets;
use crate::web::frame::call::AnyCall;
use crate::web::frame::chrome::Chrome;
use crate::web::frame::refusal::Refusal;
use crate::web::frame::routes::{PageRoute, get};
use crate::web::frame::source::served;

/// Where they are.
pub const TABLE: &[PageRoute] = &[
    get("/manifest.webmanifest", |r| r.to(manifest)),
    get("/guest.webmanifest", |r| r.to(guest_manifest)),
    get("/sw.js", |r| r.to(worker)),
    get("/offline", |r| r.to(offline)),
];

#[derive(Template)]
#[template(path = "frame/offline.html")]
struct OfflinePage {
    c: Chrome,
}

/// What is the same for both, with addresses that begin like this.
fn app(call: &AnyCall, assets: &Assets, base: &str, scope: &str) -> serde_json::Value {
    let icon = |name: &str, size: &str, purpose: &str| {
        let address = assets.address(base, &format!("icon/{name}.png"));
        json!({"src": address, "sizes": size, "type": "image/png", "purpose": purpose})
    };
    json!({
        "name": call.site.instance,
        "short_name": call.site.instance,
        "scope": format!("{base}/{scope}"),
        "display": "standalone",
        "background_color": "#f6f7f9",
        "theme_color": "#1f57d6",
        "icons": [
            icon("192", "192x192", "any"),
            icon("512", "512x512", "any"),
            icon("maskable", "512x512", "maskable"),
        ],
    })
}

/// For whoever has an account.
async fn manifest(call: AnyCall, assets: web::Data<Assets>) -> Result<HttpResponse, Refusal> {
    let base = &call.site.base;
    let mut told = app(&call, &assets, base, "");
    told["id"] = json!(format!("{base}/"));
    told["start_url"] = json!(format!("{base}/inbox"));
    told["shortcuts"] = json!([
        {"name": "Inbox", "url": format!("{base}/inbox")},
        {"name": "Invite", "url": format!("{base}/invite")},
    ]);
    told["share_target"] = json!({
        "action": format!("{base}/share"),
        "method": "POST",
        "enctype": "multipart/form-data",
        "params": {
            "title": "title",
            "text": "text",
            "url": "url",
            "files": [{"name": "file", "accept": ["*/*"]}],
        },
    });
    Ok(as_manifest(&told))
}

/// For a counterparty. It names no page to start on: that is the one that is open, with what stands behind its `#`, which is
/// not told to any server. The page's script adds it, so nothing here is meant from where this lies.
async fn guest_manifest(call: AnyCall, assets: web::Data<Assets>) -> Result<HttpResponse, Refusal> {
    Ok(as_manifest(&app(&call, &assets, &call.site.public_url(&call.request), "c/")))
}

fn as_manifest(told: &serde_json::Value) -> HttpResponse {
    HttpResponse::Ok()
        .content_type("application/manifest+json")
        .insert_header((CACHE_CONTROL, "no-cache"))
        .body(told.to_string())
}

async fn worker() -> HttpResponse {
    HttpResponse::Ok()
        .content_type("text/javascript; charset=utf-8")
        .insert_header((CACHE_CONTROL, "no-cache"))
        .body(served("worker.mjs"))
}

async fn offline(call: AnyCall) -> Result<HttpResponse, Refusal> {
    html(&OfflinePage { c: call.bare() })
}
