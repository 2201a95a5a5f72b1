//! Authorisation as parameters: a handler that takes one of these cannot be reached without the right.

use std::future::{Ready, ready};
use std::net::IpAddr;
use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::http::header::{AUTHORIZATION, HeaderValue};
use actix_web::{FromRequest, HttpRequest, web};

use crate::api::query::Query;
use crate::auth::access::{Owner, Reader, Visitor, Writer};
use crate::auth::bearer::{Bearer, Bearers};
use crate::auth::error::AuthError;
use crate::auth::sign_ins::{Credentials, SignIns};
use crate::auth::throttle::Network;
use crate::auth::tickets::{Ticketed, Tickets};
use crate::domain::id::{AccountId, ChannelId};
use crate::domain::secret::{BearerToken, Password};
use crate::http::address::Addresses;
use crate::http::failure::Failure;
use crate::service::error::Error;

/// The holder of the account that the path names.
pub(super) struct AccountOwner(pub(super) Owner);

impl FromRequest for AccountOwner {
    type Error = Failure;
    type Future = Pin<Box<dyn Future<Output = Result<Self, Failure>>>>;

    fn from_request(request: &HttpRequest, _payload: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move { account_owner(&request).await.map(Self) })
    }
}

async fn account_owner(request: &HttpRequest) -> Result<Owner, Failure> {
    let credentials = basic(request)?;
    let peer = data::<Addresses>(request)?.client(request);
    of_account(request, data::<SignIns>(request)?.owner(&credentials, peer).await?)
}

/// The owner, where the path names that account.
fn of_account(request: &HttpRequest, owner: Owner) -> Result<Owner, Failure> {
    let account = request.match_info().get("account").and_then(|text| text.parse::<AccountId>().ok());
    if account == Some(owner.account()) { Ok(owner) } else { Err(AuthError::Forbidden.into()) }
}

