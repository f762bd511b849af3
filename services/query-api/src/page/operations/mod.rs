//! The page of who runs this: what is wrong, what is done, and how fresh the
//! numbers are.

mod circuits;
mod concerns;
mod jobs;
mod models;

use askama::Template;
use axum::response::Response;
use chrono::{DateTime, Datelike, Utc};
use domain::Period;

use self::circuits::CircuitView;
use self::concerns::{Concern, Facts, Severity, concerns};
use self::jobs::{DueView, JobView, QueueView, STATES, queue_views};
use self::models::{GenerationView, ProjectionView, SwitchView};
use super::amount::dollars;
use super::choices::Choice;
use super::runbook::section;
use super::words::{counted, instant_words};
use super::{Layout, respond_unkept};
use crate::addresses::with_query;
use crate::api::Api;
use crate::cursor::List;
use crate::handlers::SharedApi;
use crate::handlers::jobs::read_filter;
use crate::parameters::{JobParameters, Parameters, read_limit};
use crate::points::number;
use crate::problem::Problem;
use crate::queries::dead_letters;
use crate::queries::jobs::JobFilter;
use crate::queries::projections::{ProjectionRow, projections};
use crate::queries::snapshot::Snapshot;
use crate::resources::budget::{BudgetAnswer, load_budget};
use crate::resources::circuits::{Circuit, load_circuits};
use crate::resources::coverage::{CoverageSummary, load_summary};
use crate::resources::jobs::{Job, Jobs, ScheduledJob, load_jobs, load_schedule};
use crate::resources::replay::{ReplayAnswer, load_replay};
use crate::target::Target;

/// Jobs of a page, unless asked otherwise.
const USUAL_LIMIT: u32 = 20;

/// Jobs of each state that are looked at for what is wrong.
const LOOKED_AT: u32 = 200;

/// Switches that are shown.
const SWITCHES: usize = 5;

/// What is wrong, in words.
struct ConcernView {
    colour: &'static str,
    severity: &'static str,
    text: String,
    runbook: String,
    section: &'static str,
}

/// One number, and where it is told of.
struct Tile {
    name: &'static str,
    value: String,
    of: String,
    page: &'static str,
}

#[derive(Template)]
#[template(path = "operations.html")]
struct OperationsPage {
    layout: Layout,
    /// The class of the colour, a few words, and the sentence after them.
    state: (&'static str, &'static str, String),
    concerns: Vec<ConcernView>,
    tiles: Vec<Tile>,
    projections: Vec<ProjectionView>,
    states: [&'static str; 6],
    queues: Vec<QueueView>,
    schedule: Vec<DueView>,
    choices: Vec<Choice>,
    /// The one name or queue that jobs are shown of, and the way to all.
    only: Option<(String, String)>,
    jobs: Vec<JobView>,
    first_page: Option<String>,
    next_page: Option<String>,
    generations: Vec<GenerationView>,
    switches: Vec<SwitchView>,
    circuits: Vec<CircuitView>,
    /// What to do about one that is open.
    circuit_open: String,
    looked: String,
}

/// Everything the page tells of, at one moment.
struct Loaded {
    jobs: Jobs,
    at_work: Vec<Job>,
    failed: Vec<Job>,
    schedule: Vec<ScheduledJob>,
    circuits: Vec<Circuit>,
    letters: i64,
    budget: BudgetAnswer,
    projections: Vec<ProjectionRow>,
    coverage: CoverageSummary,
    replay: ReplayAnswer,
}

pub(crate) async fn show_operations(
    api: SharedApi,
    Parameters(given): Parameters<JobParameters>,
) -> Result<Response, Problem> {
    let filter = read_filter(&given)?;
    let limit = match given.limit.as_str() {
        "" => USUAL_LIMIT,
        limit => read_limit(limit)?,
    };
    let after = Jobs::read_cursor(&given.cursor)?;
    let mut snapshot = api.snapshot().await?;
    let now = api.now();
    let jobs = load_jobs(&mut snapshot, &filter, after.as_ref(), limit).await?;
    let loaded = load(&api, &mut snapshot, jobs, now).await?;
    let description = "Whether all is well, what is done, and how fresh the numbers are.";
    let mut layout = Layout::new(&api, "Operations", description);
    layout.active = "operations";
    layout.json = Some("/api/v1/jobs".to_owned());
    let place = Place {
        filter,
        is_first: after.is_none(),
    };
    respond_unkept(&operations_page(layout, loaded, &place, now))
}

/// Which part of the jobs is shown.
struct Place {
    filter: JobFilter,
    is_first: bool,
}

impl Place {
    /// The page's address with another state.
    fn address(&self, state: &str, cursor: Option<&str>) -> String {
        let pairs = [
            ("name", self.filter.name.as_str()),
            ("queue", self.filter.queue.as_str()),
            ("state", state),
            ("cursor", cursor.unwrap_or_default()),
        ];
        format!("{}#jobs", with_query("/operations", &pairs))
    }

