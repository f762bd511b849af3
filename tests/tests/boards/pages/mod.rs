//! Pages beside the boards, over HTTP: what they say, in each of their states,
//! and what they do with the texts of strangers.

mod boards;
mod compare;
mod costs;
mod decided;
mod operations;
mod trends;
mod what_if;

use chrono::{DateTime, Utc};
use decisions::Author;
use reqwest::StatusCode;

use crate::world::World;

/// A text that is to be shown, and never to be run.
pub(crate) const SCRIPT: &str = "<script>alert(1)</script>";

/// The same as it may stand on a page.
pub(crate) const ESCAPED: &str = "&#60;script&#62;alert(1)&#60;/script&#62;";

/// A page that is there, without anything that could run.
pub(crate) async fn page(world: &World, path: &str) -> String {
    page_with(world, path, StatusCode::OK).await
}

/// As [`page`], of any status.
pub(crate) async fn page_with(world: &World, path: &str, expected: StatusCode) -> String {
    let (status, page) = world.text(path).await;
    assert_eq!(status, expected, "{path}: {page}");
    assert!(page.starts_with("<!DOCTYPE html>"), "{path}: {page}");
    // Scripts are files of the same server; none stands in a page.
    let own = page
        .matches("<script type=\"module\" src=\"/assets/")
        .count();
    assert_eq!(page.matches("<script").count(), own, "{path}: {page}");
    assert!(!page.contains(" style="), "{path}: {page}");
    page
}

/// Looks for texts on a page.
pub(crate) fn holds(page: &str, texts: &[&str]) {
    for text in texts {
        assert!(page.contains(text), "{text:?} is not in {page}");
    }
}

pub(crate) fn author(reason: &str, at: DateTime<Utc>) -> Author {
    Author {
        actor: "ann".to_owned(),
        reason: reason.to_owned(),
        at,
    }
}
