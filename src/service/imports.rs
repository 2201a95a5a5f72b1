//! Taking in what an export holds, in one change: all of it or nothing. What contradicts itself or what is here is refused.

use std::collections::BTreeMap;

use crate::auth::access::Operator;
use crate::auth::error::AuthError;
use crate::domain::channel::Retention;
use crate::domain::exported::{
    ExportedAuthor, ExportedChannel, ExportedKey, ExportedMessage, ExportedSecret, ExportedToken,
};
use crate::domain::id::{AccountId, ChannelId, ChannelRow, TokenId};
use crate::domain::key::MOST_KEYS;
use crate::domain::message::{Author, Message, Sequence};
use crate::domain::webhook::{MOST_OF_ACCOUNT, MOST_OF_CHANNEL};
use crate::service::error::Error;
use crate::service::retention::Pruner;
use crate::store::channel_access::ChannelAccess;
use crate::store::error::{Fails, StoreError};
use crate::store::imports::{self, ImportedCounts};
use crate::store::noted::NotedSide;
use crate::store::tx::WriteTx;
use crate::store::viewpoint::Viewpoint;
use crate::store::{Store, account_keys, channels, envelopes, tokens, webhooks};

/// The most channels of one import, and the most tokens: what is remembered of each until the end is bounded.
const MOST_CHANNELS: usize = 100_000;
const MOST_TOKENS: usize = 1_000_000;

/// The highest number that a message may have: programs read numbers exactly up to here.
pub const MOST_SEQUENCE: i64 = (1 << 53) - 1;

