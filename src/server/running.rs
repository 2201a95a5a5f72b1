//! A server at work, and how it stops: nothing new, sockets told, what is being answered finished, the file put away.

use std::sync::Arc;
use std::time::Duration;

use actix_web::dev::ServerHandle;
use tokio::task::JoinHandle;

use crate::config::Speaks;
use crate::jobs;
use crate::notify;
use crate::server::app::App;
use crate::server::bound::Bound;
use crate::server::connections;
use crate::server::error::ServerError;
use crate::server::hand_over::HandOver;
use crate::server::terms::Open;
use crate::server::tls::{Certificate, Renewal, TlsError};
use crate::service::readiness::Readiness;
use crate::store::Store;

/// How long a connection takes at most from the thread that accepts to the one that serves.
const ON_ITS_WAY: Duration = Duration::from_millis(100);

/// A server that answers.
pub struct Running {
    app: App,
    store: Store,
    certificate: Option<Certificate>,
    grace: Duration,
    http: ServerHandle,
    open: Open,
    serving: JoinHandle<std::io::Result<()>>,
    /// The sockets, for a program that follows.
    sockets: HandOver,
    /// Work in the background. None of it ends by itself while the server runs.
    background: Vec<JoinHandle<()>>,
}

impl Bound {
    /// Starts serving. Runs inside an actix system.
    pub fn run(self) -> Result<Running, ServerError> {
        Running::start(self)
    }
}

impl Running {
    fn start(bound: Bound) -> Result<Self, ServerError> {
        let Bound { config, app, opened, listeners, certificate, admission, workers } = bound;
        let store = opened.store;
        let (clock, period) = (store.shared_clock(), config.retention.prune_interval);

        let sockets = HandOver::of(&listeners)
            .map_err(|source| ServerError::Bind { listen: "a copy of a socket".to_owned(), source })?;
        let has_plain = listeners.tcp.iter().any(|(_, speaks)| *speaks == Speaks::Redirect);
        let renewal = certificate.as_ref().and_then(|certificate| {
            Renewal::new(certificate, app.certificates.clone(), Arc::clone(&clock), has_plain)
        });
        let open = Open::new(admission);
        let serving = connections::serve(&app, listeners, certificate.as_ref(), workers, &config, &open)?;
        let handle = serving.handle();
        let mut background = vec![
            tokio::spawn(notify::run(
                app.hub.clone(),
                app.page_events.clone(),
                app.outbox.clone(),
                store.clone(),
                opened.events,
            )),
            tokio::spawn(app.outbox.clone().run()),
            tokio::spawn(jobs::prune_regularly(app.pruner.clone(), period, Arc::clone(&clock))),
            tokio::spawn(jobs::remove_leftovers(app.pruner.clone(), period, Arc::clone(&clock))),
            tokio::spawn(jobs::write_token_uses(app.contacts.clone(), Arc::clone(&clock))),
            tokio::spawn(jobs::do_what_is_due(app.pruner.clone(), Arc::clone(&clock))),
            tokio::spawn(jobs::give_space_back(app.pruner.clone(), Arc::clone(&clock))),
            tokio::spawn(jobs::back_up_regularly(app.backups.clone(), clock)),
            tokio::spawn(jobs::look_through_backups(app.backups.clone(), app.soundness.clone())),
        ];
        background.extend(renewal.map(|renewal| tokio::spawn(renewal.run())));
        Ok(Self {
            app,
            store,
            certificate,
            grace: config.server.shutdown_grace,
            http: handle,
            open,
            serving: tokio::spawn(serving),
            sockets,
            background,
        })
    }

    /// One retention pass, out of turn; answers how many messages were removed.
    pub async fn prune(&self) -> Result<u64, crate::service::error::Error> {
        self.app.pruner.prune().await
    }

    /// What tells whether the data answers, for whoever watches over the server.
    pub fn readiness(&self) -> Readiness {
        Readiness::new(self.store.clone())
    }

    /// Reads the certificate files again, and says whether there are any. Connections that are open keep the old one.
    pub fn reload_certificate(&self) -> Result<bool, TlsError> {
        self.certificate.as_ref().map_or(Ok(false), Certificate::reload)
    }

    /// Completes when something that must not end has ended; says what.
    pub async fn failed(&mut self) -> String {
        let Self { serving, background, .. } = self;
        let background_ended = futures_util::future::select_all(background.iter_mut());
        tokio::select! {
            outcome = serving => format!("the HTTP server ended: {outcome:?}"),
            (outcome, which, _) = background_ended => format!("background task {which} ended: {outcome:?}"),
        }
    }

    /// The sockets that it listens on.
    pub fn sockets(&self) -> &HandOver {
        &self.sockets
    }

    /// Stops gracefully: within the grace every request that was taken is answered. The sockets stay open for whoever
    /// follows, until what this gives is dropped.
    pub async fn stop(self) -> HandOver {
        self.http.pause().await;
        self.open.end();
        self.app.backups.stop();
        self.app.hub.stop();
        self.app.page_events.restart();
        let ended = async {
            // A connection that was taken just before may still be on its way to its worker, and nobody knows of it.
            tokio::time::sleep(ON_ITS_WAY).await;
            self.open.ended().await;
        };
        if tokio::time::timeout(self.grace, ended).await.is_err() {
            tracing::warn!("requests were still being answered when the grace was over; they are cut");
        }
        self.http.stop(false).await;
        for task in self.background {
            task.abort();
        }
        if tokio::time::timeout(self.grace, self.app.backups.stopped()).await.is_err() {
            tracing::warn!("a backup was still being worked on; the next one removes what is left of it");
        }
        jobs::write_last_token_uses(&self.app.contacts).await;
        self.store.close().await;
        self.sockets
    }
}
