//! Taking back what was done to messages in the inbox. What it needs is kept in the file, so it works on any page and after
//! a restart; only the session that did it can.

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use crate::auth::access::Owner;
use crate::domain::id::{AccountId, ChannelRow, UndoId};
use crate::domain::read_state::ReadState;
use crate::events::Event;
use crate::service::error::Error;
use crate::service::messages::Messages;
use crate::service::quota;
use crate::store::channel_access::{self, ChannelAccess};
use crate::store::noted::Side;
use crate::store::range_marks::RangeMark;
use crate::store::tx::WriteTx;
use crate::store::undo::{self, Aspect, Part};
use crate::store::viewpoint::Viewpoint;
use crate::store::{counters, deleted, noted};

/// What was taken back.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct TakenBack {
    /// Deleted messages that are gone for good, for it came too late.
    pub gone: u64,
}

/// Parts of about so many messages are taken back in one change; others wait no longer than this takes.
const AT_ONCE: i64 = 10_000;

/// A change of one message counts as that many in a stretch.
const ALONE: i64 = 20;

impl Messages {
    /// Takes back what this session did last, or that one thing; `None` when there is nothing, or it was too long ago.
    pub async fn take_back(&self, owner: &Owner, which: Option<UndoId>) -> Result<Option<TakenBack>, Error> {
        let Some(session) = owner.session() else { return Ok(None) };
        let (account, quota) = (owner.account(), self.quota);
        let begun = self
            .store
            .write(owner.clone(), move |tx, _owner| {
                let Some(id) = undo::find(tx, session, which)? else { return Ok(None) };
                let parts = undo::take(tx, id)?.into();
                Work { parts, ..Work::default() }.go_on(tx, account, quota).map(Some)
            })
            .await?;
        let Some(mut work) = begun else { return Ok(None) };
        while !work.is_done() {
            work = self.store.write(owner.clone(), move |tx, _owner| work.go_on(tx, account, quota)).await?;
        }
        Ok(Some(work.done))
    }
}

/// What is left to take back.
#[derive(Default)]
struct Work {
    parts: VecDeque<Part>,
    /// The stretch that is being marked.
    marking: Option<(Viewpoint, RangeMark)>,
    done: TakenBack,
}

impl Work {
    fn is_done(&self) -> bool {
        self.parts.is_empty() && self.marking.is_none()
    }

    fn go_on(mut self, tx: &WriteTx<'_>, account: AccountId, quota: i64) -> Result<Self, Error> {
        let before = counters::of_account(tx, account)?;
        let mut channels = Channels { account, known: HashMap::new() };
        let mut spent = 0;
        while spent < AT_ONCE {
            if let Some((viewpoint, mark)) = self.marking {
                self.marking = mark.go_on(tx, &viewpoint)?.map(|mark| (viewpoint, mark));
                spent += AT_ONCE;
            } else if let Some(part) = self.parts.pop_front() {
                // What was in a channel that is gone is gone with it.
                let Some(channel) = channels.get(tx, part.channel)? else { continue };
                spent += ALONE;
                self.take_back(tx, &channel, part)?;
            } else {
                break;
            }
        }
        quota::require_space(tx, account, before, quota)?;
        tx.emit(Event::ReadStateChanged { account });
        Ok(self)
    }

    fn take_back(&mut self, tx: &WriteTx<'_>, channel: &ChannelAccess, part: Part) -> Result<(), Error> {
        let side = Side::of(channel.row, channel.owner_token);
        let (viewpoint, state) = match part.was {
            Aspect::Undeleted => {
                if !deleted::bring_back(tx, channel, part.first)? {
                    self.done.gone += 1;
                }
                return Ok(());
            }
            Aspect::Marked(state) if part.first < part.last => (side.reading, state),
            Aspect::Archived(true) if part.first < part.last => (side.archive, ReadState::Read),
            Aspect::Archived(false) if part.first < part.last => (side.archive, ReadState::Unread),
            alone => {
                noted::put(tx, &side, part.first, alone)?;
                return Ok(());
            }
        };
        let mark = RangeMark::begin(tx, &viewpoint, (part.first, part.last), state)?;
        self.marking = Some((viewpoint, mark));
        Ok(())
    }
}

/// The account's channels, each looked up once.
struct Channels {
    account: AccountId,
    known: HashMap<ChannelRow, Option<Arc<ChannelAccess>>>,
}

impl Channels {
    fn get(&mut self, tx: &WriteTx<'_>, row: ChannelRow) -> Result<Option<Arc<ChannelAccess>>, Error> {
        if let Some(known) = self.known.get(&row) {
            return Ok(known.clone());
        }
        let found = channel_access::load(tx, row)?.filter(|access| access.account == self.account);
        let found = found.map(Arc::new);
        self.known.insert(row, found.clone());
        Ok(found)
    }
}
