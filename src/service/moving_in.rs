//! Moving in from another server: what was there keeps its ids, so that every program goes on with the same
//! addresses. What is here already stays, and channels of it get what is new there.

use std::collections::{HashMap, HashSet};
use std::mem;

use crate::auth::error::AuthError;
use crate::crypto::password::{self, Memory};
use crate::domain::account::{AccountName, Role, UserName};
use crate::domain::exported::{ExportedChannel, ExportedSecret, ExportedToken};
use crate::domain::id::{AccountId, TokenId};
use crate::domain::message::{Author, Message, Sequence};
use crate::domain::read_state::ReadState;
use crate::domain::secret::Password;
use crate::domain::time::Timestamp;
use crate::service::error::Error;
use crate::service::imports::{ImportRefusal, known, require_unused};
use crate::service::known_channel::{DumpedMessage, KnownChannel, Verdict};
use crate::service::message_deletion;
use crate::service::moved_in::MovedIn;
use crate::store::channel_access::ChannelAccess;
use crate::store::error::StoreError;
use crate::store::imports::{self, ImportedCounts};
use crate::store::tx::WriteTx;
use crate::store::viewpoint::Viewpoint;
use crate::store::{accounts, envelopes, push, tokens, users};

/// Moving in, under way. Channels are named by their numbers there.
pub struct MovingIn<'a> {
    tx: &'a WriteTx<'a>,
    /// `None` for a channel that stays as it is here.
    channels: HashMap<i64, Option<Arriving>>,
    /// Channels that were here already, until it is known what becomes of them.
    known: HashMap<i64, KnownChannel>,
    tokens: HashMap<TokenId, ArrivingToken>,
    accounts: HashSet<String>,
    users: HashSet<String>,
    /// The last message before the first of these.
    last_message: i64,
    memory: Memory,
    moved: MovedIn,
}

struct Arriving {
    access: ChannelAccess,
    added: ImportedCounts,
    /// Whether it was here already, and all its messages up to this number.
    was_here: bool,
    upto: Sequence,
    /// The highest number that was given there.
    head: Sequence,
    /// What a channel that was here already got.
    news: u64,
}

#[derive(Clone, Copy)]
struct ArrivingToken {
    viewpoint: Viewpoint,
    is_revoked: bool,
    was_here: bool,
}

impl Arriving {
    fn new(access: ChannelAccess, head: Sequence) -> Self {
        let (added, upto) = (ImportedCounts::default(), Sequence::NONE);
        Self { access, added, was_here: false, upto, head, news: 0 }
    }
}

