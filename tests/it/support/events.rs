//! An open page's stream of live updates.

use std::time::Duration;

use serde_json::Value;

use crate::support::app::App;
use crate::support::person::Person;
use crate::support::soon;

/// What a page hears while it is open.
pub struct Events {
    response: reqwest::Response,
    pub told: String,
}

impl Events {
    /// Opens the stream as a page of this person would.
    pub async fn follow(person: &Person) -> Self {
        let cookie = person.cookie_header();
        let response =
            person.site.open("GET", "/events", &[("cookie", &cookie)], "").await.expect("an answer");
        assert_eq!(response.status(), 200);
        Self { response, told: String::new() }
    }

    /// Opens the stream after the page of the inbox, as that says.
    pub async fn of_inbox(person: &mut Person) -> Self {
        let page = person.get("/inbox").await.is(200).text();
        let address = page.split("data-events=\"").nth(1).and_then(|rest| rest.split('"').next());
        let cookie = person.cookie_header();
        let headers = [("cookie", cookie.as_str())];
        let answer = person.site.open("GET", address.expect("an address"), &headers, "").await;
        let response = answer.expect("an answer");
        assert_eq!(response.status(), 200);
        let mut events = Self { response, told: String::new() };
        // From its first words on the stream knows what the page shows.
        events.read_to("retry: ").await;
        events
    }

    /// The data of the next event of that kind; the server's time goes on meanwhile.
    pub async fn data(&mut self, app: &App, kind: &str) -> Value {
        self.until(app, kind).await;
        let told = std::mem::take(&mut self.told);
        let data = told.split(&format!("event: {kind}\ndata: ")).nth(1).and_then(|rest| rest.lines().next());
        serde_json::from_str(data.expect("data")).expect("JSON")
    }

    /// Reads on to the end of the stream, whatever the time is.
    pub async fn ended(&mut self) {
        while let Some(chunk) = soon("the end of the stream", self.response.chunk()).await.expect("a stream")
        {
            self.told.push_str(&String::from_utf8_lossy(&chunk));
        }
    }

    /// Reads on until that kind of event was told, while the server's time stands still.
    pub async fn hear(&mut self, kind: &str) {
        self.read_to(&format!("event: {kind}\n")).await;
    }

    async fn read_to(&mut self, words: &str) {
        while !self.told.contains(words) {
            let chunk = soon(words, self.response.chunk()).await.expect("an open stream");
            let chunk = chunk.unwrap_or_else(|| panic!("{} ended", self.told));
            self.told.push_str(&String::from_utf8_lossy(&chunk));
        }
    }

    /// Reads on until that kind of event was told; the server's time goes on meanwhile.
    pub async fn until(&mut self, app: &App, kind: &str) {
        let line = format!("event: {kind}\n");
        soon(kind, async {
            while !self.told.contains(&line) {
                tokio::select! {
                    biased;
                    chunk = self.response.chunk() => {
                        let chunk = chunk.expect("an open stream").unwrap_or_else(|| panic!("{} ended", self.told));
                        self.told.push_str(&String::from_utf8_lossy(&chunk));
                    }
                    () = tokio::task::yield_now() => app.advance(Duration::from_millis(1)),
                }
            }
        })
        .await;
    }
}
