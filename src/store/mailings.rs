//! What people have to be told next by e-mail, and how far they were told. The messages themselves are the queue.

use crate::crypto::field::{Field, Place};
use crate::domain::id::{AccountId, UserId};
use crate::domain::mailbox::{Mailbox, Rhythm, Verdict};
use crate::domain::read_state::UnreadCount;
use crate::domain::receiver::{After, AtWork, Receiver, Watched};
use crate::domain::telling::Telling;
use crate::store::columns::{seal_text, value};
use crate::store::error::StoreError;
use crate::store::news::{self, Arrivals, News, Told};
use crate::store::receivers::AtWorkSql;
use crate::store::tellings::Tellings;
use crate::store::tx::{ReadTx, WriteTx};
use crate::store::{channel_access, inbox, mailboxes, receivers};

/// Channels that one e-mail names.
const MOST_NAMED: usize = 20;

/// What a person is told next. Nothing to tell is what they wrote, read, or do not want to be told of.
pub type Found = receivers::Found<Box<Due>, Vec<Told>>;

/// How far a person was told of each channel by e-mail.
const TOLD: &str = "select c.id, c.head, coalesce(t.told, 0), c.muted, l.level
                      from channel c
                      left join mailbox_told t on t.user_id = ?3 and t.channel_id = c.id
                      left join notification_level l on l.user_id = ?2 and l.channel_id = c.id
                     where c.account_id = ?1 and c.head > coalesce(t.told, 0)";

/// What is to be told.
pub struct Due {
    pub mailbox: Mailbox,
    /// What is said of channels, where the person wants them named.
    pub named: Vec<Named>,
    /// In how many channels there is something.
    pub channels: usize,
    pub unread: UnreadCount,
    /// What the person was told of when this is taken.
    pub told: Vec<Told>,
    /// Of what it tells: the same for every try, and never again for anything else.
    pub subject: String,
    /// What the link to unsubscribe shows.
    pub unsubscribe: String,
}

/// What is said of one channel.
pub struct Named {
    /// Absent where everybody who knows it gets in.
    pub id: Option<String>,
    /// May be empty.
    pub label: String,
    pub unread: UnreadCount,
}

/// What a try came to.
#[derive(Debug, Clone)]
pub struct Tried {
    /// As it was before.
    pub mailbox: Mailbox,
    pub told: Vec<Told>,
    pub verdict: Verdict,
    pub telling: Telling,
}

macro_rules! select_at_work {
    ($which:literal) => {
        concat!(
            "select user.id, account_id, account_id, iif(tries > 0, next_at, null)
               from user
               join mailbox on user_id = user.id
              where state = 0 and confirmed = 1 and rhythm > 0",
            $which
        )
    };
}

/// All to which something is sent, or those of one account.
pub fn at_work(tx: &ReadTx<'_>, only: Option<AccountId>) -> Result<Vec<AtWork>, StoreError> {
    const ALL: &str = select_at_work!("");
    const OF_ACCOUNT: &str = select_at_work!(" and account_id = ?1");
    let sql = AtWorkSql { all: ALL, of_one: OF_ACCOUNT };
    let receiver = |id| Receiver::Mailbox(UserId(id));
    receivers::at_work(tx, &sql, only.map(|one| one.0), receiver, |id| Watched::Account(AccountId(id)))
}

/// What a person is told next.
pub fn next(tx: &ReadTx<'_>, user: UserId) -> Result<Found, StoreError> {
    receivers::if_readable(find_next(tx, user))
}

fn find_next(tx: &ReadTx<'_>, user: UserId) -> Result<Found, StoreError> {
    let Some(mailbox) = mailboxes::find(tx, user)?.filter(Mailbox::is_at_work) else {
        return Ok(Found::Nothing(After::Gone));
    };
    if let Some(next) = mailbox.next_try.filter(|next| *next > tx.now()) {
        return Ok(Found::Nothing(After::At(next)));
    }
    let Some(person) = news::person(tx, user)? else { return Ok(Found::Nothing(After::Message)) };
    let Arrivals { news, over: mut told } = news::arrivals(tx, TOLD, user.0, &person)?;
    let Some(first) = news.first() else {
        return Ok(if told.is_empty() { Found::Nothing(After::Message) } else { Found::Over(told) });
    };
    let due = mailbox.rhythm.due(first.since, &person.zone).unwrap_or(first.since);
    if due > tx.now() {
        return Ok(Found::Nothing(After::At(due)));
    }
    // A time of day that somebody chose is not quiet.
    let quiet = person.settings.quiet.filter(|_| !matches!(mailbox.rhythm, Rhythm::Daily(_)));
    if let Some(end) = quiet.and_then(|quiet| quiet.end_of_present(tx.now(), &person.zone)) {
        return Ok(Found::Nothing(After::At(end)));
    }
    let named = if person.settings.with_names { named(tx, &news)? } else { Vec::new() };
    told.extend(news.iter().map(|one| one.told));
    Ok(Found::Something(Box::new(Due {
        unsubscribe: mailboxes::unsubscription(tx, &mailbox),
        named,
        channels: news.len(),
        unread: news.iter().map(|one| one.glance.unread).sum(),
        subject: subject(user, &news),
        told,
        mailbox,
    })))
}

