//! Help for people: what the words mean, how to invite somebody, what is encrypted, what to do when something is wrong.

use actix_web::{HttpResponse, web};
use askama::Template;

use crate::notify::outbox::Outbox;
use crate::web::frame::answers::html;
use crate::web::frame::call::Call;
use crate::web::frame::chrome::Chrome;
use crate::web::frame::refusal::Refusal;

#[derive(Template)]
#[template(path = "help/guide.html")]
struct GuidePage {
    c: Chrome,
    tab: &'static str,
    /// Whether channels can be opened to strangers here.
    public_access: bool,
    /// Whether people come over TLS.
    https: bool,
    /// Whether a link to a new password can come by e-mail.
    sends_mail: bool,
}

pub async fn show(call: Call, outbox: web::Data<Outbox>) -> Result<HttpResponse, Refusal> {
    let c = call.chrome("help").await?;
    let https = call.site.is_https();
    let sends_mail = outbox.sends_mail();
    html(&GuidePage { c, tab: "guide", public_access: call.site.public_access, https, sends_mail })
}
