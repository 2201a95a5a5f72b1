//! Moving in from another server, in one change: what was there keeps its ids, so that every program goes on with the same
//! addresses. What is here already stays as it is.

use std::collections::{HashMap, HashSet};

use crate::auth::access::Operator;
use crate::auth::error::AuthError;
use crate::crypto::password::{self, Memory};
use crate::domain::account::{AccountName, Role, UserName};
use crate::domain::exported::{ExportedChannel, ExportedSecret, ExportedToken};
use crate::domain::id::{AccountId, TokenId};
use crate::domain::message::{Author, Message, Sequence};
use crate::domain::secret::Password;
use crate::domain::time::Timestamp;
use crate::service::error::Error;
use crate::service::imports::{ImportRefusal, is_known, require_unused};
use crate::service::retention::Pruner;
use crate::store::channel_access::ChannelAccess;
use crate::store::error::{Fails, StoreError};
use crate::store::imports::{self, ImportedCounts};
use crate::store::tx::WriteTx;
use crate::store::viewpoint::Viewpoint;
use crate::store::{Store, accounts, envelopes, push, tokens, users};

/// What was taken in, and what was not.
#[derive(Debug, Default, Clone, Copy)]
pub struct MovedIn {
    pub accounts: u64,
    pub users: u64,
    pub channels: u64,
    pub tokens: u64,
    /// Those of the tokens that are revoked.
    pub revoked: u64,
    pub messages: u64,
    pub devices: u64,
    /// Messages that were deleted there.
    pub deleted: u64,
    /// Messages without a byte, which are none here.
    pub empty: u64,
    /// Messages whose content types cannot be kept: they are bytes of no known type here.
    pub untyped: u64,
    /// Credentials that are not a name and a password.
    pub other_credentials: u64,
    /// What was here already, with all that belongs to it.
    pub known_accounts: u64,
    pub known_users: u64,
    pub known_channels: u64,
    /// Channels that strangers may use who know their addresses.
    pub open_channels: u64,
    /// Whether nobody manages this server.
    pub is_unmanaged: bool,
}

/// Moves in.
#[derive(Clone)]
pub struct Movers {
    store: Store,
}

/// How a change ends that may only have been tried.
enum Ending<E> {
    Tried(Box<MovedIn>),
    Failed(E),
}

impl<E: From<StoreError>> From<StoreError> for Ending<E> {
    fn from(error: StoreError) -> Self {
        Self::Failed(error.into())
    }
}

impl<E: From<AuthError>> From<AuthError> for Ending<E> {
    fn from(error: AuthError) -> Self {
        Self::Failed(error.into())
    }
}

impl<E: Fails + From<AuthError>> Fails for Ending<E> {
    fn store_error(&self) -> Option<&StoreError> {
        match self {
            Self::Tried(_) => None,
            Self::Failed(error) => error.store_error(),
        }
    }
}

impl Movers {
    pub fn new(store: Store) -> Self {
        Self { store }
    }

    /// Has `work` take everything in, and undoes it if it is only tried. All others wait meanwhile, so it is for a file that
    /// nobody serves.
    pub async fn run<E>(
        &self,
        operator: &Operator,
        only_tried: bool,
        work: impl FnOnce(&mut MovingIn<'_>) -> Result<(), E> + Send + 'static,
    ) -> Result<MovedIn, E>
    where
        E: Fails + From<AuthError> + From<Error> + Send + 'static,
    {
        // What was deleted while no server ran would still be in the way.
        Pruner::new(self.store.clone()).remove_leftovers().await?;
        let change = move |tx: &WriteTx<'_>, _operator: &Operator| {
            let mut moving = MovingIn::begin(tx)?;
            work(&mut moving).map_err(Ending::Failed)?;
            let moved = moving.finish()?;
            if only_tried { Err(Ending::Tried(Box::new(moved))) } else { Ok(moved) }
        };
        match self.store.write(operator.clone(), change).await {
            Ok(moved) => Ok(moved),
            Err(Ending::Tried(moved)) => Ok(*moved),
            Err(Ending::Failed(error)) => Err(error),
        }
    }
}

/// Moving in, under way. Channels are named by their numbers there.
pub struct MovingIn<'a> {
    tx: &'a WriteTx<'a>,
    /// `None` for a channel that was here already.
    channels: HashMap<i64, Option<Arriving>>,
    tokens: HashMap<TokenId, ArrivingToken>,
    users: HashSet<String>,
    /// The last message before the first of these.
    last_message: i64,
    memory: Memory,
    moved: MovedIn,
}

