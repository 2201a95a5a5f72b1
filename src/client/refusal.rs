//! What a server's refusal says, and what it means where it says nothing.

use std::time::Duration;

use reqwest::StatusCode;
use reqwest::header::{HeaderMap, RETRY_AFTER};
use serde_json::Value;

use crate::client::error::ClientError;
use crate::domain::text::in_one_line;

/// The longest that a server may ask us to wait: it could ask for ever.
const LONGEST_WAIT: Duration = Duration::from_mins(5);

/// What refusals mean of which a server says nothing but the status.
#[derive(Debug, Clone, Copy)]
pub struct Silence {
    unauthorised: &'static str,
    forbidden: &'static str,
}

impl Silence {
    /// What a reader is told.
    pub const OF_READING: Self = Self {
        unauthorised: "the token is not valid, or may not read",
        forbidden: "the channel is not there, or not for this token",
    };
    /// What a writer is told.
    pub const OF_WRITING: Self = Self {
        unauthorised: "the token is not valid, or may not write",
        forbidden: "the channel is not there, or not for this token",
    };
    /// What is told where the contact has no token.
    pub const WITHOUT_TOKEN: Self = Self {
        unauthorised: "a token is needed, and the contact has none: `contact add` takes one with the whole link, with all \
                       behind its #, or from --token-file or --token-stdin",
        forbidden: "the channel is not there, or needs a token, and the contact has none",
    };
    /// What a user of an account is told.
    pub const OF_ACCOUNT: Self = Self {
        unauthorised: "user or password are not right",
        forbidden: "it is not there, or the user has no such account, which --account names",
    };
}

/// The refusal that an answer is.
pub fn refusal(status: StatusCode, headers: &HeaderMap, body: &[u8], silence: Silence) -> ClientError {
    let problem: Value = serde_json::from_slice(body).unwrap_or_default();
    let said = problem["status"].as_u64().and_then(|status| u16::try_from(status).ok());
    let status = said.unwrap_or(status.as_u16());
    let title = problem["title"].as_str().filter(|title| !title.is_empty());
    let words = match (title, status) {
        (Some(title), _) => title.to_owned() + &fault_of_a_field(&problem),
        (None, 401) => silence.unauthorised.to_owned(),
        (None, 403) => silence.forbidden.to_owned(),
        (None, 404) => "there is no such thing; does the address lead to a Peer Channels server?".to_owned(),
        (None, _) => "it says no more".to_owned(),
    };
    let words = in_one_line(&words, 300);
    let seconds = headers.get(RETRY_AFTER).and_then(|value| value.to_str().ok()?.parse().ok());
    let wait = seconds.map(|seconds| Duration::from_secs(seconds).min(LONGEST_WAIT));
    ClientError::Refused { status, words, wait, is_sent: false }
}

/// Which field the server will not take, and why.
fn fault_of_a_field(problem: &Value) -> String {
    let first = problem["errors"].as_object().and_then(|all| all.iter().next());
    let told = first.and_then(|(field, why)| Some((field.trim_start_matches("$."), why[0].as_str()?)));
    told.map(|(field, why)| format!(": {field}: {why}")).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use reqwest::header::HeaderValue;

    use super::*;

    #[test]
    fn a_refusal_says_what_the_body_says() {
        let body = br#"{"title":"Unread\u001b messages","status":409}"#;
        let error = refusal(StatusCode::BAD_REQUEST, &HeaderMap::new(), body, Silence::OF_READING);
        assert_eq!(error.to_string(), "the server refused: Unread messages (409)");
        let body = br#"{"title":"Not valid","status":400,"errors":{"$.description":["it is blank"]}}"#;
        let error = refusal(StatusCode::BAD_REQUEST, &HeaderMap::new(), body, Silence::OF_ACCOUNT);
        assert_eq!(error.to_string(), "the server refused: Not valid: description: it is blank (400)");
        let mut headers = HeaderMap::new();
        headers.insert(RETRY_AFTER, HeaderValue::from_static("7"));
        let error = refusal(StatusCode::SERVICE_UNAVAILABLE, &headers, b"", Silence::OF_READING);
        assert!(error.is_passing() && error.wait() == Some(Duration::from_secs(7)));
    }
}
