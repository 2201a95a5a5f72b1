//! A person at the pages: cookies are kept, forms carry the token of the page that they are on.

use std::collections::BTreeMap;

use crate::support::raw::Half;
use crate::support::reply::Reply;
use crate::support::site::Site;

/// Somebody with a browser without scripts.
#[derive(Clone)]
pub struct Person {
    pub site: Site,
    /// What `Origin` says with a form.
    pub origin: String,
    cookies: BTreeMap<String, String>,
    /// Every `Set-Cookie` of the last answer.
    pub set_cookies: Vec<String>,
    pub user_agent: String,
    form_token: String,
}

impl Person {
    pub fn new(site: &Site) -> Self {
        let base = site.base();
        let host = base.split_once("://").map_or("", |(_, rest)| rest);
        let origin = format!("http://{}", host.split('/').next().unwrap_or_default());
        Self {
            site: site.clone(),
            origin,
            cookies: BTreeMap::new(),
            set_cookies: Vec::new(),
            user_agent: "zebra-browser-name/1.0 Firefox/140.0 Linux".to_owned(),
            form_token: String::new(),
        }
    }

    /// Goes to another server with the same cookies: they know no ports.
    pub fn visit(&mut self, site: &Site) {
        self.site = site.clone();
        self.origin = site.base();
    }

    /// A page; its form token is kept for the next form.
    pub async fn get(&mut self, path: &str) -> Reply {
        let cookies = self.cookie_header();
        let headers = [("cookie", cookies.as_str()), ("user-agent", &self.user_agent)];
        let reply = self.site.call("GET", path, &headers, "").await;
        self.keep(&reply);
        if let Some((_, rest)) = reply.text().split_once("name=\"csrf\" value=\"") {
            rest.split('"').next().unwrap_or_default().clone_into(&mut self.form_token);
        }
        reply
    }

    /// A form of the page that was opened last.
    pub async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Reply {
        self.send(path, self.form(fields)).await
    }

    /// A form with exactly these fields, whatever the page gave.
    pub async fn post_exactly(&mut self, path: &str, fields: &[(&str, &str)]) -> Reply {
        self.send(path, encoded(fields)).await
    }

    /// A form of the page that was opened last, sent in parts: texts, and files as name, content type and bytes.
    pub async fn post_parts(
        &mut self,
        path: &str,
        texts: &[(&str, &str)],
        files: &[(&str, &str, &[u8])],
    ) -> Reply {
        const BOUNDARY: &str = "a-boundary-of-parts";
        let mut body = Vec::new();
        let token = [("csrf", self.form_token.as_str())];
        for (name, text) in token.iter().chain(texts) {
            body.extend_from_slice(
                part(BOUNDARY, &format!("name=\"{name}\""), "", text.as_bytes()).as_slice(),
            );
        }
        for (name, content_type, bytes) in files {
            let disposition = format!("name=\"file\"; filename=\"{name}\"");
            let media = format!("content-type: {content_type}\r\n");
            body.extend_from_slice(&part(BOUNDARY, &disposition, &media, bytes));
        }
        body.extend_from_slice(format!("--{BOUNDARY}--\r\n").as_bytes());
        let cookies = self.cookie_header();
        let mut headers = self.form_headers(&cookies);
        let content_type = format!("multipart/form-data; boundary={BOUNDARY}");
        headers[3].1 = &content_type;
        let reply = self.site.call("POST", path, &headers, body).await;
        self.keep(&reply);
        reply
    }

    /// Opens the page, fills in its forms' fields and sends them, with what the page carries unseen.
    pub async fn submit(&mut self, page: &str, path: &str, fields: &[(&str, &str)]) -> Reply {
        let html = self.get(page).await.is(200).text();
        let hidden = hidden_fields(&html);
        assert!(hidden.contains_key("csrf"), "no form on {page}: {html}");
        let given = |name: &str| fields.iter().any(|(other, _)| *other == name);
        let kept = hidden.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let fields: Vec<_> = kept.filter(|(name, _)| !given(name)).chain(fields.iter().copied()).collect();
        self.post_exactly(path, &fields).await
    }

