//! What one server's workers share, and the routes that they serve.

use std::sync::Arc;

use actix_web::web;

use crate::api;
use crate::api::channel_list::ListsAsJson;
use crate::auth::bearer::Bearers;
use crate::auth::newcomers::Newcomers;
use crate::auth::owner_side::OwnerSides;
use crate::auth::password_lane::PasswordLane;
use crate::auth::probes::Probes;
use crate::auth::session::Sessions;
use crate::auth::setup::SetupCode;
use crate::auth::sign_ins::SignIns;
use crate::auth::tickets::Tickets;
use crate::auth::token_uses::TokenUses;
use crate::config::{BaseUrl, Config};
use crate::crypto::random;
use crate::doctor::Doctor;
use crate::domain::time::Clock;
use crate::http::address::Addresses;
use crate::http::body::BodyLimits;
use crate::http::cors::Cors;
use crate::http::edge::Edge;
use crate::http::figures::Requests;
use crate::http::health;
use crate::http::probe;
use crate::http::request_id::RequestIds;
use crate::http::room::Room;
use crate::notify::frame::FrameStyle;
use crate::notify::hub::Hub;
use crate::notify::outbox::Outbox;
use crate::notify::outbox::fcm::Fcm;
use crate::notify::page_events::PageEvents;
use crate::observe::outcomes::Outcomes;
use crate::outbound::Client;
use crate::outbound::mail::Relay;
use crate::server::process::Process;
use crate::service::accounts::Accounts;
use crate::service::backups::Backups;
use crate::service::certificate::Certificates;
use crate::service::channels::Channels;
use crate::service::contacts::Contacts;
use crate::service::conversation::Conversations;
use crate::service::exports::Exports;
use crate::service::figures::ServerFigures;
use crate::service::first_steps::FirstSteps;
use crate::service::inbox::Inbox;
use crate::service::invitations::Invitations;
use crate::service::keys::Keys;
use crate::service::letters::Letters;
use crate::service::mailboxes::Mailboxes;
use crate::service::messages::Messages;
use crate::service::notifications::Notifications;
use crate::service::profiles::Profiles;
use crate::service::push::Push;
use crate::service::readiness::Readiness;
use crate::service::receptions::Receptions;
use crate::service::retention::Pruner;
use crate::service::saved_searches::SavedSearches;
use crate::service::soundness::Soundness;
use crate::service::tokens::Tokens;
use crate::service::transactions::Transactions;
use crate::service::webhooks::Webhooks;
use crate::store::error::StoreError;
use crate::store::{Store, accounts, users};
use crate::web::frame::assets::Assets;
use crate::web::frame::page::Pages;
use crate::web::frame::site::Site;

/// What a running server holds, and what its workers' handlers ask for.
#[derive(Clone)]
pub(super) struct App {
    pub(super) edge: Arc<Edge>,
    pub(super) hub: Hub,
    pub(super) page_events: PageEvents,
    pub(super) outbox: Outbox,
    pub(super) setup: SetupCode,
    pub(super) pruner: Pruner,
    pub(super) contacts: Contacts,
    pub(super) backups: Backups,
    pub(super) soundness: Soundness,
    pub(super) figures: ServerFigures,
    pub(super) attempts: Outcomes,
    pub(super) certificates: Certificates,
    pub(super) store: Store,
    api: Shared,
    /// What only the pages ask for. Absent without them.
    pages: Option<Shared>,
}

/// Values that handlers ask for, each under its own type: a handler's parameters say what it uses.
#[derive(Clone, Default)]
struct Shared(Vec<Arc<Handing>>);

/// Hands one value to a worker.
type Handing = dyn Fn(&mut web::ServiceConfig) + Send + Sync;

impl Shared {
    fn with<T: Send + Sync + 'static>(self, value: T) -> Self {
        self.with_data(web::Data::new(value))
    }

    fn with_data<T: Send + Sync + ?Sized + 'static>(mut self, data: web::Data<T>) -> Self {
        self.0.push(Arc::new(move |worker| {
            worker.app_data(data.clone());
        }));
        self
    }

    fn hand_to(&self, worker: &mut web::ServiceConfig) {
        for value in &self.0 {
            value(worker);
        }
    }
}

/// Whether browsers come over TLS, ours or a proxy's. Told over plain HTTP, HSTS would lock them out.
fn is_reached_by_tls(config: &Config) -> bool {
    config.tls.is_some() || config.server.base_url.as_ref().is_some_and(BaseUrl::is_https)
}

