//! The style sheet, the icon and the scripts, at addresses that change with their
//! content.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::LazyLock;

use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};

use crate::parameters::PathParts;
use crate::problem::{Problem, ProblemKind};

const STYLESHEET: &str = include_str!("../../assets/page.css");
const LIVE_SCRIPT: &str = include_str!("../../assets/live.js");
const WHAT_IF_SCRIPT: &str = include_str!("../../assets/what_if.js");
const REFERENCE_SCRIPT: &str = include_str!("../../assets/reference.js");
const ICON: &str = include_str!("../../assets/icon.svg");

static STYLESHEET_PATH: LazyLock<String> = LazyLock::new(|| path_of(STYLESHEET, "css"));
static LIVE_SCRIPT_PATH: LazyLock<String> = LazyLock::new(|| path_of(LIVE_SCRIPT, "js"));
static WHAT_IF_SCRIPT_PATH: LazyLock<String> = LazyLock::new(|| path_of(WHAT_IF_SCRIPT, "js"));
static REFERENCE_SCRIPT_PATH: LazyLock<String> = LazyLock::new(|| path_of(REFERENCE_SCRIPT, "js"));
static ICON_PATH: LazyLock<String> = LazyLock::new(|| path_of(ICON, "svg"));

fn path_of(content: &str, extension: &str) -> String {
    let mut hasher = DefaultHasher::new();
    content.hash(&mut hasher);
    format!("/assets/{:016x}.{extension}", hasher.finish())
}

pub(crate) fn stylesheet_path() -> &'static str {
    &STYLESHEET_PATH
}

/// The script of boards that tells what has changed since.
pub(crate) fn live_script_path() -> &'static str {
    &LIVE_SCRIPT_PATH
}

/// The script that couples sliders with numbers.
pub(crate) fn what_if_script_path() -> &'static str {
    &WHAT_IF_SCRIPT_PATH
}

/// The script of the reference that opens what is linked to.
pub(crate) fn reference_script_path() -> &'static str {
    &REFERENCE_SCRIPT_PATH
}

pub(crate) fn icon_path() -> &'static str {
    &ICON_PATH
}

/// A file that pages load.
struct Asset {
    path: &'static str,
    content_type: &'static str,
    content: &'static str,
}

const SCRIPT: &str = "text/javascript; charset=utf-8";

fn assets() -> [Asset; 5] {
    [
        (stylesheet_path(), "text/css; charset=utf-8", STYLESHEET),
        (live_script_path(), SCRIPT, LIVE_SCRIPT),
        (what_if_script_path(), SCRIPT, WHAT_IF_SCRIPT),
        (reference_script_path(), SCRIPT, REFERENCE_SCRIPT),
        (icon_path(), "image/svg+xml", ICON),
    ]
    .map(|(path, content_type, content)| Asset {
        path,
        content_type,
        content,
    })
}

/// Sends an asset. Its address names its content, so it never changes.
pub(crate) async fn get_asset(PathParts(file): PathParts<String>) -> Result<Response, Problem> {
    let path = format!("/assets/{file}");
    let asset = assets().into_iter().find(|asset| asset.path == path);
    let Some(asset) = asset else {
        return Err(Problem::new(
            ProblemKind::NoSuchPage,
            "This asset belongs to another version of the page; load the page again",
        ));
    };
    let headers = [
        (
            header::CONTENT_TYPE,
            HeaderValue::from_static(asset.content_type),
        ),
        (
            header::CACHE_CONTROL,
            HeaderValue::from_static("public, max-age=31536000, immutable"),
        ),
    ];
    Ok((headers, asset.content).into_response())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn assets_are_immutable_and_others_are_not_found() {
        for asset in assets() {
            let file = asset.path.trim_start_matches("/assets/").to_owned();
            let response = get_asset(PathParts(file)).await.unwrap();
            let caching = response.headers()[header::CACHE_CONTROL].to_str().unwrap();
            assert!(caching.contains("immutable"));
        }
        assert!(get_asset(PathParts("0.css".into())).await.is_err());
    }
}