/// A parameter of handlers that holds a right, and the function that judges whether a request has it.
macro_rules! guard {
    ($(#[$doc:meta])* $name:ident($right:ty) = $judge:expr) => {
        $(#[$doc])*
        pub(super) struct $name(pub(super) $right);

        impl FromRequest for $name {
            type Error = Failure;
            type Future = Ready<Result<Self, Failure>>;

            fn from_request(request: &HttpRequest, _payload: &mut Payload) -> Self::Future {
                let judge: fn(&HttpRequest) -> Result<$right, Failure> = $judge;
                ready(judge(request).map(Self))
            }
        }
    };
}

guard! {
    /// A reader of the channel that the path names: by token, or without one where the channel is public.
    ChannelReader(Reader) = |request| in_channel(request, Bearer::reader, Bearers::anonymous_reader)
}
guard! {
    /// A writer to the channel that the path names, likewise.
    ChannelWriter(Writer) = |request| in_channel(request, Bearer::writer, Bearers::anonymous_writer)
}
guard! {
    /// Whoever may read or write the channel that the path names.
    ChannelVisitor(Visitor) = |request| in_channel(request, Bearer::visitor, Bearers::anonymous_visitor)
}
guard! {
    /// A reader with a token: who marks needs a read state.
    TokenReader(Reader) = |request| Ok(verified(request)?.reader(&channel(request)?)?)
}
guard! {
    /// A writer with a token, for what strangers may not do even where they may write.
    TokenWriter(Writer) = |request| Ok(verified(request)?.writer(&channel(request)?)?)
}
guard! {
    /// A valid token, whatever its channel.
    TokenBearer(Bearer) = verified
}

/// The reader whose token a WebSocket presents: in the query, as the reference wants it, or as a header. A ticket stands
/// for the token with which it was got.
pub(super) fn socket_reader(request: &HttpRequest, query: &Query<'_>) -> Result<Reader, Failure> {
    if query.count("token") + query.count("ticket") > 1 {
        return Err(AuthError::Unauthenticated.into());
    }
    if let Some(ticket) = query.get("ticket") {
        let Some(Ticketed::Reader(reader)) = redeemed(request, ticket)? else {
            return Err(AuthError::Unauthenticated.into());
        };
        let is_of_channel = reader.channel().id == channel(request)?;
        return if is_of_channel { Ok(reader) } else { Err(AuthError::Forbidden.into()) };
    }
    let token = match query.get("token") {
        Some(token) => BearerToken::new(token),
        None => presented(request)?.ok_or(AuthError::Unauthenticated)?,
    };
    Ok(bearer(request, &token)?.reader(&channel(request)?)?)
}

/// The owner who opens a socket of the account that the path names: by name and password, or with a ticket.
pub(super) async fn socket_owner(request: &HttpRequest, query: &Query<'_>) -> Result<Owner, Failure> {
    if query.count("ticket") > 1 {
        return Err(AuthError::Unauthenticated.into());
    }
    let Some(ticket) = query.get("ticket") else { return account_owner(request).await };
    match redeemed(request, ticket)? {
        Some(Ticketed::Owner(owner)) => of_account(request, owner),
        _ => Err(AuthError::Unauthenticated.into()),
    }
}

fn redeemed(request: &HttpRequest, ticket: &str) -> Result<Option<Ticketed>, Failure> {
    Ok(data::<Tickets>(request)?.redeem(&BearerToken::new(ticket)))
}

/// Where the request comes from, for what strangers share.
pub(super) fn network(request: &HttpRequest) -> Result<Network, Failure> {
    Ok(Network::of(data::<Addresses>(request)?.client(request)))
}

/// The channel that the path names. A text that cannot be an id is a channel that does not exist.
pub(super) fn channel(request: &HttpRequest) -> Result<ChannelId, Failure> {
    let id = request.match_info().get("channel").and_then(|text| text.parse().ok());
    id.ok_or_else(|| AuthError::Forbidden.into())
}

/// Verifies a token where one is presented, for calls that are also served without.
pub(super) fn verify_if_presented(request: &HttpRequest) -> Result<(), Failure> {
    if let Some(token) = presented(request)? {
        bearer(request, &token)?;
    }
    Ok(())
}

/// Does what knowing a device token permits. Somebody who names many unknown devices is refused for a while.
pub(super) async fn by_device<T>(
    request: &HttpRequest,
    work: impl Future<Output = Result<T, Error>>,
) -> Result<T, Failure> {
    let bearers = data::<Bearers>(request)?;
    let peer = data::<Addresses>(request)?.client(request);
    // Guesses that come together would all pass a check that counts only afterwards.
    let guessed = bearers.guess_device(peer)?;
    let outcome = work.await;
    if !matches!(outcome, Err(Error::UnknownDevice)) {
        bearers.forget_guess(peer, guessed);
    }
    Ok(outcome?)
}

/// What the token that is presented may do in the channel, or without one anybody.
fn in_channel<R>(
    request: &HttpRequest,
    with_token: fn(&Bearer, &ChannelId) -> Result<R, AuthError>,
    without: fn(&Bearers, &ChannelId, Option<IpAddr>) -> Result<R, AuthError>,
) -> Result<R, Failure> {
    let Some(token) = presented(request)? else {
        let peer = data::<Addresses>(request)?.client(request);
        let channel = channel(request).map_err(|_missing| AuthError::Unauthenticated)?;
        return Ok(without(data::<Bearers>(request)?, &channel, peer)?);
    };
    Ok(with_token(&bearer(request, &token)?, &channel(request)?)?)
}

/// The bearer of the token that has to be there.
fn verified(request: &HttpRequest) -> Result<Bearer, Failure> {
    bearer(request, &presented(request)?.ok_or(AuthError::Unauthenticated)?)
}

fn bearer(request: &HttpRequest, token: &BearerToken) -> Result<Bearer, Failure> {
    Ok(data::<Bearers>(request)?.bearer(token)?)
}

/// The token in the Authorization header; `None` without the header. Anything else there is a refusal, never anonymous.
fn presented(request: &HttpRequest) -> Result<Option<BearerToken>, AuthError> {
    let Some(header) = authorization(request)? else { return Ok(None) };
    let text = header.to_str().map_err(|_| AuthError::Unauthenticated)?;
    match credentials_of("bearer", text) {
        Some(token) if !token.is_empty() => Ok(Some(BearerToken::new(token))),
        _ => Err(AuthError::Unauthenticated),
    }
}

fn basic(request: &HttpRequest) -> Result<Credentials, AuthError> {
    let header = authorization(request)?.ok_or(AuthError::Unauthenticated)?;
    let text = header.to_str().map_err(|_| AuthError::Unauthenticated)?;
    let encoded = credentials_of("basic", text).ok_or(AuthError::Unauthenticated)?;
    let decoded = base64_simd::STANDARD.decode_to_vec(encoded).map_err(|_| AuthError::Unauthenticated)?;
    // OkHttp sends ISO-8859-1 where others send UTF-8; what is not UTF-8 is read as the former, byte for character.
    let text = match String::from_utf8(decoded) {
        Ok(text) => text,
        Err(other) => other.as_bytes().iter().copied().map(char::from).collect(),
    };
    let (user, password) = text.split_once(':').ok_or(AuthError::Unauthenticated)?;
    Ok(Credentials { user: user.to_owned(), password: Password::new(password) })
}

/// What follows the scheme, whose case does not matter.
fn credentials_of<'a>(scheme: &str, header: &'a str) -> Option<&'a str> {
    let (given, rest) = header.split_once(' ').unwrap_or((header, ""));
    given.eq_ignore_ascii_case(scheme).then(|| rest.trim())
}

/// The one Authorization header; several of them are a refusal.
fn authorization(request: &HttpRequest) -> Result<Option<&HeaderValue>, AuthError> {
    let mut headers = request.headers().get_all(AUTHORIZATION);
    let first = headers.next();
    if headers.next().is_some() { Err(AuthError::Unauthenticated) } else { Ok(first) }
}

fn data<T: 'static>(request: &HttpRequest) -> Result<&T, Failure> {
    let missing = || Failure::internal(&"the server is not set up completely");
    request.app_data::<web::Data<T>>().map(|data| &***data).ok_or_else(missing)
}
