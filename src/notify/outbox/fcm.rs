//! The service that phones are told through: Firebase Cloud Messaging, for the apps of the reference.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use bytes::Bytes;
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use rustls::pki_types::PrivatePkcs8KeyDer;
use rustls::pki_types::pem::PemObject;
use serde::Deserialize;
use serde_json::json;
use tokio::sync::Mutex;
use zeroize::Zeroizing;

use crate::config::Config;
use crate::crypto::jwt::AccountKey;
use crate::domain::time::Timestamp;
use crate::domain::web_address::WebAddress;
use crate::outbound::Client;
use crate::outbound::call::{Answer, Post, SendError};
use crate::store::phones::Due;

const SCOPE: &str = "https://www.googleapis.com/auth/firebase.messaging";

/// For how long an access token is asked, in seconds: the longest that is given.
const ASKED_FOR: i64 = 3600;

/// An access token is asked for again so long before it ends.
const EARLY: Duration = Duration::from_mins(5);

/// Why `push.fcm_service_account_file` cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum FcmError {
    #[error("cannot read {path}, which push.fcm_service_account_file names: {source}", path = path.display())]
    Read { path: PathBuf, source: io::Error },
    #[error(
        "{path}, which push.fcm_service_account_file names, is no key of a service account ({why}); make one in the settings of \
         the project at Firebase, under service accounts", path = path.display()
    )]
    NoAccount { path: PathBuf, why: String },
}

/// The file as Google makes it. What it has besides is of no use here.
#[derive(Deserialize)]
struct ServiceAccount {
    project_id: String,
    client_email: String,
    private_key: String,
    token_uri: String,
}

/// What telling phones takes.
pub struct Fcm {
    send_to: WebAddress,
    ask_at: WebAddress,
    email: String,
    key: AccountKey,
    /// What the notifications say.
    title: String,
    token: Mutex<Option<Token>>,
}

struct Token {
    /// As a header carries it.
    shown: HeaderValue,
    until: Timestamp,
}

/// What an answer says of the device.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Said {
    Taken,
    /// The app is no longer on the device, or the device's name is none.
    Gone,
    Failed,
}

impl Fcm {
    /// Reads the service account that the configuration names, if it names one.
    pub fn of(config: &Config) -> Result<Option<Self>, FcmError> {
        let Some(path) = &config.push.fcm_service_account_file else { return Ok(None) };
        let text = fs::read_to_string(path)
            .map(Zeroizing::new)
            .map_err(|source| FcmError::Read { path: path.clone(), source })?;
        Self::read(&text, config, path).map(Some)
    }

    fn read(text: &str, config: &Config, path: &Path) -> Result<Self, FcmError> {
        let wrong = |why: String| FcmError::NoAccount { path: path.to_owned(), why };
        let account: ServiceAccount = serde_json::from_str(text).map_err(|error| wrong(error.to_string()))?;
        let pem = Zeroizing::new(account.private_key);
        let key = PrivatePkcs8KeyDer::from_pem_slice(pem.as_bytes())
            .map_err(|error| wrong(format!("its private_key: {error}")))?;
        let key = AccountKey::read(key.secret_pkcs8_der())
            .map_err(|error| wrong(format!("its private_key: {error}")))?;
        let project = account.project_id;
        let base = config.push.fcm_url.as_ref().ok_or_else(|| wrong("push.fcm_url is not set".to_owned()))?;
        let send_to = format!("{}{}/v1/projects/{project}/messages:send", base.origin(), base.path());
        let address = |text: &str| WebAddress::parse(text).map_err(|error| wrong(format!("{text}: {error}")));
        Ok(Self {
            send_to: address(&send_to)?,
            ask_at: address(&account.token_uri)?,
            email: account.client_email,
            key,
            title: config.api.notification_text.clone(),
            token: Mutex::default(),
        })
    }

    /// Tells a device that there is a message.
    pub(super) async fn tell(&self, due: &Due, client: &Client, now: Timestamp) -> Result<Answer, SendError> {
        let (shown, answer) = self.token(client, now).await?;
        let Some(shown) = shown else { return Ok(answer) };
        let message = json!({"message": {
            "token": due.device,
            "notification": {"title": self.title, "body": due.received.to_string()},
            "data": {"channelId": due.channel},
        }});
        let headers = vec![
            (AUTHORIZATION, shown.clone()),
            (CONTENT_TYPE, HeaderValue::from_static("application/json; charset=utf-8")),
        ];
        let body = Bytes::from(message.to_string());
        let answer = client.post(Post { to: self.send_to.clone(), headers, body }).await?;
        if answer.status == 401 {
            // It was taken back: another one is asked for with the next try, unless that was done meanwhile.
            let mut token = self.token.lock().await;
            if token.as_ref().is_some_and(|token| token.shown == shown) {
                *token = None;
            }
        }
        Ok(answer)
    }

    /// The access token, asked for when there is none that lasts; else the answer of whoever gives none. One asks, and the
    /// others wait for it.
    async fn token(
        &self,
        client: &Client,
        now: Timestamp,
    ) -> Result<(Option<HeaderValue>, Answer), SendError> {
        let nothing = Answer { status: 200, body: Bytes::new(), retry_after: None };
        let mut token = self.token.lock().await;
        if let Some(token) = token.as_ref().filter(|token| now.after(EARLY) < token.until) {
            return Ok((Some(token.shown.clone()), nothing));
        }
        let answer = client.post(self.question(now)).await?;
        if answer.status != 200 {
            tracing::warn!(status = answer.status, "no access token for Firebase Cloud Messaging");
            return Ok((None, Answer { status: 401, ..answer }));
        }
        let Some(given) = given(&answer.body, now) else {
            return Err(SendError::NoHttp("an answer without an access token".to_owned()));
        };
        let shown = given.shown.clone();
        *token = Some(given);
        Ok((Some(shown), nothing))
    }

