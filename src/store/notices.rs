//! What browsers have to be told next, and how far they were told. The messages themselves are the queue.

use crate::domain::id::{AccountId, SubscriptionId};
use crate::domain::read_state::UnreadCount;
use crate::domain::receiver::{After, AtWork, Receiver, Watched};
use crate::domain::subscription::{Endpoint, Subscription, Verdict};
use crate::domain::telling::Telling;
use crate::domain::webhook::Outcome;
use crate::store::columns::value;
use crate::store::error::StoreError;
use crate::store::inbox;
use crate::store::news::{self, Arrivals, Person, Told};
use crate::store::receivers::AtWorkSql;
use crate::store::tx::{ReadTx, WriteTx};
use crate::store::{channel_access, receivers, subscriptions};

/// With more channels than this that have something to tell, one notification tells of all.
const MOST_CHANNELS: usize = 3;

/// What a browser is told next. Nothing to tell is what the holder wrote, read, or does not want to be told of.
pub type Found = receivers::Found<Box<Due>, Vec<Told>>;

/// How far a browser was told of each channel.
const TOLD: &str = "select c.id, c.head, coalesce(t.told, 0), c.muted, l.level
                      from channel c
                      left join push_told t on t.subscription_id = ?3 and t.channel_id = c.id
                      left join notification_level l on l.user_id = ?2 and l.channel_id = c.id
                     where c.account_id = ?1 and c.head > coalesce(t.told, 0)";

/// What is to be told.
pub struct Due {
    pub subscription: Subscription,
    pub endpoint: Endpoint,
    pub account: AccountId,
    pub notice: Notice,
    /// Unread messages in all channels that are not muted.
    pub unread: u64,
    /// What it was told of when this is taken.
    pub told: Vec<Told>,
}

/// What a notification says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Notice {
    Test,
    Channel {
        id: String,
        /// Where the person wants notifications to name channels, and gave this one a name.
        label: Option<String>,
        unread: UnreadCount,
    },
    Summary {
        channels: usize,
        unread: UnreadCount,
    },
}

impl Notice {
    /// How many unread messages it tells of, as far as they were counted.
    pub fn messages(&self) -> u64 {
        match self {
            Self::Test => 0,
            Self::Channel { unread, .. } | Self::Summary { unread, .. } => unread.number,
        }
    }
}

/// What a try came to.
#[derive(Debug, Clone)]
pub struct Tried {
    pub id: SubscriptionId,
    pub told: Vec<Told>,
    pub telling: Telling,
    pub verdict: Verdict,
}

macro_rules! select_at_work {
    ($which:literal) => {
        concat!(
            "select push_subscription.id, account_id, account_id, iif(tries > 0, next_at, null)
               from push_subscription
               join user on user.id = user_id
              where ",
            $which
        )
    };
}

/// All that are at work, or those of one account.
pub fn at_work(tx: &ReadTx<'_>, only: Option<AccountId>) -> Result<Vec<AtWork>, StoreError> {
    const ALL: &str = select_at_work!("state = 0");
    const OF_ACCOUNT: &str = select_at_work!("state = 0 and account_id = ?1");
    let sql = AtWorkSql { all: ALL, of_one: OF_ACCOUNT };
    let receiver = |id| Receiver::Browser(SubscriptionId(id));
    receivers::at_work(tx, &sql, only.map(|one| one.0), receiver, |id| Watched::Account(AccountId(id)))
}

/// What a browser is told next.
pub fn next(tx: &ReadTx<'_>, id: SubscriptionId) -> Result<Found, StoreError> {
    receivers::if_readable(find_next(tx, id))
}

