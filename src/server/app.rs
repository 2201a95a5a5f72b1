//! What one server's workers share, and the routes that they serve.

use std::sync::Arc;

use actix_web::web;

use crate::api;
use crate::api::channel_list::ListsAsJson;
use crate::auth::basic::Credentialing;
use crate::auth::bearer::Bearers;
use crate::auth::newcomers::Newcomers;
use crate::auth::owner_side::OwnerSides;
use crate::auth::password_lane::PasswordLane;
use crate::auth::session::Sessions;
use crate::auth::setup::SetupCode;
use crate::config::{BaseUrl, Config};
use crate::crypto::random;
use crate::domain::time::Clock;
use crate::http::address::Addresses;
use crate::http::body::BodyLimits;
use crate::http::cors::Cors;
use crate::http::edge::Edge;
use crate::http::health;
use crate::http::request_id::RequestIds;
use crate::http::room::Room;
use crate::notify::frame::FrameStyle;
use crate::notify::hub::Hub;
use crate::notify::pages::PageEvents;
use crate::service::accounts::Accounts;
use crate::service::channels::Channels;
use crate::service::conversation::Conversations;
use crate::service::inbox::Inbox;
use crate::service::messages::Messages;
use crate::service::profiles::Profiles;
use crate::service::push::Push;
use crate::service::readiness::Readiness;
use crate::service::retention::Pruner;
use crate::service::tokens::Tokens;
use crate::store::error::StoreError;
use crate::store::{Store, users};
use crate::web::frame::assets::Assets;
use crate::web::frame::page::Pages;
use crate::web::frame::site::Site;

/// Everything that handlers ask for, each under its own type: a handler's parameters say what it uses.
#[derive(Clone)]
pub(super) struct App {
    pub(super) edge: Arc<Edge>,
    pub(super) hub: Hub,
    pub(super) page_events: PageEvents,
    pub(super) setup: SetupCode,
    pub(super) pruner: Pruner,
    pub(super) store: Store,
    clock: Arc<dyn Clock>,
    addresses: web::Data<Addresses>,
    bearers: web::Data<Bearers>,
    body_limits: web::Data<BodyLimits>,
    channels: web::Data<Channels>,
    channel_lists: web::Data<ListsAsJson>,
    credentialing: web::Data<Credentialing>,
    messages: web::Data<Messages>,
    push: web::Data<Push>,
    readiness: web::Data<Readiness>,
    tokens: web::Data<Tokens>,
    ui: Option<Ui>,
}

/// What only the pages ask for.
#[derive(Clone)]
struct Ui {
    accounts: web::Data<Accounts>,
    assets: web::Data<Assets>,
    conversations: web::Data<Conversations>,
    inbox: web::Data<Inbox>,
    newcomers: web::Data<Newcomers>,
    pages: web::Data<Pages>,
    profiles: web::Data<Profiles>,
    sessions: web::Data<Sessions>,
    sides: web::Data<OwnerSides>,
    site: web::Data<Site>,
}

/// Whether browsers come over TLS, ours or a proxy's. Told over plain HTTP, HSTS would lock them out.
fn is_reached_by_tls(config: &Config) -> bool {
    config.tls.is_some() || config.server.base_url.as_ref().is_some_and(BaseUrl::is_https)
}

