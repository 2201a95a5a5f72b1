//! Accounts, each made with the first of its users.

use crate::auth::access::Operator;
use crate::auth::newcomers::Newcomer;
use crate::auth::password_lane::{HashLine, PasswordLane};
use crate::auth::session;
use crate::auth::setup::Founder;
use crate::domain::account::{Account, AccountName, Role, Standing, User, UserName};
use crate::domain::id::{AccountId, UserId};
use crate::domain::secret::Password;
use crate::service::Reading;
use crate::service::error::Error;
use crate::store::error::Inserted;
use crate::store::tx::WriteTx;
use crate::store::{Store, accounts, users};

/// What the first user of a new account may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FirstUser {
    /// Whoever comes while nobody manages the server does so.
    ManagesIfNobodyDoes,
    Holder,
}

/// Making and managing accounts: all of them for an [`Operator`], the own one for its owner.
#[derive(Clone)]
pub struct Accounts {
    pub(super) store: Store,
    lane: PasswordLane,
    /// Characters.
    password_min: usize,
}

impl Accounts {
    pub fn new(store: Store, lane: PasswordLane, password_min: usize) -> Self {
        Self { store, lane, password_min }
    }

    /// Makes an account with its first user.
    pub async fn create(
        &self,
        operator: &Operator,
        name: AccountName,
        user: UserName,
        password: Password,
        may: FirstUser,
    ) -> Result<AccountId, Error> {
        let hash = self.hash(HashLine::Known, password).await?;
        self.store
            .write(operator.clone(), move |tx, _operator| {
                let role = match may {
                    FirstUser::ManagesIfNobodyDoes => first_role(tx)?,
                    FirstUser::Holder => Role::Holder,
                };
                create(tx, &name, &user, &hash, role)
            })
            .await
    }

    /// Makes an account for somebody who asks for one, where that is open to everybody. It never manages the server.
    pub async fn register(
        &self,
        _newcomer: &Newcomer,
        name: AccountName,
        user: UserName,
        password: Password,
    ) -> Result<AccountId, Error> {
        let hash = self.hash(HashLine::Strangers, password).await?;
        self.store.write_without_right(move |tx| create(tx, &name, &user, &hash, Role::Holder)).await
    }

    /// Makes the account that manages the server, of however many that are asked for together only one.
    pub async fn create_first(
        &self,
        _founder: &Founder,
        name: AccountName,
        user: UserName,
        password: Password,
    ) -> Result<AccountId, Error> {
        let hash = self.hash(HashLine::Known, password).await?;
        self.store
            .write_without_right(move |tx| {
                if users::any_operator(tx)? {
                    return Err(Error::SetUpAlready);
                }
                create(tx, &name, &user, &hash, Role::Operator)
            })
            .await
    }

    /// Makes account and user unless they are there already, as the reference's command line does. Never changes a
    /// password: a user of that name with another one is refused.
    pub async fn ensure(
        &self,
        operator: &Operator,
        name: AccountName,
        user: UserName,
        password: Password,
    ) -> Result<AccountId, Error> {
        let (wanted, wanted_name) = (user.clone(), name.clone());
        let known = self
            .store
            .read(move |tx| {
                let account = accounts::find_by_name(tx, &wanted_name)?;
                Ok::<_, Error>((account, users::find_by_name(tx, &wanted)?))
            })
            .await?;
        if let (Some(account), Some(known)) = &known
            && known.user.account == *account
        {
            let same = self.lane.verify(HashLine::Known, password, Some(known.password_hash.clone())).await?;
            return if same { Ok(*account) } else { Err(Error::OtherPassword) };
        }
        let hash = self.lane.hash(HashLine::Known, password).await?;
        self.store
            .write(operator.clone(), move |tx, _operator| {
                let account = match accounts::find_by_name(tx, &name)? {
                    Some(account) => account,
                    None => match accounts::insert(tx, &name)? {
                        Inserted::New(account) => account,
                        Inserted::Taken => return Err(Error::AccountNameTaken),
                    },
                };
                add_user(tx, account, &user, &hash, first_role(tx)?)?;
                Ok(account)
            })
            .await
    }

