//! What moved a contributor between two instants: a form, and the change cause
//! by cause.

mod change;

use askama::Template;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use chrono::{DateTime, SecondsFormat, Utc};
use domain::{ClassFilter, Metric};

use self::change::ChangeView;
use super::error::pieces;
use super::snippet::{Shown, Snippets};
use super::words::{class_words, instant_words};
use super::{Layout, respond_unkept};
use crate::addresses::{account_name, account_segment, with_query};
use crate::api::Api;
use crate::handlers::SharedApi;
use crate::handlers::why::read_why;
use crate::parameters::{Parameters, PathParts, WhyParameters};
use crate::problem::{Problem, ProblemKind};
use crate::queries::accounts::Account;
use crate::queries::generations::past_instants;
use crate::resources::contributor::find_contributor;
use crate::resources::why::{Why, WhyRequest, load_why};

/// An instant to choose.
struct InstantChoice {
    value: String,
    label: String,
    is_from: bool,
    is_to: bool,
}

/// What comes of what was asked.
enum Outcome {
    Blank,
    /// Something is wrong with the question: the field, and what, as [`pieces`] cuts it.
    Faulty(String, Vec<String>),
    /// What moved, and what to paste elsewhere.
    Change(Box<ChangeView>, Option<Snippets>),
}

#[derive(Template)]
#[template(path = "why.html")]
struct WhyPage {
    layout: Layout,
    login: String,
    contributor: String,
    path: String,
    given: WhyParameters,
    instants: Vec<InstantChoice>,
    classes: [(&'static str, &'static str, bool); 4],
    outcome: Outcome,
}

impl WhyPage {
    /// Whether something is wrong with a field of the form.
    fn is_bad(&self, field: &str) -> bool {
        matches!(&self.outcome, Outcome::Faulty(at, _) if at == field)
    }
}

pub(crate) async fn show_why(
    api: SharedApi,
    PathParts(login): PathParts<String>,
    Parameters(given): Parameters<WhyParameters>,
) -> Result<Response, Problem> {
    let mut snapshot = api.snapshot().await?;
    let account = find_contributor(&mut snapshot, &login).await?.account;
    let known = past_instants(snapshot.connection()).await?;
    // What is asked next opens snapshots of its own.
    drop(snapshot);
    let contributor = account_segment(&account.reference);
    let outcome = outcome(&api, &account, &given).await?;
    let status = match outcome {
        Outcome::Faulty(..) => StatusCode::BAD_REQUEST,
        _ => StatusCode::OK,
    };
    let title = format!("What moved {}", account.login);
    let description = format!(
        "What changed the rank of {} between two instants.",
        account.login
    );
    let mut layout = Layout::new(&api, title, description);
    if matches!(outcome, Outcome::Change(..)) {
        let json = format!("/api/v1/contributors/{contributor}/why");
        layout.json = Some(question(&json, &given));
    }
    let chosen = match given.class.as_str() {
        "" => ClassFilter::Human.as_str(),
        class => class,
    };
    let page = WhyPage {
        layout,
        login: account.login,
        path: format!("/contributors/{contributor}/why"),
        contributor: format!("/contributors/{contributor}"),
        instants: choices(&known, &given),
        classes: ClassFilter::ALL.map(|class| {
            let value = class.as_str();
            (value, class_words(class), value == chosen)
        }),
        given,
        outcome,
    };
    Ok((status, respond_unkept(&page)?).into_response())
}

/// Answers the question, if there is one.
async fn outcome(api: &Api, account: &Account, given: &WhyParameters) -> Result<Outcome, Problem> {
    if given.from.is_empty() {
        return Ok(Outcome::Blank);
    }
    let asked = match read_why(api, given) {
        Ok(asked) => asked,
        Err(problem) => return fault(problem, "from"),
    };
    let _turn = api.turn_of_large_questions().await?;
    match load_why(api, &account_segment(&account.reference), &asked).await {
        Ok(why) => {
            // Images are of what is known now.
            let snippets = asked
                .to
                .is_none()
                .then(|| images(api, account, &asked, &why));
            let change = Box::new(ChangeView::of(why));
            Ok(Outcome::Change(change, snippets))
        }
        Err(problem) => fault(problem, "from"),
    }
}

/// The images of the place that was come to.
fn images(api: &Api, account: &Account, asked: &WhyRequest, why: &Why) -> Snippets {
    let shown = Shown {
        scope: &asked.scope,
        name: &why.meta.scope.name,
        period: asked.period,
        metric: Metric::Score,
        class: asked.class,
        company: None,
        page: &format!("/contributors/{}", account_segment(&account.reference)),
    };
    shown.of_place(api, &account_name(&account.reference), &account.login)
}

/// What a reader can mend stands at its field; what names none, at `usual`.
fn fault(problem: Problem, usual: &str) -> Result<Outcome, Problem> {
    match problem.kind {
        ProblemKind::InvalidParameter | ProblemKind::NotFound => {
            let at = match problem.parameter.as_deref() {
                // Instants are called so within the API.
                Some("as_of") => "to".to_owned(),
                Some(parameter) => parameter.to_owned(),
                None if problem.detail.contains("has been") => "scope".to_owned(),
                None => usual.to_owned(),
            };
            Ok(Outcome::Faulty(at, pieces(&problem.detail)))
        }
        _ => Err(problem),
    }
}

/// The instants whose knowledge can be read, and what was given.
fn choices(known: &[DateTime<Utc>], given: &WhyParameters) -> Vec<InstantChoice> {
    let written = |at: &DateTime<Utc>| at.to_rfc3339_opts(SecondsFormat::AutoSi, true);
    known
        .iter()
        .map(|at| {
            let value = written(at);
            let is = |text: &str| {
                let read = crate::parameters::read_instant("from", text);
                read.is_ok_and(|read| read.as_ref() == Some(at))
            };
            InstantChoice {
                label: instant_words(*at).trim_end_matches(" UTC").to_owned(),
                is_from: is(&given.from),
                is_to: is(&given.to),
                value,
            }
        })
        .collect()
}

/// The question, asked at a path.
fn question(path: &str, given: &WhyParameters) -> String {
    let pairs = [
        ("from", given.from.as_str()),
        ("to", given.to.as_str()),
        ("scope", given.scope.as_str()),
        ("period", given.period.as_str()),
        ("class", given.class.as_str()),
    ];
    with_query(path, &pairs)
}
