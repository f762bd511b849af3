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
}

impl LogStream {
    /// Every stream.
    pub const ALL: [Self; 3] = [Self::Contributions, Self::Coverage, Self::DeadLetters];

    /// The stream's name on the server.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Contributions => "CONTRIBUTIONS",
            Self::Coverage => "COVERAGE",
            Self::DeadLetters => "DEAD_LETTERS",
        }
    }

    /// The stream that an event is published to.
    #[must_use]
    pub fn of(event: &Event) -> Self {
        match event {
            Event::ContributionRecorded(_)
            | Event::ContributionEnriched(_)
            | Event::ContributionRetracted(_) => Self::Contributions,
            Event::CoverageObserved(_) => Self::Coverage,
            Event::DeadLetterRecorded(_) => Self::DeadLetters,
        }
    }

    /// The declared configuration, with the deployment's number of replicas.
    pub(crate) fn config(self, replicas: usize) -> Result<Config, LogError> {
        let declared = match self {
            Self::Contributions => include_str!("../../../nats/streams/contributions.json"),
            Self::Coverage => include_str!("../../../nats/streams/coverage.json"),
            Self::DeadLetters => include_str!("../../../nats/streams/dead-letters.json"),
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
