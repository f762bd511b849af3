//! A board under another policy: a form, and what would come of it. Nothing is
//! stored.

mod form;
mod result;
mod slider;

use askama::Template;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use domain::{ClassFilter, Period, Policy};
use serde_json::Value;

use self::form::{PolicyForm, entered};
use self::result::ResultView;
use super::assets::what_if_script_path;
use super::error::for_readers;
use super::words::class_words;
use super::{Layout, respond_unkept};
use crate::api::Api;
use crate::handlers::SharedApi;
use crate::parameters::{
    Pairs, Parameters, WhatIfPageParameters, read_class, read_limit, read_period,
};
use crate::problem::{Problem, ProblemKind};
use crate::queries::snapshot::Snapshot;
use crate::resources::what_if::{WhatIfRequest, load_what_if};
use crate::target::{ScopeName, find_target};

/// What stands wrong at one of the fields that say which board is wanted.
#[derive(Default)]
struct BoardFaults {
    scope: Option<String>,
    period: Option<String>,
    class: Option<String>,
}

impl BoardFaults {
    fn is_empty(&self) -> bool {
        self.scope.is_none() && self.period.is_none() && self.class.is_none()
    }
}

/// What comes of what was asked.
enum Outcome {
    /// Nothing was asked yet.
    Blank,
    /// The policy that holds was asked about.
    Same,
    /// Something is wrong with the question.
    Faulty,
    Board(Box<ResultView>),
}

#[derive(Template)]
#[template(path = "what_if.html")]
struct WhatIfPage {
    layout: Layout,
    given: WhatIfPageParameters,
    board_faults: BoardFaults,
    classes: [(&'static str, &'static str, bool); 4],
    policy_version: u32,
    form: PolicyForm,
    outcome: Outcome,
}

pub(crate) async fn show_what_if(
    api: SharedApi,
    Pairs(pairs): Pairs,
    Parameters(given): Parameters<WhatIfPageParameters>,
) -> Result<Response, Problem> {
    let entered = entered(&pairs);
    let mut snapshot = api.snapshot().await?;
    let (board, mut board_faults) = read_board(&api, &given)?;
    let present = match present_policy(&mut snapshot, &board.scope).await {
        Err(problem) if problem.kind == ProblemKind::NotFound => {
            board_faults.scope = Some(for_readers(&problem.detail));
            snapshot.policies().general().clone()
        }
        found => found?,
    };
    let mut form = PolicyForm::of(&present, &entered);
    let document = form.document(&entered);
    let policy = present.entered(snapshot.policies().next_version(), &document);
    if let Err(faults) = &policy {
        form.blame(&faults.0);
    }
    let outcome = match policy {
        Ok(policy) if board_faults.is_empty() => match policy.says_the_same(&present) {
            true if entered.is_empty() => Outcome::Blank,
            true => Outcome::Same,
            false => {
                let request = WhatIfRequest {
                    policy: document,
                    ..board
                };
                Outcome::Board(Box::new(load_result(&api, snapshot, request).await?))
            }
        },
        _ => Outcome::Faulty,
    };
    let status = match outcome {
        Outcome::Faulty => StatusCode::BAD_REQUEST,
        _ => StatusCode::OK,
    };
    let page = what_if_page(&api, given, board_faults, &present, form, outcome);
    Ok((status, respond_unkept(&page)?).into_response())
}

/// Which board is wanted, and what is wrong with how that is said.
fn read_board(
    api: &Api,
    given: &WhatIfPageParameters,
) -> Result<(WhatIfRequest, BoardFaults), Problem> {
    let mut faults = BoardFaults::default();
    let scope = ScopeName::parse(&given.scope).unwrap_or_else(|problem| {
        faults.scope = Some(problem.detail);
        ScopeName::Global
    });
    let period = read_period(&given.period, api.now().date_naive()).unwrap_or_else(|problem| {
        faults.period = Some(problem.detail);
        Period::All
    });
    let class = read_class(&given.class).unwrap_or_else(|problem| {
        faults.class = Some(problem.detail);
        None
    });
    let request = WhatIfRequest {
        scope,
        period,
        class: class.unwrap_or(ClassFilter::Human),
        limit: read_limit(&given.limit)?,
        policy: Value::Null,
    };
    Ok((request, faults))
}

/// The policy that boards of a scope are scored by.
async fn present_policy(snapshot: &mut Snapshot, scope: &ScopeName) -> Result<Policy, Problem> {
    let target = find_target(snapshot, scope).await?;
    Ok(snapshot.policy(&target).clone())
}

async fn load_result(
    api: &Api,
    snapshot: Snapshot,
    request: WhatIfRequest,
) -> Result<ResultView, Problem> {
    // Whoever waits for a turn holds no connection meanwhile.
    drop(snapshot);
    let _turn = api.turn_of_large_questions().await?;
    let mut snapshot = api.snapshot().await?;
    let found = load_what_if(api, &mut snapshot, &request).await?;
    Ok(ResultView::of(found, &request))
}

fn what_if_page(
    api: &Api,
    given: WhatIfPageParameters,
    board_faults: BoardFaults,
    present: &Policy,
    form: PolicyForm,
    outcome: Outcome,
) -> WhatIfPage {
    let description = "A board as it would be if something else were worth something else.";
    let mut layout = Layout::new(api, "What if", description);
    layout.active = "what-if";
    layout.script = Some(what_if_script_path());
    let chosen = match given.class.as_str() {
        "" => ClassFilter::Human.as_str(),
        class => class,
    };
    WhatIfPage {
        layout,
        classes: ClassFilter::ALL.map(|class| {
            let value = class.as_str();
            (value, class_words(class), value == chosen)
        }),
        policy_version: present.version,
        form,
        outcome,
        board_faults,
        given,
    }
}

impl WhatIfPage {
    /// Every field that something is wrong with: its label, where it is, and
    /// what is wrong.
    fn faults(&self) -> Vec<(String, String, String)> {
        let of_board = [
            ("Board", "scope", &self.board_faults.scope),
            ("Period", "period", &self.board_faults.period),
            ("Contributors", "class", &self.board_faults.class),
        ];
        let of_board = of_board.into_iter().filter_map(|(label, id, fault)| {
            Some((label.to_owned(), id.to_owned(), fault.clone()?))
        });
        let of_policy = self.form.fields().flat_map(|field| {
            let told = |fault: &String| (field.label.clone(), field.id(), fault.clone());
            field.faults.iter().map(told)
        });
        of_board.chain(of_policy).collect()
    }
}
