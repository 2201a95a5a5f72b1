//! Paths as the reference's clients write them: one trailing slash, a doubled leading slash, any case of the literals.

use std::borrow::Cow;

use actix_web::dev::ServiceRequest;
use actix_web::http::Uri;
use actix_web::http::uri::PathAndQuery;

/// Rewrites the request's path to the one form that is routed. Never a redirect: clients drop bodies on those.
pub fn apply(request: &mut ServiceRequest, base_path: &str) {
    let Cow::Owned(path) = normal(request.path(), base_path) else { return };
    let path_and_query = match request.uri().query() {
        Some(query) => format!("{path}?{query}"),
        None => path,
    };
    let Ok(path_and_query) = path_and_query.parse::<PathAndQuery>() else { return };
    let mut parts = request.uri().clone().into_parts();
    parts.path_and_query = Some(path_and_query);
    if let Ok(uri) = Uri::from_parts(parts) {
        request.match_info_mut().get_mut().update(&uri);
        request.head_mut().uri = uri;
    }
}

fn normal<'a>(path: &'a str, base_path: &str) -> Cow<'a, str> {
    let mut rest = path;
    // The iOS client doubles the slash when its base address ends in one.
    while rest.starts_with("//") {
        rest = &rest[1..];
    }
    if let Some(inside) = rest.strip_prefix(base_path)
        && (inside.starts_with('/') || inside.is_empty())
    {
        rest = inside;
        while rest.starts_with("//") {
            rest = &rest[1..];
        }
    }
    if rest.len() > 1 && rest.ends_with('/') && !rest.ends_with("//") {
        rest = &rest[..rest.len() - 1];
    }
    if rest.is_empty() {
        rest = "/";
    }
    match lower_case_literals(rest) {
        Some(lowered) => Cow::Owned(lowered),
        None if rest.len() == path.len() => Cow::Borrowed(path),
        None => Cow::Owned(rest.to_owned()),
    }
}

/// The API's path with its literals in lower case; `None` when they are already, or it is not the API.
fn lower_case_literals(path: &str) -> Option<String> {
    if path.len() < 5 || !path.as_bytes()[..5].eq_ignore_ascii_case(b"/api/") {
        return None;
    }
    let is_literal = |segment: &str| {
        ["api", "v1", "account", "channel", "list", "api-token", "notify", "pushnotifications"]
            .iter()
            .any(|literal| segment.eq_ignore_ascii_case(literal))
    };
    // Ids stand at every second place after `/api/v1/`, so a literal's word inside an id's place stays as it is.
    let is_id_place = |place: usize| place >= 4 && place.is_multiple_of(2);
    let mut changed = false;
    let segments: Vec<Cow<'_, str>> = path
        .split('/')
        .enumerate()
        .map(|(place, segment)| {
            let has_upper = segment.bytes().any(|byte| byte.is_ascii_uppercase());
            let last_literal = segment.eq_ignore_ascii_case("list") && place == 6;
            if has_upper && is_literal(segment) && (!is_id_place(place) || last_literal) {
                changed = true;
                Cow::Owned(segment.to_ascii_lowercase())
            } else {
                Cow::Borrowed(segment)
            }
        })
        .collect();
    changed.then(|| segments.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_form_for_all_spellings() {
        for (path, expected) in [
            ("/api/v1/channel/AbC", "/api/v1/channel/AbC"),
            ("/api/v1/channel/AbC/", "/api/v1/channel/AbC"),
            ("//api/v1/pushnotifications/", "/api/v1/pushnotifications"),
            ("/API/V1/Channel/Notify/NOTIFY", "/api/v1/channel/Notify/notify"),
            ("/api/v1/Account/1/Channel/List", "/api/v1/account/1/channel/list"),
            (
                "/api/v1/account/1/channel/Channel/API-Token/7",
                "/api/v1/account/1/channel/Channel/api-token/7",
            ),
            ("/api/v1/channel/x//", "/api/v1/channel/x//"),
            ("/", "/"),
        ] {
            assert_eq!(normal(path, ""), expected);
        }
    }

    #[test]
    fn the_base_path_is_optional() {
        for path in ["/box/api/v1/channel/x", "/api/v1/channel/x", "/box//api/v1/channel/x/"] {
            assert_eq!(normal(path, "/box"), "/api/v1/channel/x");
        }
        assert_eq!(normal("/box", "/box"), "/");
        assert_eq!(normal("/boxes", "/box"), "/boxes");
    }
}
