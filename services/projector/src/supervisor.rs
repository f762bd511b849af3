//! Runs every projection of every generation there is.

use std::collections::BTreeMap;
use std::time::Duration;

use event_log::EventLog;
use postgres::{Generation, GenerationPool, GenerationState, generations, within};
use sqlx::PgPool;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::runner::count_dead_letters;
use crate::{
    Contributions, Costs, Coverage, DeadLetters, Decisions, Jobs, Pace, Projection,
    ProjectionError, ProjectorSettings, Schedule, Tracking, run_projection,
};

/// How often it is looked which generations there are.
const LOOK: Duration = Duration::from_millis(250);

/// How long the database may take to say which generations there are.
const ANSWER_LIMIT: Duration = Duration::from_secs(12);

/// Runs every projection of every generation until cancelled; a generation
/// that is made or dropped meanwhile is taken up or let go. Any number of
/// projectors may run: each projection of a generation has one owner at a
/// time, the others stand by.
///
/// # Errors
/// Only what trying again cannot mend; everything else is tried again.
pub async fn run(
    pool: PgPool,
    log: EventLog,
    settings: ProjectorSettings,
    stop: CancellationToken,
) -> Result<(), ProjectionError> {
    // Many at once are seen as a change only if there was none before.
    count_dead_letters(0);
    let mut supervisor = Supervisor {
        pool,
        log,
        settings,
        stop,
        running: BTreeMap::new(),
        tasks: JoinSet::new(),
    };
    let outcome = supervisor.watch().await;
    supervisor.let_all_go();
    while let Some(ended) = supervisor.tasks.join_next().await {
        outcome_of(ended)?;
    }
    outcome
}

/// A generation whose projections run.
struct Running {
    stop: CancellationToken,
    pace: Pace,
}

struct Supervisor {
    pool: PgPool,
    log: EventLog,
    settings: ProjectorSettings,
    stop: CancellationToken,
    running: BTreeMap<i32, Running>,
    tasks: JoinSet<Result<(), ProjectionError>>,
}

impl Supervisor {
    async fn watch(&mut self) -> Result<(), ProjectionError> {
        let mut looks = tokio::time::interval(LOOK);
        looks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                () = self.stop.cancelled() => return Ok(()),
                Some(ended) = self.tasks.join_next() => outcome_of(ended)?,
                _ = looks.tick() => self.look().await,
            }
        }
    }

    /// Takes up and lets go what changed. What cannot be found out now is
    /// found out later; what runs goes on meanwhile.
    async fn look(&mut self) {
        let looked = self
            .stop
            .run_until_cancelled(within(ANSWER_LIMIT, generations(&self.pool)));
        match looked.await {
            Some(Ok(found)) => {
                self.finish_past(&found).await;
                let following = found
                    .into_iter()
                    .filter(|generation| generation.state.follows_the_log());
                self.follow(following.collect());
            }
            Some(Err(error)) => tracing::warn!(%error, "generations_unknown"),
            None => {}
        }
    }

    /// Lets generations of the past be what they are, once they are complete.
    async fn finish_past(&self, found: &[Generation]) {
        let of_the_past = |generation: &&Generation| generation.state == GenerationState::Recalling;
        for generation in found.iter().filter(of_the_past) {
            let finishing = crate::replay::finish(&self.pool, generation);
            if let Some(Err(error)) = self.stop.run_until_cancelled(finishing).await {
                let generation = generation.number;
                tracing::warn!(generation, %error, "past_generation_not_finished");
            }
        }
    }

    fn follow(&mut self, found: Vec<Generation>) {
        self.running.retain(|number, running| {
            let stays = found.iter().any(|generation| generation.number == *number);
            if !stays {
                running.stop.cancel();
                tracing::info!(generation = number, "generation_let_go");
            }
            stays
        });
        for generation in found {
            let number = generation.number;
            // Only what nobody reads yet is slowed down.
            let is_building = generation.state == GenerationState::Building;
            let limit = generation.throttle.filter(|_| is_building);
            let running = match self.running.remove(&number) {
                Some(running) => running,
                None => self.take_up(generation),
            };
            running.pace.set(limit);
            self.running.insert(number, running);
        }
    }

    fn take_up(&mut self, generation: Generation) -> Running {
        tracing::info!(generation = generation.number, "generation_taken_up");
        let running = Running {
            stop: self.stop.child_token(),
            pace: Pace::default(),
        };
        let home = GenerationPool::dedicated(&self.pool, generation);
        self.tasks.spawn(run_generation(
            home,
            self.log.clone(),
            self.settings.clone(),
            running.pace.clone(),
            running.stop.clone(),
        ));
        running
    }

    fn let_all_go(&self) {
        for running in self.running.values() {
            running.stop.cancel();
        }
    }
}

fn outcome_of(
    ended: Result<Result<(), ProjectionError>, tokio::task::JoinError>,
) -> Result<(), ProjectionError> {
    ended.unwrap_or_else(|panicked| Err(ProjectionError::Ended(panicked.to_string())))
}

/// Runs every projection that a generation holds.
async fn run_generation(
    home: GenerationPool,
    log: EventLog,
    settings: ProjectorSettings,
    pace: Pace,
    stop: CancellationToken,
) -> Result<(), ProjectionError> {
    let place = Place {
        home: &home,
        log: &log,
        settings: &settings,
        pace: &pace,
        stop: &stop,
    };
    let (contributions, decisions, costs, coverage, dead_letters, jobs, schedule, tracking, ()) = tokio::join!(
        place.run(Contributions::default()),
        place.run(Decisions::default()),
        place.run(Costs),
        place.run(Coverage),
        place.run(DeadLetters),
        place.run(Jobs),
        place.run(Schedule),
        place.run(Tracking),
        crate::replay::make_boards_when_near(&home, &log, &stop),
    );
    home.pool().close().await;
    let facts = contributions.and(decisions).and(costs).and(coverage);
    let work = dead_letters.and(jobs).and(schedule);
    facts.and(work).and(tracking)
}

/// What the projections of a generation share.
struct Place<'a> {
    home: &'a GenerationPool,
    log: &'a EventLog,
    settings: &'a ProjectorSettings,
    pace: &'a Pace,
    stop: &'a CancellationToken,
}

impl Place<'_> {
    async fn run<P: Projection>(&self, projection: P) -> Result<(), ProjectionError> {
        if !self.home.generation().holds(P::BELONGS_TO) {
            return Ok(());
        }
        let (home, log) = (self.home, self.log);
        run_projection(projection, home, log, self.settings, self.pace, self.stop).await
    }
}
