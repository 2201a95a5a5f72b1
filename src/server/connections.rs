//! Connections: how they are taken, which HTTP they speak, and how all of them end.

use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use actix_http::{KeepAlive, Request, ServiceConfigBuilder};
use actix_service::IntoServiceFactory;
use actix_web::body::{BoxBody, EitherBody};
use actix_web::dev::{AppConfig, Server, Service, ServiceFactory, ServiceResponse, fn_factory, fn_service};
use actix_web::middleware::from_fn;
use actix_web::{App as Worker, Error, web};
use futures_util::{FutureExt, TryFutureExt};
use tokio::net::{TcpStream, UnixStream};
use tokio::sync::OnceCell;
use tokio::time::timeout;
use tokio_rustls::TlsAcceptor;

use crate::config::{Config, ServerConfig, Speaks};
use crate::http::edge;
use crate::server::app::App;
use crate::server::error::ServerError;
use crate::server::held::Held;
use crate::server::listeners::Listeners;
use crate::server::metrics::{self, Metrics};
use crate::server::redirect::Redirect;
use crate::server::terms::{Open, Terms};
use crate::server::tls::{Certificate, HTTP_2, QUESTION};
use crate::server::upgrade::Rest;
use crate::server::{http1, http2};

/// How long an idle connection stays open for the next request.
const KEEP_ALIVE: Duration = Duration::from_secs(75);

/// Blocking threads of each worker; long answers and password hashes run there.
const BLOCKING_THREADS: usize = 8;

type Body = EitherBody<BoxBody>;

/// Makes the service that answers requests.
trait Making:
    ServiceFactory<
        Request,
        Config = (),
        Response = ServiceResponse<Body>,
        Error = Error,
        InitError = (),
        Service: Service<Request, Future: 'static>,
        Future: 'static,
    > + 'static
{
}

impl<F> Making for F where
    F: ServiceFactory<
            Request,
            Config = (),
            Response = ServiceResponse<Body>,
            Error = Error,
            InitError = (),
            Service: Service<Request, Future: 'static>,
            Future: 'static,
        > + 'static
{
}

/// Serves the listeners until the server that this gives is stopped.
pub(super) fn serve(
    app: &App,
    listeners: Listeners,
    certificate: Option<&Certificate>,
    workers: usize,
    config: &Config,
    open: &Open,
) -> Result<Server, ServerError> {
    let mut server = Server::build()
        .workers(workers)
        .worker_max_blocking_threads(BLOCKING_THREADS)
        // Nobody is left waiting by this for long, because admission closes others. Without it more would be taken than
        // there are descriptors, before they are admitted.
        .max_concurrent_connections(open.admission.most_of_worker())
        .disable_signals();
    let tls = certificate.map(Certificate::rustls_config).transpose()?.map(Arc::new);
    for (listener, speaks) in listeners.tcp {
        let listen = listener.local_addr().map_or_else(|_| "a socket".to_owned(), |at| at.to_string());
        let (app, open) = (app.clone(), open.clone());
        let terms = {
            let (app, config) = (app.clone(), config.server.clone());
            move |tls| Terms::new(&app, &config, &open, tls)
        };
        let bound = match (speaks, certificate) {
            (Speaks::Redirect, Some(certificate)) => {
                let redirect = Redirect::new(config, certificate.answers());
                server.listen(&listen, listener, move || {
                    let redirect = redirect.clone();
                    let routes = bare(&app, move |worker| redirect.clone().configure(worker));
                    each(routes, terms(false), |io, routes, terms| serve_tcp(io, routes, terms, None))
                })
            }
            _ => {
                let tls = tls.clone().filter(|_| speaks == Speaks::Https);
                server.listen(&listen, listener, move || {
                    let tls = tls.clone().map(TlsAcceptor::from);
                    each(routes(&app), terms(tls.is_some()), move |io, routes, terms| {
                        serve_tcp(io, routes, terms, tls.clone())
                    })
                })
            }
        };
        server = bound.map_err(|source| ServerError::Bind { listen, source })?;
    }
    for listener in listeners.unix {
        let (app, config, open) = (app.clone(), config.server.clone(), open.clone());
        server = server
            .listen_uds("a unix socket", listener, move || {
                each(routes(&app), Terms::new(&app, &config, &open, false), serve_unix)
            })
            .map_err(|source| ServerError::Bind { listen: "a unix socket".to_owned(), source })?;
    }
    if let Some(listener) = listeners.metrics {
        let metrics = Arc::new(Metrics::of(app, open));
        let (app, config, open) = (app.clone(), config.server.clone(), open.clone());
        server = server
            .listen("metrics", listener, move || {
                let metrics = metrics.clone();
                let routes = bare(&app, move |worker| metrics::configure(worker, &metrics));
                each(routes, Terms::new(&app, &config, &open, false), |io, routes, terms| {
                    serve_tcp(io, routes, terms, None)
                })
            })
            .map_err(|source| ServerError::Bind { listen: "metrics.listen".to_owned(), source })?;
    }
    Ok(server.run())
}

