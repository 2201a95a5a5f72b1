//! HTTP on the listeners. It is put together from the parts that actix-web's own server is made of, because that one does
//! not let a connection leave HTTP.

use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use actix_codec::Framed;
use actix_http::h1::{Codec, ExpectHandler};
use actix_http::{HttpService, Protocol, Request};
use actix_service::{IntoServiceFactory, ServiceFactoryExt, apply_fn_factory};
use actix_web::body::{BoxBody, EitherBody};
use actix_web::dev::{AppConfig, Server, Service, ServiceFactory, ServiceResponse, fn_factory, fn_service};
use actix_web::middleware::from_fn;
use actix_web::{App as Worker, Error};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::UnixStream;
use tokio::sync::OnceCell;

use crate::http::edge;
use crate::http::in_flight::Counted;
use crate::server::app::App;
use crate::server::tls::Certificate;
use crate::server::{Listeners, ServerError, upgrade};

/// How long an idle connection stays open for the next request.
const KEEP_ALIVE: Duration = Duration::from_secs(75);

/// How long a connection that was closed may take to end.
const DISCONNECT: Duration = Duration::from_secs(1);

/// Blocking threads of each worker; long answers and password hashes run there.
const BLOCKING_THREADS: usize = 8;

type Body = Counted<EitherBody<BoxBody>>;
type Answer = ServiceResponse<Body>;
type Upgrade<T> = (Request, Framed<T, Codec>);

/// Makes a service that turns `Q` into `A`, with all that [`HttpService`] requires of one.
trait Making<Q, A>:
    ServiceFactory<
        Q,
        Config = (),
        Response = A,
        Error = Error,
        InitError = (),
        Service: Service<Q, Future: 'static>,
        Future: 'static,
    > + 'static
{
}

impl<Q, A, F> Making<Q, A> for F where
    F: ServiceFactory<
            Q,
            Config = (),
            Response = A,
            Error = Error,
            InitError = (),
            Service: Service<Q, Future: 'static>,
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
    header_timeout: Duration,
) -> Result<Server, ServerError> {
    let mut server =
        Server::build().workers(workers).worker_max_blocking_threads(BLOCKING_THREADS).disable_signals();
    for listener in listeners.tcp {
        let listen = listener.local_addr().map_or_else(|_| "a socket".to_owned(), |at| at.to_string());
        let app = app.clone();
        server = match certificate {
            Some(certificate) => {
                let tls = certificate.rustls_config()?;
                server.listen(&listen, listener, move || {
                    http(routes(&app), header_timeout).rustls_0_23(tls.clone())
                })
            }
            None => server.listen(&listen, listener, move || http(routes(&app), header_timeout).tcp()),
        }
        .map_err(|source| ServerError::Bind { listen, source })?;
    }
    for listener in listeners.unix {
        let app = app.clone();
        server = server
            .listen_uds("a unix socket", listener, move || {
                fn_service(async |io: UnixStream| Ok((io, Protocol::Http1, None)))
                    .and_then(http(routes(&app), header_timeout))
            })
            .map_err(|source| ServerError::Bind { listen: "a unix socket".to_owned(), source })?;
    }
    Ok(server.run())
}

/// HTTP on connections of one kind.
fn http<T, R>(
    routes: R,
    header_timeout: Duration,
) -> HttpService<T, R, Body, ExpectHandler, impl Making<Upgrade<T>, ()>>
where
    T: AsyncRead + AsyncWrite + Unpin + 'static,
    R: Making<Request, Answer> + Clone,
{
    let upgrades = apply_fn_factory(routes.clone(), |(request, http): Upgrade<T>, routes: &R::Service| {
        // Boxed, because every connection has room for it from the start.
        Box::pin(upgrade::serve(routes.call(upgrade::prepare(request)), http))
    });
    HttpService::build()
        .keep_alive(KEEP_ALIVE)
        .client_request_timeout(header_timeout)
        .client_disconnect_timeout(DISCONNECT)
        .upgrade(upgrades)
        .finish(routes)
}

/// The routes with the edge around them. Those who ask for them share what is made once for a worker.
fn routes(app: &App) -> impl Making<Request, Answer> + Clone + use<> {
    let edge = Arc::clone(&app.edge);
    let worker = Worker::new()
        .wrap(from_fn(move |request, next| edge::serve(Arc::clone(&edge), request, next)))
        .configure(|worker| app.configure(worker));
    let factory = Rc::new(worker.into_factory());
    let made = Rc::new(OnceCell::new());
    fn_factory(move || {
        let (factory, made) = (Rc::clone(&factory), Rc::clone(&made));
        async move {
            // Nothing of ours asks for the address that this configuration holds.
            let once = || async { factory.new_service(AppConfig::default()).await.map(Rc::new) };
            made.get_or_try_init(once).await.cloned()
        }
    })
}
