//! Which dead letters are wanted.

use domain::LetterFilter;
use serde::Deserialize;
use utoipa::IntoParams;

use super::read_word;
use crate::problem::Problem;
use crate::queries::dead_letters::WantedLetters;

/// What becomes of dead letters.
pub(crate) const LETTER_STATES: &[&str] = &["parked", "redriven", "discarded"];

/// Which dead letters are wanted, and which part of the list.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub(crate) struct DeadLetterParameters {
    /// Letters in one state: `parked`, `redriven` or `discarded`. Left out: in
    /// any.
    #[param(required = false, example = "parked")]
    pub(crate) state: String,
    /// Those that one service set aside. Left out: whichever.
    #[param(required = false, example = "scraper")]
    pub(crate) service: String,
    /// Messages of one stream of the log. Left out: whatever was set aside.
    #[param(required = false, example = "CONTRIBUTIONS")]
    pub(crate) stream: String,
    /// A part of what is wrong with them, in any case.
    #[param(required = false, example = "not a JSON document")]
    pub(crate) reason: String,
    /// Those whose content or origin name this repository (`owner/name`).
    #[param(required = false, example = "rails/rails")]
    pub(crate) repository: String,
    /// Set aside at this instant or later; a UTC day means its beginning.
    #[param(required = false, example = "2026-03-01")]
    pub(crate) since: String,
    /// Set aside before this instant.
    #[param(required = false, example = "2026-03-02T12:00:00Z")]
    pub(crate) until: String,
    pub(crate) limit: String,
    pub(crate) cursor: String,
}

impl DeadLetterParameters {
    /// Reads which letters are wanted.
    pub(crate) fn wanted(&self) -> Result<WantedLetters, Problem> {
        let text = |name| match name {
            "service" => Some(self.service.as_str()),
            "stream" => Some(self.stream.as_str()),
            "reason" => Some(self.reason.as_str()),
            "repository" => Some(self.repository.as_str()),
            "since" => Some(self.since.as_str()),
            "until" => Some(self.until.as_str()),
            _ => None,
        };
        let filter = LetterFilter::read(text)
            .map_err(|fault| Problem::parameter(fault.name, &fault.given, fault.allowed))?;
        let state = read_word("state", &self.state, LETTER_STATES)?;
        Ok(WantedLetters { state, filter })
    }
}
