//! A stand-in for GitHub's REST and GraphQL APIs, over HTTP: real paths, headers and
//! limits, fed with events and objects by a test, and faulty when told so.

mod answers;
mod graphql;
mod state;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::routing::{get, post};
use chrono::{DateTime, Utc};
use runtime::{Clock, FixedClock};
use scraper::sources::github::{GithubClient, GithubSettings, Token};
use serde_json::Value;

use crate::Served;
pub use state::Fault;
use state::State;

/// The stand-in, serving until it is dropped.
pub struct Github {
    state: Arc<State>,
    clock: Arc<FixedClock>,
    served: Served,
    patience: Duration,
}

impl Github {
    /// Starts it at an instant.
    ///
    /// # Errors
    /// When no port can be listened on.
    pub async fn start(now: DateTime<Utc>) -> anyhow::Result<Self> {
        let clock = Arc::new(FixedClock::at(now));
        let state = Arc::new(State::new(clock.clone()));
        let router = Router::new()
            .route("/repos/{owner}/{name}", get(answers::repository))
            .route("/graphql", post(graphql::answer))
            .route("/repositories/{id}", get(answers::repository_by_id))
            .route("/repos/{owner}/{name}/events", get(answers::events))
            .route("/repos/{owner}/{name}/issues", get(answers::issues))
            .route("/repos/{owner}/{name}/pulls/{number}", get(answers::pull))
            .route("/repos/{owner}/{name}/commits/{sha}", get(answers::commit))
            .route(
                "/repos/{owner}/{name}/compare/{range}",
                get(answers::compare),
            )
            .route("/repos/{owner}/{name}/{*path}", get(answers::other))
            .layer(axum::middleware::from_fn_with_state(
                state.clone(),
                answers::limit,
            ))
            .with_state(state.clone());
        let served = Served::start(router).await?;
        Ok(Self {
            state,
            clock,
            served,
            patience: GithubSettings::default().patience,
        })
    }

    /// Its address.
    #[must_use]
    pub fn address(&self) -> &str {
        self.served.address()
    }

    /// Lets clients that are made from now on wait no longer than this for an answer.
    pub fn set_patience(&mut self, patience: Duration) {
        self.patience = patience;
    }

    /// A client with these tokens, on the stand-in's clock.
    ///
    /// # Errors
    /// When there can be none.
    pub fn client(&self, tokens: &[&str]) -> anyhow::Result<GithubClient> {
        let settings = GithubSettings {
            url: self.served.address().to_owned(),
            tokens: tokens.iter().map(|token| Token::new(token)).collect(),
            first_wait: Duration::from_millis(1),
            patience: self.patience,
        };
        let clock: Arc<dyn Clock> = self.clock.clone();
        Ok(GithubClient::new(settings, clock)?)
    }

    /// Sets the time, here and for clients.
    pub fn set_time(&self, now: DateTime<Utc>) {
        self.clock.set(now);
    }

    /// A repository and, newest first, the events in its feed.
    pub fn set_repository(&self, id: u64, name: &str, feed: Vec<Value>) {
        self.state.change(|world| {
            let repository = world.repositories.entry(id).or_default();
            repository.name = name.to_owned();
            repository.feed = feed;
        });
    }

    /// Gives a repository another name; the one before leads to it.
    pub fn rename(&self, id: u64, name: &str) {
        self.state.change(|world| {
            let repository = world.repositories.entry(id).or_default();
            let former = std::mem::replace(&mut repository.name, name.to_owned());
            world.former_names.insert(former.to_lowercase(), id);
        });
    }

    /// An object of a repository, by the rest of its path, such as
    /// `pulls/7` or `compare/a...b`.
    pub fn set_object(&self, id: u64, path: &str, object: Value) {
        self.state.change(|world| {
            let repository = world.repositories.entry(id).or_default();
            repository.objects.insert(path.to_owned(), object);
        });
    }

    /// The issues of a repository.
    pub fn set_issues(&self, id: u64, issues: Vec<Value>) {
        self.state.change(|world| {
            world.repositories.entry(id).or_default().issues = issues;
        });
    }

    /// How many requests each token has an hour.
    pub fn set_budget(&self, budget: u64) {
        self.state.change(|world| world.budget = budget);
    }

    /// Fails some of the coming requests.
    pub fn fail(&self, after: u64, times: u64, fault: Fault) {
        self.state.change(|world| {
            world.faults = Some((after, times, fault));
        });
    }

    /// Fails no more.
    pub fn recover(&self) {
        self.state.change(|world| world.faults = None);
    }

    /// How many pull requests GraphQL gives at once at most.
    pub fn set_most_queried(&self, most: usize) {
        self.state.change(|world| world.most_queried = most);
    }

    /// Queries of GraphQL so far, and requests for single pull requests over
    /// REST.
    #[must_use]
    pub fn queries_and_pulls(&self) -> (u64, u64) {
        self.state.look(|world| (world.queries, world.pulls))
    }

    /// Requests answered so far that count against a budget.
    #[must_use]
    pub fn charged(&self) -> u64 {
        self.state.look(|world| world.charged)
    }

    /// Requests of any kind so far.
    #[must_use]
    pub fn requests(&self) -> u64 {
        self.state.look(|world| world.requests)
    }
}