/// Makes the service of one worker that has each connection served.
fn each<T, R, F>(
    routes: R,
    terms: Rc<Terms>,
    serve: impl Fn(T, Rc<R::Service>, Rc<Terms>) -> F + Clone + 'static,
) -> impl ServiceFactory<T, Config = (), Response = (), Error = (), InitError = ()>
where
    T: 'static,
    R: Making + Clone,
    F: Future<Output = Option<Rest>> + 'static,
{
    fn_factory(move || {
        let (routes, terms, serve) = (routes.clone(), Rc::clone(&terms), serve.clone());
        async move {
            let routes = Rc::new(routes.new_service(()).await?);
            Ok(fn_service(move |io| {
                // Boxed, because whoever leaves HTTP needs its room no longer.
                let served = Box::pin(serve(io, Rc::clone(&routes), Rc::clone(&terms)));
                let connection = async {
                    if let Some(rest) = served.await {
                        rest.await;
                    }
                };
                terms.open.tasks.track_future(connection).map(Ok)
            }))
        }
    })
}

/// Serves a connection over TCP.
async fn serve_tcp<S>(
    io: TcpStream,
    routes: Rc<S>,
    terms: Rc<Terms>,
    tls: Option<TlsAcceptor>,
) -> Option<Rest>
where
    S: Service<Request, Response = ServiceResponse<Body>, Error = Error>,
{
    let peer = io.peer_addr().ok();
    let place = terms.open.admission.admit(peer.map(|peer| peer.ip()))?;
    let io = Held::new(io, place, terms.open.ending.clone());
    let Some(tls) = tls else { return http1::serve(io, peer, routes, terms).await };
    let accepted = tokio::select! {
        accepted = timeout(terms.header_timeout, tls.accept(io)) => accepted,
        // Whoever has not got so far has asked for nothing yet, but may be about to.
        () = terms.open.ending.told_a_while_ago() => return None,
    };
    let mut io = accepted.ok()?.ok()?;
    match io.get_ref().1.alpn_protocol() {
        Some(HTTP_2) => {
            let outlet = io.get_mut().0.watch();
            http2::serve(io, outlet, peer, routes, terms).await;
            None
        }
        // The certificate that it got was the answer.
        Some(QUESTION) => None,
        _ => http1::serve(io, peer, routes, terms).await,
    }
}

/// Serves a connection over a unix socket.
async fn serve_unix<S>(io: UnixStream, routes: Rc<S>, terms: Rc<Terms>) -> Option<Rest>
where
    S: Service<Request, Response = ServiceResponse<Body>, Error = Error>,
{
    let place = terms.open.admission.admit(None)?;
    let io = Held::new(io, place, terms.open.ending.clone());
    http1::serve(io, None, routes, terms).await
}

impl Terms {
    /// Made in the worker, because the date in answers is kept there.
    fn new(app: &App, config: &ServerConfig, open: &Open, tls: bool) -> Rc<Self> {
        Rc::new(Self {
            tls,
            coding: ServiceConfigBuilder::new().keep_alive(KeepAlive::Timeout(KEEP_ALIVE)).build(),
            keep_alive: KEEP_ALIVE,
            header_timeout: config.header_timeout,
            body_timeout: config.body_timeout,
            clock: Arc::clone(&app.edge.clock),
            open: open.clone(),
        })
    }
}

/// The routes of the server.
fn routes(app: &App) -> impl Making + Clone + use<> {
    let edge = Arc::clone(&app.edge);
    let worker = Worker::new()
        .wrap(from_fn(move |request, next| edge::serve(Arc::clone(&edge), request, next)))
        .configure(|worker| app.configure(worker));
    shared(app, worker.into_factory())
}

/// Routes without the edge, for a listener that tells one thing and nothing else.
fn bare<C: FnOnce(&mut web::ServiceConfig)>(app: &App, configure: C) -> impl Making + Clone + use<C> {
    let worker = Worker::new()
        .wrap_fn(|request, next| next.call(request).map_ok(ServiceResponse::map_into_left_body))
        .configure(configure);
    shared(app, worker.into_factory())
}

/// Those who ask for the routes share what is made once for a worker.
fn shared<F>(app: &App, factory: F) -> impl Making + Clone + use<F>
where
    F: ServiceFactory<
            Request,
            Config = AppConfig,
            Response = ServiceResponse<Body>,
            Error = Error,
            InitError = (),
            Service: Service<Request, Future: 'static>,
            Future: 'static,
        > + 'static,
{
    let factory = Rc::new(factory);
    let made = Rc::new(OnceCell::new());
    let store = app.store.clone();
    fn_factory(move || {
        let (factory, made, store) = (Rc::clone(&factory), Rc::clone(&made), store.clone());
        async move {
            // Before anybody is accepted, so that connections cannot take the descriptors that it needs.
            store
                .open_reader()
                .map_err(|error| tracing::error!(%error, "a worker cannot read the database"))?;
            // Nothing of ours asks for the address that this configuration holds.
            let once = || async { factory.new_service(AppConfig::default()).await.map(Rc::new) };
            made.get_or_try_init(once).await.cloned()
        }
    })
}