    /// Asks for an access token, by RFC 7523.
    fn question(&self, now: Timestamp) -> Post {
        let begun = now.as_millis() / 1000;
        let claims = json!({
            "iss": self.email,
            "scope": SCOPE,
            "aud": self.ask_at.as_str(),
            "iat": begun,
            "exp": begun + ASKED_FOR,
        });
        let body = form_urlencoded::Serializer::new(String::new())
            .append_pair("grant_type", "urn:ietf:params:oauth:grant-type:jwt-bearer")
            .append_pair("assertion", &self.key.sign(&claims.to_string()))
            .finish();
        let headers = vec![(CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded"))];
        Post { to: self.ask_at.clone(), headers, body: Bytes::from(body) }
    }
}

fn given(body: &[u8], now: Timestamp) -> Option<Token> {
    #[derive(Deserialize)]
    struct Given {
        access_token: String,
        expires_in: u64,
    }
    let given: Given = serde_json::from_slice(body).ok()?;
    let mut shown = HeaderValue::try_from(format!("Bearer {}", given.access_token)).ok()?;
    shown.set_sensitive(true);
    Some(Token { shown, until: now.after(Duration::from_secs(given.expires_in)) })
}

/// What an answer says of the device. A 400 that is not about the device's name is a fault of ours, and takes no device.
pub(super) fn said(answer: &Answer) -> Said {
    match answer.status {
        200..=299 => Said::Taken,
        404 if has_code(&answer.body, "UNREGISTERED") => Said::Gone,
        400 if has_code(&answer.body, "INVALID_ARGUMENT") && is_about_device(&answer.body) => Said::Gone,
        _ => Said::Failed,
    }
}

#[derive(Deserialize)]
struct Refused {
    error: Refusal,
}

#[derive(Deserialize)]
struct Refusal {
    #[serde(default)]
    message: String,
    #[serde(default)]
    details: Vec<Detail>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Detail {
    #[serde(rename = "@type", default)]
    kind: String,
    #[serde(default)]
    error_code: String,
    #[serde(default)]
    field_violations: Vec<Violation>,
}

#[derive(Deserialize)]
struct Violation {
    #[serde(default)]
    field: String,
}

fn refusal(body: &[u8]) -> Option<Refusal> {
    serde_json::from_slice::<Refused>(body).ok().map(|refused| refused.error)
}

fn has_code(body: &[u8], code: &str) -> bool {
    let is_of_fcm = |detail: &Detail| detail.kind.ends_with("/google.firebase.fcm.v1.FcmError");
    refusal(body).is_some_and(|error| {
        error.details.iter().any(|detail| is_of_fcm(detail) && detail.error_code == code)
    })
}

fn is_about_device(body: &[u8]) -> bool {
    refusal(body).is_some_and(|error| {
        let mut fields = error.details.iter().flat_map(|detail| &detail.field_violations).peekable();
        match fields.peek() {
            Some(_) => fields.all(|violation| violation.field == "message.token"),
            None => error.message.contains("registration token"),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, error: &serde_json::Value) -> Answer {
        let body = Bytes::from(json!({ "error": error }).to_string());
        Answer { status, body, retry_after: None }
    }

    fn detail(code: &str) -> serde_json::Value {
        json!({"@type": "type.googleapis.com/google.firebase.fcm.v1.FcmError", "errorCode": code})
    }

    #[test]
    fn only_what_is_about_the_device_takes_the_device() {
        let bad = |field: &str| {
            let kind = "type.googleapis.com/google.rpc.BadRequest";
            json!({"@type": kind, "fieldViolations": [{"field": field}]})
        };
        let unregistered = json!({"code": 404, "status": "NOT_FOUND", "details": [detail("UNREGISTERED")]});
        assert_eq!(said(&answer(404, &unregistered)), Said::Gone);
        assert_eq!(said(&answer(404, &json!({"message": "no such project"}))), Said::Failed);
        let invalid = detail("INVALID_ARGUMENT");
        let words = "The registration token is not a valid FCM registration token";
        for (error, expected) in [
            (json!({"message": words, "details": [invalid]}), Said::Gone),
            (json!({"message": "Bad", "details": [invalid, bad("message.token")]}), Said::Gone),
            (json!({"message": words, "details": [invalid, bad("message.data")]}), Said::Failed),
            (json!({"message": words, "details": [bad("message.token")]}), Said::Failed),
            (json!({"message": "Request contains an invalid argument.", "details": [invalid]}), Said::Failed),
            (json!({"message": words}), Said::Failed),
        ] {
            assert_eq!(said(&answer(400, &error)), expected, "{error}");
        }
        for status in [401, 403, 429, 500, 503] {
            assert_eq!(said(&answer(status, &unregistered)), Said::Failed, "{status}");
        }
        assert_eq!(said(&answer(200, &json!({}))), Said::Taken);
        let none = Answer { status: 404, body: Bytes::from_static(b"<html>"), retry_after: None };
        assert_eq!(said(&none), Said::Failed);
    }
}
