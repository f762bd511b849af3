//! The pages: server-rendered, readable without JavaScript, and made from the
//! same resources that the JSON API sends.

pub(crate) mod about;
pub(crate) mod amount;
pub(crate) mod assets;
pub(crate) mod bar;
pub(crate) mod board;
pub(crate) mod calendar;
pub(crate) mod chart;
pub(crate) mod choices;
pub(crate) mod compare;
pub(crate) mod contributor;
pub(crate) mod costs;
pub(crate) mod coverage;
pub(crate) mod dead_letters;
pub(crate) mod decisions;
pub(crate) mod disputes;
pub(crate) mod error;
pub(crate) mod explanation;
pub(crate) mod operations;
pub(crate) mod reference;
pub(crate) mod relative;
pub(crate) mod runbook;
pub(crate) mod search;
pub(crate) mod snippet;
pub(crate) mod what_if;
pub(crate) mod why;
pub(crate) mod words;

use askama::Template;
use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};

use crate::api::Api;
use crate::embed::text::visible;
use crate::problem::Problem;

/// What surrounds every page.
#[derive(Clone, Debug)]
pub(crate) struct Layout {
    pub(crate) title: String,
    pub(crate) description: String,
    pub(crate) demo_notice: Option<String>,
    pub(crate) stylesheet: &'static str,
    pub(crate) icon: &'static str,
    /// The text in the search field.
    pub(crate) search: String,
    /// The entry of the navigation that this page belongs to.
    pub(crate) active: &'static str,
    /// What the page does besides being read.
    pub(crate) script: Option<&'static str>,
    /// The same as JSON.
    pub(crate) json: Option<String>,
    /// What is shown of it where it is linked to.
    pub(crate) share: Option<Share>,
}

/// What those who show a link read of a page.
#[derive(Clone, Debug)]
pub(crate) struct Share {
    /// The page itself, however it was come to.
    pub(crate) address: String,
    /// `website` or `profile`.
    pub(crate) kind: &'static str,
    pub(crate) image: Option<ShareImage>,
}

/// The image that is shown with a link.
#[derive(Clone, Debug)]
pub(crate) struct ShareImage {
    pub(crate) address: String,
    /// The same in words.
    pub(crate) alt: String,
}

impl Layout {
    pub(crate) fn new(api: &Api, title: impl Into<String>, description: impl Into<String>) -> Self {
        Self {
            title: title.into(),
            description: description.into(),
            demo_notice: api.settings().demo_notice.clone(),
            stylesheet: assets::stylesheet_path(),
            icon: assets::icon_path(),
            search: String::new(),
            active: "",
            script: None,
            json: None,
            share: None,
        }
    }

    /// Says what is shown of the page where it is linked to: its path, and that of its
    /// image. They are whole addresses where this server knows its own.
    pub(crate) fn shared_as(
        &mut self,
        api: &Api,
        kind: &'static str,
        path: &str,
        image: Option<String>,
    ) {
        let base = api.settings().public_url.as_deref().unwrap_or_default();
        let image = image.map(|image| ShareImage {
            address: format!("{base}{image}"),
            alt: visible(&self.description),
        });
        self.share = Some(Share {
            address: format!("{base}{path}"),
            kind,
            image,
        });
    }
}

pub(crate) fn render(page: &impl Template) -> Result<Vec<u8>, Problem> {
    let text = page.render().map_err(|error| Problem::internal(&error))?;
    Ok(text.into_bytes())
}

/// A page of what changes without the version of the data changing, or tells
/// how long ago things were: never kept, here or on the way.
pub(crate) fn respond_unkept(page: &impl Template) -> Result<Response, Problem> {
    let headers = [
        (
            header::CONTENT_TYPE,
            HeaderValue::from_static("text/html; charset=utf-8"),
        ),
        (header::CACHE_CONTROL, HeaderValue::from_static("no-cache")),
    ];
    Ok((headers, render(page)?).into_response())
}
