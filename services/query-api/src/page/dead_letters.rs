//! The page of what could not be read or projected, and of what can be done
//! about it: by commands to be copied, for a page knows no key.

use askama::Template;
use axum::response::Response;
use domain::{LETTER_FILTER_PARTS, LetterFilter};

use super::words::instant_words;
use super::{Layout, respond_unkept};
use crate::addresses::with_query;
use crate::cursor::List;
use crate::handlers::SharedApi;
use crate::parameters::{DeadLetterParameters, Parameters, read_limit};
use crate::points::number;
use crate::problem::Problem;
use crate::queries::dead_letters::WantedLetters;
use crate::resources::dead_letter::{DeadLetter, DeadLetters, load_dead_letters};

/// What can be done about letters: by the command line, and by the command API.
struct Remedy {
    /// Reading them again.
    redrive: [String; 2],
    /// Wanting them no more.
    discard: [String; 2],
}

/// A dead letter in words.
struct LetterView {
    id: String,
    address: String,
    when: String,
    service: String,
    origin: String,
    came: Option<String>,
    error: String,
    content: String,
    bytes: String,
    state: String,
    remedy: Option<Remedy>,
}

/// A state that letters are in, and the way to those that are.
struct StateView {
    state: String,
    letters: String,
    address: String,
    selected: bool,
}

#[derive(Template)]
#[template(path = "dead_letters.html")]
struct DeadLettersPage {
    layout: Layout,
    given: DeadLetterParameters,
    is_filtered: bool,
    states: Vec<StateView>,
    letters: Vec<LetterView>,
    /// How many are parked that the filter means, and what can be done about all
    /// of them.
    parked: String,
    all: Option<Remedy>,
    first_page: bool,
    next_page: Option<String>,
}

pub(crate) async fn show_dead_letters(
    api: SharedApi,
    Parameters(given): Parameters<DeadLetterParameters>,
) -> Result<Response, Problem> {
    let limit = read_limit(&given.limit)?;
    let after = DeadLetters::read_cursor(&given.cursor)?;
    let wanted = given.wanted()?;
    let mut snapshot = api.snapshot().await?;
    let found = load_dead_letters(&mut snapshot, &wanted, after.as_ref(), limit).await?;
    let description = "What could not be read or projected, why, and what can be done about it.";
    let mut layout = Layout::new(&api, "Dead letters", description);
    layout.active = "dead-letters";
    layout.json = Some(address(&given, "/api/v1/dead-letters", &wanted.state, ""));
    let totals = found.meta.totals.iter();
    let parked = found.meta.totals.get("parked").copied().unwrap_or_default();
    let next = found.meta.next_cursor;
    let page = DeadLettersPage {
        layout,
        is_filtered: !wanted.filter.is_everything() || !wanted.state.is_empty(),
        states: totals
            .map(|(state, letters)| StateView {
                letters: number(*letters),
                address: address(&given, "/dead-letters", state, ""),
                selected: *state == wanted.state,
                state: state.clone(),
            })
            .collect(),
        letters: found
            .dead_letters
            .into_iter()
            .map(LetterView::from)
            .collect(),
        all: (parked > 0 && is_open(&wanted)).then(|| Remedy::of_all(&wanted.filter)),
        parked: number(parked),
        first_page: after.is_none(),
        next_page: next.map(|cursor| address(&given, "/dead-letters", &wanted.state, &cursor)),
        given,
    };
    respond_unkept(&page)
}

/// Whether what is shown can be parked.
fn is_open(wanted: &WantedLetters) -> bool {
    matches!(wanted.state.as_str(), "" | "parked")
}

/// The address of the letters that are asked for, in a state and from a place on.
fn address(given: &DeadLetterParameters, path: &str, state: &str, cursor: &str) -> String {
    let pairs = [
        ("state", state),
        ("service", given.service.as_str()),
        ("stream", given.stream.as_str()),
        ("reason", given.reason.as_str()),
        ("repository", given.repository.as_str()),
        ("since", given.since.as_str()),
        ("until", given.until.as_str()),
        ("limit", given.limit.as_str()),
        ("cursor", cursor),
    ];
    with_query(path, &pairs)
}

impl Remedy {
    fn of_one(letter: &DeadLetter) -> Self {
        let id = letter.id;
        let of = |verb: &str| {
            let line = format!("leaderboard dead-letters {verb} {id} --reason WHY");
            let path = format!("/api/v1/dead-letters/{id}/{verb}");
            [line, curl(&path, r#"{"reason":"WHY"}"#)]
        };
        Self {
            redrive: of("redrive"),
            discard: of("discard"),
        }
    }

    fn of_all(filter: &LetterFilter) -> Self {
        let parts = filter.parts();
        let flags: String = LETTER_FILTER_PARTS
            .iter()
            .filter_map(|name| Some(format!(" --{} {}", flag(name), quoted(parts.get(name)?))))
            .collect();
        let flags = if flags.is_empty() {
            " --all".to_owned()
        } else {
            flags
        };
        let of = |verb: &str| {
            let line = format!("leaderboard dead-letters {verb}{flags} --reason WHY --yes");
            let mut body = serde_json::json!({ "filter": parts, "reason": "WHY" });
            if parts.is_empty() {
                body = serde_json::json!({ "all": true, "reason": "WHY" });
            }
            let path = format!("/api/v1/dead-letters/{verb}");
            [line, curl(&path, &body.to_string())]
        };
        Self {
            redrive: of("redrive"),
            discard: of("discard"),
        }
    }
}

/// The flag of the command line for a part of a filter; `--reason` there is
/// why somebody decides.
fn flag(part: &str) -> &str {
    if part == "reason" { "error" } else { part }
}

/// A request to the command API, whose address and key the page does not know.
fn curl(path: &str, body: &str) -> String {
    format!(
        "curl -X POST \"$COMMAND_API{path}\" -H \"Authorization: Bearer $KEY\" --json {}",
        quoted(body)
    )
}

/// A word as shells read it.
fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

impl From<DeadLetter> for LetterView {
    fn from(letter: DeadLetter) -> Self {
        let remedy = (letter.state == "parked").then(|| Remedy::of_one(&letter));
        let origin = match letter.line {
            Some(line) => format!("{}, line {}", letter.origin, number(line)),
            None => letter.origin,
        };
        let came = letter.received.map(|received| {
            let what = received.event.unwrap_or(received.form);
            let cut = if received.whole { "" } else { ", cut" };
            format!("{what} from {}{cut}", received.source)
        });
        Self {
            id: letter.id.to_string(),
            address: format!("/api/v1/dead-letters/{}", letter.id),
            when: instant_words(letter.recorded_at),
            service: letter.service,
            origin,
            came,
            error: letter.error,
            content: letter.content,
            bytes: number(letter.bytes),
            state: letter.state,
            remedy,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_to_be_copied_cannot_break_out_of_its_quotes() {
        let name = |part: &str| (part == "reason").then_some("it's $(no) \"JSON\"");
        let filter = LetterFilter::read(name).unwrap();
        let [line, request] = Remedy::of_all(&filter).discard;
        assert_eq!(
            line,
            r#"leaderboard dead-letters discard --error 'it'\''s $(no) "JSON"' --reason WHY --yes"#
        );
        assert!(request.ends_with(
            r#"--json '{"filter":{"reason":"it'\''s $(no) \"JSON\""},"reason":"WHY"}'"#
        ));
        let all = Remedy::of_all(&LetterFilter::default()).redrive;
        assert!(all[0].contains(" --all "), "{}", all[0]);
    }
}