    /// Says yes to a question that a page asks.
    pub async fn answer(&mut self, page: &str, path: &str) -> Reply {
        assert!(page.contains("name=\"sure\" value=\"yes\""), "no question: {page}");
        self.send_on(page, path, &[("sure", "yes")]).await
    }

    /// Sends the form of a page that was the answer to another one.
    pub async fn send_on(&mut self, page: &str, path: &str, fields: &[(&str, &str)]) -> Reply {
        let hidden = hidden_fields(page);
        let carried = hidden.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        self.post_exactly(path, &carried.chain(fields.iter().copied()).collect::<Vec<_>>()).await
    }

    async fn send(&mut self, path: &str, body: String) -> Reply {
        let cookies = self.cookie_header();
        let reply = self.site.call("POST", path, &self.form_headers(&cookies), body).await;
        self.keep(&reply);
        reply
    }

    /// The same, of which the second half is sent later.
    pub async fn begin_post(&self, path: &str, fields: &[(&str, &str)]) -> Half {
        let cookies = self.cookie_header();
        Half::begin(&self.site, &format!("POST {path}"), &self.form_headers(&cookies), &self.form(fields))
            .await
    }

    fn form(&self, fields: &[(&str, &str)]) -> String {
        let token = [("csrf", self.form_token.as_str())];
        encoded(&[&token, fields].concat())
    }

    fn form_headers<'a>(&'a self, cookies: &'a str) -> [(&'a str, &'a str); 4] {
        [
            ("cookie", cookies),
            ("origin", &self.origin),
            ("user-agent", &self.user_agent),
            ("content-type", "application/x-www-form-urlencoded"),
        ]
    }

    /// Signs in and must succeed.
    pub async fn sign_in(&mut self, user: &str, password: &str) {
        self.try_to_sign_in(user, password).await.is(303);
    }

    pub async fn try_to_sign_in(&mut self, user: &str, password: &str) -> Reply {
        self.get("/login").await.is(200);
        self.post("/login", &[("user", user), ("password", password), ("remember", "yes")]).await
    }

    /// The secrets among the cookies.
    pub fn secrets(&self) -> Vec<String> {
        self.cookies.values().filter(|value| value.len() >= 20).cloned().collect()
    }

    /// Where an answer sends to.
    #[track_caller]
    pub fn sent_to(reply: &Reply) -> &str {
        assert_eq!(reply.status, 303, "{}", reply.text());
        reply.header("location").expect("a location")
    }

    pub fn cookie_header(&self) -> String {
        let pairs: Vec<String> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        pairs.join("; ")
    }

    fn keep(&mut self, reply: &Reply) {
        let set = reply.headers.get_all("set-cookie").iter();
        self.set_cookies = set.map(|cookie| cookie.to_str().expect("text").to_owned()).collect();
        for cookie in &self.set_cookies {
            let pair = cookie.split(';').next().unwrap_or_default();
            let (name, value) = pair.split_once('=').expect("a cookie");
            if value.is_empty() {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
    }
}

fn part(boundary: &str, disposition: &str, more: &str, bytes: &[u8]) -> Vec<u8> {
    let head = format!("--{boundary}\r\ncontent-disposition: form-data; {disposition}\r\n{more}\r\n");
    [head.as_bytes(), bytes, b"\r\n"].concat()
}

fn encoded(fields: &[(&str, &str)]) -> String {
    form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish()
}

/// What a page's forms carry unseen: the token, and what the server wants back. Each name once.
fn hidden_fields(html: &str) -> BTreeMap<String, String> {
    let inputs = html.split("<input type=\"hidden\" name=\"").skip(1);
    let fields = inputs.filter_map(|rest| {
        let (name, rest) = rest.split_once('"')?;
        let value = rest.strip_prefix(" value=\"")?.split('"').next()?;
        Some((name.to_owned(), value.replace("&#38;", "&").replace("&amp;", "&")))
    });
    fields.collect()
}
