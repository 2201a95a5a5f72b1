//! Live updates of open pages as server-sent events: how much is unread, again whenever it may have changed.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Duration;

use actix_web::{HttpResponse, web};
use futures_util::stream::unfold;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::auth::session::{Session, Sessions};
use crate::domain::id::ChannelRow;
use crate::domain::read_state::UnreadCount;
use crate::domain::time::{Clock, Timestamp};
use crate::http::events;
use crate::notify::page_events::{CloseReason, Following, PageEvents};
use crate::service::inbox::{Counts, Inbox};
use crate::service::notifications::Notifications;
use crate::web::frame::call::Call;
use crate::web::frame::refusal::Refusal;

/// Between two pings: shorter than the idle limits of common proxies. With each the session is checked, and once more when
/// its time is over.
const PING_EVERY: Duration = Duration::from_secs(25);

/// Events that come together are told together: counting costs more than waiting so long.
const GATHER: Duration = Duration::from_millis(100);

/// Channels of an account that are compared; of more, pages are not told which ones changed.
const COMPARED: usize = 2_000;

/// Channels that are named at once.
const NAMED: usize = 50;

/// Channels with unread messages that are named where it is not known what changed.
const COUNTED: usize = 200;

/// With which the stream begins: when a browser that lost it comes back, in milliseconds.
const BEGINNING: &str = "retry: 3000\n\n";

/// The event after which the page wants to go on.
#[derive(Deserialize)]
pub struct LastEvent {
    #[serde(default)]
    from: u64,
}

/// One open page.
struct Stream {
    /// Known by its id: confirming it in another tab gives it another secret.
    session: Session,
    sessions: Sessions,
    inbox: Inbox,
    notifications: Notifications,
    clock: Arc<dyn Clock>,
    following: Following,
    state: State,
    /// What each channel looked like when the page was told of them last.
    seen: Option<HashMap<ChannelRow, (UnreadCount, i64)>>,
    /// When to look next.
    look_at: Timestamp,
}

enum State {
    Beginning { gap: Option<u64> },
    Following,
    Over,
}

pub async fn events(
    call: Call,
    from: web::Query<LastEvent>,
    sessions: web::Data<Sessions>,
    inbox: web::Data<Inbox>,
    notifications: web::Data<Notifications>,
    page_events: web::Data<PageEvents>,
    clock: web::Data<dyn Clock>,
) -> Result<HttpResponse, Refusal> {
    let header = call.request.headers().get("last-event-id").and_then(|id| id.to_str().ok()?.parse().ok());
    let (following, gap) = page_events.follow(&call.session, header.unwrap_or(from.from));
    // It may have ended before this followed, of which nobody would tell.
    sessions.again(&call.session)?.ok_or_else(|| Refusal::SignIn("/inbox".to_owned()))?;
    let stream = Stream {
        look_at: next_look(&call.session, clock.now()),
        session: call.session,
        sessions: (**sessions).clone(),
        inbox: (**inbox).clone(),
        notifications: (**notifications).clone(),
        clock: clock.into_inner(),
        following,
        seen: None,
        state: State::Beginning { gap },
    };
    Ok(events::answer(unfold(stream, |mut stream| async move { Some((stream.next().await?, stream)) })))
}

impl Stream {
    /// The next piece of the answer; `None` ends it.
    async fn next(&mut self) -> Option<String> {
        match self.state {
            State::Beginning { gap } => {
                self.state = State::Following;
                match gap {
                    Some(last) => Some(BEGINNING.to_owned() + &self.told(last, "resync", true).await?),
                    None => {
                        let data = self.counted(false).await?;
                        if self.following.is_behind() {
                            self.seen = None;
                            return Some(BEGINNING.to_owned());
                        }
                        // Nothing has changed since the page was made, so this is what it shows. Older pages of the
                        // browser, which share this stream, may show something else.
                        Some(format!("{BEGINNING}event: counts\ndata: {data}\n\n"))
                    }
                }
            }
            State::Following => {
                let clock = Arc::clone(&self.clock);
                tokio::select! {
                    biased;
                    // No longer, also where the clock was set back.
                    () = clock.sleep(self.look_at.since(clock.now()).min(PING_EVERY)) => {
                        if !self.holds() {
                            return Some(self.end("session-ended"));
                        }
                        self.look_at = next_look(&self.session, clock.now());
                        Some("event: ping\ndata: {}\n\n".to_owned())
                    }
                    end = self.following.changed() => self.follow(end).await,
                }
            }
            State::Over => None,
        }
    }

