//! What is asked before something of a webhook goes: what it was not told yet, its secret, all of it.

use actix_web::{HttpResponse, web};

use crate::domain::id::{ChannelId, WebhookId};
use crate::service::error::Error;
use crate::service::webhooks::Webhooks;
use crate::web::channels::webhook::path;
use crate::web::frame::answers::html;
use crate::web::frame::call::Call;
use crate::web::frame::chrome::Chrome;
use crate::web::frame::confirm::ConfirmPage;
use crate::web::frame::guards::Confirmed;
use crate::web::frame::problems::Problems;
use crate::web::frame::refusal::Refusal;
use crate::web::words::format::count;

/// Before it starts again with what comes from now on.
pub async fn skip(call: Call, webhooks: web::Data<Webhooks>) -> Result<HttpResponse, Refusal> {
    let (channel, id) = (call.named::<ChannelId>("channel")?, call.named("webhook")?);
    let (c, found) = call.page("channels", webhooks.get(call.owner(), &channel, id)).await?;
    let (wait, are) = if found.waiting == 1 { ("waits", "is") } else { ("wait", "are") };
    let waiting = count(found.waiting, "message");
    let place = found.webhook.settings.address.authority();
    html(&ConfirmPage {
        heading: format!("Start the webhook to {place} again without what waits?"),
        carried: vec![("do", "skip".to_owned())],
        word: "Start again",
        ..page(
            c,
            &channel,
            id,
            "/turn",
            format!("{waiting} that {wait} {are} not sent. This cannot be undone."),
        )
    })
}

/// Before the secret becomes another one.
pub async fn renew(call: Call<Confirmed>, webhooks: web::Data<Webhooks>) -> Result<HttpResponse, Refusal> {
    let (channel, id) = (call.named::<ChannelId>("channel")?, call.named("webhook")?);
    let (c, found) = call.page("channels", webhooks.get(call.owner(), &channel, id)).await?;
    let place = found.webhook.settings.address.authority();
    let loss =
        "Receivers refuse calls until they have the new secret. The present one cannot be brought back.";
    html(&ConfirmPage {
        heading: format!("Make another secret for the webhook to {place}?"),
        word: "Make another secret",
        back: format!("{}/secret", path(&channel, id)),
        ..page(c, &channel, id, "/secret", loss.to_owned())
    })
}

pub async fn delete(call: Call, webhooks: web::Data<Webhooks>) -> Result<HttpResponse, Refusal> {
    let (channel, id) = (call.named::<ChannelId>("channel")?, call.named("webhook")?);
    let listed = webhooks.list(call.owner(), &channel);
    let (c, (_channel, webhooks)) = call.page("channels", listed).await?;
    let Some(found) = webhooks.into_iter().find(|one| one.id == id) else {
        return Err(Error::WebhookNotFound.into());
    };
    let place = found.webhook.map_or("(damaged)".to_owned(), |webhook| webhook.settings.address.authority());
    let loss = "It is called no more, and what waits is not sent.";
    html(&ConfirmPage {
        heading: format!("Delete the webhook to {place}?"),
        word: "Delete the webhook",
        ..page(c, &channel, id, "/delete", loss.to_owned())
    })
}

/// A question about one, without its heading and the word of its button.
fn page(c: Chrome, channel: &ChannelId, id: WebhookId, action: &str, loss: String) -> ConfirmPage {
    let back = path(channel, id);
    ConfirmPage {
        c,
        heading: String::new(),
        action: format!("{back}{action}"),
        carried: Vec::new(),
        consequences: vec![loss],
        typed: String::new(),
        word: "",
        back,
        problems: Problems::none(),
    }
}
