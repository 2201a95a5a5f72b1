//! Live updates of open pages as server-sent events: how much is unread, again whenever it may have changed.

use std::sync::Arc;
use std::time::Duration;

use actix_web::http::header::{CACHE_CONTROL, CONTENT_TYPE, HeaderName};
use actix_web::{HttpRequest, HttpResponse, get, web};
use bytes::Bytes;
use serde::Deserialize;

use crate::auth::session::{Session, Sessions};
use crate::domain::secret::SessionSecret;
use crate::domain::time::Clock;
use crate::notify::pages::{Change, Following, Next, PageEvents};
use crate::service::inbox::Inbox;
use crate::web::cookies::Jar;
use crate::web::error_page::Refusal;
use crate::web::guards::SignedIn;
use crate::web::site::Site;

/// Below the idle times of common proxies. Each is also a look at whether the session still holds.
const PING_EVERY: Duration = Duration::from_secs(25);

/// Events that come together are told together: counting costs more than waiting so long.
const GATHER: Duration = Duration::from_millis(100);

/// Fills the buffers of proxies that hold the beginning of an answer back.
const PADDING: usize = 2048;

/// The event after which the page wants to go on.
#[derive(Deserialize)]
pub struct From {
    #[serde(default)]
    from: u64,
}

/// One open page.
struct Stream {
    session: Session,
    secret: SessionSecret,
    sessions: Sessions,
    inbox: Inbox,
    clock: Arc<dyn Clock>,
    following: Following,
    state: State,
}

enum State {
    Beginning { gap: Option<u64> },
    Following,
    Over,
}

#[get("/events")]
#[expect(clippy::too_many_arguments, reason = "each parameter is something that the framework hands over")]
pub async fn events(
    request: HttpRequest,
    me: SignedIn,
    from: web::Query<From>,
    site: web::Data<Site>,
    sessions: web::Data<Sessions>,
    inbox: web::Data<Inbox>,
    events: web::Data<PageEvents>,
    clock: web::Data<dyn Clock>,
) -> Result<HttpResponse, Refusal> {
    let secret = Jar::Session.read_secret(&site, &request).ok_or(Refusal::NotFound)?;
    let header = request.headers().get("last-event-id").and_then(|id| id.to_str().ok()?.parse().ok());
    let (following, gap) = events.follow(me.owner().account(), header.unwrap_or(from.from));
    let stream = Stream {
        session: me.0,
        secret,
        sessions: (**sessions).clone(),
        inbox: (**inbox).clone(),
        clock: clock.into_inner(),
        following,
        state: State::Beginning { gap },
    };
    let body = futures_util::stream::unfold(stream, |mut stream| async move {
        let text = stream.next().await?;
        Some((Ok::<_, actix_web::Error>(Bytes::from(text)), stream))
    });
    Ok(HttpResponse::Ok()
        .insert_header((CONTENT_TYPE, "text/event-stream; charset=utf-8"))
        .insert_header((CACHE_CONTROL, "no-store, no-transform"))
        // nginx would hold the events back otherwise.
        .insert_header((HeaderName::from_static("x-accel-buffering"), "no"))
        .streaming(body))
}

impl Stream {
    /// The next piece of the answer; `None` ends it.
    async fn next(&mut self) -> Option<String> {
        match self.state {
            State::Beginning { gap } => {
                self.state = State::Following;
                let padding = format!(":{}\n\nretry: 3000\n\n", " ".repeat(PADDING));
                match gap {
                    Some(last) => Some(padding + &self.told(last, "resync").await?),
                    None => Some(padding),
                }
            }
            State::Following => {
                let clock = Arc::clone(&self.clock);
                tokio::select! {
                    next = self.following.next() => self.follow(next).await,
                    () = clock.sleep(PING_EVERY) => {
                        if self.holds().await { Some("event: ping\ndata: {}\n\n".to_owned()) } else { Some(self.end("session-ended")) }
                    }
                }
            }
            State::Over => None,
        }
    }

    async fn follow(&mut self, next: Next) -> Option<String> {
        let mut event = match next {
            Next::Event(event) => event,
            Next::Gap(last) => return self.told(last, "resync").await,
            Next::Ended => return None,
        };
        let mut kind = "read";
        self.clock.sleep(GATHER).await;
        loop {
            match event.change {
                Change::Message => kind = "message",
                Change::Other => {}
                Change::Sessions => {
                    if !self.holds().await {
                        return Some(self.end("session-ended"));
                    }
                }
                Change::Restart => return Some(self.end("server-restart")),
            }
            match self.following.next_now() {
                Some(next) => event = next,
                None => break,
            }
        }
        self.told(event.id, kind).await
    }

    async fn told(&self, id: u64, kind: &str) -> Option<String> {
        // A count that fails ends the stream: the browser comes back and asks again.
        let unread = self.inbox.unread(self.session.owner()).await.ok()?;
        let id = if id == 0 { String::new() } else { format!("id: {id}\n") };
        Some(format!("{id}event: {kind}\ndata: {{\"unread\":{unread}}}\n\n"))
    }

    fn end(&mut self, kind: &str) -> String {
        self.state = State::Over;
        format!("event: {kind}\ndata: {{}}\n\n")
    }

    async fn holds(&self) -> bool {
        matches!(self.sessions.find(&self.secret).await, Ok(Some(_)))
    }
}
