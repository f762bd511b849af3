//! A stand-in for BigQuery's REST API, over HTTP: dry runs, jobs that are
//! charged for and capped, results in pages, and faults when told so. It
//! understands the queries over day tables and no others.

mod answers;
mod evaluate;
mod state;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::routing::{get, post};
use bigquery::{BigQuery, BigQuerySettings, Credentials};
use chrono::NaiveDate;
use serde_json::Value;

use crate::Served;
pub use state::Fault;
use state::{State, Table};

/// The token that the stand-in takes.
pub const TOKEN: &str = "let-me-in";

/// The stand-in, serving until it is dropped.
pub struct Warehouse {
    state: Arc<State>,
    served: Served,
}

impl Warehouse {
    /// Starts it.
    ///
    /// # Errors
    /// When no port can be listened on.
    pub async fn start() -> anyhow::Result<Self> {
        let state = Arc::new(State::default());
        let router = Router::new()
            .route("/projects/{project}/jobs", post(answers::insert))
            .route("/projects/{project}/jobs/{job}", get(answers::job))
            .route("/projects/{project}/queries/{job}", get(answers::results))
            .layer(axum::middleware::from_fn_with_state(
                state.clone(),
                answers::limit,
            ))
            .with_state(state.clone());
        let served = Served::start(router).await?;
        Ok(Self { state, served })
    }

    /// Its address.
    #[must_use]
    pub fn address(&self) -> &str {
        self.served.address()
    }

    /// The token that it takes.
    #[must_use]
    pub fn token(&self) -> &str {
        TOKEN
    }

    /// A client, paid by a project.
    ///
    /// # Errors
    /// When there can be none.
    pub async fn client(&self) -> anyhow::Result<BigQuery> {
        Ok(BigQuery::connect(self.settings()).await?)
    }

    /// How it is reached, paid by a project.
    #[must_use]
    pub fn settings(&self) -> BigQuerySettings {
        BigQuerySettings {
            url: self.served.address().to_owned(),
            credentials: Credentials::Token(TOKEN.to_owned()),
            first_wait: Duration::from_millis(1),
            ..BigQuerySettings::of_project("payer")
        }
    }

    /// The table of a day: its events, in the shape of archives, and what
    /// reading it counts for without and with the payload, in bytes.
    pub fn set_day(&self, day: NaiveDate, events: Vec<Value>, (light, whole): (u64, u64)) {
        let table = Table {
            events,
            light,
            whole,
        };
        self.state
            .change(|world| world.tables.insert(day.format("%Y%m%d").to_string(), table));
    }

    /// Rows of a page at most.
    pub fn set_page(&self, rows: usize) {
        self.state.change(|world| world.page = rows);
    }

    /// Fails some of the coming requests.
    pub fn fail(&self, after: u64, times: u64, fault: Fault) {
        self.state
            .change(|world| world.faults = Some((after, times, fault)));
    }

    /// Fails no more.
    pub fn recover(&self) {
        self.state.change(|world| world.faults = None);
    }

    /// Lets the next job fail for a reason.
    pub fn fail_job(&self, reason: &str) {
        self.state
            .change(|world| world.job_fault = Some(reason.to_owned()));
    }

    /// Forgets the rows of all jobs, as BigQuery does after a day.
    pub fn forget_rows(&self) {
        self.state.change(|world| {
            for job in world.jobs.values_mut() {
                job.rows = None;
            }
        });
    }

    /// How often jobs are looked at before they are done.
    pub fn set_slowness(&self, looks: u32) {
        self.state.change(|world| world.looks = looks);
    }

    /// Bytes charged for so far.
    #[must_use]
    pub fn billed(&self) -> u64 {
        self.state
            .look(|world| world.jobs.values().map(|job| job.billed).sum())
    }

    /// Jobs started so far.
    #[must_use]
    pub fn jobs(&self) -> usize {
        self.state.look(|world| world.jobs.len())
    }
}
