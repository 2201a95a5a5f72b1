//! Taking back what was done to messages in the inbox. What it needs is kept in the file, so it works on any page and after
//! a restart; only the session that did it can.

use std::collections::HashMap;
use std::sync::Arc;

use crate::auth::access::Owner;
use crate::domain::id::{AccountId, ChannelRow, UndoId};
use crate::domain::read_state::ReadState;
use crate::events::Event;
use crate::service::error::Error;
use crate::service::messages::Messages;
use crate::service::quota;
use crate::store::channel_access::{self, ChannelAccess};
use crate::store::noted::NotedSide;
use crate::store::range_marks::RangeMark;
use crate::store::tx::WriteTx;
use crate::store::undo::{self, Aspect, UndoRange};
use crate::store::viewpoint::Viewpoint;
use crate::store::{deleted, noted};

/// What was taken back.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct TakenBack {
    /// Deleted messages that are gone for good, for it came too late.
    pub gone: u64,
    /// What could not be taken back yet, for the account is full.
    pub left: Option<UndoId>,
}

/// Parts of about so many messages are taken back in one change; others wait no longer than this takes.
const AT_ONCE: i64 = 10_000;

/// A change of one message counts as that many in a stretch.
const ALONE: i64 = 20;

impl Messages {
    /// Takes back what this session did last, or that one thing; `None` when there is nothing, or it was too long ago.
    ///
    /// Each part is forgotten in the change that takes it back, so that what is left after a refusal or an end of the
    /// server can be taken back later.
    pub async fn take_back(&self, owner: &Owner, which: Option<UndoId>) -> Result<Option<TakenBack>, Error> {
        let Some(session) = owner.session() else { return Ok(None) };
        let (account, quota) = (owner.account(), self.quota);
        let found = self.store.read(move |tx| Ok::<_, Error>(undo::find(tx, session, which)?)).await?;
        let Some(id) = found else { return Ok(None) };
        let mut work = Work { id, marking: None, is_done: false, gone: 0 };
        while !work.is_done {
            let gone = work.gone;
            let went =
                self.store.write(owner.clone(), move |tx, _owner| work.go_on(tx, account, quota)).await;
            work = match went {
                Ok(work) => work,
                Err(Error::StorageFull) => return Ok(Some(TakenBack { gone, left: Some(id) })),
                Err(error) => return Err(error),
            };
        }
        Ok(Some(TakenBack { gone: work.gone, left: None }))
    }
}

/// How far a taking back has come.
struct Work {
    id: UndoId,
    /// The stretch that is being marked, and the number of its part.
    marking: Option<(Viewpoint, RangeMark, i64)>,
    is_done: bool,
    gone: u64,
}

impl Work {
    fn go_on(mut self, tx: &WriteTx<'_>, account: AccountId, quota: i64) -> Result<Self, Error> {
        let mut channels = Channels { account, known: HashMap::new() };
        let mut spent = 0;
        quota::within(tx, account, quota, || {
            while spent < AT_ONCE && !self.is_done {
                if let Some((viewpoint, mark, number)) = self.marking.take() {
                    spent += AT_ONCE;
                    match mark.go_on(tx, &viewpoint)? {
                        Some(mark) => self.marking = Some((viewpoint, mark, number)),
                        None => undo::forget_part(tx, self.id, number)?,
                    }
                } else if let Some((number, part)) = undo::next(tx, self.id)? {
                    spent += ALONE;
                    // What was in a channel that is gone is gone with it.
                    if let Some(channel) = channels.get(tx, part.channel)? {
                        self.take_back(tx, &channel, (number, part))?;
                    }
                    if self.marking.is_none() {
                        undo::forget_part(tx, self.id, number)?;
                    }
                } else {
                    undo::forget(tx, self.id)?;
                    self.is_done = true;
                }
            }
            Ok(())
        })?;
        tx.emit(Event::ReadStateChanged { account });
        Ok(self)
    }

    fn take_back(
        &mut self,
        tx: &WriteTx<'_>,
        channel: &ChannelAccess,
        (number, part): (i64, UndoRange),
    ) -> Result<(), Error> {
        let side = NotedSide::of(channel.row, channel.owner_token);
        let (viewpoint, state) = match part.was {
            Aspect::Undeleted => {
                if !deleted::bring_back(tx, channel, part.first)? {
                    self.gone += 1;
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
        self.marking = Some((viewpoint, mark, number));
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
