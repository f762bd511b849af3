//! The pages: server-rendered, readable without JavaScript, and made from the
//! same resources that the JSON API sends.

pub(crate) mod about;
pub(crate) mod assets;
pub(crate) mod bar;
pub(crate) mod board;
pub(crate) mod calendar;
pub(crate) mod choices;
pub(crate) mod contributor;
pub(crate) mod coverage;
pub(crate) mod dead_letters;
pub(crate) mod error;
pub(crate) mod explanation;
pub(crate) mod reference;
pub(crate) mod search;
pub(crate) mod snippet;
pub(crate) mod words;

use askama::Template;

use crate::api::Api;
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
    /// The same as JSON.
    pub(crate) json: Option<String>,
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
            json: None,
        }
    }
}

pub(crate) fn render(page: &impl Template) -> Result<Vec<u8>, Problem> {
    let text = page.render().map_err(|error| Problem::internal(&error))?;
    Ok(text.into_bytes())
}
