//! What a board is about, once the name that was given has been looked up.

use domain::{RepositoryName, RepositoryReference, Scope};

use crate::addresses::path_segment;
use crate::problem::Problem;
use crate::queries::groups::repositories_of_group;
use crate::queries::repositories::{Repository, find_repository, names_of, repositories_of_owner};
use crate::queries::snapshot::Snapshot;

/// What a request calls a scope.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum ScopeName {
    Global,
    /// `owner/name`.
    Repository(String),
    Organization(String),
    Group(String),
}

/// What the `scope` parameter puts before the name of a group.
const GROUP: &str = "group:";

impl ScopeName {
    /// Reads the `scope` parameter; an empty one is everything.
    pub(crate) fn parse(given: &str) -> Result<Self, Problem> {
        if given.is_empty() || given == "global" {
            return Ok(Self::Global);
        }
        if let Some(group) = given.strip_prefix(GROUP) {
            return Ok(Self::Group(group.to_owned()));
        }
        match given.matches('/').count() {
            0 => Ok(Self::Organization(given.to_owned())),
            1 if RepositoryName::parse(given).is_some() => Ok(Self::Repository(given.to_owned())),
            _ => Err(Problem::parameter(
                "scope",
                given,
                "use global, a repository as owner/name, the name of an organization, \
                 or group: and the name of a group",
            )),
        }
    }
}

impl ScopeName {
    /// The scope as the `scope` parameter takes it, by the name it goes by now.
    pub(crate) fn parameter(&self, name: &str) -> String {
        scope_parameter(name, matches!(self, Self::Group(_)))
    }
}

/// A scope that exists.
#[derive(Clone, Debug)]
pub(crate) enum Target {
    Global,
    Repository {
        name: String,
        /// One reference, as queries take it.
        repositories: Vec<String>,
    },
    Organization {
        name: String,
        repositories: Vec<String>,
    },
    Group {
        name: String,
        repositories: Vec<String>,
    },
}

impl Target {
    /// The target that is one repository.
    pub(crate) fn of_repository(repository: &Repository) -> Self {
        Self::Repository {
            name: repository.name.clone(),
            repositories: vec![repository.reference.to_string()],
        }
    }

    /// The repositories it is limited to; `None` for all there are.
    pub(crate) fn repositories(&self) -> Option<&[String]> {
        match self {
            Self::Global => None,
            Self::Repository { repositories, .. }
            | Self::Organization { repositories, .. }
            | Self::Group { repositories, .. } => Some(repositories),
        }
    }

    pub(crate) fn scope(&self) -> Scope {
        match self {
            Self::Global => Scope::Global,
            Self::Repository { repositories, .. } => {
                let reference = repositories.first().cloned().unwrap_or_default();
                Scope::Repository(RepositoryReference::from_stored(reference))
            }
            Self::Organization { name, .. } => Scope::Organization(name.to_lowercase()),
            Self::Group { name, .. } => Scope::Group(name.clone()),
        }
    }

    /// What the scope is called.
    pub(crate) fn name(&self) -> &str {
        match self {
            Self::Global => "global",
            Self::Repository { name, .. }
            | Self::Organization { name, .. }
            | Self::Group { name, .. } => name,
        }
    }

    /// The scope as the `scope` parameter takes it.
    pub(crate) fn parameter(&self) -> String {
        scope_parameter(self.name(), matches!(self, Self::Group { .. }))
    }
}

/// What the `scope` parameter calls a scope of this name.
fn scope_parameter(name: &str, is_group: bool) -> String {
    let name = name.split('/').map(path_segment);
    let name = name.collect::<Vec<_>>().join("/");
    if is_group {
        return format!("{GROUP}{name}");
    }
    name
}

/// Looks a scope up by its name.
pub(crate) async fn find_target(
    snapshot: &mut Snapshot,
    name: &ScopeName,
) -> Result<Target, Problem> {
    match name {
        ScopeName::Global => Ok(Target::Global),
        ScopeName::Repository(name) => {
            let repository = existing_repository(snapshot, name).await?;
            Ok(Target::of_repository(&repository))
        }
        ScopeName::Organization(name) => find_organization(snapshot, name).await,
        ScopeName::Group(name) => find_group(snapshot, name).await,
    }
}

/// The repository of this name, or the problem that there is none.
pub(crate) async fn existing_repository(
    snapshot: &mut Snapshot,
    name: &str,
) -> Result<Repository, Problem> {
    let found = find_repository(snapshot.connection(), name).await?;
    found.ok_or_else(|| {
        Problem::not_found(format!(
            "No repository called {name:?} has been seen; \
             check the spelling, or search with /api/v1/search?q="
        ))
    })
}

async fn find_organization(snapshot: &mut Snapshot, name: &str) -> Result<Target, Problem> {
    let repositories = repositories_of_owner(snapshot.connection(), name).await?;
    let Some(any) = repositories.first() else {
        return Err(Problem::not_found(format!(
            "No repository of an owner called {name:?} has been seen; \
             check the spelling, or search with /api/v1/search?q="
        )));
    };
    let names = names_of(snapshot.connection(), std::slice::from_ref(any)).await?;
    let spelt = names.get(any).and_then(|name| name.split('/').next());
    Ok(Target::Organization {
        name: spelt.unwrap_or(name).to_owned(),
        repositories,
    })
}

async fn find_group(snapshot: &mut Snapshot, name: &str) -> Result<Target, Problem> {
    let repositories = repositories_of_group(snapshot.connection(), name).await?;
    let repositories = repositories.ok_or_else(|| {
        Problem::not_found(format!(
            "No group called {name:?} has been defined; \
             `leaderboard group list` shows those that there are"
        ))
    })?;
    Ok(Target::Group {
        name: name.to_owned(),
        repositories,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scopes_are_told_apart_by_the_slash() {
        assert_eq!(ScopeName::parse("").unwrap(), ScopeName::Global);
        assert_eq!(
            ScopeName::parse("rails/rails").unwrap(),
            ScopeName::Repository("rails/rails".into())
        );
        assert_eq!(
            ScopeName::parse("rails").unwrap(),
            ScopeName::Organization("rails".into())
        );
        assert_eq!(
            ScopeName::parse("group:web").unwrap(),
            ScopeName::Group("web".into())
        );
        for bad in ["/", "a/", "/b", "a/b/c"] {
            let problem = ScopeName::parse(bad).unwrap_err();
            assert_eq!(problem.parameter.as_deref(), Some("scope"), "{bad}");
        }
    }
}
