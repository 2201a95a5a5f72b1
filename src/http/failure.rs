//! The one mapping from refusals to HTTP. A surface renders a [`Failure`] in its own form; what it is, is decided here.

use std::fmt;
use std::time::Duration;

use actix_web::http::StatusCode;
use actix_web::http::header::{HeaderName, HeaderValue, RETRY_AFTER};
use actix_web::{HttpResponse, ResponseError};

use crate::auth::error::AuthError;
use crate::notify::hub::SubscribeError;
use crate::service::error::Error;

/// A request that was not served, and what its sender is told.
#[derive(Debug, Clone)]
pub struct Failure {
    /// The status that fits.
    pub status: StatusCode,
    /// The reference sends this one as 400, with the fitting status in the body only.
    pub wrapped: bool,
    /// `None` for refusals without a body, which tell a stranger nothing.
    pub title: Option<String>,
    /// What is wrong with which field.
    pub errors: Vec<(String, String)>,
    pub retry_after: Option<Duration>,
    /// What happened inside. Logged with the request id, never sent.
    pub cause: Option<String>,
}

impl Failure {
    pub fn new(status: StatusCode, title: impl Into<String>) -> Self {
        let title = Some(title.into());
        Self { status, wrapped: false, title, errors: Vec::new(), retry_after: None, cause: None }
    }

    /// A request that cannot be understood: 400.
    pub fn bad_request(title: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, title)
    }

    /// A request whose fields are at fault, each with the reason.
    pub fn invalid_fields(errors: Vec<(String, String)>) -> Self {
        Self { errors, ..Self::bad_request("One or more fields are not valid") }
    }

    /// The same with one field.
    pub fn invalid_field(field: &str, reason: impl Into<String>) -> Self {
        Self::invalid_fields(vec![(field.to_owned(), reason.into())])
    }

    /// What is not there, or not for whoever asks: 404.
    pub fn not_found(title: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, title)
    }

    /// A body over the limit, which the title names.
    pub fn too_large(limit_bytes: usize) -> Self {
        Self::wrapped(
            StatusCode::PAYLOAD_TOO_LARGE,
            format!("The body is larger than {limit_bytes} bytes, the most this server takes"),
        )
    }

    /// A body for which there is no room in memory beside those that others send or that wait to be stored.
    pub fn no_room() -> Self {
        Self::come_back(
            "The server has as much in hand as it can hold; nothing was stored, try again",
            Duration::from_secs(1),
        )
    }

    /// A refusal without a body.
    pub fn silent(status: StatusCode) -> Self {
        Self { title: None, ..Self::new(status, "") }
    }

    fn wrapped(status: StatusCode, title: impl Into<String>) -> Self {
        Self { wrapped: true, ..Self::new(status, title) }
    }

    fn come_back(title: &str, retry_after: Duration) -> Self {
        Self { retry_after: Some(retry_after), ..Self::new(StatusCode::SERVICE_UNAVAILABLE, title) }
    }

    /// A fault of ours.
    pub fn internal(cause: &dyn fmt::Display) -> Self {
        let title = "Something went wrong in the server; its log has the cause under this trace id";
        Self { cause: Some(cause.to_string()), ..Self::new(StatusCode::INTERNAL_SERVER_ERROR, title) }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.title.as_deref().unwrap_or("refused"))
    }
}

/// The header that says when to come back: in whole seconds, never too early.
pub fn retry_after(pause: Duration) -> (HeaderName, HeaderValue) {
    (RETRY_AFTER, HeaderValue::from(whole_seconds(pause)))
}

/// A pause as people and programs are told it.
pub fn whole_seconds(pause: Duration) -> u64 {
    let begun = u64::from(pause.subsec_nanos() > 0);
    pause.as_secs().saturating_add(begun).max(1)
}

/// The answer has no body yet: the surface's own middleware finds the failure in its extensions and renders it.
impl ResponseError for Failure {
    fn status_code(&self) -> StatusCode {
        self.status
    }

