//! Cards of comparisons.

use axum::http::HeaderMap;
use axum::response::Response;
use domain::{ClassFilter, Metric, Period};

use super::Theme;
use super::card::{ACROSS, Card, Line, TITLE, answer_card};
use crate::answer::Form;
use crate::api::Api;
use crate::handlers::SharedApi;
use crate::page::bar::segments;
use crate::page::words::{class_words, period_words};
use crate::parameters::{
    CompareImageParameters, Parameters, read_class, read_names, read_period, read_word,
};
use crate::points::number;
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

async fn answer_comparison(
    api: &Api,
    headers: &HeaderMap,
    form: Form,
    given: &CompareImageParameters,
) -> Result<Response, Problem> {
    let theme = Theme::read(&given.theme)?;
    let of = read_word("of", &given.of, &COMPARED)?;
    let class = read_class(&given.class)?.unwrap_or(ClassFilter::Everyone);
    let asked = Asked {
        names: read_names(&given.names)?,
        class: (of == COMPARED[1]).then_some(class),
        period: read_period(&given.period, api.now().date_naive())?,
    };
    let card = draw_card(api, &asked);
    let request = format!("compare {asked:?}");
    answer_card(api, headers, form, theme, request, card).await
}

/// A comparison as an image
///
/// Up to five contributors or repositories and their points, as SVG of 1,200 by 630
/// pixels.
#[utoipa::path(
    get, path = "/embed/compare.svg", tag = "embeds", operation_id = "getComparisonImage",
    params(CompareImageParameters),
    responses(
        (status = 200, description = "The image.", body = String, content_type = "image/svg+xml"),
        (status = 404, description = "Somebody, or something, that was named has not been seen.", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn get_comparison_image(
    api: SharedApi,
    headers: HeaderMap,
    Parameters(given): Parameters<CompareImageParameters>,
) -> Result<Response, Problem> {
    answer_comparison(&api, &headers, Form::Image, &given).await
}

/// A comparison, as pixels
///
/// The same as PNG, for what shows links without drawing SVG.
#[utoipa::path(
    get, path = "/embed/compare.png", tag = "embeds", operation_id = "getComparisonPixels",
    params(CompareImageParameters),
    responses(
        (status = 200, description = "The image.", body = Vec<u8>, content_type = "image/png"),
        (status = 404, description = "Somebody, or something, that was named has not been seen.", body = ProblemDetails, content_type = "application/problem+json"),
    )
)]
pub(crate) async fn get_comparison_pixels(
    api: SharedApi,
    headers: HeaderMap,
    Parameters(given): Parameters<CompareImageParameters>,
) -> Result<Response, Problem> {
    answer_comparison(&api, &headers, Form::Pixels, &given).await
}

async fn draw_card(api: &Api, asked: &Asked) -> Result<(DataVersion, Card), Problem> {
    let mut snapshot = api.snapshot().await?;
    let mut compared = Vec::with_capacity(asked.names.len());
    for name in &asked.names {
        compared.push(load(api, &mut snapshot, name, asked).await?);
    }
    let version = snapshot.version();
    Ok((version, card(asked, &compared, version.contributions)))
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

fn card(asked: &Asked, compared: &[(String, Numbers)], version: i64) -> Card {
    let names = compared.iter().map(|(name, _)| name.as_str());
    let names: Vec<&str> = names.collect();
    let when = period_words(asked.period);
    let what = match asked.class {
        None => "Contributors side by side".to_owned(),
        Some(class) => format!("Repositories side by side · {}", class_words(class)),
    };
    let lines = compared.iter().map(|(name, numbers)| Line {
        rank: numbers.rank,
        name,
        metric: Metric::Score,
        value: numbers.score,
        segments: segments(&numbers.policy, &numbers.by_kind()),
    });
    let foot = format!("version {}", number(version));
    Card::of(&title(&names), &format!("{what} · {when}"), foot).with_rows(lines)
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
