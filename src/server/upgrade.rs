//! Connections that leave HTTP: once the handshake is answered they belong to a task of their own, and everything that
//! HTTP kept for them, above all two buffers of 8 KiB, is gone.

use std::future::{poll_fn, ready};
use std::pin::pin;

use actix_codec::Framed;
use actix_http::body::BodySize;
use actix_http::error::PayloadError;
use actix_http::h1::{Codec, Message};
use actix_http::{ConnectionType, HttpMessage, Payload, Request, Response};
use actix_web::Error;
use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::ServiceResponse;
use bytes::Bytes;
use futures_util::{FutureExt, SinkExt, stream};
use tokio::io::{AsyncRead, AsyncWrite};

use crate::api::notify::{Conversation, Upgradable};
use crate::http::closing;

/// Makes the request one that the routes can serve. What follows its head belongs to the protocol that was asked for, so
/// whoever wants a body finds it broken off.
pub(super) fn prepare(mut request: Request) -> Request {
    request.extensions_mut().insert(Upgradable);
    let no_body = stream::once(ready(Err(PayloadError::Incomplete(None))));
    *request.payload() = Payload::Stream { payload: Box::pin(no_body) };
    request
}

/// Answers, and goes on with the connection as the handler wants it.
pub(super) async fn serve<T, B>(
    answer: impl Future<Output = Result<ServiceResponse<B>, Error>>,
    mut http: Framed<T, Codec>,
) -> Result<(), Error>
where
    T: AsyncRead + AsyncWrite + Unpin + 'static,
    B: MessageBody + 'static,
{
    let mut response = match answer.await {
        Ok(response) => response.map_into_boxed_body().into_parts().1,
        Err(error) => error.error_response(),
    };
    // Where sending fails the client is gone, which is nobody's fault.
    let Some(conversation) = response.extensions_mut().remove::<Conversation>() else {
        let _gone = decline(response.into(), http).await;
        return Ok(());
    };
    let (head, body) = Response::from(response).into_parts();
    if http.send(Message::Item((head, BodySize::None))).await.is_err() {
        return Ok(());
    }
    let parts = http.into_parts();
    // Copied, because it is next to nothing and lies in a large buffer.
    let (connection, received) = (parts.io, Bytes::copy_from_slice(&parts.read_buf));
    // It counts as being answered until the body is gone.
    actix_web::rt::spawn(conversation.hold(connection, received).map(|()| drop(body)));
    Ok(())
}

/// Sends an answer that stays with HTTP, and closes the connection: where its next request begins is not known.
async fn decline<T>(mut response: Response<BoxBody>, mut http: Framed<T, Codec>) -> Result<(), Error>
where
    T: AsyncRead + AsyncWrite + Unpin,
{
    response.head_mut().set_connection_type(ConnectionType::Close);
    let (head, body) = response.into_parts();
    http.send(Message::Item((head, body.size()))).await?;
    let mut body = pin!(body);
    while let Some(chunk) = poll_fn(|context| body.as_mut().poll_next(context)).await {
        http.send(Message::Chunk(Some(chunk?))).await?;
    }
    http.send(Message::Chunk(None)).await?;
    Ok(closing::close(&mut http.into_parts().io).await?)
}
