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

/// The one form of a path.
pub fn normal<'a>(path: &'a str, base_path: &str) -> Cow<'a, str> {
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
    let mut lowered: Option<String> = None;
    let mut start = 0;
    for (place, segment) in path.as_bytes().split(|byte| *byte == b'/').enumerate() {
        let end = start + segment.len();
        if is_literal(place, segment) && segment.iter().any(u8::is_ascii_uppercase) {
            lowered.get_or_insert_with(|| path.to_owned())[start..end].make_ascii_lowercase();
        }
        start = end + 1;
    }
    lowered
}

/// Whether the segment is a word of the API. Ids stand at every second place after `/api/v1/`, but for the one word that
/// stands where an id could; what stands in between and is no word is a number, which has no case.
fn is_literal(place: usize, segment: &[u8]) -> bool {
    let is_id_place = place >= 4 && place.is_multiple_of(2);
    !is_id_place || place == 6 && segment.eq_ignore_ascii_case(b"list")
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
