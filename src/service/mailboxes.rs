//! Where people are told by e-mail, as they set it.

use std::sync::Arc;

use subtle::ConstantTimeEq;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::auth::access::Owner;
use crate::auth::throttle::Throttle;
use crate::config::Rate;
use crate::crypto::random;
use crate::domain::account::{LinkBy, UserName};
use crate::domain::id::UserId;
use crate::domain::mail_address::MailAddress;
use crate::domain::mailbox::{BETWEEN_LINKS, CONFIRMED_WITHIN, MOST_LINKS, Mailbox, Rhythm};
use crate::domain::receiver::Watched;
use crate::domain::secret::SessionSecret;
use crate::domain::telling::Telling;
use crate::events::Event;
use crate::service::Reading;
use crate::service::error::Error;
use crate::store::Store;
use crate::store::error::readable;
use crate::store::tx::{ReadTx, WriteTx};
use crate::store::users::{self, SignIn};
use crate::store::{mailboxes, mailings, reset_links};

/// The mailboxes of people.
#[derive(Clone)]
pub struct Mailboxes {
    store: Store,
    /// Links sent to each address to show whose it is, whoever asked for them, and tests.
    sent: Arc<Throttle<String>>,
    /// Links to new passwords sent to each address, and tries to send one. None is sent as long as one works, but another
    /// after one that could not be sent, so they are counted.
    resets_sent: Arc<Throttle<String>>,
    resets: Arc<Semaphore>,
}

/// People who forgot the password and are being served. A relay that is slow holds one place for each, of so many that
/// whether some are left tells nobody whose name is known.
const RESETS: usize = 64;

impl Mailboxes {
    pub fn new(store: Store) -> Self {
        let rate = Rate { count: MOST_LINKS, per: CONFIRMED_WITHIN };
        let (sent, resets_sent) = (Arc::new(Throttle::new(rate)), Arc::new(Throttle::new(rate)));
        Self { store, sent, resets_sent, resets: Arc::new(Semaphore::new(RESETS)) }
    }

    /// That of the person, if there is one, and what became of the last e-mails to it.
    pub fn find(&self, owner: &Owner) -> Reading<Option<(Mailbox, Vec<Telling>)>> {
        let user = owner.user();
        self.store.reading(move |tx| {
            // One that is damaged makes way for the next that is given.
            let found = readable(mailboxes::find(tx, user))?.flatten();
            let Some(mailbox) = found else { return Ok(None) };
            Ok(Some((mailbox, mailings::tellings(tx, user)?)))
        })
    }

    /// Keeps an address that the person has yet to show to be theirs; answers what the link to it shows. Links are few, of
    /// each person and to each address, so that nobody has strangers written to.
    pub async fn keep(&self, owner: &Owner, address: MailAddress) -> Result<String, Error> {
        let (user, sent) = (owner.user(), Arc::clone(&self.sent));
        self.changed(owner, move |tx| {
            if let Some((asked, last)) = mailboxes::asked(tx, user)?
                && (asked >= MOST_LINKS || tx.now().is_within(BETWEEN_LINKS, last))
            {
                return Err(Error::TooManyLinks);
            }
            let to = address.key();
            sent.take(to, tx.now()).map_err(|_| Error::TooManyLinks)?;
            Ok(mailboxes::keep(tx, user, &address)?)
        })
        .await
    }

    /// A place for somebody who forgot the password, whoever that is; none when many are being served.
    pub fn place_for_reset(&self) -> Option<OwnedSemaphorePermit> {
        Arc::clone(&self.resets).try_acquire_owned().ok()
    }

    /// Makes a link with which that user chooses a new password, where there is one who has shown an address to be theirs, and
    /// who was not sent one that works still.
    pub async fn reset_link(&self, name: UserName) -> Result<Option<(MailAddress, SessionSecret)>, Error> {
        // Anybody may try, so whoever gets none has no turn among those who write.
        let asked = name.clone();
        if self.store.read(move |tx| to_be_sent(tx, &asked)).await?.is_none() {
            return Ok(None);
        }
        let sent = Arc::clone(&self.resets_sent);
        self.store
            .write_without_right(move |tx| {
                let Some((user, address)) = to_be_sent(tx, &name)? else { return Ok(None) };
                let to = address.key();
                sent.take(to, tx.now()).map_err(|_| Error::TooManyLinks)?;
                let code = SessionSecret::from_random(&random::bytes());
                reset_links::insert(tx, user, LinkBy::Mail, &code)?;
                Ok(Some((address, code)))
            })
            .await
    }

    /// Takes a link back that was not sent, so that another one can be.
    pub async fn take_back(&self, code: SessionSecret) -> Result<(), Error> {
        self.store.write_without_right(move |tx| Ok(reset_links::delete_one(tx, &code)?)).await
    }

