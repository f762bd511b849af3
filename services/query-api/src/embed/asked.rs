//! What is asked for of images of a board.

use domain::{CompanyKey, Standing};

use super::Theme;
use crate::api::Api;
use crate::parameters::{
    BoardImageParameters, PlaceImageParameters, read_class, read_company, read_image_rows,
    read_metric, read_period, read_scope,
};
use crate::problem::Problem;
use crate::resources::leaderboard::BoardRequest;
use crate::resources::rank::RankRequest;

/// Reads how the top of a board is to look, and of which it is wanted, whatever its rows
/// are.
pub(super) fn read_top<Place>(
    api: &Api,
    given: &BoardImageParameters,
) -> Result<(Theme, BoardRequest<Place>), Problem> {
    let theme = Theme::read(&given.theme)?;
    let request = BoardRequest {
        as_of: None,
        scope: read_scope(&given.repo, &given.org, &given.group)?,
        period: read_period(&given.period, api.now().date_naive())?,
        metric: read_metric("metric", &given.metric)?,
        class: read_class(&given.class)?.unwrap_or_default(),
        company: read_company(&given.company)?,
        limit: read_image_rows(&given.limit)?,
        after: None,
    };
    Ok((theme, request))
}

/// What an image shows: a board as a whole, or one contributor's place on it.
#[derive(Debug)]
pub(super) enum Asked {
    Board(BoardRequest<Standing>),
    Place(RankRequest),
}

impl Asked {
    /// Reads what is wanted; of a board as a whole so many rows.
    pub(super) fn read(api: &Api, given: PlaceImageParameters, rows: u32) -> Result<Self, Problem> {
        let scope = read_scope(&given.repo, &given.org, &given.group)?;
        let period = read_period(&given.period, api.now().date_naive())?;
        let metric = read_metric("metric", &given.metric)?;
        let class = read_class(&given.class)?.unwrap_or_default();
        let company = of_no_place(&given.login, &given.company)?;
        if given.login.is_empty() {
            return Ok(Self::Board(BoardRequest {
                as_of: None,
                scope,
                period,
                metric,
                class,
                company,
                limit: rows,
                after: None,
            }));
        }
        Ok(Self::Place(RankRequest {
            as_of: None,
            scope,
            contributor: given.login,
            period,
            metric,
            class,
        }))
    }
}

/// The company whose people are on a board; places are on boards of everybody.
fn of_no_place(login: &str, company: &str) -> Result<Option<CompanyKey>, Problem> {
    if login.is_empty() || company.is_empty() {
        return read_company(company);
    }
    let advice = "leave it out where a login is given: places are those among everybody";
    Err(Problem::parameter("company", company, advice))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_company_has_a_board_and_no_places() {
        assert_eq!(of_no_place("", "").unwrap(), None);
        assert_eq!(of_no_place("octocat", "").unwrap(), None);
        let company = of_no_place("", "Octo Inc.").unwrap();
        assert_eq!(company, Some(CompanyKey::of("octo inc.")));
        let problem = of_no_place("octocat", "Octo Inc.").unwrap_err();
        assert_eq!(problem.parameter.as_deref(), Some("company"));
    }
}
