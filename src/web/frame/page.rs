//! Pages: what surrounds their content.

use actix_web::{HttpRequest, web};

use crate::auth::session::Session;
use crate::domain::account::Role;
use crate::notify::pages::PageEvents;
use crate::service::accounts::Accounts;
use crate::service::inbox::Inbox;
use crate::web::frame::assets::Assets;
use crate::web::frame::chrome::{Chrome, Person, RecentChannel};
use crate::web::frame::flash;
use crate::web::frame::forms::visit;
use crate::web::frame::look::Look;
use crate::web::frame::refusal::Refusal;
use crate::web::frame::site::Site;
use crate::web::words::format::{Mark, Unread, channel_name, letters};

/// Channels named in the navigation.
const RECENT: usize = 8;

/// Builds what surrounds the content of pages.
#[derive(Clone)]
pub struct Pages {
    site: web::Data<Site>,
    assets: web::Data<Assets>,
    inbox: Inbox,
    accounts: Accounts,
    events: PageEvents,
}

impl Pages {
    pub fn new(
        site: web::Data<Site>,
        assets: web::Data<Assets>,
        inbox: Inbox,
        accounts: Accounts,
        events: PageEvents,
    ) -> Self {
        Self { site, assets, inbox, accounts, events }
    }

    /// For a page of somebody who is signed in.
    pub async fn chrome(
        &self,
        request: &HttpRequest,
        session: &Session,
        section: &'static str,
    ) -> Result<Chrome, Refusal> {
        // Taken before counting: an event in between is told again rather than lost.
        let cursor = self.events.latest();
        let owner = session.owner();
        let overview = self.inbox.overview(owner, RECENT).await?;
        let user = self.accounts.signed_in(owner).await?;
        let account = self.accounts.own(owner).await?;
        let here = request.match_info().get("channel").unwrap_or_default();
        let recent = overview.recent.into_iter().map(|(channel, unread)| {
            let name = channel_name(&channel.label, channel.id.as_str());
            let here = channel.id.as_str() == here;
            RecentChannel {
                mark: Mark::new(channel.row, &name),
                id: channel.id.as_str().to_owned(),
                name,
                unread: Unread(unread),
                here,
            }
        });
        Ok(Chrome {
            recent: recent.collect(),
            unread: Unread(overview.unread),
            channels: overview.channels,
            newest: overview.newest,
            section,
            cursor,
            csrf: session.form_token(),
            person: Some(Person {
                letters: letters(&user.name),
                user: user.name,
                account: account.name,
                operator: owner.role() == Role::Operator,
            }),
            ..self.bare(request)
        })
    }

    /// For a page of somebody who is not signed in.
    pub fn gate(&self, request: &HttpRequest) -> Chrome {
        Chrome { csrf: visit::form_token(&self.site, request), ..self.bare(request) }
    }

    fn bare(&self, request: &HttpRequest) -> Chrome {
        let base = self.site.base.clone();
        let asset = |name| self.assets.address(&base, name);
        Chrome {
            css: asset("app.css"),
            js: asset("app.js"),
            icons: asset("icons.svg"),
            icon: asset("icon.svg"),
            manifest: asset("site.webmanifest"),
            instance: self.site.instance.clone(),
            look: Look::of(&self.site, request),
            person: None,
            csrf: String::new(),
            unread: Unread::default(),
            channels: 0,
            newest: None,
            section: "",
            search: String::new(),
            flash: flash::of(&self.site, request),
            cursor: 0,
            recent: Vec::new(),
            base,
        }
    }
}