impl<'a> MovingIn<'a> {
    pub(super) fn begin(tx: &'a WriteTx<'a>) -> Result<Self, StoreError> {
        Ok(Self {
            tx,
            channels: HashMap::new(),
            known: HashMap::new(),
            tokens: HashMap::new(),
            accounts: HashSet::new(),
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
        if !self.accounts.insert(name.key()) {
            return Err(ImportRefusal::Wrong(
                "an account of this name was there before; rename one of them there, and make another dump",
            ));
        }
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
                "a user of this name was there before, and capitals make no difference here; change one of the two \
                 credentials there, and make another dump",
            ));
        }
        if accounts::find(self.tx, account)?.is_none() {
            return Err(ImportRefusal::Wrong("there is no such account"));
        }
        match users::find_by_name(self.tx, name)? {
            Some(known) if known.user.account == account => self.moved.known_users += 1,
            Some(_) => {
                return Err(ImportRefusal::Exists(
                    "a user of this name belongs to another account here; change the credential there, and make another dump",
                ));
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
        if known(self.tx, account, &channel.id)?.is_some() {
            self.channels.insert(number, None);
            self.known.extend(KnownChannel::find(self.tx, account, channel)?.map(|known| (number, known)));
            return Ok(());
        }
        if accounts::find(self.tx, account)?.is_none() {
            return Err(ImportRefusal::Wrong("there is no such account"));
        }
        let access = imports::channel(self.tx, account, channel)?;
        let public = channel.settings.amendment.public;
        self.moved.open_channels += u64::from(public.read || public.write);
        self.channels.insert(number, Some(Arriving::new(access, channel.head)));
        Ok(())
    }

    /// Compares a message of the dump with what is here, if its channel was here already.
    pub fn compare_message(&mut self, channel: i64, message: &DumpedMessage) -> Result<(), ImportRefusal> {
        let Some(known) = self.known.get_mut(&channel) else { return Ok(()) };
        Ok(known.compare_message(self.tx, message)?)
    }

    /// The same for a token. Some dumps do not say when it was made.
    pub fn compare_token(
        &mut self,
        channel: i64,
        id: TokenId,
        (secret, created): (&ExportedSecret, Option<Timestamp>),
    ) -> Result<(), ImportRefusal> {
        let Some(known) = self.known.get_mut(&channel) else { return Ok(()) };
        Ok(known.compare_token(self.tx, id, secret, created)?)
    }

    /// Whether any channel of the dump was here already.
    pub fn knows_channels(&self) -> bool {
        !self.known.is_empty()
    }

    /// Decides what becomes of channels that were here already, after all of theirs was compared.
    pub fn judge(&mut self) {
        for (number, known) in mem::take(&mut self.known) {
            let head = known.head_there;
            match known.judge() {
                Verdict::Grows(access, upto) => {
                    let arriving = Arriving { was_here: true, upto, ..Arriving::new(access, head) };
                    self.channels.insert(number, Some(arriving));
                }
                Verdict::Stays => self.moved.known_channels += 1,
                Verdict::Left(left) => self.moved.left.push(left),
            }
        }
        self.moved.left.sort_by(|one, other| one.id.as_str().cmp(other.id.as_str()));
    }

    /// A token under its id.
    pub fn token(&mut self, channel: i64, id: TokenId, token: &ExportedToken) -> Result<(), ImportRefusal> {
        let Some(arriving) = arriving(&mut self.channels, channel)? else { return Ok(()) };
        if let Some(here) = tokens::standing(self.tx, id)? {
            if !arriving.was_here {
                return Err(ImportRefusal::Exists(
                    "another token has this id here; move into a folder without channels",
                ));
            }
            let mut is_revoked = here.is_revoked;
            if let (false, ExportedSecret::Revoked(at)) = (is_revoked, &token.secret) {
                tokens::revoke(self.tx, id, *at)?;
                push::forget_token(self.tx, id)?;
                self.moved.revoked_since += 1;
                arriving.news += 1;
                is_revoked = true;
            }
            let viewpoint = Viewpoint::of_token(arriving.access.row, id, here.since);
            self.tokens.insert(id, ArrivingToken { viewpoint, is_revoked, was_here: true });
            return Ok(());
        }
        require_unused(self.tx, &token.secret)?;
        imports::token(self.tx, &mut arriving.access, Some(id), token)?;
        let viewpoint = Viewpoint::of_token(arriving.access.row, id, token.since);
        let is_revoked = matches!(token.secret, ExportedSecret::Revoked(_));
        self.tokens.insert(id, ArrivingToken { viewpoint, is_revoked, was_here: false });
        arriving.news += 1;
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
        if message.sequence <= arriving.upto {
            return Ok(());
        }
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
        arriving.news += 1;
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
            if !arriving.was_here {
                let excepted = imports::state(self.tx, viewpoint, viewpoint.since, which, read)?;
                arriving.added.exceptions += usize::from(excepted);
                return Ok::<_, StoreError>(());
            }
            // What was read here or there is read, and only of what is new can be said that it is not.
            let is_new = sequence > arriving.upto || !reader.was_here;
            if (read || is_new) && sequence > viewpoint.since {
                let state = if read { ReadState::Read } else { ReadState::Unread };
                let learned = u64::from(imports::learn(self.tx, viewpoint, which, state)?);
                arriving.news += learned;
                self.moved.states_since += learned * u64::from(!is_new);
            }
            Ok(())
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
            let before = push::count(self.tx, token)?;
            push::register(self.tx, token, device)?;
            self.moved.devices += push::count(self.tx, token)? - before;
        }
        Ok(())
    }

    /// A message that was deleted there. One that was taken in before is deleted here too.
    pub fn deleted(&mut self, channel: i64, sequence: Sequence) -> Result<(), ImportRefusal> {
        let Some(arriving) = arriving(&mut self.channels, channel)? else { return Ok(()) };
        if sequence > arriving.upto {
            self.moved.deleted += 1;
        } else if envelopes::find(self.tx, arriving.access.row, sequence)?.is_some() {
            message_deletion::remove(self.tx, &arriving.access, sequence)?;
            self.moved.deleted_since += 1;
            arriving.news += 1;
        }
        Ok(())
    }

    /// A message without a byte.
    pub fn pass_over_empty(&mut self, channel: i64, sequence: Sequence) {
        self.moved.empty += u64::from(self.is_new(channel, sequence));
    }

    /// A message whose content type cannot be kept.
    pub fn leave_untyped(&mut self, channel: i64, sequence: Sequence) {
        self.moved.untyped += u64::from(self.is_new(channel, sequence));
    }

    /// A credential that is not a name and a password.
    pub fn pass_over_credential(&mut self) {
        self.moved.other_credentials += 1;
    }

    fn is_new(&self, channel: i64, sequence: Sequence) -> bool {
        let arriving = self.channels.get(&channel).and_then(Option::as_ref);
        arriving.is_some_and(|arriving| sequence > arriving.upto)
    }

    pub(super) fn finish(mut self) -> Result<MovedIn, StoreError> {
        for arriving in self.channels.into_values().flatten() {
            let counted = match (arriving.was_here, arriving.news) {
                (false, _) => &mut self.moved.channels,
                (true, 0) => &mut self.moved.known_channels,
                (true, _) => &mut self.moved.grown_channels,
            };
            *counted += 1;
            imports::raise_head(self.tx, arriving.access.row, arriving.head)?;
            imports::finish(self.tx, &arriving.access, arriving.added)?;
            let holder = Viewpoint::of_owner_side(arriving.access.row, arriving.access.owner_token);
            imports::move_cursor(self.tx, &holder)?;
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