impl App {
    pub(super) fn new(config: &Config, store: &Store) -> Result<Self, StoreError> {
        let lane = PasswordLane::new();
        let sessions = Sessions::new(store.clone(), config.sessions.clone());
        let limits = &config.limits;
        let addresses = Addresses::new(&config.server, config.tls.is_some());
        let page_events = PageEvents::starting_at(store.clock().now());
        let setup = SetupCode::new(!store.read_now(users::any_operator)?);
        let edge = Edge {
            addresses: addresses.clone(),
            cors: Cors::new(&config.cors),
            request_ids: RequestIds::starting_at(u64::from_be_bytes(random::bytes())),
            log: config.log.clone(),
            status_codes: config.api.status_codes,
            hsts: config.hsts && is_reached_by_tls(config),
            clock: store.shared_clock(),
            problem: api::problem::tell,
            has_own_head: api::has_own_head,
        };
        let bodies = BodyLimits {
            bytes: limits.message_bytes,
            timeout: config.server.body_timeout,
            room: Room::default(),
        };
        let site = || Site::new(config, addresses.clone(), store.keyring().mark(), bodies.clone());
        let ui =
            (!config.ui.disabled).then(|| Ui::new(config, store, site(), &lane, &sessions, &page_events));
        Ok(Self {
            edge: Arc::new(edge),
            hub: Hub::new(FrameStyle::new(&config.api), limits.sockets_per_token),
            page_events,
            setup,
            pruner: Pruner::new(store.clone()),
            store: store.clone(),
            clock: store.shared_clock(),
            addresses: web::Data::new(addresses),
            bearers: web::Data::new(Bearers::new(store.clone(), &config.api, limits)),
            body_limits: web::Data::new(bodies),
            channels: web::Data::new(Channels::new(store.clone(), limits)),
            channel_lists: web::Data::new(ListsAsJson::default()),
            credentialing: web::Data::new(Credentialing::new(store.clone(), lane, sessions, limits)),
            messages: web::Data::new(Messages::new(store.clone(), limits)),
            push: web::Data::new(Push::new(store.clone())),
            readiness: web::Data::new(Readiness::new(store.clone())),
            tokens: web::Data::new(Tokens::new(store.clone(), limits)),
            ui,
        })
    }

    /// Registers data and routes with a worker.
    pub(super) fn configure(&self, worker: &mut web::ServiceConfig) {
        worker
            .app_data(self.addresses.clone())
            .app_data(self.bearers.clone())
            .app_data(self.body_limits.clone())
            .app_data(self.channels.clone())
            .app_data(self.channel_lists.clone())
            .app_data(web::Data::<dyn Clock>::from(Arc::clone(&self.clock)))
            .app_data(self.credentialing.clone())
            .app_data(web::Data::new(self.hub.clone()))
            .app_data(self.messages.clone())
            .app_data(self.push.clone())
            .app_data(self.readiness.clone())
            .app_data(self.tokens.clone())
            .app_data(web::Data::new(api::openapi::document()))
            .configure(api::configure)
            .configure(health::configure);
        if let Some(ui) = &self.ui {
            worker
                .app_data(ui.accounts.clone())
                .app_data(ui.assets.clone())
                .app_data(ui.conversations.clone())
                .app_data(ui.inbox.clone())
                .app_data(ui.newcomers.clone())
                .app_data(ui.pages.clone())
                .app_data(ui.profiles.clone())
                .app_data(ui.sessions.clone())
                .app_data(ui.sides.clone())
                .app_data(ui.site.clone())
                .app_data(web::Data::new(self.page_events.clone()))
                .app_data(web::Data::new(self.setup.clone()))
                .configure(crate::web::configure);
        }
    }
}

impl Ui {
    fn new(
        config: &Config,
        store: &Store,
        site: Site,
        lane: &PasswordLane,
        sessions: &Sessions,
        page_events: &PageEvents,
    ) -> Self {
        let accounts = Accounts::new(store.clone(), lane.clone(), config.accounts.password_min);
        let inbox = Inbox::new(store.clone());
        let site = web::Data::new(site);
        let assets = web::Data::new(Assets::new());
        let pages =
            Pages::new(site.clone(), assets.clone(), inbox.clone(), accounts.clone(), page_events.clone());
        Self {
            accounts: web::Data::new(accounts),
            assets,
            conversations: web::Data::new(Conversations::new(store.clone())),
            inbox: web::Data::new(inbox),
            newcomers: web::Data::new(Newcomers::new(store.clone(), &config.limits)),
            pages: web::Data::new(pages),
            profiles: web::Data::new(Profiles::new(store.clone(), &config.limits)),
            sessions: web::Data::new(sessions.clone()),
            sides: web::Data::new(OwnerSides::new(store.clone())),
            site,
        }
    }
}
