//! Webhooks for whoever writes a receiver: what comes, how to see that it is genuine, and how often it comes.

use actix_web::HttpResponse;
use askama::Template;

use crate::web::frame::answers::html;
use crate::web::frame::call::Call;
use crate::web::frame::chrome::Chrome;
use crate::web::frame::refusal::Refusal;

/// What comes, as plain JSON.
const EXAMPLE: &str = r#"POST /hook HTTP/1.1
Content-Type: application/json
webhook-id: msg_25a801fec5452a8cccafc73830110654
webhook-timestamp: 1772390580
webhook-signature: v1,lm0bUvRAlxD/w56hjpR2G3T9BCICzbZTVz3Gd89VRas=

{"type": "message.received", "timestamp": "2026-03-01T18:43:00.120Z",
 "data": {"channel_id": "…", "sequence": 7, "received": "2026-03-01T18:43:00.120Z",
          "content_type": "text/plain", "bytes": 3, "payload": "b25l"}}"#;

const NODE: &str = r#"import { createHmac, timingSafeEqual } from "node:crypto";

// body is a Buffer of the bytes as they came, before anything parses them.
export function isGenuine(headers, body, secret) {
  const id = headers["webhook-id"], at = headers["webhook-timestamp"];
  if (!(Math.abs(Date.now() / 1000 - Number(at)) < 300)) return false;
  const key = Buffer.from(secret.replace(/^whsec_/, ""), "base64");
  const own = createHmac("sha256", key).update(`${id}.${at}.`).update(body).digest();
  const told = Buffer.from((headers["webhook-signature"] ?? "").replace(/^v1,/, ""), "base64");
  return told.length === own.length && timingSafeEqual(told, own);
}"#;

const PYTHON: &str = r#"import base64, hashlib, hmac, time

# body is the bytes as they came, before anything parses them.
def is_genuine(headers, body, secret):
    id, at = headers["webhook-id"], headers["webhook-timestamp"]
    if abs(time.time() - int(at)) > 300:
        return False
    key = base64.b64decode(secret.removeprefix("whsec_"))
    own = hmac.new(key, f"{id}.{at}.".encode() + body, hashlib.sha256).digest()
    return hmac.compare_digest("v1," + base64.b64encode(own).decode(), headers["webhook-signature"])"#;

#[derive(Template)]
#[template(path = "help/webhooks.html")]
struct WebhooksPage {
    c: Chrome,
    tab: &'static str,
    example: &'static str,
    node: &'static str,
    python: &'static str,
}

pub async fn show(call: Call) -> Result<HttpResponse, Refusal> {
    let c = call.chrome("help").await?;
    html(&WebhooksPage { c, tab: "webhooks", example: EXAMPLE, node: NODE, python: PYTHON })
}
