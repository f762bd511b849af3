//! Cards of comparisons: what is shown with a link to one.

use axum::http::HeaderMap;
use axum::response::Response;
use domain::{ClassFilter, Period};

use super::share::{ACROSS, Card, HEAD, LOGINS, NAME, PLAIN, ROW, RowView, TITLE};
use super::{Theme, answer_pixels};
use crate::api::Api;
use crate::handlers::SharedApi;
use crate::page::bar::segments;
use crate::page::words::{class_words, period_words};
use crate::parameters::{
    CompareImageParameters, Parameters, read_class, read_names, read_period, read_word,
};
use crate::points::{number, parts};
use crate::problem::{Problem, ProblemDetails};
use crate::queries::snapshot::Snapshot;
use crate::resources::comparison::{Numbers, numbers_of_contributor, numbers_of_repository};
use crate::version::DataVersion;

/// What may be compared.
pub(crate) const COMPARED: [&str; 2] = ["contributors", "repositories"];

/// Who, or what, is on a card.
#[derive(Debug)]
struct Asked {
    names: Vec<String>,
    /// Whose work counts in repositories; none where contributors are compared.
    class: Option<ClassFilter>,
    period: Period,
}

/// A card of a comparison
///
/// Up to five contributors or repositories and their points, as PNG of 1,200 by 630
/// pixels.
#[utoipa::path(
    get, path = "/embed/compare.png", tag = "embeds", operation_id = "getComparisonPixels",
    params(CompareImageParameters),
    responses(
        (status = 200, description = "The image.", body = Vec<u8>, content_type = "image/png"),
        (status = 304, description = "What `If-None-Match` names is still current."),
        (status = 404, description = "Somebody, or something, that was named has not been seen.", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn get_comparison_pixels(
    api: SharedApi,
    headers: HeaderMap,
    Parameters(given): Parameters<CompareImageParameters>,
) -> Result<Response, Problem> {
    let theme = Theme::read(&given.theme)?.in_the_light();
    let of = read_word("of", &given.of, &COMPARED)?;
    let class = read_class(&given.class)?.unwrap_or(ClassFilter::Everyone);
    let asked = Asked {
        names: read_names(&given.names)?,
        class: (of == COMPARED[1]).then_some(class),
        period: read_period(&given.period, api.now().date_naive())?,
    };
    let draw = draw_card(&api, theme, &asked);
    answer_pixels(&api, &headers, theme, format!("compare {asked:?}"), draw).await
}

async fn draw_card(
    api: &Api,
    theme: Theme,
    asked: &Asked,
) -> Result<(DataVersion, Vec<u8>), Problem> {
    let mut snapshot = api.snapshot().await?;
    let mut compared = Vec::with_capacity(asked.names.len());
    for name in &asked.names {
        compared.push(load(api, &mut snapshot, name, asked).await?);
    }
    let version = snapshot.version();
    let card = card(theme, asked, &compared, version.contributions);
    Ok((version, card.render(api)?))
}

async fn load(
    api: &Api,
    snapshot: &mut Snapshot,
    name: &str,
    asked: &Asked,
) -> Result<(String, Numbers), Problem> {
    Ok(match asked.class {
        None => {
            let (account, numbers) =
                numbers_of_contributor(api, snapshot, name, asked.period).await?;
            (account.login, numbers)
        }
        Some(class) => {
            let (repository, numbers) =
                numbers_of_repository(api, snapshot, name, asked.period, class).await?;
            (repository.name, numbers)
        }
    })
}

fn card(theme: Theme, asked: &Asked, compared: &[(String, Numbers)], version: i64) -> Card {
    let names = compared.iter().map(|(name, _)| name.as_str());
    let names: Vec<&str> = names.collect();
    let when = period_words(asked.period);
    let what = match asked.class {
        None => "Contributors side by side".to_owned(),
        Some(class) => format!("Repositories side by side · {}", class_words(class)),
    };
    let row = |((name, numbers), place): (&(String, Numbers), u32)| RowView {
        y: HEAD + place * ROW,
        rank: numbers.rank.map_or_else(String::new, |rank| {
            number(i64::try_from(rank).unwrap_or(i64::MAX))
        }),
        name: NAME.fitted(name, LOGINS),
        value: format!("{} points", parts(numbers.score).0),
        segments: segments(&numbers.policy, &numbers.by_kind()),
    };
    Card {
        style: theme.style(),
        title: title(&names),
        subtitle: PLAIN.fitted(&format!("{what} · {when}"), ACROSS),
        rows: compared.iter().zip(0..).map(row).collect(),
        place: None,
        foot: format!("version {}", number(version)),
        notice: None,
    }
}

/// All names where they fit, else the first and how many others.
fn title(names: &[&str]) -> String {
    let all = names.join(" · ");
    match names {
        [first, others @ ..] if !others.is_empty() && TITLE.width(&all) > ACROSS => {
            let others = match others.len() {
                1 => " and another".to_owned(),
                count => format!(" and {count} others"),
            };
            let left = ACROSS.saturating_sub(TITLE.width(&others));
            format!("{}{others}", TITLE.fitted(first, left))
        }
        _ => TITLE.fitted(&all, ACROSS),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_title_names_all_or_counts_those_that_do_not_fit() {
        assert_eq!(title(&["octocat", "hubot"]), "octocat · hubot");
        let long = "an-account-with-a-long-login";
        let told = title(&[long, long, "hubot"]);
        assert!(told.starts_with("an-account-w") && told.ends_with(" and 2 others"));
        assert!(TITLE.width(&told) <= ACROSS, "{told}");
        assert!(title(&[long, long]).ends_with(" and another"));
        assert!(TITLE.width(&title(&["w".repeat(300).as_str()])) <= ACROSS);
    }
}
