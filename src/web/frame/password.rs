//! A password that was not taken, as its form shows it.

use std::net::IpAddr;
use std::time::Duration;

use actix_web::HttpResponse;
use actix_web::http::StatusCode;
use askama::Template;

use crate::auth::error::AuthError;
use crate::auth::sign_ins::{Credentials, SignIns};
use crate::domain::secret::Password;
use crate::http::failure::retry_after;
use crate::service::accounts::Accounts;
use crate::web::frame::answers::html_again;
use crate::web::frame::call::Call;
use crate::web::frame::problems::Problems;
use crate::web::frame::refusal::Refusal;
use crate::web::words::format::{come_back_in, count, number};

/// Words for the field, and how long to wait where there were too many attempts.
pub struct PasswordRefused {
    words: String,
    retry_after: Option<Duration>,
}

impl PasswordRefused {
    /// What is not about the password goes on as a refusal.
    pub fn by(error: AuthError, wrong: &str) -> Result<Self, Refusal> {
        match error {
            AuthError::Unauthenticated => Ok(Self { words: wrong.to_owned(), retry_after: None }),
            AuthError::Throttled { retry_after } => Ok(Self {
                words: format!("Too many attempts. {}", come_back_in(retry_after)),
                retry_after: Some(retry_after),
            }),
            other => Err(other.into()),
        }
    }

    /// As what is wrong with a field.
    pub fn problem_at(&self, field: &'static str) -> Problems {
        Problems::one(field, self.words.clone())
    }

    /// The form again. Programs learn from status and header that waiting helps.
    pub fn answer(&self, page: &impl Template) -> Result<HttpResponse, Refusal> {
        let mut answer = html_again(page)?;
        if let Some(pause) = self.retry_after {
            *answer.status_mut() = StatusCode::TOO_MANY_REQUESTS;
            let (name, value) = retry_after(pause);
            answer.headers_mut().insert(name, value);
        }
        Ok(answer)
    }
}

/// Judges whether that is the password of whoever is signed in; answers how it is refused if it is not.
pub async fn refused_own(
    call: &Call,
    accounts: &Accounts,
    sign_ins: &SignIns,
    password: Password,
) -> Result<Option<PasswordRefused>, Refusal> {
    let (user, _account) = accounts.own(call.owner()).await?;
    let name = user.name;
    let credentials = Credentials { user: name.clone(), password };
    match sign_ins.confirm(&credentials, call.site.client(&call.request)).await {
        Ok(owner) if owner.user() == call.owner().user() => Ok(None),
        // Meanwhile the name is somebody else's.
        Ok(_) => Err(Refusal::NotFound),
        Err(error) => {
            let tries = tries_left(sign_ins, &name, call.site.client(&call.request));
            PasswordRefused::by(error, &format!("The password is not right. {tries}")).map(Some)
        }
    }
}

/// How many more wrong passwords there may be, or how long to wait, in a sentence.
pub fn tries_left(sign_ins: &SignIns, user: &str, peer: Option<IpAddr>) -> String {
    match sign_ins.tries_left(user, peer) {
        Ok(1) => "You can try once more before you have to wait.".to_owned(),
        Ok(tries) => format!("You can try {} more times before you have to wait.", number(tries.into())),
        Err(AuthError::Throttled { retry_after }) => come_back_in(retry_after),
        Err(_) => String::new(),
    }
}

/// What is wrong with a password, in one sentence.
pub fn too_short(least: usize) -> String {
    format!("The password needs at least {}.", count(least as u64, "character"))
}
