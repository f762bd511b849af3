//! Two to five contributors, or repositories, side by side: what they did, what
//! it is worth, and when.

mod over_time;
mod request;
mod subject;
mod table;

use askama::Template;
use axum::http::HeaderMap;
use axum::response::Response;
use chrono::NaiveDate;
use domain::{ClassFilter, Metric};

use self::over_time::{OverTime, over_time};
use self::request::{Of, Request};
use self::subject::{Subject, load_contributor, load_repository, suggestions};
use self::table::{Table, table};
use super::choices::{Choice, Chosen};
use super::error::for_readers;
use super::snippet::Snippets;
use super::words::period_words;
use super::{Layout, render};
use crate::answer::{Form, answer};
use crate::api::Api;
use crate::handlers::SharedApi;
use crate::parameters::{
    ComparePageParameters, Pairs, Parameters, read_class, read_metric, read_period,
};
use crate::problem::{Problem, ProblemKind};
use crate::queries::snapshot::Snapshot;
use crate::resources::comparison::MOST;
use crate::resources::contributor::newest_day;

/// A name in the form, and why nobody is known by it.
struct Field {
    name: String,
    fault: Option<String>,
}

#[derive(Template)]
#[template(path = "compare.html")]
struct ComparePage {
    layout: Layout,
    path: &'static str,
    of: &'static str,
    is_of_repositories: bool,
    fields: Vec<Field>,
    /// Who was named too, and is not compared.
    left_out: Option<String>,
    period: String,
    period_value: String,
    class_value: &'static str,
    periods: Vec<Choice>,
    previous: Option<Choice>,
    next: Option<Choice>,
    metrics: Vec<Choice>,
    classes: Vec<Choice>,
    subjects: Vec<Subject>,
    table: Table,
    over_time: Option<OverTime>,
    suggestion: Option<Choice>,
    /// What to paste elsewhere; none where nobody is compared.
    snippets: Option<Snippets>,
}

pub(crate) async fn show_contributors(
    api: SharedApi,
    headers: HeaderMap,
    Pairs(pairs): Pairs,
    Parameters(given): Parameters<ComparePageParameters>,
) -> Result<Response, Problem> {
    show(&api, &headers, Of::Contributors, &pairs, &given).await
}

pub(crate) async fn show_repositories(
    api: SharedApi,
    headers: HeaderMap,
    Pairs(pairs): Pairs,
    Parameters(given): Parameters<ComparePageParameters>,
) -> Result<Response, Problem> {
    show(&api, &headers, Of::Repositories, &pairs, &given).await
}

async fn show(
    api: &Api,
    headers: &HeaderMap,
    of: Of,
    pairs: &[(String, String)],
    given: &ComparePageParameters,
) -> Result<Response, Problem> {
    let mut names = names(pairs);
    let left_out = names.split_off(names.len().min(MOST));
    let request = Request {
        of,
        names,
        left_out,
        period: read_period(&given.period, api.now().date_naive())?,
        metric: read_metric("kind", &given.kind)?,
        class: read_class(&given.class)?.unwrap_or(ClassFilter::Everyone),
    };
    answer(
        api,
        headers,
        Form::Page,
        format!("compare {request:?}"),
        async {
            let mut snapshot = api.snapshot().await?;
            let page = load_page(api, &mut snapshot, &request).await?;
            Ok((snapshot.version(), render(&page)?))
        },
    )
    .await
}

/// The names that are given, each once.
fn names(pairs: &[(String, String)]) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    let given = pairs.iter().filter(|(name, _)| name == "name");
    for name in given.map(|(_, value)| value.trim()) {
        let is_known = names.iter().any(|known| known.eq_ignore_ascii_case(name));
        if !name.is_empty() && !is_known {
            names.push(name.to_owned());
        }
    }
    names
}