struct Arriving {
    access: ChannelAccess,
    added: ImportedCounts,
}

#[derive(Clone, Copy)]
struct ArrivingToken {
    viewpoint: Viewpoint,
    is_revoked: bool,
}

impl<'a> MovingIn<'a> {
    fn begin(tx: &'a WriteTx<'a>) -> Result<Self, StoreError> {
        Ok(Self {
            tx,
            channels: HashMap::new(),
            tokens: HashMap::new(),
            users: HashSet::new(),
            last_message: imports::last_message(tx)?,
            memory: Memory::default(),
            moved: MovedIn::default(),
        })
    }

    /// The instant of the change.
    pub fn now(&self) -> Timestamp {
        self.tx.now()
    }

    /// An account under its id.
    pub fn account(&mut self, id: AccountId, name: &AccountName) -> Result<(), ImportRefusal> {
        if accounts::find_by_name(self.tx, name)? == Some(id) {
            self.moved.known_accounts += 1;
            return Ok(());
        }
        if !accounts::insert_as(self.tx, id, name)? {
            return Err(ImportRefusal::Exists(
                "another account has this id or this name here; move into a folder without accounts",
            ));
        }
        self.moved.accounts += 1;
        Ok(())
    }

    /// A user with the password that was used there, however short.
    pub fn user(
        &mut self,
        account: AccountId,
        name: &UserName,
        password: &Password,
    ) -> Result<(), ImportRefusal> {
        if !self.users.insert(name.key()) {
            return Err(ImportRefusal::Wrong(
                "a user of this name was there before; here each name is there once, with one password",
            ));
        }
        if accounts::find(self.tx, account)?.is_none() {
            return Err(ImportRefusal::Wrong("there is no such account"));
        }
        match users::find_by_name(self.tx, name)? {
            Some(known) if known.user.account == account => self.moved.known_users += 1,
            Some(_) => {
                return Err(ImportRefusal::Exists("a user of this name belongs to another account here"));
            }
            None => {
                let hash = password::hash(password, &mut self.memory)
                    .map_err(AuthError::from)
                    .map_err(Error::from)?;
                users::insert(self.tx, account, name, &hash, Role::Holder)?;
                self.moved.users += 1;
            }
        }
        Ok(())
    }

    /// A channel, with the number that it had there.
    pub fn channel(
        &mut self,
        number: i64,
        account: AccountId,
        channel: &ExportedChannel,
    ) -> Result<(), ImportRefusal> {
        if self.channels.contains_key(&number) {
            return Err(ImportRefusal::Wrong("the channel is there a second time"));
        }
        if is_known(self.tx, account, &channel.id)? {
            self.moved.known_channels += 1;
            self.channels.insert(number, None);
            return Ok(());
        }
        if accounts::find(self.tx, account)?.is_none() {
            return Err(ImportRefusal::Wrong("there is no such account"));
        }
        let access = imports::channel(self.tx, account, channel)?;
        let public = channel.settings.amendment.public;
        self.moved.channels += 1;
        self.moved.open_channels += u64::from(public.read || public.write);
        self.channels.insert(number, Some(Arriving { access, added: ImportedCounts::default() }));
        Ok(())
    }

    /// A token under its id.
    pub fn token(&mut self, channel: i64, id: TokenId, token: &ExportedToken) -> Result<(), ImportRefusal> {
        let Some(arriving) = arriving(&mut self.channels, channel)? else { return Ok(()) };
        if tokens::is_taken(self.tx, id)? {
            return Err(ImportRefusal::Exists(
                "another token has this id here; move into a folder without channels",
            ));
        }
        require_unused(self.tx, &token.secret)?;
        imports::token(self.tx, &mut arriving.access, Some(id), token)?;
        let viewpoint = Viewpoint::of_token(arriving.access.row, id, token.since);
        let is_revoked = matches!(token.secret, ExportedSecret::Revoked(_));
        self.tokens.insert(id, ArrivingToken { viewpoint, is_revoked });
        self.moved.tokens += 1;
        self.moved.revoked += u64::from(is_revoked);
        Ok(())
    }

