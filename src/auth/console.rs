//! The operator at the machine's own console, who has the file and its master key and so may do anything.

use crate::auth::access::Owner;
use crate::domain::account::Role;
use crate::domain::id::{AccountId, UserId};

/// Acts for an account without signing in. For the command line only: whoever can open the store with the master key
/// has already proved more than any password could.
pub fn owner_of(account: AccountId) -> Owner {
    // No user has this id: ids start at 1.
    Owner::new(account, UserId(0), Role::Operator)
}

/// Manages the accounts of the server, of which none is the own one.
pub fn operator() -> Owner {
    owner_of(AccountId(0))
}
