//! What people missed, and what came of it.

use askama::Template;
use axum::response::Response;
use chrono::{DateTime, Utc};
use domain::ContributionKind;
use uuid::Uuid;

use super::relative::Relative;
use super::words::{instant_words, kind_word};
use super::{Layout, respond_unkept};
use crate::addresses::account_segment;
use crate::cursor::List;
use crate::handlers::SharedApi;
use crate::parameters::{ListParameters, Parameters, PathParts, read_limit};
use crate::problem::Problem;
use crate::resources::contribution::ContributionStanding;
use crate::resources::dispute::{Dispute, Disputes, load_dispute, load_disputes};

/// A dispute in words.
struct DisputeView {
    page: String,
    /// What is missed: its address, without what all addresses have in common.
    name: String,
    url: Option<String>,
    actor: String,
    reason: String,
    raised: Relative,
    outcome: &'static str,
    /// The class of the colour in the style sheet.
    colour: &'static str,
    detail: String,
    answered: Option<Relative>,
}

/// How a contribution stands, in words.
struct StandingView {
    kind: String,
    key: String,
    when: String,
    instant: String,
    who: Option<(String, String)>,
    because: String,
    counts: bool,
}

#[derive(Template)]
#[template(path = "disputes.html")]
struct DisputesPage {
    layout: Layout,
    disputes: Vec<DisputeView>,
    first_page: Option<String>,
    next_page: Option<String>,
}

#[derive(Template)]
#[template(path = "dispute.html")]
struct DisputePage {
    layout: Layout,
    dispute: DisputeView,
    standing: Vec<StandingView>,
}

pub(crate) async fn show_disputes(
    api: SharedApi,
    Parameters(given): Parameters<ListParameters>,
) -> Result<Response, Problem> {
    let limit = read_limit(&given.limit)?;
    let after = Disputes::read_cursor(&given.cursor)?;
    let mut snapshot = api.snapshot().await?;
    let found = load_disputes(&mut snapshot, after.as_ref(), limit).await?;
    let description = "What people missed, and what GitHub said when it was asked.";
    let mut layout = Layout::new(&api, "Disputes", description);
    layout.active = "disputes";
    layout.json = Some("/api/v1/disputes".to_owned());
    let now = api.now();
    let next = found.meta.next_cursor;
    respond_unkept(&DisputesPage {
        layout,
        disputes: found
            .disputes
            .into_iter()
            .map(|dispute| DisputeView::of(dispute, now))
            .collect(),
        first_page: after.map(|_| "/disputes".to_owned()),
        next_page: next.map(|cursor| format!("/disputes?limit={limit}&cursor={cursor}")),
    })
}

pub(crate) async fn show_dispute(
    api: SharedApi,
    PathParts(given): PathParts<String>,
) -> Result<Response, Problem> {
    let id = Uuid::parse_str(&given)
        .map_err(|_| Problem::parameter("id", &given, "use the id of a dispute, a UUID"))?;
    let mut snapshot = api.snapshot().await?;
    let found = load_dispute(&mut snapshot, id).await?;
    let description = "What somebody missed, and how it stands now.";
    let mut layout = Layout::new(&api, "A dispute", description);
    layout.active = "disputes";
    layout.json = Some(format!("/api/v1/disputes/{id}"));
    respond_unkept(&DisputePage {
        layout,
        dispute: DisputeView::of(found.dispute, api.now()),
        standing: found
            .contributions
            .into_iter()
            .map(StandingView::from)
            .collect(),
    })
}

impl DisputeView {
    fn of(dispute: Dispute, now: DateTime<Utc>) -> Self {
        let (outcome, colour) = match dispute.outcome.as_deref() {
            Some("recorded") => ("recorded", "complete"),
            Some("not_counted") => ("not counted", "unknown"),
            Some("not_found") => ("not found", "missing"),
            _ => ("GitHub is to be asked", "partial"),
        };
        let on_github = dispute.url.strip_prefix("https://github.com/");
        Self {
            page: format!("/disputes/{}", dispute.id),
            name: on_github.unwrap_or(&dispute.url).to_owned(),
            url: on_github.map(|_| dispute.url.clone()),
            actor: dispute.actor,
            reason: dispute.reason,
            raised: Relative::of(dispute.raised_at, now),
            outcome,
            colour,
            detail: dispute.detail.unwrap_or_default(),
            answered: dispute.answered_at.map(|at| Relative::of(at, now)),
        }
    }
}

impl From<ContributionStanding> for StandingView {
    fn from(standing: ContributionStanding) -> Self {
        let kind: Option<ContributionKind> = standing.kind.parse().ok();
        let who = standing.account.map(|account| {
            let login = standing.login.unwrap_or_else(|| account.to_string());
            (
                login,
                format!("/contributors/{}", account_segment(&account)),
            )
        });
        Self {
            kind: kind.map_or(standing.kind, |kind| kind_word(kind).to_owned()),
            key: standing.key,
            when: instant_words(standing.occurred_at),
            instant: standing.occurred_at.to_rfc3339(),
            who,
            because: standing.because,
            counts: standing.counted > 0,
        }
    }
}
