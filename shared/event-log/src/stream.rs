//! The streams of the log, and which of them an event belongs to.

use async_nats::jetstream::stream::Config;
use events::Event;

use crate::LogError;

/// A stream of the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum LogStream {
    /// Facts about contributions.
    Contributions,
    /// What was read of each unit of each source.
    Coverage,
    /// What could not be read.
    DeadLetters,
    /// Money: reserved, settled, released, refused; and the limits.
    Costs,
    /// Cron triggers.
    Schedule,
    /// Jobs that are asked for and what becomes of them; whom workers leave alone.
    Jobs,
    /// What people and rules decided.
    Decisions,
    /// What people were told.
    Reports,
}

impl LogStream {
    /// Every stream.
    pub const ALL: [Self; 8] = [
        Self::Contributions,
        Self::Coverage,
        Self::DeadLetters,
        Self::Costs,
        Self::Schedule,
        Self::Jobs,
        Self::Decisions,
        Self::Reports,
    ];

    /// The stream's name on the server.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Contributions => "CONTRIBUTIONS",
            Self::Coverage => "COVERAGE",
            Self::DeadLetters => "DEAD_LETTERS",
            Self::Costs => "COSTS",
            Self::Schedule => "SCHEDULE",
            Self::Jobs => "JOBS",
            Self::Decisions => "DECISIONS",
            Self::Reports => "REPORTS",
        }
    }

    /// The stream that an event is published to.
    #[must_use]
    pub fn of(event: &Event) -> Self {
        match event {
            Event::ContributionRecorded(_)
            | Event::ContributionEnriched(_)
            | Event::ContributionRetracted(_)
            | Event::ContributionReinstated(_) => Self::Contributions,
            Event::CoverageObserved(_) => Self::Coverage,
            Event::DeadLetterRecorded(_) | Event::DeadLetterResolved(_) => Self::DeadLetters,
            Event::BudgetDefined(_)
            | Event::BudgetThresholdReached(_)
            | Event::CostReserved(_)
            | Event::CostSettled(_)
            | Event::CostReleased(_)
            | Event::CostRefused(_) => Self::Costs,
            Event::RepositoryTracked(_)
            | Event::RepositoryUntracked(_)
            | Event::GroupDefined(_)
            | Event::PolicyPublished(_)
            | Event::PolicyWithdrawn(_)
            | Event::AccountClassified(_)
            | Event::ClassListDefined(_)
            | Event::AccountsLinked(_)
            | Event::AccountsUnlinked(_)
            | Event::AffiliationsSet(_)
            | Event::ContributorErased(_)
            | Event::DisputeRaised(_)
            | Event::DisputeAnswered(_)
            | Event::LogLevelChanged(_) => Self::Decisions,
            Event::ScheduleDefined(_) | Event::ScheduleFired(_) | Event::ScheduleMissed(_) => {
                Self::Schedule
            }
            Event::JobQueued(_)
            | Event::JobSkipped(_)
            | Event::JobStarted(_)
            | Event::JobProgressed(_)
            | Event::JobRetrying(_)
            | Event::JobReturned(_)
            | Event::JobCompleted(_)
            | Event::JobFailed(_)
            | Event::QueuePaused(_)
            | Event::QueueResumed(_)
            | Event::CircuitChanged(_) => Self::Jobs,
            Event::ReportPublished(_) | Event::NoticeSent(_) => Self::Reports,
        }
    }

    /// The declared configuration, with the deployment's number of replicas.
    pub(crate) fn config(self, replicas: usize) -> Result<Config, LogError> {
        let declared = match self {
            Self::Contributions => include_str!("../../../nats/streams/contributions.json"),
            Self::Coverage => include_str!("../../../nats/streams/coverage.json"),
            Self::DeadLetters => include_str!("../../../nats/streams/dead-letters.json"),
            Self::Costs => include_str!("../../../nats/streams/costs.json"),
            Self::Schedule => include_str!("../../../nats/streams/schedule.json"),
            Self::Jobs => include_str!("../../../nats/streams/jobs.json"),
            Self::Decisions => include_str!("../../../nats/streams/decisions.json"),
            Self::Reports => include_str!("../../../nats/streams/reports.json"),
        };
        let mut config: Config =
            serde_json::from_str(declared).map_err(|error| LogError::Declaration {
                stream: self.name(),
                source: error,
            })?;
        config.num_replicas = replicas;
        Ok(config)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_declaration_reads_and_keeps_the_promises() {
        for stream in LogStream::ALL {
            let config = stream.config(3).unwrap();
            assert_eq!(config.name, stream.name());
            assert_eq!(config.num_replicas, 3);
            assert!(config.allow_atomic_publish);
            assert!(config.max_age.is_zero(), "facts have no age limit");
        }
    }
}
