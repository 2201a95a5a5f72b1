//! How the authority is called: over HTTP/1.1, by the client that the program has anyway.

use std::path::Path;
use std::pin::Pin;

use bytes::Bytes;
use hyper::Request;
use instant_acme::{BodyWrapper, BytesResponse, Error, HttpClient};
use reqwest::{Body, Certificate, Client, redirect};

/// The client, and whom it trusts.
pub(super) struct Calls(Client);

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
        Ok(Self(client.build().map_err(other)?))
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
            let answer = client.execute(request).await.map_err(other)?;
            Ok(BytesResponse::from(hyper::Response::<Body>::from(answer)))
        })
    }
}

fn other(error: impl std::error::Error + Send + Sync + 'static) -> Error {
    Error::Other(Box::new(error))
}
