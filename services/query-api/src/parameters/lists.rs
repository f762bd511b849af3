//! Query parameters of lists of repositories.

use serde::Deserialize;
use utoipa::IntoParams;

use crate::cursor::List;
use crate::problem::Problem;
use crate::resources::repositories::{Repositories, RepositoriesRequest};

use super::read::{read_limit, read_word};

/// What may stand in `only`.
pub(crate) const ONLY: [&str; 1] = ["tracked"];

/// Which repositories are listed.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub(crate) struct RepositoryListParameters {
    /// Those of one owner only, as they are called now; case does not matter. Left
    /// out: of every owner.
    #[param(required = false, min_length = 1, max_length = 100, example = "rails")]
    pub(crate) owner: String,
    /// `tracked`: those only that it was decided about that they are read from
    /// sources that are asked for single repositories. Left out: all that anything was
    /// seen of, too.
    #[param(required = false, example = "tracked")]
    pub(crate) only: String,
    pub(crate) limit: String,
    pub(crate) cursor: String,
}

impl RepositoryListParameters {
    /// What is wanted.
    pub(crate) fn wanted(self) -> Result<RepositoriesRequest, Problem> {
        Ok(RepositoriesRequest {
            only_tracked: !read_word("only", &self.only, &ONLY)?.is_empty(),
            after: Repositories::read_cursor(&self.cursor)?,
            limit: read_limit(&self.limit)?,
            owner: read_owner(self.owner)?,
        })
    }
}

/// The owner of repositories; `None` where none is given.
fn read_owner(given: String) -> Result<Option<String>, Problem> {
    if given.chars().count() > 100 {
        return Err(Problem::parameter(
            "owner",
            &given,
            "use the name of an owner, 1 to 100 characters",
        ));
    }
    Ok(Some(given).filter(|owner| !owner.is_empty()))
}
