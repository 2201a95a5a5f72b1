//! The page itself. All that it shows of a channel comes from the API, with what stands behind the `#` and never comes here;
//! only what everybody may know of a drop page is written into it.

use actix_web::{HttpResponse, web};
use askama::Template;

use crate::auth::access::Visitor;
use crate::auth::bearer::Bearers;
use crate::domain::id::ChannelId;
use crate::domain::size::size;
use crate::http::address::Addresses;
use crate::service::receptions::{Reception, Receptions};
use crate::web::frame::answers::html;
use crate::web::frame::call::AnyCall;
use crate::web::frame::chrome::Chrome;
use crate::web::frame::refusal::Refusal;

#[derive(Template)]
#[template(path = "guest/page.html")]
pub(super) struct GuestPage {
    c: Chrome,
    preview: Option<Preview>,
    /// The most bytes of a message, and the same in words.
    limit: usize,
    limit_words: String,
}

/// What a drop page says without a script, and its link where somebody puts it into a text: no more than the API tells
/// everybody.
pub(super) struct Preview {
    channel: String,
    name: String,
    greeting: String,
    /// The address of the picture; empty when there is none.
    picture: String,
    /// Where to write without a script; `None` where that is not possible.
    plain: Option<Plain>,
}

/// The form for whoever has no script, empty or as it came back.
#[derive(Default)]
pub(super) struct Plain {
    pub text: String,
    /// What is wrong with it; empty for nothing.
    pub problem: String,
    /// Something was sent with it.
    pub sent: bool,
}

impl GuestPage {
    pub(super) fn new(call: &AnyCall, preview: Option<Preview>) -> Self {
        let limit = call.site.bodies.bytes;
        Self { c: call.bare(), preview, limit, limit_words: size(limit as u64) }
    }

    /// Whether nothing can be done here without one.
    fn needs_script(&self) -> bool {
        self.preview.as_ref().is_none_or(|preview| preview.plain.is_none())
    }
}

impl Preview {
    /// Of a channel that everybody may write to. Where its holder has a key, only a script can write, which seals.
    pub(super) fn new(call: &AnyCall, visitor: &Visitor, reception: Reception, plain: Plain) -> Self {
        let channel = visitor.channel().id.as_str().to_owned();
        let address = call.site.channel_address(&call.request, &channel);
        let picture = if reception.has_picture { format!("{address}/picture") } else { String::new() };
        // What came back is shown all the same: nobody loses what was typed.
        let plain = Some(plain).filter(|plain| reception.keys.is_empty() || !plain.problem.is_empty());
        Self { channel, name: reception.name, greeting: reception.greeting, picture, plain }
    }
}

pub(super) async fn show(
    call: AnyCall,
    bearers: web::Data<Bearers>,
    addresses: web::Data<Addresses>,
    receptions: web::Data<Receptions>,
) -> Result<HttpResponse, Refusal> {
    let preview = call.named::<ChannelId>("channel").ok().and_then(|id| {
        let visitor = bearers.anonymous_visitor(&id, addresses.client(&call.request)).ok()?;
        let reception = receptions.receive(&visitor).ok().filter(|_| visitor.may_write())?;
        Some(Preview::new(&call, &visitor, reception, Plain::default()))
    });
    html(&GuestPage::new(&call, preview))
}