    fn choices(&self) -> Vec<Choice> {
        let choice = |(label, state): (&str, &str)| Choice {
            label: label.to_owned(),
            title: label.to_owned(),
            value: state.to_owned(),
            address: self.address(state, None),
            selected: self.filter.state == state,
        };
        let states = STATES.into_iter().map(|state| (state, state));
        std::iter::once(("all", ""))
            .chain(states)
            .map(choice)
            .collect()
    }

    fn only(&self) -> Option<(String, String)> {
        let Self { filter, .. } = self;
        let named = [&filter.name, &filter.queue];
        let named: Vec<&str> = named
            .into_iter()
            .filter(|name| !name.is_empty())
            .map(String::as_str)
            .collect();
        let all = Self {
            filter: JobFilter {
                state: filter.state.clone(),
                ..JobFilter::default()
            },
            is_first: true,
        };
        (!named.is_empty()).then(|| (named.join(" in "), all.address(&filter.state, None)))
    }
}

async fn load(
    api: &Api,
    snapshot: &mut Snapshot,
    jobs: Jobs,
    now: DateTime<Utc>,
) -> Result<Loaded, Problem> {
    let month = now.date_naive().with_day(1).unwrap_or(now.date_naive());
    let mut at_work = Vec::new();
    for state in ["running", "waiting", "retrying"] {
        at_work.extend(jobs_in(snapshot, state).await?);
    }
    let totals = dead_letters::totals(snapshot.connection()).await?;
    let open = totals.into_iter().find(|(state, _)| state == "parked");
    Ok(Loaded {
        at_work,
        failed: jobs_in(snapshot, "failed").await?,
        schedule: load_schedule(snapshot).await?.schedule,
        circuits: load_circuits(snapshot, now).await?.circuits,
        letters: open.map_or(0, |(_, letters)| letters),
        budget: load_budget(snapshot, month, now).await?,
        projections: projections(snapshot.connection()).await?,
        coverage: load_summary(api, snapshot, &Target::Global, Period::All).await?,
        // The snapshot reads another generation afterwards.
        replay: load_replay(snapshot).await?,
        jobs,
    })
}

async fn jobs_in(snapshot: &mut Snapshot, state: &str) -> Result<Vec<Job>, Problem> {
    let filter = JobFilter {
        state: state.to_owned(),
        ..JobFilter::default()
    };
    Ok(load_jobs(snapshot, &filter, None, LOOKED_AT).await?.jobs)
}

fn operations_page(
    layout: Layout,
    loaded: Loaded,
    place: &Place,
    now: DateTime<Utc>,
) -> OperationsPage {
    let found = concerns(&Facts {
        now,
        projections: &loaded.projections,
        generations: &loaded.replay.generations,
        at_work: &loaded.at_work,
        failed: &loaded.failed,
        paused: &loaded.jobs.meta.paused,
        schedule: &loaded.schedule,
        circuits: &loaded.circuits,
        letters: loaded.letters,
        budget: &loaded.budget,
        hours: loaded.coverage.hours,
    });
    let state = place.filter.state.as_str();
    let next = loaded.jobs.meta.next_cursor.as_deref();
    OperationsPage {
        layout,
        state: state_of(&found),
        tiles: tiles(&loaded),
        concerns: found.into_iter().map(ConcernView::from).collect(),
        states: STATES,
        queues: queue_views(&loaded.jobs.meta.totals, loaded.jobs.meta.paused, now),
        choices: place.choices(),
        only: place.only(),
        first_page: (!place.is_first).then(|| place.address(state, None)),
        next_page: next.map(|cursor| place.address(state, Some(cursor))),
        projections: views(loaded.projections, now, ProjectionView::of),
        schedule: views(loaded.schedule, now, DueView::of),
        jobs: views(loaded.jobs.jobs, now, JobView::of),
        generations: views(loaded.replay.generations, now, GenerationView::of),
        switches: views(
            loaded.replay.switches.into_iter().take(SWITCHES),
            now,
            SwitchView::of,
        ),
        circuits: views(loaded.circuits, now, CircuitView::of),
        circuit_open: section("CircuitOpen"),
        looked: instant_words(now),
    }
}

fn views<T, V>(
    all: impl IntoIterator<Item = T>,
    now: DateTime<Utc>,
    view: fn(T, DateTime<Utc>) -> V,
) -> Vec<V> {
    all.into_iter().map(|one| view(one, now)).collect()
}

/// What is said of everything together.
fn state_of(found: &[Concern]) -> (&'static str, &'static str, String) {
    let count = |severity| {
        let of = found.iter().filter(|one| one.severity == severity).count();
        i64::try_from(of).unwrap_or(i64::MAX)
    };
    let (critical, warnings, notes) = (
        count(Severity::Critical),
        count(Severity::Warning),
        count(Severity::Note),
    );
    let things = |count| counted(count, "thing", "things");
    match (critical, warnings, notes) {
        (0, 0, 0) => (
            "complete",
            "All is well",
            "Nothing stands still, nothing failed, and nothing waits for a person.".to_owned(),
        ),
        (0, 0, notes) => (
            "complete",
            "All is well",
            format!("{} worth knowing.", things(notes)),
        ),
        (0, warnings, _) => (
            "partial",
            "Somebody must look today",
            format!("{} to look at.", things(warnings)),
        ),
        (critical, _, _) => (
            "missing",
            "Somebody must look now",
            format!("{} that cannot wait.", things(critical)),
        ),
    }
}

fn tiles(loaded: &Loaded) -> Vec<Tile> {
    let in_state = |state: &str| {
        let jobs = loaded.jobs.meta.totals.values();
        jobs.filter_map(|states| states.get(state)).sum::<i64>()
    };
    let behind: i64 = loaded.projections.iter().map(|row| row.pending).sum();
    let spent = &loaded.budget.spent;
    let taken = spent.settled_micros.saturating_add(spent.reserved_micros);
    let limits = loaded.budget.limits.as_ref();
    let tile = |name, value, of, page| Tile {
        name,
        value,
        of,
        page,
    };
    vec![
        tile(
            "Still to project",
            number(behind),
            format!("messages, of {} projections", loaded.projections.len()),
            "#projections",
        ),
        tile(
            "Jobs running",
            number(in_state("running")),
            format!(
                "{} waiting",
                number(in_state("waiting") + in_state("retrying"))
            ),
            "#jobs",
        ),
        tile(
            "Dead letters",
            number(loaded.letters),
            "wait for somebody".to_owned(),
            "/dead-letters",
        ),
        tile(
            "Spent this month",
            dollars(taken),
            match limits {
                Some(limits) => format!("of {} that may be", dollars(limits.month_micros)),
                None => "nothing may be spent".to_owned(),
            },
            "/costs",
        ),
    ]
}

impl From<Concern> for ConcernView {
    fn from(concern: Concern) -> Self {
        let (colour, severity) = match concern.severity {
            Severity::Critical => ("missing", "now"),
            Severity::Warning => ("partial", "today"),
            Severity::Note => ("unknown", "note"),
        };
        Self {
            colour,
            severity,
            text: concern.text,
            runbook: section(concern.runbook),
            section: concern.runbook,
        }
    }
}
