//! Problems as pages.

use askama::Template;
use axum::http::{HeaderValue, header};
use axum::response::Response;

use super::{Layout, render};
use crate::api::Api;
use crate::problem::Problem;

#[derive(Template)]
#[template(path = "error.html")]
struct ErrorPage {
    layout: Layout,
    status: u16,
    title: &'static str,
    /// As [`pieces`] cuts it.
    detail: Vec<String>,
    documentation: String,
}

/// Puts a page for people in the place of a problem's JSON; status and
/// headers stay.
pub(crate) fn dress_problem(api: &Api, problem: &Problem, mut response: Response) -> Response {
    let title = problem.kind.title();
    let page = ErrorPage {
        layout: Layout::new(api, title, title),
        status: problem.kind.status().as_u16(),
        title,
        detail: pieces(&problem.detail),
        documentation: problem.kind.documentation(),
    };
    if let Ok(body) = render(&page) {
        let headers = response.headers_mut();
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("text/html; charset=utf-8"),
        );
        headers.remove(header::CONTENT_LENGTH);
        *response.body_mut() = body.into();
    }
    response
}

/// What is wrong as a sentence, cut at its backticks: every other piece is what is typed.
pub(crate) fn pieces(detail: &str) -> Vec<String> {
    let sentence = format!("{}.", for_readers(detail).trim_end_matches('.'));
    sentence.split('`').map(str::to_owned).collect()
}

/// What the JSON API calls for is not what a reader can do.
pub(crate) fn for_readers(detail: &str) -> String {
    detail.replace("search with /api/v1/search?q=", "use the search above")
}