async fn load_page(
    api: &Api,
    snapshot: &mut Snapshot,
    request: &Request,
) -> Result<ComparePage, Problem> {
    let (mut fields, mut subjects) = (Vec::new(), Vec::new());
    for name in &request.names {
        let loaded = match request.of {
            Of::Contributors => load_contributor(api, snapshot, name, request).await,
            Of::Repositories => load_repository(api, snapshot, name, request).await,
        };
        let (field, subject) = match loaded {
            Ok(subject) => (None, Some(subject)),
            Err(problem) if problem.kind == ProblemKind::NotFound => {
                (Some(for_readers(&problem.detail)), None)
            }
            Err(problem) => return Err(problem),
        };
        fields.push(Field {
            name: name.clone(),
            fault: field,
        });
        subjects.extend(subject);
    }
    subjects
        .iter_mut()
        .zip(COLOURS)
        .for_each(|(subject, colour)| subject.colour = colour);
    fields.resize_with(MOST, || Field {
        name: String::new(),
        fault: None,
    });
    let suggestion = match subjects.is_empty() {
        true => suggestions(api, snapshot, request.of).await?,
        false => None,
    };
    let newest = newest_day(api, snapshot).await?;
    Ok(compare_page(
        api, request, fields, subjects, suggestion, newest,
    ))
}

/// The classes of the colours in the style sheet.
const COLOURS: [&str; MOST] = ["s-1", "s-2", "s-3", "s-4", "s-5"];

fn compare_page(
    api: &Api,
    request: &Request,
    fields: Vec<Field>,
    subjects: Vec<Subject>,
    suggestion: Option<Choice>,
    newest: NaiveDate,
) -> ComparePage {
    let of = request.of;
    let shown: Vec<&str> = subjects
        .iter()
        .map(|subject| subject.name.as_str())
        .collect();
    let title = match shown.as_slice() {
        [] => format!("Compare {}", of.words()),
        shown => shown.join(" · "),
    };
    let description = format!("What {} did, what it is worth, and when.", of.words());
    let mut layout = Layout::new(api, title, description);
    layout.active = "compare";
    let this = request.address(&request.period.to_string(), request.class);
    layout.json = request.json(&subjects);
    let query = request.image_query(&subjects, api.now().date_naive());
    let image = query
        .as_ref()
        .map(|query| format!("/embed/compare.png{query}"));
    layout.shared_as(api, "website", &this, image);
    let snippets = query.map(|query| {
        let alt = format!(
            "{}: side by side, {}",
            shown.join(", "),
            period_words(request.period)
        );
        let image = format!("/embed/compare.svg{query}");
        Snippets::of(api, &this, [("Card", image, alt)])
    });
    let links = Chosen {
        path: of.path(),
        period: request.period,
        metric: Metric::Score,
        class: None,
        company: None,
    };
    let with_period = |choice: Choice| Choice {
        address: request.address(&choice.value, request.class),
        ..choice
    };
    let classes = ClassFilter::ALL.map(|class| Choice {
        label: super::words::class_words(class).to_owned(),
        title: String::new(),
        value: class.as_str().to_owned(),
        address: request.address(&request.period.to_string(), class),
        selected: class == request.class,
    });
    let metrics = Chosen {
        metric: request.metric,
        ..links.clone()
    };
    ComparePage {
        layout,
        path: of.path(),
        of: of.words(),
        is_of_repositories: of == Of::Repositories,
        fields,
        left_out: left_out(&request.left_out),
        period: period_words(request.period),
        period_value: request.period.to_string(),
        class_value: request.class.as_str(),
        periods: links.periods(newest).into_iter().map(with_period).collect(),
        previous: links.previous_period().map(with_period),
        next: links.next_period(newest).map(with_period),
        metrics: metrics.metrics(),
        classes: classes.to_vec(),
        table: table(&subjects),
        over_time: over_time(&subjects, request.metric),
        subjects,
        suggestion,
        snippets,
    }
}

/// Those who are not compared, in words; of many, how many there are.
fn left_out(names: &[String]) -> Option<String> {
    match names {
        [] => None,
        [name] => Some(name.clone()),
        names if names.len() <= MOST => Some(names.join(", ")),
        names => Some(format!("{} of those named", names.len())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pairs(names: &[&str]) -> Vec<(String, String)> {
        let pair = |name: &&str| ("name".to_owned(), (*name).to_owned());
        names.iter().map(pair).collect()
    }

    #[test]
    fn each_name_is_taken_once_and_five_at_most() {
        let given = pairs(&["a", " A ", "", "b", "c", "d", "e", "f"]);
        let mut all = names(&given);
        let others = all.split_off(MOST);
        assert_eq!(all, ["a", "b", "c", "d", "e"]);
        assert_eq!(left_out(&others).as_deref(), Some("f"));
        assert_eq!(left_out(&[]), None);
    }
}