    /// The person shows what was sent to the address.
    pub async fn confirm(&self, owner: &Owner, shown: String) -> Result<(), Error> {
        let (account, user) = (owner.account(), owner.user());
        self.changed(owner, move |tx| {
            let mailbox = mailboxes::find(tx, user)?.ok_or(Error::LinkNotValid)?;
            let expected = mailboxes::confirmation(tx, user, &mailbox.address, mailbox.asked);
            let is_shown = bool::from(expected.as_bytes().ct_eq(shown.as_bytes()));
            if !is_shown || !tx.now().is_within(CONFIRMED_WITHIN, mailbox.asked) {
                return Err(Error::LinkNotValid);
            }
            if !mailbox.confirmed {
                mailboxes::confirm(tx, account, user)?;
            }
            Ok(())
        })
        .await
    }

    /// Sets when something is sent; also starts anew what gave up.
    pub async fn set_rhythm(&self, owner: &Owner, rhythm: Rhythm) -> Result<(), Error> {
        let (account, user) = (owner.account(), owner.user());
        self.changed(owner, move |tx| Ok(mailboxes::set_rhythm(tx, account, user, rhythm)?)).await
    }

    /// Where a test is sent: an address that the person has shown. There are as few of them a day as of links.
    pub async fn test(&self, owner: &Owner) -> Result<Mailbox, Error> {
        let user = owner.user();
        let found = self.store.read(move |tx| Ok::<_, Error>(mailboxes::find(tx, user)?)).await?;
        let mailbox = found.filter(|mailbox| mailbox.confirmed).ok_or(Error::LinkNotValid)?;
        let to = mailbox.address.key();
        self.sent.take(to, self.store.clock().now()).map_err(|_| Error::TooManyLinks)?;
        Ok(mailbox)
    }

    /// Forgets the address.
    pub async fn remove(&self, owner: &Owner) -> Result<(), Error> {
        let user = owner.user();
        self.changed(owner, move |tx| Ok(mailboxes::remove(tx, user)?)).await
    }

    async fn changed<T: Send + 'static>(
        &self,
        owner: &Owner,
        change: impl Fn(&WriteTx<'_>) -> Result<T, Error> + Send + 'static,
    ) -> Result<T, Error> {
        let account = owner.account();
        self.store
            .write(owner.clone(), move |tx, _owner| {
                let done = change(tx)?;
                tx.emit(Event::ReceiversChanged(Watched::Account(account)));
                Ok(done)
            })
            .await
    }

    /// Whether a link to unsubscribe is one of ours.
    pub async fn is_known(&self, shown: String) -> Result<bool, Error> {
        self.store.read(move |tx| Ok(whose(tx, &shown)?.is_some())).await
    }

    /// Sends nothing more to whoever got this link. It does nothing else, so nobody has to sign in for it.
    pub async fn unsubscribe(&self, shown: String) -> Result<bool, Error> {
        // Anybody may try, so whatever is no link of ours has no turn among those who write.
        if !self.is_known(shown.clone()).await? {
            return Ok(false);
        }
        self.store
            .write_without_right(move |tx| {
                let Some(user) = whose(tx, &shown)? else { return Ok(false) };
                mailboxes::unsubscribe(tx, user)?;
                tx.emit(Event::ReceiversChanged(Watched::Account(mailboxes::account(tx, user)?)));
                Ok(true)
            })
            .await
    }
}

/// Whom a link to a new password can be sent to, and where.
fn to_be_sent(tx: &ReadTx<'_>, name: &UserName) -> Result<Option<(UserId, MailAddress)>, Error> {
    let known = users::find_by_name(tx, name)?.filter(SignIn::is_enabled);
    let Some(user) = known.map(|known| known.user.id) else { return Ok(None) };
    let mailbox = mailboxes::find(tx, user)?.filter(|mailbox| mailbox.confirmed);
    let before = reset_links::made(tx, user, LinkBy::Mail)?;
    let works = before.is_some_and(|made| tx.now().is_within(LinkBy::Mail.lasts(), made));
    Ok(mailbox.filter(|_| !works).map(|mailbox| (user, mailbox.address)))
}

/// Whose link to unsubscribe it is.
fn whose(tx: &ReadTx<'_>, shown: &str) -> Result<Option<UserId>, Error> {
    let user = shown.split_once('.').and_then(|(user, _)| user.parse().ok()).map(UserId);
    let Some(user) = user else { return Ok(None) };
    let Some(mailbox) = mailboxes::find(tx, user)? else { return Ok(None) };
    let expected = mailboxes::unsubscription(tx, &mailbox);
    Ok(bool::from(expected.as_bytes().ct_eq(shown.as_bytes())).then_some(user))
}
