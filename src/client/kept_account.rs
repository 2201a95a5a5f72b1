//! An account at a server that a person signs in to, remembered beside the contacts.

use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

use crate::client::address::ServerAddress;
use crate::client::contact::ContactName;
use crate::domain::secret::Password;

/// An account, and who signs in to it.
pub struct KeptAccount {
    pub name: ContactName,
    pub server: ServerAddress,
    pub number: u64,
    pub user: String,
    pub password: Password,
    /// Certificates, in PEM, that are trusted on the way there.
    pub authorities: Option<String>,
}

/// All of it, as it is sealed. A contact has no member of the first one's name, so neither passes for the other.
#[derive(Serialize, Deserialize)]
struct Sealed {
    account_name: String,
    server: String,
    number: u64,
    user: String,
    password: String,
    #[serde(default)]
    authorities: Option<String>,
}

impl Drop for Sealed {
    fn drop(&mut self) {
        use zeroize::Zeroize;
        self.password.zeroize();
    }
}

impl KeptAccount {
    /// Its address, as its calls begin.
    pub fn address(&self) -> String {
        self.server.path(&format!("/api/v1/account/{}", self.number))
    }

    /// What is sealed of it.
    pub fn to_seal(&self) -> serde_json::Result<Zeroizing<Vec<u8>>> {
        let sealed = Sealed {
            account_name: self.name.to_string(),
            server: self.server.to_string(),
            number: self.number,
            user: self.user.clone(),
            password: self.password.expose().to_owned(),
            authorities: self.authorities.clone(),
        };
        serde_json::to_vec(&sealed).map(Zeroizing::new)
    }

    /// The other way round. Nothing where it is not what stands beside it.
    pub fn of_sealed(opened: &[u8], name: &str, address: &str) -> Option<Self> {
        let sealed: Sealed = serde_json::from_slice(opened).ok()?;
        let account = Self {
            name: ContactName::parse(&sealed.account_name).ok()?,
            server: ServerAddress::parse(&sealed.server).ok()?,
            number: sealed.number,
            user: sealed.user.clone(),
            password: Password::new(&*sealed.password),
            authorities: sealed.authorities.clone(),
        };
        (account.name.as_str() == name && account.address() == address).then_some(account)
    }
}
