//! Images for READMEs and pages of others: a board, a badge, and a card to
//! share, as SVG; cards also as PNG, for those who show links without drawing SVG.
//!
//! They load nothing and run nothing, and follow only their own style, so that
//! proxies of images pass them on. Whatever stands in them is escaped and cut
//! to what fits.

mod asked;
pub(crate) mod badge;
pub(crate) mod board;
mod card;
pub(crate) mod compare;
mod list;
pub(crate) mod problem;
mod raster;
pub(crate) mod share;
pub(crate) mod text;
mod theme;

use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::response::Response;
use domain::{ClassFilter, Period};

pub(crate) use self::theme::Theme;
use crate::answer::{Form, answer};
use crate::api::Api;
use crate::page::words::{class_words, counted, period_words, verdict_words};
use crate::points::number;
use crate::problem::Problem;
use crate::resources::leaderboard::{BoardMeta, ScopeResource};
use crate::version::DataVersion;

/// Addresses of images begin with this.
pub(crate) const PATHS: &str = "/embed/";

/// Pages that are isolated from others may show it all the same.
const FOR_ALL: (HeaderName, HeaderValue) = (
    HeaderName::from_static("cross-origin-resource-policy"),
    HeaderValue::from_static("cross-origin"),
);

/// Answers with an image, from memory or by `draw`, as any other answer is.
async fn answer_image(
    api: &Api,
    headers: &HeaderMap,
    theme: Theme,
    request: String,
    draw: impl Future<Output = Result<(DataVersion, Vec<u8>), Problem>>,
) -> Result<Response, Problem> {
    let request = format!("{} {request}", theme.as_str());
    let mut response = answer(api, headers, Form::Image, request, draw).await?;
    allow_style(&mut response, theme);
    Ok(response)
}

/// As [`answer_image`], as pixels. Whoever shows links looks at them in no light of
/// its own, so that what hangs on the reader's is drawn in the light.
async fn answer_pixels(
    api: &Api,
    headers: &HeaderMap,
    theme: Theme,
    request: String,
    draw: impl Future<Output = Result<(DataVersion, Vec<u8>), Problem>>,
) -> Result<Response, Problem> {
    let request = format!("{} {request}", theme.as_str());
    let draw = async {
        let (version, image) = draw.await?;
        Ok((version, raster::pixels(api, image).await?))
    };
    let mut response = answer(api, headers, Form::Pixels, request, draw).await?;
    response.headers_mut().insert(FOR_ALL.0, FOR_ALL.1);
    Ok(response)
}

/// Says what browsers may do with an image: follow the style of its theme.
fn allow_style(response: &mut Response, theme: Theme) {
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_SECURITY_POLICY, theme.policy());
    headers.insert(FOR_ALL.0, FOR_ALL.1);
}

/// What a scope is called in an image.
fn scope_words(scope: &ScopeResource) -> &str {
    match scope.kind {
        "global" => "All repositories",
        _ => &scope.name,
    }
}

/// What a board is called in an image: `rails/rails`, or `Octo Inc. in rails/rails`
/// where one company's people are on it.
fn board_words(meta: &BoardMeta) -> String {
    let scope = scope_words(&meta.scope);
    match &meta.company {
        None => scope.to_owned(),
        Some(company) if meta.scope.kind == "global" => company.name.clone(),
        Some(company) => format!("{} in {scope}", company.name),
    }
}

/// What stands below a board of so many.
fn board_foot(members: &str, meta: &BoardMeta) -> String {
    format!(
        "{members} · coverage: {} · version {}",
        verdict_words(meta.coverage.verdict).to_lowercase(),
        number(meta.version)
    )
}

/// Whom a board shows, and of when: `People · January 2016`.
fn class_and_period(class: ClassFilter, period: Period) -> String {
    format!("{} · {}", class_words(class), period_words(period))
}

/// `1,204 people`.
fn members_words(members: u64, class: ClassFilter) -> String {
    let (one, many) = match class {
        ClassFilter::Human => ("person", "people"),
        ClassFilter::Bot => ("bot", "bots"),
        ClassFilter::Agent => ("AI agent", "AI agents"),
        ClassFilter::Everyone => ("contributor", "contributors"),
    };
    counted(i64::try_from(members).unwrap_or(i64::MAX), one, many)
}