    /// A message with the number that it had there, by which messages of all channels are in order.
    pub fn message(
        &mut self,
        channel: i64,
        number: i64,
        author: TokenId,
        message: &Message,
    ) -> Result<(), ImportRefusal> {
        let Some(arriving) = arriving(&mut self.channels, channel)? else { return Ok(()) };
        let row = arriving.access.row;
        if self.tokens.get(&author).is_none_or(|token| token.viewpoint.channel != row) {
            return Err(ImportRefusal::Wrong("it was written with a token of another channel"));
        }
        if envelopes::find(self.tx, row, message.sequence)?.is_some() {
            return Err(ImportRefusal::Wrong("the channel has another message of this number"));
        }
        let id = self.last_message.saturating_add(number);
        let bytes =
            imports::message(self.tx, &arriving.access, Some(id), Author::Token(author), message, None)?;
        arriving.added.messages += 1;
        arriving.added.bytes += bytes;
        self.moved.messages += 1;
        Ok(())
    }

    /// Whether a token has read a message of its channel. What the channel's first token has read counts as read in the
    /// inbox too.
    pub fn state(
        &mut self,
        channel: i64,
        token: TokenId,
        (sequence, author): (Sequence, TokenId),
        read: bool,
    ) -> Result<(), ImportRefusal> {
        let Some(arriving) = arriving(&mut self.channels, channel)? else { return Ok(()) };
        let row = arriving.access.row;
        let reader = self.tokens.get(&token).copied().filter(|token| token.viewpoint.channel == row);
        let reader = reader.ok_or(ImportRefusal::Wrong("the token is of another channel"))?;
        if envelopes::find(self.tx, row, sequence)?.is_none() {
            return Ok(());
        }
        let which = (sequence, Author::Token(author));
        let mut say = |viewpoint: &Viewpoint| {
            let excepted = imports::state(self.tx, viewpoint, viewpoint.since, which, read)?;
            arriving.added.exceptions += usize::from(excepted);
            Ok::<_, StoreError>(())
        };
        if !reader.is_revoked {
            say(&reader.viewpoint)?;
        }
        let owner = arriving.access.owner_token;
        if owner == Some(token) {
            say(&Viewpoint::of_owner_side(row, owner))?;
        }
        Ok(())
    }

    /// A device that is told of messages for a token.
    pub fn device(&mut self, token: TokenId, device: &str) -> Result<(), ImportRefusal> {
        if self.tokens.get(&token).is_some_and(|token| !token.is_revoked) {
            push::register(self.tx, token, device)?;
            self.moved.devices += 1;
        }
        Ok(())
    }

    /// A message that was deleted there.
    pub fn pass_over_deleted(&mut self, channel: i64) {
        self.moved.deleted += u64::from(self.is_new(channel));
    }

    /// A message without a byte.
    pub fn pass_over_empty(&mut self, channel: i64) {
        self.moved.empty += u64::from(self.is_new(channel));
    }

    /// A message whose content type cannot be kept.
    pub fn leave_untyped(&mut self, channel: i64) {
        self.moved.untyped += u64::from(self.is_new(channel));
    }

    /// A credential that is not a name and a password.
    pub fn pass_over_credential(&mut self) {
        self.moved.other_credentials += 1;
    }

    fn is_new(&self, channel: i64) -> bool {
        self.channels.get(&channel).is_some_and(Option::is_some)
    }

    fn finish(self) -> Result<MovedIn, StoreError> {
        for arriving in self.channels.into_values().flatten() {
            imports::finish(self.tx, &arriving.access, arriving.added)?;
            let holder = Viewpoint::of_owner_side(arriving.access.row, arriving.access.owner_token);
            imports::move_cursor(self.tx, &holder)?;
            push::pass_over(self.tx, arriving.access.row)?;
        }
        for token in self.tokens.into_values().filter(|token| !token.is_revoked) {
            imports::move_cursor(self.tx, &token.viewpoint)?;
        }
        Ok(MovedIn { is_unmanaged: !users::any_operator(self.tx)?, ..self.moved })
    }
}

/// The channel of that number; `None` where it stays as it is.
fn arriving(
    channels: &mut HashMap<i64, Option<Arriving>>,
    number: i64,
) -> Result<Option<&mut Arriving>, ImportRefusal> {
    let found = channels.get_mut(&number);
    Ok(found.ok_or(ImportRefusal::Wrong("there is no such channel"))?.as_mut())
}