    fn error_response(&self) -> HttpResponse {
        let mut response = HttpResponse::build(self.status);
        if let Some(pause) = self.retry_after {
            response.insert_header(retry_after(pause));
        }
        let mut response = response.finish();
        response.extensions_mut().insert(self.clone());
        response
    }
}

impl From<AuthError> for Failure {
    fn from(error: AuthError) -> Self {
        match error {
            AuthError::Unauthenticated => Self::silent(StatusCode::UNAUTHORIZED),
            AuthError::Forbidden => Self::silent(StatusCode::FORBIDDEN),
            AuthError::Throttled { retry_after } => Self {
                retry_after: Some(retry_after),
                ..Self::new(StatusCode::TOO_MANY_REQUESTS, "Too many attempts; come back later")
            },
            AuthError::Busy => {
                Self::come_back("Too many sign-ins are being checked; try again", Duration::from_secs(2))
            }
            AuthError::Store(error) => Error::Store(error).into(),
            AuthError::Hash(error) => Self::internal(&error),
        }
    }
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let title = capitalised(&error.to_string());
        match error {
            Error::Auth(error) => error.into(),
            // A foreign channel and a missing one look the same, as in the reference.
            Error::ChannelNotFound | Error::TokenNotFound | Error::AccountNotFound | Error::UserNotFound => {
                Self::silent(StatusCode::FORBIDDEN)
            }
            Error::TokenRevoked
            | Error::NoTokenWithSecret
            | Error::MessageNotFound
            | Error::KeyNotFound
            | Error::WebhookNotFound
            | Error::BrowserNotFound
            | Error::LinkNotValid => Self::not_found(title),
            Error::RetentionNotExpired
            | Error::PasswordTooShort { .. }
            | Error::UserNameTaken
            | Error::AccountNameTaken
            | Error::SetUpAlready
            | Error::ResetLinkUsedUp
            | Error::OneselfDisabled
            | Error::LastOperator
            | Error::OtherPassword => Self::bad_request(title),
            Error::Locked | Error::NotOwnMessage => Self::wrapped(StatusCode::FORBIDDEN, title),
            Error::SequencingConflict => Self::wrapped(StatusCode::CONFLICT, title),
            Error::LetterNumberUsed { .. } => Self::new(StatusCode::CONFLICT, title),
            Error::IdempotencyConflict => Self::new(StatusCode::UNPROCESSABLE_ENTITY, title),
            Error::TooManyChannels { .. }
            | Error::TooManyTokens { .. }
            | Error::TooManyDevices { .. }
            | Error::TooManyKeys { .. }
            | Error::TooManyWebhooks
            | Error::TooManyBrowsers { .. }
            | Error::StorageFull => Self::wrapped(StatusCode::INSUFFICIENT_STORAGE, title),
            Error::TooManyLinks => Self::new(StatusCode::TOO_MANY_REQUESTS, title),
            Error::UnknownDevice => Self::silent(StatusCode::UNAUTHORIZED),
            Error::Store(error) if error.is_passing() => Self {
                cause: (!error.is_told()).then(|| error.to_string()),
                ..Self::come_back(
                    "The server cannot store anything right now; nothing was changed, try again",
                    Duration::from_secs(1),
                )
            },
            Error::Store(error) if error.is_damage() => {
                let title = "It cannot be opened: its stored bytes were changed; `peerbox check` tells more";
                Self { title: Some(title.to_owned()), ..Self::internal(&error) }
            }
            Error::Store(error) => {
                let untold = !error.is_told();
                let failure = Self::internal(&error);
                Self { cause: failure.cause.filter(|_| untold), ..failure }
            }
        }
    }
}

impl From<SubscribeError> for Failure {
    fn from(error: SubscribeError) -> Self {
        let title = capitalised(&error.to_string());
        match error {
            SubscribeError::TooMany { .. } => Self {
                retry_after: Some(Duration::from_mins(1)),
                ..Self::new(StatusCode::TOO_MANY_REQUESTS, title)
            },
            SubscribeError::Stopping => Self::come_back(&title, Duration::from_secs(1)),
        }
    }
}

/// A sentence that stands by itself.
pub fn capitalised(sentence: &str) -> String {
    let mut letters = sentence.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}
