//! Why a page is not shown, or an action not done.

use std::fmt;

use actix_web::http::StatusCode;
use actix_web::{HttpResponse, ResponseError};

use crate::auth::error::AuthError;
use crate::http::failure::Failure;
use crate::service::error::Error;
use crate::web::frame::forms::refused::FormRefusal;

/// Becomes a page of its own, or a way to sign in; see `error_page`.
#[derive(Debug, Clone)]
pub enum Refusal {
    /// Nobody is signed in; afterwards it goes on at this path.
    SignIn(String),
    /// The password is asked again first.
    StepUp(String),
    NotFound,
    Form(FormRefusal),
    Failed(Failure),
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("refused")
    }
}

/// Only carries the refusal to the middleware of the pages, which knows how this site looks.
impl ResponseError for Refusal {
    fn status_code(&self) -> StatusCode {
        match self {
            Self::SignIn(_) | Self::StepUp(_) => StatusCode::SEE_OTHER,
            Self::NotFound => StatusCode::NOT_FOUND,
            Self::Form(_) => StatusCode::FORBIDDEN,
            Self::Failed(failure) => failure.status,
        }
    }

    fn error_response(&self) -> HttpResponse {
        let mut response = match self {
            Self::Failed(failure) => failure.error_response(),
            other => HttpResponse::new(other.status_code()),
        };
        // The body comes from the middleware, under the true status: no client of the reference reads pages.
        response.extensions_mut().remove::<Failure>();
        response.extensions_mut().insert(self.clone());
        response
    }
}

impl From<Failure> for Refusal {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

impl From<Error> for Refusal {
    fn from(error: Error) -> Self {
        match error {
            // On the pages a foreign channel does not exist, and neither does a missing one.
            Error::ChannelNotFound
            | Error::MessageNotFound
            | Error::TokenNotFound
            | Error::TokenRevoked
            | Error::WebhookNotFound
            | Error::BrowserNotFound
            | Error::LinkNotValid
            | Error::AccountNotFound
            | Error::UserNotFound => Self::NotFound,
            Error::Auth(error) => error.into(),
            other => Self::Failed(other.into()),
        }
    }
}

impl From<AuthError> for Refusal {
    fn from(error: AuthError) -> Self {
        match error {
            AuthError::Forbidden => Self::NotFound,
            // The session ended while the request was under way.
            AuthError::Unauthenticated => Self::SignIn("/inbox".to_owned()),
            other => Self::Failed(other.into()),
        }
    }
}

impl From<askama::Error> for Refusal {
    fn from(error: askama::Error) -> Self {
        Self::Failed(Failure::internal(&format_args!("a page could not be written: {error}")))
    }
}

/// A header that cannot be written, which only a mistake of ours can make.
pub fn broken(error: impl std::fmt::Display) -> Refusal {
    Refusal::Failed(Failure::internal(&error))
}