/// Why something cannot be taken in.
#[derive(Debug, thiserror::Error)]
pub enum ImportRefusal {
    /// It contradicts what came before it.
    #[error("{0}")]
    Wrong(&'static str),
    /// It is here already, and not as a part of this.
    #[error("{0}")]
    Exists(&'static str),
    #[error(transparent)]
    Failed(#[from] Error),
}

impl From<StoreError> for ImportRefusal {
    fn from(error: StoreError) -> Self {
        Self::Failed(error.into())
    }
}

/// What was taken in.
#[derive(Debug, Default, Clone)]
pub struct Imported {
    pub keys: u64,
    pub channels: u64,
    pub tokens: u64,
    pub messages: u64,
    /// Channels that were here already and stay as they are.
    pub known: u64,
    /// Those of them that lack messages of the export.
    pub behind: Vec<Behind>,
    /// Tokens that got new secrets, as theirs were not in the export.
    pub new_secrets: u64,
    /// Messages whose bytes were lost before.
    pub damaged: u64,
}

/// A channel that was here already and stays as it is, without messages that the export has.
#[derive(Debug, Clone)]
pub struct Behind {
    pub id: ChannelId,
    /// How many of the export's messages are not here.
    pub messages: u64,
}

/// Imports into accounts.
#[derive(Clone)]
pub struct Imports {
    store: Store,
}

impl Imports {
    pub fn new(store: Store) -> Self {
        Self { store }
    }

    /// Has `work` take things into an account. All others wait meanwhile, so it is for a file that nobody serves.
    pub async fn run<E>(
        &self,
        operator: &Operator,
        account: AccountId,
        work: impl FnOnce(&mut Import<'_>) -> Result<(), E> + Send + 'static,
    ) -> Result<Imported, E>
    where
        E: Fails + From<AuthError> + From<Error> + Send + 'static,
    {
        // What was deleted while no server ran would still be in the way.
        Pruner::new(self.store.clone()).remove_leftovers().await?;
        self.store
            .write(operator.clone(), move |tx, _operator| {
                let (known, imported) = (BTreeMap::new(), Imported::default());
                let mut import = Import { tx, account, targets: Vec::new(), known, tokens: 0, imported };
                work(&mut import)?;
                Ok(import.finish().map_err(Error::from)?)
            })
            .await
    }
}

/// An import under way.
pub struct Import<'a> {
    tx: &'a WriteTx<'a>,
    account: AccountId,
    /// `None` for a channel that was here already.
    targets: Vec<Option<Target>>,
    /// Those channels, by their numbers.
    known: BTreeMap<usize, Known>,
    tokens: usize,
    imported: Imported,
}

/// The account's channel of that id, where there is one already. Refuses one of another account.
pub(super) fn known(
    tx: &WriteTx<'_>,
    account: AccountId,
    id: &ChannelId,
) -> Result<Option<ChannelRow>, ImportRefusal> {
    let known = channels::find_row(tx, account, id)?;
    if known.is_none() && channels::is_taken(tx, id)? {
        return Err(ImportRefusal::Exists("a channel of this id belongs to another account here"));
    }
    Ok(known)
}

/// Refuses a secret that a token here has.
pub(super) fn require_unused(tx: &WriteTx<'_>, secret: &ExportedSecret) -> Result<(), ImportRefusal> {
    match secret {
        ExportedSecret::Known(secret) if tokens::find_by_secret(tx, secret)?.is_some() => {
            Err(ImportRefusal::Exists("a token with this secret is here already"))
        }
        _ => Ok(()),
    }
}

/// A channel that was here already.
struct Known {
    row: ChannelRow,
    retention: Retention,
    behind: Behind,
}

/// A channel that is being taken in.
struct Target {
    access: ChannelAccess,
    side: NotedSide,
    read_upto: Sequence,
    archived_upto: Sequence,
    head: Sequence,
    last: Sequence,
    tokens: Vec<TargetToken>,
    added: ImportedCounts,
}

struct TargetToken {
    viewpoint: Viewpoint,
    id: TokenId,
    read_upto: Sequence,
    is_revoked: bool,
}

impl Import<'_> {
    /// A key of the account.
    pub fn key(&mut self, key: &ExportedKey) -> Result<(), ImportRefusal> {
        let is_new = account_keys::find(self.tx, self.account, &key.public)?.is_none();
        if is_new && account_keys::count(self.tx, self.account)? >= MOST_KEYS {
            return Err(Error::TooManyKeys { most: MOST_KEYS }.into());
        }
        self.imported.keys += u64::from(imports::key(self.tx, self.account, key)?);
        Ok(())
    }

    /// The next channel. One that the account has stays as it is.
    pub fn channel(&mut self, channel: &ExportedChannel) -> Result<(), ImportRefusal> {
        if self.targets.len() >= MOST_CHANNELS {
            return Err(ImportRefusal::Wrong("there are too many channels for one file"));
        }
        let highest = channel.read_upto.max(channel.archived_upto);
        let letters = 0..MOST_SEQUENCE;
        if channel.head < highest || channel.head.0 > MOST_SEQUENCE || !letters.contains(&channel.letters) {
            return Err(ImportRefusal::Wrong("its numbers are not possible"));
        }
        if let Some(row) = known(self.tx, self.account, &channel.id)? {
            self.imported.known += 1;
            self.targets.push(None);
            let retention = channels::retention(self.tx, row)?.unwrap_or(channel.settings.retention);
            let behind = Behind { id: channel.id.clone(), messages: 0 };
            self.known.insert(self.targets.len(), Known { row, retention, behind });
            return Ok(());
        }
        if channel.webhooks.iter().any(|webhook| webhook.told > channel.head) {
            return Err(ImportRefusal::Wrong("its numbers are not possible"));
        }
        let access = imports::channel(self.tx, self.account, channel)?;
        for webhook in &channel.webhooks {
            imports::webhook(self.tx, access.row, webhook)?;
        }
        let (of_channel, of_account) = webhooks::count(self.tx, access.row, self.account)?;
        if of_channel > MOST_OF_CHANNEL || of_account > MOST_OF_ACCOUNT {
            return Err(Error::TooManyWebhooks.into());
        }
        self.targets.push(Some(Target {
            side: NotedSide::of(access.row, None),
            access,
            read_upto: channel.read_upto,
            archived_upto: channel.archived_upto,
            head: channel.head,
            last: Sequence::NONE,
            tokens: Vec::new(),
            added: ImportedCounts::default(),
        }));
        self.imported.channels += 1;
        Ok(())
    }

    /// The next token of a channel.
    pub fn token(&mut self, channel: usize, token: &ExportedToken) -> Result<(), ImportRefusal> {
        self.tokens += 1;
        if self.tokens > MOST_TOKENS {
            return Err(ImportRefusal::Wrong("there are too many tokens for one file"));
        }
        let Some(target) = target(&mut self.targets, channel)? else { return Ok(()) };
        if token.since > target.head || token.read_upto > target.head || token.read_upto < token.since {
            return Err(ImportRefusal::Wrong("its numbers are not possible"));
        }
        if target.last > Sequence::NONE {
            return Err(ImportRefusal::Wrong("it comes after messages of its channel"));
        }
        if token.is_owner && target.access.owner_token.is_some() {
            return Err(ImportRefusal::Wrong("the channel has another owner's token"));
        }
        require_unused(self.tx, &token.secret)?;
        let id = imports::token(self.tx, &mut target.access, None, token)?;
        let viewpoint = Viewpoint::of_token(target.access.row, id, token.since);
        let is_revoked = matches!(token.secret, ExportedSecret::Revoked(_));
        if !is_revoked {
            imports::read_upto(self.tx, &viewpoint, token.read_upto)?;
        }
        target.side = NotedSide::of(target.access.row, target.access.owner_token);
        target.tokens.push(TargetToken { viewpoint, id, read_upto: token.read_upto, is_revoked });
        self.imported.tokens += 1;
        self.imported.new_secrets += u64::from(matches!(token.secret, ExportedSecret::Withheld));
        Ok(())
    }

    /// The next message. Those of a channel come in their order.
    pub fn message(&mut self, channel: usize, exported: &ExportedMessage) -> Result<(), ImportRefusal> {
        let Some(target) = target(&mut self.targets, channel)? else {
            return Ok(self.compare(channel, &exported.message)?);
        };
        let sequence = exported.message.sequence;
        if sequence <= target.last || sequence > target.head {
            return Err(ImportRefusal::Wrong(
                "its sequence is not above those before it, or above the channel's head",
            ));
        }
        target.last = sequence;
        let author = target.author(exported.author)?;
        target.require_readers(&exported.read_by)?;
        if exported.message.payload.is_damaged() {
            self.imported.damaged += 1;
            return Ok(());
        }
        let copy = exported.copy.as_ref();
        let bytes = imports::message(self.tx, &target.access, None, author, &exported.message, copy)?;
        target.added.messages += 1;
        target.added.bytes += bytes;
        target.states(self.tx, exported, author)?;
        let (side, starred) = (&target.side, exported.starred);
        imports::note(self.tx, side, sequence, starred, exported.snoozed)?;
        self.imported.messages += 1;
        Ok(())
    }

    /// Whether a message is here, if its channel was here already. Its number may be another one's here.
    fn compare(&mut self, channel: usize, message: &Message) -> Result<(), StoreError> {
        let Some(known) = self.known.get_mut(&channel) else { return Ok(()) };
        let here = envelopes::find(self.tx, known.row, message.sequence)?;
        let is_here = here.is_some_and(|(received, _author)| received == message.received);
        // What is damaged or would be deleted at once is no loss.
        let is_of_use =
            !message.payload.is_damaged() && !known.retention.has_ended(message.received, self.tx.now());
        known.behind.messages += u64::from(!is_here && is_of_use);
        Ok(())
    }

    fn finish(mut self) -> Result<Imported, StoreError> {
        let known = self.known.into_values().map(|known| known.behind);
        self.imported.behind = known.filter(|behind| behind.messages > 0).collect();
        for target in self.targets.into_iter().flatten() {
            imports::read_upto(self.tx, &target.side.reading, target.read_upto)?;
            imports::read_upto(self.tx, &target.side.archive, target.archived_upto)?;
            imports::finish(self.tx, &target.access, target.added)?;
        }
        Ok(self.imported)
    }
}

/// The channel of that number; `None` where it stays as it is.
fn target(targets: &mut [Option<Target>], number: usize) -> Result<Option<&mut Target>, ImportRefusal> {
    let found = number.checked_sub(1).and_then(|position| targets.get_mut(position));
    Ok(found.ok_or(ImportRefusal::Wrong("there is no channel of that number before it"))?.as_mut())
}

impl Target {
    fn token(&self, number: u32) -> Result<&TargetToken, ImportRefusal> {
        let position = usize::try_from(number).ok().and_then(|number| number.checked_sub(1));
        position
            .and_then(|position| self.tokens.get(position))
            .ok_or(ImportRefusal::Wrong("its channel has no token of that number before it"))
    }

    fn author(&self, author: ExportedAuthor) -> Result<Author, ImportRefusal> {
        Ok(match author {
            ExportedAuthor::Anonymous => Author::Anonymous,
            ExportedAuthor::Holder => Author::OwnerSide,
            ExportedAuthor::Token(number) => Author::Token(self.token(number)?.id),
        })
    }

    fn require_readers(&self, numbers: &[u32]) -> Result<(), ImportRefusal> {
        if !numbers.is_sorted_by(|one, next| one < next) {
            return Err(ImportRefusal::Wrong("the tokens that read it are not in their order"));
        }
        numbers.iter().try_for_each(|number| self.token(*number).map(drop))
    }

    fn states(
        &mut self,
        tx: &WriteTx<'_>,
        exported: &ExportedMessage,
        author: Author,
    ) -> Result<(), StoreError> {
        let which = (exported.message.sequence, author);
        let mut excepted = 0;
        let mut say = |viewpoint: &Viewpoint, upto, read| {
            excepted += usize::from(imports::state(tx, viewpoint, upto, which, read)?);
            Ok::<_, StoreError>(())
        };
        say(&self.side.reading, self.read_upto, exported.read)?;
        say(&self.side.archive, self.archived_upto, exported.archived)?;
        let visible = |token: &&TargetToken| !token.is_revoked && which.0 > token.viewpoint.since;
        for (number, token) in (1..).zip(&self.tokens).filter(|(_, token)| visible(token)) {
            say(&token.viewpoint, token.read_upto, exported.read_by.binary_search(&number).is_ok())?;
        }
        self.added.exceptions += excepted;
        Ok(())
    }
}