impl App {
    pub(super) fn new(
        config: &Config,
        store: &Store,
        process: Process,
        fcm: Option<Fcm>,
        relay: Option<Relay>,
    ) -> Result<Self, StoreError> {
        let lane = PasswordLane::new();
        let sessions = Sessions::new(store.clone(), config.sessions.clone());
        let limits = &config.limits;
        let addresses = Addresses::new(&config.server);
        let page_events = PageEvents::starting_at(store.clock().now());
        let setup = SetupCode::new(!store.read_now(users::any_operator)?);
        let edge = Edge {
            addresses: addresses.clone(),
            cors: Cors::new(&config.cors),
            request_ids: RequestIds::starting_at(u64::from_be_bytes(random::bytes())),
            log: config.log.clone(),
            requests: config.metrics.listen.map(|_| Requests::default()),
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
        let hub = Hub::new(FrameStyle::new(&config.api), limits.sockets_per_token);
        let pages = (!config.ui.disabled).then(|| {
            let site = Site::new(config, addresses.clone(), store.keyring().mark(), bodies.clone());
            shared_by_pages(config, store, site, &lane, &sessions, &page_events).with(setup.clone())
        });
        let client = Client::new(config.push.clone());
        let outbox = Outbox::new(store.clone(), client, fcm, relay, config.server.base_url.as_ref());
        let uses = TokenUses::default();
        let contacts = Contacts::new(store.clone(), uses.clone(), limits);
        let begun = store.read_now(accounts::oldest)?;
        let backups = Backups::new(config, store.shared_clock(), begun);
        let soundness = Soundness::new(store.clone(), backups.clone());
        let figures = ServerFigures::new(store.clone(), backups.clone());
        let attempts = Outcomes::default();
        let pages = pages.map(|pages| {
            let doctor = Doctor::new(config.clone(), store.clone());
            pages
                .with(contacts.clone())
                .with(backups.clone())
                .with(figures.clone())
                .with(doctor)
                .with(outbox.clone())
                .with(process.settings)
                .with(process.log)
        });
        let api = Shared::default()
            .with(addresses)
            .with(Bearers::new(store.clone(), &config.api, limits, uses))
            .with(bodies)
            .with(Channels::new(store.clone(), limits))
            .with(ListsAsJson::default())
            .with_data(web::Data::<dyn Clock>::from(store.shared_clock()))
            .with(SignIns::new(store.clone(), lane, sessions, limits, attempts.clone()))
            .with(hub.clone())
            .with(Receptions::new(store.clone(), limits))
            .with(Messages::new(store.clone(), limits))
            .with(Push::new(store.clone()))
            .with(Probes::new(store.clone()))
            .with(Readiness::new(store.clone()))
            .with(Tickets::new(store.shared_clock()))
            .with(Tokens::new(store.clone(), limits))
            .with(api::openapi::document());
        let (edge, pruner) = (Arc::new(edge), Pruner::new(store.clone()));
        Ok(Self {
            edge,
            hub,
            page_events,
            outbox,
            setup,
            pruner,
            contacts,
            backups,
            soundness,
            figures,
            attempts,
            certificates: Certificates::new(store.clone()),
            store: store.clone(),
            api,
            pages,
        })
    }

    /// Registers data and routes with a worker.
    pub(super) fn configure(&self, worker: &mut web::ServiceConfig) {
        self.api.hand_to(worker);
        let for_people = self.pages.as_ref().map(|_| crate::web::route_for_people());
        worker.configure(|worker| api::configure(worker, for_people));
        worker.configure(health::configure).configure(probe::configure);
        if let Some(pages) = &self.pages {
            pages.hand_to(worker);
            worker.configure(crate::web::configure);
        }
    }
}

fn shared_by_pages(
    config: &Config,
    store: &Store,
    site: Site,
    lane: &PasswordLane,
    sessions: &Sessions,
    page_events: &PageEvents,
) -> Shared {
    let accounts = Accounts::new(store.clone(), lane.clone(), config.accounts.password_min);
    let inbox = Inbox::new(store.clone());
    let (site, assets) = (web::Data::new(site), web::Data::new(Assets::new()));
    let pages =
        Pages::new(site.clone(), assets.clone(), inbox.clone(), accounts.clone(), page_events.clone());
    Shared::default()
        .with(accounts)
        .with_data(assets)
        .with(Conversations::new(store.clone()))
        .with(Exports::new(store.clone()))
        .with(inbox)
        .with(Invitations::new(store.clone(), &config.limits))
        .with(Keys::new(store.clone()))
        .with(Letters::new(store.clone(), &config.limits))
        .with(Newcomers::new(store.clone(), &config.limits))
        .with(Mailboxes::new(store.clone()))
        .with(Notifications::new(store.clone()))
        .with(pages)
        .with(Profiles::new(store.clone(), &config.limits))
        .with(SavedSearches::new(store.clone()))
        .with(FirstSteps::new(store.clone()))
        .with(Transactions::new(store.clone()))
        .with(Webhooks::new(store.clone()))
        .with(sessions.clone())
        .with(OwnerSides::new(store.clone()))
        .with_data(site)
        .with(page_events.clone())
}
