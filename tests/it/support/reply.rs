//! A whole answer, with the assertions that nearly every case makes.

use bytes::Bytes;
use reqwest::header::HeaderMap;
use serde_json::Value;

/// An answer read to its end.
#[derive(Debug)]
pub struct Reply {
    pub status: u16,
    pub headers: HeaderMap,
    pub version: reqwest::Version,
    pub body: Bytes,
}

impl Reply {
    pub async fn read(response: reqwest::Response) -> Self {
        let (status, version) = (response.status().as_u16(), response.version());
        let headers = response.headers().clone();
        let body = response.bytes().await.expect("a whole body");
        Self { status, headers, version, body }
    }

    #[track_caller]
    pub fn is(self, status: u16) -> Self {
        assert_eq!(self.status, status, "body: {}", self.text());
        self
    }

    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The one value of a header. Two values of what should be one are as wrong as none.
    #[track_caller]
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut values = self.headers.get_all(name).iter();
        let value = values.next().map(|value| value.to_str().expect("text in a header"));
        assert!(values.next().is_none(), "{name} is sent twice");
        value
    }

    /// 200 with JSON, as every call that answers something does.
    #[track_caller]
    pub fn ok(self) -> Value {
        let reply = self.is(200);
        assert_eq!(reply.header("content-type"), Some("application/json; charset=utf-8"));
        reply.json()
    }

    #[track_caller]
    pub fn json(&self) -> Value {
        serde_json::from_slice(&self.body).unwrap_or_else(|error| panic!("{error} in {}", self.text()))
    }

    /// This status without a body.
    #[track_caller]
    pub fn empty(self, status: u16) -> Self {
        let reply = self.is(status);
        assert_eq!(reply.text(), "", "a {status} has no body here");
        reply
    }

    /// A refusal that says nothing: an empty body. A 401 names the kind of credentials that the call takes.
    #[track_caller]
    pub fn refused(self, status: u16) -> Self {
        let reply = self.empty(status);
        assert_eq!(reply.header("www-authenticate").is_some(), status == 401);
        reply
    }

    /// A problem body in the form that every known client can read. `wire` and `status` differ for the wrapped codes.
    #[track_caller]
    pub fn problem(self, wire: u16, status: u16) -> Value {
        let reply = self.is(wire);
        let media = reply.header("content-type").unwrap_or("");
        assert!(
            media == "application/problem+json; charset=utf-8" || media == "application/json; charset=utf-8",
            "{media}"
        );
        let body = reply.json();
        for member in ["type", "title", "traceId"] {
            assert!(body[member].as_str().is_some_and(|text| !text.is_empty()), "{member} in {body}");
        }
        assert_eq!(body["status"], status);
        assert_eq!(body["code"], body["status"], "clients in Go read the status as `code`");
        assert_eq!(body["message"], body["title"], "clients in Go show `message`");
        body
    }

    /// A 400 that names what was wrong with the request.
    #[track_caller]
    pub fn invalid(self) -> Value {
        let body = self.problem(400, 400);
        let errors = body["errors"].as_object().unwrap_or_else(|| panic!("errors in {body}"));
        let told = |texts: &Value| {
            texts.as_array().is_some_and(|texts| texts.iter().all(Value::is_string) && !texts.is_empty())
        };
        assert!(!errors.is_empty() && errors.values().all(told), "{body}");
        body
    }
}