    async fn follow(&mut self, end: Option<CloseReason>) -> Option<String> {
        match end {
            Some(CloseReason::Session) => return Some(self.end("session-ended")),
            Some(CloseReason::Restart) => return Some(self.end("server-restart")),
            None => self.clock.sleep(GATHER).await,
        }
        let change = self.following.take();
        self.told(change.id, if change.message { "message" } else { "read" }, change.message).await
    }

    async fn told(&mut self, id: u64, kind: &str, may_signal: bool) -> Option<String> {
        // Nothing may be told to a session that ended, in whatever way and by whichever process.
        if !self.holds() {
            return Some(self.end("session-ended"));
        }
        let data = self.counted(may_signal).await?;
        Some(format!("id: {id}\nevent: {kind}\ndata: {data}\n\n"))
    }

    /// How much is unread, in all and in the channels that changed; where that is not known, in all that have any.
    /// And whether the person wants to hear of it now. A count that fails ends the stream: the browser comes back and asks
    /// again.
    async fn counted(&mut self, may_signal: bool) -> Option<Value> {
        let Counts { unread: UnreadCount { number, more }, each, muted } =
            self.inbox.counts(self.session.owner()).await.ok()?;
        let came = if may_signal { self.came(&each, &muted) } else { Vec::new() };
        let signal =
            !came.is_empty() && self.notifications.are_wanted(self.session.owner(), came).await.ok()?;
        let mut data = json!({"unread": number, "more": more, "signal": signal});
        if let Some(rows) = self.changed(&each) {
            data["channels"] = self.named(rows, &each).await?;
        } else {
            let some = each.iter().filter(|(_, (unread, _))| unread.number > 0).map(|(row, _)| *row);
            let rows: Vec<ChannelRow> = some.take(COUNTED + 1).collect();
            if rows.len() <= COUNTED {
                data["unread_in"] = self.named(rows, &each).await?;
            }
        }
        self.seen = (each.len() <= COMPARED).then_some(each);
        Some(data)
    }

    /// The channels that are not muted in which more is unread than before, and whether something was.
    fn came(
        &self,
        each: &HashMap<ChannelRow, (UnreadCount, i64)>,
        muted: &HashSet<ChannelRow>,
    ) -> Vec<(ChannelRow, bool)> {
        let before =
            |row| self.seen.as_ref().and_then(|seen| seen.get(row)).map_or(0, |(unread, _)| unread.number);
        let heard = each.iter().filter(|(row, _)| !muted.contains(row));
        let more = heard.filter(|(row, (unread, _))| unread.number > before(row));
        more.map(|(row, _)| (*row, before(row) > 0)).take(NAMED).collect()
    }

    /// The channels that look different now; `None` where that is not known, or they are many. That none does can mean
    /// that the change was seen before it was told.
    fn changed(&self, each: &HashMap<ChannelRow, (UnreadCount, i64)>) -> Option<Vec<ChannelRow>> {
        let seen = self.seen.as_ref()?;
        let changed = each.iter().filter(|(row, now)| seen.get(row) != Some(now)).map(|(row, _)| *row);
        let rows: Vec<ChannelRow> = changed.take(NAMED + 1).collect();
        (1..=NAMED).contains(&rows.len()).then_some(rows)
    }

    /// What is unread in channels, as JSON.
    async fn named(
        &self,
        rows: Vec<ChannelRow>,
        each: &HashMap<ChannelRow, (UnreadCount, i64)>,
    ) -> Option<Value> {
        let ids = self.inbox.ids(self.session.owner(), rows.clone()).await.ok()?;
        let named = ids.into_iter().zip(rows).filter_map(|(id, row)| {
            let (unread, _) = each.get(&row)?;
            Some(json!({"id": id?.as_str(), "unread": unread.number, "more": unread.more}))
        });
        Some(named.collect())
    }

    fn end(&mut self, kind: &str) -> String {
        self.state = State::Over;
        format!("event: {kind}\ndata: {{}}\n\n")
    }

    /// Whether the session goes on; what is known of it is then up to date.
    fn holds(&mut self) -> bool {
        let Ok(Some(session)) = self.sessions.again(&self.session) else { return false };
        self.session = session;
        true
    }
}

fn next_look(session: &Session, now: Timestamp) -> Timestamp {
    now.after(PING_EVERY).min(session.ends())
}