fn named(tx: &ReadTx<'_>, news: &[News]) -> Result<Vec<Named>, StoreError> {
    let mut named = Vec::new();
    for one in news.iter().take(MOST_NAMED) {
        let Some(access) = channel_access::load(tx, one.told.0)? else { continue };
        let is_open = access.public.read || access.public.write;
        named.push(Named {
            id: (!is_open).then(|| access.id.as_str().to_owned()),
            label: inbox::label(tx, access.row)?,
            unread: one.glance.unread,
        });
    }
    Ok(named)
}

/// After an old backup was put back, another message may have the same number; it came at another time.
fn subject(user: UserId, news: &[News]) -> String {
    let of_channel = |one: &News| format!(" {} {} {}", one.told.0.0, one.told.1.0, one.since.as_millis());
    let channels: String = news.iter().map(of_channel).collect();
    format!("mail {}{channels}", user.0)
}

/// Remembers up to where a person was told; not at all when a channel is gone.
pub fn tell(tx: &WriteTx<'_>, user: UserId, told: &[Told]) -> Result<(), StoreError> {
    const SQL: &str = "insert into mailbox_told (user_id, channel_id, told)
                       select m.user_id, c.id, ?3
                         from mailbox m
                         join channel c on c.id = ?2
                        where m.user_id = ?1
                       on conflict (user_id, channel_id) do update set told = max(told, ?3)";
    for (channel, sequence) in told {
        tx.change(SQL, (user, channel, sequence))?;
    }
    Ok(())
}

/// Remembers a try, and what it makes of its mailbox. Nothing where the address was changed or removed meanwhile.
pub fn note(tx: &WriteTx<'_>, tried: &Tried) -> Result<(), StoreError> {
    const TAKEN: &str = "update mailbox
                            set tries = 0, next_at = ?2, failing_since = null, taken_at = ?3, answer = null
                          where user_id = ?1 and address is not null and asked_at = ?4";
    const FAILED: &str = "update mailbox
                             set tries = tries + 1, next_at = ?2, failing_since = coalesce(failing_since, ?3),
                                 state = ?4, answer = ?5
                           where user_id = ?1 and address is not null and asked_at = ?7 and tries = ?6 and state = 0";
    let Tried { mailbox: before, told, verdict, telling } = tried;
    let (user, at) = (before.user, telling.at);
    let failed = |next, gave_up: bool| {
        let answer = seal_text(tx.keyring().root(), Place::row(Field::MailAnswer, user.0), &telling.answer);
        tx.change(FAILED, (user, next, at, gave_up, answer, before.tries, before.asked))
    };
    let noted = match *verdict {
        Verdict::Taken(next) => tx.change(TAKEN, (user, next, at, before.asked))?,
        Verdict::Again(next) => failed(Some(next), false)?,
        Verdict::GaveUp => failed(None, true)?,
    };
    if noted == 0 {
        return Ok(());
    }
    if matches!(verdict, Verdict::Taken(_)) {
        tell(tx, user, told)?;
    }
    TELLINGS.remember(tx, user.0, telling)
}

/// The last e-mails to a person, the newest first.
pub fn tellings(tx: &ReadTx<'_>, user: UserId) -> Result<Vec<Telling>, StoreError> {
    TELLINGS.of(tx, user.0)
}

/// Remembers a test that was sent to a mailbox as it was then; not at all when the person has another address now, or none.
pub fn remember_test(tx: &WriteTx<'_>, to: &Mailbox, telling: &Telling) -> Result<(), StoreError> {
    const SQL: &str = "select exists (select 1
                                        from mailbox
                                       where user_id = ?1 and address is not null and asked_at = ?2)";
    let is_same: bool = tx.one(SQL, (to.user, to.asked), value)?;
    if is_same { TELLINGS.remember(tx, to.user.0, telling) } else { Ok(()) }
}

/// E-mails have no status.
const TELLINGS: Tellings = {
    const LIST: &str = "select id, at, messages, outcome, null, answer
                          from mail_delivery
                         where user_id = ?1
                         order by id desc";
    const INSERT: &str = "insert into mail_delivery (id, user_id, at, messages, outcome, answer)
                          select ?1, user_id, ?3, ?4, ?5, ?7 from mailbox where user_id = ?2";
    const FORGET: &str = "delete from mail_delivery
                           where user_id = ?1
                             and id in (select id
                                          from mail_delivery
                                         where user_id = ?1
                                         order by id desc
                                         limit -1 offset ?2)";
    Tellings {
        table: "mail_delivery",
        field: Field::MailDelivery,
        list: LIST,
        insert: INSERT,
        forget: FORGET,
    }
};
