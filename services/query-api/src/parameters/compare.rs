//! Query parameters of comparisons.

use serde::Deserialize;
use utoipa::IntoParams;

use crate::problem::Problem;
use crate::resources::comparison::MOST;

/// Most characters of a name.
const LONGEST: usize = 100;

/// Which contributors are compared, and by what.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub(crate) struct CompareContributorsParameters {
    /// One to five contributors, with commas: each a login, `id:` and a numeric
    /// account id, or `@` and the login of an account without known id.
    #[param(required = true, value_type = Vec<String>, style = Form, explode = false, min_items = 1, max_items = 5, example = json!(["octocat", "hubot"]))]
    pub(crate) names: String,
    pub(crate) period: String,
    /// What is told over time: `score`, or one kind of contribution. Left out: the
    /// score.
    #[param(required = false, example = "score")]
    pub(crate) kind: String,
    pub(crate) as_of: String,
    pub(crate) on: String,
}

/// Which repositories are compared, and by what.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub(crate) struct CompareRepositoriesParameters {
    /// One to five repositories as `owner/name`, with commas.
    #[param(required = true, value_type = Vec<String>, style = Form, explode = false, min_items = 1, max_items = 5, example = json!(["rails/rails", "rust-lang/rust"]))]
    pub(crate) names: String,
    pub(crate) period: String,
    /// What is told over time: `score`, or one kind of contribution. Left out: the
    /// score.
    #[param(required = false, example = "score")]
    pub(crate) kind: String,
    /// Whose contributions are added up: `human`, `bot`, `agent` or
    /// `everyone`. Left out: everyone.
    #[param(required = false, example = "human")]
    pub(crate) class: String,
    pub(crate) as_of: String,
    pub(crate) on: String,
}

/// Who, or what, is on a card of a comparison.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[serde(default)]
#[into_params(parameter_in = Query)]
pub(crate) struct CompareImageParameters {
    /// What is compared: `contributors` or `repositories`. Left out: contributors.
    #[param(required = false, example = "contributors")]
    pub(crate) of: String,
    /// One to five of them, with commas.
    #[param(required = true, value_type = Vec<String>, style = Form, explode = false, min_items = 1, max_items = 5, example = json!(["octocat", "hubot"]))]
    pub(crate) names: String,
    pub(crate) period: String,
    /// Whose contributions to repositories are added up: `human`, `bot`, `agent` or
    /// `everyone`. Left out: everyone.
    #[param(required = false, example = "human")]
    pub(crate) class: String,
    pub(crate) theme: String,
}

/// The names that are given, each once.
pub(crate) fn read_names(given: &str) -> Result<Vec<String>, Problem> {
    let mut names: Vec<String> = Vec::new();
    for name in given.split(',').map(str::trim) {
        let is_known = names.iter().any(|known| known.eq_ignore_ascii_case(name));
        if !name.is_empty() && !is_known {
            names.push(name.to_owned());
        }
    }
    let is_short = |name: &String| name.chars().count() <= LONGEST;
    if (1..=MOST).contains(&names.len()) && names.iter().all(is_short) {
        return Ok(names);
    }
    let allowed =
        format!("give 1 to {MOST} names of at most {LONGEST} characters, with commas between them");
    Err(Problem::parameter("names", given, allowed))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_name_is_taken_once_and_five_at_most() {
        let names = read_names("a, A,,b,c/d").unwrap();
        assert_eq!(names, ["a", "b", "c/d"]);
        let long = "a".repeat(101);
        for wrong in ["", " , ", "a,b,c,d,e,f", long.as_str()] {
            let problem = read_names(wrong).unwrap_err();
            assert_eq!(problem.parameter.as_deref(), Some("names"), "{wrong}");
            assert!(problem.detail.contains("1 to 5"), "{}", problem.detail);
        }
    }
}
