//! Query parameters of images.

use domain::RepositoryName;
use serde::Deserialize;
use utoipa::IntoParams;

use crate::problem::Problem;
use crate::target::ScopeName;

/// Parameters of an image of a board, with those that not every board takes. `Parameters`
/// wants to know the names of all, so that one struct cannot be part of another.
macro_rules! board_image_parameters {
    ($(#[$about:meta])* $name:ident { $($more:ident),* }) => {
        $(#[$about])*
        #[derive(Clone, Debug, Default, Deserialize, IntoParams)]
        #[serde(default)]
        #[into_params(parameter_in = Query)]
        pub(crate) struct $name {
            pub(crate) repo: String,
            pub(crate) org: String,
            pub(crate) group: String,
            pub(crate) period: String,
            /// Rows, 1 to 25.
            #[param(required = false, value_type = u32, minimum = 1, maximum = 25, default = 10)]
            pub(crate) limit: String,
            pub(crate) metric: String,
            pub(crate) class: String,
            $(pub(crate) $more: String,)*
            pub(crate) theme: String,
        }
    };
}

board_image_parameters! {
    /// What a board is shown of in an image.
    BoardImageParameters { company }
}

board_image_parameters! {
    /// What a board of companies is shown of in an image.
    CompaniesImageParameters {}
}

impl From<CompaniesImageParameters> for BoardImageParameters {
    fn from(given: CompaniesImageParameters) -> Self {
        Self {
            repo: given.repo,
            org: given.org,
            group: given.group,
            period: given.period,
            limit: given.limit,
            metric: given.metric,
            class: given.class,
            company: String::new(),
            theme: given.theme,
        }
    }
}

/// What is shown of one contributor, or of a board as a whole.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub(crate) struct PlaceImageParameters {
    pub(crate) repo: String,
    pub(crate) org: String,
    pub(crate) group: String,
    /// A login, `id:` and a numeric account id, or `@` and the login of an
    /// account without known id. Left out: the board as a whole.
    #[param(required = false, example = "octocat")]
    pub(crate) login: String,
    pub(crate) period: String,
    pub(crate) metric: String,
    pub(crate) class: String,
    /// On a board as a whole those only who worked for this company, with what they
    /// did on the days on which they did; case does not matter. Left out: everybody.
    #[param(required = false, example = "Octo Inc.")]
    pub(crate) company: String,
    pub(crate) theme: String,
}

/// The scope that at most one of three parameters names.
pub(crate) fn read_scope(repo: &str, org: &str, group: &str) -> Result<ScopeName, Problem> {
    match (repo, org, group) {
        ("", "", "") => Ok(ScopeName::Global),
        (name, "", "") if is_repository(name) => Ok(ScopeName::Repository(name.to_owned())),
        (name, "", "") => Err(Problem::parameter("repo", name, "use owner/name")),
        ("", name, "") => Ok(ScopeName::Organization(name.to_owned())),
        ("", "", name) => Ok(ScopeName::Group(name.to_owned())),
        ("", ..) => Err(Problem::parameter(
            "group",
            group,
            "give either org or group",
        )),
        _ => {
            let (name, given) = if org.is_empty() {
                ("group", group)
            } else {
                ("org", org)
            };
            let allowed = "give only one of repo, org and group";
            Err(Problem::parameter(name, given, allowed))
        }
    }
}

fn is_repository(name: &str) -> bool {
    name.matches('/').count() == 1 && RepositoryName::parse(name).is_some()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_board_is_of_one_scope() {
        let global = read_scope("", "", "").unwrap();
        assert_eq!(global, ScopeName::Global);
        let repository = read_scope("rails/rails", "", "").unwrap();
        assert_eq!(repository, ScopeName::Repository("rails/rails".to_owned()));
        let organization = read_scope("", "rails", "").unwrap();
        assert_eq!(organization, ScopeName::Organization("rails".to_owned()));
        assert_eq!(
            read_scope("", "", "web").unwrap(),
            ScopeName::Group("web".to_owned())
        );
        for (repo, org, group, named) in [
            ("rails", "", "", "repo"),
            ("a/b/c", "", "", "repo"),
            ("a/b", "a", "", "org"),
            ("a/b", "", "web", "group"),
            ("", "a", "web", "group"),
        ] {
            let problem = read_scope(repo, org, group).unwrap_err();
            assert_eq!(problem.parameter.as_deref(), Some(named), "{problem:?}");
        }
    }
}
