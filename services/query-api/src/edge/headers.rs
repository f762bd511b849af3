//! Headers that every response bears.

use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};

/// Pages load their own style sheet, icon and script, hear from and send forms
/// to their own server, and do nothing else. No script stands in a page itself.
const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self'; \
     script-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; \
     frame-ancestors 'none'";

const SECURITY_HEADERS: [(HeaderName, HeaderValue); 5] = [
    (
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static(CONTENT_SECURITY_POLICY),
    ),
    (
        header::X_CONTENT_TYPE_OPTIONS,
        HeaderValue::from_static("nosniff"),
    ),
    (header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY")),
    (
        header::REFERRER_POLICY,
        HeaderValue::from_static("strict-origin-when-cross-origin"),
    ),
    (
        HeaderName::from_static("permissions-policy"),
        HeaderValue::from_static("camera=(), geolocation=(), microphone=()"),
    ),
];

/// The header that names a request in logs and problems.
pub(crate) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Adds what a response does not say itself.
pub(crate) fn add_security_headers(headers: &mut HeaderMap) {
    for (name, value) in SECURITY_HEADERS {
        headers.entry(name).or_insert(value);
    }
}

/// Says of an answer that the reader has already what it says of itself when it is
/// sent: that it is sent compressed to those who take it so.
pub(crate) fn add_variance(status: StatusCode, headers: &mut HeaderMap) {
    if status == StatusCode::NOT_MODIFIED {
        let entry = headers.entry(header::VARY);
        entry.or_insert(HeaderValue::from_static("accept-encoding"));
    }
}

/// The caller's own id for the request if it is a plain one, else a new one.
pub(crate) fn request_id(headers: &HeaderMap) -> HeaderValue {
    let plain = |value: &&HeaderValue| {
        let bytes = value.as_bytes();
        (1..=64).contains(&bytes.len()) && bytes.iter().all(u8::is_ascii_graphic)
    };
    if let Some(given) = headers.get(REQUEST_ID).filter(plain) {
        return given.clone();
    }
    let id = uuid::Uuid::now_v7().to_string();
    HeaderValue::from_str(&id).unwrap_or(HeaderValue::from_static("unknown"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_response_says_of_itself_is_kept() {
        let own = HeaderValue::from_static("default-src 'none'");
        let policy = (header::CONTENT_SECURITY_POLICY, own.clone());
        let mut headers = HeaderMap::from_iter([policy]);
        add_security_headers(&mut headers);
        assert_eq!(headers[header::CONTENT_SECURITY_POLICY], own);
        assert_eq!(headers[header::X_CONTENT_TYPE_OPTIONS], "nosniff");
    }

    #[test]
    fn what_the_reader_has_varies_as_what_was_sent() {
        let vary = |status| {
            let mut headers = HeaderMap::new();
            add_variance(status, &mut headers);
            headers.remove(header::VARY)
        };
        let compressed = HeaderValue::from_static("accept-encoding");
        assert_eq!(vary(StatusCode::NOT_MODIFIED), Some(compressed));
        assert_eq!(vary(StatusCode::OK), None);
    }

    #[test]
    fn only_plain_request_ids_are_taken_over() {
        let id = |given: &str| {
            let value = HeaderValue::from_str(given).unwrap();
            request_id(&HeaderMap::from_iter([(REQUEST_ID, value)]))
        };
        assert_eq!(id("abc-123"), "abc-123");
        assert_ne!(id("a b"), "a b");
        assert_ne!(id(&"a".repeat(65)), "a".repeat(65).as_str());
    }
}
