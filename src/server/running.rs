//! A server at work, and how it stops: nothing new, sockets told, what is being answered finished, the file put away.

use std::sync::Arc;
use std::time::Duration;

use actix_web::dev::ServerHandle;
use actix_web::middleware::from_fn;
use actix_web::{App as Worker, HttpServer};
use tokio::task::JoinHandle;

use crate::http::edge;
use crate::jobs;
use crate::notify;
use crate::server::app::App;
use crate::server::tls::{Certificate, TlsError};
use crate::server::{Bound, ServerError};
use crate::store::Store;

/// How long an idle connection stays open for the next request.
const KEEP_ALIVE: Duration = Duration::from_secs(75);

/// Blocking threads of each worker; long answers and password hashes run there.
const BLOCKING_THREADS: usize = 8;

/// What the kernel gets to send the last bytes before connections are cut.
const LAST_BYTES: Duration = Duration::from_millis(50);

/// A server that answers.
pub struct Running {
    app: App,
    store: Store,
    certificate: Option<Certificate>,
    grace: Duration,
    http: ServerHandle,
    serving: JoinHandle<std::io::Result<()>>,
    /// Work in the background. None of it ends by itself while the server runs.
    background: Vec<JoinHandle<()>>,
}

impl Running {
    pub(super) fn start(bound: Bound) -> Result<Self, ServerError> {
        let Bound { config, app, opened, listeners, certificate, workers } = bound;
        let store = opened.store;
        let clock = store.shared_clock();

        let for_workers = app.clone();
        let mut http = HttpServer::new(move || {
            let edge = Arc::clone(&for_workers.edge);
            Worker::new()
                .wrap(from_fn(move |request, next| edge::serve(Arc::clone(&edge), request, next)))
                .configure(|worker| for_workers.configure(worker))
        })
        .workers(workers)
        .worker_max_blocking_threads(BLOCKING_THREADS)
        .keep_alive(KEEP_ALIVE)
        .client_request_timeout(config.server.header_timeout)
        .disable_signals();
        for listener in listeners.tcp {
            let listen = listener.local_addr().map_or_else(|_| "a socket".to_owned(), |at| at.to_string());
            let failed = |source| ServerError::Bind { listen, source };
            http = match &certificate {
                Some(certificate) => http.listen_rustls_0_23(listener, certificate.rustls_config()?),
                None => http.listen(listener),
            }
            .map_err(failed)?;
        }
        for listener in listeners.unix {
            let failed = |source| ServerError::Bind { listen: "a unix socket".to_owned(), source };
            http = http.listen_uds(listener).map_err(failed)?;
        }

        let serving = http.run();
        let handle = serving.handle();
        let background = vec![
            tokio::spawn(notify::run(app.hub.clone(), app.page_events.clone(), store.clone(), opened.events)),
            tokio::spawn(jobs::prune_regularly(
                app.retention.clone(),
                config.retention.prune_interval,
                clock,
            )),
        ];
        Ok(Self {
            app,
            store,
            certificate,
            grace: config.server.shutdown_grace,
            http: handle,
            serving: tokio::spawn(serving),
            background,
        })
    }

    /// One retention pass, out of turn; answers how many messages were removed.
    pub async fn prune(&self) -> Result<u64, crate::service::error::Error> {
        self.app.retention.prune().await
    }

    /// Reads the certificate files again. Connections that are open keep the old one.
    pub fn reload_certificate(&self) -> Result<(), TlsError> {
        self.certificate.as_ref().map_or(Ok(()), Certificate::reload)
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

    /// Stops gracefully: within the grace whatever is being answered is finished.
    pub async fn stop(self) {
        self.app.in_flight.drain();
        self.http.pause().await;
        self.app.hub.stop();
        self.app.page_events.restart();
        if tokio::time::timeout(self.grace, self.app.in_flight.ended()).await.is_err() {
            tracing::warn!("requests were still being answered when the grace was over; they are cut");
        }
        tokio::time::sleep(LAST_BYTES).await;
        self.http.stop(false).await;
        for task in self.background {
            task.abort();
        }
        self.store.close().await;
    }
}
