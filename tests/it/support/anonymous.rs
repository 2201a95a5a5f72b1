//! A client without credentials.

use serde_json::Value;

use crate::support::reply::Reply;
use crate::support::site::Site;

#[derive(Clone)]
pub struct Anonymous {
    pub site: Site,
}

impl Anonymous {
    pub async fn get(&self, path: &str) -> Reply {
        self.site.call("GET", path, &[], "").await
    }

    /// A GET with exactly these headers.
    pub async fn get_with(&self, path: &str, headers: &[(&str, &str)]) -> Reply {
        self.site.call("GET", path, headers, "").await
    }

    pub async fn delete(&self, path: &str) -> Reply {
        self.site.call("DELETE", path, &[], "").await
    }

    pub async fn put(&self, path: &str, body: &Value) -> Reply {
        self.site.call("PUT", path, &[("content-type", "application/json")], body.to_string()).await
    }

    pub async fn post(&self, path: &str, content_type: &str, body: &str) -> Reply {
        self.site.call("POST", path, &[("content-type", content_type)], body.to_owned()).await
    }

    /// What a browser asks before a cross-origin request.
    pub async fn preflight(&self, path: &str, method: &str) -> Reply {
        let headers = [
            ("origin", "https://wallet.example"),
            ("access-control-request-method", method),
            ("access-control-request-headers", "authorization,content-type"),
        ];
        self.site.call("OPTIONS", path, &headers, "").await
    }
}