fn find_next(tx: &ReadTx<'_>, id: SubscriptionId) -> Result<Found, StoreError> {
    let Some(subscription) = subscriptions::find(tx, id)?.filter(|found| !found.gave_up) else {
        return Ok(Found::Nothing(After::Gone));
    };
    if let Some(next) = subscription.next_try.filter(|next| *next > tx.now()) {
        return Ok(Found::Nothing(After::At(next)));
    }
    let Some(person) = person(tx, id)? else { return Ok(Found::Nothing(After::Message)) };
    let quiet = person.settings.quiet;
    if let Some(end) = quiet.and_then(|quiet| quiet.end_of_present(tx.now(), &person.zone)) {
        return Ok(Found::Nothing(After::At(end)));
    }
    let Arrivals { news, mut over } = news::arrivals(tx, TOLD, id.0, &person)?;
    let Some(first) = news.first() else {
        return Ok(if over.is_empty() { Found::Nothing(After::Message) } else { Found::Over(over) });
    };
    let was_quiet = quiet.and_then(|quiet| quiet.last_end(tx.now(), &person.zone));
    let is_summary =
        news.len() > 1 && (news.len() > MOST_CHANNELS || was_quiet.is_some_and(|end| first.since < end));
    let notice = if is_summary {
        let unread = news.iter().map(|one| one.glance.unread).sum();
        Notice::Summary { channels: news.len(), unread }
    } else {
        let Some(access) = channel_access::load(tx, first.told.0)? else {
            return Ok(Found::Nothing(After::Message));
        };
        let label = if person.settings.with_names { inbox::label(tx, access.row)? } else { String::new() };
        let label = Some(label).filter(|label| !label.is_empty());
        Notice::Channel { id: access.id.as_str().to_owned(), label, unread: first.glance.unread }
    };
    over.extend(news.iter().take(if is_summary { news.len() } else { 1 }).map(|one| one.told));
    Ok(match due(tx, person.account, subscription, notice, over)? {
        Some(due) => Found::Something(Box::new(due)),
        None => Found::Nothing(After::Gone),
    })
}

/// What is sent to a browser to say this.
pub fn due(
    tx: &ReadTx<'_>,
    account: AccountId,
    subscription: Subscription,
    notice: Notice,
    told: Vec<Told>,
) -> Result<Option<Due>, StoreError> {
    let Some(endpoint) = subscriptions::endpoint(tx, subscription.id)? else { return Ok(None) };
    let unread = inbox::unread_of_account(tx, account)?.number;
    Ok(Some(Due { subscription, endpoint, account, notice, unread, told }))
}

/// Whose browser it is, unless that person or the account is disabled.
fn person(tx: &ReadTx<'_>, id: SubscriptionId) -> Result<Option<Person>, StoreError> {
    const SQL: &str = "select user_id from push_subscription where id = ?1";
    let user = tx.first(SQL, [id], value)?;
    user.map_or(Ok(None), |user| news::person(tx, user))
}

/// Remembers up to where a browser was told; not at all when it or a channel is gone.
pub fn tell(tx: &WriteTx<'_>, id: SubscriptionId, told: &[Told]) -> Result<(), StoreError> {
    const SQL: &str = "insert into push_told (subscription_id, channel_id, told)
                       select s.id, c.id, ?3
                         from push_subscription s
                         join channel c on c.id = ?2
                        where s.id = ?1
                       on conflict (subscription_id, channel_id) do update set told = max(told, ?3)";
    for (channel, sequence) in told {
        tx.change(SQL, (id, channel, sequence))?;
    }
    Ok(())
}

/// Remembers a try, and what it makes of its subscription.
pub fn note(tx: &WriteTx<'_>, tried: &Tried) -> Result<(), StoreError> {
    const GO_ON: &str = "update push_subscription
                            set tries = 0, next_at = ?2, failing_since = null, taken_at = iif(?3, ?4, taken_at)
                          where id = ?1";
    const AGAIN: &str = "update push_subscription
                            set tries = tries + 1, next_at = ?2, failing_since = coalesce(failing_since, ?3)
                          where id = ?1";
    const GAVE_UP: &str = "update push_subscription set state = 1, next_at = null where id = ?1";
    let (id, at) = (tried.id, tried.telling.at);
    match tried.verdict {
        Verdict::GoOn(next) => {
            let is_taken = tried.telling.outcome == Outcome::Taken;
            tx.change(GO_ON, (id, next, is_taken, at))?;
            tell(tx, id, &tried.told)?;
        }
        Verdict::Again(next) => {
            tx.change(AGAIN, (id, next, at))?;
        }
        Verdict::GaveUp => {
            tx.change(GAVE_UP, [id])?;
        }
        Verdict::Gone => return subscriptions::delete(tx, id),
    }
    subscriptions::remember(tx, id, &tried.telling)
}
