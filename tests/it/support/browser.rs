//! A person's browser without scripts: cookies, pages, and forms sent as the page gave them.

use std::collections::BTreeMap;

use crate::support::reply::Reply;
use crate::support::site::Site;

pub struct Browser {
    site: Site,
    cookies: BTreeMap<String, String>,
    pub user_agent: String,
}

impl Browser {
    pub fn new(site: &Site) -> Self {
        Self { site: site.clone(), cookies: BTreeMap::new(), user_agent: "a browser".to_owned() }
    }

    pub async fn get(&mut self, path: &str) -> Reply {
        let cookies = self.cookie_header();
        let headers = [("cookie", cookies.as_str()), ("user-agent", &self.user_agent)];
        let reply = self.site.call("GET", path, &headers, "").await;
        self.remember(&reply);
        reply
    }

    /// Opens the page, fills in its form and sends it; the answer must be a redirect or a page.
    pub async fn submit(&mut self, page: &str, action: &str, fields: &[(&str, &str)]) -> Reply {
        let html = self.get(page).await.is(200).text();
        let hidden = hidden_fields(&html);
        assert!(hidden.contains_key("csrf"), "no form on {page}: {html}");
        let given = |name: &str| fields.iter().any(|(other, _)| *other == name);
        let kept = hidden.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        let fields: Vec<_> = kept.filter(|(name, _)| !given(name)).chain(fields.iter().copied()).collect();
        self.post(action, &fields).await
    }

    /// Sends a form with exactly these fields, as from a page of the same site.
    pub async fn post(&mut self, action: &str, fields: &[(&str, &str)]) -> Reply {
        let (cookies, origin) = (self.cookie_header(), self.site.base());
        let headers = [
            ("cookie", cookies.as_str()),
            ("origin", origin.as_str()),
            ("content-type", "application/x-www-form-urlencoded"),
            ("user-agent", &self.user_agent),
        ];
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let reply = self.site.call("POST", action, &headers, body).await;
        self.remember(&reply);
        reply
    }

    pub async fn sign_in(&mut self, user: &str, password: &str) -> Reply {
        let fields = [("user", user), ("password", password), ("next", "/inbox")];
        self.submit("/login", "/login", &fields).await
    }

    /// The secrets in the jar.
    pub fn secrets(&self) -> Vec<String> {
        self.cookies.values().filter(|value| value.len() >= 20).cloned().collect()
    }

    pub fn cookie_header(&self) -> String {
        let pairs: Vec<_> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        pairs.join("; ")
    }

    fn remember(&mut self, reply: &Reply) {
        for cookie in reply.headers.get_all("set-cookie") {
            let cookie = cookie.to_str().expect("text in a cookie");
            let (name, value) =
                cookie.split(';').next().and_then(|pair| pair.split_once('=')).expect("a cookie");
            self.cookies.insert(name.trim().to_owned(), value.trim().to_owned());
        }
    }
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
