//! Pages: what surrounds their content.

use actix_web::{HttpRequest, web};

use crate::auth::access::Owner;
use crate::auth::session::Session;
use crate::domain::account::{Account, Role, User};
use crate::notify::page_events::PageEvents;
use crate::service::Reading;
use crate::service::accounts::Accounts;
use crate::service::error::Error;
use crate::service::inbox::{Inbox, Listed, Overview};
use crate::web::frame::assets::Assets;
use crate::web::frame::chrome::{Chrome, Person, RailChannel, Section};
use crate::web::frame::flash;
use crate::web::frame::forms::visit;
use crate::web::frame::look::Look;
use crate::web::frame::site::Site;
use crate::web::words::format::{Mark, Unread, channel_name, letters};

/// Channels named in the navigation.
const RECENT: usize = 8;

/// What the chrome shows of somebody's account.
type Surroundings = (Overview, (User, Account));

/// Builds it, for each request anew.
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

    /// For a page of somebody who is signed in, together with what the page shows: all of one moment.
    pub async fn around<T: Send + 'static>(
        &self,
        request: &HttpRequest,
        session: &Session,
        section: &'static str,
        shown: Reading<T>,
    ) -> Result<(Chrome, T), Error> {
        // Taken before counting: an event in between is told again rather than lost.
        let cursor = self.events.latest();
        let (around, shown) = self.surroundings(session.owner()).and(shown).await?;
        Ok((self.chrome(request, session, section, cursor, around), shown))
    }

    /// The same for a page that shows nothing of its own.
    pub async fn alone(
        &self,
        request: &HttpRequest,
        session: &Session,
        section: &'static str,
    ) -> Result<Chrome, Error> {
        let cursor = self.events.latest();
        let around = self.surroundings(session.owner()).await?;
        Ok(self.chrome(request, session, section, cursor, around))
    }

    fn surroundings(&self, owner: &Owner) -> Reading<Surroundings> {
        self.inbox.overview(owner, RECENT).and(self.accounts.own(owner))
    }

    fn chrome(
        &self,
        request: &HttpRequest,
        session: &Session,
        section: &'static str,
        cursor: u64,
        (overview, (user, account)): Surroundings,
    ) -> Chrome {
        let here = request.match_info().get("channel").unwrap_or_default();
        let channel = |one: Listed| {
            let name = channel_name(&one.channel.label, one.channel.id.as_str());
            RailChannel {
                here: one.channel.id.as_str() == here,
                mark: Mark::new(one.channel.row, &name),
                id: one.channel.id.as_str().to_owned(),
                name,
                unread: Unread(one.unread),
                muted: one.muted,
            }
        };
        let sections = [("Pinned", overview.pinned), ("Recent channels", overview.recent)];
        let sections = sections.map(|(heading, listed)| Section {
            heading,
            channels: listed.into_iter().map(channel).collect(),
        });
        Chrome {
            listed: sections.into_iter().filter(|section| !section.channels.is_empty()).collect(),
            searches: overview.searches.into_iter().map(|one| (one.name, one.query)).collect(),
            query: String::new(),
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
                account_id: account.id.0,
                operator: session.owner().role() == Role::Operator,
            }),
            flash: flash::tell(&self.site, request),
            ..self.bare(request)
        }
    }

    /// For a part of a page, which has the rest already.
    pub fn part(&self, request: &HttpRequest, session: &Session) -> Chrome {
        Chrome { csrf: session.form_token(), ..self.bare(request) }
    }

    /// For a page of somebody who is not signed in.
    pub fn gate(&self, request: &HttpRequest) -> Chrome {
        let flash = flash::tell(&self.site, request);
        Chrome { csrf: visit::form_token(&self.site, request), flash, ..self.bare(request) }
    }

    /// For a page that knows nobody, and for what others begin with: it gives no cookie.
    pub fn bare(&self, request: &HttpRequest) -> Chrome {
        let base = self.site.base.clone();
        let asset = |name| self.assets.address(&base, name);
        Chrome {
            css: asset("style.css"),
            js: asset("script/app.mjs"),
            assets: self.assets.folder(&base),
            scripts: self.assets.scripts(&base),
            icons: asset("icons.svg"),
            icon: asset("icon.svg"),
            manifest: format!("{base}/manifest.webmanifest"),
            instance: self.site.instance.clone(),
            look: Look::of(&self.site, request),
            person: None,
            csrf: String::new(),
            unread: Unread::default(),
            channels: 0,
            newest: None,
            section: "",
            search: String::new(),
            beside: Vec::new(),
            zone_is_unknown: false,
            flash: None,
            cursor: 0,
            listed: Vec::new(),
            searches: Vec::new(),
            query: String::new(),
            base,
        }
    }
}
