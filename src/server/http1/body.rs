//! The body of a request, read from the connection when the handler asks for it and not before.

use std::cell::RefCell;
use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use actix_http::error::{ParseError, PayloadError};
use bytes::Bytes;
use futures_util::Stream;
use tokio::io::{AsyncRead, AsyncWrite};

use crate::server::http1::wire::{BodyError, Wire};

/// A body that has not come yet.
pub(super) struct Body<T> {
    wire: Rc<RefCell<Wire<T>>>,
    turn: u64,
}

impl<T: AsyncRead + AsyncWrite + Unpin> Body<T> {
    /// Of the request that was just taken from the wire.
    pub(super) fn new(wire: &Rc<RefCell<Wire<T>>>) -> Self {
        Self { wire: Rc::clone(wire), turn: wire.borrow().turn }
    }
}

impl<T: AsyncRead + AsyncWrite + Unpin> Stream for Body<T> {
    type Item = Result<Bytes, PayloadError>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let mut wire = self.wire.borrow_mut();
        if wire.turn != self.turn {
            return Poll::Ready(Some(Err(PayloadError::Incomplete(None))));
        }
        wire.poll_body(context).map(|piece| piece.map(|piece| piece.map_err(PayloadError::from)))
    }
}

impl From<BodyError> for PayloadError {
    fn from(error: BodyError) -> Self {
        match error {
            BodyError::Connection(error) => Self::Io(error),
            BodyError::Coding(ParseError::Io(error)) => Self::Incomplete(Some(error)),
            BodyError::Coding(error) => Self::Incomplete(Some(io::Error::other(error))),
            BodyError::BrokenOff => Self::Incomplete(None),
        }
    }
}
