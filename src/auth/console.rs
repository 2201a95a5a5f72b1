//! The operator at the machine's own console, who has the file and its master key and so may do anything.

use crate::auth::access::{Operator, Owner};
use crate::domain::id::AccountId;

/// Acts for an account without signing in. For the command line only: whoever can open the store with the master key
/// has already proved more than any password could.
pub fn owner_of(account: AccountId) -> Owner {
    Owner::at_console(account)
}

/// Manages the accounts of the server, of which none is the own one.
pub fn operator() -> Operator {
    Operator(owner_of(AccountId(0)))
}
