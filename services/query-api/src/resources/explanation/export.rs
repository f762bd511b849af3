//! An explanation as a file: everything that is listed, written as it is read.

use axum::body::Body;
use domain::{Policy, Thousandths};

use super::listing::Listing;
use super::page::describe;
use super::{ExplainRequest, ExplainedResource};
use crate::api::Api;
use crate::explained::Earned;
use crate::files::{FileForm, Rows, place_of_file, send};
use crate::problem::Problem;
use crate::queries::snapshot::Snapshot;
use crate::resources::contributor::find_contributor;
use crate::target::find_target;

/// Contributions that are read and written at once.
const AT_ONCE: usize = 500;

/// What is listed, one part after the other.
struct Listed {
    snapshot: Snapshot,
    listing: Listing,
    policy: Policy,
    /// Places of what is listed, each with the sum up to it.
    places: Vec<(usize, Thousandths)>,
    /// How many of them were written.
    written: usize,
}

/// Opens an explanation as a file. What can be refused is refused before its
/// first byte.
pub(crate) async fn open_export(
    api: &Api,
    login: &str,
    request: &ExplainRequest,
    form: FileForm,
) -> Result<Body, Problem> {
    let place = place_of_file(api)?;
    let mut snapshot = api.snapshot_of(request.as_of).await?;
    let found = find_contributor(&mut snapshot, login).await?;
    let target = find_target(&mut snapshot, &request.scope).await?;
    let listing = Listing::load(api, &mut snapshot, &found.account, &target, request).await?;
    let listed = Listed {
        policy: snapshot.policy(&target).clone(),
        places: listing.places().collect(),
        written: 0,
        snapshot,
        listing,
    };
    send(api, place, listed, form, &[])
}

impl Rows for Listed {
    type Row = ExplainedResource;

    async fn next(&mut self) -> Result<Vec<ExplainedResource>, Problem> {
        let rest = &self.places[self.written..];
        let next = &rest[..rest.len().min(AT_ONCE)];
        self.written += next.len();
        let next: Vec<(&Earned, Thousandths)> = next
            .iter()
            .map(|(place, sum)| (self.listing.earned(*place), *sum))
            .collect();
        describe(&mut self.snapshot, &self.policy, &next).await
    }
}
