//! Which part of a score is listed.

use std::sync::Arc;

use domain::{Metric, RepositoryReference, Thousandths};

use super::ExplainRequest;
use crate::api::Api;
use crate::explained::{Earned, explained};
use crate::problem::Problem;
use crate::queries::accounts::Account;
use crate::queries::snapshot::Snapshot;
use crate::target::{Target, existing_repository};

/// A score taken apart, and what is listed of it.
pub(super) struct Listing {
    all: Arc<Vec<Earned>>,
    metric: Metric,
    repository: Option<RepositoryReference>,
    capped: Option<bool>,
}

impl Listing {
    pub(super) async fn load(
        api: &Api,
        snapshot: &mut Snapshot,
        account: &Account,
        target: &Target,
        request: &ExplainRequest,
    ) -> Result<Self, Problem> {
        let repository = match &request.repository {
            Some(name) => Some(existing_repository(snapshot, name).await?.reference),
            None => None,
        };
        Ok(Self {
            all: explained(api, snapshot, &account.reference, target, request.period).await?,
            metric: request.metric,
            repository,
            capped: request.capped,
        })
    }

    /// The one repository that is listed; none for all.
    pub(super) fn repository(&self) -> Option<&RepositoryReference> {
        self.repository.as_ref()
    }

    /// Everything that makes up the value on the board.
    pub(super) fn of_metric(&self) -> impl Iterator<Item = &Earned> {
        self.all.iter().filter(|earned| self.is_of_metric(earned))
    }

    /// What is listed, each with the sum of the points up to it.
    pub(super) fn listed(&self) -> impl Iterator<Item = (&Earned, Thousandths)> {
        self.places().map(|(place, sum)| (&self.all[place], sum))
    }

    /// The places of what is listed, likewise.
    pub(super) fn places(&self) -> impl Iterator<Item = (usize, Thousandths)> {
        let listed = self.all.iter().enumerate().filter(|(_, earned)| {
            let repository = self.repository.as_ref();
            self.is_of_metric(earned)
                && repository.is_none_or(|wanted| earned.repository == *wanted)
                && self
                    .capped
                    .is_none_or(|wanted| earned.points.capped == wanted)
        });
        listed.scan(0, |sum, (place, earned)| {
            *sum += earned.points.points();
            Some((place, *sum))
        })
    }

    /// What stands at such a place.
    pub(super) fn earned(&self, place: usize) -> &Earned {
        &self.all[place]
    }

    fn is_of_metric(&self, earned: &Earned) -> bool {
        match self.metric {
            Metric::Score => true,
            Metric::Kind(kind) => earned.kind == kind,
        }
    }
}
