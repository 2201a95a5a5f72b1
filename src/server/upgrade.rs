//! Connections that leave HTTP: once the handshake is answered, everything that HTTP kept for them is gone.

use std::future::{poll_fn, ready};
use std::io;
use std::pin::pin;

use actix_http::body::BodySize;
use actix_http::error::PayloadError;
use actix_http::h1::{Codec, Message};
use actix_http::{ConnectionType, HttpMessage, Payload, Request, Response};
use actix_web::Error;
use actix_web::body::{BoxBody, MessageBody};
use actix_web::dev::ServiceResponse;
use bytes::{Bytes, BytesMut};
use futures_util::future::LocalBoxFuture;
use futures_util::{FutureExt, stream};
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt};
use tokio_util::codec::Encoder;

use crate::api::notify::{Conversation, Upgradable};
use crate::server::closing;

/// Makes the request one that the routes can serve. What follows its head belongs to the protocol that was asked for, so
/// whoever wants a body finds it broken off.
pub(super) fn prepare(mut request: Request) -> Request {
    request.extensions_mut().insert(Upgradable);
    let no_body = stream::once(ready(Err(PayloadError::Incomplete(None))));
    *request.payload() = Payload::Stream { payload: Box::pin(no_body) };
    request
}

/// What goes on over a connection that left HTTP.
pub(super) type Rest = LocalBoxFuture<'static, ()>;

/// Answers, and gives what goes on over the connection, if the handler wants that. `received` is what came behind the
/// request.
pub(super) async fn serve<T, B>(
    answer: Result<ServiceResponse<B>, Error>,
    mut connection: T,
    mut codec: Codec,
    received: BytesMut,
) -> io::Result<Option<Rest>>
where
    T: AsyncRead + AsyncWrite + Unpin + 'static,
    B: MessageBody + 'static,
{
    let mut response = match answer {
        Ok(response) => response.map_into_boxed_body().into_parts().1,
        Err(error) => error.error_response(),
    };
    let Some(conversation) = response.extensions_mut().remove::<Conversation>() else {
        decline(response.into(), connection, codec).await?;
        return Ok(None);
    };
    let (head, _no_body) = Response::from(response).into_parts();
    let mut handshake = BytesMut::new();
    codec.encode(Message::Item((head, BodySize::None)), &mut handshake)?;
    connection.write_all(&handshake).await?;
    connection.flush().await?;
    // Copied, because it is next to nothing and lies in a large buffer.
    let received = Bytes::copy_from_slice(&received);
    Ok(Some(conversation.hold(connection, received).boxed_local()))
}

/// Sends an answer that stays with HTTP, and closes the connection: where its next request begins is not known.
async fn decline<T>(mut response: Response<BoxBody>, mut connection: T, mut codec: Codec) -> io::Result<()>
where
    T: AsyncRead + AsyncWrite + Unpin,
{
    response.head_mut().set_connection_type(ConnectionType::Close);
    let (head, body) = response.into_parts();
    let mut sending = BytesMut::new();
    codec.encode(Message::Item((head, body.size())), &mut sending)?;
    let mut body = pin!(body);
    while let Some(piece) = poll_fn(|context| body.as_mut().poll_next(context)).await {
        let piece = piece.map_err(|error| io::Error::other(error.to_string()))?;
        codec.encode(Message::Chunk(Some(piece)), &mut sending)?;
        connection.write_all(&sending.split()).await?;
    }
    codec.encode(Message::Chunk(None), &mut sending)?;
    connection.write_all(&sending).await?;
    connection.flush().await?;
    closing::close(&mut connection).await
}