    /// All accounts, oldest first.
    pub async fn list(&self, _operator: &Operator) -> Result<Vec<Account>, Error> {
        self.store.read(|tx| Ok(accounts::list(tx)?)).await
    }

    /// One account; refuses with [`Error::AccountNotFound`].
    pub async fn get(&self, _operator: &Operator, id: AccountId) -> Result<Account, Error> {
        self.load(id).await
    }

    /// All accounts with their users.
    pub fn all(&self, _operator: &Operator) -> Reading<Vec<(Account, Vec<User>)>> {
        self.store.reading(|tx| {
            let mut all = Vec::new();
            for account in accounts::list(tx)? {
                let users = users::list(tx, account.id)?;
                all.push((account, users));
            }
            Ok(all)
        })
    }

    /// The account of that name, written either way; refuses with [`Error::AccountNotFound`].
    pub async fn find_by_name(&self, _operator: &Operator, name: AccountName) -> Result<AccountId, Error> {
        self.store.read(move |tx| accounts::find_by_name(tx, &name)?.ok_or(Error::AccountNotFound)).await
    }

    /// Whether anybody can sign in at all.
    ///
    /// On the calling thread, because every stranger's page asks for it.
    pub fn any(&self) -> Result<bool, Error> {
        self.store.peek(|tx| Ok(accounts::any(tx)?))
    }

    /// Whether anybody manages the server.
    pub async fn managed(&self) -> Result<bool, Error> {
        self.store.read(|tx| Ok(users::any_operator(tx)?)).await
    }

    /// Disables or enables sign-in and every token of the account, at once. Nobody disables the own account.
    pub async fn set_standing(&self, by: &Operator, id: AccountId, standing: Standing) -> Result<(), Error> {
        if standing == Standing::Disabled && id == by.owner().account() {
            return Err(Error::OneselfDisabled);
        }
        self.store
            .write(by.clone(), move |tx, _by| {
                if standing == Standing::Disabled {
                    for user in users::list(tx, id)? {
                        session::end_sign_ins(tx, user.id)?;
                    }
                }
                found(accounts::set_standing(tx, id, standing)?, Error::AccountNotFound)
            })
            .await
    }

    /// Lets the account store so many bytes, 0 for no limit; `None` for what the server allows everybody. What is stored
    /// above it stays.
    pub async fn set_quota(&self, by: &Operator, id: AccountId, quota: Option<u64>) -> Result<(), Error> {
        self.store
            .write(by.clone(), move |tx, _by| {
                found(accounts::set_quota(tx, id, quota)?, Error::AccountNotFound)
            })
            .await
    }

    async fn load(&self, id: AccountId) -> Result<Account, Error> {
        self.store.read(move |tx| accounts::find(tx, id)?.ok_or(Error::AccountNotFound)).await
    }

    pub(super) async fn hash(&self, line: HashLine, password: Password) -> Result<String, Error> {
        require_length(&password, self.password_min)?;
        Ok(self.lane.hash(line, password).await?)
    }
}

/// The only rule for passwords; `least` is in characters.
pub fn require_length(password: &Password, least: usize) -> Result<(), Error> {
    if password.length() < least {
        return Err(Error::PasswordTooShort { least });
    }
    Ok(())
}

fn first_role(tx: &WriteTx<'_>) -> Result<Role, Error> {
    Ok(if users::any_operator(tx)? { Role::Holder } else { Role::Operator })
}

fn create(
    tx: &WriteTx<'_>,
    name: &AccountName,
    user: &UserName,
    hash: &str,
    role: Role,
) -> Result<AccountId, Error> {
    let Inserted::New(account) = accounts::insert(tx, name)? else { return Err(Error::AccountNameTaken) };
    add_user(tx, account, user, hash, role)?;
    Ok(account)
}

pub(super) fn add_user(
    tx: &WriteTx<'_>,
    account: AccountId,
    name: &UserName,
    hash: &str,
    role: Role,
) -> Result<UserId, Error> {
    match users::insert(tx, account, name, hash, role)? {
        Inserted::New(user) => Ok(user),
        Inserted::Taken => Err(Error::UserNameTaken),
    }
}

pub(super) fn found(changed: bool, refusal: Error) -> Result<(), Error> {
    if changed { Ok(()) } else { Err(refusal) }
}
