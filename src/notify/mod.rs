//! Telling whoever waits that something happened: listens to committed events and serves the hub and open pages.

pub mod frame;
pub mod hub;
pub mod pages;
mod queue;

use std::time::Duration;

use tokio::sync::mpsc::UnboundedReceiver;

use crate::auth::access::Reader;
use crate::events::Event;
use crate::notify::hub::{Closing, Hub};
use crate::notify::pages::PageEvents;
use crate::store::Store;
use crate::store::error::StoreError;
use crate::store::tx::ReadTx;

/// How soon sockets close after another process, such as the command line, took their right away.
const REVALIDATE_EVERY: Duration = Duration::from_millis(250);

/// Serves the hub until the store is closed.
pub async fn run(hub: Hub, pages: PageEvents, store: Store, mut events: UnboundedReceiver<Vec<Event>>) {
    let mut validity = Validity { seen: None };
    loop {
        tokio::select! {
            committed = events.recv() => match committed {
                Some(events) => {
                    for event in events {
                        pages.tell(&event);
                        deliver(&hub, &store, &mut validity, event);
                    }
                }
                None => return,
            },
            () = store.clock().sleep(REVALIDATE_EVERY) => validity.refresh(&hub, &store),
        }
    }
}

fn deliver(hub: &Hub, store: &Store, validity: &mut Validity, event: Event) {
    match event {
        Event::MessageWritten(written) => {
            if hub.has_subscribers(written.channel) {
                // Nothing may reach a socket whose right ended before this message was written.
                validity.refresh(hub, store);
                hub.tell(&written);
            }
        }
        Event::TokenRevoked { channel, token, .. } => hub.close_token(channel, token),
        Event::ChannelDeleted { channel, .. } => hub.close_channel(channel),
        Event::ReadStateChanged { .. } | Event::ChannelChanged { .. } | Event::SessionsEnded { .. } => {}
    }
}

/// Whether the subscribers' rights were judged since the last change of anybody's.
struct Validity {
    seen: Option<i64>,
}

impl Validity {
    fn refresh(&mut self, hub: &Hub, store: &Store) {
        let judged = store.access_epoch().and_then(|epoch| {
            if self.seen != Some(epoch) {
                hub.close_invalid(|readers| store.read_now(|tx| invalid(tx, readers)))?;
                self.seen = Some(epoch);
            }
            Ok::<_, StoreError>(())
        });
        if let Err(error) = judged {
            tracing::error!(%error, "rights could not be judged, every socket is closed");
            hub.close_all(Closing::GoingAway);
        }
    }
}

/// Those of the readers whose right has ended.
fn invalid(tx: &ReadTx<'_>, readers: Vec<Reader>) -> Result<Vec<Reader>, StoreError> {
    let mut invalid = Vec::new();
    for reader in readers {
        if !reader.is_valid(tx)? {
            invalid.push(reader);
        }
    }
    Ok(invalid)
}
