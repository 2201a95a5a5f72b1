//! How the authority is called: over HTTP/1.1, by the client that the program has anyway. Time and size are bounded.

use std::path::Path;
use std::pin::Pin;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use hyper::Request;
use instant_acme::{BodyWrapper, BytesResponse, Error, HttpClient};
use reqwest::{Body, Certificate, Client, Response, redirect};

/// How long a call may take, to the end of its answer.
const PATIENCE: Duration = Duration::from_mins(1);

/// As much of an answer is read. A chain of certificates takes some KiB.
const MOST_BYTES: usize = 1024 * 1024;

/// The client, and whom it trusts.
pub(super) struct Calls(Client);

/// Why an answer is none.
#[derive(Debug, thiserror::Error)]
pub(super) enum CallError {
    #[error("its answer is longer than 1 MiB")]
    TooLong,
}

impl Calls {
    /// Trusts whom the system trusts, or only the certificate in that file.
    pub(super) fn new(root: Option<&Path>) -> Result<Self, Error> {
        // Another part of the program may have done it.
        let _present = rustls::crypto::ring::default_provider().install_default();
        let mut client = Client::builder().http1_only().no_proxy().redirect(redirect::Policy::none());
        if let Some(path) = root {
            let pem = std::fs::read(path).map_err(other)?;
            client = client.tls_certs_only([Certificate::from_pem(&pem).map_err(other)?]);
        }
        Ok(Self(client.timeout(PATIENCE).build().map_err(other)?))
    }
}

impl HttpClient for Calls {
    fn request(
        &self,
        request: Request<BodyWrapper<Bytes>>,
    ) -> Pin<Box<dyn Future<Output = Result<BytesResponse, Error>> + Send>> {
        let client = self.0.clone();
        Box::pin(async move {
            let request = reqwest::Request::try_from(request.map(Body::wrap)).map_err(other)?;
            let mut answer = client.execute(request).await.map_err(other)?;
            let body = body(&mut answer).await?;
            let (parts, _read) = hyper::Response::<Body>::from(answer).into_parts();
            Ok(BytesResponse { parts, body: Box::new(body) })
        })
    }
}

/// All of it: the library that understands it would read without a bound.
async fn body(answer: &mut Response) -> Result<Bytes, Error> {
    let mut body = BytesMut::new();
    while let Some(part) = answer.chunk().await.map_err(other)? {
        if body.len() + part.len() > MOST_BYTES {
            return Err(other(CallError::TooLong));
        }
        body.extend_from_slice(&part);
    }
    Ok(body.freeze())
}

fn other(error: impl std::error::Error + Send + Sync + 'static) -> Error {
    Error::Other(Box::new(error))
}
