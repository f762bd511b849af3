//! What every request shares: the pool, the settings, and what is kept in
//! memory.

mod snapshots;

use std::hash::{DefaultHasher, Hash, Hasher};
use std::sync::Arc;
use std::time::Duration;

use access::Gate;
use chrono::{DateTime, Utc};
use runtime::Clock;
use serde_json::Value;
use sqlx::PgPool;
use tokio::sync::{Semaphore, SemaphorePermit, watch};

use crate::affiliations::{KnownByDecision, affiliations_cache};
use crate::answer::{Answers, answers_cache};
use crate::computed::{
    Boards, CompanyTallies, Tallies, boards_cache, company_tallies_cache, tallies_cache,
};
use crate::coverage_index::KnownCoverage;
use crate::edge::metrics::RequestMetrics;
use crate::edge::recall::Memory;
use crate::embed::Theme;
use crate::explained::{Explanations, explanations_cache};
use crate::logins::{Logins, logins_cache};
use crate::page::assets;
use crate::page::reference::Reference;
use crate::primary::Primary;
use crate::problem::Problem;
use crate::queries::snapshot::ReadGeneration;
use crate::ranks::RankBoards;
use crate::settings::Settings;
use crate::standby::Standby;
use crate::stream::Streams;
use crate::tracked::{TrackedByDecision, tracked_cache};
use crate::version::{DataVersion, KnownVersion};

/// Renders the process's metrics.
pub type MetricsText = Arc<dyn Fn() -> String + Send + Sync>;

