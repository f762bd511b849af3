//! What readers have already, as `If-None-Match` says it (RFC 9110, 13.1.2).

use axum::body::Body;
use axum::extract::Request;
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::Response;

/// Whether a reader has what a validator names. Validators are compared weakly: a
/// strong one of a list is as good as a weak one.
pub(crate) fn is_known(headers: &HeaderMap, etag: &HeaderValue) -> bool {
    let own = opaque_tags(etag).next();
    let known = headers.get_all(header::IF_NONE_MATCH).into_iter();
    own.is_some_and(|own| known.flat_map(opaque_tags).any(|tag| tag == own))
}

/// What stands in quotes in a list of validators; commas may stand there, too.
fn opaque_tags(list: &HeaderValue) -> impl Iterator<Item = &[u8]> {
    let pieces = list.as_bytes().split(|byte| *byte == b'"');
    pieces.skip(1).step_by(2)
}

/// Whether a reader has whatever there is: `*`.
pub(crate) fn is_anything_known(headers: &HeaderMap) -> bool {
    let known = headers.get_all(header::IF_NONE_MATCH).into_iter();
    known
        .map(HeaderValue::as_bytes)
        .any(|list| list.trim_ascii() == b"*")
}

/// Answers a request; a reader who has whatever there is is told so, and whether there
/// is anything the answer tells.
pub(super) async fn answer_unknown(mut request: Request, next: Next) -> Response {
    let reads = [Method::GET, Method::HEAD].contains(request.method());
    if !reads || !is_anything_known(request.headers()) {
        return next.run(request).await;
    }
    request.headers_mut().remove(header::IF_NONE_MATCH);
    let response = next.run(request).await;
    if response.status() != StatusCode::OK {
        return response;
    }
    let (mut parts, _) = response.into_parts();
    parts.status = StatusCode::NOT_MODIFIED;
    parts.headers.remove(header::CONTENT_LENGTH);
    Response::from_parts(parts, Body::empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(lists: &[&'static str]) -> HeaderMap {
        let lists = lists.iter().map(|list| HeaderValue::from_static(list));
        lists.map(|list| (header::IF_NONE_MATCH, list)).fold(
            HeaderMap::new(),
            |mut headers, (name, list)| {
                headers.append(name, list);
                headers
            },
        )
    }

    #[test]
    fn validators_compare_weakly_and_in_lists() {
        let current = HeaderValue::from_static("W/\"7-ab\"");
        for lists in [
            &["W/\"7-ab\""] as &[&'static str],
            &["\"7-ab\""],
            &["\"x\", W/\"7-ab\""],
            &["\"a, b\",\"7-ab\" , \"c\""],
            &["\"x\"", "W/\"7-ab\""],
        ] {
            assert!(is_known(&with(lists), &current), "{lists:?}");
        }
        for lists in [
            &[] as &[&'static str],
            &["W/\"8-ab\""],
            &["\"x,7-ab\""],
            &["\"x\", \", 7-ab, \""],
            &["*"],
        ] {
            assert!(!is_known(&with(lists), &current), "{lists:?}");
        }
    }

    #[test]
    fn a_star_alone_is_whatever_there_is() {
        assert!(is_anything_known(&with(&[" * "])));
        for lists in [&[] as &[&'static str], &["\"*\""], &["\"a\", \"*\""]] {
            assert!(!is_anything_known(&with(lists)), "{lists:?}");
        }
    }
}
