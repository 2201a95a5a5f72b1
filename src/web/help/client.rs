//! Help for developers of pages: the module that they import. Anybody may ask, as counterparties have no account.

use actix_web::HttpResponse;
use actix_web::http::header::CONTENT_DISPOSITION;
use askama::Template;

use crate::http::disposition::Disposition;
use crate::web::frame::answers::html;
use crate::web::frame::call::AnyCall;
use crate::web::frame::chrome::Chrome;
use crate::web::frame::refusal::Refusal;

const LISTEN: &str = "await channel.listen(async (message) => {
  show(message.sequence, message.type, new TextDecoder().decode(message.body));
});";

const SEAL: &str = "import { newKey, seal, unseal, fingerprint } from \"SERVER/client.js\";

// For the holder of the channel, who may have published a key.
const { key } = await channel.about();
if (key !== null) await channel.send(\"For your eyes only\", { sealTo: key });

// For you: hand out own.publicKey, and keep own.secretKey to yourself.
const own = await newKey();
const opened = await unseal(message.body, own);
// What the other side compares with what it was told.
const digits = await fingerprint(own.publicKey);";

#[derive(Template)]
#[template(path = "help/client.html")]
struct ClientPage {
    c: Chrome,
    first: String,
    seal: String,
}

/// A page of somebody else's site, which this server only hands out.
#[derive(Template)]
#[template(path = "help/example.html")]
struct ExamplePage {
    server: String,
}

pub async fn show(call: AnyCall) -> Result<HttpResponse, Refusal> {
    let server = call.site.public_url(&call.request);
    let first = format!(
        "import {{ Channel }} from \"{server}/client.js\";\n\n\
         const channel = new Channel(\"{server}/api/v1/channel/CHANNEL\", \"TOKEN\");\n\
         await channel.send(\"Hello, anybody home?\");\n"
    );
    html(&ClientPage { c: call.gate(), first, seal: SEAL.replace("SERVER", &server) })
}

pub async fn example(call: AnyCall) -> Result<HttpResponse, Refusal> {
    let mut answer = html(&ExamplePage { server: call.site.public_url(&call.request) })?;
    // Never shown here, where it would be a page of ours.
    let saved = Disposition::Attachment.named("example.html");
    answer.headers_mut().insert(CONTENT_DISPOSITION, saved);
    Ok(answer)
}
