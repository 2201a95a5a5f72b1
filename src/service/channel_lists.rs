//! Lists of channels with their tokens: remembered while nothing is committed, and opened anew only where a channel
//! changed since.

use std::sync::Arc;

use quick_cache::Weighter;
use quick_cache::sync::Cache;

use crate::domain::channel::Channel;
use crate::domain::id::AccountId;
use crate::service::channel_with_tokens::{ChannelWithTokens, with_tokens};
use crate::service::error::{Error, opened};
use crate::store::change_mark::ChangeMark;
use crate::store::channels::Stamp;
use crate::store::error::readable;
use crate::store::tx::ReadTx;
use crate::store::{Store, channels};

/// Channels and tokens that are kept, of all accounts together.
const KEPT: u64 = 20_000;

/// Accounts that are expected to ask for lists.
const ACCOUNTS: usize = 1_000;

/// So many channels are compared sooner than another thread wakes to do it, and so many opened.
const COMPARED_AT_ONCE: usize = 200;
const OPENED_AT_ONCE: usize = 20;

/// The channels of an account, oldest first. One that looks as before is the same one.
#[derive(Debug, Default)]
pub struct ChannelList {
    stamped: Vec<(Stamp, Arc<ChannelWithTokens>)>,
}

/// The lists that were asked for.
#[derive(Clone)]
pub(super) struct ChannelLists {
    kept: Arc<Cache<AccountId, Kept, ByRows>>,
}

#[derive(Clone)]
struct Kept {
    mark: ChangeMark,
    list: Arc<ChannelList>,
}

/// Weighs a list by how many channels and tokens it holds.
#[derive(Clone)]
struct ByRows;

impl Weighter<AccountId, Kept> for ByRows {
    fn weight(&self, _account: &AccountId, kept: &Kept) -> u64 {
        kept.list.channels().fold(1, |rows, channel| rows + 1 + channel.tokens.len() as u64)
    }
}

impl Default for ChannelLists {
    fn default() -> Self {
        Self { kept: Arc::new(Cache::with_weighter(ACCOUNTS, KEPT, ByRows)) }
    }
}

impl ChannelList {
    /// The channels with their tokens, oldest first.
    pub fn channels(&self) -> impl Iterator<Item = &Arc<ChannelWithTokens>> {
        self.stamped.iter().map(|(_, channel)| channel)
    }
}

impl ChannelLists {
    /// The list of an account.
    pub(super) async fn of(&self, store: &Store, account: AccountId) -> Result<Arc<ChannelList>, Error> {
        let mark = store.change_mark();
        let kept = self.kept.get(&account);
        if let Some(kept) = &kept
            && kept.mark == mark
        {
            return Ok(Arc::clone(&kept.list));
        }
        let at_once = match &kept {
            Some(kept) if kept.list.stamped.len() <= COMPARED_AT_ONCE => {
                store.read_now(|tx| refreshed(tx, account, &kept.list, OPENED_AT_ONCE))?
            }
            _ => None,
        };
        let list = match at_once {
            Some(list) => list,
            None => {
                let before = kept.map(|kept| kept.list).unwrap_or_default();
                let refreshed = store.read(move |tx| refreshed(tx, account, &before, usize::MAX)).await?;
                refreshed.unwrap_or_default()
            }
        };
        // The mark was taken before: a commit in between makes the list look older than it is, never newer.
        self.kept.insert(account, Kept { mark, list: Arc::clone(&list) });
        Ok(list)
    }
}

/// The list as it is now; `None` when more channels would have to be opened for it than `most`.
fn refreshed(
    tx: &ReadTx<'_>,
    account: AccountId,
    before: &Arc<ChannelList>,
    most: usize,
) -> Result<Option<Arc<ChannelList>>, Error> {
    let mut stamped = Vec::with_capacity(before.stamped.len());
    let mut known = before.stamped.iter().peekable();
    let (mut kept, mut opened) = (0, 0);
    for stamp in channels::stamps(tx, account)? {
        while known.next_if(|(then, _)| then.row.0 < stamp.row.0).is_some() {}
        match known.peek().filter(|(then, _)| then.row == stamp.row) {
            Some((then, channel)) if *then == stamp => {
                kept += 1;
                stamped.push((stamp, Arc::clone(channel)));
            }
            Some((then, channel)) if then.version == stamp.version => {
                stamped.push((stamp, Arc::new(with_head(channel, stamp))));
            }
            _ if opened == most => return Ok(None),
            _ => {
                opened += 1;
                stamped.extend(open(tx, stamp)?.map(|channel| (stamp, Arc::new(channel))));
            }
        }
    }
    let unchanged = kept == before.stamped.len() && kept == stamped.len();
    Ok(Some(if unchanged { Arc::clone(before) } else { Arc::new(ChannelList { stamped }) }))
}

/// The same channel after messages were written.
fn with_head(before: &ChannelWithTokens, stamp: Stamp) -> ChannelWithTokens {
    let channel = Channel { head: stamp.head, ..before.channel.clone() };
    ChannelWithTokens { channel, tokens: before.tokens.clone() }
}

/// A channel of which a value does not open is left out.
fn open(tx: &ReadTx<'_>, stamp: Stamp) -> Result<Option<ChannelWithTokens>, Error> {
    let Some(channel) = readable(channels::load(tx, stamp.row))?.flatten() else { return Ok(None) };
    opened(with_tokens(tx, channel))
}
