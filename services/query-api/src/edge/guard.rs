//! Refusing requests that no handler should have to read.

use axum::http::{HeaderMap, Method, Uri, header};

use crate::problem::{Problem, ProblemKind};

/// Longest path and longest query string, in bytes.
const MAX_PATH: usize = 4_096;
const MAX_QUERY: usize = 4_096;

/// What is asked with a body, and not to be had by reading.
const ASKED: [&str; 1] = ["/api/v1/what-if"];

/// Refuses bodies, over-long addresses, and addresses that are not
/// percent-encoded UTF-8 or hide a NUL, which Postgres does not take.
pub(crate) fn check_request(
    method: &Method,
    uri: &Uri,
    headers: &HeaderMap,
) -> Result<(), Problem> {
    let bytes = headers
        .get(header::CONTENT_LENGTH)
        .and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    // Other methods are refused as such, and so is reading what is only asked.
    let reads = matches!(*method, Method::GET | Method::HEAD) && !ASKED.contains(&uri.path());
    if reads && bytes.is_some_and(|bytes| bytes > 0) {
        let detail = "Everything here is read with GET; send no body";
        return Err(Problem::new(ProblemKind::TooLarge, detail));
    }
    check_path(uri.path())?;
    uri.query().map_or(Ok(()), check_query)
}

fn check_path(path: &str) -> Result<(), Problem> {
    let malformed = |detail: String| Problem::new(ProblemKind::MalformedRequest, detail);
    if path.len() > MAX_PATH {
        return Err(malformed(format!(
            "The path is longer than {MAX_PATH} bytes"
        )));
    }
    check_encoding(path).map_err(|reason| malformed(format!("The path {reason}")))
}

fn check_query(query: &str) -> Result<(), Problem> {
    if query.len() > MAX_QUERY {
        let detail = format!("The query string is longer than {MAX_QUERY} bytes");
        return Err(Problem::new(ProblemKind::MalformedRequest, detail));
    }
    for pair in query.split('&') {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        for text in [name, value] {
            check_encoding(text).map_err(|reason| Problem {
                kind: ProblemKind::InvalidParameter,
                detail: format!("{name} {reason}"),
                parameter: Some(name.to_owned()),
            })?;
        }
    }
    Ok(())
}

/// What is wrong with a percent-encoded text.
fn check_encoding(text: &str) -> Result<(), &'static str> {
    // What is not encoded is as it was sent, and addresses hold no NUL.
    if !text.contains('%') {
        return Ok(());
    }
    let mut decoded = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        if byte != b'%' {
            decoded.push(byte);
            continue;
        }
        let digit = |byte: Option<u8>| char::from(byte?).to_digit(16);
        let (Some(high), Some(low)) = (digit(bytes.next()), digit(bytes.next())) else {
            return Err("holds a % that two hexadecimal digits do not follow; write % as %25");
        };
        // Two hexadecimal digits are at most 255.
        decoded.push(u8::try_from(high * 16 + low).unwrap_or(b'?'));
    }
    if decoded.contains(&0) {
        return Err("holds a NUL character, which no name has; leave it out");
    }
    std::str::from_utf8(&decoded)
        .map(|_| ())
        .map_err(|_| "is not UTF-8 once decoded; encode the text as UTF-8 first")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(uri: &str) -> Option<Problem> {
        check_request(&Method::GET, &uri.parse().unwrap(), &HeaderMap::new()).err()
    }

    #[test]
    fn what_no_handler_could_read_is_refused() {
        for uri in ["/a%00b", "/a%zz", "/a%2", "/%ff%fe"] {
            let problem = refusal(uri).unwrap();
            assert_eq!(problem.kind, ProblemKind::MalformedRequest, "{uri}");
        }
        for uri in ["/?kind=%00", "/?kind=%ZZ", "/?a=1&kind=%ff"] {
            let problem = refusal(uri).unwrap();
            assert_eq!(problem.parameter.as_deref(), Some("kind"), "{uri}");
        }
        assert!(refusal(&format!("/{}", "a".repeat(5_000))).is_some());
        assert!(refusal("/api/v1/search?q=%C3%BC+a%25").is_none());
    }

    #[test]
    fn bodies_are_refused() {
        let headers = HeaderMap::from_iter([(header::CONTENT_LENGTH, "5".parse().unwrap())]);
        let problem = check_request(&Method::GET, &Uri::from_static("/"), &headers).unwrap_err();
        assert_eq!(problem.kind, ProblemKind::TooLarge);
    }
}
