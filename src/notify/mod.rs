//! Telling whoever waits that something happened: listens to committed events and serves the hub and open pages.

pub mod frame;
pub mod hub;
pub mod outbox;
pub mod page_events;
mod queue;

use std::time::Duration;

use tokio::sync::mpsc::UnboundedReceiver;

use crate::auth::error::AuthError;
use crate::domain::time::Timestamp;
use crate::events::{Event, Written};
use crate::notify::hub::{Closing, Hub};
use crate::notify::outbox::Outbox;
use crate::notify::page_events::PageEvents;
use crate::store::error::{StoreError, readable};
use crate::store::right::Right;
use crate::store::tx::ReadTx;
use crate::store::{Store, channel_access, tokens};

/// How soon sockets close after another process, such as the command line, took their right away.
const REVALIDATE_EVERY: Duration = Duration::from_millis(250);

/// Serves the hub until the store is closed.
pub async fn run(
    hub: Hub,
    pages: PageEvents,
    outbox: Outbox,
    store: Store,
    mut events: UnboundedReceiver<Vec<Event>>,
) {
    let mut validity = Validity { seen: None, next_end: None };
    let mut pause = store.clock().sleep(REVALIDATE_EVERY);
    loop {
        tokio::select! {
            // The pause goes on while others are told, and comes first when it is over.
            biased;
            () = &mut pause => {
                validity.refresh(&hub, &pages, &store);
                pause = store.clock().sleep(REVALIDATE_EVERY);
            }
            committed = events.recv() => match committed {
                Some(events) => {
                    for event in events {
                        pages.tell(&event);
                        outbox.hear(&event);
                        deliver(&hub, &pages, &store, &mut validity, event);
                    }
                }
                None => return,
            },
        }
    }
}

fn deliver(hub: &Hub, pages: &PageEvents, store: &Store, validity: &mut Validity, event: Event) {
    match event {
        Event::MessageWritten(written) => {
            if hub.has_subscribers(&written) {
                // Nothing may reach a socket whose right ended before this message was written.
                validity.refresh(hub, pages, store);
                hub.tell(&written);
                tell_account(hub, store, &written);
            }
        }
        Event::TokenRevoked { channel, token, .. } => hub.close_token(channel, token),
        Event::ChannelDeleted { channel, .. } => hub.close_channel(channel),
        Event::SessionsEnded => validity.refresh(hub, pages, store),
        Event::ReadStateChanged { .. } | Event::ChannelChanged { .. } | Event::ReceiversChanged(_) => {}
    }
}

/// Tells whoever hears of the whole account.
fn tell_account(hub: &Hub, store: &Store, written: &Written) {
    if !hub.hears_of_account(written.account) {
        return;
    }
    match store.read_now(|tx| channel_access::load(tx, written.channel)) {
        Ok(Some(channel)) => {
            let side = channel.side_of(written.author);
            hub.tell_account(written, &channel.id, side);
        }
        // It is deleted meanwhile.
        Ok(None) => {}
        Err(error) => {
            tracing::error!(%error, "a message could not be told to sockets of its account, which are closed");
            // They come back with the last message that they were told of.
            hub.close_account(written.account);
        }
    }
}

/// Whether the subscribers' rights were judged since the last change of anybody's.
struct Validity {
    seen: Option<i64>,
    /// When the next token ends by itself.
    next_end: Option<Timestamp>,
}

impl Validity {
    fn refresh(&mut self, hub: &Hub, pages: &PageEvents, store: &Store) {
        let judged = store.access_epoch().and_then(|epoch| {
            let is_over = self.next_end.is_some_and(|end| end <= store.clock().now());
            if self.seen != Some(epoch) || is_over {
                let next_end = store.peek(tokens::next_end)?;
                hub.close_invalid(
                    |readers| store.read_now(|tx| invalid(tx, readers)),
                    |owners| store.read_now(|tx| invalid(tx, owners)),
                )?;
                pages.close_invalid(|sessions| store.read_now(|tx| invalid(tx, sessions)))?;
                (self.seen, self.next_end) = (Some(epoch), next_end);
            }
            Ok::<_, StoreError>(())
        });
        if let Err(error) = judged {
            tracing::error!(%error, "rights could not be judged, every socket is closed");
            hub.close_all(Closing::GoingAway);
            pages.close_all();
        }
    }
}

/// Those of the rights that have ended.
fn invalid<R>(tx: &ReadTx<'_>, rights: Vec<R>) -> Result<Vec<R>, StoreError>
where
    R: Right<Error = AuthError>,
{
    let mut invalid = Vec::new();
    for right in rights {
        match right.judge(tx) {
            Ok(()) => {}
            // Whose channel does not open any more can read nothing either.
            Err(AuthError::Store(error)) => {
                if readable::<()>(Err(error))?.is_none() {
                    invalid.push(right);
                }
            }
            Err(_ended) => invalid.push(right),
        }
    }
    Ok(invalid)
}
