//! Problems as images: whoever put one into a page sees there what is wrong.

use askama::Template;
use axum::http::{HeaderValue, header};
use axum::response::Response;

use super::badge::Badge;
use super::text::{Font, wrapped};
use super::{Theme, allow_style};
use crate::page::render;
use crate::problem::Problem;

const WIDTH: u32 = 480;
const MARGIN: u32 = 20;

/// Lines that a problem may take.
const LINES: usize = 4;

/// A problem, drawn.
#[derive(Template)]
#[template(path = "embed/problem.svg")]
struct ProblemImage {
    style: &'static str,
    width: u32,
    height: u32,
    title: &'static str,
    /// Lines, and how far below the top they are.
    lines: Vec<(u32, String)>,
}

/// Puts an image in the place of a problem's JSON; status and headers stay.
pub(crate) fn draw_problem(path: &str, problem: &Problem, mut response: Response) -> Response {
    let title = problem.kind.title();
    // What the JSON API calls for is not what a reader of an image can do.
    let detail = problem
        .detail
        .replace("; check the spelling, or search with /api/v1/search?q=", "");
    let drawn = if path.ends_with("/badge.svg") {
        render(&Badge::new(Theme::Auto, "leaderboard", &detail).failed())
    } else {
        render(&problem_image(title, &detail))
    };
    if let Ok(body) = drawn {
        let headers = response.headers_mut();
        let form = HeaderValue::from_static("image/svg+xml");
        headers.insert(header::CONTENT_TYPE, form);
        headers.remove(header::CONTENT_LENGTH);
        *response.body_mut() = body.into();
        allow_style(&mut response, Theme::Auto);
    }
    response
}

fn problem_image(title: &'static str, detail: &str) -> ProblemImage {
    let lines = wrapped(detail, Font::plain(13), WIDTH - 2 * MARGIN, LINES);
    let lines: Vec<(u32, String)> = lines
        .into_iter()
        .zip(0..)
        .map(|(line, place): (String, u32)| (58 + place * 20, line))
        .collect();
    ProblemImage {
        style: Theme::Auto.style(),
        width: WIDTH,
        height: lines.last().map_or(50, |(y, _)| y + 20),
        title,
        lines,
    }
}
