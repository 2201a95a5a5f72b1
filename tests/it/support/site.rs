//! One server's address and the HTTP client that talks to it.

use std::sync::{Arc, Mutex};

use reqwest::{Body, Certificate, Client, Method};

use crate::support::document::document;
use crate::support::reply::Reply;
use crate::support::{DEADLINE, soon};

/// Where a server is. Clones follow it when it comes back on another port.
#[derive(Clone)]
pub struct Site {
    client: Client,
    base: Arc<Mutex<String>>,
}

impl Site {
    /// `base` is scheme, host and port, with a prefix if there is one, and no slash at the end.
    pub fn new(base: &str) -> Self {
        Self::trusting(base, [])
    }

    /// A site whose certificate is one of these.
    pub fn trusting(base: &str, certificates: impl IntoIterator<Item = Certificate>) -> Self {
        // Fails when it is installed already, which is as good.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = Client::builder()
            .tls_certs_only(certificates)
            .no_proxy()
            .redirect(reqwest::redirect::Policy::none())
            .timeout(DEADLINE)
            .build()
            .expect("an HTTP client");
        Self { client, base: Arc::new(Mutex::new(base.to_owned())) }
    }

    pub fn moved_to(&self, base: &str) {
        base.clone_into(&mut self.base.lock().expect("an address"));
    }

    pub fn base(&self) -> String {
        self.base.lock().expect("an address").clone()
    }

    /// Host and port.
    pub fn authority(&self) -> String {
        let base = self.base();
        let rest = base.split_once("://").map_or(base.as_str(), |(_, rest)| rest);
        rest.split('/').next().unwrap_or_default().to_owned()
    }

    /// One request with exactly these headers, beside those that HTTP itself needs.
    pub async fn call(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<Body>,
    ) -> Reply {
        self.try_call(method, path, headers, body)
            .await
            .unwrap_or_else(|error| panic!("{method} {path}: {error:?}"))
    }

    /// As `call`, for a server that may be gone.
    pub async fn try_call(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<Body>,
    ) -> reqwest::Result<Reply> {
        let response = self.open(method, path, headers, body).await?;
        let reply = soon(path, Reply::read(response)).await;
        if path.contains("/api/") {
            // On the heap, because to get the document a whole server is started.
            let document = Box::pin(document()).await;
            document.check(method, path, reply.status, &reply.headers, &reply.body);
        }
        Ok(reply)
    }

    /// The head of an answer, whose body may go on for long.
    pub async fn open(
        &self,
        method: &str,
        path: &str,
        headers: &[(&str, &str)],
        body: impl Into<Body>,
    ) -> reqwest::Result<reqwest::Response> {
        let method = Method::from_bytes(method.as_bytes()).expect("a method");
        let bodiless = method == Method::GET || method == Method::HEAD || method == Method::OPTIONS;
        let mut request = self.client.request(method, format!("{}{path}", self.base()));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if !bodiless {
            request = request.body(body);
        }
        soon(path, request.send()).await
    }
}