/// Renders the process's metrics in a form that whoever asks accepts, and names the form.
pub type MetricsInForms = Arc<dyn Fn(&str) -> (String, &'static str) + Send + Sync>;

/// The query API's state, shared by all requests.
pub struct Api {
    pool: PgPool,
    primary: Arc<Primary>,
    /// What changes are heard of by.
    changes: PgPool,
    /// What is read in place of the primary, if there is one.
    standby: Option<Arc<Standby>>,
    generation: ReadGeneration,
    settings: Settings,
    /// Who is let in; it stands open unless another is put in.
    gate: Gate,
    /// The AsyncAPI document of the events, where it is known.
    events: Option<Value>,
    /// The OpenAPI document of the commands, where it is known.
    commands: Option<Value>,
    reference: Reference,
    clock: Arc<dyn Clock>,
    metrics: MetricsInForms,
    request_metrics: RequestMetrics,
    memory: Memory,
    answers: Answers,
    tallies: Tallies,
    boards: Boards,
    company_tallies: CompanyTallies,
    affiliations: KnownByDecision,
    tracked: TrackedByDecision,
    explanations: Explanations,
    ranks: RankBoards,
    logins: Logins,
    coverage: KnownCoverage,
    streams: Streams,
    /// Questions that read everything there is, two at a time.
    large_questions: Semaphore,
    exports: Arc<Semaphore>,
    /// Images being drawn as pixels.
    drawings: Arc<Semaphore>,
    known_version: KnownVersion,
    /// Held here so that the version stays unknown, instead of closed, when
    /// nobody follows the changes.
    announce_version: watch::Sender<Option<DataVersion>>,
    fingerprint: u64,
}

impl Api {
    /// State over a database that is read, never written.
    #[must_use]
    pub fn new(
        pool: PgPool,
        settings: Settings,
        clock: Arc<dyn Clock>,
        metrics: MetricsText,
    ) -> Self {
        let (announce_version, known_version) = watch::channel(None);
        // Responses, bodies, tallies, boards, those of companies, explanations
        // and logins each get a share.
        let share = settings.cache_mebibytes * 1024 * 1024 / 7;
        let ranks = settings.rank_mebibytes * 1024 * 1024;
        Self {
            fingerprint: fingerprint(&settings),
            streams: Streams::new(settings.streams),
            primary: Arc::new(Primary::new(pool.clone())),
            changes: pool.clone(),
            standby: None,
            pool,
            generation: ReadGeneration::default(),
            settings,
            gate: Gate::default(),
            events: None,
            commands: None,
            reference: Reference::default(),
            clock,
            metrics: Arc::new(move |_| (metrics(), runtime::metrics::TEXT)),
            request_metrics: RequestMetrics::default(),
            memory: Memory::new(share),
            answers: answers_cache(share),
            tallies: tallies_cache(share),
            boards: boards_cache(share),
            company_tallies: company_tallies_cache(share),
            affiliations: affiliations_cache(),
            tracked: tracked_cache(),
            explanations: explanations_cache(share),
            ranks: RankBoards::new(ranks),
            logins: logins_cache(share),
            coverage: KnownCoverage::default(),
            large_questions: Semaphore::new(2),
            exports: Arc::new(Semaphore::new(MOST_EXPORTS)),
            drawings: Arc::new(Semaphore::new(MOST_DRAWINGS)),
            known_version,
            announce_version,
        }
    }

    /// Hears of changes by connections of its own: notifications belong to a
    /// session, and a pooler that hands sessions on after each transaction
    /// passes none.
    #[must_use]
    pub fn hearing_by(self, changes: PgPool) -> Self {
        Self { changes, ..self }
    }

    /// Reads a standby in place of the primary, as long as it holds what was heard of.
    #[must_use]
    pub fn reading(self, standby: PgPool) -> Self {
        Self {
            standby: Some(Arc::new(Standby::new(standby))),
            ..self
        }
    }

    /// Lets in only those whom a gate lets in.
    #[must_use]
    pub fn guarded_by(self, gate: Gate) -> Self {
        Self { gate, ..self }
    }

    /// Tells its metrics in the form that whoever asks accepts.
    #[must_use]
    pub fn telling_metrics(self, metrics: MetricsInForms) -> Self {
        Self { metrics, ..self }
    }

    /// Describes the events of the log, which it does not know itself, by
    /// their AsyncAPI document.
    #[must_use]
    pub fn describing_events(self, document: Value) -> Self {
        Self {
            events: Some(document),
            ..self
        }
    }

    /// Describes the commands, which another server takes, by their OpenAPI
    /// document.
    #[must_use]
    pub fn describing_commands(self, document: Value) -> Self {
        Self {
            commands: Some(document),
            ..self
        }
    }

    pub(crate) fn commands(&self) -> Option<&Value> {
        self.commands.as_ref()
    }

    pub(crate) fn gate(&self) -> &Gate {
        &self.gate
    }

    pub(crate) fn reference(&self) -> &Reference {
        &self.reference
    }

    pub(crate) fn events(&self) -> Option<&Value> {
        self.events.as_ref()
    }

    pub(crate) fn pool(&self) -> &PgPool {
        &self.pool
    }

    pub(crate) fn changes(&self) -> &PgPool {
        &self.changes
    }

    /// Whether the primary is there.
    pub(crate) fn primary(&self) -> &Arc<Primary> {
        &self.primary
    }

    /// What is read in place of the primary.
    pub(crate) fn standby(&self) -> Option<&Arc<Standby>> {
        self.standby.as_ref()
    }

    /// The generation that is read, as last heard of.
    pub(crate) fn generation(&self) -> &ReadGeneration {
        &self.generation
    }

    pub(crate) fn settings(&self) -> &Settings {
        &self.settings
    }

    pub(crate) fn memory(&self) -> &Memory {
        &self.memory
    }

    pub(crate) fn answers(&self) -> &Answers {
        &self.answers
    }

    pub(crate) fn tallies(&self) -> &Tallies {
        &self.tallies
    }

    pub(crate) fn boards(&self) -> &Boards {
        &self.boards
    }

    pub(crate) fn company_tallies(&self) -> &CompanyTallies {
        &self.company_tallies
    }

    /// Whom people worked for.
    pub(crate) fn affiliations(&self) -> &KnownByDecision {
        &self.affiliations
    }

    /// Which repositories are tracked.
    pub(crate) fn tracked(&self) -> &TrackedByDecision {
        &self.tracked
    }

    pub(crate) fn explanations(&self) -> &Explanations {
        &self.explanations
    }

    pub(crate) fn request_metrics(&self) -> &RequestMetrics {
        &self.request_metrics
    }

    pub(crate) fn ranks(&self) -> &RankBoards {
        &self.ranks
    }

    pub(crate) fn logins(&self) -> &Logins {
        &self.logins
    }

    pub(crate) fn coverage(&self) -> &KnownCoverage {
        &self.coverage
    }

    pub(crate) fn streams(&self) -> &Streams {
        &self.streams
    }

    /// Waits until few enough questions that read everything there is are
    /// being answered.
    pub(crate) async fn turn_of_large_questions(&self) -> Result<SemaphorePermit<'_>, Problem> {
        self.large_questions
            .acquire()
            .await
            .map_err(|error| Problem::internal(&error))
    }

    /// Lets in those who write a file.
    pub(crate) fn exports(&self) -> &Arc<Semaphore> {
        &self.exports
    }

    /// Lets in those who draw an image as pixels.
    pub(crate) fn drawings(&self) -> &Arc<Semaphore> {
        &self.drawings
    }

    pub(crate) fn now(&self) -> DateTime<Utc> {
        self.clock.now()
    }

    /// The process's metrics in a form that is accepted, and that form.
    pub(crate) fn render_metrics(&self, accepted: &str) -> (String, &'static str) {
        (self.metrics)(accepted)
    }

    /// The version of the data as last heard of.
    pub(crate) fn known_version(&self) -> Option<DataVersion> {
        *self.known_version.borrow()
    }

    /// The same, to be told when it changes.
    pub(crate) fn versions(&self) -> KnownVersion {
        self.known_version.clone()
    }

    pub(crate) fn announce_version(&self) -> watch::Sender<Option<DataVersion>> {
        self.announce_version.clone()
    }

    /// What answers depend on besides data and request.
    pub(crate) fn fingerprint(&self) -> u64 {
        self.fingerprint
    }
}

/// Two processes that answer alike have the same fingerprint.
fn fingerprint(settings: &Settings) -> u64 {
    let mut hasher = DefaultHasher::new();
    env!("CARGO_PKG_VERSION").hash(&mut hasher);
    assets::stylesheet_path().hash(&mut hasher);
    assets::live_script_path().hash(&mut hasher);
    Theme::Auto.style().hash(&mut hasher);
    settings.demo_notice.hash(&mut hasher);
    let key = settings.snapshot_key.as_ref();
    key.map(|key| key.public().id()).hash(&mut hasher);
    settings.public_url.hash(&mut hasher);
    hasher.finish()
}

/// Files that are written at the same time: each holds a connection to the
/// database.
const MOST_EXPORTS: usize = 4;

/// Images that are drawn as pixels at the same time: each takes a core.
const MOST_DRAWINGS: usize = 2;

/// How long boards and explanations nobody asks for are kept.
pub(crate) const KEPT_IDLE: Duration = Duration::from_secs(120);
