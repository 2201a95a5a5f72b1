//! What another app gave to this one: the person says to which channel it goes. What it is stays in the browser until then.

use actix_web::{HttpResponse, web};
use askama::Template;

use crate::domain::channel::ChannelState;
use crate::service::channels::Channels;
use crate::web::frame::answers::html;
use crate::web::frame::call::Call;
use crate::web::frame::chrome::Chrome;
use crate::web::frame::refusal::Refusal;
use crate::web::words::format::{Mark, channel_name};

#[derive(Template)]
#[template(path = "channels/given.html")]
struct GivenPage {
    c: Chrome,
    /// Those that may be written to: id, name and mark.
    channels: Vec<(String, String, Mark)>,
}

pub async fn choose(call: Call, channels: web::Data<Channels>) -> Result<HttpResponse, Refusal> {
    let (c, summaries) = call.page("channels", channels.summaries(call.owner())).await?;
    let open = summaries.into_iter().map(|summary| summary.channel);
    let open = open.filter(|channel| channel.state == ChannelState::Open).map(|channel| {
        let name = channel_name(&channel.label, channel.id.as_str());
        let mark = Mark::new(channel.row.0, &name);
        (channel.id.as_str().to_owned(), name, mark)
    });
    html(&GivenPage { channels: open.collect(), c })
}
