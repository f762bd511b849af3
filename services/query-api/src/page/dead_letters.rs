//! The page of what could not be read or projected.

use askama::Template;
use axum::response::Response;

use super::words::instant_words;
use super::{Layout, respond_unkept};
use crate::cursor::{Cursor, InstantCursor};
use crate::handlers::SharedApi;
use crate::parameters::{ListParameters, Parameters, read_limit};
use crate::points::number;
use crate::problem::Problem;
use crate::resources::dead_letter::{DeadLetter, load_dead_letters};

/// A dead letter in words.
struct LetterView {
    address: String,
    when: String,
    service: String,
    origin: String,
    error: String,
    content: String,
    bytes: String,
    state: String,
}

#[derive(Template)]
#[template(path = "dead_letters.html")]
struct DeadLettersPage {
    layout: Layout,
    totals: Vec<(String, String)>,
    letters: Vec<LetterView>,
    first_page: bool,
    next_page: Option<String>,
}

pub(crate) async fn show_dead_letters(
    api: SharedApi,
    Parameters(given): Parameters<ListParameters>,
) -> Result<Response, Problem> {
    let limit = read_limit(&given.limit)?;
    let after: Option<InstantCursor> = Cursor::decode(&given.cursor)?;
    let mut snapshot = api.snapshot().await?;
    let found = load_dead_letters(&mut snapshot, after.as_ref(), limit).await?;
    let description = "What could not be read or projected, and why.";
    let mut layout = Layout::new(&api, "Dead letters", description);
    layout.active = "dead-letters";
    layout.json = Some("/api/v1/dead-letters".to_owned());
    let totals = found.meta.totals.into_iter();
    let next = found.meta.next_cursor;
    let page = DeadLettersPage {
        layout,
        totals: totals
            .map(|(state, letters)| (state, number(letters)))
            .collect(),
        letters: found
            .dead_letters
            .into_iter()
            .map(LetterView::from)
            .collect(),
        first_page: after.is_none(),
        next_page: next.map(|cursor| format!("/dead-letters?limit={limit}&cursor={cursor}")),
    };
    respond_unkept(&page)
}

impl From<DeadLetter> for LetterView {
    fn from(letter: DeadLetter) -> Self {
        let origin = match letter.line {
            Some(line) => format!("{}, line {}", letter.origin, number(line)),
            None => letter.origin,
        };
        Self {
            address: format!("/api/v1/dead-letters/{}", letter.id),
            when: instant_words(letter.recorded_at),
            service: letter.service,
            origin,
            error: letter.error,
            content: letter.content,
            bytes: number(letter.bytes),
            state: letter.state,
        }
    }
}
